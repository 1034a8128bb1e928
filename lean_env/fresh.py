"""Fresh Lean processes: each elaborates one text as any user's `lean` would, and is ended after it.

The bundled Lean alone is told not to compile what the text defines (`_without_code`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lean_env import process
from lean_env.errors import WorkerDied, WorkerStartError
from lean_env.library import header_end
from lean_env.protocol import Message
from lean_env.toolchain import Toolchain

_ADDED = "\nnoncomputable section\n"
CHECK_S = 600.0
"""Seconds that a fresh process may take for one text, its own start included."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a fresh Lean process said of a text."""

    status: int
    """Its exit status; 0 when it reported no error."""
    messages: tuple[Message, ...]


class Checkers:
    """Fresh Lean processes, one for each text, the next one started before it is needed."""

    def __init__(self, toolchain: Toolchain) -> None:
        self.toolchain = toolchain
        self._ready: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._running: set[asyncio.subprocess.Process] = set()
        self._closed = False
        # Each holds about 1 GB while it elaborates
        self._turns = asyncio.Semaphore(2)
        self.lean = f"{toolchain.kind} Lean {toolchain.version}"
        self.prints_axioms = toolchain.kind != "bundled"

    def prepare(self) -> None:
        """Start the next process now, unless one waits already."""
        if self._ready is None and not self._closed:
            self._ready = asyncio.create_task(self._spawn())

    async def run(self, text: str) -> Fresh:
        """Elaborate the text in a process that has seen nothing else.

        Raises:
            WorkerDied: the process was ended from outside, twice, or took too long: that says nothing about the text.
        """
        if self.toolchain.kind == "bundled":
            fresh = await self._run(_without_code(text))
            return replace(fresh, messages=_as_written(fresh.messages, text))
        return await self._run(text)

    async def _run(self, text: str) -> Fresh:
        async with self._turns:
            for attempts_left in (1, 0):
                fresh = await self._once(text)
                if fresh.status >= 0:
                    return fresh
                if not attempts_left:
                    raise WorkerDied(f"A fresh Lean was ended by signal {-fresh.status}.")
        raise AssertionError("unreachable")

    async def _once(self, text: str) -> Fresh:
        self.prepare()
        if self._ready is None:
            raise WorkerDied("The pool of Lean workers is closed.")
        ready, self._ready = self._ready, None
        started = await ready
        if started.returncode is not None:  # it did not live to see the text
            started = await self._spawn()
        self._running.add(started)
        try:
            output, _ = await asyncio.wait_for(started.communicate(text.encode()), CHECK_S)
        except TimeoutError:
            raise WorkerDied(f"A fresh Lean did not finish within {CHECK_S:.0f} s.") from None
        finally:
            process.end(started)
            self._running.discard(started)
            self.prepare()
        return Fresh(_status(started.returncode or 0), parse_messages(output))

    async def close(self) -> None:
        """End every process that is still there, and wait until it is gone."""
        self._closed = True
        if self._ready is not None:
            self._ready.cancel()
            with contextlib.suppress(asyncio.CancelledError, WorkerStartError):
                self._running.add(await self._ready)
        for started in list(self._running):
            await process.end_and_wait(started)

    async def _spawn(self) -> asyncio.subprocess.Process:
        command = self.toolchain.checker()
        return await process.spawn(command.argv, env=command.env, cwd=command.cwd)


def _without_code(text: str) -> str:
    """The text with its definitions not compiled: the bundled Lean has no code for its library, and none of it for what
    stands on that. Everything stays in its column, by which Lean tells where blocks of tactics end."""
    at = header_end(text)
    column = at - (text.rfind("\n", 0, at) + 1)
    return f"{text[:at]}{_ADDED}{' ' * column}{text[at:]}"


def _as_written(messages: Sequence[Message], text: str) -> tuple[Message, ...]:
    """Messages about `_without_code(text)` with their places in the text."""
    before, added = text.count("\n", 0, header_end(text)), _ADDED.count("\n")
    return tuple(replace(m, line=m.line - added) if m.line - added > before else m for m in messages)


def _status(code: int) -> int:
    """An exit status; negative for a signal, also where a program that stands around Lean (bubblewrap) says 128 + n."""
    return code if code <= 128 else 128 - code


def parse_messages(output: bytes) -> tuple[Message, ...]:
    """The messages among the lines that `lean --json` prints; everything else is passed over."""
    messages = []
    for line in output.splitlines():
        if not line.startswith(b'{"'):
            continue
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            position = entry["pos"]
            severity = {"information": "info"}.get(entry["severity"], entry["severity"])
            messages.append(Message(severity, str(entry["data"]), int(position["line"]), int(position["column"])))
    return tuple(messages)
