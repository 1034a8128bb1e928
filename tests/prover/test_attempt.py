from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lean_env.errors import PolicyError, WorkerDied
from lean_env.protocol import Hole, Limits, Message, Opened, Outcome, OutcomeKind, State, Symbols
from lean_env.verify import Verdict
from prover.attempt import attempt, expand
from prover.interfaces import Attempt, Budget, Candidate, Policy, Problem, ProofPolicy, Query
from prover.method import Memory, Method
from prover.policy import ModelPolicy, ModelProofs
from prover.policy.generation import Completion, Sampling
from prover.policy.prompts import ProofAdapter, TacticAdapter, named
from tests.prover.policy.scripted import Scripted as Model
from tests.prover.policy.scripted import answer

TEXT = "theorem t : p := by sorry"


@dataclass
class Scripted:
    """An environment whose replies are written down: from a goal, by a tactic, to a goal, to several independent ones
    (`a | b`), to none, or None for an error."""

    moves: dict[tuple[str, str], str | None]
    root: str = "root"
    holes: int = 1
    error: str = ""
    delay_s: float = 0.0
    dies_at: str = ""
    lost: set[str] = field(default_factory=set)
    """Tactics that are not tried, since the state cannot be made again."""
    slow: dict[str, float] = field(default_factory=dict)
    """Tactics that take so many milliseconds."""
    """Tactics that are stopped by their limit."""
    dies_on_opening: int = 0
    """The text, counted from 1, that ends the worker."""
    negation: str = ""
    """The goal of the negation; if empty, the text with the negation does not elaborate."""
    opened: list[tuple[str, str]] = field(default_factory=list)
    live: set[int] = field(default_factory=set)
    made: int = 0
    asked: list[str] = field(default_factory=list)
    limits: list[tuple[int, int]] = field(default_factory=list)
    """Of each request, how many tactics it had, and milliseconds."""

    def state(self, goal: str) -> State:
        self.made += 1
        self.live.add(self.made)
        return State(self.made, (goal,), goal)

    async def open(self, text: str, before: str = "") -> Opened:
        self.opened.append((text, before))
        if len(self.opened) == self.dies_on_opening:
            raise WorkerDied("The Lean worker ended.")
        beside = text.startswith("example") and self.negation
        names = [self.negation, self.root] if beside else [self.root] * self.holes
        error = self.error or ("no" if text.startswith("example") and not self.negation else "")
        messages = (Message("error", error, 1, 2),) if error else ()
        line = "theorem t : p := by "
        moved = 2 if len(names) == 2 and self.negation else 0
        holes = tuple(
            Hole(self.state(goal), "tactic", "t" if i < 2 else "u", n, len(line), n, len(line) + 5)
            for i, goal in enumerate(names)
            for n in [1 + (moved if i else 0) + (0 if moved else i)]
        )
        return Opened(holes, messages, 2.0)

    async def symbols(self, state: State) -> Symbols:
        return Symbols((state.goals[0],), ())

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        assert state.id in self.live, "a dropped state was used"
        await asyncio.sleep(self.delay_s)
        self.limits.append((len(tactics), limits.ms))
        outcomes = []
        for tactic in tactics:
            self.asked.append(tactic)
            if tactic == self.dies_at:
                raise WorkerDied("The Lean worker ended.")
            if self.slow.get(tactic, 0.0) > limits.ms:
                outcomes.append(Outcome("timeout", (), "time limit", 1.0))
                continue
            if tactic in self.lost:
                outcomes.append(Outcome("error", (), "the state is gone", 0.0, tried=False))
                continue
            to = self.moves.get((state.goals[0], tactic))
            if to is None:
                outcomes.append(Outcome("error", (), "no", 1.0))
                continue
            states = tuple(self.state(goal) for goal in to.split(" | ") if goal)
            outcomes.append(Outcome("open" if to else "proved", states, "", 1.0))
            if not to:
                break
        return outcomes

    async def drop(self, states: Sequence[State]) -> None:
        for state in states:
            self.live.remove(state.id)


@dataclass
class Fixed:
    """A policy that proposes the same tactics for every state."""

    tactics: tuple[str, ...]
    name: str = "fixed"
    queries: list[Query] = field(default_factory=list)

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        self.queries += queries
        return [[Candidate(t, -1.0 - i / 10) for i, t in enumerate(self.tactics)] for _ in queries]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        return

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        return


@dataclass
class Judge:
    """A verifier that refuses texts with one of some words in them."""

    refuses: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)

    async def __call__(
        self, original: str, candidate: str, *, left: int = 0, before: str = "", negated: bool = False
    ) -> Verdict:
        assert "sorry" in original
        assert negated == (".negation" in candidate)
        self.seen.append(candidate)
        bad = tuple(word for word in self.refuses if word in candidate)
        return Verdict(not bad, bad, ("propext",), "fake")


async def run(
    env: Scripted,
    policy: Policy | ProofPolicy,
    judge: Judge,
    *,
    hole: int = 0,
    before: str = "",
    memory: Memory | None = None,
    expansions: int = 10,
    samples: int = 32,
    **more: Any,
) -> Attempt:
    method = Method(policy, budget=Budget(1, samples, expansions), **{"timeout_s": 60.0, **more})
    problem = Problem("t", TEXT, hole=hole, before=before)
    return await attempt(problem, method, env=env, verify=judge, seed=7, pass_index=2, memory=memory)


async def test_a_proof_is_found_verified_and_recorded() -> None:
    env = Scripted({("root", "intro h"): "x", ("x", "exact h"): ""})
    judge, policy = Judge(), Fixed(("bad", "intro h", "exact h"))
    record = await run(env, policy, judge)
    assert (record.result, record.stop, record.tactics) == ("proved", "proved", ("intro h", "exact h"))
    assert record.text == "theorem t : p := by\n  intro h\n  exact h"
    assert judge.seen == [record.text]
    assert (record.axioms, record.rejected, record.seed, record.pass_index) == (("propext",), 0, 7, 2)
    assert record.usage.expansions == 2
    assert record.usage.tactics == 6
    assert record.usage.lean_s == pytest.approx(0.008)
    assert record.usage.wall_s > 0
    assert not env.live, "states were left on the worker"
    assert [query.tactics for query in policy.queries] == [(), ("intro h",)]
    assert {query.seed for query in policy.queries} == {7}


async def test_a_tactic_gets_as_much_of_the_time_limit_as_the_policy_says() -> None:
    class Patient(Fixed):
        async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
            return [[Candidate(t, -1.0, 0.3 if t < "c" else 1.0) for t in self.tactics] for _ in queries]

    env = Scripted({("root", "e"): ""})
    record = await run(env, Patient(("a", "b", "c", "d", "b2", "e")), Judge(), limits=Limits(ms=1001))
    assert record.result == "proved"
    assert env.limits == [(2, 301), (2, 1001), (1, 301), (1, 1001)]


async def test_a_refused_candidate_is_counted_and_the_search_goes_on_at_the_same_state() -> None:
    env = Scripted({("root", "cheat"): "", ("root", "honest"): ""})
    record = await run(env, Fixed(("cheat", "honest")), Judge(("cheat",)))
    assert (record.result, record.tactics, record.rejected) == ("proved", ("honest",), 1)
    assert env.asked == ["cheat", "honest"]
    assert record.error == ""


async def test_only_an_accepted_candidate_is_a_proof() -> None:
    env = Scripted({("root", "cheat"): ""})
    record = await run(env, Fixed(("cheat",)), Judge(("cheat",)))
    assert (record.result, record.stop, record.rejected, record.text) == ("not_proved", "exhausted", 1, "")
    assert "cheat" in record.error
    assert not env.live


async def test_the_budget_of_expansions_ends_it() -> None:
    moves: dict[tuple[str, str], str | None] = {(f"g{i}" if i else "root", "go"): f"g{i + 1}" for i in range(20)}
    env = Scripted(moves)
    record = await run(env, Fixed(("go",)), Judge(), expansions=5)
    assert (record.result, record.stop, record.usage.expansions) == ("not_proved", "expansions", 5)
    assert not env.live


async def test_a_proof_in_the_step_that_crosses_the_time_limit_counts() -> None:
    env = Scripted({("root", "slow"): ""}, delay_s=0.4)
    record = await run(env, Fixed(("slow",)), Judge(), timeout_s=0.3)
    assert record.result == "proved"


async def test_the_time_limit_ends_it() -> None:
    env = Scripted({("root", "go"): "x", ("x", "go"): "y"}, delay_s=0.4)
    record = await run(env, Fixed(("go",)), Judge(), timeout_s=0.3)
    assert (record.result, record.stop) == ("not_proved", "timeout")
    assert not env.live


async def test_what_the_end_of_the_time_cut_short_is_tried_again_by_a_later_pass() -> None:
    memory = Memory()
    for timeout_s, known in ((2.0, 0), (60.0, 1)):
        env = Scripted({}, slow={"go": math.inf})
        record = await run(env, Fixed(("go",)), Judge(), memory=memory, timeout_s=timeout_s)
        assert record.result == "not_proved"
        assert len(memory.pairs()) == known


async def test_what_was_cut_short_at_the_first_state_gets_all_of_its_time_before_the_search_ends() -> None:
    class Hurried(Fixed):
        async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
            return [[replace(each, patience=0.3) for each in one] for one in await super().propose(queries, samples)]

    whole = Limits().ms
    env = Scripted({("root", "slow"): "", ("root", "go"): "x"}, slow={"slow": whole / 2, "never": math.inf})
    record = await run(env, Hurried(("never", "slow", "go")), Judge())
    assert (record.result, record.tactics) == ("proved", ("slow",))
    assert env.asked.count("slow") == 3  # at the first state and the next, and once more
    assert env.limits[-1] == (2, whole)
    assert not env.live

    env = Scripted({("root", "slow"): ""}, slow={"slow": math.inf})
    record = await run(env, Hurried(("slow",)), Judge())
    assert (record.result, record.stop, record.usage.expansions) == ("not_proved", "exhausted", 1)
    assert env.asked == ["slow"] * 2


async def test_a_proof_is_kept_where_shortening_it_ends_the_worker() -> None:
    env = Scripted({("root", "intro h"): "x", ("x", "skip"): "y", ("y", "exact h"): ""}, dies_on_opening=2)
    record = await run(env, Fixed(("intro h", "skip", "exact h")), Judge(), minimise=True)
    assert (record.result, record.tactics, len(env.opened)) == ("proved", ("intro h", "skip", "exact h"), 2)


async def test_no_proof_is_shortened_after_the_end_of_the_time() -> None:
    env = Scripted({("root", "skip"): "x", ("x", "exact h"): ""}, delay_s=0.2)
    record = await run(env, Fixed(("skip", "exact h")), Judge(), minimise=True, timeout_s=0.3)
    assert (record.result, len(env.opened)) == ("proved", 1)


async def test_what_does_not_elaborate_says_why_on_one_line() -> None:
    record = await run(Scripted({}, error="unknown\n  identifier"), Fixed(()), Judge())
    assert (record.result, record.stop, record.error) == ("not_elaborated", "not_elaborated", "1:2: unknown identifier")
    record = await run(Scripted({}), Fixed(()), Judge(), hole=4)
    assert record.result == "not_elaborated"
    assert "no such `sorry`" in record.error


async def test_a_dead_worker_makes_an_error_record() -> None:
    record = await run(Scripted({}, dies_at="boom"), Fixed(("boom",)), Judge())
    assert (record.result, record.stop, record.error) == ("error", "error", "The Lean worker ended.")


async def test_no_proposals_exhaust_the_search() -> None:
    record = await run(Scripted({}), Fixed(()), Judge())
    assert (record.result, record.stop, record.usage.tactics) == ("not_proved", "exhausted", 0)


async def test_a_file_becomes_a_problem_for_each_hole() -> None:
    env = Scripted({}, holes=3)
    problems = await expand(Problem("file", TEXT, source="a.lean:1", hole=None), env)
    assert [(p.name, p.hole) for p in problems] == [("file.t-1", 0), ("file.t-2", 1), ("file.u", 2)]
    assert not env.live
    assert await expand(problems[0], env) == [problems[0]]
    (whole,) = await expand(Problem("file", TEXT, hole=None), Scripted({}, error="no"))
    assert (whole.name, whole.hole) == ("file", 0)
    assert await expand(Problem("file", TEXT, hole=None), Scripted({}, holes=0)) == []


class Broken(Judge):
    """A verifier whose Lean is ended by somebody."""

    async def __call__(
        self, original: str, candidate: str, *, left: int = 0, before: str = "", negated: bool = False
    ) -> Verdict:
        raise WorkerDied("A fresh Lean was ended by signal 9.")


async def test_a_verification_that_fails_is_an_error_not_a_refusal() -> None:
    env = Scripted({("root", "exact h"): ""})
    record = await run(env, Fixed(("exact h",)), Broken())
    assert (record.result, record.rejected) == ("error", 0)
    assert "signal 9" in record.error


async def test_independent_goals_are_proved_apart_and_each_once() -> None:
    moves: dict[tuple[str, str], str | None] = {("root", "split"): "a | b | a", ("a", "left"): "", ("b", "right"): ""}
    env, judge = Scripted(moves), Judge()
    record = await run(env, Fixed(("split", "left", "right")), judge)
    assert record.result == "proved"
    assert record.text == "theorem t : p := by\n  split\n  · left\n  · right\n  · left"
    assert env.asked.count("left") <= 3  # once at the root, once at a, once at b: never for a's second place
    assert not env.live


async def test_the_negation_is_searched_beside_and_its_proof_is_a_disproof() -> None:
    env = Scripted({("root", "go"): "on", ("not root", "refute"): ""}, negation="not root")
    judge = Judge()
    record = await run(env, Fixed(("go", "refute")), judge, negate=True)
    assert (record.result, record.stop) == ("disproved", "disproved")
    assert record.text == "theorem t.negation : ¬ (p) := by\n  refute"
    assert env.opened == [("example : ¬ (p) := by sorry\n\n" + TEXT, "")]
    assert not env.live


async def test_a_proof_is_put_where_the_sorry_is_also_beside_a_negation() -> None:
    record = await run(Scripted({("root", "go"): ""}, negation="not root"), Fixed(("go",)), Judge(), negate=True)
    assert (record.result, record.text) == ("proved", "theorem t : p := by\n  go")


async def test_without_a_negation_that_elaborates_only_the_statement_is_searched() -> None:
    env = Scripted({("root", "go"): ""})
    record = await run(env, Fixed(("go",)), Judge(), negate=True)
    assert (record.result, len(env.opened)) == ("proved", 2)
    assert not env.live


async def test_a_later_pass_does_not_try_again_what_failed_but_something_else() -> None:
    memory = Memory()
    policy = Fixed(("bad", "worse", "other", "more"))
    env = Scripted({})
    await run(env, policy, Judge(), samples=2, memory=memory)
    await run(env, policy, Judge(), samples=2, memory=memory)
    assert env.asked == ["bad", "worse", "other", "more"]
    assert len(memory.pairs()) == 4


async def test_a_later_pass_tries_what_was_lost_with_its_worker() -> None:
    memory = Memory()
    env = Scripted({("root", "go"): ""}, lost={"go"})
    lost = await run(env, Fixed(("go",)), Judge(), memory=memory)
    env.lost = set()
    found = await run(env, Fixed(("go",)), Judge(), memory=memory)
    assert (lost.result, found.result) == ("not_proved", "proved")


async def test_lemmas_are_looked_up_for_each_state() -> None:
    class Lookup:
        ready = True

        def lemmas(self, symbols: Symbols, k: int, *, before: str = "") -> tuple[str, ...]:
            return (f"{symbols.target[0]}_lemma", before)[:k]

    policy = Fixed(("go",))
    env = Scripted({("root", "go"): "x", ("x", "go"): ""})
    await run(env, policy, Judge(), retriever=Lookup(), before="Nat.add_comm")
    assert [query.lemmas for query in policy.queries] == [("root_lemma", "Nat.add_comm"), ("x_lemma", "Nat.add_comm")]
    assert env.opened == [(TEXT, "Nat.add_comm")]


async def test_a_policy_hears_of_outcomes_and_of_the_steps_of_a_proof() -> None:
    class Listening(Fixed):
        heard: list[tuple[str, str]]
        won: list[tuple[str, ...]]

        def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
            self.heard.append((tactic, kind))

        def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
            self.won.append(tuple(f"{query.state.goals[0]}:{tactic}" for query, tactic in steps))

    policy = Listening(("bad", "go"))
    policy.heard, policy.won = [], []
    await run(Scripted({("root", "go"): "x", ("x", "go"): ""}), policy, Judge())
    assert policy.heard == [("bad", "error"), ("go", "open"), ("bad", "error"), ("go", "proved")]
    assert policy.won == [("root:go", "x:go")]


def model(answers: dict[str, list[Completion]], name: str) -> tuple[Model, ModelPolicy | ModelProofs]:
    """A scripted language model, asked in the format of that name."""
    generator, adapter = Model(answers), named(name)
    if isinstance(adapter, ProofAdapter):
        return generator, ModelProofs(generator, adapter, Sampling())
    assert isinstance(adapter, TacticAdapter)
    return generator, ModelPolicy(generator, adapter, Sampling())


async def test_a_language_model_proposes_what_the_search_tries() -> None:
    answers = {
        "STATE_BEFORE: root": [answer("intro h", -0.5), answer("bad", -0.1)],
        "BEFORE: intro h": [answer("done")],
    }
    generator, policy = model(answers, "internlm2_5-step-prover")
    record = await run(Scripted({("root", "intro h"): "x", ("x", "done"): ""}), policy, Judge())
    assert record.result == "proved" and record.tactics == ("intro h", "done")
    assert [seeds for _, _, seeds in generator.asked] == [[7], [7]]


@pytest.mark.parametrize("search", ["best-first", "whole-proof"])
async def test_whole_proofs_are_repaired_from_what_lean_says(search: str) -> None:
    answers = {
        "It says:\n\nwrong is no proof": [answer("```lean4\ntheorem t : p := by\n  right\n  rfl\n```")],
        "theorem t : p := by sorry": [answer("```lean4\ntheorem t : p := by\n  wrong\n```")],
    }

    class Errors(Judge):
        async def __call__(self, original: str, candidate: str, **asked: Any) -> Verdict:
            verdict = await Judge.__call__(self, original, candidate, **asked)
            return replace(verdict, errors=("wrong is no proof",)) if verdict.reasons else verdict

    generator, policy = model(answers, "whole-proof")
    record = await run(Scripted({}), policy, Errors(("wrong",)), search=search)
    assert record.result == "proved" and record.tactics == ("right", "rfl")
    assert record.text == "theorem t : p := by\n  right\n  rfl"
    assert record.usage.expansions == 2 and len(generator.asked) == 2


async def test_a_model_that_writes_whole_proofs_is_shown_the_negation_itself() -> None:
    answers = {"t.negation": [answer("```lean4\ntheorem t.negation : ¬ (p) := by\n  nope\n```")], "theorem t : p": []}
    _, policy = model(answers, "deepseek-prover-v2")
    record = await run(Scripted({}, negation="not p"), policy, Judge(), negate=True)
    assert record.result == "disproved" and record.tactics == ("nope",)
    assert record.text == "theorem t.negation : ¬ (p) := by\n  nope"


@pytest.mark.parametrize("name", ["bfs-prover", "kimina-prover"])
async def test_a_model_that_cannot_be_asked_ends_the_attempt_with_its_error(name: str) -> None:
    generator, policy = model({}, name)
    generator.fails = True
    with pytest.raises(PolicyError):
        await run(Scripted({}), policy, Judge())


async def test_where_all_is_a_dead_end_what_was_not_tried_yet_comes_next() -> None:
    env = Scripted({("root", "go"): "x", ("x", "fourth"): ""})
    policy = Fixed(("go", "second", "third", "fourth"))
    record = await run(env, policy, Judge(), samples=2)
    assert (record.result, record.tactics) == ("proved", ("go", "fourth"))
    assert env.asked.count("fourth") == 1 and env.asked.count("second") == 2  # on the root, and on what it leads to
    assert record.usage.expansions <= 10 and not env.live


async def test_it_ends_where_the_policy_has_no_more() -> None:
    env = Scripted({("root", "go"): "x"})
    record = await run(env, Fixed(("go", "second", "third")), Judge(), samples=2)
    assert (record.result, record.stop) == ("not_proved", "exhausted")
    assert {"second", "third"} <= set(env.asked)
    assert not env.live
