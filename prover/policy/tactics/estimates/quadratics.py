"""Quadratic polynomials as sums of squares of linear ones: squares completed, and Lagrange's multipliers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import inf

from prover.policy.tactics.polynomials import Polynomial

SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"
"""That a square is not negative, for integers and rationals alike."""
# Of the search for a multiplier.
_MOST_MULTIPLIER, _STEPS, _GOLDEN, _NEAR, _FINEST = 1_000.0, 45, 0.381966, 1e-5, 10**6


def completed(claim: Polynomial) -> list[Polynomial]:
    """Linear forms whose squares, times positive numbers, add up to a quadratic polynomial, up to a constant."""
    return [form for _, form in squares_of(claim)[0]]


def squares_of(claim: Polynomial) -> tuple[list[tuple[Fraction, Polynomial]], Polynomial]:
    """Positive numbers and linear forms, and what is left of a quadratic polynomial without the numbers times the
    squares of the forms: a constant, where there are forms; else there are none."""
    found, rest = [], claim
    for name in claim.names:
        powers = rest.in_one(name)
        if not powers.keys() - {0}:
            continue
        lead = powers[2].value if 2 in powers else None
        if lead is None or lead <= 0:
            return [], claim
        form = Polynomial.variable(name) * (2 * lead) + powers.get(1, Polynomial())
        found.append((1 / (4 * lead), form))
        rest = rest - form * form * (1 / (4 * lead))
    return found, rest


def homogeneous_with(claim: Polynomial, equations: Sequence[tuple[Polynomial, str]]) -> Iterator[Polynomial]:
    """The claim with its constant written by an equation like `x ^ 2 + y ^ 2 - 1`."""
    constant = claim.terms.get((), Fraction(0))
    for equation, _ in equations:
        other = equation.terms.get((), Fraction(0))
        if constant and other and equation.degree == 2:
            yield claim - equation * (constant / other)


def touching(claim: Polynomial, known: Polynomial) -> list[Polynomial]:
    """Linear forms that are 0 where a claim with linear terms touches what is known of a quadratic polynomial: those of
    the claim and that multiple of it, which leaves the largest number beside squares. Lagrange's multiplier, by the
    golden section; none where it is not a simple number."""
    if not any(len(m) == 1 and m[0][1] == 1 for m in claim.terms):
        return []

    def number(multiplier: float) -> float:
        squares, rest = squares_of(claim + known * Fraction(multiplier).limit_denominator(_FINEST))
        return float(rest.value) if squares and rest.value is not None else -inf

    low, high = 0.0, 1.0
    while high < _MOST_MULTIPLIER and number(high) < number(2 * high):
        high *= 2
    high *= 2
    for _ in range(_STEPS):
        third = _GOLDEN * (high - low)
        if number(low + third) > number(high - third):
            high -= third
        else:
            low += third
    best = Fraction((low + high) / 2)
    simple = next((q for d in (1, 10, 100) if abs((q := best.limit_denominator(d)) - best) < _NEAR), None)
    return completed(claim + known * simple) if simple else []


__all__ = ["SQUARE", "completed", "homogeneous_with", "squares_of", "touching"]
