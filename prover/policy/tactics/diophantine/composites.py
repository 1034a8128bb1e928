"""Values of a polynomial that factors, as `n ^ 4 + n ^ 2 + 1`: products, and no primes, from some natural number on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from prover.policy.tactics.definitions import declared
from prover.policy.tactics.polynomials import (
    Polynomial,
    divided,
    divisors_of,
    of_term,
    rational_roots,
    text_of,
)
from prover.policy.tactics.terms import Term, at_least, conjuncts, names_of, read, show
from prover.policy.tactics.view import NAT, Proposal, View, seq

_HIGHEST_DEGREE = 8
_MOST_VALUE = 10**6
_MOST_TRIES = 2_000


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if view.target.startswith(("∃", "¬")) else None
    for n in view.of_type(NAT)[:2] if target is not None else ():
        if target is not None and target.op == "∃":
            yield from _as_product(view, target, n)
        elif target is not None and target.op == "¬":
            yield from _no_prime(view, target.args[0], n)


def _as_product(view: View, target: Term, n: str) -> Iterator[Proposal]:
    """`∃ a b, … ∧ p n = a * b`, and `∃ d, … ∧ d ∣ p n`."""
    names = []
    while target.op == "∃" and target.kind in NAT | {""}:
        names.append(target.name)
        target = target.args[0]
    for part in conjuncts(target):
        value = _value(part, names)
        found = _factored(view, value, n) if value is not None else None
        if found is None:
            continue
        begin, one, other = found
        for u, v in dict.fromkeys([(one, other), (other, one)]):
            witnesses = f"refine ⟨{f'{u}, {v}' if len(names) == 2 else u}, ?_⟩"
            split = f"repeat' (first | apply And.intro | exact ⟨{v}, by grind⟩)"
            yield seq(*begin, witnesses, split, "all_goals first | omega | grind"), 0.85
        return


def _no_prime(view: View, denied: Term, n: str) -> Iterator[Proposal]:
    """A prime, as `1 < p n ∧ ∀ d, d ∣ p n → d = 1 ∨ d = p n`, or by a definition of the file that says so."""
    values = []
    if denied.op == "app" and len(denied.args) == 2 and "∣" in view.context:
        defined = {name.rpartition(".")[2] for name in declared(view.context).definitions}
        values = [denied.args[1]] if denied.args[0].name.rpartition(".")[2] in defined else []
    elif denied.op == "∧" and "∣" in view.target:
        values = [part.args[part.op in "<≤"] for part in conjuncts(denied) if part.op in ("<", "≤", ">", "≥")]
    for value in values:
        found = _factored(view, value, n)
        if found is not None:
            begin, u, v = found
            hp, hu, hv = (view.fresh(wish) for wish in ("hp", "hu", "hv"))
            whole = f"have {hv} : ({u}) * ({v}) = ({u}) * 1 := by grind"
            ends = f"first | omega | ({whole}; have {hv} := Nat.eq_of_mul_eq_mul_left (by omega) {hv}; omega) | grind"
            yield (
                seq(
                    *begin,
                    f"intro {hp}",
                    f"have {hu} := {hp}.2 ({u}) ⟨{v}, by grind⟩",
                    f"rcases {hu} with {hu} | {hu} <;> {ends}",
                ),
                0.85,
            )
            return


def _factored(view: View, value: Term, n: str) -> tuple[list[str], str, str] | None:
    """Two factors of a polynomial, neither with a negative coefficient once the variable counts from its least value,
    and the steps that make it do so."""
    p = of_term(value, minus=False)
    if p is None or p.names != [n] or not 1 < p.degree <= _HIGHEST_DEGREE:
        return None
    k = view.fresh("k")
    bounds = [at_least(term, n) for h in view.props if (term := read(h.type)) is not None]
    low = max([0, *(bound for bound in bounds if bound is not None)])
    shifted = p.replaced(n, Polynomial.variable(k) + Polynomial.constant(low))
    one = _factor(shifted, k)
    other = divided(shifted, one) if one is not None else None
    if one is None or other is None or any(c < 0 for q in (one, other) for c in q.terms.values()):
        return None
    return [f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {k} + {low} := ⟨{n} - {low}, by omega⟩"], text_of(one), text_of(other)


def _value(part: Term, names: list[str]) -> Term | None:
    """What is said to be the product of the witnesses, or to be divided by the only one."""
    variables = [Term("var", name=name) for name in names]
    if part.op == "∣" and len(names) == 1 and part.args[0] == variables[0]:
        return part.args[1]
    if part.op != "=" or len(names) != 2:
        return None
    for one, value in (part.args, part.args[::-1]):
        if one.op == "*" and sorted(map(show, one.args)) == sorted(names) and not names_of(value) & set(names):
            return value
    return None


@lru_cache(maxsize=256)
def _factor(p: Polynomial, x: str) -> Polynomial | None:
    """A factor without a negative coefficient: a linear one by a rational root, or where the degree is 4 or more one of
    degree 2, by Kronecker's method."""
    if not p.integral:
        return None
    variable, one = Polynomial.variable(x), Polynomial.constant(1)
    for root in rational_roots(p):
        if root < 0:
            return variable * root.denominator - one * root.numerator
    values = {at: int(p.at({x: at})) for at in (0, 1, 2, 3)}
    if p.degree < 4 or min(values.values()) <= 0 or max(values[0], values[1]) > _MOST_VALUE:
        return None
    tries = list(product(divisors_of(int(p.terms[((x, p.degree),)])), divisors_of(values[0]), divisors_of(values[1])))
    for a, c, total in tries[:_MOST_TRIES]:
        b = total - a - c
        if b >= 0 and not any(values[at] % (a * at * at + b * at + c) for at in (2, 3)):
            q = variable**2 * a + variable * b + one * c
            if q != p and divided(p, q) is not None:
                return q
    return None


__all__ = ["propose"]
