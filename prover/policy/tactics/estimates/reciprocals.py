"""Sums of quotients from below, each by its numerator times a line that touches the reciprocal of its denominator.

`a / (b ^ 2 + 1) ≥ a * (1 - b / 2)` for what is touched at `b = 1`, where all variables are equal; the claim that is
left, of the sum of these bounds, is one between polynomials.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from prover.policy.tactics.estimates import inequalities
from prover.policy.tactics.estimates.planes import proved_alone
from prover.policy.tactics.estimates.quotients import Ratio, comparison, merged, summed
from prover.policy.tactics.estimates.signs import at_least_zero_in, not_negative_one
from prover.policy.tactics.polynomials import Polynomial, degree, derivative_at, difference, text_of
from prover.policy.tactics.terms import conjuncts, names_of, read
from prover.policy.tactics.view import RAT, Proposal, View, have, seq

_MOST_QUOTIENTS = 4
_POWERS = (1, 2, 3)
_SAMPLES = 200
# Of the claim that is left; those of higher degrees take long, mostly in vain.
_HIGHEST_DEGREE = 4
_SURE = 0.9


def propose(view: View) -> Iterator[Proposal]:
    variables = set(view.of_type(RAT))
    goal = comparison(view.target, variables) if variables and ("/" in view.target or "⁻¹" in view.target) else None
    term = read(goal.difference) if goal is not None and not goal.strict else None
    found = summed(term) if term is not None else None
    if found is None or not 1 < len(found[0]) <= _MOST_QUOTIENTS:
        return
    quotients, rest = merged(found[0]), found[1]
    names = sorted({n for one in quotients for n in (*one.above.names, *one.below.names)} | set(rest.names))
    wholes = [one for one in quotients if (one.factor.value or 0) > 0 and not one.inverse and one.above.names]
    if len(wholes) < len(quotients) or not set(names) <= at_least_zero_in(view):
        return
    equation = _equation(view, names)
    at = _equal(names, equation)
    if at is None or any(one.below.at(at) <= 0 for one in quotients):
        return
    if rest.at(at) + sum((one.factor.value or 0) * one.above.at(at) / one.below.at(at) for one in quotients) != 0:
        return
    for power in _POWERS:
        lines = [_line(one.below, power, at) for one in quotients]
        bounds = [one.above * line * (one.factor.value or 0) for one, line in zip(quotients, lines, strict=True)]
        left = sum(bounds, rest)
        if left.degree > _HIGHEST_DEGREE or not _may_hold(left, names, equation):
            continue
        proof = _proof(view, quotients, lines, left)
        if proof is not None:
            yield proof, 0.937
            return


def _proof(view: View, quotients: Sequence[Ratio], lines: Sequence[Polynomial], left: Polynomial) -> str | None:
    fresh = view.namer()
    steps = []
    for one, line in zip(quotients, lines, strict=True):
        touches, numerator = fresh("hl"), not_negative_one(one.above)
        claim = f"{text_of(line)} ≤ 1 / ({one.divisor})"
        alone = proved_alone(view, one.below.names, claim)
        if alone is None or numerator is None:
            return None
        steps.append(have(touches, claim, alone))
        same = f"({one.dividend}) * (1 / ({one.divisor})) = {one.text}"
        same = f"(show {same} by rw [Rat.div_def, Rat.div_def, Rat.one_mul])"
        raised = f"Rat.mul_le_mul_of_nonneg_left {touches} (by have h := {numerator}; grind)"
        steps.append(f"have {fresh('ht')} : ({one.dividend}) * ({text_of(line)}) ≤ {one.text} := {same} ▸ {raised}")
        steps.append(f"clear {touches}")
    steps += [f"generalize {one.text} = {fresh('q')} at *" for one in quotients]
    claim = f"0 ≤ {text_of(left)}"
    hypotheses = tuple(h for h in view.goal.hypotheses if "/" not in h.type)
    goal = replace(view, goal=replace(view.goal, target=claim, hypotheses=hypotheses))
    end = next((tactic for tactic, weight in inequalities.proofs(goal) if weight >= _SURE), None)
    return seq(*steps, f"suffices {fresh('hs')} : {claim} by grind", end) if end is not None else None


def _line(below: Polynomial, power: int, at: Mapping[str, Fraction]) -> Polynomial:
    """What touches `1 / below` at the point, in a power of its variable; of several variables, in the denominator."""
    value = below.at(at)
    if len(below.names) != 1:
        return Polynomial.constant(2 / value) - below * (1 / value**2)
    (name,) = below.names
    p = at[name]
    slope = derivative_at(below, name, at)
    above = Polynomial({((name, power),): 1}) - Polynomial.constant(p**power)
    return Polynomial.constant(1 / value) - above * (slope / (value**2 * power * p ** (power - 1)))


def _equation(view: View, names: Sequence[str]) -> Polynomial | None:
    """An equation of a form in the variables with a number, as `a + b + c = 3` or `a * b * c = 1`; as what is 0."""
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        for part in conjuncts(term) if term is not None else []:
            zero = difference(part, division=True) if part.op == "=" and names_of(part) <= set(names) else None
            if zero is not None and zero.terms.get(()) and len({degree(m) for m in zero.terms if m}) == 1:
                return zero
    return None


def _equal(names: Sequence[str], equation: Polynomial | None) -> dict[str, Fraction] | None:
    """The point where all variables are equal and the equation holds, where they are rational: 1, or near it."""
    candidates = [Fraction(1), Fraction(1, len(names)), Fraction(1, 2), Fraction(1, 3), Fraction(2)]
    for value in candidates:
        at = dict.fromkeys(names, value)
        if equation is None or equation.at(at) == 0:
            return at
    return None


def _may_hold(left: Polynomial, names: Sequence[str], equation: Polynomial | None) -> bool:
    """Is it nowhere negative at points by chance, scaled to where the equation holds?"""
    chance = random.Random(0)
    for _ in range(_SAMPLES):
        at = {n: Fraction(chance.randint(1, 64), 16) for n in names}
        if equation is not None:
            form = equation - Polynomial.constant(equation.terms[()])
            scale = float(-equation.terms[()] / form.at(at)) if form.at(at) else -1.0
            if scale <= 0:
                continue
            factor = Fraction(scale ** (1 / form.degree)).limit_denominator(1 << 20)
            at = {n: value * factor for n, value in at.items()}
        if left.at(at) < Fraction(-1, 1000):
            return False
    return True


__all__ = ["propose"]
