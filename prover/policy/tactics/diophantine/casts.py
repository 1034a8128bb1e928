"""Equations between fractions of whole numbers, as `1 / x + 1 / y = 1 / 6`: what they say without fractions."""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm

from prover.policy.tactics.estimates.quotients import quotient
from prover.policy.tactics.polynomials import Polynomial, parted, text_of
from prover.policy.tactics.terms import Term, names_of, read
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        term = read(h.type) if "↑" in h.type and "/" in h.type else None
        if term is None or term.op != "=" or not names_of(term) <= set(view.of_type(NAT | INT)):
            continue
        left_side, right_side = (_without_casts(side) for side in term.args)
        found = quotient(Term("-", (left_side, right_side))) if left_side and right_side else None
        if found is None or not found.above or not found.below:
            continue
        kinds = {n: "Nat" if n in view.of_type(NAT) else "Int" for n in names_of(term)}
        scale = lcm(*(c.denominator for c in found.above.terms.values()))
        left, right = parted(found.above * scale)
        fresh = view.namer()
        he, hw = fresh("he"), fresh("hw")
        below = sorted({n for p in found.below for n in p.names})
        nonzero = [f"have {fresh(f'hp{n}')} : ({n} : Rat) ≠ 0 := by exact_mod_cast (by omega : {n} ≠ 0)" for n in below]
        steps = [
            *nonzero,
            f"have {he} : {_cast(left, kinds)} = {_cast(right, kinds)} := by grind",
            f"have {hw} : {text_of(left)} = {text_of(right)} := by exact_mod_cast {he}",
            f"clear {he} {' '.join(step.split()[1] for step in nonzero)} {h.name}",
        ]
        yield seq(*steps, "first | omega | grind | skip"), 0.85
        return


def _without_casts(term: Term) -> Term | None:
    """The term with its variables where they are cast; None where more than a variable is."""
    if term.op == "↑":
        return term.args[0] if term.args[0].op == "var" else None
    args = tuple(_without_casts(arg) for arg in term.args)
    found = tuple(arg for arg in args if arg is not None)
    return Term(term.op, found, term.name, "") if len(found) == len(args) else None


def _cast(p: Polynomial, kinds: dict[str, str]) -> str:
    """The polynomial as Lean text with its variables as rational numbers."""
    for name in kinds:
        p = p.replaced(name, Polynomial.variable(f"({name} : Rat)"))
    return text_of(p)


__all__ = ["propose"]
