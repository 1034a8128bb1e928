"""Steps that follow the connectives: introduce, split, take apart, rewrite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prover.goal import split_top, top_level
from prover.policy.tactics.definitions import declared
from prover.policy.tactics.patterns import Fresh, alternatives, bound_names, pattern, universal
from prover.policy.tactics.view import Proposal, View, connective, mentions, seq

_BRANCHES = re.compile(r"\bif\b|\bmatch\b|\bite\b|\bdite\b")
_BY_CONTRADICTION = "(apply Classical.byContradiction; intro hn)"
# A disjunction of more parts is taken apart one part at a time.
_MOST_PARTS = 8

_Premise = Callable[[str, Fresh], str]


def propose(view: View) -> Iterator[Proposal]:
    yield from _introduce(view)
    yield from _target(view)
    yield from _hypotheses(view)
    yield from _variables(view)
    yield from _rewrite(view)
    if view.hidden:
        induction = any("ih" in hidden.name for hidden in view.hidden)
        yield view.revealed[1], 0.4 if induction else 0.15


def _introduce(view: View) -> Iterator[Proposal]:
    names = intro_names(view)
    if names:
        patterns = _introduced(view, pattern)
        apart = any(each[0] in "⟨(" for each in patterns)
        if apart:
            yield f"rintro {' '.join(patterns)}", 0.5
        yield f"intro {' '.join(names)}", 0.3 if apart else 0.5
        if len(names) > 1:
            yield f"intro {names[0]}", 0.05
        yield f"intro {' '.join(names)} <;> simp_all", 0.06
    elif view.target.startswith("let "):
        yield "intro x", 0.3


def intro_names(view: View) -> list[str]:
    """Names for all that can be introduced: the goal's own for variables, `h…` for hypotheses."""
    return _introduced(view, lambda text, fresh: fresh("h"))


def _introduced(view: View, premise: _Premise) -> list[str]:
    """What to introduce all that can be introduced by: names for variables, what `premise` gives for hypotheses."""
    fresh = view.namer()
    found: list[str] = []
    text = view.target
    while len(found) < 12:
        if text.startswith("∀"):
            comma = top_level(text, ", ")
            if comma is None:
                break
            for name, condition in bound_names(text[1:comma].strip()):
                found.append(fresh(name))
                if condition:
                    found.append(fresh(f"h{name}" if len(name) <= 2 else "h"))
            text = text[comma + 2 :].strip()
        elif (parts := connective(text)) and parts[0] == "→":
            found.append(premise(parts[1], fresh))
            text = parts[2]
        elif text.startswith("¬") and parts is None:
            found.append(premise(text[1:], fresh))
            break
        elif parts and parts[0] == "≠":
            found.append(fresh("h"))
            break
        else:
            break
    return found


def _target(view: View) -> Iterator[Proposal]:
    parts = view.connective
    if parts is None:
        if view.target.startswith("∃"):
            yield "constructor", 0.02
    elif parts[0] == "∧":
        yield "constructor", 0.45
        yield "refine ⟨?_, ?_⟩", 0.05
        yield "constructor <;> grind", 0.12
    elif parts[0] == "↔":
        yield "constructor", 0.45
        yield "constructor <;> intro h <;> simp_all", 0.1
        yield "constructor <;> intro h <;> grind", 0.12
    elif parts[0] == "∨":
        yield "left", 0.15
        yield "right", 0.15
        yield f"refine Classical.or_iff_not_imp_left.mpr fun {view.fresh('h')} => ?_", 0.12
        yield f"by_cases {view.fresh('h')} : {parts[1]} <;> simp_all", 0.1
    elif parts[0] == "=":
        yield from _equality(view, parts[1], parts[2])
    elif parts[0] in ("≤", "<", "≥", ">"):
        yield "(apply Nat.le_of_not_gt; intro h)", 0.01
    if _BRANCHES.search(view.target):
        yield "split", 0.35
        yield "split <;> simp_all", 0.2
        yield "split <;> omega", 0.15
        yield "grind (splits := 20)", 0.1
    for h in view.props:
        if _BRANCHES.search(h.type):
            yield f"split at {h.name}", 0.3
            yield f"split at {h.name} <;> simp_all", 0.25
    false = view.target == "False"
    denied = {f"¬{view.target}", f"¬({view.target})"} & {h.type for h in view.props}
    if not false and any(h.type.startswith("¬") or " ≠ " in h.type for h in view.props):
        yield "exfalso", 0.03
    if not false and not denied and (parts is None or parts[0] not in ("∧", "↔", "→")):
        yield _BY_CONTRADICTION, 0.06 if view.target.startswith("∃") else 0.02
        if view.target.startswith("∃"):
            yield seq("apply Classical.byContradiction", "intro hn", "simp at hn"), 0.05


def _equality(view: View, left: str, right: str) -> Iterator[Proposal]:
    functions = {v.name for v in view.vars if "→" in v.type}
    if "fun " in left + right or "∘" in left + right or {left, right} & functions:
        yield f"funext {view.fresh('x')}", 0.35
        yield f"funext {view.fresh('x')} <;> grind", 0.15
    else:
        yield f"funext {view.fresh('x')}", 0.04
    yield "congr 1", 0.04
    yield f"ext {view.fresh('x')}", 0.05
    yield "ext", 0.03
    yield "symm", 0.01
    yield "ac_rfl", 0.08


def _hypotheses(view: View) -> Iterator[Proposal]:
    variables = frozenset(v.name for v in view.vars if v.value is None)
    for index, h in enumerate(reversed(view.props)):
        near = 1.0 if index < 4 else 0.5
        parts = connective(h.type)
        if h.type.startswith("∃") or (parts and parts[0] == "∧"):
            wish = "h" if h.type.startswith("∃") else h.name
            named = pattern(h.type, view.namer(), wish=wish)
            yield f"obtain {named} := {h.name}", 0.4 * near
            used = pattern(h.type, view.namer(), wish=wish, variables=variables)
            if used != named:
                yield f"obtain {used} := {h.name}", 0.3 * near
        elif h.type == "False":
            yield f"exact {h.name}.elim", 0.9
        elif parts is None:
            pass
        elif parts[0] == "∨":
            if len(split_top(h.type, " ∨ ")) <= _MOST_PARTS:
                same = " | ".join([h.name] * len(split_top(h.type, " ∨ ")))
                apart = alternatives(h.type, view.namer(), wish=h.name)
                arms = apart if "⟨" in apart else same
                yield f"rcases {h.name} with {arms}", 0.3 * near
                yield f"rcases {h.name} with {arms} <;> simp_all", 0.1 * near
            else:
                yield f"cases {h.name}", 0.2 * near
        elif parts[0] == "↔":
            yield f"obtain ⟨{view.fresh('h')}, {view.fresh('h', [view.fresh('h')])}⟩ := {h.name}", 0.05 * near
            yield f"rw [{h.name}]", 0.06 * near
        elif parts[0] == "=":
            yield from _equation(view, h.name, parts[1], parts[2], near)
        if h.type.startswith("∀") or (parts and parts[0] == "→"):
            yield f"apply {h.name}", 0.1 * near
            law, target = universal(h.type), view.connective
            conclusion = connective(law.conclusion)
            if len(law.premises) > 1 and conclusion and target and conclusion[0] == target[0]:
                yield f"apply {h.name} <;> grind", 0.3 * near
            yield f"simp [{h.name}]", 0.15 * near
            yield f"exact {h.name} _ (by assumption)", 0.02 * near
        if h.type.startswith("¬") and parts is None and view.target == "False":
            yield f"apply {h.name}", 0.15 * near
        yield f"simp at {h.name}", 0.03 * near


def _variables(view: View) -> Iterator[Proposal]:
    types = declared(view.context).types
    for v in view.vars:
        fields = types[name].fields if (name := declared(view.context).type(v.type.split(" ")[0])) else ()
        if fields and v.value is None and mentions(view.facts, v.name):
            fresh = view.namer()
            yield f"(obtain ⟨{', '.join(map(fresh, fields))}⟩ := {v.name}; dsimp only at *)", 0.45
        if v.type == "Bool" and mentions(view.facts, v.name):
            yield f"cases {v.name} <;> simp_all", 0.2
            yield f"cases {v.name}", 0.1
        elif v.type == "Bool → Bool" and mentions(view.facts, v.name):
            split = f"cases {view.fresh('h')} : {v.name} true <;> cases {view.fresh('g')} : {v.name} false"
            yield f"{split} <;> simp_all", 0.2
            yield f"{split} <;> grind", 0.2
            if view.target.startswith("∃"):
                yield f"{split} <;> first | exact ⟨true, by simp_all⟩ | exact ⟨false, by simp_all⟩", 0.25
        elif v.type.startswith(("Option ", "Sum ", "Except ")) or " ⊕ " in v.type:
            yield f"cases {v.name}", 0.2
            yield f"cases {v.name} <;> simp_all", 0.2
            yield f"cases {v.name} <;> rfl", 0.1
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
        equations = [h.name for h in view.props if h.type.startswith("∀") and _concludes_equal(h.type)]
        for name in equations[:3]:
            yield f"rw [{name}]", 0.1
            yield f"rw [← {name}]", 0.03
        if len(equations) > 1:
            yield f"simp [{', '.join(equations[:4])}]", 0.15
    if view.props:
        yield "simp at *", 0.06
        yield "simp_all <;> omega", 0.25


def _concludes_equal(text: str) -> bool:
    return (connective(universal(text).conclusion) or ("",))[0] in ("=", "↔")


__all__ = ["intro_names", "propose"]
