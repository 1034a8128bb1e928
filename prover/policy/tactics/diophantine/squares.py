"""Squares of natural numbers between two squares that follow each other: there are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import floor, isqrt

from prover.policy.tactics.polynomials import Polynomial, of_term, text_of
from prover.policy.tactics.terms import Term, conjuncts, read, show
from prover.policy.tactics.view import NAT, Proposal, View, case, have, seq

_LARGEST = 60
_LARGEST_ROOT = 5_000
_FEW = 50


def propose(view: View) -> Iterator[Proposal]:
    """`m ^ 2 = P n` for a polynomial that from some `n` on lies between the squares of `Q n` and `Q n + 1`."""
    yield from _no_largest(view)
    naturals = set(view.of_type(NAT))
    for h in view.props:
        term = read(h.type) if " = " in h.type and "↑" not in h.type and len(naturals) > 1 else None
        sides = [of_term(side, minus=False) for side in term.args] if term is not None and term.op == "=" else []
        for left, right in (sides, sides[::-1]) if len(sides) == 2 else ():
            if left is None or right is None or len(left.terms) != 1 or len(right.names) != 1:
                continue
            (((monomial, factor),), (n,)) = tuple(left.terms.items()), right.names
            if factor == 1 and len(monomial) == 1 and monomial[0][1] == 2 and {monomial[0][0], n} <= naturals:
                yield from _between(view, h.name, monomial[0][0], n, right)


def _no_largest(view: View) -> Iterator[Proposal]:
    """`∃ m, n < m ∧ ∀ k, k * k ≠ m`: the number above a larger square is none."""
    target = read(view.target) if view.target.startswith("∃") and re.search(r"\^ 2|(\w+) \* \1", view.target) else None
    parts = conjuncts(target.args[0]) if target is not None else []
    m = Term("var", name=target.name) if target is not None else None
    ordered = [part.args if part.op in "<≤" else part.args[::-1] for part in parts if part.op in ("<", "≤", ">", "≥")]
    least = [low for low, high in ordered if high == m]
    if len(parts) != 2 or len(least) != 1 or m is None:
        return
    n = show(least[0], 1024)
    fresh = view.namer([m.name])
    key, k, hk, hc, hm = (fresh(wish) for wish in ("hkey", "k", "hk", "hc", "hm"))
    square = f"({n} + 1) * ({n} + 1)"
    lines = [
        f"intro {k} {hk}",
        f"rcases Nat.lt_or_ge {k} ({n} + 2) with {hc} | {hc}",
        f"· have {hm} := Nat.mul_le_mul (Nat.le_of_lt_succ {hc}) (Nat.le_of_lt_succ {hc}); omega",
        f"· have {hm} := Nat.mul_le_mul {hc} {hc}; grind",
    ]
    above = f"have {hm} := Nat.le_mul_self ({n} + 1); omega"
    use = f"have := {key} {k}; grind"
    none = f"first | exact {key} | (rintro ⟨{k}, {hk}⟩; {use}) | (intro {k}; {use})"
    witness = f"refine ⟨{square} + 1, ?_, ?_⟩ <;> first | ({above}) | ({none})"
    yield seq(have(key, f"∀ {k} : Nat, {k} * {k} ≠ {square} + 1", lines), witness), 0.6


def _between(view: View, h: str, m: str, n: str, p: Polynomial) -> Iterator[Proposal]:
    root = _root(p, n)
    if root is None:
        return
    outside = [value for value in range(_LARGEST) if not _square_between(p, root, n, value)]
    least = outside[-1] + 1 if outside else 0
    if least > _LARGEST // 3:
        return
    fresh = view.namer()
    low, high, hn, t = fresh("hl"), fresh("hh"), fresh("hn"), fresh("t")
    squared = below_square(fresh("hc"))
    at = root.replaced(n, Polynomial.variable(t) + Polynomial.constant(least)) if least else root
    steps = [
        f"have {low} : {text_of(at)} < {m} := by ({squared})",
        f"have {high} : {m} < {text_of(at)} + 1 := by ({squared})",
        "omega",
    ]
    if not least:
        yield seq(*steps), 0.9
        return
    values = " ∨ ".join(f"{n} = {value}" for value in range(least))
    end = isqrt(int(max(p.at({n: value}) for value in range(least)))) + 1
    if end > _LARGEST_ROOT:
        return
    table = f"have {low} : {m} < {end} := (by ({squared})); {each_root(h, m, end)}"
    cases = f"rcases (show {values} by omega) with {' | '.join(['rfl'] * least)} <;> first | omega | ({table})"
    moved = f"obtain ⟨{t}, rfl⟩ : ∃ {t}, {n} = {t} + {least} := ⟨{n} - {least}, by omega⟩"
    yield seq(f"rcases Nat.lt_or_ge {n} {least} with {hn} | {hn}", case([cases]), case([moved, *steps])), 0.9


def below_square(hc: str) -> str:
    """A proof of `m < t` from what the square of `m` is: were it not so, that of `t` would be too large."""
    return f"apply Nat.lt_of_not_ge; intro {hc}; have {hc} := Nat.mul_le_mul {hc} {hc}; grind"


def each_root(h: str, m: str, end: int) -> str:
    """A proof by all values of `m`, which is known to be below the end, from what the hypothesis says of its square."""
    tried = f"(revert {h}; revert {m}; decide +kernel)"
    if end > _FEW:
        return tried
    values = " ∨ ".join(f"{m} = {value}" for value in range(end))
    arms = " | ".join(["rfl"] * end)
    return f"first | {tried} | (rcases (show {values} by omega) with {arms} <;> first | omega | (simp at *; done))"


def _root(p: Polynomial, n: str) -> Polynomial | None:
    """The polynomial whose square comes nearest from below, with whole coefficients that are not negative."""
    powers = {power: c.value for power, c in p.in_one(n).items()}
    degree = max(powers)
    lead = powers[degree]
    if degree % 2 or degree > 6 or lead is None or lead <= 0 or lead.denominator > 1 or isqrt(int(lead)) ** 2 != lead:
        return None
    coefficients = {degree // 2: Fraction(isqrt(int(lead)))}
    for power in range(degree // 2 - 1, -1, -1):
        # the coefficient of n ^ (degree / 2 + power) in the square, but for what this one adds
        at = degree // 2 + power
        known = sum(coefficients[i] * coefficients[at - i] for i in coefficients if at - i in coefficients)
        exact = ((powers.get(at) or 0) - known) / (2 * coefficients[degree // 2])
        coefficients[power] = Fraction(floor(exact))
    root = Polynomial({((n, power),) if power else (): c for power, c in coefficients.items() if c})
    left = (p - root * root).in_one(n)
    if (rest := left[max(left)].value if left else None) is not None and rest < 0:
        root = root - Polynomial.constant(1)
    if any(c < 0 for c in root.terms.values()) or root * root == p:
        return None
    return root


def _square_between(p: Polynomial, root: Polynomial, n: str, value: int) -> bool:
    low = root.at({n: value})
    return low**2 < p.at({n: value}) < (low + 1) ** 2


__all__ = ["propose"]
