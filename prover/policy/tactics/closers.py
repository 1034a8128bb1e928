"""Tactics that finish a goal or fail, the cheap ones first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NUMBERS, Proposal, View, identifiers, numerals

_CONTRADICTION = re.compile(r"False|¬|≠")
_DECIDABLE = re.compile(r"[\d\s+*/%^()=<>≤≥≠∣∧∨¬↔→,\[\]-]|Nat\.\w+|Int\.\w+|true|false|[ℕℤ]|:")
# Names that a binder of the goal brings in: the words between its sign and its end.
_BOUND = re.compile(r"(?<=[∀∃λ(\s])([^\W\d][\w'₀-₉]*)(?=[^,=()]*(?:,| =>|:))")
_CORE = frozenset(
    {
        *("Nat", "Int", "Rat", "Real", "Bool", "List", "Array", "Option", "Prod", "Sum", "Fin", "String", "Char", "ℕ"),
        *("BitVec", "Except", "Eq", "And", "Or", "Iff", "Not", "Exists", "Function", "Set", "Finset", "ℤ", "ℚ", "ℝ"),
        *("Type", "Prop", "Sort", "True", "False", "Subtype", "Decidable"),
    }
)
_WORDS = frozenset(
    {
        *("fun", "if", "then", "else", "match", "with", "let", "have", "show", "by", "do", "true", "false", "none"),
        *("some", "id", "max", "min"),
    }
)


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
    # Slow where it fails, so it comes late except at the beginning. No lemma speaks of numbers like 7.
    if not (numeric and any(number > 2 for number in numerals(view.target))) and not view.target.startswith("¬∃"):
        yield "exact?", 0.35 if view.history else 0.55
    if _CONTRADICTION.search(view.facts) and view.props:
        yield "contradiction", 0.6
    if "∨" in view.target or "∃" in view.target or "¬" in view.target:
        yield "simp <;> omega", 0.58
    if any(h.type.startswith("∀") for h in view.props):
        yield "solve_by_elim", 0.55
    unfoldable = definitions(view)[:3]
    if unfoldable:
        yield f"simp [{', '.join(unfoldable)}]", 0.6
        yield f"simp_all [{', '.join(unfoldable)}]", 0.55
        yield f"grind [{', '.join(unfoldable)}]", 0.54


def definitions(view: View) -> list[str]:
    """What could be definitions of the file: neither variables nor bound names, nor of the core library.

    Of `xs.count` with `xs : Bag α` that is `Bag.count`.
    """
    types = {h.name: h.type.split(" ")[0] for h in view.goal.hypotheses}
    types |= {h.name.split("✝")[0]: "" for h in view.hidden if h.name.split("✝")[0] not in types}
    bound = set(_BOUND.findall(view.facts))
    found: list[str] = []
    for name in identifiers(view.facts):
        head, _, field = name.partition(".")
        if head in types:
            if field and types[head] not in _CORE and types[head][:1].isupper():
                found.extend(f"{types[head]}.{part}" for part in field.split("."))
        elif not {head} & (_CORE | _WORDS | bound) and (field or not name[0].isupper()):
            found.append(name)
    return list(dict.fromkeys(found))
