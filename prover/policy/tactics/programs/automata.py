"""Claims that an induction proves only beside another: of both states of an automaton, of turned lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prover.policy.tactics.definitions import declared, own
from prover.policy.tactics.programs.calls import Call, calls
from prover.policy.tactics.view import Proposal, View, have, put, seq, stands_in

_BOOLEAN = re.compile(r"==|&&|\|\||\bdecide\b|!")


def propose(view: View) -> Iterator[Proposal]:
    names = own(view)
    lists = [v.name for v in view.vars if v.type.startswith("List ") and v.value is None]
    if not names or not lists or any("induction" in tactic for tactic in view.history):
        return
    for call in calls(view, names):
        xs = next((name for name in lists if name in call.arguments), None)
        if xs is not None:
            yield from _of_both_states(view, call, xs, names)
            yield from _turned(view, call, xs, names)


def _of_both_states(view: View, call: Call, xs: str, names: list[str]) -> Iterator[Proposal]:
    """`run even xs = even ↔ P xs` together with `run odd xs = even ↔ ¬P xs`, where the states are two."""
    parts = view.connective
    other = _other_state(view, call)
    if not parts or other is None or stands_in(parts[1], call.text) == stands_in(parts[2], call.text):
        return
    here, there = (parts[1], parts[2]) if stands_in(parts[1], call.text) else (parts[2], parts[1])
    if parts[0] == "↔":
        denied = f"¬({there})"
    elif parts[0] == "=" and _BOOLEAN.search(there):
        denied = f"!({there})"
    else:
        return
    fresh = view.namer()
    both, x, ih = fresh("hboth"), fresh("x"), fresh("ih")
    unfold = ", ".join(names)
    claims = f"({here} {parts[0]} {there}) ∧ ({put(here, call.text, other)} {parts[0]} {denied})"
    proof = (
        f"induction {xs} with\n| nil => simp [{unfold}]\n| cons {x} {xs} {ih} =>\n"
        f"  first | (cases {x} <;> simp_all [{unfold}] <;> omega) | (simp_all [{unfold}] <;> grind)"
    )
    yield seq(have(both, claims, [proof]), f"first | exact {both}.1 | grind"), 0.5


def _other_state(view: View, call: Call) -> str | None:
    """The call in the other state, of two that there are."""
    pairs = [tuple(how.constructors) for how in declared(view.context).types.values() if _two(how.constructors)]
    for first, second in (*pairs, ("true", "false")):
        for old, new in ((first, second), (second, first)):
            if call.arguments.count(old) == 1:
                return put(call.text, old, new)
    return None


def _two(constructors: Mapping[str, tuple[str, ...]]) -> bool:
    return len(constructors) == 2 and not any(constructors.values())


def _turned(view: View, call: Call, xs: str, names: list[str]) -> Iterator[Proposal]:
    """`turn xs.length xs = xs` by what so many steps make of `xs ++ ys`: `ys ++ xs`."""
    plain = call.text.endswith(f" {xs}") and call.arguments[-1] == xs
    if view.connective != ("=", call.text, xs) or not plain or f"{xs}.length" not in call.text:
        return
    fresh = view.namer()
    all_, ys, x, ih = (fresh(wish) for wish in ("hall", "ys", "x", "ih"))
    unfold = ", ".join(names)
    longer = f"{call.text.removesuffix(f' {xs}')} ({xs} ++ {ys})"
    proof = (
        f"induction {xs} with\n| nil => simp [{unfold}]\n| cons {x} {xs} {ih} =>\n"
        f"  intro {ys}\n  first | (simp_all [{unfold}]; done) | (simp_all [{unfold}] <;> grind)"
    )
    yield seq(have(all_, f"∀ {ys}, {longer} = {ys} ++ {xs}", [proof]), f"simpa using {all_} []"), 0.5


__all__ = ["propose"]
