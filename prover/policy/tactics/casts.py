"""Equations between fractions of whole numbers, as `1 / x + 1 / y = 1 / 6`: what they say without fractions."""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm

from prover.policy.tactics.polynomials import Polynomial, parted, text_of
from prover.policy.tactics.quotients import quotient
from prover.policy.tactics.terms import Term, names_of, read
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        term = read(h.type) if "↑" in h.type and "/" in h.type else None
        if term is None or term.op != "=" or not names_of(term) <= set(view.of_type(NAT | INT)):
            continue
        found = quotient(Term("-", tuple(_without_casts(side) for side in term.args)))
        if found is None or not found.above or not found.below:
            continue
        kinds = {n: "Nat" if n in view.of_type(NAT) else "Int" for n in names_of(term)}
        scale = lcm(*(c.denominator for c in found.above.terms.values()))
        left, right = parted(found.above * scale)
        fresh = view.namer()
        he, hw = fresh("he"), fresh("hw")
        below = sorted({n for p in found.below for n in p.names})
        positive = [
            f"have {fresh(f'hp{n}')} : (0 : Rat) < {n} := by exact_mod_cast (by omega : 0 < {n})" for n in below
        ]
        steps = [
            *positive,
            f"have {he} : {_cast(left, kinds)} = {_cast(right, kinds)} := by grind",
            f"have {hw} : {text_of(left)} = {text_of(right)} := by exact_mod_cast {he}",
            f"clear {he} {' '.join(step.split()[1] for step in positive)} {h.name}",
        ]
        yield seq(*steps), 0.85
        return


def _without_casts(term: Term) -> Term:
    if term.op == "↑":
        return _without_casts(term.args[0])
    return Term(term.op, tuple(_without_casts(arg) for arg in term.args), term.name, "")


def _cast(p: Polynomial, kinds: dict[str, str]) -> str:
    """The polynomial as Lean text with its variables as rational numbers."""
    for name in kinds:
        p = p.replaced(name, Polynomial.variable(f"({name} : Rat)"))
    return text_of(p)


__all__ = ["propose"]
