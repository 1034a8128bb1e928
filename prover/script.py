"""Puts a proof in the place of its `sorry`, and leaves every other character of the text as it was.

Lean reads a block of tactics by columns, so where the block may stand depends on what is around the hole:

    theorem t : p := by sorry      ->  a block of its own, two columns right of the line that opened it
    theorem t : p := sorry         ->  the same, after a new `by`
      sorry                        ->  tactics in the column of the `sorry`
      · sorry     | zero => sorry  ->  the same; the first tactic fixes the column of the rest
    have : p := sorry; ⟨sorry, …⟩  ->  `by` on the spot, and the rest in the column of the first tactic
    cases a <;> sorry              ->  one tactic in parentheses
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lean_env.protocol import Hole

# A tactic that nothing around it can be read into, and that reads nothing around it.
_PLAIN = re.compile(r"[\w.'?!]+(?: \[[^|;\[\]\n]*\])?", re.UNICODE)
# After these a block of tactics begins, whose column the first tactic fixes.
_OPENS_BLOCK = re.compile(r"(?:·|\.|=>|\bby|\{|\()\s*$")
# What may precede a `by` block set on the lines below: nothing on this line may have opened a column of its own.
_DEFINES = re.compile(r":=\s*(?:by\s*)?$")
_OWN_COLUMN = re.compile(r"·|=>|;|\bby\b|\bcalc\b|\bdo\b|[⟨{]|^\s*(?:\.|\|)")
_BRACKETS = re.compile(r"\([^()]*\)")
# Around a term `sorry`, after which a `by` needs no parentheses.
_OPENS_TERM = re.compile(r"(?::=|=>|,|\bfrom|\bexact|\(|⟨)\s*$")
_CLOSES_TERM = re.compile(r"\s*(?:$|[,)⟩]|--)")
# What `neat_filling` writes otherwise: a tactic that only gives a term, and one that only holds the hole.
_EXACT = re.compile(r"exact ([^\n]+)")
_BEGINS_EXACT = re.compile(r"(?:^\s*|[·;(]\s*|=>\s*|\bby\s+)(exact\s+)$")
_LINE = 100


@dataclass(frozen=True, slots=True)
class Filling:
    """What takes the place of a hole: the text from `start` to `end` (offsets) becomes `new`."""

    start: int
    end: int
    new: str


def fill(text: str, hole: Hole, tactics: Sequence[str]) -> str:
    """The text with the tactics in the place of the hole.

    Raises:
        ValueError: when there are no tactics, or the hole lies outside the text.
    """
    change = filling(text, hole, tactics)
    return text[: change.start] + change.new + text[change.end :]


def filling(text: str, hole: Hole, tactics: Sequence[str]) -> Filling:
    """The change that puts the tactics in the place of the hole.

    Raises:
        ValueError: when there are no tactics, or the hole lies outside the text.
    """
    if not tactics:
        raise ValueError("a proof needs at least one tactic")
    lines = text.split("\n")
    start = _offset(lines, hole.line, hole.column)
    end = _offset(lines, hole.end_line, hole.end_column)
    if not start <= end:
        raise ValueError(f"the hole at {hole.line}:{hole.column} ends before it begins")
    before = lines[hole.line - 1][: hole.column]
    after = lines[hole.end_line - 1][hole.end_column :]
    steps = [step.strip("\n").rstrip() for step in tactics]
    combined = text[end:].lstrip().startswith("<;>")
    if _can_hang(before, after) and not combined:
        word = "" if hole.kind == "tactic" else " by"
        indent = len(before) - len(before.lstrip()) + 2
        return Filling(len(text[:start].rstrip()), end, word + "\n" + " " * indent + _lines(steps, indent))
    if hole.kind == "term":
        inside = "by " + _lines(steps, hole.column + (3 if _is_bare(text, hole) else 4))
        return Filling(start, end, inside if _is_bare(text, hole) else _parens(inside, inside))
    if combined or not (before.strip() == "" or _OPENS_BLOCK.search(before)):
        if len(steps) == 1 and _PLAIN.fullmatch(steps[0]):
            return Filling(start, end, steps[0])
        inside = "; ".join(steps)
        if "\n" in inside or "--" in inside or any(step.startswith("·") for step in steps):
            inside = _lines(steps, hole.column + 1)
        return Filling(start, end, _parens(inside, steps[-1]))
    block = _lines(steps, hole.column)
    if after.strip() and "--" in steps[-1].split("\n")[-1]:
        # The rest of the line must not become part of the tactic's comment.
        block = _parens(_lines(steps, hole.column + 1), steps[-1])
    return Filling(start, end, block)


def neat_filling(text: str, hole: Hole, tactics: Sequence[str]) -> Filling:
    """As `filling`, in the form that a person would write: one short tactic stays on the line, `exact` disappears where
    a term stands, and `exact sorry` where tactics do.

    Raises:
        ValueError: when there are no tactics, or the hole lies outside the text.
    """
    usual = filling(text, hole, tactics)
    lines = text.split("\n")
    start, end = _offset(lines, hole.line, hole.column), _offset(lines, hole.end_line, hole.end_column)
    before = lines[hole.line - 1][: hole.column]
    after = lines[hole.end_line - 1][hole.end_column :]
    short = len(tactics) == 1 and "\n" not in tactics[0] and "--" not in tactics[0]
    if hole.kind == "term":
        if short and (term := _EXACT.fullmatch(tactics[0].strip())):
            return Filling(start, end, term[1] if _is_bare(text, hole) else f"({term[1]})")
        exact = _BEGINS_EXACT.search(before)
        if exact and not after.strip() and not text[end:].lstrip().startswith("<;>"):
            return neat_filling(text, replace(hole, kind="tactic", column=exact.start(1)), tactics)
    if short and _can_hang(before, after) and usual.new.lstrip(" by").startswith("\n"):
        word = "" if hole.kind == "tactic" else "by "
        if len(before) + len(word) + len(tactics[0]) <= _LINE:
            return Filling(start, end, word + tactics[0].strip())
    return usual


def _is_bare(text: str, hole: Hole) -> bool:
    """Does a `by` in the place of this term need no parentheses?"""
    lines = text.split("\n")
    start, end = _offset(lines, hole.line, hole.column), _offset(lines, hole.end_line, hole.end_column)
    before, after = lines[hole.line - 1][: hole.column], lines[hole.end_line - 1][hole.end_column :]
    # The opening may stand at the end of the line above.
    opens = bool(_OPENS_TERM.search(before if before.strip() else text[:start]))
    return opens and bool(_CLOSES_TERM.match(after)) and not text[end:].lstrip().startswith("<;>")


def _can_hang(before: str, after: str) -> bool:
    """Can the block be set on the lines below the one that ends in `:=` or `:= by`?"""
    match = _DEFINES.search(before)
    if match is None or after.strip():
        return False
    around, count = before[: match.start()], 1
    while count:  # what a bracket opened, it has closed
        around, count = _BRACKETS.subn("", around)
    return not _OWN_COLUMN.search(around)


def _lines(steps: Sequence[str], column: int) -> str:
    """The steps one below the other, all but the first line set in by `column`."""
    pad = "\n" + " " * column
    return pad.join(re.sub(r"\n(?=[^\n])", pad, step) for step in steps)


def _parens(inside: str, last: str) -> str:
    """In parentheses, of which no comment at the end may swallow the second."""
    return f"({inside}\n)" if "--" in last.split("\n")[-1] else f"({inside})"


def _offset(lines: Sequence[str], line: int, column: int) -> int:
    if not 1 <= line <= len(lines) or not 0 <= column <= len(lines[line - 1]):
        raise ValueError(f"the text has no position {line}:{column}")
    return sum(len(each) + 1 for each in lines[: line - 1]) + column
