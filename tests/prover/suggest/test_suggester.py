"""The stream of suggestions, with an environment whose answers are written down."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from lean_env.protocol import Hole, Limits, Message, Opened, Outcome, Place, State, Symbols
from lean_env.verify import Verdict
from prover.edits import apply_edit
from prover.interfaces import Candidate, Query
from prover.parts import LeanPool
from prover.suggest import FileHole, Suggester, Suggestion, Suggestions, edit_for, hole_at
from prover.suggest.round import named
from tests.prover.fakes import FakePolicy

TEXT = "theorem t : p := by\n  sorry\n"


def hole(text: str = TEXT, **changes: object) -> FileHole:
    """The one `sorry` of the text."""
    at = text.index("sorry")
    line, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1)
    place = Place(line, column)
    sorry = Hole(State(0, ("⊢ p",), "p"), "tactic", "t", line, column, line, column + 5)
    values: dict[str, object] = {
        "kind": "sorry", "start": place, "end": Place(line, column + 5), "shown": place, "declaration": "t",
        "goals": ("⊢ p",), "message": "", "replaces": "sorry", "file": text, "text": text, "sorry": sorry, "lead": "",
        "keyword": "theorem", "keyword_at": 0, "obstacles": (),
    }  # fmt: skip
    return FileHole(**{**values, **changes})  # type: ignore[arg-type]


class Slot:
    """`close` closes a goal, `wrong` seems to; `more` leaves one that is easier, `hang` never answers."""

    def __init__(self, pool: Slots) -> None:
        self.pool = pool
        self.held: set[int] = set()

    def state(self, goal: str) -> State:
        self.pool.made += 1
        self.held.add(self.pool.made)
        return State(self.pool.made, (goal,), goal)

    async def open(self, text: str, before: str = "") -> Opened:
        self.held.clear()
        if "sorry" not in text:
            error = Message("error", "further trouble", 9, 0)
            return Opened((), (error,) if text.endswith("-- trouble\n") else (), 1.0)
        meant = hole(text).sorry
        return Opened((Hole(self.state("⊢ p"), "tactic", "t", meant.line, meant.column, meant.line, 7),), (), 1.0)

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        assert state.id in self.held
        outcomes: list[Outcome] = []
        for tactic in tactics:
            if tactic == "hang":
                await asyncio.sleep(1000)
            if tactic in ("close", "wrong"):
                return [*outcomes, Outcome("proved")]
            more = (self.state(f"{state.goals[0]}'"),) if tactic == "more" else ()
            outcomes.append(Outcome("open" if more else "error", more, "", 1.0))
        return outcomes

    async def symbols(self, state: State) -> Symbols:
        return Symbols((), ())

    async def drop(self, states: Sequence[State]) -> None:
        self.held -= {state.id for state in states}


class Slots:
    """A pool of them. Proofs with `wrong` are refused."""

    def __init__(self) -> None:
        self.capacity, self.taken, self.made = 2, 0, 0
        self.slots: list[Slot] = []
        self.verified: list[tuple[str, str, int]] = []

    @contextlib.asynccontextmanager
    async def session(self, *, split: bool = True) -> AsyncIterator[Slot]:
        self.taken += 1
        self.slots.append(Slot(self))
        try:
            yield self.slots[-1]
        finally:
            self.taken -= 1

    async def verify(self, original: str, candidate: str, *, left: int = 0) -> Verdict:
        self.verified.append((original, candidate, left))
        await asyncio.sleep(0.05)
        refused = ("no",) if "wrong" in candidate else ()
        return Verdict(not refused, refused, (), "fake")


class Fixed(FakePolicy):
    """Proposes the same for every state."""

    def __init__(self, *tactics: str) -> None:
        self.tactics = tactics

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        return [[Candidate(tactic, -1.0) for tactic in self.tactics] for _ in queries]


def suggester(slots: Slots, *tactics: str) -> Suggester:
    async def policy(pool: LeanPool, imports: str) -> Fixed:
        return Fixed(*tactics)

    return Suggester(cast(LeanPool, slots), policy=policy, lemmas=False)


async def all_of(made: Suggester, wanted: FileHole, **options: float | bool) -> list[Suggestions]:
    return [each async for each in made.suggest(wanted, **options)]  # type: ignore[arg-type]


async def test_a_candidate_comes_before_its_verification() -> None:
    slots = Slots()
    found = await all_of(suggester(slots, "fail", "close"), hole())
    assert [each.suggestions[0].verified for each in found][-1] and found[-1].done
    assert not found[0].suggestions[0].verified and not found[0].done
    assert slots.verified == [(TEXT, TEXT.replace("sorry", "close"), 0)]
    assert slots.taken == 0 and not any(slot.held for slot in slots.slots)


async def test_what_is_refused_is_withdrawn_and_the_search_goes_on() -> None:
    slots = Slots()
    found = await all_of(suggester(slots, "wrong", "close"), hole())
    assert found[-1].proof is not None and found[-1].proof.tactics == ("close",)
    assert [each.tactics for each in found[-1].suggestions] == [("close",)]


async def test_without_verification_the_first_candidate_ends_it() -> None:
    slots = Slots()
    made = suggester(slots, "wrong", "close")
    last = (await all_of(made, hole(), verify=False))[-1]
    assert last.done and last.proof is None and last.suggestions[0].tactics == ("wrong",) and not slots.verified
    refused = await made.verify(hole(), last.suggestions[0])
    assert not refused.verified and refused.reasons == ("no",)
    assert (await made.verify(hole(), Suggestion("complete", ("close",)))).verified
    assert slots.taken == 0


async def test_what_cannot_be_verified_is_said_to_be_a_candidate() -> None:
    slots = Slots()
    last = (await all_of(suggester(slots, "close"), hole(obstacles=("line 1: trouble",))))[-1]
    assert last.proof is None and last.suggestions[0].reasons == ("line 1: trouble",) and not slots.verified


async def test_a_definition_that_makes_errors_further_down_is_no_proof() -> None:
    slots = Slots()
    file = TEXT + "-- trouble\n"
    last = (await all_of(suggester(slots, "close"), hole(file=file, keyword="def")))[-1]
    assert last.proof is None and "further trouble" in last.suggestions[0].reasons[0]
    assert (await all_of(suggester(slots, "close"), hole(file=file)))[-1].proof is not None, "a theorem's proof cannot"


async def test_steps_are_told_with_the_goals_that_they_leave() -> None:
    last = (await all_of(suggester(Slots(), "fail", "more"), hole(), timeout_s=0.3))[-1]
    (step,) = last.suggestions
    assert (step.kind, step.tactics, step.goals, step.verified) == ("step", ("more",), ("⊢ p'",), False)
    assert apply_edit(TEXT, edit_for(TEXT, hole(), step)) == TEXT.replace("sorry", "more\n  sorry")


async def test_leaving_the_stream_ends_the_search() -> None:
    slots = Slots()
    stream = suggester(slots, "more", "hang").suggest(hole())
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.3)
    assert slots.taken == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await stream.aclose()
    assert slots.taken == 0


async def test_an_error_of_the_policy_reaches_the_asker_and_the_next_may_do_better() -> None:
    tries = 0

    async def policy(pool: LeanPool, imports: str) -> Fixed:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("no model")
        return Fixed("close")

    made = Suggester(cast(LeanPool, Slots()), policy=policy, lemmas=False)
    with pytest.raises(RuntimeError, match="no model"):
        await all_of(made, hole())
    assert (await all_of(made, hole()))[-1].proof is not None


def test_an_edit_of_a_text_that_has_changed_there_is_refused() -> None:
    suggestion = Suggestion("complete", ("close",))
    edit = edit_for(TEXT.replace("\n", "\r\n"), hole(), suggestion)
    assert apply_edit(TEXT.replace("\n", "\r\n"), edit) == "theorem t : p := by\r\n  close\r\n"
    with pytest.raises(ValueError, match="no longer"):
        edit_for(TEXT.replace("sorry", "other"), hole(), suggestion)


def test_the_lines_of_a_proof_end_as_those_of_the_file() -> None:
    text = "theorem t : p := by sorry\r\ntheorem u : q := r\r\n"
    wanted = hole(text.replace("\r\n", "\n"))
    after = apply_edit(text, edit_for(text, wanted, Suggestion("complete", ("a", "b"))))
    assert after == "theorem t : p := by\r\n  a\r\n  b\r\ntheorem u : q := r\r\n"


def test_which_hole_is_at_a_place() -> None:
    holes = [hole(), hole(start=Place(4, 2), end=Place(4, 7), shown=Place(3, 9))]
    assert hole_at(holes, 2, 4) is holes[0] and hole_at(holes, 2) is holes[0]
    assert hole_at(holes, 3, 9) is holes[1] and hole_at(holes, 4, 0) is holes[1] and hole_at(holes, 5) is None


def test_an_example_gets_a_name_and_columns_stay() -> None:
    text = "  example : p := by sorry\n"
    wanted = hole(text, keyword="example", keyword_at=2)
    lines = named(wanted, text).split("\n")
    assert lines[0] == "  theorem example_of_stepwise" and lines[1].index(": p") == text.index(": p")
    assert named(hole(), TEXT) == TEXT
