"""Tactics that finish a goal or fail, the cheap ones first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import unfoldable
from prover.policy.tactics.view import NUMBERS, Proposal, View, numerals, to_introduce

_CONTRADICTION = re.compile(r"False|¬|≠")
_DECIDABLE = re.compile(r"[\d\s+*/%^()=<>≤≥≠∣∧∨¬↔→,\[\]-]|Nat\.\w+|Int\.\w+|true|false|[ℕℤ]|:")


def propose(view: View) -> Iterator[Proposal]:
    closed = not view.vars and not view.props
    ground = not _DECIDABLE.sub("", view.target)
    if ground:
        yield "decide", 1.0
        yield "decide +kernel", 0.98
    yield "rfl", 0.97
    if view.props:
        yield "assumption", 0.96
    numeric = any(h.type in NUMBERS for h in view.vars) or any(char.isdigit() for char in view.facts)
    if numeric:
        yield "omega", 0.95
    yield "simp", 0.94
    if view.props:
        yield "simp_all", 0.93
    yield "grind", 0.92
    if "BitVec" in view.facts or any("BitVec" in h.type or h.type == "Bool" for h in view.vars):
        yield "bv_decide", 0.91
    if closed and not ground:
        yield "decide", 0.9
        if not view.history:  # it may go through all values that there are, to the end of its time
            yield "decide +kernel", 0.88
    # Slow where it fails, so it comes late except at the beginning. No lemma speaks of numbers like 7.
    numbers = numeric and any(number > 2 for number in numerals(view.target))
    if not numbers and not view.target.startswith("¬∃") and not to_introduce(view):
        yield "exact?", 0.35 if view.steps else 0.45
    if _CONTRADICTION.search(view.facts) and view.props:
        yield "contradiction", 0.6
    if "∨" in view.target or "∃" in view.target or "¬" in view.target:
        yield "simp <;> omega", 0.58
    if any(h.type.startswith("∀") for h in view.props):
        yield "solve_by_elim", 0.55
    if names := ", ".join(unfoldable(view)[:3]):
        yield f"simp [{names}]", 0.6
        yield f"simp_all [{names}]", 0.55
        yield f"grind [{names}]", 0.54
