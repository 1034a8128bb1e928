"""Verification: only its word makes a proof count.

Two independent looks at the whole text of a proof, both from its text alone:

1. **A worker** elaborates the text from its imports on, refuses by syntax what no proof needs, compares every
   statement with the original's, elaborated alone, and sends every new constant through the kernel once more.
2. **A fresh Lean process**, started for this one text and ended after it, elaborates the text as any user's `lean`
   would. It must report no error and no `sorry`. Where the build allows (`#print axioms`), it must name for each
   theorem no axiom beyond `propext`, `Classical.choice` and `Quot.sound`.

A text may have other holes than the one that was filled (a file with several `sorry`s). Then those may stay, no
declaration that had none may use `sorry`, nothing may build on a declaration that still has one, and a declaration with
several holes is proved only when the last is filled.

A statement may be disproved instead: then the text declares, for the original's one theorem `N` that has no proof, a
theorem `N.negation` that states exactly `Not` of what `N` states, and all else as the original does, except `N`.

A theorem of the library may be proved once more, from what comes before it: then nothing that the proof rests on may
be that theorem or come after it (`lean_env.protocol` says what does). Only the worker looks for that.

Not covered: the Lean binary and the imported library are trusted. The bundled Lean ships no proofs of library theorems
and refuses `#print axioms`, so there the axioms are those met in the proof itself: a lower bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from lean_env import process
from lean_env.errors import WorkerDied, WorkerStartError
from lean_env.protocol import Message, Report
from lean_env.toolchain import Toolchain

ALLOWED_AXIOMS = frozenset({"propext", "Classical.choice", "Quot.sound"})
CHECK_S = 600.0
"""Seconds that a fresh process may take for one text, its own start included."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification says of a text."""

    accepted: bool
    reasons: tuple[str, ...]
    """Why not, a sentence each; empty when accepted."""
    axioms: tuple[str, ...]
    """The axioms that it was seen to stand on."""
    lean: str
    """Which Lean said so: its kind and version."""
    errors: tuple[str, ...] = ()
    """What Lean itself says against the text, each message whole; for repairs. Empty where it has no errors."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a fresh Lean process said of a text."""

    status: int
    """Its exit status; 0 when it reported no error."""
    messages: tuple[Message, ...]


class Checkers:
    """Fresh Lean processes, one for each text, the next one started before it is needed."""

    def __init__(self, toolchain: Toolchain) -> None:
        self._toolchain = toolchain
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
        return Fresh(started.returncode or 0, parse_messages(output))

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
        command = self._toolchain.checker()
        return await process.spawn(command.argv, env=command.env, cwd=command.cwd)


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


async def judge(checkers: Checkers, report: Report, candidate: str, left: int) -> Verdict:
    """Put the two looks together. A fresh process is asked only when the worker has found nothing.

    After the text it is asked for the axioms of each theorem, and last to print a word that nobody can guess: a process
    that ended before has not said that all is well.

    Raises:
        WorkerDied: the fresh process failed, which says nothing about the text.
    """
    reasons = worker_reasons(report, left)
    axioms = frozenset(report.axioms)
    if not reasons:
        body = candidate.rstrip()
        first = body.count("\n") + 3
        targets = report.targets if checkers.prints_axioms else ()
        word = secrets.token_hex(16)
        asked = [*(f"#print axioms {name}" for name in targets), f'#print "{word}"', ""]
        fresh = await checkers.run(body + "\n\n" + "\n".join(asked))
        reasons = fresh_reasons(fresh, report if left else None)
        more, named = axiom_reasons(fresh, targets, first)
        reasons += more
        axioms |= named
        if not reasons and said_on_line(fresh, first + len(targets)) != word:
            reasons.append("a fresh Lean ended before the end of the text")
    errors = tuple(message.text for message in report.messages if message.severity == "error")
    return Verdict(not reasons, tuple(reasons), tuple(sorted(axioms)), checkers.lean, errors)


def worker_reasons(report: Report, left: int = 0) -> list[str]:
    """Why the worker does not accept a text, of whose `sorry`s `left` are other holes'; empty when it does."""
    reasons = [f"line {m.line}: {first_line(m.text)}" for m in report.messages if m.severity == "error"]
    if report.refused:
        reasons.append(f"it uses `{report.refused}`, which no proof may")
    reasons += [f"`{name}` stands on `sorry`" for name in report.sorry]
    reasons += list(report.failed)
    reasons += [f"compared with the original, {difference}" for difference in report.differences]
    if not report.targets and not left:
        reasons.append("it proves no theorem")
    reasons += [f"it stands on the axiom `{name}`" for name in report.axioms if name not in ALLOWED_AXIOMS]
    return reasons


def fresh_reasons(fresh: Fresh, open_: Report | None = None) -> list[str]:
    """Why a fresh process does not accept a text; empty when it does.

    Args:
        open_: for a text with other holes, what the worker said: it may use `sorry` in the places that the worker saw.
    """
    known = {(m.line, m.column) for m in open_.messages if is_sorry_warning(m)} if open_ else set()
    reasons = [
        f"a fresh Lean says: line {m.line}: {first_line(m.text)}" for m in fresh.messages if m.severity == "error"
    ]
    unexpected = [m for m in fresh.messages if is_sorry_warning(m) and (m.line, m.column) not in known]
    reasons += ["a fresh Lean says that it uses `sorry`" for _ in unexpected]
    if fresh.status != 0 and not reasons:
        reasons.append(f"a fresh Lean ended with status {fresh.status}")
    return reasons


def is_sorry_warning(message: Message) -> bool:
    """Lean's own warning that a declaration stands on `sorry`, in the wording of any version."""
    return message.severity == "warning" and re.search(r"declaration uses [`']sorry[`']", message.text) is not None


def axiom_reasons(fresh: Fresh, targets: Sequence[str], first: int) -> tuple[list[str], frozenset[str]]:
    """What `#print axioms` said of each target: why not, and the axioms that were named.

    Args:
        first: the line on which the first target was asked for, the others below it. What is printed elsewhere, by the
            proof itself perhaps, does not count.
    """
    reasons: list[str] = []
    axioms: set[str] = set()
    for number, target in enumerate(targets):
        said = said_on_line(fresh, first + number)
        if "does not depend on any axioms" in said:
            continue
        found = re.search(r"depends on axioms: \[([^\]]*)\]", said)
        if found is None:
            reasons.append(f"a fresh Lean did not print the axioms of `{target}`")
            continue
        named = {name.strip() for name in found.group(1).split(",")}
        axioms |= named
        reasons += [f"`{target}` stands on the axiom `{name}`" for name in sorted(named - ALLOWED_AXIOMS)]
    return reasons, frozenset(axioms)


def said_on_line(fresh: Fresh, line: int) -> str:
    """What a command on that line printed."""
    return "\n".join(m.text for m in fresh.messages if m.severity == "info" and m.line == line)


def first_line(text: str) -> str:
    """The first line of a message, cut to a readable length."""
    return text.strip().split("\n", 1)[0][:200]
