"""A pool of Lean workers, and the slots that attempts hold on them.

Several attempts share a worker, so that Lean works on one while the policy thinks about another: each has a slot on it
(`lean_env.session`). Workers start when they are first needed, and are replaced when they die or hold too much memory.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import psutil

from lean_env.errors import WorkerDied, WorkerStartError
from lean_env.footprint import affordable_workers, footprint
from lean_env.fresh import Checkers
from lean_env.judge import Judge
from lean_env.library import Library, header, imports_of, kept_at, load, read, store
from lean_env.protocol import Exported, Question, Report
from lean_env.session import OPEN_MS, RETRIES, Seat, Session
from lean_env.source import SOURCE, worker_source
from lean_env.toolchain import Toolchain
from lean_env.verify import Reason, Verdict, rejected, verify
from lean_env.worker import Interrupted, Worker

MEASURE_S = 1.0
"""Seconds between two looks at a worker's memory, each of which costs milliseconds."""


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
        self._seats = [Seat() for _ in range(workers or affordable_workers(toolchain))]
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
        bundle = self.toolchain.bundle
        if bundle is not None and bundle.compiled is not None:
            self._source = bundle.compiled / SOURCE
        else:
            self._folder = TemporaryDirectory(prefix="stepwise-", ignore_cleanup_errors=True)
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
            await self._retire(seat)
        await self._checkers.close()
        await self.judge.close()
        if self._folder is not None:
            self._folder.cleanup()

    def warm(self, attempts: int) -> None:
        """Start workers for so many attempts now, side by side, instead of each when it is first needed."""
        self._warming += [asyncio.create_task(self._warm(seat)) for seat in self._seats[:attempts]]

    async def _warm(self, seat: Seat) -> None:
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
            session = Session(self.worker, seat, split=split, full=full)
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

    async def worker(self, seat: Seat) -> Worker:
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
            await self._retire(seat)
            # A verification needs processes of its own: have them ready by the time of the first candidate
            self._checkers.prepare()
            self.judge.prepare()
            began = asyncio.get_running_loop().time()
            seat.worker = await self._next_worker()
            seat.generation += 1
            self.stats.start_s += asyncio.get_running_loop().time() - began
            return seat.worker

    def _too_large(self, seat: Seat, worker: Worker) -> bool:
        now = asyncio.get_running_loop().time()
        if now - seat.measured < MEASURE_S:
            return False
        seat.measured = now
        return worker.resident_bytes() > self._footprint.bound

    async def _retire(self, seat: Seat) -> None:
        worker, seat.worker = seat.worker, None
        if worker is not None:
            self.stats.lean_s += worker.lean_s
            await worker.close()

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
