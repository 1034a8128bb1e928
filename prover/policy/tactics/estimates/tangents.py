"""Sums of quotients from below, each by a line that touches it: `u ^ 2 / d ≥ 2 * l * u - l ^ 2 * d` for every `l`.

With `l = u / d` where the claim is an equality, all bounds are sharp at once: the tangent line trick, and with squares
above Titu's form of the Cauchy-Schwarz inequality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from prover.policy.tactics.estimates.quotients import Comparison, Ratio, comparison, merged, summed
from prover.policy.tactics.estimates.signs import above_zero_in, positive_one
from prover.policy.tactics.polynomials import Polynomial, difference, halved, linear_solution, rational_root, text_of
from prover.policy.tactics.terms import conjuncts, names_of, read
from prover.policy.tactics.view import RAT, Proposal, View, have, seq

_MOST_QUOTIENTS = 4


def propose(view: View) -> Iterator[Proposal]:
    variables = set(view.of_type(RAT))
    goal = comparison(view.target, variables) if variables and ("/" in view.target or "⁻¹" in view.target) else None
    above_zero = above_zero_in(view)
    if goal is None or goal.strict:
        return
    proof = _touching(view, goal, above_zero)
    if proof is not None:
        yield proof, 0.94


def _touching(view: View, goal: Comparison, above_zero: set[str]) -> str | None:
    term = read(goal.difference)
    found = summed(term) if term is not None else None
    if found is None or not 1 < len(found[0]) <= _MOST_QUOTIENTS:
        return None
    quotients, rest = merged(found[0]), found[1]
    roots = [_root(one.above) for one in quotients]
    if any((one.factor.value or 0) <= 0 for one in quotients) or any(root is None for root in roots):
        return None
    equations = _equations(view, above_zero)
    at = _equal(
        sorted({n for one in quotients for n in (*one.above.names, *one.below.names)} | set(rest.names)), equations
    )
    if at is None or _value(quotients, rest, at) != 0:
        return None
    fresh = view.namer()
    lemma, lines, bounds = fresh("htan"), [], rest
    for one, root in zip(quotients, roots, strict=True):
        proof = positive_one(one.below, above_zero)
        if root is None or proof is None or not one.below.at(at):
            return None
        k, u = root
        slope = u.at(at) / one.below.at(at)
        bound = (u * (2 * slope) - one.below * (slope * slope)) * k
        bounds = bounds + bound * (one.factor.value or 0)
        line = f"{lemma} ({text_of(u)}) ({text_of(one.below)}) ({text_of(Polynomial.constant(slope))}) {proof}"
        lines.append(f"have {fresh('ht')} : {text_of(bound)} ≤ {one.text} := by have h := {line}; grind")
    for name, value in linear_solution(equations).items():
        bounds = bounds.replaced(name, value)
    if bounds and (bounds.degree > 1 or any(c < 0 for c in bounds.terms.values())):
        return None
    lines += [f"generalize {one.text} = {fresh('q')} at *" for one in quotients]
    return seq(_LEMMA.format(name=lemma), *lines, f"clear {lemma}", "grind")


_LEMMA = have(
    "{name}",
    "∀ u d l : Rat, 0 < d → 2 * l * u - l ^ 2 * d ≤ u ^ 2 / d",
    [
        "intro u d l hd",
        "have he : u ^ 2 / d * d = u ^ 2 := Rat.div_mul_cancel (by grind)",
        "generalize u ^ 2 / d = q at *",
        "apply Classical.byContradiction",
        "intro hn",
        "have h1 := Rat.mul_pos (show 0 < 2 * l * u - l ^ 2 * d - q by grind) hd",
        "have h2 : 0 ≤ (u - l * d) ^ 2 := Lean.Grind.OrderedRing.sq_nonneg",
        "grind",
    ],
)


def _root(above: Polynomial) -> tuple[Fraction, Polynomial] | None:
    """k and u of `k * u ^ 2`, for a number or a monomial."""
    if (number := above.value) is not None:
        root = rational_root(number)
        if root:
            return Fraction(1), Polynomial.constant(root)
        return (number, Polynomial.constant(1)) if number > 0 else None
    if len(above.terms) == 1:
        ((monomial, c),) = above.terms.items()
        half = halved(monomial)
        return (c, Polynomial({half: 1})) if c > 0 and half is not None else None
    return None


def _equations(view: View, names: set[str]) -> list[Polynomial]:
    found = []
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        for part in conjuncts(term) if term is not None else []:
            if part.op != "=" or not names_of(part) <= names:
                continue
            zero = difference(part, division=True)
            if zero is not None and zero.degree == 1:
                found.append(zero)
    return found


def _equal(names: Sequence[str], equations: Sequence[Polynomial]) -> dict[str, Fraction] | None:
    """The point where all variables are equal and the equations hold; 1 where there are none."""
    at = dict.fromkeys(names, Fraction(1))
    for p in equations:
        constant = p.terms.get((), Fraction(0))
        slope = sum((c for m, c in p.terms.items() if m), Fraction(0))
        if slope and set(p.names) <= set(names):
            at = dict.fromkeys(names, -constant / slope)
            break
    return at if all(p.at(at) == 0 for p in equations if set(p.names) <= set(names)) else None


def _value(quotients: Sequence[Ratio], rest: Polynomial, at: Mapping[str, Fraction]) -> Fraction | None:
    total = rest.at(at)
    for one in quotients:
        if not one.below.at(at):
            return None
        total += (one.factor.value or 0) * one.above.at(at) / one.below.at(at)
    return total


__all__ = ["propose"]
