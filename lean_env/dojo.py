"""LeanDojo's `Dojo` as a place to try tactics in, for repositories that LeanDojo has traced.

    --lean dojo:REPOSITORY[@COMMIT]     a folder, or a URL with a commit

A `Dojo` is opened for one theorem of one file of the repository (arXiv:2306.15626): `Dojo(Theorem(repo, file, name))`
is a context manager that gives a first state, `run_tac(state, tactic)` answers with a `TacticState` (with `pp`), a
`ProofFinished`, a `ProofGivenUp` or a `LeanError`, and raises when Lean crashes or takes too long. So the texts that
can be opened are files of the repository as they stand there, with one `sorry` each: any other does not elaborate.

It is synchronous, so each slot has a thread. `lean_dojo` changes things when it is imported (log handlers, a cache
folder), and is imported by the one function here that needs it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

from lean_env.elsewhere import ElsewherePool, declaration_at, not_before, refused
from lean_env.errors import LeanNotFound, WorkerDied
from lean_env.pool import Pool
from lean_env.protocol import Hole, Limits, Message, Opened, Outcome, State, Symbols, state_hash
from lean_env.toolchain import Toolchain

_SORRY = re.compile(r"\bsorry\b")

Enter = Callable[[str, str, int], AbstractContextManager[tuple[Any, Any]]]
"""Opens a Dojo: the file inside the repository, the theorem's full name, and seconds for one tactic at most."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A traced repository."""

    folder: Path
    """A checkout of it, to find the file that a text is."""
    enter: Enter

    def file_of(self, text: str) -> str | None:
        """The file of the repository that holds this very text, by its path inside; None where there is none."""
        for path in sorted(self.folder.rglob("*.lean")):
            if ".lake" in path.relative_to(self.folder).parts:
                continue
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if path.read_text(encoding="utf-8").strip() == text.strip():
                    return path.relative_to(self.folder).as_posix()
        return None


def repository(spec: str) -> Repository:
    """The repository that `dojo:…` names.

    Raises:
        LeanNotFound: LeanDojo is not installed, or the repository is not there.
    """
    place, _, commit = spec.rpartition("@") if "@" in spec else (spec, "", "")
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise LeanNotFound(
            f"--lean dojo:{spec}: {place} is not a folder.", "Name a checkout of a repository that LeanDojo has traced."
        )
    try:
        import lean_dojo
    except ImportError as error:
        raise LeanNotFound("--lean dojo:… needs LeanDojo, which is not installed.", "pip install lean-dojo") from error
    try:
        git = lean_dojo.LeanGitRepo
        repo = git(str(folder.absolute()), commit) if commit else git.from_path(folder)
    except Exception as error:
        raise LeanNotFound(
            f"--lean dojo:{spec}: LeanDojo cannot use it: {' '.join(str(error).split())[:200]}.", "Trace it first."
        ) from error

    def enter(file: str, name: str, limit_s: int) -> AbstractContextManager[tuple[Any, Any]]:
        theorem = lean_dojo.Theorem(repo, Path(file), name)
        return cast("AbstractContextManager[tuple[Any, Any]]", lean_dojo.Dojo(theorem, timeout=limit_s))

    return Repository(folder, enter)


@dataclass(slots=True)
class _Known:
    path: tuple[str, ...]
    state: Any
    generation: int


@dataclass(slots=True)
class DojoSession:
    """One attempt's slot (`prover.interfaces.Environment`). Its states survive a Lean that crashed."""

    repository: Repository
    limit_s: int
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="dojo"))
    _theorem: tuple[str, str] = ("", "")
    _open: AbstractContextManager[tuple[Any, Any]] | None = None
    _dojo: Any = None
    _first: Any = None
    _generation: int = 0
    _known: dict[int, _Known] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    async def open(self, text: str, before: str = "") -> Opened:
        """Open the theorem with the `sorry`, where the text is a file of the repository with one."""
        not_before(before, "dojo:…")
        await self.close()
        self._known.clear()
        places = [match.start() for match in _SORRY.finditer(text)]
        if not text.strip():
            return Opened((), (), 0.0)
        file = await asyncio.to_thread(self.repository.file_of, text)
        if file is None:
            return _rejected("it is not a file of the repository that LeanDojo has traced")
        if len(places) != 1:
            return _rejected(f"the file has {len(places)} `sorry`s, and a Dojo is for one theorem")
        line = text.count("\n", 0, places[0]) + 1
        column = places[0] - (text.rfind("\n", 0, places[0]) + 1)
        self._theorem = (file, declaration_at(text, line, column))
        began = time.monotonic()
        try:
            first = await self._enter()
        except WorkerDied as error:
            return _rejected(error.message)
        state = self._name(_Known((), first, self._generation))
        hole = Hole(state, "tactic", self._theorem[1], line, column, line, column + len("sorry"))
        return Opened((hole,), (), 1000 * (time.monotonic() - began))

    async def symbols(self, state: State) -> Symbols:
        """None: a Dojo does not tell."""
        return Symbols((), ())

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        """Try each tactic on the state. Stops after the first that leaves no goal.

        Raises:
            WorkerDied: the Dojo cannot be opened again.
        """
        outcomes: list[Outcome] = []
        for tactic in tactics:
            outcomes.append(refused(tactic) or await self._try(state, tactic))
            if outcomes[-1].kind == "proved":
                break
        return outcomes

    async def drop(self, states: Sequence[State]) -> None:
        """Forget these states; a Dojo itself cannot."""
        for state in states:
            self._known.pop(state.id, None)

    async def close(self) -> None:
        """End the Dojo's Lean."""
        opened, self._open = self._open, None
        if opened is not None:
            with contextlib.suppress(Exception):
                await self._in_thread(lambda: opened.__exit__(None, None, None))

    async def _try(self, state: State, tactic: str) -> Outcome:
        known = await self._here(state)
        if known is None:
            return Outcome("error", (), "the state could not be replayed in a new Dojo", 0.0, tried=False)
        began = time.monotonic()
        try:
            found = await self._in_thread(lambda: self._dojo.run_tac(known.state, tactic))
        except Exception as error:  # DojoCrashError, DojoTacticTimeoutError: its Lean is gone
            await self.close()
            return Outcome("timeout", (), f"ended from outside: {error!r}", 1000 * (time.monotonic() - began))
        lean_ms = 1000 * (time.monotonic() - began)
        kind = type(found).__name__
        if kind == "TacticState":
            return Outcome("open", (self._name(_Known((*known.path, tactic), found, self._generation)),), "", lean_ms)
        if kind == "ProofFinished":
            return Outcome("proved", (), "", lean_ms)
        if kind == "ProofGivenUp":
            return Outcome("refused", (), "`sorry` may not be used", lean_ms)
        message = str(getattr(found, "error", found))
        return Outcome("timeout" if "maximum number of heartbeats" in message else "error", (), message, lean_ms)

    async def _here(self, state: State) -> _Known | None:
        """The state in the Dojo as it is now, made again where that is another; None where that fails."""
        known = self._known[state.id]
        if self._open is not None and known.generation == self._generation:
            return known
        if self._open is None:
            await self._enter()
        here = self._first
        for tactic in known.path:
            try:
                here = await self._in_thread(partial(self._dojo.run_tac, here, tactic))
            except Exception as error:
                await self.close()
                raise WorkerDied(f"A Dojo ended while a state was replayed: {error!r}.") from error
            if type(here).__name__ != "TacticState":
                return None
        known.state, known.generation = here, self._generation
        return known

    async def _enter(self) -> Any:
        file, name = self._theorem
        opened = self.repository.enter(file, name, self.limit_s)
        try:
            self._dojo, self._first = await self._in_thread(opened.__enter__)
        except Exception as error:
            raise WorkerDied(f"LeanDojo cannot open {name} in {file}: {' '.join(str(error).split())[:300]}.") from error
        self._open = opened
        self._generation += 1
        return self._first

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _name(self, known: _Known) -> State:
        number = next(self._ids)
        self._known[number] = known
        goals = tuple(goal.strip("\n") for goal in str(known.state.pp).split("\n\n"))
        return State(number, goals, state_hash(goals, 0))


class DojoPool(ElsewherePool):
    """A Dojo for each slot, and a worker of ours for verification.

    Args:
        limit_s: seconds for one tactic at most; a Dojo has one limit for all.
    """

    def __init__(
        self, toolchain: Toolchain, repository: Repository, *, workers: int | None = None, limit_s: int = 30
    ) -> None:
        self._repository, self._limit_s = repository, limit_s
        super().__init__(Pool(toolchain, workers=1, slots=4), self._slot_of_its_own, workers=workers or 1, slots=1)

    @contextlib.asynccontextmanager
    async def _slot_of_its_own(self) -> AsyncIterator[DojoSession]:
        session = DojoSession(self._repository, self._limit_s)
        try:
            yield session
        finally:
            await session.close()


def _rejected(why: str) -> Opened:
    return Opened((), (Message("error", why, 1, 0),), 0.0)
