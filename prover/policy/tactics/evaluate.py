"""Evaluates printed statements about numbers, truth values and functions at given values.

It finds where to look (witnesses, tight bounds, counterexamples); Lean proves what was found. Statements that it cannot
read, or whose numbers grow too large, are None: not known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from prover.policy.tactics.terms import RELATIONS, Term, read

Value = Any
"""An integer for `Nat` and `Int`, a `Fraction` for `Rat`, a bool for `Bool` and `Prop`, a callable for a function."""
Values = Mapping[str, Value]
Kinds = Mapping[str, str]
"""The printed type of each variable."""
_Code = Callable[[Values], Value]

_LARGEST_BITS = 4_000
_NAMES = {"ℕ": "Nat", "ℤ": "Int", "ℚ": "Rat"}
_RELATIONS: dict[str, Callable[[Value, Value], bool]] = {
    "=": lambda a, b: bool(a == b),
    "≠": lambda a, b: bool(a != b),
    "≤": lambda a, b: bool(a <= b),
    "<": lambda a, b: bool(a < b),
    "≥": lambda a, b: bool(a >= b),
    ">": lambda a, b: bool(a > b),
    "∣": lambda a, b: bool(b == 0 if a == 0 else b % a == 0),
}
_SAMPLES: dict[str, tuple[Value, ...]] = {
    "Nat": (0, 1, 2, 3, 4, 5),
    "Int": (0, 1, -1, 2, -2, 3, -3),
    "Rat": (Fraction(0), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 2), Fraction(-2)),
    "Bool": (False, True),
    "Prop": (False, True),
}


class _CannotRead(Exception):
    """The statement is not arithmetic as this file knows it."""


class _TooLarge(Exception):
    """A number is too large to be worth computing."""


def canonical(kind: str) -> str:
    """The type without its notation: `ℕ → ℤ` is `Nat → Int`."""
    return " ".join(_NAMES.get(word, word) for word in kind.split())


def samples(kind: str) -> tuple[Value, ...]:
    """A few values of a type, simple ones first; none of a type that is not known."""
    return _SAMPLES.get(canonical(kind), ())


def statement(text: str, nats: frozenset[str], ints: frozenset[str]) -> Callable[[Values], bool | None] | None:
    """The statement as a function of its variables, which is None where it cannot be computed."""
    term = read(text)
    return None if term is None else compiled(term, {**dict.fromkeys(nats, "Nat"), **dict.fromkeys(ints, "Int")})


def compiled(term: Term, kinds: Kinds, *, sampled: bool = False) -> Callable[[Values], bool | None] | None:
    """A proposition as a function of its variables, which is None where it cannot be computed.

    Args:
        sampled: may quantifiers be tried at a few values only? Then what it says is likely, not certain.
    """
    try:
        code = _Compiler({name: canonical(kind) for name, kind in kinds.items()}, sampled).proposition(term)
    except (_CannotRead, RecursionError):
        return None
    return _guarded(code)


def number(term: Term, kinds: Kinds, kind: str) -> Callable[[Values], Value | None] | None:
    """A term of that type as a function of its variables, which is None where it cannot be computed."""
    try:
        code = _Compiler({name: canonical(each) for name, each in kinds.items()}, False).number(term, canonical(kind))
    except (_CannotRead, RecursionError):
        return None
    return _guarded(code)


def _guarded(code: _Code) -> Callable[[Values], Any]:
    def guarded(values: Values) -> Any:
        try:
            return code(values)
        except (_TooLarge, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            return None

    return guarded


def too_large(exponent: str) -> bool:
    """Is this a number without variables above a million, or one that is not even worth computing?"""
    if not re.fullmatch(r"[\d\s+*^()-]+", exponent):
        return False
    small = statement(f"{exponent} < 1000000", frozenset(), frozenset())
    return small is not None and small({}) is not True


class _Compiler:
    def __init__(self, kinds: dict[str, str], sampled: bool) -> None:
        self.kinds, self.sampled = kinds, sampled

    def proposition(self, term: Term) -> _Code:
        match term.op:
            case "¬":
                inner = self.proposition(term.args[0])
                return lambda v: not inner(v)
            case "↔" | "→" | "∨" | "∧":
                left, right = self.proposition(term.args[0]), self.proposition(term.args[1])
                if term.op == "↔":
                    return lambda v: left(v) == right(v)
                if term.op == "→":
                    return lambda v: not left(v) or right(v)
                if term.op == "∨":
                    return lambda v: left(v) or right(v)
                return lambda v: left(v) and right(v)
            case "∀" | "∃":
                return self._quantifier(term)
            case "var" if self.kinds.get(term.name) == "Prop":
                name = term.name
                return lambda v: v[name]
            case "var" if term.name in ("True", "False"):
                truth = term.name == "True"
                return lambda v: truth
            case "app" if self.kind(term) == "Prop":
                return self._application(term, "Prop")
        if term.op not in RELATIONS:
            raise _CannotRead
        kind = self.kind(term.args[0]) or self.kind(term.args[1]) or self._default(term)
        if term.op == "∣" and kind == "Rat":
            raise _CannotRead
        compare = _RELATIONS[term.op]
        a, b = self.number(term.args[0], kind), self.number(term.args[1], kind)
        return lambda v: compare(a(v), b(v))

    def _default(self, term: Term) -> str:
        """The type of a relation that no variable tells: a cast goes to the integers, unless it is divided."""
        if not _holds(term, "↑"):
            return "Nat"
        if _holds(term, "/"):
            raise _CannotRead
        return "Int"

    def _quantifier(self, term: Term) -> _Code:
        if not self.sampled:
            raise _CannotRead
        name, outer = term.name, self.kinds.get(term.name)
        self.kinds[name] = canonical(term.kind) if term.kind else guess_kind(term, self.kinds)
        choice = samples(self.kinds[name])
        if not choice:
            raise _CannotRead
        body = self.proposition(term.args[0])
        del self.kinds[name]
        if outer is not None:
            self.kinds[name] = outer
        every = all if term.op == "∀" else any
        return lambda v: every(body({**v, name: value}) for value in choice)

    def kind(self, term: Term) -> str:
        """The type of a term as far as its variables tell it; empty where they do not."""
        if term.kind:
            return canonical(term.kind)
        if term.op == "var":
            if term.name in ("true", "false"):
                return "Bool"
            return self.kinds.get(term.name, "")
        if term.op == "app":
            name = term.args[0].name
            if name in _FUNCTIONS:
                return "Nat" if name in _TO_NAT else self.kind(term.args[1]) or self.kind(term.args[-1])
            parts = [part.strip() for part in self.kinds.get(name, "").split("→")]
            return parts[len(term.args) - 1] if len(parts) == len(term.args) else ""
        if term.op in ("num", "↑"):
            return ""
        if term.op == "^":
            return self.kind(term.args[0])
        return next((kind for arg in term.args if (kind := self.kind(arg))), "")

    def number(self, term: Term, kind: str) -> _Code:
        if kind not in _SAMPLES:
            raise _CannotRead
        match term.op:
            case "num":
                value = Fraction(int(term.name)) if kind == "Rat" else int(term.name)
                return lambda v: value
            case "var":
                name = term.name
                if name in ("true", "false") and kind == "Bool":
                    return lambda v: name == "true"
                if name not in self.kinds:
                    raise _CannotRead
                return lambda v: v[name]
            case "↑":
                return self._cast(term.args[0], kind)
            case "app":
                return self._application(term, kind)
            case "neg":
                if kind not in ("Int", "Rat"):
                    raise _CannotRead
                inner = self.number(term.args[0], kind)
                return lambda v: -inner(v)
            case "inv":
                if kind != "Rat":
                    raise _CannotRead
                below = self.number(term.args[0], kind)
                return lambda v: 1 / d if (d := below(v)) else Fraction(0)
            case "^":
                base, exponent = self.number(term.args[0], kind), self.number(term.args[1], "Nat")
                return lambda v: _raise(base(v), exponent(v))
            case "+" | "-" | "*" | "/" | "%":
                if kind == "Rat" and term.op == "%":
                    raise _CannotRead
                return _arithmetic(term.op, self.number(term.args[0], kind), self.number(term.args[1], kind), kind)
        raise _CannotRead

    def _cast(self, term: Term, kind: str) -> _Code:
        inner = self.number(term, self.kind(term) or ("Nat" if kind == "Int" else "Int"))
        return (lambda v: Fraction(inner(v))) if kind == "Rat" else inner

    def _application(self, term: Term, kind: str) -> _Code:
        name, arguments = term.args[0].name, term.args[1:]
        if name in _FUNCTIONS:
            own = "Int" if name.startswith("Int.") else "Nat" if name.startswith("Nat.") else ""
            own = own or next((k for arg in arguments if (k := self.kind(arg))), kind)
            known = _FUNCTIONS[name]
            codes = [self.number(arg, own) for arg in arguments]
            return lambda v: known(*(code(v) for code in codes))
        parts = [part.strip() for part in self.kinds.get(name, "").split("→")]
        if len(parts) != len(term.args):
            raise _CannotRead
        codes = [self.number(arg, part) for arg, part in zip(arguments, parts, strict=False)]
        return lambda v: v[name](*(code(v) for code in codes))


def _sub(a: int, b: int) -> int:
    return max(0, a - b)


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "gcd": math.gcd,
    "Nat.gcd": math.gcd,
    "Int.gcd": math.gcd,
    ".gcd": math.gcd,
    "lcm": math.lcm,
    "Nat.lcm": math.lcm,
    "Int.lcm": math.lcm,
    ".lcm": math.lcm,
    "Int.natAbs": abs,
    ".natAbs": abs,
    "Int.toNat": lambda a: max(0, a),
    ".toNat": lambda a: max(0, a),
    ".succ": lambda a: a + 1,
    "Nat.succ": lambda a: a + 1,
    ".pred": lambda a: max(0, a - 1),
    "min": min,
    "max": max,
}
_TO_NAT = frozenset({*(n for n in _FUNCTIONS if "gcd" in n or "lcm" in n or "Abs" in n or "toNat" in n)})


def guess_kind(term: Term, kinds: Kinds) -> str:
    """The type of a variable that a quantifier binds without saying it: that of what stands next to it."""

    def beside(t: Term) -> str:
        if t.op in (*RELATIONS, "+", "-", "*") and any(term.name in _summands(arg) for arg in t.args):
            compiler = _Compiler(dict(kinds), False)
            if kind := next((kind for arg in t.args if (kind := compiler.kind(arg))), ""):
                return kind
        if t.op == "app" and t.args[0].name in kinds:
            parts = [part.strip() for part in kinds[t.args[0].name].split("→")]
            for arg, part in zip(t.args[1:], parts, strict=False):
                if arg.op == "var" and arg.name == term.name:
                    return canonical(part)
                if term.name in {a.name for a in arg.args}:
                    return canonical(part)
        return next((kind for arg in t.args if (kind := beside(arg))), "")

    return beside(term.args[0])


def _summands(term: Term) -> set[str]:
    """The variables that stand in sums, products and powers, and so are of the type of the whole."""
    if term.op == "var":
        return {term.name}
    parts = term.args if term.op in ("+", "-", "*", "neg") else term.args[:1] if term.op == "^" else ()
    return set().union(*map(_summands, parts))


def _holds(term: Term, op: str) -> bool:
    return term.op == op or any(_holds(arg, op) for arg in term.args)


def _raise(base: Value, exponent: Value) -> Value:
    if exponent != int(exponent):
        raise _TooLarge
    exponent = int(exponent)
    size = base.bit_length() if isinstance(base, int) else base.numerator.bit_length() + base.denominator.bit_length()
    if exponent < 0 or exponent * max(1, size) > _LARGEST_BITS:
        raise _TooLarge
    return base**exponent


def _arithmetic(mark: str, left: _Code, right: _Code, kind: str) -> _Code:
    """Subtraction of natural numbers stops at 0; division by 0 is 0, and remainders are not negative."""
    if mark == "+":
        return lambda v: left(v) + right(v)
    if mark == "*":
        return lambda v: left(v) * right(v)
    if mark == "-":
        return (lambda v: _sub(left(v), right(v))) if kind == "Nat" else (lambda v: left(v) - right(v))
    if mark == "/" and kind == "Rat":
        return lambda v: left(v) / d if (d := right(v)) else Fraction(0)
    if mark == "/":
        return lambda v: _divide(left(v), right(v))
    return lambda v: (a := left(v)) - (b := right(v)) * _divide(a, b)


def _divide(a: int, b: int) -> int:
    return 0 if b == 0 else a // b if b > 0 else -(a // -b)


def points(choices: Sequence[Sequence[Value]], most: int) -> list[tuple[Value, ...]]:
    """At most so many points of a product, those whose places in the choices add up to little first."""
    size = max(1, int(most ** (1 / max(1, len(choices))) + 1e-9))
    while size > 1 and math.prod(min(size, len(choice)) for choice in choices) > most:
        size -= 1
    cut = [list(enumerate(choice[: max(size, 2)])) for choice in choices]
    found = sorted(product(*cut), key=lambda point: sum(place for place, _ in point))
    return [tuple(value for _, value in point) for point in found[:most]]
