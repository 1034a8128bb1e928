"""What becomes of a model's answers: candidates, proofs, and what is asked again."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from lean_env.errors import PolicyError
from lean_env.protocol import State
from prover.interfaces import Candidate, FailedProof, Problem, ProofPolicy, ProofQuery, Query
from prover.policy.generation import Sampling
from prover.policy.model import Busy, ModelPolicy, ModelProofs, logaddexp
from prover.policy.prompts import ADAPTERS, Adapter, ProofAdapter, TacticAdapter, named
from tests.prover.policy.scripted import Scripted, answer, words


def tactic_format(name: str = "bfs-prover") -> TacticAdapter:
    adapter = ADAPTERS[name]
    assert isinstance(adapter, TacticAdapter)
    return adapter


def proof_format(name: str = "whole-proof") -> ProofAdapter:
    adapter = ADAPTERS[name]
    assert isinstance(adapter, ProofAdapter)
    return adapter


def query(goal: str = "⊢ p", *, seed: int = 0, tactics: tuple[str, ...] = ()) -> Query:
    return Query(State(0, (goal,), goal), "t", tactics, seed)


ANSWERS = [
    answer("simp", -2.0),
    answer(" simp \n", -1.0),
    answer("rfl", -3.0),
    answer("", -0.1),
    answer("-- why", -0.1),
    answer("nlinarith [sq_non", -0.2, finished=False),
    answer("omega", -0.5),
]


async def test_answers_become_candidates_the_likeliest_first() -> None:
    policy = ModelPolicy(Scripted({"⊢ p": ANSWERS}), tactic_format(), Sampling())
    (candidates,) = await policy.propose([query()], 32)
    assert candidates == [Candidate("omega", -0.5), Candidate("simp", -1.0), Candidate("rfl", -3.0)]
    (candidates,) = await policy.propose([query()], 7)
    assert len(candidates) == 3


async def test_the_token_sequences_that_a_beam_finds_for_one_tactic_add_up() -> None:
    policy = ModelPolicy(Scripted({"⊢ p": ANSWERS}), tactic_format(), Sampling(decoding="beam"))
    (candidates,) = await policy.propose([query()], 32)
    assert candidates[1].tactic == "simp"
    assert candidates[1].logprob == pytest.approx(math.log(math.exp(-1) + math.exp(-2)))
    certain = ModelPolicy(
        Scripted({"": [answer("simp", -0.1), answer("simp ", -0.1)]}), tactic_format(), Sampling(decoding="beam")
    )
    assert await certain.propose([query()], 2) == [[Candidate("simp", 0.0)]]


async def test_no_more_than_were_asked_for() -> None:
    many = [answer(f"exact h{i}", -float(i)) for i in range(9)]
    policy = ModelPolicy(Scripted({"": many}), tactic_format(), Sampling(decoding="beam"))
    assert [len(each) for each in await policy.propose([query()], 4)] == [4]


async def test_a_closed_block_counts_though_the_answer_was_cut_off() -> None:
    cut = [answer("```lean\nsimp\n```\nThis wor", finished=False), answer("```lean\nrfl", finished=False)]
    policy = ModelPolicy(Scripted({"": cut}), tactic_format("chat"), Sampling())
    assert await policy.propose([query()], 2) == [[Candidate("simp", -1.0)]]


async def test_a_probability_that_is_not_known_is_the_least() -> None:
    odd = [answer("a", math.nan), answer("b", -math.inf), answer("c", -50.0), answer("d", 0.3)]
    policy = ModelPolicy(Scripted({"": odd}), tactic_format(), Sampling())
    (candidates,) = await policy.propose([query()], 4)
    assert [each.tactic for each in candidates] == ["d", "c", "a", "b"]
    assert all(math.isfinite(each.logprob) and each.logprob <= 0 for each in candidates)


async def test_uniform_priors_keep_the_order() -> None:
    policy = ModelPolicy(Scripted({"": ANSWERS}), tactic_format(), Sampling(), uniform=True)
    (candidates,) = await policy.propose([query()], 32)
    assert [each.tactic for each in candidates] == ["omega", "simp", "rfl"]
    assert {each.logprob for each in candidates} == {-math.log(3)}
    assert await ModelPolicy(Scripted({}), tactic_format(), Sampling(), uniform=True).propose([query()], 3) == [[]]


async def test_the_same_prompt_is_asked_once() -> None:
    model = Scripted({"": ANSWERS})
    policy = ModelPolicy(model, tactic_format(), Sampling())
    first = await policy.propose([query(), query("⊢ q"), query()], 8)
    assert first[0] == first[2] and [len(prompts) for prompts, _, _ in model.asked] == [2]
    first[0].clear()  # what is remembered is not what was handed out
    again = await policy.propose([query("⊢ q"), query(tactics=("other", "path"))], 8)
    assert len(model.asked) == 1 and len(again[1]) == 3
    await policy.propose([query(seed=5)], 8)
    await policy.propose([query()], 9)
    assert [seeds for _, _, seeds in model.asked] == [[0, 0], [5], [0]]


async def test_a_prompt_that_knows_the_path_is_another_prompt() -> None:
    model = Scripted({"": ANSWERS})
    policy = ModelPolicy(model, tactic_format("internlm2_5-step-prover"), Sampling())
    await policy.propose([query()], 8)
    await policy.propose([query(tactics=("intro h",))], 8)
    assert len(model.asked) == 2


async def test_seeds_do_not_matter_where_nothing_is_drawn() -> None:
    model = Scripted({"": ANSWERS})
    policy = ModelPolicy(model, tactic_format(), Sampling(decoding="greedy"))
    await policy.propose([query(seed=3)], 8)
    await policy.propose([query(seed=4)], 32)
    ((_, sampling, seeds),) = model.asked
    assert (sampling.samples, sampling.decoding, seeds) == (1, "greedy", [0])


async def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prover.policy.model._REMEMBERED", 2)
    model = Scripted({"": ANSWERS})
    policy = ModelPolicy(model, tactic_format(), Sampling())
    for goal in ("a", "b", "a", "c", "a", "b"):
        await policy.propose([query(goal)], 8)
    assert [prompts[0] for prompts, _, _ in model.asked] == ["a:::", "b:::", "c:::", "b:::"]


async def test_stop_texts_and_length_are_the_formats() -> None:
    model = Scripted({})
    await ModelPolicy(model, tactic_format("llemma"), Sampling(temperature=0.7, top_p=0.9)).propose([query()], 5)
    ((_, sampling, _),) = model.asked
    assert sampling == Sampling(samples=5, temperature=0.7, top_p=0.9, max_tokens=256, stop=("---", "\n"))


async def test_a_model_that_cannot_be_asked_is_an_error_and_not_remembered() -> None:
    model = Scripted({"": ANSWERS}, fails=True)
    policy = ModelPolicy(model, tactic_format(), Sampling())
    with pytest.raises(PolicyError):
        await policy.propose([query()], 8)
    model.fails = False
    assert len((await policy.propose([query()], 8))[0]) == 3


async def test_the_model_is_let_go_of() -> None:
    model = Scripted({})
    await ModelPolicy(model, tactic_format(), Sampling()).close()
    await ModelProofs(model, proof_format(), Sampling()).close()
    assert model.closed == 2


async def test_calls_beside_each_other_count_once() -> None:
    policy = ModelPolicy(Scripted({"": ANSWERS}, delay_s=0.05), tactic_format(), Sampling())
    assert policy.busy_s == 0
    await asyncio.gather(*(policy.propose([query(str(i))], 8) for i in range(10)))
    assert 0.04 < policy.busy_s < 0.4
    busy = Busy()
    with busy.call():
        assert busy.seconds >= 0
    assert busy.seconds == busy.seconds  # it stands still


def test_logarithms_are_added() -> None:
    assert logaddexp(math.log(0.25), math.log(0.5)) == pytest.approx(math.log(0.75))
    assert logaddexp(-1000.0, 0.0) == 0.0


PROBLEM = Problem("t", "theorem t : p := by sorry")
ASKED = ProofQuery(State(0, ("⊢ p",), "p"), PROBLEM, 7)


def proof(body: str) -> str:
    return f"```lean4\ntheorem t : p := by\n  {body}\n```"


async def test_whole_proofs_are_read_from_answers() -> None:
    answers = [
        answer(proof("simp"), -3.0),
        answer(proof("rfl"), -1.0),
        answer("I cannot.", -0.1),
        answer(proof("simp"), -2.0),
        answer("```lean4\ntheorem t : p := by\n  sim", -0.1, finished=False),
    ]
    model = Scripted({"": answers})
    policy: ProofPolicy = ModelProofs(model, proof_format(), Sampling(temperature=0.6))
    assert isinstance(policy, ProofPolicy) and not isinstance(
        ModelPolicy(model, tactic_format(), Sampling()), ProofPolicy
    )
    assert await policy.complete(ASKED, 8) == [("rfl",), ("simp",)]
    ((prompts, sampling, seeds),) = model.asked
    assert (len(prompts), sampling.samples, sampling.max_tokens, seeds) == (1, 8, 4096, [7])


FAILED = tuple(FailedProof((step,), (f"{step} failed",)) for step in ("one", "two", "three"))


async def test_each_failed_proof_is_repaired_with_the_samples_that_there_are() -> None:
    model = Scripted(
        {
            "one failed": [answer(proof("a1"), -1.0), answer(proof("a2"), -2.0)],
            "two failed": [answer(proof("b1"), -9.0), answer(proof("a1"), -10.0)],
            "three failed": [],
        }
    )
    policy = ModelProofs(model, proof_format(), Sampling())
    assert await policy.complete(replace(ASKED, failed=FAILED), 5) == [("a1",), ("b1",), ("a2",)]
    ((prompts, sampling, seeds),) = model.asked
    assert sampling.samples == 2 and len(set(seeds)) == 3 and 7 not in seeds
    assert ["one failed" in words(prompt) and "two failed" not in words(prompt) for prompt in prompts] == [
        True,
        False,
        False,
    ]
    await policy.complete(replace(ASKED, failed=FAILED), 2)
    assert len(model.asked[1][0]) == 2


async def test_a_format_without_turns_is_asked_anew() -> None:
    model = Scripted({"": [answer("  simp\n")]})
    policy = ModelProofs(model, proof_format("deepseek-prover-v1.5"), Sampling())
    for failed in ((), FAILED[:2], FAILED[1:]):
        assert await policy.complete(replace(ASKED, failed=failed), 4) == [("simp",)]
    assert [(len(prompts), sampling.samples) for prompts, sampling, _ in model.asked] == [(1, 4)] * 3
    assert len({seeds[0] for _, _, seeds in model.asked}) == 3


def test_the_formats_are_of_the_kinds_that_the_policies_take() -> None:
    kinds: list[Adapter] = [named("chat"), named("whole-proof")]
    assert [type(kind) for kind in kinds] == [TacticAdapter, ProofAdapter]
