"""Between which whole numbers each variable lies, by what the inequalities say of one another (interval arithmetic)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from prover.goal import split_top
from prover.policy.tactics.polynomials import Monomial, Polynomial, difference
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import NAT, View

_ROUNDS = 4
_FAR = 10**9
"""Bounds beyond this are none."""

_MOST_STEPS = 12
_NUMBER = r"(-?\d{1,6})"


@dataclass(slots=True)
class Box:
    """Bounds, where there are any: the lower ones follow linearly, the upper ones also from products and powers."""

    low: dict[str, int] = field(default_factory=dict)
    high: dict[str, int] = field(default_factory=dict)
    steps: list[tuple[str, int]] = field(default_factory=list)
    """Upper bounds in the order in which they were found, each by what was known before."""

    def raises(self, n: str, bound: int) -> None:
        """Write down a lower bound, where it is news."""
        if abs(bound) < _FAR and bound > self.low.get(n, -_FAR):
            self.low[n] = bound

    def lowers(self, n: str, bound: int) -> None:
        """Write down an upper bound, where it is news."""
        if abs(bound) < _FAR and bound < self.high.get(n, _FAR) and len(self.steps) < _MOST_STEPS:
            self.high[n] = bound
            self.steps.append((n, bound))


def box(view: View, names: Sequence[str], more: Iterable[str] = ()) -> Box:
    """Bounds of whole numbers.

    Args:
        more: inequalities and equations to count with, besides the hypotheses.
    """
    nats = set(view.of_type(NAT))
    found = Box(dict.fromkeys((n for n in names if n in nats), 0))
    facts = [p for text in (*(h.type for h in view.props), *more) for p in _not_negative(text, nats, set(names))]
    for _ in range(_ROUNDS):
        before = len(found.steps), dict(found.low)
        for fact in facts:
            for n in fact.names:
                _bound(fact, n, found)
        if (len(found.steps), found.low) == before:
            break
    return found


def interval(view: View, n: str) -> tuple[int | None, int | None]:
    """The least and greatest value that the hypotheses name outright."""
    low: int | None = 0 if n in view.of_type(NAT) else None
    high: int | None = None
    name = rf"\(?{re.escape(n)}\)?"
    for h in view.props:
        for part in split_top(h.type, " ∧ "):
            for pattern, is_low, shift in (
                (rf"{_NUMBER} ≤ {name}", True, 0),
                (rf"{_NUMBER} < {name}", True, 1),
                (rf"{name} ≥ {_NUMBER}", True, 0),
                (rf"{name} > {_NUMBER}", True, 1),
                (rf"{name} ≤ {_NUMBER}", False, 0),
                (rf"{name} < {_NUMBER}", False, -1),
                (rf"{_NUMBER} ≥ {name}", False, 0),
                (rf"{_NUMBER} > {name}", False, -1),
            ):
                match = re.fullmatch(pattern, part)
                if not match:
                    continue
                value = int(match[1]) + shift
                if is_low:
                    low = value if low is None else max(low, value)
                else:
                    high = value if high is None else min(high, value)
    return low, high


def denied(text: str) -> str | None:
    """The inequality that holds where another does not."""
    for mark, other in ((" ≤ ", ">"), (" < ", "≥"), (" ≥ ", "<"), (" > ", "≤")):
        sides = split_top(text, mark)
        if len(sides) == 2 and not any(sign in text for sign in "∀∃∧∨→¬↔="):
            return f"{sides[0]} {other} {sides[1]}"
    return None


def _not_negative(text: str, nats: set[str], names: set[str]) -> Iterable[Polynomial]:
    """Polynomials that a fact says are at least 0."""
    for part in split_top(text, " ∧ "):
        term = read(part)
        if term is None or term.op not in ("=", "≤", "<", "≥", ">"):
            continue
        p = difference(term)
        if p is None:
            continue
        p = -p if term.op in ("≤", "<", "=") else p
        used = set(p.names)
        if not used or not used <= names or (used & nats and "-" in part):  # there subtraction stops at 0
            continue
        yield p - Polynomial.constant(1) if term.op in ("<", ">") else p
        if term.op == "=":
            yield -p


def _bound(fact: Polynomial, n: str, box: Box) -> None:
    """What a fact says of a variable."""
    parts = fact.in_one(n)
    powers = [power for power in parts if power]
    if len(powers) > 1 and box.low.get(n, -1) >= 0:
        # what else is taken away is not negative: the highest power alone bounds it
        parts = {power: p for power, p in parts.items() if power in (0, max(powers)) or not _taken(p)}
        powers = [power for power in parts if power]
    if len(powers) != 1:
        return
    power, rest = powers[0], parts.get(0, Polynomial())
    most, factor, number = _most(rest, box), _most(parts[power], box), parts[power].value
    if most is None or factor is None:
        return
    if factor < 0 and (box.low.get(n, -1) >= 0 or (power % 2 == 0 and number is not None)):
        box.lowers(n, _root(max(0, math.floor(most / -factor)), power))
    elif factor < 0 and power == 1 and number is not None:
        box.lowers(n, math.floor(most / -factor))
    elif power == 1 and number is not None and number > 0 and rest.degree < 2:
        box.raises(n, math.ceil(-most / number))


def _taken(p: Polynomial) -> bool:
    return p.value is not None and p.value < 0


def _root(number: int, power: int) -> int:
    """The greatest whole number whose power is at most the number."""
    if power == 1 or number > _FAR**2:
        return number
    root: int = round(math.exp(math.log(number) / power)) + 1 if number else 0
    while root > 0 and root**power > number:
        root -= 1
    return root


def _most(p: Polynomial, box: Box) -> Fraction | None:
    """What the polynomial is at most, or None."""
    total = Fraction(0)
    for monomial, c in p.terms.items():
        most = _extreme(monomial, c > 0, box)
        if most is None:
            return None
        total += c * most
    return total


def _extreme(monomial: Monomial, greatest: bool, box: Box) -> int | None:
    """What the product is at most, or at least; None where that is not known."""
    if len(monomial) == 1 and monomial[0][1] == 1:
        return (box.high if greatest else box.low).get(monomial[0][0])
    if not monomial:
        return 1
    if any(box.low.get(name, -1) < 0 and (greatest or power % 2) for name, power in monomial):
        return None
    if not greatest:
        return 0  # more is true, and harder to prove
    if any(name not in box.high for name, _ in monomial):
        return None
    product: int = math.prod(box.high[name] ** power for name, power in monomial)
    return product
