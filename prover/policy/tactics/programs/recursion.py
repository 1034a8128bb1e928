"""Definitions of the file: unfolded, and followed by induction where they recurse."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.definitions import own, proved
from prover.policy.tactics.programs import accumulators, members
from prover.policy.tactics.programs.calls import Call, calls, is_data
from prover.policy.tactics.programs.fertilization import fertilized
from prover.policy.tactics.view import (
    IDENT,
    NUMBERS,
    Proposal,
    View,
    mentions,
    seq,
    stands_in,
)


def propose(view: View) -> Iterator[Proposal]:
    yield from accumulators.of_folds(view)
    names = own(view)
    if not names:
        return
    unfold = ", ".join(names)
    numeric = any(v.type in NUMBERS for v in view.vars) or any(char.isdigit() for char in view.facts)
    yield f"simp_all [{unfold}]", 0.5
    yield f"grind [{unfold}]", 0.5
    if theorems := proved(view):
        more = ", ".join([*names, *theorems])
        yield f"simp_all [{more}]", 0.5
        yield f"grind [{more}]", 0.5
    if len(names) > 1:  # a name that is none, or no equation (a field), spoils the others
        for name in names[:3]:
            yield f"grind [{name}]", 0.3
            yield f"simp_all [{name}]", 0.2
    yield f"simp only [{unfold}] at *", 0.12
    if numeric:
        yield f"simp_all [{unfold}] <;> omega", 0.3
        yield seq(f"simp only [{unfold}] at *", "omega"), 0.2
    for name in names[:2]:
        yield f"unfold {name}", 0.06
        yield f"unfold {name} <;> split <;> simp_all", 0.06
    yield from fertilized(view, names)
    yield from members.above_powers(view, names)
    yield from members.multiples(view, names)
    if sum("induction" in tactic for tactic in view.history) < 3:
        yield from _induction(view, unfold, numeric)


def _induction(view: View, unfold: str, numeric: bool) -> Iterator[Proposal]:
    names, theorems = unfold.split(", "), proved(view)
    first = not any(h.name.startswith("ih") for h in view.props)
    seen: set[str] = set()
    found = calls(view, names)
    used = {word for call in found for word in IDENT.findall(" ".join(call.arguments))}
    anywhere = [v.name for v in view.vars if v.name in used and v.value is None and is_data(v.type)]
    for index, call in enumerate(found):
        near = 1.0 if index == 0 else 0.6
        # The call itself is unfolded by the induction; again, by `simp`, some go on without an end.
        others = ", ".join(name for name in names if name != call.name)
        step = f"fun_induction {call.applied} <;> "
        yield step + (f"simp_all [{others}]" if others else "simp_all"), 0.32 * near
        yield step + (f"grind [{others}]" if others else "grind"), 0.3 * near
        yield f"{step}simp_all [{unfold}]", 0.22 * near
        yield f"{step}grind [{unfold}]", 0.24 * near
        if numeric:
            yield f"{step}simp_all [{unfold}] <;> omega", 0.2 * near
            yield f"{step}omega", 0.1 * near
        yield f"fun_induction {call.applied}", 0.15 * near
        if first and index == 0 and (free := _beside(view, call)):
            general, apart = f"fun_induction {call.applied} generalizing {' '.join(free)}", f"cases {free[0]}"
            yield f"{general} <;> {apart} <;> simp_all [Nat.mul_add]", 0.3
            yield f"{general} <;> grind [{others}]" if others else f"{general} <;> grind", 0.2
        yield from accumulators.of_call(view, call, unfold)
        yield from accumulators.of_counts(view, call, unfold)
        within = set(IDENT.findall(" ".join(call.arguments)))
        variables = [v.name for v in view.vars if v.name in within and v.value is None and is_data(v.type)]
        variables.sort(key=lambda name: name not in call.arguments)
        for x in variables[:2]:
            if x in seen:
                continue
            seen.add(x)
            own_along = [name for name in variables if name != x]
            along = own_along or [name for name in anywhere if name != x][:3]
            general = f" generalizing {' '.join(along)}" if along else ""
            yield f"induction {x} <;> try simp only [{unfold}]", 0.12 * near
            for more in dict.fromkeys((general, "" if own_along else general)):
                yield f"induction {x}{more} <;> simp_all [{unfold}]", 0.26 * near
                if index == 0 or more == general:
                    yield f"induction {x}{more} <;> grind [{unfold}]", 0.22 * near
                if numeric and more == general:
                    yield f"induction {x}{more} <;> simp_all [{unfold}] <;> omega", 0.2 * near
            if index == 0 and theorems:
                known = ", ".join([*names, *theorems])
                yield f"induction {x}{general} <;> simp_all [{known}]", 0.3 * near
                yield f"induction {x}{general} <;> grind [{known}]", 0.28 * near
            if first and index == 0 and view.context:
                split = f"(repeat' split) <;> simp_all [{unfold}]"
                yield f"induction {x} <;> simp only [{unfold}] <;> {split} <;> grind", 0.24
                for inner in found:
                    if inner.arguments[-1:] == (x,) and inner.text != call.text and stands_in(call.text, inner.text):
                        yield _forgotten(view, inner, x, unfold), 0.3
            if index == 0 and len(names) > 1 and view.context:
                step = f"induction {x}{general} <;> simp_all [{unfold}]"
                yield f"{step} <;> (repeat' split) <;> simp_all [{unfold}]", 0.2 * near
                yield f"{step} <;> grind [{unfold}]", 0.22 * near


def _beside(view: View, call: Call) -> list[str]:
    """Numbers and lists of the target that a call is not applied to: they may have to change along with it."""
    within = set(IDENT.findall(" ".join(call.arguments)))
    kinds = ("Nat", "ℕ", "List ")
    return [
        v.name
        for v in view.vars
        if v.name not in within and v.value is None and v.type.startswith(kinds) and mentions(view.target, v.name)
    ][:3]


def _forgotten(view: View, inner: Call, xs: str, unfold: str) -> str:
    """`f (g xs) = xs` by induction: with `z` for `g xs` the list is `f z`, and only the step of `g` is left."""
    z, ih, x = (view.fresh(wish) for wish in ("z", "ih", "x"))
    use = f"simp_all [{unfold}]"
    return (
        f"(induction {xs} with\n| nil => {use}\n| cons {x} {xs} {ih} =>\n"
        f"  simp only [{unfold}] at *\n  generalize {inner.text} = {z} at *\n  subst {ih}\n"
        f"  cases {z} <;> {use} <;> (repeat' split) <;> {use} <;> grind)"
    )


__all__ = ["propose"]
