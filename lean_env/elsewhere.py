"""Slots on another program than our worker (`lean_env.repl`, `lean_env.dojo`): what all of these have in common.

Such a program only tries tactics. Whatever it calls a proof is verified as every other is: by our own worker on the
same Lean, and a fresh process (`lean_env.verify`). They know less than our worker, so there is less to be had from
them: goals are not split, no lemmas are looked up for a state, forbidden syntax is recognised by its words (the
verification does it properly), and problems that must not use the library's later theorems (`stdlib`) cannot be posed.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self

from lean_env.errors import UsageError
from lean_env.library import Library
from lean_env.pool import Pool
from lean_env.protocol import Limits, Opened, Outcome, State, Symbols
from lean_env.verify import Verdict

_FORBIDDEN = re.compile(
    r"\b(sorry|admit|stop|native_decide|run_tac|run_cmd|run_elab|by_elab|unsafe|eval%|ofReduceBool|trustCompiler)\b"
    r"|#eval|set_option\s+debug\."
)
_DECLARATION = re.compile(r"\b(?:theorem|lemma|def|example|instance|abbrev)\b[ \t]*([^\s:({\[]*)")


class Slot(Protocol):
    """What a session of another program does (a part of `prover.interfaces.Environment`)."""

    async def open(self, text: str, before: str = "") -> Opened: ...
    async def symbols(self, state: State) -> Symbols: ...
    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]: ...
    async def drop(self, states: Sequence[State]) -> None: ...


class ElsewherePool:
    """Slots on another program, beside a worker of ours that verifies.

    Args:
        pool: for verification, and for what only our worker knows.
        slot: opens a slot.
        workers: processes of the other program at most.
        slots: attempts that share one of them.
    """

    def __init__(
        self, pool: Pool, slot: Callable[[], AbstractAsyncContextManager[Slot]], *, workers: int, slots: int
    ) -> None:
        self.pool, self._slot = pool, slot
        self.workers, self.capacity = workers, workers * slots
        self.busy = 0
        self._free = asyncio.Semaphore(self.capacity)

    @property
    def lean_s(self) -> float:
        """Seconds inside Lean of our own worker; the other program does not say."""
        return self.pool.lean_s

    async def __aenter__(self) -> Self:
        await self.pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pool.__aexit__(kind, error, trace)

    def warm(self, attempts: int) -> None:
        """Start the worker that verifies."""
        self.pool.warm(1)

    @contextlib.asynccontextmanager
    async def session(self, *, split: bool = True, full: bool = False) -> AsyncIterator[Slot]:
        """A slot; waits until one is free. Goals are never split here, and errors are always whole."""
        async with self._free, self._slot() as slot:
            self.busy = min(self.workers, self.busy + 1)
            try:
                yield slot
            finally:
                self.busy = max(0, self.busy - 1)

    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]:
        """See `lean_env.pool.Pool`."""
        return await self.pool.known_tactics(words, text=text)

    async def library(self, text: str) -> Library:
        """None: without the constants of a state no lemma can be looked up for it."""
        return Library((), ())

    async def verify(
        self,
        original: str,
        candidate: str,
        *,
        left: int = 0,
        before: str = "",
        negated: bool = False,
        independent: bool = False,
    ) -> Verdict:
        """See `lean_env.pool.Pool`."""
        return await self.pool.verify(
            original, candidate, left=left, before=before, negated=negated, independent=independent
        )


def refused(tactic: str) -> Outcome | None:
    """The outcome of a tactic that no proof may use; None for others."""
    match = _FORBIDDEN.search(tactic)
    return None if match is None else Outcome("refused", (), f"`{match.group()}` may not be used", 0.0)


def not_before(before: str, backend: str) -> None:
    """Refuse a problem whose proof may use only a part of the library."""
    if before:
        raise UsageError(
            f"--lean {backend} cannot pose theorems of the library again ({before}).", "Leave out --lean for stdlib."
        )


def declaration_at(text: str, line: int, column: int) -> str:
    """The name of the declaration in which a position stands, as it is written; empty for an `example`."""
    lines = text.split("\n")
    until = "\n".join([*lines[: line - 1], lines[line - 1][:column] if line <= len(lines) else ""])
    names = _DECLARATION.findall(until)
    return names[-1] if names else ""
