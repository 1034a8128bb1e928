"""The baseline does what the published script does, no less and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from benchmarks import published_loop
from lean_env.protocol import Limits, Outcome, OutcomeKind, State
from prover.config import RunConfig
from prover.interfaces import Attempt, Budget, Candidate, Problem, Query
from prover.method import Method
from prover.parts import LeanPool
from prover.prepare import prepare
from prover.run import run
from tests.prover.fakes import FakePool, World
from tests.prover.test_attempt import TEXT, Judge, Scripted

Moves = dict[tuple[str, str], str | None]


@dataclass
class Requests(Scripted):
    """An environment that remembers each request by itself."""

    requests: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        self.requests.append((state.goals[0], tuple(tactics)))
        return await super().apply(state, tactics, limits)


@dataclass
class ByState:
    """A policy that knows its candidates by the goal; every other goal gets none."""

    candidates: dict[str, list[tuple[str, float]]]
    name: str = "by state"
    batches: list[list[Query]] = field(default_factory=list)

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        self.batches.append(list(queries))
        return [[Candidate(*each) for each in self.candidates.get(query.state.goals[0], [])] for query in queries]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        raise AssertionError("the published loop teaches nothing")

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        raise AssertionError("the published loop teaches nothing")


async def loop(env: Scripted, policy: ByState, judge: Judge | None = None, **more: float) -> Attempt:
    budget = Budget(1, int(more.get("samples", 32)), int(more.get("expansions", 10)))
    method = Method(policy, budget=budget, timeout_s=more.get("timeout_s", 60.0))
    problem = Problem("t", TEXT, hole=int(more.get("hole", 0)))
    return await published_loop.attempt(problem, method, env=env, verify=judge or Judge(), seed=7, pass_index=2)


def taken(policy: ByState) -> list[str]:
    assert all(len(batch) == 1 for batch in policy.batches), "the policy is asked for one state at a time"
    return [batch[0].state.goals[0] for batch in policy.batches]


async def test_a_proof_is_found_one_tactic_a_request_and_verified() -> None:
    env = Requests({("root", "intro h"): "x", ("x", "exact h"): ""})
    steps = [("bad", -0.1), (" intro h\n", -0.2), ("exact h", -0.3), ("never", -0.4)]
    policy, judge = ByState({"root": steps, "x": steps}), Judge()
    record = await loop(env, policy, judge)
    assert (record.result, record.stop, record.tactics) == ("proved", "proved", ("intro h", "exact h"))
    assert record.text == "theorem t : p := by\n  intro h\n  exact h" and judge.seen == [record.text]
    assert (record.axioms, record.seed, record.pass_index, record.rejected) == (("propext",), 7, 2, 0)
    assert [len(tactics) for _, tactics in env.requests] == [1] * 7
    assert [tactics[0] for goal, tactics in env.requests if goal == "x"] == ["bad", "intro h", "exact h"]
    assert (record.usage.expansions, record.usage.tactics) == (2, 7)
    assert record.usage.lean_s == pytest.approx(0.009)
    assert [batch[0].tactics for batch in policy.batches] == [(), ("intro h",)]
    assert not env.live


async def test_the_sum_of_the_log_probabilities_decides_and_length_is_not_forgiven() -> None:
    moves: Moves = {
        ("root", "a"): "A",
        ("root", "b"): "B",
        ("A", "c"): "C",
        ("C", "d"): "D",
    }
    policy = ByState({"root": [("a", -1.0), ("b", -2.5)], "A": [("c", -1.0)], "C": [("d", -1.0)]})
    record = await loop(Scripted(moves), policy)
    assert taken(policy) == ["root", "A", "C", "B", "D"]  # -1, -2, -2.5, -3; the average would take D before B
    assert (record.result, record.stop) == ("not_proved", "exhausted")


async def test_equal_sums_are_ordered_by_their_tactics() -> None:
    policy = ByState({"root": [("b", -1.0), ("a", -1.0)]})
    await loop(Scripted({("root", "a"): "A", ("root", "b"): "B"}), policy)
    assert taken(policy) == ["root", "A", "B"]


async def test_a_state_found_twice_before_it_is_taken_is_visited_twice() -> None:
    moves: Moves = {("root", t): "S" for t in "abc"}
    policy = ByState({"root": [("a", -1.0), ("b", -1.1), ("c", -1.2)], "S": [("dead", -1.0)]})
    env = Requests(moves)
    await loop(env, policy)
    assert taken(policy) == ["root", "S", "S"]
    assert env.requests.count(("S", ("dead",))) == 2, "nothing is remembered from the first visit"
    assert not env.live


async def test_a_state_that_was_taken_is_not_queued_again() -> None:
    moves: Moves = {
        ("root", "a"): "A",
        ("A", "back"): "A",
        ("A", "b"): "B",
        ("B", "c"): "A",
    }
    policy = ByState({"root": [("a", -1.0)], "A": [("back", -1.0), ("b", -1.0)], "B": [("c", -1.0)]})
    await loop(Scripted(moves), policy)
    assert taken(policy) == ["root", "A", "B"]


async def test_the_first_state_without_goals_ends_the_search_even_if_it_is_refused() -> None:
    env = Scripted({("root", "cheat"): "", ("root", "honest"): ""})
    record = await loop(env, ByState({"root": [("cheat", -1.0), ("honest", -2.0)]}), Judge(("cheat",)))
    assert (record.result, record.rejected, record.text) == ("not_proved", 1, "")
    assert "cheat" in record.error and env.asked == ["cheat"]
    assert not env.live


async def test_budgets_end_it() -> None:
    moves: Moves = {(f"g{i}" if i else "root", "go"): f"g{i + 1}" for i in range(20)}
    policy = {f"g{i}" if i else "root": [("go", -1.0), ("more", -2.0)] for i in range(20)}
    env = Scripted(moves)
    record = await loop(env, ByState(policy), expansions=5, samples=1)
    assert (record.stop, record.usage.expansions, record.usage.tactics) == ("expansions", 5, 5)
    assert not env.live
    env = Scripted(moves, delay_s=0.05)
    record = await loop(env, ByState(policy), timeout_s=0.01)
    assert (record.result, record.stop, record.usage.tactics) == ("not_proved", "timeout", 1)
    assert not env.live


async def test_what_does_not_elaborate_and_what_dies() -> None:
    env = Scripted({}, error="unknown\n  identifier")
    record = await loop(env, ByState({}))
    assert (record.result, record.error) == ("not_elaborated", "1:2: unknown identifier") and not env.live
    assert "no such `sorry`" in (await loop(Scripted({}), ByState({}), hole=4)).error
    record = await loop(Scripted({}, dies_at="boom"), ByState({"root": [("boom", -1.0)]}))
    assert (record.result, record.stop, record.error) == ("error", "error", "The Lean worker ended.")


async def test_it_runs_where_the_real_attempt_does(tmp_path: Path) -> None:
    async def policy(config: RunConfig, pool: LeanPool, problems: Sequence[Problem]) -> ByState:
        return ByState({"root": [("go", -1.0)]})

    world = World(
        [Problem("one", TEXT), Problem("two", TEXT, hole=4)], pool=FakePool(env=Scripted({("root", "go"): ""}))
    )
    parts = replace(world.parts(), attempt=published_loop.attempt, policy=policy)
    result = await run(RunConfig("core", out=tmp_path), prepared=prepare(RunConfig("core"), parts=parts))
    results = {attempt.problem: attempt.result for attempt in result.attempts}
    assert results == {"one": "proved", "two": "not_elaborated"}, [attempt.error for attempt in result.attempts]
