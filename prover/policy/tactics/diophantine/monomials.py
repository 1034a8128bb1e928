"""Products of positive numbers that equations fix: with `x * y = 12`, `y * z = 20` and `z * x = 15`, `x ^ 2` is 9.

Equations are linear in their products, which Gauss finds; powers of these give the square of a variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

from prover.policy.tactics.diophantine.factors import equations
from prover.policy.tactics.estimates.signs import above_zero_in
from prover.policy.tactics.polynomials import Monomial, Polynomial, difference, linear_solution, rational_root
from prover.policy.tactics.terms import Term, names_of, read
from prover.policy.tactics.view import Proposal, View, chained, seq

_MOST_KNOWN = 4
_EXPONENTS = (0, 1, -1, 2, -2)


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if " = " in view.facts else None
    variables = above_zero_in(view)
    if target is None or len(variables) < 2:
        return
    known = _known(equations(view, "Rat"), variables)
    if not 2 <= len(known) <= _MOST_KNOWN:
        return
    fresh = view.namer()
    lines = [f"have {fresh('e')} : {_shown(m)} = {value} := by grind" for m, value in known.items()]
    found = False
    for wanted in _wanted(target, variables):
        power, value = _value(wanted, known)
        if value is None:
            continue
        found = True
        shown, h, positive = _shown(wanted), fresh("h"), fresh("hp")
        if power == 1:
            lines.append(f"have {h} : {shown} = {value} := by grind")
            continue
        factors = [name for name, times in wanted for _ in range(times)]
        signs = [f"(show 0 < {name} by grind)" for name in factors]
        lines += [
            f"have {positive} : 0 < {shown} := {chained('Rat.mul_pos', signs)}",
            f"have {h} : ({shown} - {value}) * ({shown} + {value}) = 0 := by grind",
            f"have {h} : {shown} = {value} := by rcases Rat.mul_eq_zero.mp {h} with {h} | {h} <;> grind",
        ]
    if found:
        yield seq(*lines, "grind"), 0.85


def _shown(monomial: Monomial) -> str:
    return " * ".join(name for name, power in monomial for _ in range(power))


def _known(given: list[Polynomial], variables: set[str]) -> dict[Monomial, Fraction]:
    """The products that the equations fix."""
    monomials = {m: f"m{i}" for i, m in enumerate(sorted({m for p in given for m in p.terms if m}))}
    linear = [Polynomial({((monomials[m], 1),) if m else (): c for m, c in p.terms.items()}) for p in given]
    solved = linear_solution(linear)
    found = {m: solved[name].value for m, name in monomials.items() if name in solved}
    return {m: value for m, value in found.items() if value and value > 0 and {name for name, _ in m} <= variables}


def _wanted(target: Term, variables: set[str]) -> list[Monomial]:
    """The product that the target asks for, else each of its variables."""
    zero = difference(target, division=True) if target.op == "=" else None
    products = [m for m in zero.terms if m] if zero is not None else []
    if len(products) == 1 and {name for name, _ in products[0]} <= variables:
        return products
    return [((name, 1),) for name in sorted(names_of(target) & variables)]


def _value(wanted: Monomial, known: Mapping[Monomial, Fraction]) -> tuple[int, Fraction | None]:
    """The value of a product, with the power of it, 1 or 2, that is made of known ones."""
    for power in (1, 2):
        for exponents in product(_EXPONENTS, repeat=len(known)):
            left = {name: power * times for name, times in wanted}
            value = Fraction(1)
            for (monomial, number), exponent in zip(known.items(), exponents, strict=True):
                value *= number**exponent
                for name, times in monomial:
                    left[name] = left.get(name, 0) - exponent * times
            if not any(left.values()):
                return power, rational_root(value, power)
    return 0, None


__all__ = ["propose"]
