"""The community REPL (leanprover-community/repl) as a place to try tactics in, for users who have it built.

    --lean repl:PATH        PATH is the program, or the REPL's folder with `.lake/build/bin/repl` in it

Its protocol, as its README documents it: a JSON object and an empty line each way. `{"cmd": …, "env": …}` elaborates
commands and answers with `env`, `messages` and `sorries` (each with `pos`, `endPos`, `goal`, `proofState`); imports are
allowed only without `env`. `{"tactic": …, "proofState": …}` answers with a new `proofState` and its `goals`, or with a
`message`; its `messages` may hold errors too. Newer ones say in `proofStatus` whether the proof is complete.

It has no time limits, so a tactic that takes too long is ended with its process, and the states that are still wanted
are made again from their tactics. It forgets nothing, so it is started anew past a bound of memory."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from lean_env import process
from lean_env.elsewhere import ElsewherePool, declaration_at, not_before, refused
from lean_env.errors import LeanNotFound, ProtocolError, WorkerDied
from lean_env.footprint import GIB
from lean_env.library import header, imports_of
from lean_env.pool import Pool
from lean_env.protocol import Hole, Limits, Message, Opened, Outcome, State, Symbols, state_hash
from lean_env.session import OPEN_MS, RETRIES
from lean_env.toolchain import Command, Toolchain

GRACE_S = 3.0
MEMORY_BOUND = 10 * GIB
START_MS = 300_000
"""For imports: Mathlib on a cold disk takes minutes."""
_LONGEST_MESSAGE = 4_000


def find(path: Path) -> Path:
    """The program that `repl:PATH` means.

    Raises:
        LeanNotFound: there is none.
    """
    program = path / ".lake" / "build" / "bin" / "repl" if path.is_dir() else path
    if not program.is_file():
        raise LeanNotFound(
            f"--lean repl:{path}: there is no REPL at {program}.", "Build it with `lake build` in its folder."
        )
    return program.absolute()


class ReplProcess:
    """One REPL, started when it is first asked; one request at a time."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._environments: dict[str, int] = {}
        self.turn = asyncio.Lock()
        self.generation = 0
        """Counts the processes that have ended: states of an earlier one are gone."""
        self.sessions = 0

    async def ask(self, request: Mapping[str, object], ms: int) -> Mapping[str, Any]:
        """The answer to one request; hold `turn`.

        Raises:
            WorkerDied: it ended, or was ended since it did not answer in time.
            ProtocolError: its answer is not JSON.
        """
        self.settle()
        if self._process is None:
            command = self._command
            self._process = await process.spawn(command.argv, env=command.env, cwd=command.cwd, limit=2**26)
        try:
            async with asyncio.timeout(ms / 1000 + GRACE_S):
                return await self._exchange(self._process, request)
        except TimeoutError:
            self.end()
            raise WorkerDied(f"The REPL did not answer for {ms / 1000 + GRACE_S:.1f} s.") from None
        except (ConnectionError, asyncio.IncompleteReadError, ValueError) as error:
            self.end()
            raise WorkerDied(f"The REPL ended: {error}.") from error
        except asyncio.CancelledError:
            self.end()  # its answer would be taken for the next request's
            raise

    async def environment(self, imports: str) -> int:
        """The REPL's number for an environment with these imports; hold `turn`."""
        if imports not in self._environments or self._too_large():
            if self._too_large():
                self.end()
            answer = await self.ask({"cmd": imports}, START_MS)
            if not isinstance(answer.get("env"), int):
                raise ProtocolError(f"The REPL gave no environment for {imports.split()}: {str(answer)[:200]}.")
            self._environments[imports] = answer["env"]
        return self._environments[imports]

    def settle(self) -> None:
        """Notice a process that has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            self.end()

    def end(self) -> None:
        """End the process; the next request starts another."""
        self._environments.clear()
        if self._process is not None:
            process.end(self._process)
            self._process = None
            self.generation += 1

    async def close(self) -> None:
        """End the process, and wait until it is gone."""
        if self._process is not None:
            await process.end_and_wait(self._process)
            self.end()

    def _too_large(self) -> bool:
        return self._process is not None and process.resident_bytes(self._process.pid) > MEMORY_BOUND

    async def _exchange(self, repl: asyncio.subprocess.Process, request: Mapping[str, object]) -> Mapping[str, Any]:
        assert repl.stdin is not None and repl.stdout is not None
        repl.stdin.write((json.dumps(request, ensure_ascii=False) + "\n\n").encode())
        await repl.stdin.drain()
        lines: list[bytes] = []
        while (line := await repl.stdout.readline()).strip() or not lines:
            if not line:
                raise ConnectionError(f"it closed its output with status {repl.returncode}")
            if line.strip():
                lines.append(line)
        try:
            answer = json.loads(b"".join(lines))
        except ValueError as error:
            raise ProtocolError(f"The REPL sent what is not JSON: {b''.join(lines)[:200]!r}.") from error
        if not isinstance(answer, dict):
            raise ProtocolError(f"The REPL sent what is no object: {str(answer)[:200]}.")
        return answer


@dataclass(slots=True)
class _Known:
    """How a state came about, and where it is now."""

    hole: int
    path: tuple[str, ...]
    number: int
    generation: int


@dataclass(slots=True)
class ReplSession:
    """One attempt's slot on a REPL (`prover.interfaces.Environment`). Its states survive the process."""

    repl: ReplProcess
    _text: str = ""
    _known: dict[int, _Known] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    async def open(self, text: str, before: str = "") -> Opened:
        """Elaborate a text; each of its `sorry`s in tactic mode becomes a state.

        Raises:
            WorkerDied: the REPL ended over it.
        """
        not_before(before, "repl:…")
        self._text = text
        self._known.clear()
        began = time.monotonic()
        async with self.repl.turn:
            answer = await self._elaborate()
        messages = _messages(answer)
        if "env" not in answer:
            messages = (Message("error", str(answer.get("message", answer))[:_LONGEST_MESSAGE], 1, 0), *messages)
        holes = []
        for index, found in enumerate(_sorries(answer)):
            position, end = found["pos"], found.get("endPos") or found["pos"]
            goals = (str(found["goal"]).strip("\n"),)
            state = self._name(goals, _Known(index, (), int(found["proofState"]), self.repl.generation))
            line, column = int(position["line"]), int(position["column"])
            declaration = declaration_at(text, line, column)
            holes.append(Hole(state, "tactic", declaration, line, column, int(end["line"]), int(end["column"])))
        return Opened(tuple(holes), messages, 1000 * (time.monotonic() - began))

    async def symbols(self, state: State) -> Symbols:
        """None: the REPL does not tell."""
        return Symbols((), ())

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        """Try each tactic on the state. Stops after the first that leaves no goal.

        Raises:
            WorkerDied: the REPL cannot be started, or ends again and again.
        """
        outcomes: list[Outcome] = []
        for tactic in tactics:
            outcomes.append(refused(tactic) or await self._try(state, tactic, limits))
            if outcomes[-1].kind == "proved":
                break
        return outcomes

    async def drop(self, states: Sequence[State]) -> None:
        """Forget these states; the REPL itself cannot."""
        for state in states:
            self._known.pop(state.id, None)

    async def _try(self, state: State, tactic: str, limits: Limits) -> Outcome:
        async with self.repl.turn:
            known = await self._here(state)
            if known is None:
                return Outcome("error", (), "the state could not be replayed in a new REPL", 0.0, tried=False)
            began = time.monotonic()
            try:
                answer = await self.repl.ask({"tactic": tactic, "proofState": known.number}, limits.ms)
            except WorkerDied as death:
                return Outcome("timeout", (), f"ended from outside: {death.message}", float(limits.ms))
            lean_ms = 1000 * (time.monotonic() - began)
        error = _error(answer)
        if error is not None:
            kind = "timeout" if "maximum number of heartbeats" in error else "error"
            return Outcome("timeout" if kind == "timeout" else "error", (), error[:_LONGEST_MESSAGE], lean_ms)
        goals = tuple(str(goal) for goal in answer["goals"])
        if not goals:
            status = str(answer.get("proofStatus", "Completed"))
            if status != "Completed":
                return Outcome("error", (), f"the REPL says: {status}", lean_ms)
            return Outcome("proved", (), "", lean_ms)
        number, path = int(answer["proofState"]), (*known.path, tactic)
        left = self._name(goals, _Known(known.hole, path, number, known.generation))
        return Outcome("open", (left,), "", lean_ms)

    async def _here(self, state: State) -> _Known | None:
        """The state in the REPL as it runs now, made again where it is another; None where that fails."""
        known = self._known[state.id]
        for _ in range(RETRIES):
            self.repl.settle()
            if known.generation == self.repl.generation:
                return known
            try:
                found = _sorries(await self._elaborate())
                if known.hole >= len(found):
                    return None
                number, generation = int(found[known.hole]["proofState"]), self.repl.generation
                for tactic in known.path:
                    answer = await self.repl.ask({"tactic": tactic, "proofState": number}, OPEN_MS)
                    if _error(answer) is not None:
                        return None
                    number = int(answer["proofState"])
            except WorkerDied:
                continue
            known.number, known.generation = number, generation
        return None

    async def _elaborate(self) -> Mapping[str, Any]:
        """The REPL's answer to the text, its imports (which it takes only at the beginning) replaced by empty lines."""
        imports = imports_of(self._text)
        environment = await self.repl.environment(header(imports))
        lines = self._text.split("\n")
        body = "\n".join("" if line.startswith("import ") else line for line in lines)
        return await self.repl.ask({"cmd": body, "env": environment}, OPEN_MS)

    def _name(self, goals: tuple[str, ...], known: _Known) -> State:
        number = next(self._ids)
        self._known[number] = known
        return State(number, goals, state_hash(goals, 0))


class ReplPool(ElsewherePool):
    """REPLs for tactics, and a worker of ours for verification.

    Args:
        program: the REPL.
    """

    def __init__(self, toolchain: Toolchain, program: Path, *, workers: int | None = None, slots: int = 4) -> None:
        pool = Pool(toolchain, workers=1, slots=slots)
        self._repls = [
            ReplProcess(Command((str(program),), dict(toolchain.env), toolchain.project)) for _ in range(workers or 1)
        ]
        super().__init__(pool, self._open, workers=len(self._repls), slots=slots)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for repl in self._repls:
            await repl.close()
        await super().__aexit__(kind, error, trace)

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[ReplSession]:
        repl = min(self._repls, key=lambda repl: repl.sessions)
        repl.sessions += 1
        try:
            yield ReplSession(repl)
        finally:
            repl.sessions -= 1


def _sorries(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those that are states, in order of position."""
    found = [each for each in answer.get("sorries") or [] if each.get("proofState") is not None]
    return sorted(found, key=lambda each: (each["pos"]["line"], each["pos"]["column"]))


def _messages(answer: Mapping[str, Any]) -> tuple[Message, ...]:
    severities = {"information": "info", "info": "info", "warning": "warning", "error": "error", "trace": "info"}
    return tuple(
        Message(
            severities.get(str(each.get("severity")), "info"),  # type: ignore[arg-type]
            str(each.get("data", ""))[:_LONGEST_MESSAGE],
            int(each["pos"]["line"]),
            int(each["pos"]["column"]),
        )
        for each in answer.get("messages") or []
    )


def _error(answer: Mapping[str, Any]) -> str | None:
    """What the REPL says against a tactic."""
    errors = [str(each.get("data", "")) for each in answer.get("messages") or [] if each.get("severity") == "error"]
    if errors:
        return errors[0]
    if "goals" not in answer or "proofState" not in answer:
        return str(answer.get("message", answer)).removeprefix("Lean error:\n")
    return "it leaves a sorry" if answer.get("sorries") else None
