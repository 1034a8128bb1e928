"""Reads printed terms and propositions of arithmetic into trees; what it does not know is None, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"\s*(\d+|[^\W\d_λ∀∃∑∏][\w'₀-₉!?✝]*(?:\.[^\W\d][\w'₀-₉!?]*)*|\)\.[^\W\d][\w']*|:=|[≤≥≠∣∧∨¬↔→↑=<>+*/%^(),:∀∃⁻¹-])"
)
RELATIONS = ("=", "≠", "≤", "<", "≥", ">", "∣")
_BINARY = {"↔": (20, 21, 21), "→": (25, 26, 25), "∨": (30, 31, 30), "∧": (35, 36, 35)}
_BINARY |= dict.fromkeys(RELATIONS, (50, 51, 51))
_BINARY |= {"+": (65, 65, 66), "-": (65, 65, 66), "*": (70, 70, 71), "/": (70, 70, 71), "%": (70, 70, 71)}
_BINARY |= {"^": (75, 76, 75)}
_WORDS = frozenset({"fun", "if", "then", "else", "match", "let", "have", "with", "do", "by", "show", "Σ"})
_DEEPEST = 60

_MOST_DIGITS = 1_000


@dataclass(frozen=True, slots=True)
class Term:
    """A node: an operator with its arguments.

    `op` is a binary sign as printed, `neg`, `inv`, `¬`, `↑`, `num` and `var` (with `name`), `app` (the function first),
    or `∀`/`∃` (with `name` and `kind` of the bound variable, its body as the only argument).
    """

    op: str
    args: tuple[Term, ...] = ()
    name: str = ""
    kind: str = ""
    """The printed type: of a bound variable, or of a term with an ascription; empty when it is not printed."""


class _CannotRead(Exception):
    """The text is not what this file knows."""


@lru_cache(maxsize=4096)
def read(text: str) -> Term | None:
    """The tree of a printed term or proposition."""
    try:
        parser = _Parser(_tokens(text))
        term = parser.term(0)
        return term if parser.peek() is None else None
    except (_CannotRead, RecursionError):
        return None


def names_of(term: Term) -> set[str]:
    """The free variables and constants of a tree."""
    if term.op == "var":
        return {term.name}
    found = {name for arg in term.args for name in names_of(arg)}
    return found - {term.name} if term.op in "∀∃" else found


def applications(term: Term) -> list[Term]:
    """The applications in a tree, each once, outermost first."""
    found = [term] if term.op == "app" else []
    for arg in term.args:
        found += applications(arg)
    return list(dict.fromkeys(found))


def substitute(term: Term, values: dict[str, Term]) -> Term:
    """The tree with variables replaced; bound names shadow."""
    if term.op == "var":
        return values.get(term.name, term)
    if term.op in "∀∃" and term.name in values:
        values = {name: value for name, value in values.items() if name != term.name}
    return Term(term.op, tuple(substitute(arg, values) for arg in term.args), term.name, term.kind)


def replaced(term: Term, values: Mapping[Term, Term]) -> Term:
    """The tree with other trees in the places of some."""
    if term in values:
        return values[term]
    return Term(term.op, tuple(replaced(arg, values) for arg in term.args), term.name, term.kind)


def show(term: Term, least: int = 0) -> str:
    """The tree as Lean text, in parentheses where it binds weaker than `least`."""
    if term.op in ("num", "var"):
        text, level = term.name, 1024
    elif term.op == "app" and term.args[0].name.startswith("."):
        field, head, *rest = term.args
        text = show(head, 1024) + " ".join([field.name, *(show(arg, 1024) for arg in rest)])
        level = 1023 if rest else 1024
    elif term.op == "app":
        text, level = " ".join(show(arg, 1024) for arg in term.args), 1023
    elif term.op == "neg":
        text, level = "-" + show(term.args[0], 75), 75
    elif term.op == "¬":
        text, level = "¬" + show(term.args[0], 40), 40
    elif term.op == "inv":
        text, level = show(term.args[0], 1024) + "⁻¹", 1024
    elif term.op == "↑":
        text, level = "↑" + show(term.args[0], 1024), 1024
    elif term.op in ("∀", "∃"):
        bound = f"({term.name} : {term.kind})" if term.kind else term.name
        text, level = f"{term.op} {bound}, {show(term.args[0])}", 0
    else:
        level, left, right = _BINARY[term.op]
        text = f"{show(term.args[0], left)} {term.op} {show(term.args[1], right)}"
    if term.kind and term.op not in ("∀", "∃"):
        return f"({text} : {term.kind})"
    return f"({text})" if level < least else text


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if not match or match[1] in _WORDS:
            raise _CannotRead
        token = match[1]
        if token.startswith(")."):
            found += [")", token[1:]]
        else:
            found.append(token)
        at = match.end()
    return found


class _Parser:
    """Precedence climbing; the levels are Lean's."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def peek(self, ahead: int = 0) -> str | None:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else None

    def take(self, *wanted: str) -> str | None:
        token = self.peek()
        if token is not None and token in wanted:
            self.at += 1
            return token
        return None

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise _CannotRead

    def term(self, least: int) -> Term:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _CannotRead
        left = self._prefix()
        while (mark := self.peek()) in _BINARY:
            assert mark is not None
            level, _, right = _BINARY[mark]
            if level < least:
                break
            self.at += 1
            left = Term(mark, (left, self.term(right)))
            if level == 50 and self.peek() in RELATIONS:
                raise _CannotRead
        self.depth -= 1
        return left

    def _prefix(self) -> Term:
        if mark := self.take("∀", "∃"):
            return self._binder(mark)
        if self.take("¬"):
            return Term("¬", (self.term(40),))
        if self.take("-"):
            return Term("neg", (self.term(75),))
        return self._application()

    def _binder(self, mark: str) -> Term:
        bound: list[tuple[str, str]] = []
        conditions: list[Term] = []
        if self.peek() == "(":
            while self.take("("):
                names = self._names()
                self.need(":")
                kind = self._kind((")",))
                self.need(")")
                bound += [(name, kind) for name in names]
        else:
            names = self._names()
            kind = ""
            if self.take(":"):
                kind = self._kind((",",))
            elif (relation := self.peek()) in RELATIONS:
                assert relation is not None
                self.at += 1
                conditions = [Term(relation, (Term("var", name=names[-1]), self.term(51)))]
            bound = [(name, kind) for name in names]
        self.need(",")
        body = self.term(0)
        for condition in conditions:
            body = Term("→" if mark == "∀" else "∧", (condition, body))
        for name, kind in reversed(bound):
            body = Term(mark, (body,), name, kind)
        return body

    def _names(self) -> list[str]:
        names = []
        while (token := self.peek()) is not None and (token[0].isalpha() or token == "_"):
            names.append(token)
            self.at += 1
        if not names:
            raise _CannotRead
        return names

    def _kind(self, ends: tuple[str, ...]) -> str:
        """The tokens up to the end of a binder, joined: a type, or the statement of a hypothesis."""
        found, depth = [], 0
        while (token := self.peek()) is not None and not (depth == 0 and token in ends):
            depth += (token == "(") - (token == ")")
            found.append(token)
            self.at += 1
        return " ".join(found)

    def _application(self) -> Term:
        head = self._atom()
        arguments = []
        while (token := self.peek()) is not None and (token[0].isalnum() or token in ("(", "↑")):
            arguments.append(self._atom())
        if not arguments:
            return head
        if head.op == "num":
            raise _CannotRead
        if head.op == "app":  # x.gcd y is read as `gcd x` first
            return Term("app", (*head.args, *arguments))
        return Term("app", (head, *arguments))

    def _atom(self) -> Term:
        token = self.peek()
        if token is None:
            raise _CannotRead
        self.at += 1
        if token == "(":
            inner = self.term(0)
            if self.take(":"):
                inner = Term(inner.op, inner.args, inner.name, self._kind((")",)))
            self.need(")")
            atom = inner
            while (field := self.peek()) is not None and field.startswith(".") and len(field) > 1:
                self.at += 1
                atom = Term("app", (Term("var", name=field), atom))
        elif token == "↑":
            atom = Term("↑", (self._atom(),))
        elif token.isdigit() and len(token) <= _MOST_DIGITS:
            atom = Term("num", name=token)
        elif token[0].isalpha():
            atom = self._name(token)
        else:
            raise _CannotRead
        while self.peek() == "⁻" and self.peek(1) == "¹":
            self.at += 2
            atom = Term("inv", (atom,))
        return atom

    def _name(self, token: str) -> Term:
        """A name; of `x.gcd`, with a variable before the dot, the application of `.gcd` to it."""
        head, dot, field = token.partition(".")
        if dot and head[0].islower() and "." not in field:
            return Term("app", (Term("var", name=f".{field}"), Term("var", name=head)))
        return Term("var", name=token)


def conjuncts(term: Term) -> list[Term]:
    """The parts of a conjunction; a single one for any other proposition."""
    return [part for arg in term.args for part in conjuncts(arg)] if term.op == "∧" else [term]


def premises(term: Term) -> tuple[list[Term], Term]:
    """The hypotheses of a chain of implications, and its conclusion."""
    found = []
    while term.op == "→":
        found.append(term.args[0])
        term = term.args[1]
    return found, term


def at_least(term: Term, n: str) -> int | None:
    """The number c of `c ≤ n`, however it is written."""
    if term.op not in ("≤", "<", "≥", ">", "≠"):
        return None
    low, high = term.args if term.op in ("≤", "<") else term.args[::-1]
    if term.op == "≠":
        return 1 if term.args == (Term("var", name=n), Term("num", name="0")) else None
    if high == Term("var", name=n) and low.op == "num":
        return int(low.name) + (term.op in "<>")
    return None


__all__ = [
    "RELATIONS",
    "Term",
    "applications",
    "conjuncts",
    "names_of",
    "premises",
    "read",
    "replaced",
    "show",
    "substitute",
]
