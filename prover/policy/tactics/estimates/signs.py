"""Which fractions the hypotheses say are positive, and proofs that polynomials in them are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Set as AbstractSet

from prover.policy.tactics.polynomials import Polynomial, degree, halved, text_of
from prover.policy.tactics.view import RAT, View, chained


def above_zero_in(view: View) -> set[str]:
    """The fractions that a hypothesis says are positive."""
    return {n for n in view.of_type(RAT) if any(says_positive(h.type, n) for h in view.props)}


def at_least_zero_in(view: View) -> set[str]:
    """The fractions that a hypothesis says are not negative."""
    return above_zero_in(view) | {n for n in view.of_type(RAT) if any(says_not_negative(h.type, n) for h in view.props)}


def says_positive(text: str, name: str) -> bool:
    n = re.escape(name)
    return bool(re.search(rf"(?<![\w'.])(?:0 < {n}|{n} > 0)(?![\w'.])", text))


def says_not_negative(text: str, name: str) -> bool:
    n = re.escape(name)
    return bool(re.search(rf"(?<![\w'.])(?:0 ≤ {n}|{n} ≥ 0)(?![\w'.])", text))


def positive_product(
    factors: Counter[Polynomial], above_zero: set[str], at_least_zero: AbstractSet[str] = frozenset()
) -> str | None:
    """A proof that the product of the factors is positive."""
    proofs = [positive_one(factor, above_zero, at_least_zero) for factor in factors.elements()]
    known = [proof for proof in proofs if proof is not None]
    return chained("Rat.mul_pos", known) if known and len(known) == len(proofs) else None


def positive_one(factor: Polynomial, above_zero: set[str], at_least_zero: AbstractSet[str] = frozenset()) -> str | None:
    """The same for one polynomial: linear, a sum of squares and a positive number, of products of positive variables,
    or of a positive number and products of variables that are not negative."""
    facts = []
    if factor.degree > 1 and any(c < 0 for c in factor.terms.values()):
        return None
    if factor.degree > 1 and factor.terms.get((), 0) > 0 and None not in (halves := [halved(m) for m in factor.terms]):
        facts = [
            f"have := (Lean.Grind.OrderedRing.sq_nonneg : 0 ≤ ({text_of(Polynomial({half: 1}))}) ^ 2)"
            for half in halves
            if half
        ]
    elif factor.degree > 1:
        if not set(factor.names) <= above_zero:
            return _positive_beside(factor, at_least_zero) if set(factor.names) <= at_least_zero else None
        for i, monomial in enumerate(m for m in factor.terms if degree(m) > 1):
            names = [name for name, power in monomial for _ in range(power)]
            proof = chained("Rat.mul_pos", ["(by grind)"] * len(names))
            facts.append(f"have h{i} : 0 < {' * '.join(names)} := {proof}")
    return f"(show 0 < {text_of(factor)} by {'; '.join([*facts, 'grind'])})"


def not_negative_one(polynomial: Polynomial) -> str | None:
    """A proof that a polynomial without negative coefficients, in variables that are not negative, is not negative."""
    if any(c < 0 for c in polynomial.terms.values()):
        return None
    return f"(show 0 ≤ {text_of(polynomial)} by {'; '.join([*_products(polynomial), 'grind'])})"


def _positive_beside(factor: Polynomial, at_least_zero: AbstractSet[str]) -> str | None:
    """The number in it is positive, and the rest is not negative."""
    if factor.terms.get((), 0) <= 0:
        return None
    return f"(show 0 < {text_of(factor)} by {'; '.join([*_products(factor), 'grind'])})"


def _products(polynomial: Polynomial) -> list[str]:
    """That none of its products of variables is negative."""
    facts = []
    for i, monomial in enumerate(m for m in polynomial.terms if degree(m) > 1):
        names = [name for name, power in monomial for _ in range(power)]
        proof = chained("Rat.mul_nonneg", ["(by grind)"] * len(names))
        facts.append(f"have h{i} : 0 ≤ {' * '.join(names)} := {proof}")
    return facts


__all__ = ["above_zero_in", "at_least_zero_in", "not_negative_one", "positive_one", "positive_product", "says_positive"]
