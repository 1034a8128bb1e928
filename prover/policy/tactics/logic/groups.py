"""Groups given by an operation and its axioms among the hypotheses.

What the axioms leave out is derived from them, and with it the ten rules of Knuth and Bendix (Simple Word Problems in
Universal Algebras, 1970), by which `simp` decides every equation that holds in all groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from prover.policy.tactics.patterns import universal
from prover.policy.tactics.view import NAME, Proposal, View, seq

_ASSOCIATIVE = re.compile(rf"{NAME} \(\1 {NAME} {NAME}\) {NAME} = \1 \2 \(\1 \3 \4\)")
_LEFT_ONE = re.compile(rf"{NAME} {NAME} {NAME} = \3")
_RIGHT_ONE = re.compile(rf"{NAME} {NAME} {NAME} = \2")
_LEFT_INVERSE = re.compile(rf"{NAME} \({NAME} {NAME}\) \3 = {NAME}")
_RIGHT_INVERSE = re.compile(rf"{NAME} {NAME} \({NAME} \2\) = {NAME}")
_SQUARE = re.compile(rf"{NAME} {NAME} \2 = {NAME}")
_ON_THE_LEFT = re.compile(rf"{NAME} {NAME} \({NAME} {NAME} {NAME}\) = \3 \(\1 \2 \4\) \(\1 \2 \5\)")
_ON_THE_RIGHT = re.compile(rf"{NAME} \({NAME} {NAME} {NAME}\) {NAME} = \2 \(\1 \3 \5\) \(\1 \4 \5\)")
_SQUARE_OF_ITS_OWN = re.compile(rf"{NAME} {NAME} \2 = \2")


Axioms = list[tuple[str, str]]
"""Hypotheses, and the equations that they say of everything."""


@dataclass(frozen=True)
class Group:
    """An operation `m` with a neutral element `e`, inverses `i`, and the hypotheses that say so."""

    m: str
    e: str
    i: str
    associative: str
    one: str
    inverse: str
    left: bool
    """Are `e` and `i` known to be neutral and inverse on the left? Else on the right."""


def propose(view: View) -> Iterator[Proposal]:
    if any("hki" in tactic for tactic in view.history):
        return
    axioms = _axioms(view)
    yield from _involutions(axioms)
    for group in _groups(axioms)[:1]:
        steps = [*_other_side(group), *_rules(group), *_squares(axioms, group)]
        laws = [name for name, text in axioms if name not in (group.associative, group.one, group.inverse)]
        closers = ["(simp [*]; done)", "(intros; simp_all; done)", *_solutions(view, group)]
        closers += [*(_commuting(group, law) for law in laws[-2:]), *_cancelled(view, group), "skip"]
        if ring := _ring(axioms, group):
            yield seq(*steps, *ring, f"first | {' | '.join(closers)}"), 0.52
        yield seq(*steps, f"first | {' | '.join(closers)}"), 0.5


def _involutions(axioms: Axioms) -> Iterator[Proposal]:
    """A monoid in which every square is neutral: its operation commutes."""
    for associative, m in ((name, match[1]) for name, text in axioms if (match := _ASSOCIATIVE.fullmatch(text))):
        of_m = [(name, text) for name, text in axioms if text.startswith(f"{m} ")]
        left = [(name, match[2]) for name, text in of_m if (match := _LEFT_ONE.fullmatch(text))]
        right = [(name, match[3]) for name, text in of_m if (match := _RIGHT_ONE.fullmatch(text))]
        squares = [(name, match[3]) for name, text in of_m if (match := _SQUARE.fullmatch(text))]
        for (one, e), (neutral, e1), (square, e2) in product(left, right, squares):
            if e == e1 == e2:
                yield (
                    seq(
                        f"have hk1 : ∀ a b, {m} a ({m} a b) = b := by intro a b; rw [← {associative}, {square}, {one}]",
                        f"have hk2 : ∀ a b, {m} b ({m} a b) = a := by intro a b; have hk8 := congrArg ({m} a) "
                        f"({square} ({m} a b)); rw [{associative}, hk1, {neutral}] at hk8; exact hk8",
                        f"have hk7 : ∀ a b, {m} a b = {m} b a := by intro a b; have hk9 := congrArg ({m} b) (hk2 a b); "
                        "rw [hk1] at hk9; exact hk9",
                        "first | exact hk7 | (intros; simp_all; done) | skip",
                    ),
                    0.5,
                )


def _axioms(view: View) -> Axioms:
    """The equations that hold of everything, by the names of their hypotheses."""
    rules = ((h.name, universal(h.type)) for h in view.props)
    return [(name, rule.conclusion) for name, rule in rules if rule.binders and not rule.premises]


def _groups(axioms: Axioms) -> list[Group]:
    """The groups that the hypotheses describe."""

    def holds(pattern: re.Pattern[str], *known: tuple[int, str]) -> list[tuple[str, re.Match[str]]]:
        matches = [(name, match) for name, text in axioms if (match := pattern.fullmatch(text))]
        return [each for each in matches if all(each[1][place] == value for place, value in known)]

    found = []
    for associative, match in holds(_ASSOCIATIVE):
        m = match[1]
        for left, ones, inverses in ((True, _LEFT_ONE, _LEFT_INVERSE), (False, _RIGHT_ONE, _RIGHT_INVERSE)):
            for one, neutral in holds(ones, (1, m)):
                e = neutral[2] if left else neutral[3]
                for inverse, inverted in holds(inverses, (1, m), (4, e)):
                    i = inverted[2] if left else inverted[3]
                    found.append(Group(m, e, i, associative, one, inverse, left))
    return found


def _other_side(g: Group) -> list[str]:
    """What is neutral or inverse on one side is so on the other: `hko` and `hki`, the first two of the rules."""
    m, i, e = g.m, g.i, g.e
    twice = f"have hk8 := {g.inverse} ({i} a)"
    if g.left:
        longer = f"{m} a ({i} a) = {m} ({m} ({i} ({i} a)) ({i} a)) ({m} a ({i} a))"
        moved = f"{g.associative}, ← {g.associative} ({i} a) a ({i} a), {g.inverse}"
        claims = f"{m} a ({i} a) = {e}", f"{m} a {e} = a"
        neutral = f"rw [← {g.inverse} a, ← {g.associative}, hki, {g.one}]"
    else:
        longer = f"{m} ({i} a) a = {m} ({m} ({i} a) a) ({m} ({i} a) ({i} ({i} a)))"
        moved = f"← {g.associative}, {g.associative} ({i} a) a ({i} a), {g.inverse} a"
        claims = f"{m} ({i} a) a = {e}", f"{m} {e} a = a"
        neutral = f"rw [← {g.inverse} a, {g.associative}, hki, {g.one}]"
    return [
        f"have hki : ∀ a, {claims[0]} := by intro a; {twice}; "
        f"have hk9 : {longer} := (by rw [hk8, {g.one}]); rw [hk9, {moved}, {g.one}, hk8]",
        f"have hko : ∀ a, {claims[1]} := by intro a; {neutral}",
    ]


def _rules(g: Group) -> list[str]:
    """The rules that the axioms are not."""
    m, i, e = g.m, g.i, g.e
    left_inverse, right_inverse = (g.inverse, "hki") if g.left else ("hki", g.inverse)
    left_one, right_one = (g.one, "hko") if g.left else ("hko", g.one)
    return [
        f"have hk1 : ∀ a b, {m} ({i} a) ({m} a b) = b := "
        f"by intro a b; rw [← {g.associative}, {left_inverse}, {left_one}]",
        f"have hk2 : ∀ a b, {m} a ({m} ({i} a) b) = b := "
        f"by intro a b; rw [← {g.associative}, {right_inverse}, {left_one}]",
        f"have hk3 : ∀ a, {i} ({i} a) = a := "
        f"by intro a; have hk8 := hk1 ({i} a) a; rw [{left_inverse}, {right_one}] at hk8; exact hk8",
        f"have hk4 : {i} {e} = {e} := by have hk8 := {left_inverse} {e}; rw [{right_one}] at hk8; exact hk8",
        f"have hk5 : ∀ a b, {i} ({m} a b) = {m} ({i} b) ({i} a) := by intro a b; "
        f"have hk8 := hk1 ({m} a b) ({m} ({i} b) ({i} a)); "
        f"rw [{g.associative}, hk2, {right_inverse}, {right_one}] at hk8; exact hk8",
    ]


def _commuting(g: Group, law: str) -> str:
    """The operation commutes, by a law of two variables without its common ends: `(x * y) ^ 2 = x ^ 2 * y ^ 2`, or at
    inverses: `(x * y)⁻¹ = x⁻¹ * y⁻¹`."""
    m, i, rules = g.m, g.i, _simp_set(g)
    ends = f"congrArg (fun hkt => {m} ({i} a) ({m} hkt ({i} b))) ({law} a b)"
    ways = [f"have hk8 := {instance}; simp only [{rules}] at hk8" for instance in (ends, f"{law} ({i} a) ({i} b)")]
    tried = " | ".join(f"({way}; first | exact hk8 | exact hk8.symm)" for way in ways)
    known = f"have hk7 : ∀ a b, {m} a b = {m} b a := (by intro a b; first | {tried})"
    return f"({known}; first | exact hk7 | exact hk7 _ _ | (intros; simp_all; done))"


def _simp_set(g: Group) -> str:
    return ", ".join([g.associative, g.one, g.inverse, "hki", "hko", *(f"hk{n}" for n in range(1, 6))])


def _cancelled(view: View, g: Group) -> Iterator[str]:
    """An equation of the context or a premise of the goal, multiplied by the inverse of an element on one side."""
    m, i, rules = g.m, g.i, _simp_set(g)
    carrier = next((v.type for v in view.vars if v.name == g.e), "")
    elements = [v.name for v in view.vars if v.value is None and v.type == carrier and v.name != g.e][-3:]
    equations = [h.name for h in view.props if " = " in h.type and not h.type.startswith("∀")][-2:]
    opened = re.match(rf"∀ \(?([\w'₀-₉]+(?: [\w'₀-₉]+)*)(?: : [^)]*)?\)?, {re.escape(m)} [^→]* = [^→]* → ", view.target)
    intro = ""
    if opened is not None:
        elements, equations = opened[1].split()[:3], ["hk8"]
        intro = f"intro {' '.join(opened[1].split())} hk8; "
    for h in equations:
        for x in elements:
            for side in (f"{m} ({i} {x}) hkt", f"{m} hkt ({i} {x})"):
                done = "first | exact hk9 | exact hk9.symm"
                yield f"({intro}have hk9 := congrArg (fun hkt => {side}) {h}; simp only [{rules}] at hk9; {done})"


def _solutions(view: View, g: Group) -> list[str]:
    """What solves `m x z = y` or `m z x = y` for `z`."""
    if not view.target.startswith("∃"):
        return []
    elements = [v.name for v in view.vars if v.value is None and " " not in v.type and v.name != g.e][-2:]
    pairs = [(x, y) for x in elements for y in elements if x != y]
    terms = [term for x, y in pairs for term in (f"{g.m} ({g.i} {x}) {y}", f"{g.m} {y} ({g.i} {x})")]
    return [f"exact ⟨{term}, by simp [*]⟩" for term in terms]


def _squares(axioms: Axioms, g: Group) -> list[str]:
    """Where every square is neutral, everything is its own inverse, and the operation commutes."""
    for square, text in axioms:
        match = _SQUARE.fullmatch(text)
        if match and (match[1], match[3]) == (g.m, g.e):
            right_one = "hko" if g.left else g.one
            own = f"have hk8 := hk1 a a; rw [{square}, {right_one}] at hk8; exact hk8"
            commutes = f"∀ a b, {g.m} a b = {g.m} b a := by intro a b; rw [← hk6 ({g.m} a b), hk5, hk6, hk6]"
            return [f"have hk6 : ∀ a, {g.i} a = a := by intro a; {own}", f"have hk7 : {commutes}"]
    return []


def _ring(axioms: Axioms, g: Group) -> list[str]:
    """Where a second operation distributes over the group's: products with 0 and with opposites; and where every
    element is its own square, each is its own opposite, and the second operation commutes."""
    a, n, z = g.m, g.i, g.e
    left = next(
        ((name, match[1]) for name, text in axioms if (match := _ON_THE_LEFT.fullmatch(text)) and match[3] == a), None
    )
    right = next(
        ((name, match[1]) for name, text in axioms if (match := _ON_THE_RIGHT.fullmatch(text)) and match[2] == a), None
    )
    if left is None or right is None or left[1] != right[1]:
        return []
    m, over, under = left[1], left[0], right[0]
    left_inverse, right_inverse = (g.inverse, "hki") if g.left else ("hki", g.inverse)
    right_one = "hko" if g.left else g.one

    def known(name: str, claim: str, at: str, rules: str) -> str:
        """By the first rule of the group at two terms, rewritten."""
        steps = f"intro {claim.split(',')[0]}; have hk8 := hk1 {at}; rw [{rules}] at hk8; exact hk8.symm"
        return f"have {name} : ∀ {claim} := by {steps}"

    steps = [
        known("hr1", f"x, {m} x {z} = {z}", f"({m} x {z}) ({m} x {z})", f"← {over}, {right_one} {z}, {left_inverse}"),
        known("hr2", f"x, {m} {z} x = {z}", f"({m} {z} x) ({m} {z} x)", f"← {under}, {right_one} {z}, {left_inverse}"),
        known(
            "hr3",
            f"x y, {m} x ({n} y) = {n} ({m} x y)",
            f"({m} x y) ({m} x ({n} y))",
            f"← {over}, {right_inverse}, hr1, {right_one}",
        ),
        known(
            "hr4",
            f"x y, {m} ({n} x) y = {n} ({m} x y)",
            f"({m} x y) ({m} ({n} x) y)",
            f"← {under}, {right_inverse}, hr2, {right_one}",
        ),
    ]
    own = next((name for name, text in axioms if (match := _SQUARE_OF_ITS_OWN.fullmatch(text)) and match[1] == m), None)
    if own is not None:
        steps += [
            f"have hr5 : ∀ x, {a} x x = {z} := by intro x; have hk8 := {own} ({a} x x); "
            f"rw [{over}, {under}, {own}] at hk8; have hk9 := hk1 ({a} x x) ({a} x x); "
            f"rw [hk8, {left_inverse}] at hk9; exact hk9.symm",
            f"have hr6 : ∀ x, {n} x = x := by intro x; have hk8 := hk1 x x; rw [hr5, {right_one}] at hk8; exact hk8",
            f"have hr7 : ∀ x y, {m} x y = {m} y x := by\n  intro x y\n  have hk8 := {own} ({a} x y)\n"
            f"  rw [{over}, {under}, {under}, {own} x, {own} y, {g.associative}] at hk8\n"
            f"  have hk8 := congrArg ({a} ({n} x)) hk8\n  rw [hk1, hk1] at hk8\n"
            f"  have hk8 := congrArg ({a} ({n} ({m} y x))) hk8\n  rw [hk1, hr6] at hk8\n"
            f"  have hk8 := congrArg (fun t => {a} t ({n} y)) hk8\n"
            f"  simp only [{g.associative}, {right_inverse}, {right_one}] at hk8\n  exact hk8",
        ]
    return steps


__all__ = ["propose"]
