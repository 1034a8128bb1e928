"""One suite for every place to try tactics in: our worker on a real Lean, and the community REPL and LeanDojo, of which
only the other end is scripted, as their documentation says that it behaves (`tiny_lean`)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from lean_env.backends import BackedToolchain, pool, resolve
from lean_env.dojo import DojoSession, Repository
from lean_env.elsewhere import declaration_at
from lean_env.errors import LeanNotFound, UsageError
from lean_env.pool import Pool
from lean_env.protocol import Limits, OutcomeKind
from lean_env.repl import ReplPool, ReplProcess, ReplSession, find
from lean_env.toolchain import Command, Toolchain
from lean_env.verify import Verdict
from prover.attempt import attempt
from prover.interfaces import Budget, Candidate, Environment, Problem, Query
from prover.method import Method
from tests.lean_env import tiny_lean

TEXT = "theorem conf_and (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  sorry\n"
LIMITS = Limits(ms=5_000)


async def a_text_has_its_sorry(slot: Environment) -> None:
    opened = await slot.open(TEXT)
    assert opened.error is None
    (hole,) = opened.holes
    assert (hole.kind, hole.declaration, hole.line, hole.column) == ("tactic", "conf_and", 2, 2)
    assert (hole.end_line, hole.end_column) == (2, 7)
    assert hole.state.goals[0].endswith("⊢ p ∧ q") and len(hole.state.goals) == 1


async def each_tactic_has_an_outcome_up_to_the_first_proof(slot: Environment) -> None:
    root = (await slot.open(TEXT)).holes[0].state
    tried = ["exact nonsense", "skip", "constructor", "exact ⟨hp, hq⟩", "skip"]
    outcomes = await slot.apply(root, tried, LIMITS)
    assert [outcome.kind for outcome in outcomes] == ["error", "open", "open", "proved"]
    assert outcomes[0].message and not outcomes[0].states
    assert sum(len(state.goals) for state in outcomes[2].states) == 2 and not outcomes[3].states
    assert all(outcome.lean_ms >= 0 for outcome in outcomes)


async def states_can_be_gone_on_from_in_any_order(slot: Environment) -> None:
    root = (await slot.open(TEXT)).holes[0].state
    for _ in range(2):
        (outcome,) = await slot.apply(root, ["constructor"], LIMITS)
        assert [kind async for kind in to_the_end(slot, outcome.states)] == ["proved"] * len(outcome.states)


async def to_the_end(slot: Environment, states: Sequence[Any]) -> AsyncIterator[OutcomeKind]:
    for state in states:
        kind: OutcomeKind = "open"
        while kind == "open":
            tactic = "exact hp" if state.goals[0].endswith("⊢ p") else "exact hq"
            (outcome,) = await slot.apply(state, [tactic], LIMITS)
            kind, state = outcome.kind, outcome.states[0] if outcome.states else None
        yield kind


async def what_no_proof_may_use_is_refused(slot: Environment) -> None:
    root = (await slot.open(TEXT)).holes[0].state
    outcomes = await slot.apply(root, ["sorry", "admit", "constructor <;> sorry", "native_decide"], LIMITS)
    assert [outcome.kind for outcome in outcomes] == ["refused"] * 4


async def equal_goals_have_equal_hashes(slot: Environment) -> None:
    root = (await slot.open(TEXT)).holes[0].state
    skipped, split = await slot.apply(root, ["skip", "constructor"], LIMITS)
    assert skipped.states[0].hash == root.hash != split.states[0].hash


async def what_lean_rejects_has_an_error(slot: Environment) -> None:
    opened = await slot.open("theorem conf_bad : (unknown_type : Type) := by sorry\n")
    assert opened.error is not None


async def states_are_dropped_and_texts_opened_anew(slot: Environment) -> None:
    root = (await slot.open(TEXT)).holes[0].state
    (outcome,) = await slot.apply(root, ["constructor"], LIMITS)
    await slot.drop(outcome.states)
    await slot.drop(outcome.states)
    root = (await slot.open(TEXT)).holes[0].state
    assert [each.kind for each in await slot.apply(root, ["exact ⟨hp, hq⟩"], LIMITS)] == ["proved"]


async def an_attempt_finds_the_proof(slot: Environment) -> None:
    """The search, with what it knows of states and goals."""

    class Three:
        name = "three"

        async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
            return [[Candidate(t, -1.0) for t in ("exact hq", "exact hp", "constructor")] for _ in queries]

        def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None: ...
        def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None: ...

    async def verify(original: str, candidate: str, **asked: Any) -> Verdict:
        return Verdict("sorry" not in candidate, (), (), "none")

    method = Method(policy=Three(), budget=Budget(1, 4, 10))
    made = await attempt(Problem("conf", TEXT), method, env=slot, verify=verify, seed=0, pass_index=0)
    assert made.result == "proved" and made.tactics[0] == "constructor"
    assert "exact hp" in made.text and "exact hq" in made.text and "sorry" not in made.text


Check = Callable[[Environment], Awaitable[None]]
CHECKS: list[Check] = [
    a_text_has_its_sorry,
    each_tactic_has_an_outcome_up_to_the_first_proof,
    states_can_be_gone_on_from_in_any_order,
    what_no_proof_may_use_is_refused,
    equal_goals_have_equal_hashes,
    what_lean_rejects_has_an_error,
    states_are_dropped_and_texts_opened_anew,
    an_attempt_finds_the_proof,
]
each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@pytest.mark.lean
@each_check
async def test_our_worker(check: Check, lean: Pool) -> None:
    async with lean.session() as slot:
        await check(slot)


@contextlib.asynccontextmanager
async def repl() -> AsyncIterator[ReplSession]:
    program = ReplProcess(Command((sys.executable, str(Path(tiny_lean.__file__))), dict(os.environ), None))
    try:
        yield ReplSession(program)
    finally:
        await program.close()


@contextlib.asynccontextmanager
async def dojo(folder: Path) -> AsyncIterator[DojoSession]:
    (folder / "Conf").mkdir()
    (folder / "Conf" / "And.lean").write_text(TEXT, encoding="utf-8")
    session = DojoSession(Repository(folder, cast(Any, tiny_lean.Dojo)), 30)
    try:
        yield session
    finally:
        await session.close()


@each_check
async def test_the_community_repl(check: Check) -> None:
    async with repl() as slot:
        await check(slot)


@each_check
async def test_lean_dojo(check: Check, tmp_path: Path) -> None:
    async with dojo(tmp_path) as slot:
        await check(slot)


async def test_states_survive_a_repl_that_ends_or_hangs() -> None:
    async with repl() as slot:
        root = (await slot.open(TEXT)).holes[0].state
        (split,) = await slot.apply(root, ["constructor"], LIMITS)
        for ends in ("die", "hang"):
            (ended,) = await slot.apply(root, [ends], Limits(ms=100))
            assert ended.kind == "timeout" and "ended from outside" in ended.message
            assert [each.kind for each in await slot.apply(split.states[0], ["exact hp"], LIMITS)] == ["open"]
        assert slot.repl.generation == 2


async def test_states_survive_a_dojo_that_crashes(tmp_path: Path) -> None:
    async with dojo(tmp_path) as slot:
        root = (await slot.open(TEXT)).holes[0].state
        (split,) = await slot.apply(root, ["constructor"], LIMITS)
        (ended,) = await slot.apply(root, ["die"], LIMITS)
        assert ended.kind == "timeout"
        assert [each.kind for each in await slot.apply(split.states[0], ["exact hp"], LIMITS)] == ["open"]


async def test_attempts_share_a_repl() -> None:
    async with repl() as first:
        second = ReplSession(first.repl)
        one, two = (await first.open(TEXT)).holes[0].state, (await second.open(TEXT)).holes[0].state
        (split,) = await first.apply(one, ["constructor"], LIMITS)
        assert [each.kind for each in await second.apply(two, ["exact ⟨hp, hq⟩"], LIMITS)] == ["proved"]
        assert [each.kind for each in await first.apply(split.states[0], ["exact hp"], LIMITS)] == ["open"]
        assert first.repl.generation == 0


async def test_imports_come_first_and_positions_stay() -> None:
    async with repl() as slot:
        opened = await slot.open(f"import Mathlib\nimport Aesop\n\n{TEXT}")
        assert (opened.holes[0].line, opened.holes[0].column) == (5, 2)
        with pytest.raises(UsageError, match="cannot pose theorems of the library"):
            await slot.open(TEXT, "Nat.add_comm")


async def test_a_dojo_is_for_one_theorem_of_a_file(tmp_path: Path) -> None:
    async with dojo(tmp_path) as slot:
        assert "not a file of the repository" in str((await slot.open("theorem other : True := by sorry")).error)
        (tmp_path / "Two.lean").write_text(TEXT + TEXT, encoding="utf-8")
        assert "2 `sorry`s" in str((await slot.open(TEXT + TEXT)).error)


def test_which_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LeanNotFound, match="there is no REPL"):
        resolve(f"repl:{tmp_path}")
    program = tmp_path / ".lake" / "build" / "bin" / "repl"
    program.parent.mkdir(parents=True)
    program.write_text("")
    assert find(tmp_path) == find(program) == program
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeanNotFound, match="needs the Lean that it was built with"):
        resolve(f"repl:{tmp_path}", start=tmp_path)
    native = Toolchain("path", "4.28.0", mathlib=False, why="it was asked for", lean=program)
    backed = BackedToolchain("path", "4.28.0", mathlib=False, why="…", lean=program, backend=f"repl:{tmp_path}")
    assert backed.identity() == {**native.identity(), "backend": "repl"}
    assert isinstance(pool(native, workers=1, slots=2), Pool)
    made = pool(backed, workers=3, slots=2)
    assert isinstance(made, ReplPool) and (made.workers, made.capacity) == (3, 6)


def test_the_declaration_at_a_position() -> None:
    text = "theorem a.b (h : p) : q := by\n  simp\nlemma c : r := by\n  sorry\nexample : s := by sorry"
    assert [declaration_at(text, line, 3) for line in (2, 4)] == ["a.b", "c"]
    assert declaration_at(text, 5, 18) == ""
