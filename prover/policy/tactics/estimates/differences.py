"""Differences of natural numbers, which stop at 0: the larger number is the smaller one and something more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.terms import Term, read
from prover.policy.tactics.view import NAT, Proposal, View, seq


def propose(view: View) -> Iterator[Proposal]:
    numbers = set(view.of_type(NAT))
    terms = [term for text in (view.target, *(h.type for h in view.props)) if (term := read(text)) is not None]
    for high, low in dict.fromkeys(pair for term in terms for pair in _differences(term)):
        if high == low or not {high, low} <= numbers:
            continue
        fresh = view.namer()
        k, hk = fresh("k"), fresh("hk")
        more = f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {high} = {low} + {k} := ⟨{high} - {low}, by omega⟩"
        plain = "simp only [Nat.add_sub_cancel_left] at *"
        order = rf"{re.escape(low)} [≤<] {re.escape(high)}|{re.escape(high)} [≥>] {re.escape(low)}"
        if any(re.fullmatch(order, h.type) for h in view.props):
            yield seq(more, plain, "first | omega | grind | skip"), 0.5
        else:
            yield f"rcases Nat.le_total {low} {high} with {hk} | {hk}", 0.15
        return


def _differences(term: Term) -> list[tuple[str, str]]:
    """The pairs of variables of which one is taken from the other."""
    pair = term.op == "-" and all(arg.op == "var" for arg in term.args)
    found = [(term.args[0].name, term.args[1].name)] if pair else []
    return found + [each for arg in term.args for each in _differences(arg)]


__all__ = ["propose"]
