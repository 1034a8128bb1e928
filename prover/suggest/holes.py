"""The holes of a text: where something is left to prove, and the text in which that is searched and verified.

A hole is a `sorry`, a tactic that fails, or the end of a block of tactics that leaves goals. In its own text, which
ends with its command, a `sorry` stands in every case, and what is wrong elsewhere is out of the way: commands with
errors are blank, and where another tactic of the same command fails, there is a `sorry` too. So a proof can be verified
in a file that does not compile yet; it may rest on nothing that has errors, of course.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lean_env import protocol
from lean_env.protocol import Command, Failure, Opened, Place
from prover.edits import as_lean_sees, offset_at, place_at
from prover.interfaces import Environment
from prover.problems.leantext import mask

ROUNDS = 6
"""How often what is wrong is put out of the way, each time after Lean has looked again."""

# How Lean marks private names
_PRIVATE = re.compile(r"^_private\.(?:.*\.)?\d+\.")
_STATEMENT = re.compile(r"\b(theorem|lemma|example|def|abbrev|instance|structure|class|inductive|opaque|mutual)\b")


@dataclass(frozen=True, slots=True)
class FileHole:
    """A place in a text where something is left to prove."""

    kind: Literal["sorry", "failing", "unsolved"]
    """A `sorry`; a tactic that fails; goals that are left at the end of a block."""
    start: Place
    end: Place
    """What a proof replaces: the `sorry`; the failing tactic, with what follows it in its block if that is in the way;
    nothing (`start` is `end`) where goals are left."""
    shown: Place
    """Where to show it: the `sorry`, or where Lean reports the error."""
    declaration: str
    """The full name of the declaration that it belongs to."""
    goals: tuple[str, ...]
    """What is to be proved, as Lean prints it."""
    message: str
    """Lean's error; empty for a `sorry`."""
    replaces: str
    """The text from `start` to `end`."""
    file: str
    """The whole text that it was found in, as Lean sees it."""
    text: str
    """The text in which it is searched and verified."""
    sorry: protocol.Hole
    """The `sorry` of that text. Its state is of no use: it was dropped."""
    lead: str
    """What stands there before the `sorry`, and not in the file."""
    keyword: str
    """What its command declares: `theorem`, `example`, `def`, …; empty if it is something else."""
    keyword_at: int
    """Where that stands in its own text."""
    obstacles: tuple[str, ...]
    """Errors in its own text, for which no proof of it can be verified."""

    @property
    def states(self) -> bool:
        """Is it in a theorem, of which nothing but the statement matters to what comes after?"""
        return self.keyword in ("theorem", "lemma", "example")

    @property
    def place(self) -> Place:
        """The place of the `sorry` in its own text."""
        return Place(self.sorry.line, self.sorry.column)

    def touches(self, line: int, column: int | None = None) -> bool:
        """Is it at this place of the file (or on this line)?"""
        if column is None:
            return self.shown.line == line or self.start.line <= line <= self.end.line
        place = Place(line, column)
        return self.start <= place <= self.end or self.shown == place


def hole_at(holes: Sequence[FileHole], line: int, column: int | None = None) -> FileHole | None:
    """The hole at a place, or the first on its line; None when there is none.

    Args:
        line: from 1.
        column: from 0, in code points; None for anywhere on the line.
    """
    exact = (hole for hole in holes if column is not None and hole.touches(line, column))
    return next(exact, next((hole for hole in holes if hole.touches(line)), None))


@dataclass(frozen=True, slots=True)
class Survey:
    """A text, looked at."""

    holes: tuple[FileHole, ...]
    """In the order of their places."""
    commands: int
    """How many commands it has."""
    elaborated: int
    """How many of them Lean had to elaborate: those from the first change on, if it had seen an earlier text."""


async def look_for_holes(env: Environment, text: str, line: int | None = None) -> Survey:
    """The holes of a text.

    Args:
        env: a slot; what it held is forgotten.
        line: only those on this line, from 1.

    Raises:
        WorkerError: Lean cannot elaborate the text in time, or fails beyond repair.
    """
    file = as_lean_sees(text)
    opened = await _look(env, file)
    finder = _Finder(env, file, opened)
    found = [hole async for hole in finder.holes(line)]
    holes = tuple(sorted(found, key=lambda hole: (hole.start, hole.shown)))
    return Survey(holes, len(opened.commands), opened.elaborated)


async def _look(env: Environment, text: str) -> Opened:
    """The text after elaboration, its states dropped."""
    opened = await env.open(text)
    await env.drop([hole.state for hole in opened.holes])
    return opened


@dataclass(frozen=True, slots=True)
class _Marked:
    """A text, and where in it the `sorry` stands that is meant."""

    text: str
    at: int

    def replaced(self, start: int, end: int, new: str) -> _Marked:
        moved = len(new) - (end - start) if end <= self.at else 0
        return _Marked(self.text[:start] + new + self.text[end:], self.at + moved)


class _Finder:
    """Looks at the holes of one text."""

    def __init__(self, env: Environment, file: str, opened: Opened) -> None:
        self._env, self._file, self._opened = env, file, opened

    async def holes(self, line: int | None) -> AsyncIterator[FileHole]:
        """The holes, those of errors after the others."""
        for sorry in self._opened.holes:
            start, end = Place(sorry.line, sorry.column), Place(sorry.end_line, sorry.end_column)
            if line is None or start.line <= line <= end.line:
                mark = offset_at(self._file, start)
                marked = _Marked(self._file[: self._end_of(start)], mark)
                found = await self._hole("sorry", start, end, start, "", marked, "", sorry)
                if found is not None:
                    yield found
        seen: set[tuple[Place, Place]] = set()
        for failure in self._opened.failures:
            key = (failure.start, failure.stop)
            near = line is None or failure.error.line == line or failure.start.line <= line <= failure.stop.line
            if near and key not in seen:
                seen.add(key)
                found = await (self._unsolved(failure) if failure.unsolved else self._failing(failure))
                if found is not None:
                    yield found

    async def _unsolved(self, failure: Failure) -> FileHole | None:
        at = offset_at(self._file, failure.start)
        message = self._message(failure)
        goals = sum(goal.startswith("⊢") for goal in message.split("\n"))
        empty = re.search(r"\bby\s*$", self._file[:at]) is not None
        pad = "\n" + " " * failure.indent
        lead = " " if empty else pad + ("· " if goals > 1 else "")
        rest = "" if empty else (pad + "sorry") * (goals - 1)
        marked = _Marked(self._file[: self._end_of(failure.error)], at)
        marked = _Marked(marked.text[:at] + lead + "sorry" + rest + marked.text[at:], at + len(lead))
        return await self._hole("unsolved", failure.start, failure.start, failure.error, message, marked, lead, None)

    async def _failing(self, failure: Failure) -> FileHole | None:
        """What follows a failing tactic is in the way of a proof, unless it is for other goals: see which of both
        leaves fewer errors."""
        start = offset_at(self._file, failure.start)
        whole = self._file[: self._end_of(failure.error)]
        best: tuple[int, Place, _Marked] | None = None
        for stop in dict.fromkeys((failure.stop, failure.end)):
            marked = _Marked(whole[:start] + "sorry" + whole[offset_at(self._file, stop) :], start)
            opened = await _look(self._env, marked.text)
            wrong = sum(
                m.severity == "error" and m.line >= self._command(failure.error).start.line for m in opened.messages
            )
            if best is None or wrong < best[0]:
                best = (wrong, stop, marked)
            if not wrong:
                break
        assert best is not None
        _, stop, marked = best
        return await self._hole("failing", failure.start, stop, failure.error, self._message(failure), marked, "", None)

    async def _hole(
        self,
        kind: Literal["sorry", "failing", "unsolved"],
        start: Place,
        end: Place,
        shown: Place,
        message: str,
        marked: _Marked,
        lead: str,
        known: protocol.Hole | None,
    ) -> FileHole | None:
        """The hole, if its goal can be had; `known` is its `sorry` in the file."""
        obstacles: tuple[str, ...] = ()
        command = self._command(shown)
        if known is None or any(c.wrong and c.start <= command.start for c in self._opened.commands):
            marked, opened = await self._cleaned(marked)
            place = place_at(marked.text, marked.at)
            known = next((h for h in opened.holes if (h.line, h.column) == (place.line, place.column)), None)
            errors = [m for m in opened.messages if m.severity == "error"]
            obstacles = tuple(f"line {m.line}: {m.text.strip().splitlines()[0]}" for m in errors if m.text.strip())
        if known is None:
            return None
        begin = offset_at(self._file, command.start)
        keyword = _STATEMENT.search(mask(self._file[begin : self._end_of(shown)]))
        return FileHole(
            kind=kind,
            start=start,
            end=end,
            shown=shown,
            declaration=_PRIVATE.sub("", known.declaration),
            goals=known.state.goals,
            message=message,
            replaces=self._file[offset_at(self._file, start) : offset_at(self._file, end)],
            file=self._file,
            text=marked.text,
            sorry=known,
            lead=lead,
            keyword=keyword[1] if keyword else "",
            keyword_at=begin + keyword.start() if keyword else 0,
            obstacles=obstacles,
        )

    async def _cleaned(self, marked: _Marked) -> tuple[_Marked, Opened]:
        """The text with what is wrong besides the hole out of the way, as far as that can be done."""
        for _ in range(ROUNDS):
            opened = await _look(self._env, marked.text)
            wrong = [command for command in opened.commands if command.wrong]
            better = marked
            for command in reversed(wrong):
                start, end = offset_at(marked.text, command.start), offset_at(marked.text, command.end)
                if start <= marked.at < end:
                    better = _repaired(better, opened, start, end)
                else:
                    better = better.replaced(start, end, re.sub(r"[^\n]", " ", better.text[start:end]))
            if better == marked:
                return marked, opened
            marked = better
        return marked, await _look(self._env, marked.text)

    def _message(self, failure: Failure) -> str:
        place = (failure.error.line, failure.error.column)
        for m in self._opened.messages:
            unsolved = m.text.startswith("unsolved goals")
            if m.severity == "error" and (m.line, m.column) == place and unsolved == failure.unsolved:
                return m.text
        return ""

    def _command(self, place: Place) -> Command:
        commands = self._opened.commands
        return next((c for c in commands if c.start <= place < c.end), commands[-1])

    def _end_of(self, place: Place) -> int:
        """Where the command at a place ends."""
        return offset_at(self._file, self._command(place).end)


def _repaired(marked: _Marked, opened: Opened, first: int, last: int) -> _Marked:
    """The text with a `sorry` for the first tactic from `first` to `last` that fails, or goals that are left there."""
    for failure in opened.failures:
        start, end = offset_at(marked.text, failure.start), offset_at(marked.text, failure.end)
        if not first <= start <= last or start <= marked.at < max(end, start + 1):
            continue
        if not failure.unsolved:
            return marked.replaced(start, end, "sorry")
        empty = re.search(r"\bby\s*$", marked.text[:start]) is not None
        return marked.replaced(start, start, " sorry" if empty else "\n" + " " * failure.indent + "sorry")
    return marked
