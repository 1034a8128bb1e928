"""Steps that follow the connectives: introduce, split, take apart, rewrite."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.goal import split_top, top_level
from prover.policy.tactics.view import IDENT, Proposal, View, connective, identifiers, mentions

_GROUP = re.compile(r"[({\[⦃]([^:(){}\[\]]+?) ?: ?")
_BINDER = re.compile(r"^∀ (?P<head>.*)$", re.DOTALL)
_ATOM = re.compile(r"[\w'₀-₉✝]+")


def propose(view: View) -> Iterator[Proposal]:
    yield from _introduce(view)
    yield from _target(view)
    yield from _hypotheses(view)
    yield from _rewrite(view)
    if view.hidden:
        names: list[str] = []
        for hidden in view.hidden[-4:]:
            stem = hidden.name.split("✝")[0]
            stem = stem if stem.isidentifier() and not stem.startswith("inst") else "h"
            names.append(view.fresh("ih" if "ih" in stem else stem, names))
        yield f"rename_i {' '.join(names)}", 0.12


def _introduce(view: View) -> Iterator[Proposal]:
    names = intro_names(view)
    if names:
        yield f"intro {' '.join(names)}", 0.5
        if len(names) > 1:
            yield f"intro {names[0]}", 0.05
        yield f"intro {' '.join(names)} <;> simp_all", 0.06
    elif view.target.startswith("let "):
        yield "intro x", 0.3


def intro_names(view: View) -> list[str]:
    """Names for all that can be introduced: the goal's own for variables, `h…` for hypotheses."""
    names: list[str] = []
    text = view.target
    while len(names) < 12:
        if text.startswith("∀"):
            comma = top_level(text, ", ")
            if comma is None:
                break
            for name, condition in bound_names(text[1:comma].strip()):
                names.append(view.fresh(name, names))
                if condition:
                    names.append(view.fresh(f"h{name}" if len(name) <= 2 else "h", names))
            text = text[comma + 2 :].strip()
        elif (parts := connective(text)) and parts[0] == "→":
            names.append(view.fresh("h", names))
            text = parts[2]
        elif text.startswith("¬") or (parts and parts[0] == "≠"):
            names.append(view.fresh("h", names))
            break
        else:
            break
    return names


def bound_names(binders: str) -> list[tuple[str, bool]]:
    """The names of a binder group; True for those with a condition, as in `∀ n ≥ 5`."""
    groups = _GROUP.findall(binders)
    if groups:
        return [(name, False) for group in groups for name in _ATOM.findall(group)]
    plain = binders.split(" : ")[0]
    condition = re.match(r"([\w'₀-₉]+) (?:≥|≤|>|<|∈|≠)", plain)
    if condition:
        return [(condition[1], True)]
    return [(name, False) for name in _ATOM.findall(plain)] or [("x", False)]


def _target(view: View) -> Iterator[Proposal]:
    parts = view.connective
    if parts is None:
        if view.target.startswith("∃"):
            yield "constructor", 0.02
    elif parts[0] == "∧":
        yield "constructor", 0.45
        yield "refine ⟨?_, ?_⟩", 0.1
        yield "constructor <;> grind", 0.12
    elif parts[0] == "↔":
        yield "constructor", 0.4
        yield "constructor <;> intro h <;> simp_all", 0.1
        yield "constructor <;> intro h <;> grind", 0.12
    elif parts[0] == "∨":
        yield "left", 0.15
        yield "right", 0.15
        yield "by_cases h : " + parts[1] + " <;> simp_all", 0.06
    elif parts[0] == "=":
        if "fun " in parts[1] + parts[2]:
            yield "funext x", 0.2
        yield "congr 1", 0.04
        yield "ext x", 0.05
        yield "ext", 0.03
        yield "symm", 0.01
        yield "ac_rfl", 0.08
    elif parts[0] in ("≤", "<", "≥", ">"):
        yield "(apply Nat.le_of_not_gt; intro h)", 0.01
    if re.search(r"\bif\b|\bmatch\b|\bite\b|\bdite\b", view.target):
        yield "split", 0.35
        yield "split <;> simp_all", 0.2
        yield "split <;> omega", 0.15
        yield "grind (splits := 20)", 0.1
    if view.target != "False" and any(h.type.startswith("¬") or " ≠ " in h.type for h in view.props):
        yield "exfalso", 0.03
    if parts is None or parts[0] not in ("∧", "↔", "→", "∃"):
        yield "(apply Classical.byContradiction; intro hn)", 0.02


def _hypotheses(view: View) -> Iterator[Proposal]:
    for index, h in enumerate(reversed(view.props)):
        near = 1.0 if index < 4 else 0.5
        parts = connective(h.type)
        if h.type.startswith("∃"):
            yield f"obtain ⟨{', '.join(_witness_names(view, h.type))}⟩ := {h.name}", 0.4 * near
        elif h.type == "False":
            yield f"exact {h.name}.elim", 0.9
        elif parts is None:
            pass
        elif parts[0] == "∧":
            names: list[str] = []
            for _ in split_top(h.type, " ∧ "):
                names.append(view.fresh(h.name, names))
            yield f"obtain ⟨{', '.join(names)}⟩ := {h.name}", 0.35 * near
        elif parts[0] == "∨":
            arms = " | ".join([h.name] * len(split_top(h.type, " ∨ ")))
            yield f"rcases {h.name} with {arms}", 0.3 * near
            yield f"rcases {h.name} with {arms} <;> simp_all", 0.1 * near
        elif parts[0] == "↔":
            yield f"obtain ⟨{view.fresh('h')}, {view.fresh('h', [view.fresh('h')])}⟩ := {h.name}", 0.05 * near
            yield f"rw [{h.name}]", 0.06 * near
        elif parts[0] == "=":
            yield from _equation(view, h.name, parts[1], parts[2], near)
        if h.type.startswith("∀") or (parts and parts[0] == "→"):
            yield f"apply {h.name}", 0.08 * near
            yield f"simp [{h.name}]", 0.15 * near
            yield f"exact {h.name} _ (by assumption)", 0.02 * near
        if h.type.startswith("¬") and view.target == "False":
            yield f"apply {h.name}", 0.15 * near
        yield f"simp at {h.name}", 0.03 * near
    for v in view.vars:
        if v.type == "Bool" and mentions(view.facts, v.name):
            yield f"cases {v.name} <;> simp_all", 0.2
            yield f"cases {v.name}", 0.1
        elif v.type.startswith(("Option ", "Sum ", "Except ")):
            yield f"cases {v.name}", 0.15
            yield f"cases {v.name} <;> simp_all", 0.15
        elif " × " in v.type:
            yield f"obtain ⟨{view.fresh('a')}, {view.fresh('b')}⟩ := {v.name}", 0.1
        elif v.type.startswith(("Fin ", "{ ", "Subtype ")):
            yield f"obtain ⟨{view.fresh('i')}, {view.fresh('hi')}⟩ := {v.name}", 0.08
        elif v.type == "Prop":
            yield f"by_cases {view.fresh('h' + v.name)} : {v.name} <;> simp_all", 0.06


def _equation(view: View, name: str, left: str, right: str, near: float) -> Iterator[Proposal]:
    variables = {v.name for v in view.vars if v.value is None}
    if left in variables or right in variables:
        yield "subst " + name, 0.2 * near
    for side in (left, right):
        if side.startswith("some ") or side.endswith(".succ") or (side.startswith("(") and "," in side):
            yield f"injection {name}", 0.05 * near
            break
    if left in view.target and len(left) > 1:
        yield f"rw [{name}]", 0.15 * near
    if right in view.target and not right.isdigit() and len(right) > 1:
        yield f"rw [← {name}]", 0.06 * near
    yield f"simp [{name}]", 0.05 * near


def _rewrite(view: View) -> Iterator[Proposal]:
    if any(h.type.startswith("∀") for h in view.props):
        yield "simp [*]", 0.2
        universal = [h.name for h in view.props if h.type.startswith("∀") and " = " in h.type]
        for name in universal[:3]:
            yield f"rw [{name}]", 0.1
        if len(universal) > 1:
            yield f"simp [{', '.join(universal[:4])}]", 0.15
    if view.props:
        yield "simp at *", 0.06
        yield "simp_all <;> omega", 0.25


def _witness_names(view: View, text: str) -> list[str]:
    names: list[str] = []
    body = text
    while body.startswith("∃"):
        comma = top_level(body, ", ")
        if comma is None:
            break
        for name, condition in bound_names(body[1:comma].strip().removeprefix("! ")):
            names.append(view.fresh(name, names))
            if condition:
                names.append(view.fresh("h" + name, names))
        body = body[comma + 2 :].strip()
    for _ in split_top(body, " ∧ "):
        names.append(view.fresh("h", names))
    return names


def applicable(view: View) -> list[str]:
    """Names of universally quantified hypotheses, nearest first."""
    return [h.name for h in reversed(view.props) if h.type.startswith("∀")]


__all__ = ["IDENT", "applicable", "identifiers", "intro_names", "propose"]
