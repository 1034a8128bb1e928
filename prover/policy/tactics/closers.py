"""Tactics that finish a goal or fail, the cheap ones first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NUMBERS, Proposal, View, identifiers

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
    yield "exact?", 0.7
    if _CONTRADICTION.search(view.facts) and view.props:
        yield "contradiction", 0.6
    if "∨" in view.target or "∃" in view.target or "¬" in view.target:
        yield "simp <;> omega", 0.58
    if any(h.type.startswith("∀") for h in view.props):
        yield "solve_by_elim", 0.55
    unfoldable = [name for name in identifiers(view.target) if _user_name(view, name)][:3]
    if unfoldable:
        yield f"simp [{', '.join(unfoldable)}]", 0.6
        yield f"simp_all [{', '.join(unfoldable)}]", 0.55
        yield f"grind [{', '.join(unfoldable)}]", 0.54


def _user_name(view: View, name: str) -> bool:
    """Could this be a definition of the file: neither a variable nor a bound name, nor a type written by a letter?"""
    if any(name == h.name for h in view.goal.hypotheses) or name in (
        "fun",
        "if",
        "then",
        "else",
        "match",
        "with",
        "let",
    ):
        return False
    bound = re.search(
        rf"(?:∀|∃|fun|λ|let|\()[^,=]*?(?<![\w.'])({re.escape(name)})(?![\w.'])[^,=]*?(?:,|=>|:)", view.target
    )
    return not bound and not name[0].isupper() and name not in ("true", "false", "none", "some")
