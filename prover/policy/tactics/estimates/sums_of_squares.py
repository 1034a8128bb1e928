"""What may stand in a sum of squares that is to prove an inequality; `semidefinite.py` finds the numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

from prover.policy.tactics.estimates.facts import Fact, Multiple, Question, one, product_of, square_of
from prover.policy.tactics.estimates.semidefinite import decomposed
from prover.policy.tactics.polynomials import Monomial, Polynomial, degree, divided, text_of

Sum = tuple[list[Fact], list[Multiple], list[Fraction]]
"""Facts and multiples of equations that add up to what is claimed, with their numbers, in this order."""

_Found = tuple[list[tuple[Fact, Fraction]], list[tuple[Multiple, Fraction]]]

_MOST_VARIABLES = 4
_MOST_FACTS = 6
_MOST_FORMS = 35
_SAMPLES = 400


def sum_of_squares(question: Question, negated: Fact | None) -> Sum | None:
    """Squares and products of the facts that add up to the claim, or, beside its negation, to a contradiction."""
    claim = question.claim if question.claim is not None else Polynomial.constant(-1)
    everything = [claim, *(f.polynomial for f in question.facts), *(p for p, _ in question.equations)]
    names = sorted({name for p in everything for name in p.names})
    if len(names) > _MOST_VARIABLES or any(name.endswith("⁻¹") for name in names):
        return None
    for asked, taken, equation in (*_homogeneous(question), (question, Polynomial(), "")):
        if _refuted(asked, names):
            return None
        for multiplier in _multipliers(asked, names):
            for most in (1, 3):
                found = _found(asked, multiplier, names, most)
                if found is None:
                    continue
                facts, multiples = found
                if multiplier is not None and negated is not None:
                    facts.append((product_of(asked.kind, multiplier, negated), Fraction(1)))
                    taken = taken * multiplier.polynomial
                multiples += [(Multiple(Polynomial(), m, equation), c) for m, c in taken.terms.items()]
                weights = [*(w for _, w in facts), *(w for _, w in multiples)]
                return [f for f, _ in facts], [m for m, _ in multiples], weights
    return None


def _homogeneous(question: Question) -> Iterator[tuple[Question, Polynomial, str]]:
    """The claim with terms of a lower degree times what an equation like `a * b + b * c + c * a = 3` says is a number,
    and the multiple of the equation that was taken from it."""
    claim = question.claim
    for equation, text in question.equations if claim is not None and not claim.homogeneous else ():
        constant = equation.terms.get((), Fraction(0))
        unit = (equation - Polynomial.constant(constant)) * (-1 / constant) if constant else Polynomial()
        if claim is None or not unit.homogeneous:
            continue
        raised = Polynomial()
        for monomial, c in claim.terms.items():
            power, left = divmod(claim.degree - degree(monomial), unit.degree)
            raised = raised + Polynomial({monomial: c}) * unit ** (0 if left else power)
        taken = divided(claim - raised, equation)
        if raised.homogeneous and taken is not None:
            facts = tuple(f for f in question.facts if f.polynomial.homogeneous)
            yield replace(question, claim=raised, facts=facts, equations=()), taken, text


def _multipliers(question: Question, names: Sequence[str]) -> Iterator[Fact | None]:
    """What the claim may be multiplied by: nothing, then a sum of variables that are positive."""
    yield None
    positive = {f.polynomial for f in question.facts if f.strict}
    if question.claim is None or not {Polynomial.variable(name) for name in names} <= positive or len(names) < 2:
        return
    total = Polynomial({((name, 1),): 1 for name in names})
    yield Fact(total, True, text_of(total), f"(by grind : 0 < {text_of(total)})")


def _found(question: Question, multiplier: Fact | None, names: Sequence[str], most: int) -> _Found | None:
    """The claim times the multiplier by squares, beside which stand products of so many facts at most."""
    facts, kind = question.facts[:_MOST_FACTS], question.kind
    claim = question.claim if question.claim is not None else Polynomial.constant(-1)
    if multiplier is not None:
        claim = claim * multiplier.polynomial
    same = claim.homogeneous and not question.equations and all(f.polynomial.homogeneous for f in facts)
    top = claim.degree if same else 2 * ((claim.degree + 1) // 2)
    products = [one(kind), *facts]
    if most > 1:
        products += [product_of(kind, a, b) for a, b in combinations(facts, 2)]
        lines = [f for f in facts if f.polynomial.degree == 1]
        products += [product_of(kind, product_of(kind, a, b), c) for a, b, c in combinations(lines, 3)]
    factors: list[tuple[Fact, list[Polynomial]]] = []
    for fact in products:
        left = top - fact.polynomial.degree
        if left < 0 or (same and left % 2):
            continue
        forms = _forms(names, left // 2 if same else 0, left // 2)
        if fact.polynomial.value is not None:
            forms = _within(forms, question, claim)
        factors.append((fact, forms))
    if any(len(forms) > _MOST_FORMS for _, forms in factors):
        return None
    strict = [f for f in products if f.strict and f.polynomial.degree <= top] if question.strict else []
    strict = [f for f in strict if not same or f.polynomial.degree == top]
    if question.strict and not strict:
        return None
    multiples = [
        Multiple(p * m, next(iter(m.terms)), text)
        for p, text in question.equations
        for m in _forms(names, 0, top - p.degree)
    ]
    result = decomposed(
        claim,
        [(fact.polynomial, forms) for fact, forms in factors],
        [fact.polynomial for fact in strict],
        [multiple.polynomial for multiple in multiples],
    )
    if result is None:
        return None
    used: list[tuple[Fact, Fraction]] = []
    for part in result.squares:
        factor, number = factors[part.factor][0], part.form.value
        alone = factor.polynomial.value is not None
        if number is not None:
            used.append((factor, part.weight * number**2))
        else:
            square = square_of(part.form)
            used.append((square if alone else product_of(kind, factor, square), part.weight))
    used += [(fact, number) for fact, number in zip(strict, result.terms, strict=True) if number]
    return used, [(m, number) for m, number in zip(multiples, result.multipliers, strict=True) if number]


def _forms(names: Sequence[str], least: int, most: int) -> list[Polynomial]:
    """The monomials of these degrees."""
    found = []
    for powers in product(range(most + 1), repeat=len(names)):
        if least <= sum(powers) <= most:
            monomial: Monomial = tuple((n, k) for n, k in zip(names, powers, strict=True) if k)
            found.append(Polynomial({monomial: 1}))
    return sorted(found, key=lambda p: p.degree)


def _within(forms: list[Polynomial], question: Question, claim: Polynomial) -> list[Polynomial]:
    """Where the claim stands alone: only what its own degrees leave room for (half of Newton's polytope, roughly)."""
    if question.facts or question.equations:
        return forms
    degrees = [degree(m) for m in claim.terms]
    highest = {name: max(dict(m).get(name, 0) for m in claim.terms) for name in claim.names}
    return [
        p
        for p in forms
        for m in p.terms
        if min(degrees) <= 2 * degree(m) <= max(degrees) and all(2 * k <= highest.get(n, 0) for n, k in m)
    ]


def _refuted(question: Question, names: Sequence[str]) -> bool:
    """Is the claim false at some point of a sample? Not asked where equations hold."""
    if question.claim is None or question.equations:
        return False
    chance = random.Random(0)
    positive = {f.polynomial for f in question.facts}
    signs = [Polynomial.variable(name) in positive for name in names]
    claim, facts = _evaluator(question.claim, names), [_evaluator(f.polynomial, names) for f in question.facts]
    for _ in range(_SAMPLES):
        scale = chance.choice((0.3, 1.0, 3.0, 10.0))
        point = [chance.uniform(0, scale) if sign else chance.uniform(-scale, scale) for sign in signs]
        if all(fact(point) > 0 for fact in facts) and claim(point) < -1e-9:
            return True
    return False


def _evaluator(p: Polynomial, names: Sequence[str]) -> Callable[[Sequence[float]], float]:
    place = {name: i for i, name in enumerate(names)}
    terms = [(float(c), [(place[n], k) for n, k in m]) for m, c in p.terms.items()]

    def value(point: Sequence[float]) -> float:
        total = 0.0
        for c, powers in terms:
            for i, k in powers:
                c *= point[i] ** k
            total += c
        return total

    return value


__all__ = ["Sum", "sum_of_squares"]
