"""Differences of natural numbers, which stop at 0: the larger number is the smaller one and something more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NAT, Proposal, View, seq

_DIFFERENCE = re.compile(r"(?<![\w.'₀-₉] )(?<![\w.'₀-₉])([^\W\d][\w'₀-₉]*) - ([^\W\d][\w'₀-₉]*)(?![\w.'₀-₉])")


def propose(view: View) -> Iterator[Proposal]:
    numbers = set(view.of_type(NAT))
    for high, low in dict.fromkeys(_DIFFERENCE.findall(view.facts)):
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


__all__ = ["propose"]
