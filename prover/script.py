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

from lean_env.protocol import Hole

# A tactic that nothing around it can be read into, and that reads nothing around it.
_PLAIN = re.compile(r"[\w.'?!]+(?: \[[^|;\[\]\n]*\])?", re.UNICODE)
# After these a block of tactics begins, whose column the first tactic fixes.
_OPENS_BLOCK = re.compile(r"(?:·|\.|=>|\bby|\{|\()\s*$")
# What may precede a `by` block set on the lines below: nothing on this line may have opened a column of its own.
_DEFINES = re.compile(r":=\s*(?:by\s*)?$")
_OWN_COLUMN = re.compile(r"·|=>|;|\bby\b|\bcalc\b|\bdo\b|[⟨{]|^\s*(?:\.|\|)")
# Around a term `sorry`, after which a `by` needs no parentheses.
_OPENS_TERM = re.compile(r"(?::=|=>|,|\bfrom|\bexact|\(|⟨)\s*$")
_CLOSES_TERM = re.compile(r"\s*(?:$|[,)⟩]|--)")


def fill(text: str, hole: Hole, tactics: Sequence[str]) -> str:
    """The text with the tactics in the place of the hole.

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
        keep = text[:start].rstrip()
        word = "" if hole.kind == "tactic" else " by"
        indent = len(before) - len(before.lstrip()) + 2
        return keep + word + "\n" + " " * indent + _lines(steps, indent) + text[end:]
    if hole.kind == "term":
        # The opening may stand at the end of the line above.
        bare = (
            bool(_OPENS_TERM.search(before if before.strip() else text[:start]))
            and bool(_CLOSES_TERM.match(after))
            and not combined
        )
        inside = "by " + _lines(steps, hole.column + (3 if bare else 4))
        return text[:start] + (inside if bare else _parens(inside, inside)) + text[end:]
    if combined or not (before.strip() == "" or _OPENS_BLOCK.search(before)):
        if len(steps) == 1 and _PLAIN.fullmatch(steps[0]):
            return text[:start] + steps[0] + text[end:]
        inside = "; ".join(steps)
        if "\n" in inside or "--" in inside or any(step.startswith("·") for step in steps):
            inside = _lines(steps, hole.column + 1)
        return text[:start] + _parens(inside, steps[-1]) + text[end:]
    block = _lines(steps, hole.column)
    if after.strip() and "--" in steps[-1].split("\n")[-1]:
        # The rest of the line must not become part of the tactic's comment.
        block = _parens(_lines(steps, hole.column + 1), steps[-1])
    return text[:start] + block + text[end:]


def _can_hang(before: str, after: str) -> bool:
    """Can the block be set on the lines below the one that ends in `:=` or `:= by`?"""
    match = _DEFINES.search(before)
    return bool(match) and not after.strip() and not _OWN_COLUMN.search(before[: match.start()] if match else "")


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
