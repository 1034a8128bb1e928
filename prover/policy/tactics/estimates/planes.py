"""Sums of terms in one or two variables, each from below by what touches it where all variables are equal.

The tangent line trick: with `g x + g y + g z` known, `f x ≥ f p + l * (g x - g p)` for the `l` that makes both sides
touch at `p`; the sum of these bounds is the claim. Without such an equation, planes through the origin do the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from prover.goal import Hypothesis
from prover.policy.tactics.estimates import quotients
from prover.policy.tactics.estimates.quotients import Ratio, comparison, merged, summed
from prover.policy.tactics.estimates.signs import above_zero_in
from prover.policy.tactics.polynomials import Polynomial, derivative_at, difference, literal, rational_root, text_of
from prover.policy.tactics.terms import Term, conjuncts, names_of, read
from prover.policy.tactics.view import RAT, Proposal, View, forget, have, seq

_MOST_GROUPS = 4
_MOST_POWER = 4


@dataclass(slots=True)
class _Group:
    """All terms in the same variables."""

    names: tuple[str, ...]
    ratios: list[Ratio] = field(default_factory=list)
    rest: Polynomial = field(default_factory=Polynomial)

    @property
    def text(self) -> str:
        parts = [f"({text_of(one.factor)}) * ({one.text})" for one in self.ratios]
        return " + ".join([*parts, f"({text_of(self.rest)})"] if self.rest else parts)

    def value(self, at: Mapping[str, Fraction]) -> Fraction | None:
        total = self.rest.at(at)
        for one in self.ratios:
            below = one.below.at(at)
            if not below:
                return None
            total += one.factor.at(at) * one.above.at(at) / below
        return total

    def slope(self, name: str, at: Mapping[str, Fraction]) -> Fraction:
        total = derivative_at(self.rest, name, at)
        for one in self.ratios:
            above, below = one.factor * one.above, one.below.at(at)
            total += (derivative_at(above, name, at) * below - above.at(at) * derivative_at(one.below, name, at)) / (
                below * below
            )
        return total


def propose(view: View) -> Iterator[Proposal]:
    variables = set(view.of_type(RAT))
    goal = comparison(view.target, variables) if variables and ("/" in view.target or "⁻¹" in view.target) else None
    above_zero = above_zero_in(view)
    term = read(goal.difference) if goal is not None and not goal.strict else None
    found = summed(term) if term is not None else None
    groups = _groups(merged(found[0]), found[1]) if found is not None and found[0] else None
    names = sorted({n for group in groups or () for n in group.names})
    if groups is None or not 1 < len(groups) <= _MOST_GROUPS or not set(names) <= above_zero:
        return
    power, at, equation = _known(view, names)
    values = [group.value(at) for group in groups]
    if None in values or sum(value or Fraction(0) for value in values) != 0:
        return
    bounds = [_bound(group, power, at) for group in groups]
    total = sum(bounds, Polynomial())
    if equation is not None:
        lead = ((names[0], power),)
        total = total - equation * (total.terms.get(lead, Fraction(0)) / equation.terms[lead])
    if total:
        return
    fresh = view.namer()
    limit = at[names[0]] * len(names) if power == 1 else None
    lines = []
    for group, bound in zip(groups, bounds, strict=True):
        claim = f"{text_of(bound)} ≤ {group.text}"
        proof = proved_alone(view, group.names, claim, None) or (
            limit and proved_alone(view, group.names, claim, limit)
        )
        if not proof:
            return
        lines.append(have(fresh("ht"), claim, proof))
    lines += [f"generalize {one.text} = {fresh('q')} at *" for group in groups for one in group.ratios]
    yield seq(*lines, "grind"), 0.938


def _groups(ratios: Sequence[Ratio], rest: Polynomial) -> list[_Group] | None:
    """The quotients by their variables, and what else is in one variable with them; None where something is left."""
    found: dict[tuple[str, ...], _Group] = {}
    for one in ratios:
        names = tuple(sorted({*one.factor.names, *one.above.names, *one.below.names}))
        if not 1 <= len(names) <= 2:
            return None
        found.setdefault(names, _Group(names)).ratios.append(one)
    groups = list(found.values())
    for monomial, c in rest.terms.items():
        used = {n for n, _ in monomial}
        home = next((group for group in groups if used <= set(group.names)), None)
        if home is None:
            return None
        home.rest = home.rest + Polynomial({monomial: c})
    return groups


def _known(view: View, names: Sequence[str]) -> tuple[int, dict[str, Fraction], Polynomial | None]:
    """The equation `x ^ k + y ^ k + … = c`, with its power and the point where all variables are equal; where there is
    none, 1 for each."""
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        for part in conjuncts(term) if term is not None else []:
            zero = difference(part, division=True) if part.op == "=" and names_of(part) <= set(names) else None
            for power in range(1, _MOST_POWER) if zero is not None else ():
                c = zero.terms.get(((names[0], power),), Fraction(0)) if zero is not None else 0
                root = rational_root(-zero.terms.get((), Fraction(0)) / (c * len(names)), power) if zero and c else None
                whole = sum((Polynomial({((n, power),): c}) for n in names), Polynomial())
                if zero is not None and root and zero - whole == Polynomial.constant(-c * len(names) * root**power):
                    return power, dict.fromkeys(names, root), zero
    return 0, dict.fromkeys(names, Fraction(1)), None


def _bound(group: _Group, power: int, at: Mapping[str, Fraction]) -> Polynomial:
    """What touches the group at the point, in the powers of its variables that are known."""
    bound = Polynomial.constant(group.value(at) or 0)
    k = max(power, 1)
    for n in group.names:
        slope = group.slope(n, at) / (k * at[n] ** (k - 1))
        bound = bound + (Polynomial({((n, k),): 1}) - Polynomial.constant(at[n] ** k)) * slope
    return bound


def proved_alone(view: View, names: Sequence[str], claim: str, limit: Fraction | None = None) -> list[str] | None:
    """Tactics for a bound, by what is known of its variables alone, and that they are below the limit."""
    kept = [h for h in view.props if " = " not in h.type and names_of(read(h.type) or Term("num")) & set(names)]
    clear = forget(h.name for h in view.props if h not in kept)
    limits = [Hypothesis(f"{n}_most", f"{n} < {literal(limit)}") for n in names] if limit else []
    variables = [h for h in view.goal.hypotheses if h not in view.props]
    goal = replace(view.goal, target=claim, hypotheses=(*variables, *kept, *limits))
    proof = quotients.proof(replace(view, goal=goal))
    if proof is None:
        return None
    return [*(have(h.name, h.type, ["grind"]) for h in limits), *clear, proof]


__all__ = ["propose", "proved_alone"]
