"""Solutions of equations further away than a search through all small values reaches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from prover.policy.tactics.polynomials import Monomial, Polynomial, difference, rational_root
from prover.policy.tactics.terms import Term

MOST_POINTS = 4_000
_MOST_EQUATIONS = 3


def solutions(names: Sequence[str], equations: Sequence[Term], most: int = MOST_POINTS) -> Iterator[dict[str, int]]:
    """Values for which one of the equations holds, none below 0: one variable is the root of what the others leave for
    it, and the others run through so many points near 0."""
    size = max(2, int(most ** (1 / (len(names) - 1))))
    near = sorted(product(range(size), repeat=len(names) - 1), key=sum)
    for term in [each for each in equations if each.op == "="][:_MOST_EQUATIONS]:
        zero = difference(term)
        if zero is None or not set(zero.names) <= set(names):
            continue
        parts = {name: zero.in_one(name) for name in zero.names}
        for name, powers in sorted(parts.items(), key=lambda each: max(each[1])):
            degree, others = max(powers), [n for n in names if n != name]
            if set(powers) - {0, degree} or degree > 3 or not zero.integral:
                continue
            factor, rest = (integer_terms(powers.get(power, Polynomial())) for power in (degree, 0))
            for values in near:
                at = dict(zip(others, values, strict=True))
                root = _root(-value_at(rest, at), value_at(factor, at), degree)
                if root is not None:
                    yield {**at, name: root}


Terms = list[tuple[int, Monomial]]
"""A polynomial with integer coefficients, for values at many integer points."""


def integer_terms(p: Polynomial) -> Terms:
    return [(int(c), monomial) for monomial, c in p.terms.items()]


def value_at(terms: Terms, at: Mapping[str, int]) -> int:
    return sum(c * math.prod(at[n] ** power for n, power in monomial) for c, monomial in terms)


def _root(value: int, factor: int, degree: int) -> int | None:
    """The integer that is not negative whose power, times the factor, is the value, where there is one."""
    if not factor or value % factor:
        return None
    root = rational_root(Fraction(value // factor), degree)
    return int(root) if root is not None else None
