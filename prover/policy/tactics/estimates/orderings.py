"""Inequalities between three numbers, one order of them at a time.

In the least of them and the differences of neighbours, a polynomial that is not negative has mostly coefficients that
are not negative either (Yang's successive differences, "the buffalo way"), so that each of its terms is.
"""

from __future__ import annotations

from itertools import permutations

from prover.policy.tactics.estimates.facts import Fact, Question
from prover.policy.tactics.polynomials import Polynomial, primitive
from prover.policy.tactics.view import View, chained, have, seq

_MOST_DEGREE = 5
_MOST_TERMS = 20
# No variable of a goal is called so.
_DIFFERENCES = ("middle - low", "high - middle")


def by_order(view: View, question: Question) -> str | None:
    """A proof in six cases; None where one of the orders has a term that may be negative."""
    claim, kind = question.claim, question.kind
    if claim is None or question.strict or len(claim.names) != 3 or not 2 <= claim.degree <= _MOST_DEGREE:
        return None
    if any(name.endswith("⁻¹") for name in claim.names):
        return None
    known = {f.polynomial.names[0]: f for f in question.facts if f.polynomial in map(Polynomial.variable, claim.names)}
    fresh = view.namer()
    h, h1, h2, hu, hv, hw, hs = (fresh(name) for name in ("ho", "ho", "ho", "hu", "hv", "hw", "hs"))
    solved: dict[tuple[str, ...], str] = {}
    for order in permutations(claim.names):
        low, middle, high = order
        u, v = f"({middle} - {low})", f"({high} - {middle})"
        terms = _terms(claim, order, (low, u, v))
        if not terms or len(terms) > _MOST_TERMS or (low not in known and any(low in names for _, names in terms)):
            return None
        proofs = {low: hw, u: hu, v: hv}
        sum_of_terms, proof = _sum(kind, terms, proofs)
        reasons = [
            *([f"have {hw} : 0 ≤ {low} := {_not_negative(kind, known[low])}"] if low in known else []),
            f"have {hu} : 0 ≤ {u} := {_difference(kind, low, middle)}",
            f"have {hv} : 0 ≤ {v} := {_difference(kind, middle, high)}",
            f"exact {proof}",
        ]
        clear = [f"(try clear {name})" for name in (*question.hypotheses, h, h1, h2)]
        solved[order] = "\n".join((have(hs, f"0 ≤ {sum_of_terms}", reasons), *clear, "grind"))
    a, b, c = claim.names

    def split(name: str, x: str, y: str, below: str, above: str) -> str:
        arms = "".join("\n· " + arm.replace("\n", "\n  ") for arm in (below, above))
        return f"rcases {kind}.le_total (a := {x}) (b := {y}) with {name} | {name}{arms}"

    return seq(
        split(
            h,
            a,
            b,
            split(h1, b, c, solved[a, b, c], split(h2, a, c, solved[a, c, b], solved[c, a, b])),
            split(h1, a, c, solved[b, a, c], split(h2, b, c, solved[b, c, a], solved[c, b, a])),
        )
    )


def _not_negative(kind: str, fact: Fact) -> str:
    return f"{kind}.le_of_lt {fact.proof}" if fact.strict else fact.proof


def _difference(kind: str, low: str, high: str) -> str:
    """Why a difference is not negative, where the order is assumed."""
    if kind == "Int":
        return "Int.sub_nonneg_of_le (by assumption)"
    return f"(Rat.le_iff_sub_nonneg {low} {high}).mp (by assumption)"


def _terms(claim: Polynomial, order: tuple[str, ...], names: tuple[str, str, str]) -> list[tuple[int, list[str]]]:
    """The terms of the claim in the least variable and the differences: coefficients and factors; none where one has
    a coefficient below 0."""
    low, middle, high = order
    x, u, v = map(Polynomial.variable, (low, *_DIFFERENCES))
    p = claim.replaced(high, Polynomial.variable(middle) + v).replaced(middle, x + u)
    p = primitive(p)
    if any(c < 0 for c in p.terms.values()):
        return []
    shown = dict(zip((low, *_DIFFERENCES), names, strict=True))
    return [(int(c), [shown[n] for n, power in m for _ in range(power)]) for m, c in p.terms.items()]


def _sum(kind: str, terms: list[tuple[int, list[str]]], proofs: dict[str, str]) -> tuple[str, str]:
    """The sum of the terms as Lean text, and why it is not negative."""
    texts, whys = [], []
    for coefficient, factors in terms:
        parts, reasons = [str(coefficient)], [f"(by decide : (0 : {kind}) ≤ {coefficient})"]
        if factors:
            product, reason = " * ".join(factors), chained(f"{kind}.mul_nonneg", [proofs[each] for each in factors])
            one = coefficient == 1
            parts, reasons = ([product], [reason]) if one else ([*parts, f"({product})"], [*reasons, reason])
        texts.append(" * ".join(parts))
        whys.append(chained(f"{kind}.mul_nonneg", reasons))
    return " + ".join(texts), chained(f"{kind}.add_nonneg", whys)
