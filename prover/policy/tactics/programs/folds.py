"""Folds: two that go through a list in step, and the greatest or least number that one has seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import own
from prover.policy.tactics.view import Proposal, View, connective, have, seq

_FOLD = re.compile(r"List\.foldl (?P<f>max|min) (?P<s>[\w'₀-₉]+|\(.*?\)) (?P<xs>[\w'₀-₉]+)")
_START = re.compile(r"(?<![\w.'✝])List\.foldl ")
_MOST_FOLDS = 3


def propose(view: View) -> Iterator[Proposal]:
    yield from _folded(view)
    yield from _in_step(view)


def _in_step(view: View) -> Iterator[Proposal]:
    """What relates the results of folds through one list relates what they begin with, and each step keeps it."""
    folds = list(dict.fromkeys(_folds(view.target)))
    lists = {xs for _, _, xs in folds}
    v = next((v for v in view.vars if {v.name} == lists and v.type.startswith("List ") and v.value is None), None)
    relation = connective(view.target)
    if v is None or not 1 <= len(folds) <= _MOST_FOLDS or relation is None or "→" in view.target:
        return
    fresh = view.namer()
    key, ys, y, ih, h = (fresh(name) for name in ("hkey", "ys", "y", "ih", "h"))
    states = [fresh(f"s{i}") for i in range(len(folds))]
    before = after = view.target
    for (f, start, xs), state in zip(folds, states, strict=True):
        before = before.replace(f"List.foldl {f} {start} {xs}", state)
        after = after.replace(f"List.foldl {f} {start} {xs}", f"List.foldl {f} {state} {ys}")
    defined = ", ".join(own(view))
    cases = [f"cases {each}" for each in (y, *states)]
    tried = [f"simp_all [{defined}]", f"(simp_all [{defined}]; omega)", f"grind [{defined}]", "grind"]
    for some in (cases[:1], cases[1:2], cases[:2]):
        split = " <;> ".join(some)
        tried += [f"({split} <;> simp [{defined}] at * <;> omega)", f"({split} <;> simp_all [{defined}] <;> omega)"]
    lines = [
        f"intro {ys}",
        f"induction {ys} with",
        f"| nil => intro {' '.join(states)} {h}; exact {h}",
        f"| cons {y} {ys} {ih} =>",
        f"  intro {' '.join(states)} {h}",
        "  simp only [List.foldl_cons]",
        f"  apply {ih}",
        f"  first | {' | '.join(f'({each}; done)' for each in tried)}",
    ]
    starts = " ".join(start for _, start, _ in folds)
    begin = f"exact {key} {v.name} {starts} (by first | rfl | decide | simp [{defined}] | grind)"
    yield seq(have(key, f"∀ ({ys} : {v.type}) {' '.join(states)}, ({before}) → ({after})", lines), begin), 0.6


def _folds(text: str) -> Iterator[tuple[str, str, str]]:
    """What folds go on with, what they begin with, and the lists, as they are printed."""
    for match in _START.finditer(text):
        parts: list[str] = []
        at = match.end()
        while at < len(text) and len(parts) < 3:
            depth, end = 0, at
            while end < len(text) and (depth or text[end] not in " )]"):
                depth += (text[end] in "([{") - (text[end] in ")]}")
                end += 1
            parts.append(text[at:end])
            at = end + 1
        if len(parts) == 3:
            yield parts[0], parts[1], parts[2]


def _folded(view: View) -> Iterator[Proposal]:
    """The greatest number that a fold has seen is at least as large as each, and as what it began with."""
    match = _FOLD.search(view.target)
    if match is None:
        return
    f, xs, key = match["f"], match["xs"], view.fresh("hfold")
    v = next((v for v in view.vars if v.name == xs and v.value is None and v.type.startswith("List ")), None)
    if v is None:
        return
    fold = f"List.foldl {f} a ys"
    low, high = ("a", fold) if f == "max" else (fold, "a")
    member, other = ("y", fold) if f == "max" else (fold, "y")
    claim = f"∀ (ys : {v.type}) a, {low} ≤ {high} ∧ (∀ y ∈ ys, {member} ≤ {other}) ∧ ({fold} = a ∨ {fold} ∈ ys)"
    kind = "Int" if "Int" in v.type or "ℤ" in v.type else "Nat"
    # of `a ≤ z` and `z ≤ a`, what the fold goes on with
    ends = ["exact Or.inr (Or.inl (by rw [h3]; omega))", "exact Or.inl (by rw [h3]; omega)"]
    below, above = ends if f == "max" else ends[::-1]
    lines = [
        "intro ys",
        "induction ys with",
        "| nil => simp",
        "| cons z zs ih =>",
        "  intro a",
        f"  obtain ⟨h1, h2, h3⟩ := ih ({f} a z)",
        "  simp only [List.foldl_cons, List.mem_cons]",
        "  refine ⟨by omega, ?_, ?_⟩",
        "  · rintro y (rfl | hy)",
        "    · omega",
        "    · exact h2 y hy",
        "  · rcases h3 with h3 | h3",
        f"    · rcases {kind}.le_total a z with hz | hz",
        f"      · {below}",
        f"      · {above}",
        "    · exact Or.inr (Or.inr h3)",
    ]
    yield seq(have(key, claim, lines), f"have := {key} {xs} {match['s']}", "grind"), 0.7


__all__ = ["propose"]
