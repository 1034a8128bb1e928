"""Bounds of powers whose exponent is a variable, by induction: Bernoulli's inequality and its kin."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.divisors.divisibility import variable_powers
from prover.policy.tactics.estimates.quadratics import SQUARE
from prover.policy.tactics.terms import names_of, read, show
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View

_KINDS = (("Rat", RAT), ("Int", INT), ("Nat", NAT))


def propose(view: View) -> Iterator[Proposal]:
    """What holds at `n`, both sides times the base, with the squares that are left over."""
    target = read(view.target) if "^" in view.target else None
    if target is None or target.op not in ("≤", "≥", "<", ">"):
        return
    exponents = set(view.of_type(NAT))
    powers = [term for term in variable_powers(target) if term.args[1].op == "var" and term.args[1].name in exponents]
    bases = {power.args[0] for power in powers}
    if len(bases) != 1 or not (names := names_of(base := bases.pop())):
        return
    n = powers[0].args[1].name
    kind = next((kind for kind, types in _KINDS if names <= set(view.of_type(types))), None)
    if kind is None or n in names:
        return
    fresh = view.namer()
    ih, positive, product, count = (fresh(name) for name in ("ih", "hb", "hm", "hn"))
    if kind == "Nat":
        steps = [f"have {product} := Nat.mul_le_mul_right ({show(base)}) {ih}"]
    else:
        steps = [
            f"have {positive} : 0 ≤ {show(base, 51)} := by first | omega | grind",
            f"have {product} := {kind}.mul_le_mul_of_nonneg_right {ih} {positive}",
        ]
    if kind == "Nat" or f"↑{n}" in view.target:
        steps.append(f"have {count} : (0 : {kind}) ≤ ({n} : {kind}) := by exact_mod_cast Nat.zero_le {n}")
        square = "Nat.zero_le _" if kind == "Nat" else f"{kind}.mul_nonneg {count} {SQUARE}"
        steps += [f"have {fresh('hs')} : 0 ≤ ({n} : {kind}) * {v} ^ 2 := {square}" for v in sorted(names)]
    lines = "\n  ".join([*steps, f"simp only [{kind}.pow_succ]", "push_cast", "grind"])
    yield f"induction {n} with\n| zero => first | (simp; done) | grind\n| succ {n} {ih} =>\n  {lines}", 0.6


__all__ = ["propose"]
