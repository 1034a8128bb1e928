"""What has been put to Lean is not put to it again, and is counted as if it were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest

from benchmarks.replay import Account, Record, Replay, remembering
from lean_env.protocol import Limits, Outcome, State
from lean_env.toolchain import Toolchain
from lean_env.verify import Verdict
from prover.attempt import attempt
from prover.interfaces import Attempt, Budget, Problem
from prover.method import Ablation, Method
from prover.parts import LeanPool
from tests.prover.fakes import FakePool
from tests.prover.test_attempt import TEXT, Fixed, Judge, Scripted

MOVES: dict[tuple[str, str], str | None] = {
    ("root", "split"): "a | b",
    ("root", "wait"): "c",
    ("a", "one"): "",
    ("b", "one"): "b2",
    ("b2", "two"): "",
    ("c", "two"): "d",
}
LIMITS = Limits()


async def opened(env: Replay) -> State:
    return (await env.open(TEXT)).holes[0].state


async def test_the_same_tactic_on_the_same_state_goes_to_lean_once() -> None:
    record, first, second = Record(), Scripted(MOVES), Scripted(MOVES)
    env = Replay(first, record)
    (split,) = await env.apply(await opened(env), ["split"], LIMITS)
    again = Replay(second, record)
    root = await opened(again)
    bad, replayed = await again.apply(root, ["bad", "split"], LIMITS)
    assert bad.kind == "error" and second.asked == ["bad"]
    assert [state.goals for state in replayed.states] == [("a",), ("b",)]
    assert (replayed.kind, replayed.lean_ms) == (split.kind, split.lean_ms)
    assert len({state.id for state in replayed.states} | {root.id}) == 3


async def test_a_state_that_is_needed_again_is_made_by_its_tactics() -> None:
    record = Record()
    env = Replay(Scripted(MOVES), record)
    (split,) = await env.apply(await opened(env), ["split"], LIMITS)
    await env.apply(split.states[1], ["one"], LIMITS)
    lean = Scripted(MOVES)
    again = Replay(lean, record)
    (split,) = await again.apply(await opened(again), ["split"], LIMITS)
    (one,) = await again.apply(split.states[1], ["one"], LIMITS)
    assert lean.asked == [] and lean.opened == []
    (two,) = await again.apply(one.states[0], ["two"], LIMITS)
    assert two.kind == "proved" and lean.asked == ["split", "one", "two"] and len(lean.opened) == 1
    assert (await again.symbols(one.states[0])).target == ("b2",)
    await again.drop([*split.states, *one.states])
    assert len(lean.live) == 1, "the first state is kept for what comes"
    await opened(again)
    assert not lean.live


async def test_a_state_that_cannot_be_made_again_says_nothing_of_the_tactic() -> None:
    record = Record()
    env = Replay(Scripted(MOVES), record)
    await env.apply(await opened(env), ["wait"], LIMITS)
    again = Replay(Scripted({}), record)
    (wait,) = await again.apply(await opened(again), ["wait"], LIMITS)
    (lost,) = await again.apply(wait.states[0], ["two"], LIMITS)
    assert not lost.tried and not (await again.symbols(wait.states[0])).target


@pytest.mark.parametrize(
    ("kind", "took", "allowed", "now", "known"),
    [
        ("error", 10.0, 100, 50, ("error", 10.0)),
        ("error", 60.0, 100, 50, ("timeout", 50.0)),
        ("timeout", 100.0, 100, 50, ("timeout", 50.0)),
        ("timeout", 101.0, 100, 100, ("timeout", 100.0)),
        ("timeout", 100.0, 100, 200, None),
        ("timeout", 40.0, 100, 200, ("timeout", 40.0)),
    ],
)
async def test_other_limits(kind: str, took: float, allowed: int, now: int, known: tuple[str, float] | None) -> None:
    """A tactic that took longer than is allowed now would have been stopped; one that was stopped may do better with
    more time, unless it was stopped for another reason than time."""

    @dataclass
    class Timed(Scripted):
        async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
            self.asked += tactics
            return [Outcome(kind, (), "", took) for _ in tactics]  # type: ignore[arg-type]

    record = Record()
    first = Replay(Timed({}), record)
    await first.apply(await opened(first), ["t"], replace(LIMITS, ms=allowed))
    lean = Timed({})
    env = Replay(lean, record)
    (outcome,) = await env.apply(await opened(env), ["t"], replace(LIMITS, ms=now))
    assert lean.asked == ([] if known else ["t"])
    assert (outcome.kind, outcome.lean_ms) == (known or (kind, took))


async def searched(env: Replay, ablation: Ablation) -> Attempt:
    policy = Fixed(("bad", "wait", "split", "one", "two"))
    method = Method(policy, budget=Budget(1, 8, 20), ablation=ablation)
    problem = Problem("t", TEXT, hole=0)
    return await attempt(problem, method, env=env, verify=Judge(), seed=0, pass_index=0, clock=Account)


async def test_an_attempt_that_is_replayed_is_the_same_attempt() -> None:
    record, lean = Record(), Scripted(MOVES)
    first = await searched(Replay(Scripted(MOVES), record), Ablation())
    again = await searched(Replay(lean, record), Ablation())
    assert first.result == "proved" and lean.asked == [] and lean.opened == []
    for made in (first, again):
        made.usage.policy_s = made.usage.verify_s = made.usage.wall_s = 0.0
    assert again == first and first.usage.lean_s > 0


async def test_goals_that_are_split_are_not_those_that_are_not() -> None:
    record, lean = Record(), Scripted(MOVES)
    first = Replay(Scripted(MOVES), record, split=True)
    await first.apply(await opened(first), ["bad", "wait", "split"], LIMITS)
    whole = Replay(lean, record, split=False)
    await whole.apply(await opened(whole), ["bad", "wait", "split"], LIMITS)
    assert lean.asked == ["split"]


async def test_an_account_counts_what_was_spent_whenever_that_was() -> None:
    clock = Account(5.0)
    assert clock.elapsed() == 0.0 and not clock.over
    clock.usage.lean_s, clock.usage.verify_s = 4.5, 9.0
    assert not clock.over and clock.limits(LIMITS).ms == 1000
    clock.usage.policy_s = 0.5
    assert clock.over


async def test_pools_share_what_is_known_and_what_was_accepted() -> None:
    asked: list[str] = []
    leans: list[Scripted] = []

    def scripted(toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool:
        leans.append(Scripted(MOVES))
        made = FakePool(env=leans[-1])

        async def verify(original: str, candidate: str, **how: object) -> Verdict:
            asked.append(candidate)
            return Verdict(candidate == "right", (), (), "scripted")

        made.verify = verify  # type: ignore[method-assign]
        return cast(LeanPool, made)

    record = Record()
    make = remembering(scripted, record)
    first, second = (make(cast(Toolchain, None), workers=1, slots=1) for _ in range(2))
    for pool in (first, second):
        async with pool.session() as env:
            root = (await env.open(TEXT)).holes[0].state
            await env.apply(root, ["wait"], LIMITS)
    assert [lean.asked for lean in leans] == [["wait"], []]
    assert [(await pool.verify("theorem", "right")).accepted for pool in (first, second)] == [True, True]
    assert [(await pool.verify("theorem", "wrong")).accepted for pool in (first, second)] == [False, False]
    assert (await second.verify("theorem", "right", negated=True)).accepted
    assert asked == ["right", "wrong", "wrong", "right"]
    record.clear()
    await second.verify("theorem", "right")
    assert asked[4:] == ["right"]
