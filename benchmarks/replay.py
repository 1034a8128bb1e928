"""Pools whose sessions answer from what Lean has said before, so that configurations are compared on equal answers.

Several ways to search the same problems put mostly the same tactics to mostly the same states. Here a tactic on a state
goes to Lean once: whoever puts it there later, in another cell of the same command, gets the same outcome, with the
same seconds on its account. So a configuration differs from another only by what it asks, not by how busy the machine
was, and a table of many costs little more than one. What is accepted by verification, word for word, is not verified
again either.

A state is known by the statement and the tactics that lead to it. Where a tactic is new on a state that was reached by
replay, the state is made in Lean first; that time is on nobody's account.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lean_env.protocol import Limits, Opened, Outcome, State, Symbols
from lean_env.session import REPLAY_LIMITS
from prover.goal_search import Clock
from prover.interfaces import Environment
from prover.parts import LeanPool, PoolFunction

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain
    from lean_env.verify import Verdict


@dataclass(slots=True, eq=False)
class Place:
    """A state, by how it comes about, and all that is known of it."""

    source: Place | None = None
    """The state before the last tactic; None for that of a `sorry`."""
    tactic: str = ""
    part: int = 0
    """Which of the states that the tactic leads to, or which `sorry` of the text."""
    symbols: Symbols | None = None
    answers: dict[tuple[str, bool], Answer] = field(default_factory=dict)
    """By the tactic, and whether goals that do not depend on one another were made states of their own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a tactic, and the states that it led to."""

    outcome: Outcome
    allowed_ms: int
    places: tuple[Place, ...]

    def within(self, limits: Limits) -> Outcome | None:
        """The outcome under other limits, or None where only Lean can tell: it was stopped, and may take longer now."""
        took = self.outcome.lean_ms
        if self.outcome.kind == "timeout":
            if took >= self.allowed_ms < limits.ms:
                return None
            return replace(self.outcome, lean_ms=min(took, limits.ms))
        return self.outcome if took <= limits.ms else Outcome("timeout", (), "", float(limits.ms))


@dataclass(slots=True)
class Record:
    """What Lean has said so far."""

    texts: dict[tuple[str, str], tuple[Opened, tuple[Place, ...]]] = field(default_factory=dict)
    accepted: dict[tuple[object, ...], Verdict] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything: other statements come now."""
        self.texts.clear()
        self.accepted.clear()


class Account(Clock):
    """A clock that counts what is on an attempt's account: Lean's seconds, whenever spent, and the policy's."""

    def elapsed(self) -> float:
        """Seconds on the account so far."""
        return self.usage.lean_s + self.usage.policy_s


class Replay:
    """A session (`prover.interfaces.Environment`) that asks another only what the record does not hold."""

    def __init__(self, env: Environment, record: Record, *, split: bool = True) -> None:
        self.env, self.record, self.split = env, record, split
        self._text = ("", "")
        self._places: dict[int, Place] = {}
        self._here: dict[Place, State] = {}
        """The states that the other session holds."""
        self._ids = itertools.count()

    async def open(self, text: str, before: str = "") -> Opened:
        """Elaborate a text, unless that has been done."""
        held, self._here, self._places = list(self._here.values()), {}, {}
        if held:
            await self.env.drop(held)
        self._text = (text, before)
        if self._text not in self.record.texts:
            opened = await self.env.open(text, before)
            places = tuple(Place(part=part) for part in range(len(opened.holes)))
            self.record.texts[self._text] = (opened, places)
            self._here.update(zip(places, (hole.state for hole in opened.holes), strict=True))
        opened, places = self.record.texts[self._text]
        named = map(self._named, (hole.state for hole in opened.holes), places)
        holes = (replace(hole, state=state) for hole, state in zip(opened.holes, named, strict=True))
        return replace(opened, holes=tuple(holes))

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        """Try each tactic on the state, in Lean only those that have not been tried there."""
        place = self._places[state.id]
        outcomes: list[Outcome] = []
        while len(outcomes) < len(tactics) and not (outcomes and outcomes[-1].kind == "proved"):
            rest = tactics[len(outcomes) :]
            if (known := self._known(place, rest[0], limits)) is not None:
                outcomes.append(known)
                continue
            new = list(itertools.takewhile(lambda tactic: self._known(place, tactic, limits) is None, rest))
            outcomes += await self._ask(place, new, limits)
        return outcomes

    async def symbols(self, state: State) -> Symbols:
        """The constants of the state's first goal."""
        place = self._places[state.id]
        if place.symbols is None:
            here = await self._reach(place)
            if here is None:
                return Symbols((), ())
            place.symbols = await self.env.symbols(here)
        return place.symbols

    async def drop(self, states: Sequence[State]) -> None:
        """Forget these states."""
        await self._forget([place for state in states if (place := self._places.pop(state.id, None)) is not None])

    def _known(self, place: Place, tactic: str, limits: Limits) -> Outcome | None:
        answer = place.answers.get((tactic, self.split))
        outcome = answer.within(limits) if answer is not None else None
        if answer is None or outcome is None or outcome.kind != "open":
            return outcome
        named = zip(outcome.states, answer.places, strict=True)
        return replace(outcome, states=tuple(self._named(state, after) for state, after in named))

    async def _ask(self, place: Place, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        here = await self._reach(place)
        if here is None:
            return [Outcome("error", (), "the state could not be replayed", 0.0, tried=False)] * len(tactics)
        found = []
        for tactic, outcome in zip(tactics, await self.env.apply(here, tactics, limits), strict=False):
            places = tuple(Place(place, tactic, part) for part in range(len(outcome.states)))
            self._here.update(zip(places, outcome.states, strict=True))
            if outcome.tried:
                answer = Answer(outcome, limits.ms, places)
                whole = outcome.kind != "open" or (len(places) == 1 and len(outcome.states[0].goals) == 1)
                for split in (True, False) if whole else (self.split,):
                    place.answers[tactic, split] = answer
            found.append(replace(outcome, states=tuple(map(self._named, outcome.states, places))))
        return found

    async def _reach(self, place: Place) -> State | None:
        """The state in the other session, made there if need be; None where the same tactics lead elsewhere now."""
        if place in self._here:
            return self._here[place]
        if place.source is None:
            opened = await self.env.open(*self._text)
            _, places = self.record.texts[self._text]
            self._here = dict(zip(places, (hole.state for hole in opened.holes), strict=False))
            return self._here.get(place)
        before = await self._reach(place.source)
        if before is None:
            return None
        (outcome,) = await self.env.apply(before, [place.tactic], REPLAY_LIMITS)
        for part, state in enumerate(outcome.states):
            if part == place.part:
                self._here[place] = state
            else:
                await self.env.drop([state])
        return self._here.get(place)

    def _named(self, state: State, place: Place) -> State:
        number = next(self._ids)
        self._places[number] = place
        return replace(state, id=number)

    async def _forget(self, places: Sequence[Place]) -> None:
        kept = set(self._places.values())
        gone = [place for place in places if place.source is not None and place in self._here and place not in kept]
        held = [self._here.pop(place) for place in dict.fromkeys(gone)]
        if held:
            await self.env.drop(held)


def remembering(make: PoolFunction, record: Record) -> PoolFunction:
    """Pools that share what Lean has said, and what verification has accepted."""

    def pool(toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool:
        made = make(toolchain, workers=workers, slots=slots)
        verify, session = made.verify, made.session

        async def once(original: str, candidate: str, **how: Any) -> Verdict:
            asked = (repr(toolchain), original, candidate, *sorted(how.items()))
            if asked not in record.accepted:
                verdict = await verify(original, candidate, **how)
                if not verdict.accepted:
                    return verdict
                record.accepted[asked] = verdict
            return record.accepted[asked]

        @contextlib.asynccontextmanager
        async def replayed(*, split: bool = True, full: bool = False) -> AsyncIterator[Environment]:
            async with session(split=split, full=full) as env:
                yield Replay(env, record, split=split)

        made.verify, made.session = once, replayed  # type: ignore[method-assign, assignment]
        return made

    return pool
