"""The process that judges: a Lean worker of its own, in which no text of a candidate is ever elaborated.

It elaborates originals alone, and gets of a candidate only its constants, as data, and the names of its imports. So
nothing that a candidate says, and nothing that another worker went through before, can change how an original is read
or what the kernel says. One request is under way at a time. An original that says something which could change the
process (a macro, an elaborator, `#eval`) gets a process that serves no other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from lean_env.errors import ProtocolError, WorkerDied, WorkerStartError
from lean_env.protocol import Exported, Question, Report, Untrusted
from lean_env.worker import Interrupted, Worker

ATTEMPTS = 4
"""How often a request is tried whose process was ended from outside."""


class Judge:
    """One process, started when it is first needed and replaced when it ends or holds too much memory."""

    def __init__(self, start: Callable[[], Awaitable[Worker]], bound: int) -> None:
        """
        Args:
            start: starts a worker.
            bound: bytes past which the process is replaced.
        """
        self._start = start
        self._bound = bound
        self._starting: asyncio.Task[Worker] | None = None
        self._lock = asyncio.Lock()
        self._closed = False
        self._ended_s = 0.0
        self._only_for: str | None = None
        """The original that may have changed the process, which serves no other then."""

    @property
    def lean_s(self) -> float:
        """Seconds spent inside Lean so far, by Lean's own clock."""
        started = self._starting
        there = started is not None and started.done() and not started.cancelled() and started.exception() is None
        return self._ended_s + (started.result().lean_s if started is not None and there else 0.0)

    def prepare(self) -> None:
        """Start the process now, unless it is there."""
        if self._starting is None and not self._closed:
            self._starting = asyncio.ensure_future(self._start())

    async def judge(self, question: Question, exported: Exported, ms: int) -> Report:
        """What the kernel and the comparison with the original say.

        Args:
            ms: time limit for the elaboration of the original.

        Raises:
            Interrupted: the process was ended by the request, twice (then it is guilty), or by others again and again.
        """
        async with self._lock:
            guilty = 0
            for attempts_left in reversed(range(ATTEMPTS)):
                if self._only_for not in (None, question.original):
                    await self._retire()
                worker = await self._worker()
                try:
                    said = await worker.judge(question, exported, trusted=self._only_for is not None, ms=ms)
                    if isinstance(said, Untrusted):
                        await self._retire()
                        worker = await self._worker()
                        self._only_for = question.original
                        said = await worker.judge(question, exported, trusted=True, ms=ms)
                except Interrupted as death:
                    guilty += death.guilty
                    if guilty == 2 or not attempts_left:
                        raise
                    continue
                if isinstance(said, Untrusted):
                    raise ProtocolError(f"The Lean worker does not elaborate `{said.what}` although it is trusted.")
                return said
            raise AssertionError("unreachable")

    async def _worker(self) -> Worker:
        for _ in range(2):
            self.prepare()
            if self._starting is None:
                raise WorkerDied("The pool of Lean workers is closed.")
            try:
                worker = await asyncio.shield(self._starting)
            except WorkerStartError:
                self._starting = None
                raise
            if worker.alive and worker.resident_bytes() <= self._bound:
                return worker
            await self._retire()
        raise WorkerDied("The process that judges ends as soon as it has started.")

    async def _retire(self) -> None:
        starting, self._starting, self._only_for = self._starting, None, None
        if starting is None:
            return
        with contextlib.suppress(asyncio.CancelledError, WorkerStartError):
            worker = await starting
            self._ended_s += worker.lean_s
            await worker.close()

    async def close(self) -> None:
        """End the process, and wait until it is gone."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
        await self._retire()
