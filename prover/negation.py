"""The negation of a statement, as Lean text.

`theorem t (a : Nat) (h : 1 < a) : p a := by sorry` becomes `theorem t.negation : ¬ (∀ (a : Nat) (h : 1 < a), p a) := by
sorry`. This is done on the text, so that notation, options and everything before it stay as their author wrote them;
whether the result says what it should is for Lean to decide (`Verifier`, `negated`): a text that relies on `variable`s
or on names bound by themselves gives no negation, or one that verification refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lean_env.protocol import Hole, State
from prover.interfaces import Problem
from prover.problems.leantext import commands, mask, sorries
from prover.script import fill

_KEYWORD = re.compile(r"\b(?:theorem|lemma)\s+(?P<name>(?:«[^»\n]*»|[^\s:(){}\[\]⦃⦄«»])+)(?P<levels>\{[^}]*\})?")
_ATTRIBUTES = re.compile(r"@\[[^\]]*\]\s*")
_END = re.compile(r":=\s*(?:by\s*)?sorry\s*\Z")
_BRACKETS = {"(": 1, "[": 1, "{": 1, "⟨": 1, "⦃": 1, ")": -1, "]": -1, "}": -1, "⟩": -1, "⦄": -1}


@dataclass(frozen=True, slots=True)
class Negation:
    """The negation of a problem's statement."""

    beside: str
    """The problem's text with the negation, as an `example`, in front of the statement: its `sorry` is the first."""
    lines: int
    """How many lines the example puts in front of the statement."""
    alone: str
    """The problem's text with the statement replaced by its negation, `NAME.negation`."""

    @property
    def text(self) -> str:
        """The text of the negation with its `sorry`, which is the only one."""
        return self.alone.replace(_MARK, "sorry")

    def fill(self, script: tuple[str, ...]) -> str:
        """The text of the negation with its proof."""
        start = self.alone.index(_MARK)
        line = self.alone.count("\n", 0, start) + 1
        column = start - (self.alone.rfind("\n", 0, start) + 1)
        text = self.alone.replace(_MARK, "sorry")
        hole = Hole(State(0, (), ""), "tactic", "", line, column, line, column + len("sorry"))
        return fill(text, hole, script)


_MARK = "\0sorry\0"


def negation(problem: Problem) -> Negation | None:
    """The negation of a problem with one `sorry`, the whole proof of a theorem; None for any other, and where the parts
    of the statement cannot be told apart."""
    if sorries(problem.text()) != 1:
        return None
    text = problem.text()
    command = next((c for c in commands(text) if c.sorries), None)
    if command is None or command.kind not in ("theorem", "lemma"):
        return None
    code = mask(text[: command.end])
    found = _KEYWORD.search(code, command.start)
    end = _END.search(code.rstrip())
    if found is None or end is None or re.search(r"\bprivate\b", code[command.start : found.start()]):
        return None
    colon = _colon(code, found.end(), end.start())
    if colon is None:
        return None
    prefix = _ATTRIBUTES.sub("", _without_docs(text, code, command.start, found.start()))
    binders = text[found.end() : colon].strip()
    target = text[colon + 1 : end.start()].strip()
    closing = "\n  )" if "--" in target.split("\n")[-1] else ")"
    denied = f"¬ (∀ {binders}, {target}{closing}" if binders else f"¬ ({target}{closing}"
    name = text[found.start("name") : found.end("name")].rstrip(".")
    levels = f".{found['levels']}" if found["levels"] else ""
    example = f"{prefix}example : {denied} := by sorry\n\n"
    before, after = text[: command.start], text[len(code.rstrip()) :]
    return Negation(
        beside=before + example + text[command.start :],
        lines=example.count("\n"),
        alone=f"{before}{prefix}theorem {name}.negation{levels} : {denied} := by {_MARK}{after}",
    )


def _colon(code: str, start: int, end: int) -> int | None:
    """Where the first colon outside brackets is: between the binders and what is stated."""
    depth = 0
    for at in range(start, end):
        depth += _BRACKETS.get(code[at], 0)
        if depth == 0 and code[at] == ":":
            return None if code.startswith(":=", at) else at
    return None


def _without_docs(text: str, code: str, start: int, end: int) -> str:
    """What stands before the keyword and is no comment: attributes, `open … in`."""
    return "".join(c for c, m in zip(text[start:end], code[start:end], strict=True) if not m.isspace() or c.isspace())
