"""Polynomial inequalities: which squares and products of hypotheses add up to what is claimed.

Lean's own solvers are linear in monomials. So this looks for nonnegative numbers `c` with

    sum c_i * (squares and products of what is known to be nonnegative) + sum e_j * (equations) + (claim negated) = 0

by linear programming over a list of products made by rules (Handelman's certificates, and the diagonally dominant ones
of Ahmadi and Majumdar's DSOS). The programming is in floating point; the numbers of the products that it chooses are
then found exactly, and `grind` is left to multiply the one sum out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, combinations_with_replacement, product

from prover.policy.tactics.estimates.facts import (
    NEGATED,
    Fact,
    Multiple,
    Question,
    cleared,
    negation_of,
    product_of,
    square_of,
    stated,
    weighted_sum,
)
from prover.policy.tactics.estimates.quadratics import completed, homogeneous_with, touching
from prover.policy.tactics.estimates.sums_of_squares import Sum, sum_of_squares
from prover.policy.tactics.polynomials import (
    Monomial,
    Polynomial,
    degree,
    halved,
    primitive,
    rational_root,
    square_root,
    times,
)
from prover.policy.tactics.simplex import EPSILON, feasible, nullspace_near

_MOST_COLUMNS = 130
_MOST_ROWS = 70
_MOST_VARIABLES = 4
_LARGEST = 10**15
HIGHEST_DEGREE = 6
_HIGHEST_OF_SQUARES = 10
# An equation of a higher degree than the claim is worth products of its own degree, up to this.
_HIGHEST_EQUATION = 3


@lru_cache(maxsize=256)
def certificate_of(question: Question, *, squares: bool = True) -> list[str] | None:
    """Tactics that prove the claim, or None.

    Args:
        squares: whether sums of squares are asked, which take longer than products from a list.
    """
    claim = question.claim
    everything = [f.polynomial for f in question.facts] + [p for p, _ in question.equations]
    everything += [claim] if claim is not None else []
    names = sorted({name for p in everything for name in p.names})
    highest = max((p.degree for p in everything), default=0)
    if not names or len(names) > _MOST_VARIABLES + 1 or highest > _HIGHEST_OF_SQUARES:
        return None
    if any(abs(c.numerator) > _LARGEST or c.denominator > _LARGEST for p in everything for c in p.terms.values()):
        return None
    negated = negation_of(question)
    known = [*question.facts, *([negated] if negated is not None else [])]
    by_name = {f"hfact{i}": fact for i, fact in enumerate(known)}
    named = [replace(fact, proof=name) for name, fact in by_name.items()]
    question = replace(question, facts=tuple(named[: len(question.facts)]))
    negated = named[-1] if negated is not None else None
    found = _by_products(question, names, negated) if highest <= HIGHEST_DEGREE else None
    if squares and (found is None or not found[2]):  # what has no exact numbers is the last resort
        found = sum_of_squares(question, negated) or found
    if found is None:
        return None
    used, equal, weights = found
    mentioned = {word for fact in used for word in re.findall(r"\bhfact\d+\b", fact.proof)}
    contradiction = negated is not None and negated.proof in mentioned
    begin = ["apply Classical.byContradiction", f"intro {NEGATED}"] if contradiction else []
    bases = [stated(name, fact) for name, fact in by_name.items() if name in mentioned]
    if not weights:
        return [*begin, *bases, *_separately(used, equal), "grind"]
    whole = weighted_sum(question.kind, bases, used, equal, weights)
    return [*begin, *whole, *cleared(question), "grind"] if whole is not None else None


def _by_products(question: Question, names: list[str], negated: Fact | None) -> Sum | None:
    """Products from a list that add up to the claim: up to its degree, then up to that of the highest equation."""
    claim, highest = question.claim, max((p.degree for p, _ in question.equations), default=0)
    own = claim.degree if claim is not None else max([*(f.polynomial.degree for f in question.facts), highest])
    first = max(2, own) + sum(name.endswith("⁻¹") for name in names)
    for top in (first, highest) if first < highest <= _HIGHEST_EQUATION else (first,):
        multiples = _multiples(question, names, top)
        for stage in range(-1, 3):
            if stage == 2 and negated is not None and question.equations:
                multiples = _multiples(question, names, _highest(negated, top))
            facts = _hypotheses(question, top) if stage < 0 else _products(question, names, top, stage, negated)
            chosen = _solve(facts, multiples, negated)
            if chosen is not None:
                return chosen
    return None


def _separately(facts: Sequence[Fact], equations: Sequence[Multiple]) -> list[str]:
    """What is added up, each for itself, where the numbers are not known exactly."""
    steps = [stated(f"hs{i}", fact) for i, fact in enumerate(facts)]
    return steps + [f"have he{i} : {multiple.text} = 0 := by grind" for i, multiple in enumerate(equations)]


def _hypotheses(question: Question, top: int) -> list[Fact]:
    """The hypotheses and their products alone, of three at most: for numbers between bounds these are enough."""
    base = list(question.facts[:8])
    found = list(base)
    for first, *others in (*combinations_with_replacement(base, 2), *combinations(base, 3)):
        for other in others:
            first = product_of(question.kind, first, other)
        found.append(first)
    return [fact for fact in found if fact.polynomial.degree <= top and fact.polynomial.value is None]


def _products(question: Question, names: list[str], top: int, stage: int, negated: Fact | None) -> list[Fact]:
    """Facts of a degree up to `top`: the hypotheses, squares, and products of these; more of them at later stages."""
    kind, base = question.kind, list(question.facts[:8])
    half = (top + 1) // 2
    forms = _forms(question, names, half, stage)
    squares = [square_of(form) for form in forms]
    found = [*base, *squares]
    pairs = [*combinations(base, 2), *((f, f) for f in base[:4])]
    found += [product_of(kind, a, b) for a, b in pairs if a.polynomial.degree + b.polynomial.degree <= top]
    small = [s for s in squares if s.polynomial.degree <= 2]
    if top >= 3:
        for a, b, c in combinations_with_replacement(base[:4], 3):
            if a.polynomial.degree + b.polynomial.degree + c.polynomial.degree <= top:
                found.append(product_of(kind, product_of(kind, a, b), c))
    found += [product_of(kind, f, s) for f in base for s in small if f.polynomial.degree + s.polynomial.degree <= top]
    if top >= 5 and negated is not None and negated.polynomial.homogeneous:
        large = [s for s in squares if s.polynomial.degree == top - 1]
        found += [product_of(kind, f, s) for f in base[:4] for s in large if f.polynomial.degree == 1]
    if top >= 3:
        for a, b in combinations(base[:4], 2):
            found += [
                product_of(kind, product_of(kind, a, b), s)
                for s in small
                if a.polynomial.degree + b.polynomial.degree + s.polynomial.degree <= top
            ]
    if stage == 2:
        # what is above the claim's degree may cancel, as between `a * b * c` and `(1 - a) * (1 - b) * (1 - c)`
        lines = [fact for fact in base if fact.polynomial.degree == 1]
        found += [product_of(kind, product_of(kind, a, b), c) for a, b, c in combinations(lines, 3)]
    if stage == 2 and negated is not None:
        named = negated
        others = [*base, named, *squares[:6], *(product_of(kind, a, b) for a, b in combinations(base[:4], 2))]
        limit = _highest(named, top)
        found += [product_of(kind, named, f) for f in others if named.polynomial.degree + f.polynomial.degree <= limit]
    distinct: dict[Polynomial, Fact] = {}
    for fact in found:
        if fact.polynomial.value is None:
            distinct.setdefault(fact.polynomial, fact)
    return list(distinct.values())[:400]


def _highest(negated: Fact, top: int) -> int:
    """Up to what degree the negated claim is multiplied."""
    return max(top, 2 * negated.polynomial.degree) if negated.polynomial.degree <= 2 else top + 1


def _forms(question: Question, names: list[str], half: int, stage: int) -> list[Polynomial]:
    """Polynomials whose squares may help: what is squared already, completed squares, monomials, their differences."""
    claim = question.claim
    found = [p for p in question.squared if p.degree <= half]
    if claim is not None and (root := square_root(claim)) is not None:
        found.append(root)
    if claim is not None and claim.degree == 2:
        found += completed(claim)
        found += [form for whole in homogeneous_with(claim, question.equations) for form in completed(whole)]
    if claim is not None and claim.degree <= 2:
        found += [form for known in _quadratics(question) for form in touching(claim, known)]
    if claim is not None:
        found += [a - b for a, b in combinations(_roots(claim, half), 2)]
    plain_names = [name for name in names if not name.endswith("⁻¹")]
    same = _degrees(question, half) if plain_names == names else None
    monomials = [m for m in _monomials(plain_names, half) if same is None or degree(m) in same]
    pairs = [(m, n) for m, n in combinations(monomials, 2) if same is None or degree(m) == degree(n)]
    zeros = _zeros(question, tuple(names)) if stage or same else []
    found += [Polynomial({m: 1}) for m in monomials if m]
    if same is not None:
        found += [form for zero in zeros for pair in pairs if (form := _vanishing(*pair, zero))]
    found += [Polynomial({m: 1, n: -1}) for m, n in pairs]
    if stage:
        found += [Polynomial({m: 1, n: 1}) for m, n in pairs]
        for at in zeros:
            found += [Polynomial.variable(n) - Polynomial.constant(at[n]) for n in names if same is None]
            found += [form for a, b in combinations(names, 2) if (form := _vanishing(((a, 1),), ((b, 1),), at))]
            if len(names) == 1:
                found += [form for pair in pairs if (form := _vanishing(*pair, at))]
    return [primitive(p) for p in dict.fromkeys(found) if p and p.value is None]


def _degrees(question: Question, half: int) -> set[int] | None:
    """The degrees of squares that help where everything is homogeneous, so that others cannot; None where it is not."""
    claim = question.claim
    everything = [f.polynomial for f in question.facts]
    if claim is None or question.equations or not all(p.homogeneous for p in (claim, *everything)):
        return None
    first = claim.degree // 2
    return {first} | ({first - 1} if claim.degree % 2 == 0 and everything and first > 1 else set()) if first else None


def _vanishing(m: Monomial, n: Monomial, at: dict[str, Fraction]) -> Polynomial | None:
    """The difference of multiples of two monomials that is 0 at a point where neither is."""
    first, second = (Polynomial({monomial: 1}).at(at) for monomial in (m, n))
    return Polynomial({m: (first / second).denominator, n: -(first / second).numerator}) if first and second else None


def _quadratics(question: Question) -> Iterator[Polynomial]:
    """Quadratic polynomials that are at most 0 where the hypotheses hold."""
    for equation, _ in question.equations:
        if equation.degree == 2:
            yield from (equation, -equation)
    yield from (-fact.polynomial for fact in question.facts if fact.polynomial.degree == 2)


def _roots(claim: Polynomial, half: int) -> list[Polynomial]:
    """What the positive terms of the claim that are squares are squares of: of `4 * y ^ 2` that is `2 * y`."""
    found = []
    for monomial, c in claim.terms.items():
        root, whole = rational_root(c), halved(monomial)
        if root and whole is not None and degree(monomial) <= 2 * half:
            found.append(Polynomial({whole: root}))
    return found


def _monomials(names: list[str], most: int) -> list[Monomial]:
    found: list[Monomial] = [()]
    layer: list[Monomial] = [()]
    for _ in range(most):
        layer = list(dict.fromkeys(times(m, ((name, 1),)) for m in layer for name in names))
        found += layer
        if len(found) > 20:
            break
    return found[:20]


@lru_cache(maxsize=16)
def _zeros(question: Question, names: tuple[str, ...]) -> list[dict[str, Fraction]]:
    """Points of a small grid where the claim is 0 and the hypotheses hold: there every square used must be 0."""
    claim = question.claim
    if claim is None or len(names) > 3 or any(name.endswith("⁻¹") for name in names):
        return []
    positive = {f.polynomial for f in question.facts if f.strict}
    numbers = [Fraction(n, d) for d in (1, 2, 3) for n in range(-4 * d, 4 * d + 1) if d == 1 or n % d]
    if positive >= {Polynomial.variable(name) for name in names}:
        numbers = [Fraction(n) for n in range(1, 7)] + [Fraction(1, 2)]
    elif len(names) > 1:
        numbers = [Fraction(n) for n in range(-3, 5)] + [Fraction(1, 2)]
    found = []
    for point in product(numbers, repeat=len(names)):
        at = dict(zip(names, point, strict=True))
        if claim.at(at) == 0 and any(point):
            good = all((value := f.polynomial.at(at)) > 0 or (value == 0 and not f.strict) for f in question.facts)
            if good and all(p.at(at) == 0 for p, _ in question.equations):
                found.append(at)
                if len(found) == 3:
                    break
    return found


def _multiples(question: Question, names: list[str], top: int) -> list[Multiple]:
    """The equations, and their products with monomials up to the degree."""
    found = []
    for p, text in question.equations[:4]:
        for m in _monomials(names, max(0, min(3, top + (1 if "⁻¹" in text else 0) - p.degree))):
            found.append(Multiple(p * Polynomial({m: 1}), m, text))
    return found[:60]


def _solve(
    facts: list[Fact], equations: list[Multiple], negated: Fact | None
) -> tuple[list[Fact], list[Multiple], list[Fraction]] | None:
    """The facts and equations of a combination that contradicts the negated claim, and its numbers, in the same order,
    where they can be told exactly: those of facts are positive."""
    columns: list[tuple[dict[Monomial, float], float, int]] = []  # coefficients, share in the norm, index
    for i, fact in enumerate(facts):
        columns.append(({m: float(c) for m, c in fact.polynomial.terms.items()}, float(fact.strict), i))
    for j, equation in enumerate(equations):
        terms = {m: float(c) for m, c in equation.polynomial.terms.items()}
        columns.append((terms, 0.0, len(facts) + j))
        columns.append(({m: -c for m, c in terms.items()}, 0.0, len(facts) + j))
    if negated is not None:
        terms = {m: float(c) for m, c in negated.polynomial.terms.items()}
        columns.append((terms, float(negated.strict), -1))
    columns.append(({(): 1.0}, 1.0, -2))  # a positive constant
    if len(columns) > 2 * _MOST_COLUMNS:
        columns = [*columns[: 2 * _MOST_COLUMNS], *columns[-2:]]
    columns = _cancelling(columns)
    if len(columns) > _MOST_COLUMNS:
        columns = _cancelling([*columns[: _MOST_COLUMNS - 2], *columns[-2:]])
    if not any(norm for _, norm, _ in columns):
        return None
    rows = sorted({m for terms, _, _ in columns for m in terms})
    if len(rows) > _MOST_ROWS:
        return None
    place = {m: i for i, m in enumerate(rows)}
    matrix = [[0.0] * len(columns) for _ in range(len(rows) + 1)]
    for j, (terms, norm, _) in enumerate(columns):
        for m, c in terms.items():
            matrix[place[m]][j] = c
        matrix[-1][j] = norm
    weights = feasible(matrix, [0.0] * len(rows) + [1.0])
    if weights is None:
        return None
    used: dict[int, float] = {}
    for (terms, _, index), weight in zip(columns, weights, strict=True):
        if weight > EPSILON:
            opposite = index >= len(facts) and any(
                terms[m] * c < 0 for m, c in equations[index - len(facts)].polynomial.terms.items()
            )
            used[index] = -weight if opposite else weight
    chosen = sorted(i for i in used if i >= 0)
    polynomials = [facts[i].polynomial if i < len(facts) else equations[i - len(facts)].polynomial for i in chosen]
    indices = list(chosen)
    if negated is not None and -1 in used:
        polynomials, indices = [*polynomials, negated.polynomial], [*indices, -1]
    if -2 in used:
        polynomials, indices = [*polynomials, Polynomial.constant(1)], [*indices, -2]
    exact = nullspace_near(
        [[p.terms.get(m, Fraction(0)) for p in polynomials] for m in rows], [used[i] for i in indices]
    )
    positive = exact is not None and all(w > 0 for w, i in zip(exact, indices, strict=True) if i < len(facts))
    return (
        [facts[i] for i in chosen if i < len(facts)],
        [equations[i - len(facts)] for i in chosen if i >= len(facts)],
        exact[: len(chosen)] if exact is not None and positive else [],
    )


def _cancelling(
    columns: list[tuple[dict[Monomial, float], float, int]],
) -> list[tuple[dict[Monomial, float], float, int]]:
    """Without the columns that have a monomial which no other column can cancel."""
    while True:
        signs: dict[Monomial, set[bool]] = {}
        for terms, _, _ in columns:
            for m, c in terms.items():
                signs.setdefault(m, set()).add(c > 0)
        kept = [each for each in columns if all(len(signs[m]) == 2 for m in each[0])]
        if len(kept) == len(columns):
            return columns
        columns = kept
