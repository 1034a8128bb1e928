"""A product of variables that a sum of smaller products equals: the small variables are bounded.

`x * y * z = x + y + z` with `0 < x ≤ y ≤ z` gives `x * y ≤ 3`, as each term on the right is at most `z`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, permutations

from prover.policy.tactics.polynomials import Monomial, Polynomial, of_term
from prover.policy.tactics.terms import conjuncts, read
from prover.policy.tactics.view import NAT, Proposal, View, chained, seq

_MOST_BOUND = 12
_MOST_CASES = 40
_MOST_DEGREE = 5


def propose(view: View) -> Iterator[Proposal]:
    names = view.of_type(NAT)
    if not 2 <= len(names) <= 4 or " = " not in view.facts or not re.search("[≤<≥>]", view.facts):
        return
    order = _order(view, names)
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        if term is None or term.op != "=":
            continue
        sides = [of_term(side, minus=False) for side in term.args]
        for whole, parts in (sides, sides[::-1]):
            if whole is not None and parts is not None and len(whole.terms) == 1 and len(parts.terms) > 1:
                yield from _bounded(view, whole, parts, order)


def _order(view: View, names: tuple[str, ...]) -> dict[str, set[str]]:
    """Of each variable those that are told to be at least it."""
    above = {name: {name} for name in names}
    for h in view.props:
        term = read(h.type)
        for part in conjuncts(term) if term is not None else []:
            low, high = (
                part.args if part.op in ("≤", "<") else part.args[::-1] if part.op in ("≥", ">") else (part,) * 2
            )
            if low.name in above and high.name in above and not low.args and not high.args:
                above[low.name].add(high.name)
    for _ in names:
        above = {name: {far for near in reach for far in above[near]} for name, reach in above.items()}
    return above


def _bounded(view: View, whole: Polynomial, parts: Polynomial, order: dict[str, set[str]]) -> Iterator[Proposal]:
    """What is left of the product when it is divided by the largest of the parts, and the variables in that."""
    ((monomial, factor),) = whole.terms.items()
    variables = _factors(monomial)
    if factor != 1 or len(set(variables)) < 2 or len(variables) > _MOST_DEGREE:
        return
    bound = int(sum(parts.terms.values()))
    if bound > _MOST_BOUND or not parts.integral:
        return
    for size in range(1, len(variables)):
        for largest in dict.fromkeys(combinations(variables, size)):
            below = [_pairs(_factors(part), largest, order) for part in parts.terms]
            if all(pairs is not None for pairs in below):
                rest = list(variables)
                for name in largest:
                    rest.remove(name)
                facts = [_at_most(pairs) for pairs in below if pairs and any(a != b for a, b in pairs)]
                yield from _written(view, rest, largest, bound, facts)
                return


def _factors(monomial: Monomial) -> list[str]:
    return [name for name, power in monomial for _ in range(power)]


def _pairs(names: list[str], largest: tuple[str, ...], order: dict[str, set[str]]) -> list[tuple[str, str]] | None:
    """Each factor with one of the largest that is at least it; 1 stands for what there is too little of."""
    padded = [*names, *["1"] * (len(largest) - len(names))]
    if len(padded) > len(largest):
        return None
    for way in permutations(padded):
        if all(name == "1" or over in order.get(name, ()) for name, over in zip(way, largest, strict=True)):
            return list(zip(way, largest, strict=True))
    return None


def _at_most(pairs: list[tuple[str, str]]) -> str:
    """That the product of the first ones is at most that of the others."""
    proof = chained("Nat.mul_le_mul", ["(by omega)"] * len(pairs))
    return f"{' * '.join(a for a, _ in pairs)} ≤ {' * '.join(b for _, b in pairs)} := {proof}"


def _written(view: View, rest: list[str], largest: tuple[str, ...], bound: int, facts: list[str]) -> Iterator[Proposal]:
    left, right = " * ".join(rest), " * ".join(largest)
    if any(h.type == f"{left} ≤ {bound}" for h in view.props):
        return
    fresh = view.namer()
    known, positive = fresh("hb"), fresh("hp")
    lines = [
        *(f"have {fresh('hm')} : {fact}" for fact in dict.fromkeys(facts)),
        f"have {positive} : 0 < {right} := {chained('Nat.mul_pos', ['(by omega)'] * len(largest))}",
        f"apply Nat.le_of_mul_le_mul_right (c := {right}) _ {positive}",
        "first | omega | grind",
    ]
    steps = [f"have {known} : {left} ≤ {bound} := by\n  " + "\n  ".join(lines)]
    small = rest if len(set(rest)) == len(rest) else []
    if len(small) == 2:
        a, b = small
        for x, y, side in ((a, b, "right"), (b, a, "left")):
            name = fresh("hs")
            steps.append(f"have {name} := Nat.le_mul_of_pos_{side} {x} (show 0 < {y} by omega)")
    yield seq(*steps), 0.5
    if 0 < len(small) <= 2 and (bound + 1) ** len(small) <= _MOST_CASES:
        cases = []
        for name in small:
            values = " ∨ ".join(f"{name} = {value}" for value in range(1, bound + 1))
            cases.append(f"rcases (show {values} by omega) with {' | '.join(['rfl'] * bound)}")
        yield seq(*steps, f"{' <;> '.join(cases)} <;> first | omega | grind"), 0.6
