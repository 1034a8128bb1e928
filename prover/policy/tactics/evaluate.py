"""Evaluates printed statements about natural numbers and integers at given values.

It finds where to look (witnesses, tight bounds); Lean proves what was found. Statements that it cannot read, or whose
numbers grow too large, are None: not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Values = Mapping[str, int]
Statement = Callable[[Values], bool]
_Number = Callable[[Values], int]

_TOKEN = re.compile(r"\s*(\d+|[^\W\d][\w'₀-₉]*(?:\.[\w']+)*|[≤≥≠∣∧∨¬↔→↑=<>+*/%^()-])")
_LARGEST_BITS = 4_000
_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b,
    "≠": lambda a, b: a != b,
    "≤": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    "≥": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "∣": lambda a, b: b == 0 if a == 0 else b % a == 0,
}


class _CannotRead(Exception):
    """The text is not arithmetic as this file knows it."""


class _TooLarge(Exception):
    """A number is too large to be worth computing."""


def statement(text: str, nats: frozenset[str], ints: frozenset[str]) -> Callable[[Values], bool | None] | None:
    """The statement as a function of its variables, which is None where it cannot be computed."""
    try:
        parser = _Parser(_tokens(text), nats, ints)
        value = parser.proposition(0)
        if parser.peek() is not None:
            return None
    except (_CannotRead, RecursionError):
        return None

    def guarded(values: Values) -> bool | None:
        try:
            return value(values)
        except (_TooLarge, KeyError, RecursionError):
            return None

    return guarded


def too_large(exponent: str) -> bool:
    """Is this a number without variables above a million, or one that is not even worth computing?"""
    if not re.fullmatch(r"[\d\s+*^()-]+", exponent):
        return False
    small = statement(f"{exponent} < 1000000", frozenset(), frozenset())
    return small is not None and small({}) is not True


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if not match:
            raise _CannotRead
        found.append(match[1])
        at = match.end()
    return found


class _Parser:
    """Precedences as in Lean: ↔, →, ∨, ∧, ¬, relations, + and -, then * / %, then ^ and the sign."""

    def __init__(self, tokens: list[str], nats: frozenset[str], ints: frozenset[str]) -> None:
        self.tokens, self.at = tokens, 0
        self.nats, self.ints = nats, ints

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *wanted: str) -> str | None:
        token = self.peek()
        if token is not None and token in wanted:
            self.at += 1
            return token
        return None

    def proposition(self, level: int) -> Statement:
        if level == 4:
            return self._atom()
        mark = ("↔", "→", "∨", "∧")[level]
        left = self.proposition(level + 1)
        if not self.take(mark):
            return left
        right = self.proposition(level)
        if mark == "↔":
            return lambda v: left(v) == right(v)
        if mark == "→":
            return lambda v: not left(v) or right(v)
        if mark == "∨":
            return lambda v: left(v) or right(v)
        return lambda v: left(v) and right(v)

    def _atom(self) -> Statement:
        if self.take("¬"):
            inner = self._atom()
            return lambda v: not inner(v)
        start = self.at
        if self.take("("):
            try:
                inside = self.proposition(0)
                if self.take(")") and self.peek() in (None, "∧", "∨", "→", "↔", ")"):
                    return inside
            except _CannotRead:
                pass
            self.at = start
        return self._relation()

    def _relation(self) -> Statement:
        start = self.at
        end = self._end_of_relation()
        words = set(self.tokens[start:end])
        signed = bool(words & self.ints) or "↑" in words
        left = self.sum(signed)
        compare = _RELATIONS.get(self.tokens[self.at]) if self.at < len(self.tokens) else None
        if compare is None:
            raise _CannotRead
        self.at += 1
        right = self.sum(signed)
        known = compare
        return lambda v: known(left(v), right(v))

    def _end_of_relation(self) -> int:
        """Where the connectives around a relation begin: its variables say whether it is about integers."""
        depth, at = 0, self.at
        while at < len(self.tokens):
            token = self.tokens[at]
            depth += (token == "(") - (token == ")")
            if depth < 0 or (depth == 0 and token in "∧∨→↔"):
                break
            at += 1
        return at

    def sum(self, signed: bool) -> _Number:
        value = self._product(signed)
        while mark := self.take("+", "-"):
            value = _arithmetic(mark, value, self._product(signed), signed)
        return value

    def _product(self, signed: bool) -> _Number:
        value = self._signed(signed)
        while mark := self.take("*", "/", "%"):
            value = _arithmetic(mark, value, self._signed(signed), signed)
        return value

    def _signed(self, signed: bool) -> _Number:
        if self.take("-"):
            if not signed:
                raise _CannotRead
            value = self._signed(signed)
            return lambda v: -value(v)
        return self._power(signed)

    def _power(self, signed: bool) -> _Number:
        base = self._factor(signed)
        if not self.take("^"):
            return base
        exponent = self._power(False)
        return lambda v: _raise(base(v), exponent(v))

    def _factor(self, signed: bool) -> _Number:
        self.take("↑")
        token = self.peek()
        if token is None:
            raise _CannotRead
        self.at += 1
        if token == "(":
            value = self.sum(signed)
            if not self.take(")"):
                raise _CannotRead
            return value
        if token.isdigit():
            number = int(token)
            return lambda v: number
        if token in self.nats or token in self.ints:
            name = token
            return lambda v: v[name]
        raise _CannotRead


def _raise(base: int, exponent: int) -> int:
    if exponent < 0 or exponent * max(1, base.bit_length()) > _LARGEST_BITS:
        raise _TooLarge
    return int(base**exponent)


def _arithmetic(mark: str, left: _Number, right: _Number, signed: bool) -> _Number:
    """Subtraction of natural numbers stops at 0; division by 0 is 0, and remainders are not negative."""
    if mark == "+":
        return lambda v: left(v) + right(v)
    if mark == "*":
        return lambda v: left(v) * right(v)
    if mark == "-":
        return (lambda v: left(v) - right(v)) if signed else (lambda v: max(0, left(v) - right(v)))
    if mark == "/":
        return lambda v: _divide(left(v), right(v))
    return lambda v: left(v) - right(v) * _divide(left(v), right(v))


def _divide(a: int, b: int) -> int:
    return 0 if b == 0 else a // b if b > 0 else -(a // -b)
