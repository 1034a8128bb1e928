"""One attempt's slot on a worker, whose states survive the worker's death.

A session knows how each of its states came about, so when its worker dies, or is replaced because it holds too much
memory, it goes on in a new one from its tactics replayed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from lean_env.protocol import Hole, Limits, Opened, Outcome, Reply, State, Symbols
from lean_env.turns import Turns
from lean_env.worker import Interrupted, Worker

log = logging.getLogger(__name__)

OPEN_MS = 120_000
"""Time limit for the elaboration of one text."""
PAGE_MS = 500
"""How long one page of the library may take."""
RETRIES = 5
"""How often a request that was not the reason for a worker's death is tried again."""
SECOND_CHANCES = 3
"""How many tactics of a session are tried again after they have ended a worker: a policy may propose many that do."""
REPLAY_LIMITS = Limits(ms=30_000, heartbeats=1_000_000)
"""A tactic that once succeeded gets more time when it is replayed: the machine may be busier now."""


@dataclass(slots=True)
class Seat:
    """A place for one worker, whichever it is at the moment."""

    worker: Worker | None = None
    generation: int = 0
    sessions: int = 0
    measured: float = 0.0
    """When its memory was looked at last, by the event loop's clock."""
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: Turns = field(default_factory=Turns)


@dataclass(frozen=True, slots=True)
class _Known:
    """How a state came about, and where it is now."""

    hole: int
    path: tuple[tuple[str, int], ...]
    """The tactics from there on, each with which of the states that it led to is meant."""
    worker_id: int
    generation: int


class Session:
    """One attempt's slot on a worker (`prover.interfaces.Environment`). Its states survive the worker's death."""

    def __init__(
        self, worker: Callable[[Seat], Awaitable[Worker]], seat: Seat, *, split: bool = True, full: bool = False
    ) -> None:
        self._worker = worker
        self.seat = seat
        self._split = split
        self._full = full
        self._text = ""
        self._before = ""
        self._lean_s = 0.0
        self._known: dict[int, _Known] = {}
        self._suspects: set[str] = set()
        """Tactics that have ended a worker once."""
        self._ids = itertools.count()

    async def open(self, text: str, before: str = "") -> Opened:
        """Elaborate a text and make each of its `sorry`s a state; those of an earlier text are forgotten.

        Args:
            before: a theorem of the library; a tactic that uses it, or what comes after it, is an `error`.

        Raises:
            WorkerDied: elaborating the text ends its worker.
        """
        await self.close()
        self._text, self._before = text, before
        async with self.seat.turns.turn(self._lean_s):
            _, opened, generation = await self._open()
        holes = tuple(self._adopt_hole(hole, index, generation) for index, hole in enumerate(opened.holes))
        return replace(opened, holes=holes)

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        """Try each tactic on the state. Stops after the first that leaves no goal: the list may be shorter.

        A tactic that ends the worker twice is a `timeout`: once may be the machine's doing. Those after it are tried in
        a new one.

        Raises:
            WorkerDied: the worker cannot be replaced, or dies again and again.
        """
        outcomes: list[Outcome] = []
        innocent = 0
        while len(outcomes) < len(tactics) and not (outcomes and outcomes[-1].kind == "proved"):
            begun = len(outcomes)
            try:
                async with self.seat.turns.turn(self._lean_s):
                    await self._try(state, tactics, limits, outcomes)
            except Interrupted as death:
                tactic = tactics[len(outcomes)]
                if death.guilty and tactic not in self._suspects and len(self._suspects) < SECOND_CHANCES:
                    self._suspects.add(tactic)
                elif death.guilty:
                    log.info("a tactic ended its worker: %s", tactic)
                    ended = f"ended from outside: {death.message}"
                    outcomes.append(Outcome("timeout", (), ended, float(limits.ms)))
                elif (innocent := innocent + 1) > RETRIES:
                    raise
            self._lean_s += sum(outcome.lean_ms for outcome in outcomes[begun:]) / 1000
        return outcomes

    async def _try(self, state: State, tactics: Sequence[str], limits: Limits, outcomes: list[Outcome]) -> None:
        """Append the outcomes of the tactics that have none yet, to the end of the batch or the first proof."""
        worker, known = await self._here(state)
        if known is None:
            lost = Outcome("error", (), "the state could not be replayed in a new worker", 0.0, tried=False)
            outcomes += [lost] * (len(tactics) - len(outcomes))
            return
        rest = tactics[len(outcomes) :]
        async with contextlib.aclosing(
            worker.apply(known.worker_id, rest, limits, split=self._split, full=self._full)
        ) as answers:
            async for outcome in answers:
                outcomes.append(self._adopt(outcome, known, tactics[len(outcomes)]))

    async def symbols(self, state: State) -> Symbols:
        """The constants of the state's first goal; none if the state cannot be had any more.

        Raises:
            WorkerDied: the worker cannot be replaced, or dies again and again.
        """
        for attempts_left in reversed(range(RETRIES)):
            try:
                async with self.seat.turns.turn(self._lean_s):
                    worker, known = await self._here(state)
                    return await worker.symbols(known.worker_id) if known is not None else Symbols((), ())
            except Interrupted:
                if not attempts_left:
                    raise
        raise AssertionError("unreachable")

    async def library(self, text: str) -> list[Reply]:
        """The theorems that a text's imports bring, module by module, for `lean_env.library.read`."""
        modules: list[Reply] = []
        first: int | None = 0
        innocent = 0
        while first is not None:
            try:
                async with self.seat.turns.turn(self._lean_s):
                    worker = await self._worker(self.seat)
                    page, first = await worker.library(text, first, ms=PAGE_MS)
                modules += page
            except Interrupted as death:
                if death.guilty or (innocent := innocent + 1) > RETRIES:
                    raise
        return modules

    async def drop(self, states: Sequence[State]) -> None:
        """Forget these states."""
        here = [self._known.pop(state.id, None) for state in states]
        await self._forget([known for known in here if known is not None])

    async def close(self) -> None:
        """Forget every state."""
        known, self._known = list(self._known.values()), {}
        await self._forget(known)

    # -- states

    async def _open(self) -> tuple[Worker, Opened, int]:
        for attempts_left in reversed(range(RETRIES)):
            worker = await self._worker(self.seat)
            generation = self.seat.generation
            try:
                return worker, await worker.open(self._text, before=self._before, ms=OPEN_MS), generation
            except Interrupted as death:
                if death.guilty or not attempts_left:
                    raise
        raise AssertionError("unreachable")

    async def _here(self, state: State) -> tuple[Worker, _Known | None]:
        """The seat's worker, and the state in it: replayed when the worker is not the one that made it."""
        guilty = 0
        for attempts_left in reversed(range(RETRIES)):
            worker = await self._worker(self.seat)
            known = self._known[state.id]
            if known.generation == self.seat.generation:
                return worker, known
            try:
                worker, opened, generation = await self._open()
                here = await self._replay(worker, opened, known)
            except Interrupted as death:
                guilty += death.guilty
                if guilty == 2 or not attempts_left:
                    break
                continue
            if here is None:
                break
            self._known[state.id] = replace(known, worker_id=here, generation=generation)
        return await self._worker(self.seat), None

    async def _replay(self, worker: Worker, opened: Opened, known: _Known) -> int | None:
        """The worker's number for the state that the same tactics lead to, or None if they lead elsewhere now."""
        states = [hole.state.id for hole in opened.holes]
        made = list(states)
        here = states[known.hole] if known.hole < len(states) else None
        for tactic, part in known.path:
            if here is None:
                break
            states = []
            async for outcome in worker.apply(here, [tactic], REPLAY_LIMITS, split=self._split):
                states = [state.id for state in outcome.states]
            made += states
            here = states[part] if part < len(states) else None
        await worker.drop([number for number in made if number != here])
        return here

    def _adopt_hole(self, hole: Hole, index: int, generation: int) -> Hole:
        return replace(hole, state=self._name(hole.state, _Known(index, (), hole.state.id, generation)))

    def _adopt(self, outcome: Outcome, parent: _Known, tactic: str) -> Outcome:
        states = []
        for part, state in enumerate(outcome.states):
            known = _Known(parent.hole, (*parent.path, (tactic, part)), state.id, parent.generation)
            states.append(self._name(state, known))
        return replace(outcome, states=tuple(states))

    def _name(self, state: State, known: _Known) -> State:
        number = next(self._ids)
        self._known[number] = known
        return replace(state, id=number)

    async def _forget(self, known: Sequence[_Known]) -> None:
        worker = self.seat.worker
        if worker is not None:
            await worker.drop([k.worker_id for k in known if k.generation == self.seat.generation])
