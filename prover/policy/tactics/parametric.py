"""Witnesses that are linear in the one free variable, by its remainder: `∃ x y z, n = x ^ 2 + y ^ 2 - z ^ 2`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

from prover.policy.tactics.polynomials import Polynomial, difference, primitive, text_of
from prover.policy.tactics.terms import conjuncts, names_of, read
from prover.policy.tactics.view import INT, NAT, Proposal, View, case, seq

_MODULI = (1, 2, 3, 4)
_MOST_WITNESSES = 3
# Where the equations are compared before they are as polynomials.
_AT = (3, 7)
_COEFFICIENTS = (0, 1, -1, 2)
_CONSTANTS = (0, 1, -1, 2)


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if "∃" in view.target else None
    kinds = {v.name: v.type for v in view.vars if v.type in INT | NAT and v.value is None}
    universal, witnesses = [], []
    while target is not None and target.op == "∀" and target.kind in INT | NAT:
        universal.append(target.name)
        kinds[target.name] = target.kind
        target = target.args[0]
    while target is not None and target.op == "∃":
        witnesses.append(target.name)
        target = target.args[0]
    if target is None or not 1 < len(witnesses) <= _MOST_WITNESSES:
        return
    free = names_of(target) - set(witnesses)
    if len(free) != 1 or not free <= kinds.keys() or any(part.op != "=" for part in conjuncts(target)):
        return
    (n,) = free
    natural = kinds[n] in NAT
    nested = target.op == "∧" and target.args[0].op == "∧"
    if nested or "↑" in view.target:  # casts: the witnesses are of another type
        return
    equations = [difference(part, minus=not natural) for part in conjuncts(target)]
    if any(p is None or p.degree > 4 for p in equations):
        return
    claims = [p for p in equations if p is not None]
    fresh = view.namer([*universal, *witnesses])
    k, h = fresh("k"), fresh("h")
    entered = [f"intro {' '.join(universal)}"] if universal else []
    parts = ", ".join(["by grind"] * len(claims))
    for m in _MODULI:
        of = n if m == 1 else k
        found: list[tuple[Polynomial, ...]] = []
        for r in range(m):
            forms = _witnesses(claims, n, witnesses, m, r, of, natural=natural)
            if forms is None:
                break
            found.append(forms)
        if len(found) < m:
            continue
        ends = [f"exact ⟨{', '.join(text_of(form) for form in forms)}, {parts}⟩" for forms in found]
        if m == 1:
            yield seq(*entered, *ends), 0.85
            return
        whole = [text_of(Polynomial({((k, 1),): m, (): r})) for r in range(m)]
        taken = [f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {each} := ⟨{n} / {m}, by omega⟩" for each in whole]
        cases = " ∨ ".join(f"{n} % {m} = {r}" for r in range(m))
        split = f"rcases (show {cases} by omega) with {' | '.join([h] * m)}"
        yield seq(*entered, split, *(case(list(arm)) for arm in zip(taken, ends, strict=True))), 0.85
        return


def _witnesses(
    claims: list[Polynomial], n: str, witnesses: list[str], m: int, r: int, k: str, *, natural: bool
) -> tuple[Polynomial, ...] | None:
    """Linear forms in `k` that satisfy the equations for `n = m * k + r`."""
    pairs = [(a, b) for a in _COEFFICIENTS for b in _CONSTANTS if not natural or (a >= 0 and b >= 0)]
    pairs.sort(key=lambda pair: (abs(pair[0]) + abs(pair[1]), pair[0] < 0, pair[1] < 0))
    numbers = [_Numbers(claim, (n, *witnesses)) for claim in claims]
    for chosen in product(pairs, repeat=len(witnesses)):
        places = ((m * at + r, *(a * at + b for a, b in chosen)) for at in _AT)
        if all(claim.vanishes(at) for at in places for claim in numbers):
            forms = tuple(Polynomial({((k, 1),): a, (): b}) for a, b in chosen)
            values = {n: Polynomial({((k, 1),): m, (): r}), **dict(zip(witnesses, forms, strict=True))}
            if all(not _put(claim, values) for claim in claims):
                return forms
    return None


class _Numbers:
    """A polynomial with whole coefficients, at whole places."""

    def __init__(self, p: Polynomial, names: Sequence[str]) -> None:
        place = {name: i for i, name in enumerate(names)}
        terms = primitive(p).terms.items()
        self.terms = [(int(c), [(place[name], power) for name, power in monomial]) for monomial, c in terms]

    def vanishes(self, at: Sequence[int]) -> bool:
        return not sum(c * prod(at[i] ** power for i, power in monomial) for c, monomial in self.terms)


def _put(claim: Polynomial, values: Mapping[str, Polynomial]) -> Polynomial:
    total = Polynomial()
    for monomial, c in claim.terms.items():
        term = Polynomial.constant(c)
        for name, power in monomial:
            term = term * values[name] ** power
        total = total + term
    return total


__all__ = ["propose"]
