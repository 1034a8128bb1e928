"""Inequalities in one variable: the line is cut into pieces, on each of which no coefficient is negative.

On `[a, b]` those are the coefficients in Bernstein's basis, of `(x - a) ^ i * (b - x) ^ j`, beyond an end those of the
polynomial at `a + t`. Cutting finds them for every polynomial that is positive, and for one that is 0 where a cut is
(S. Bernstein, Sur la représentation des polynômes positifs, 1915). For an integer a piece may be a single number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, comb, floor

from prover.policy.tactics.estimates.facts import Fact, Question, cleared, one, stated, weighted_sum
from prover.policy.tactics.polynomials import Polynomial, literal, rational_roots, text_of
from prover.policy.tactics.view import case, chained

_MOST_DEGREE = 12
_MOST_PIECES = 20
_DEEPEST = 8
_LARGEST = 10**9
# Down to which power of 2 a number is looked for that a positive polynomial stays above.
_FINEST = 16


@dataclass(frozen=True, slots=True)
class _End:
    """An end of an interval: `0 ≤ distance`, with `name` for a proof of it."""

    name: str
    at: Fraction
    distance: Polynomial
    strict: bool = False
    """Is the end itself left out?"""

    def said(self, solver: str) -> str:
        return f"have {self.name} : 0 {'<' if self.strict else '≤'} {text_of(self.distance)} := by {solver}"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A polynomial on an interval, where it is to be nonnegative, or positive."""

    kind: str
    x: str
    p: tuple[Fraction, ...]
    """Its coefficients, that of the lowest power first."""
    strict: bool
    ends: tuple[_End | None, _End | None]

    @property
    def solver(self) -> str:
        return "omega" if self.kind == "Int" else "grind"

    def proof(self) -> list[str] | None:
        """Tactics, where no coefficient is negative."""
        low, high = self.ends
        if low is not None and high is not None and low.at >= high.at:
            if low.at > high.at:
                return [self.solver]
            value = sum(c * low.at**i for i, c in enumerate(self.p))
            true = value > 0 or (value == 0 and not self.strict)
            return [f"obtain rfl : {self.x} = {low.at} := by {self.solver}", "decide"] if true else None
        found = self._sum(self.p)
        if found is not None and self.strict and not any(fact.strict for fact, _ in found):
            numbers = [Fraction(1, 2**k) for k in range(_FINEST)]
            sums = ((number, self._sum((self.p[0] - number, *self.p[1:]))) for number in numbers)
            found = next(([*rest, (one(self.kind), number)] for number, rest in sums if rest is not None), None)
        if not found:
            return None
        facts, weights = zip(*found, strict=True)
        whole = weighted_sum(self.kind, self._said(), facts, [], weights)
        return [*whole, "grind"] if whole is not None else None

    def cut(self, wished: Sequence[Fraction], depth: int) -> tuple[str, _Piece, _Piece]:
        """Where, and the two parts; further out the deeper it is, where there is no end."""
        low, high = self.ends
        inside = (at for at in wished if (low is None or low.at < at) and (high is None or at < high.at))
        middle = Fraction(0)
        if low is not None and high is not None:
            middle = (low.at + high.at) / 2
        elif low is not None:
            middle = low.at + 2**depth
        elif high is not None:
            middle = high.at - 2**depth
        at = next(inside, middle)
        after = at
        if self.kind == "Int":
            at = Fraction(floor(at))
            after = at + 1
        left, right = replace(self, ends=(low, _high(self.x, at))), replace(self, ends=(_low(self.x, after), high))
        return f"{self.x} ≤ {literal(at)} ∨ {literal(after)} ≤ {self.x}", left, right

    def _said(self) -> list[str]:
        return [end.said(self.solver) for end in self.ends if end is not None]

    def _sum(self, p: Sequence[Fraction]) -> list[tuple[Fact, Fraction]] | None:
        """Products of the distances to the ends, with positive factors that make them the polynomial."""
        low, high = self.ends
        top = len(p) - 1
        found: dict[tuple[tuple[_End, int], ...], Fraction]
        if low is not None and high is not None:
            q, width = _shifted(p, low.at, 1), high.at - low.at
            parts = ((q[i] * comb(top - i, k - i) / width ** (top - i) for i in range(k + 1)) for k in range(top + 1))
            found = {((low, k), (high, top - k)): sum(part, Fraction(0)) for k, part in enumerate(parts)}
        elif low is not None:
            found = {((low, i),): c for i, c in enumerate(_shifted(p, low.at, 1))}
        elif high is not None:
            found = {((high, i),): c for i, c in enumerate(_shifted(p, high.at, -1))}
        else:
            return None
        return [(_product(self.kind, each), c) for each, c in found.items() if c] if min(found.values()) >= 0 else None


def by_pieces(question: Question) -> list[str] | None:
    """Tactics that prove a claim about one variable, between the bounds among the facts; None where it is none, or
    takes too many pieces."""
    claim = question.claim
    if claim is None or len(claim.names) != 1 or claim.degree > _MOST_DEGREE:
        return None
    if any(max(abs(c.numerator), c.denominator) > _LARGEST for c in claim.terms.values()):
        return None
    (x,) = claim.names
    steps, ends = _bounds(question, x)
    strict = question.strict
    if question.kind == "Int" and strict:
        claim, strict = claim - Polynomial.constant(1), False
    p = tuple(claim.terms.get(((x, i),) if i else (), Fraction(0)) for i in range(claim.degree + 1))
    whole = _lines(_Piece(question.kind, x, p, strict, ends), sorted(rational_roots(claim)), 0, [_MOST_PIECES])
    return [*steps, *cleared(question), *whole] if whole is not None else None


def _bounds(question: Question, x: str) -> tuple[list[str], tuple[_End | None, _End | None]]:
    """The greatest lower and the least upper bound, and steps that say the facts they come from."""
    steps, low, high = [], None, None
    for i, fact in enumerate(question.facts):
        p = fact.polynomial
        if p.names != [x] or p.degree != 1:
            continue
        slope = p.terms[((x, 1),)]
        at = -p.terms.get((), Fraction(0)) / slope
        if question.kind == "Int":
            at = Fraction(ceil(at) if slope > 0 else floor(at))
        steps.append(stated(f"hend{i}", fact))
        if slope > 0 and (low is None or (at, fact.strict) > (low.at, low.strict)):
            low = _low(x, at, fact.strict)
        if slope < 0 and (high is None or (at, not fact.strict) < (high.at, not high.strict)):
            high = _high(x, at, fact.strict)
    return steps, (low, high)


def _lines(piece: _Piece, wished: Sequence[Fraction], depth: int, left: list[int]) -> list[str] | None:
    """Tactics for a piece, cut as often as it takes; `left` holds how many pieces there may still be."""
    whole = piece.proof()
    if whole is not None:
        return whole
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        return None
    cases, *parts = piece.cut(wished, depth)
    lines = [f"rcases (show {cases} by {piece.solver}) with hcut | hcut"]
    for part in parts:
        proof = _lines(part, wished, depth + 1, left)
        if proof is None:
            return None
        lines.append(case(proof))
    return lines


def _low(x: str, at: Fraction, strict: bool = False) -> _End:
    return _End("hlow", at, Polynomial.variable(x) - Polynomial.constant(at), strict)


def _high(x: str, at: Fraction, strict: bool = False) -> _End:
    return _End("hhigh", at, Polynomial.constant(at) - Polynomial.variable(x), strict)


def _shifted(p: Sequence[Fraction], at: Fraction, sign: int) -> list[Fraction]:
    """The coefficients of the polynomial at `at + sign * t`, by Horner's scheme."""
    q = list(p)
    for i in range(len(q)):
        for j in range(len(q) - 2, i - 1, -1):
            q[j] += at * q[j + 1]
    return [c * sign**i for i, c in enumerate(q)]


def _product(kind: str, powers: Iterable[tuple[_End, int]]) -> Fact:
    """The product of powers of distances, as a fact."""
    used = [(end, power) for end, power in powers if power]
    if not used:
        return one(kind)
    strict = all(end.strict for end, _ in used)
    texts, proofs = [], []
    for end, power in used:
        texts.append(f"({text_of(end.distance)}) ^ {power}")
        known = f"({kind}.le_of_lt {end.name})" if end.strict and not strict else end.name
        proofs.append(f"({kind}.pow_{'pos' if strict else 'nonneg'} {known} : 0 {'<' if strict else '≤'} {texts[-1]})")
    rule = f"{kind}.mul_pos" if strict else f"{kind}.mul_nonneg"
    return Fact(Polynomial(), strict, " * ".join(texts), chained(rule, proofs))


__all__ = ["by_pieces"]
