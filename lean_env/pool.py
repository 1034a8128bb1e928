"""A pool of Lean workers, and the slots that attempts hold on them.

Several attempts share a worker, so that Lean works on one while the policy thinks about another. A `Session` is one
attempt's slot. It knows how each of its states came about, so when its worker dies, or is replaced because it holds too
much memory, it goes on in a new one from its tactics replayed. Workers start when they are first needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import psutil

from lean_env.errors import WorkerDied, WorkerStartError
from lean_env.fresh import Checkers
from lean_env.judge import Judge
from lean_env.library import Library, header, imports_of, kept_at, load, read, store
from lean_env.protocol import Exported, Hole, Limits, Opened, Outcome, Question, Reply, Report, State, Symbols
from lean_env.source import SOURCE, worker_source
from lean_env.toolchain import Toolchain
from lean_env.turns import Turns
from lean_env.verify import Reason, Verdict, rejected, verify
from lean_env.worker import Interrupted, Worker

log = logging.getLogger(__name__)

GIB = 1024**3
OPEN_MS = 120_000
"""Time limit for the elaboration of one text."""
PAGE_MS = 500
"""How long one page of the library may take."""
MEASURE_S = 1.0
"""Seconds between two looks at a worker's memory, each of which costs milliseconds."""
RETRIES = 5
"""How often a request that was not the reason for a worker's death is tried again."""
SECOND_CHANCES = 3
"""How many tactics of a session are tried again after they have ended a worker: a policy may propose many that do."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one worker needs, for planning and for the bound past which it is replaced."""

    expected: int
    """Bytes to reckon with for each worker."""
    bound: int
    """Bytes past which a worker is replaced between two steps."""


def footprint(toolchain: Toolchain) -> Footprint:
    """Measured for the bundled Lean (0.8 GB when ready, 1.0 after the first steps); for a native one, most of Mathlib's
    memory is shared between workers."""
    if toolchain.kind == "bundled":
        return Footprint(int(1.3 * GIB), int(2.5 * GIB))
    return Footprint((2 if toolchain.mathlib else 1) * GIB, (10 if toolchain.mathlib else 6) * GIB)


def affordable_workers(toolchain: Toolchain) -> int:
    """As many workers as cores and free memory (less what the judging process takes) allow, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(cores, psutil.virtual_memory().available // footprint(toolchain).expected - 1))


@dataclass(slots=True)
class PoolStats:
    """What the pool has done so far; for progress lines and reports."""

    starts: int = 0
    start_s: float = 0.0
    """Wall seconds spent waiting for workers to become ready."""
    deaths: int = 0
    replacements: int = 0
    """Workers replaced because of their memory."""
    lean_s: float = 0.0
    """Seconds inside Lean, by Lean's own clock, of workers that have ended."""


@dataclass(slots=True)
class _Seat:
    """A place for one worker, whichever it is at the moment."""

    worker: Worker | None = None
    generation: int = 0
    sessions: int = 0
    measured: float = 0.0
    """When its memory was looked at last, by the event loop's clock."""
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    turns: Turns = field(default_factory=Turns)


class Pool:
    """Workers of one toolchain. Use it as an asynchronous context manager; nothing it started outlives it."""

    def __init__(self, toolchain: Toolchain, *, workers: int | None = None, slots: int = 4) -> None:
        """
        Args:
            workers: how many workers at most; as many as cores and memory allow when None.
            slots: attempts that share one worker.
        """
        self.toolchain = toolchain
        self.stats = PoolStats()
        self._footprint = footprint(toolchain)
        self._seats = [_Seat() for _ in range(workers or affordable_workers(toolchain))]
        self._slots = slots
        self._free = asyncio.Semaphore(self.capacity)
        self._checkers = Checkers(toolchain)
        self.judge = Judge(self._start_judge, self._footprint.bound)
        self._spare: asyncio.Task[Worker] | None = None
        self._warming: list[asyncio.Task[None]] = []
        self._closed = False
        self._folder: TemporaryDirectory[str] | None = None
        self._source = Path()

    @property
    def capacity(self) -> int:
        """Attempts that can be under way at once."""
        return len(self._seats) * self._slots

    @property
    def workers(self) -> int:
        """Workers at most."""
        return len(self._seats)

    @property
    def busy(self) -> int:
        """Workers that have something to do now."""
        return sum(1 for seat in self._seats if seat.worker is not None and seat.worker.busy)

    @property
    def lean_s(self) -> float:
        """Seconds spent inside Lean so far, by Lean's own clock, summed over all workers."""
        workers = sum(seat.worker.lean_s for seat in self._seats if seat.worker is not None)
        return self.stats.lean_s + self.judge.lean_s + workers

    async def __aenter__(self) -> Pool:
        self._folder = TemporaryDirectory(prefix="stepwise-", ignore_cleanup_errors=True)
        bundle = self.toolchain.bundle
        if bundle is not None and bundle.compiled is not None:
            self._source = bundle.compiled / SOURCE
        else:
            self._source = Path(self._folder.name) / SOURCE
            self._source.write_text(worker_source(bundled=self.toolchain.kind == "bundled"), encoding="utf-8")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)
        if self._spare is not None:
            self._spare.cancel()
            with contextlib.suppress(asyncio.CancelledError, WorkerStartError):
                await (await self._spare).close()
        for seat in self._seats:
            if (worker := self._retire(seat)) is not None:
                await worker.close()
        await self._checkers.close()
        await self.judge.close()
        if self._folder is not None:
            self._folder.cleanup()

    def warm(self, attempts: int) -> None:
        """Start workers for so many attempts now, side by side, instead of each when it is first needed."""
        self._warming += [asyncio.create_task(self._warm(seat)) for seat in self._seats[:attempts]]

    async def _warm(self, seat: _Seat) -> None:
        # Whoever needs the seat will be told why it does not start
        with contextlib.suppress(WorkerStartError, WorkerDied):
            await self.worker(seat)

    @contextlib.asynccontextmanager
    async def session(self, *, split: bool = True, full: bool = False) -> AsyncIterator[Session]:
        """A slot on the worker with the fewest attempts; waits until one is free.

        Args:
            split: make goals that do not depend on one another states of their own.
            full: print the goals and terms that the error messages of tactics show. That takes longer than many a
                tactic; without it there is a `…` in their place.
        """
        async with self._free:
            seat = min(self._seats, key=lambda seat: seat.sessions)
            seat.sessions += 1
            session = Session(self, seat, split=split, full=full)
            try:
                yield session
            finally:
                seat.sessions -= 1
                with contextlib.suppress(WorkerDied):
                    await session.close()

    async def verify(
        self,
        original: str,
        candidate: str,
        *,
        left: int = 0,
        before: str = "",
        negated: bool = False,
        independent: bool = False,
        ms: int = OPEN_MS,
    ) -> Verdict:
        """Does `candidate` prove what `original` states with `sorry`? See `lean_env.verify` for what is checked, and
        `lean_env.protocol.Question` for what can be asked.

        Args:
            independent: ask an independent checker too, where one is installed.
            ms: time limit for the elaboration of each text.

        Raises:
            WorkerError: a process failed, which says nothing about the text.
        """

        async def judged(question: Question, exported: Exported) -> Report:
            return await self.judge.judge(question, exported, ms)

        question = Question(original, candidate, left, before, negated)
        try:
            return await verify(
                question, lambda asked: self._export(asked, ms), judged, self._checkers, independent=independent
            )
        except Interrupted as death:
            if not death.guilty:
                raise
            return rejected([Reason("worker", f"verifying it ended a worker: {death.message}")], self._checkers.lean)

    async def _export(self, question: Question, ms: int) -> Exported:
        """Have a worker elaborate the candidate.

        Raises:
            Interrupted: the worker ended, twice, at this very text (once may be the machine's doing, then it is the
                text's), or again and again at others'.
        """
        seat = min(self._seats, key=lambda seat: (seat.worker is None, seat.worker.busy if seat.worker else 0))
        guilty = 0
        for attempts_left in reversed(range(RETRIES)):
            try:
                async with seat.turns.turn(0.0):
                    worker = await self.worker(seat)
                    return await worker.export(question.candidate, question.original, left=question.left, ms=ms)
            except Interrupted as death:
                guilty += death.guilty
                if guilty == 2 or not attempts_left:
                    raise
        raise AssertionError("unreachable")

    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]:
        """Those of the words that begin a tactic after `text` (its imports, say)."""
        async with self.session() as session:
            return await (await self.worker(session.seat)).known_tactics(words, text=text)

    async def library(self, text: str) -> Library:
        """All theorems that the imports of `text` bring, for whoever looks for lemmas.

        Listing them takes a worker some seconds, between which it answers others; they are kept on disk, and read from
        there next time (`lean_env.library`).

        Raises:
            WorkerError: the imports are not there, or the worker cannot be replaced.
        """
        imports = imports_of(text)
        path = kept_at(self.toolchain, imports)
        kept = await asyncio.to_thread(load, path) if path is not None else None
        if kept is not None:
            return kept
        async with self.session() as session:
            modules = await session.library(header(imports))
        if path is not None:
            await asyncio.to_thread(store, path, self.toolchain, imports, modules)
        return await asyncio.to_thread(read, modules)

    # -- seats

    async def worker(self, seat: _Seat) -> Worker:
        """The seat's worker, started or replaced if need be."""
        async with seat.starting:
            if self._closed:
                raise WorkerDied("The pool of Lean workers is closed.")
            worker = seat.worker
            if worker is not None and worker.alive:
                if not self._too_large(seat, worker):
                    return worker
                # Let it finish what it has; new requests wait for the lock
                while worker.alive and worker.busy:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                self.stats.replacements += 1
            elif worker is not None:
                self.stats.deaths += 1
            self._retire(seat)
            # A verification needs processes of its own: have them ready by the time of the first candidate
            self._checkers.prepare()
            self.judge.prepare()
            began = asyncio.get_running_loop().time()
            seat.worker = await self._next_worker()
            seat.generation += 1
            self.stats.start_s += asyncio.get_running_loop().time() - began
            return seat.worker

    def _too_large(self, seat: _Seat, worker: Worker) -> bool:
        now = asyncio.get_running_loop().time()
        if now - seat.measured < MEASURE_S:
            return False
        seat.measured = now
        return worker.resident_bytes() > self._footprint.bound

    def _retire(self, seat: _Seat) -> Worker | None:
        worker, seat.worker = seat.worker, None
        if worker is not None:
            self.stats.lean_s += worker.lean_s
            worker.end()
        return worker

    async def _next_worker(self) -> Worker:
        worker = None
        if self._spare is not None:
            with contextlib.suppress(WorkerStartError):
                worker = await asyncio.shield(self._spare)
            self._spare = None
        if worker is None or not worker.alive:
            worker = await self._start()
        # A spare is worth its start only once a worker has been lost
        if self.stats.deaths + self.stats.replacements and self._memory_allows():
            self._spare = asyncio.create_task(self._start())
        return worker

    def _memory_allows(self) -> bool:
        return psutil.virtual_memory().available > 2 * self._footprint.expected

    async def _start_judge(self) -> Worker:
        return await Worker.start(self.toolchain.worker(self._source))

    async def _start(self) -> Worker:
        self.stats.starts += 1
        return await Worker.start(self.toolchain.worker(self._source))


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

    def __init__(self, pool: Pool, seat: _Seat, *, split: bool = True, full: bool = False) -> None:
        self._pool = pool
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
            lost = Outcome("error", (), "the state could not be replayed in a new worker", 0.0)
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
                    worker = await self._pool.worker(self.seat)
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
            worker = await self._pool.worker(self.seat)
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
            worker = await self._pool.worker(self.seat)
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
        return await self._pool.worker(self.seat), None

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


REPLAY_LIMITS = Limits(ms=30_000, heartbeats=1_000_000)
"""A tactic that once succeeded gets more time when it is replayed: the machine may be busier now."""
