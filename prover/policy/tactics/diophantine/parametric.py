"""Witnesses that are linear in the one free variable, by its remainder: `∃ x y z, n = x ^ 2 + y ^ 2 - z ^ 2`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product

from prover.policy.tactics.polynomials import Polynomial, difference, primitive, text_of
from prover.policy.tactics.solutions import integer_terms, value_at
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
    terms = [integer_terms(primitive(claim)) for claim in claims]
    of = Polynomial({((k, 1),): m, (): r})
    left = [claim.replaced(n, of) for claim in claims]
    for chosen in product(pairs, repeat=len(witnesses)):
        lines = dict(zip(witnesses, chosen, strict=True))
        places = ({n: m * at + r} | {name: a * at + b for name, (a, b) in lines.items()} for at in _AT)
        if any(value_at(each, at) for at in places for each in terms):
            continue
        forms = {name: Polynomial({((k, 1),): a, (): b}) for name, (a, b) in lines.items()}
        if not any(reduce(lambda p, name: p.replaced(name, forms[name]), witnesses, claim) for claim in left):
            return tuple(forms.values())
    return None


__all__ = ["propose"]
