"""One Lean worker: a process, and the requests that wait for its replies.

The worker answers requests one after another. So of all that wait only the oldest can be the reason for silence: its
patience is the one that counts, and when it has run out the process is ended from outside. What Lean says about a
tactic is a value; a worker that ends is an exception, raised in every request that waits, and marked in the oldest as
its doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from lean_env import process
from lean_env.errors import ProtocolError, WorkerDied, WorkerStartError
from lean_env.protocol import (
    Exported,
    Limits,
    Opened,
    Outcome,
    Question,
    Reply,
    Report,
    Symbols,
    Untrusted,
    decode,
    encode,
    parse_exported,
    parse_opened,
    parse_outcome,
    parse_page,
    parse_report,
    parse_symbols,
)
from lean_env.toolchain import Command

START_S = 300.0
"""Seconds that a worker may take to become ready: the bundled Lean takes 25, Mathlib on a cold disk minutes."""
GRACE_S = 3.0
"""Seconds beyond a time limit that Lean gets to stop by itself before its process is ended."""
LONGEST_LINE = 256 * 1024 * 1024


class Interrupted(WorkerDied):
    """The worker ended while a request waited.

    Attributes:
        guilty: the request was the one being worked on, so it may be the reason.
    """

    def __init__(self, message: str, *, guilty: bool) -> None:
        super().__init__(message)
        self.guilty = guilty


@dataclass(slots=True)
class _Waiting:
    patience_s: float
    abandoned: bool = False
    """Nobody reads the replies any more: states that they tell of are forgotten at once."""
    replies: asyncio.Queue[Reply | Interrupted] = field(default_factory=asyncio.Queue)


class Worker:
    """A running Lean worker. Made by `start`; safe to use from several tasks of one event loop."""

    def __init__(self, started: asyncio.subprocess.Process) -> None:
        self._process = started
        self._waiting: dict[str, _Waiting] = {}
        self._order: deque[str] = deque()
        self._heard = asyncio.Event()
        # Replies carry ids that no Lean program run by the worker can guess, so none can be forged on its output
        self._secret = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._last_words: deque[str] = deque(maxlen=6)
        self._death: str | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.lean_s = 0.0
        """Seconds spent inside Lean so far, as Lean measured them."""

    @classmethod
    async def start(cls, command: Command, *, timeout_s: float = START_S) -> Worker:
        """Start a worker and wait until it is ready.

        Raises:
            WorkerStartError: it did not become ready; the sentence ends with its last words.
        """
        worker = cls(await process.spawn(command.argv, env=command.env, cwd=command.cwd, limit=LONGEST_LINE))
        worker._tasks = [asyncio.create_task(worker._listen())]
        try:
            await asyncio.wait_for(worker._greet(), timeout_s)
        except TimeoutError:
            await worker.close()
            raise WorkerStartError(
                f"Lean was not ready after {timeout_s:.0f} s.", "Is the machine short of memory? `prove doctor` tells."
            ) from None
        except BaseException:
            await worker.close()
            raise
        worker._tasks += [asyncio.create_task(worker._read()), asyncio.create_task(worker._watch())]
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._death is None

    @property
    def busy(self) -> int:
        """Requests that wait for replies."""
        return len(self._order)

    def resident_bytes(self) -> int:
        """Memory that the process and its children hold."""
        return process.resident_bytes(self.pid)

    async def open(self, text: str, *, before: str = "", ms: int) -> Opened:
        """Elaborate a text; its `sorry`s become states of this worker.

        Args:
            before: a theorem of the library; tactics may use neither it nor what comes after it.
        """
        return parse_opened(await self._ask("open", ms / 1000, text=text, before=before, ms=ms))

    async def apply(
        self, state: int, tactics: Sequence[str], limits: Limits, *, split: bool, full: bool = False
    ) -> AsyncGenerator[Outcome, None]:
        """What each tactic does to the state, as soon as it is known; ends after the first that leaves no goal.

        Args:
            split: make goals that do not depend on one another states of their own.
            full: print the goals and terms that error messages show.
        """
        fields = {"state": state, "tactics": list(tactics), "split": split, "full": full}
        fields |= {"ms": limits.ms, "heartbeats": limits.heartbeats}
        async with contextlib.aclosing(self._replies("apply", limits.ms / 1000, fields)) as replies:
            expected = 0
            async for reply in replies:
                # Each outcome is of the tactic that is next: one that was lost would be taken for the one before it
                if reply.get("index", expected) != expected:
                    self._died("one of its replies was lost")
                    raise Interrupted(self._epitaph(), guilty=True)
                expected += 1
                outcome = parse_outcome(reply)
                self.lean_s += outcome.lean_ms / 1000
                yield outcome

    async def export(self, text: str, original: str, *, left: int, ms: int) -> Exported:
        """Re-elaborate a text: what Lean says about it, and what it declares.

        Args:
            original: what its author wrote (none, if that is empty), which the text may say too.
            left: how many of the original's `sorry`s the text may still have.
        """
        fields: dict[str, object] = {"text": text, "left": left, "ms": ms}
        if original:
            fields["original"] = original
        return parse_exported(await self._ask("export", 3 * ms / 1000, **fields))

    async def judge(self, question: Question, exported: Exported, *, trusted: bool, ms: int) -> Report | Untrusted:
        """Send a text's constants through the kernel, and compare its statements with the original's.

        Args:
            trusted: elaborate the original whatever it says.
        """
        q = question
        fields: dict[str, object] = {"text": q.candidate, "left": q.left, "negated": q.negated, "before": q.before}
        fields |= {"constants": list(exported.constants), "may_sorry": list(exported.may_sorry)}
        fields |= {"trusted": trusted, "ms": ms}
        if q.original:
            fields["original"] = q.original
        return parse_report(await self._ask("judge", 3 * ms / 1000, **fields))

    async def symbols(self, state: int) -> Symbols:
        """The constants of the state's first goal."""
        return parse_symbols(await self._ask("symbols", 60, state=state))

    async def library(self, text: str, first: int, *, ms: int) -> tuple[list[Reply], int | None]:
        """Theorems that a text's imports bring: some modules of them, those after the first `first`.

        Args:
            ms: about as long as it may take, beyond the imports at the first call.

        Returns:
            Modules, for `lean_env.library.read`, and where to go on; None at the end.
        """
        return parse_page(await self._ask("library", 600, text=text, first=first, ms=ms))

    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]:
        """Those of the words that begin a tactic after the text (its imports, say)."""
        reply = await self._ask("tactics", 120, text=text, words=list(words))
        answers = reply.get("answers")
        if not isinstance(answers, list) or len(answers) != len(words):
            raise ProtocolError("The Lean worker sent a reply about tactics that cannot be read.")
        return frozenset(word for word, answer in zip(words, answers, strict=True) if "unknown tactic" not in answer)

    async def drop(self, states: Sequence[int]) -> None:
        """Forget these states. Nobody waits for the reply: it would come after the requests of all others."""
        if states and self.alive:
            await self._send({"op": "drop", "states": list(states)})

    def end(self) -> None:
        """End the process and all that it started; requests that wait are interrupted."""
        self._died("it was ended", blame=False)
        process.end(self._process)
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """End the process, and wait until it is gone."""
        self.end()
        await process.end_and_wait(self._process)

    # -- requests

    async def _ask(self, op: str, patience_s: float, **fields: object) -> Reply:
        async with contextlib.aclosing(self._replies(op, patience_s, fields)) as replies:
            async for reply in replies:
                if isinstance(reply.get("us"), (int, float)):
                    self.lean_s += reply["us"] / 1e6
                return reply
        raise ProtocolError(f"The Lean worker sent no reply to `{op}`.")

    async def _replies(self, op: str, patience_s: float, fields: dict[str, object]) -> AsyncGenerator[Reply, None]:
        if self._death is not None:
            raise Interrupted(self._epitaph(), guilty=False)
        request = f"{self._secret}-{next(self._numbers)}"
        waiting = _Waiting(patience_s + GRACE_S)
        self._waiting[request] = waiting
        self._order.append(request)
        if len(self._order) == 1:
            self._heard.set()
        try:
            await self._send({"id": request, "op": op, **fields})
            while True:
                reply = await waiting.replies.get()
                if isinstance(reply, Interrupted):
                    raise reply
                yield reply
                if reply.get("end"):
                    return
        finally:
            waiting.abandoned = True
            unread = [waiting.replies.get_nowait() for _ in range(waiting.replies.qsize())]
            await self.drop([n for reply in unread if not isinstance(reply, Interrupted) for n in told_states(reply)])

    async def _send(self, request: dict[str, object]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(encode(request))
            await stdin.drain()
        except (ConnectionError, RuntimeError):
            self._died("it closed its input")

    # -- the other side

    async def _greet(self) -> None:
        while True:
            line = await self._line()
            reply = decode(line)
            if reply is not None and "hello" in reply:
                return

    async def _line(self) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            line = await stdout.readline()
        except ValueError:  # longer than any line can be
            line = b""
        if not line:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 2)
            self._died(f"it ended with status {self._process.returncode}")
            raise WorkerStartError(self._epitaph(), "`prove doctor` tells what was found.")
        if not line.startswith((b"{", b" ", b"[DEBUG:")):  # the bundled Lean prints notes about its imports
            self._last_words.append(line.decode(errors="replace").strip())
        return line

    async def _listen(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        while chunk := await stderr.read(1 << 16):
            self._last_words.extend(chunk.decode(errors="replace").splitlines()[-6:])

    async def _read(self) -> None:
        with contextlib.suppress(WorkerStartError):
            while True:
                reply = decode(await self._line())
                request = reply.get("id") if reply is not None else None
                if reply is None or not isinstance(request, str) or request not in self._waiting:
                    continue
                waiting = self._waiting[request]
                waiting.replies.put_nowait(reply)
                if waiting.abandoned:
                    await self.drop(told_states(reply))
                if reply.get("end"):
                    del self._waiting[request]
                    self._order.remove(request)
                self._heard.set()

    async def _watch(self) -> None:
        while self.alive:
            self._heard.clear()
            patience = self._waiting[self._order[0]].patience_s if self._order else None
            try:
                await asyncio.wait_for(self._heard.wait(), patience)
            except TimeoutError:
                # The event loop itself may have been held up: what came meanwhile counts
                await asyncio.sleep(0.05)
                if self._heard.is_set():
                    continue
                self._died(f"it did not answer for {patience:.1f} s")
                process.end(self._process)

    def _died(self, why: str, *, blame: bool = True) -> None:
        if self._death is not None:
            return
        self._death = why
        for index, request in enumerate(self._order):
            self._waiting[request].replies.put_nowait(Interrupted(self._epitaph(), guilty=blame and index == 0))
        self._order.clear()
        self._waiting.clear()
        process.end(self._process)

    def _epitaph(self) -> str:
        words = "; ".join(word for word in self._last_words if word)[-400:]
        return f"The Lean worker stopped: {self._death}{f' ({words})' if words else ''}."


def told_states(reply: Reply) -> list[int]:
    """The states that a reply tells of, so far as it can be read."""
    found = [entry for key in ("states", "holes") if isinstance(entries := reply.get(key), list) for entry in entries]
    numbers = [entry.get("state") for entry in found if isinstance(entry, dict)]
    return [number for number in numbers if isinstance(number, int)]
