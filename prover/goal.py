"""Reads a goal as Lean prints it: hypotheses, then `⊢ target`.

The printed form is all that a policy sees, and it is meant for people: what is read here is a help for choosing
tactics, never a fact to rely on. Whatever the text, `parse` returns a `Goal`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CASE = re.compile(r"case (\S+)\s*$")
_NAMES = re.compile(r"(?P<names>\S+(?: \S+)*?) ?: ?(?P<rest>.*)", re.DOTALL)
_OPEN, _CLOSE = "([{⟨⟦", ")]}⟩⟧"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One name of the local context."""

    name: str
    type: str
    value: str | None = None
    """For `x : T := v`."""

    @property
    def accessible(self) -> bool:
        """Can a tactic name it? Lean marks names that it made up with a dagger."""
        return "✝" not in self.name


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal as printed; texts that span lines are joined by single spaces."""

    hypotheses: tuple[Hypothesis, ...]
    target: str
    case: str | None = None
    """The tag in a line `case tag`."""


def parse(text: str) -> Goal:
    """Read one printed goal. Lines that make no sense are left out."""
    case: str | None = None
    entries: list[list[str]] = []
    target: list[str] | None = None
    for line in text.split("\n"):
        if target is not None:
            target.append(line)
        elif line.startswith("⊢"):
            target = [line[1:]]
        elif not entries and (tag := _CASE.match(line)):
            case = tag[1]
        elif line[:1] in (" ", "\t") and entries:
            entries[-1].append(line)
        elif line.strip():
            entries.append([line])
    if target is None and not any(":" in entry[0] for entry in entries):
        return Goal((), _join([line for entry in entries for line in entry]), case)
    hypotheses = tuple(hypothesis for entry in entries for hypothesis in _hypotheses(_join(entry)))
    return Goal(hypotheses, _join(target or []), case)


def _join(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _hypotheses(entry: str) -> list[Hypothesis]:
    match = _NAMES.fullmatch(entry)
    if not match:
        return []
    rest = match["rest"].strip()
    at = top_level(rest, " := ")
    kind, value = (rest, None) if at is None else (rest[:at].strip(), rest[at + 4 :].strip())
    return [Hypothesis(name, kind, value) for name in match["names"].split()]


def top_level(text: str, mark: str) -> int | None:
    """Where `mark` first occurs outside of all brackets."""
    depth = 0
    for place, char in enumerate(text):
        if depth <= 0 and text.startswith(mark, place):
            return place
        depth += (char in _OPEN) - (char in _CLOSE)
    return None


def split_top(text: str, mark: str) -> list[str]:
    """The parts of a text between the occurrences of `mark` outside of all brackets, stripped."""
    parts = []
    while (at := top_level(text, mark)) is not None:
        parts.append(text[:at].strip())
        text = text[at + len(mark) :]
    return [*parts, text.strip()]


def bare(text: str) -> str:
    """The text without parentheses around the whole of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for place, char in enumerate(text):
            depth += (char in _OPEN) - (char in _CLOSE)
            if depth == 0 and place < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text
