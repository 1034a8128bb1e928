"""No function gives `f (f n) = n + k` for an odd `k`: on the remainders by `k` it would pair them off without one left.

As in the solutions of problem 4 of the International Mathematical Olympiad of 1987.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import NAME, Proposal, View, have, seq

_LAW = re.compile(rf"∀ \(?{NAME}(?: : (?:Nat|ℕ))?\)?, {NAME} \(\2 \1\) = \1 \+ (\d{{1,6}})")
_NO_LAW = re.compile(rf"∃ {NAME}, {NAME} \(\2 \1\) ≠ \1 \+ (\d{{1,6}})")
_NO_FUNCTION = re.compile(rf"¬∃ {NAME}, (∀ .+)")


def propose(view: View) -> Iterator[Proposal]:
    functions = {v.name for v in view.vars if canonical(v.type) == "Nat → Nat" and v.value is None}
    fresh = view.namer()
    hlaw, hn, hf = fresh("hlaw"), fresh("hn"), fresh("hf")
    for h in view.props:
        law = _LAW.fullmatch(h.type)
        if law is not None and law[2] in functions and int(law[3]) % 2:
            renamed = [f"have {hlaw} := {h.name}", f"generalize {law[2]} = {hf} at {hlaw}"]
            yield seq("exfalso", *renamed, *_contradiction(hf, law[3], hlaw)), 0.9
    no_law, no_function = _NO_LAW.fullmatch(view.target), _NO_FUNCTION.fullmatch(view.target)
    if no_law is not None and no_law[2] in functions and int(no_law[3]) % 2:
        f, k = no_law[2], no_law[3]
        claim = f"have {hlaw} : ∀ n, {f} ({f} n) = n + {k} := fun n => Classical.byContradiction fun h => {hn} ⟨n, h⟩"
        begin = ["apply Classical.byContradiction", f"intro {hn}", claim, f"generalize {f} = {hf} at {hlaw}"]
        yield seq(*begin, *_contradiction(hf, k, hlaw)), 0.9
    law = _LAW.fullmatch(no_function[2]) if no_function is not None else None
    if no_function is not None and law is not None and law[2] == no_function[1] and int(law[3]) % 2:
        yield seq(f"rintro ⟨{hf}, {hlaw}⟩", *_contradiction(hf, law[3], hlaw)), 0.9


def _contradiction(f: str, k: str, law: str) -> list[str]:
    """What is added `k` to goes to what is added `k` to; so the remainder of `f r` gives back that of `r`, and is
    another. A list that is made of such pairs is of even length."""
    shift = f"fun n => by rw [← {law} n, {law} ({f} n)]"
    shifts = [
        "intro q",
        "induction q with",
        "| zero => intro n; simp",
        f"| succ q ih => intro n; rw [show n + (q + 1) * {k} = n + q * {k} + {k} by omega, hshift, ih]; omega",
    ]
    partner = [
        "intro r hr",
        f"have h1 := hshifts ({f} r / {k}) ({f} r % {k})",
        f"rw [show {f} r % {k} + {f} r / {k} * {k} = {f} r by omega, {law} r] at h1",
        "refine ⟨by omega, by omega, fun h2 => ?_⟩",
        "rw [h2] at h1",
        "omega",
    ]
    return [
        f"have hshift : ∀ n, {f} (n + {k}) = {f} n + {k} := {shift}",
        have("hshifts", f"∀ q n, {f} (n + q * {k}) = {f} n + q * {k}", shifts),
        have("hpartner", f"∀ r, r < {k} → {f} r % {k} < {k} ∧ {f} ({f} r % {k}) % {k} = r ∧ {f} r % {k} ≠ r", partner),
        *_even_length("hpairs", f"({f} {{}} % {k})"),
        f"have heven := hpairs _ (List.range {k}) (Nat.le_refl _) List.nodup_range fun r hr => by\n"
        "  have hr := hpartner r (List.mem_range.mp hr)\n"
        "  exact ⟨List.mem_range.mpr hr.1, hr.2⟩",
        "simp at heven",
    ]


def _even_length(name: str, partner: str) -> list[str]:
    """A lemma of that name: a list is of even length where each of its members has another for its partner there. It is
    by induction on the length, without a first member and its partner."""

    def of(x: str) -> str:
        return partner.format(x)

    def paired(x: str, members: str) -> str:
        return f"{of(x)} ∈ {members} ∧ {of(of(x))} = {x} ∧ {of(x)} ≠ {x}"

    left = f"t.erase {of('x')}"
    kept = [
        "intro y hy",
        "obtain ⟨hy, hyt⟩ := hnodup.2.mem_erase_iff.mp hy",
        "obtain ⟨h1, h2, h3⟩ := hx y (List.mem_cons_of_mem _ hyt)",
        "refine ⟨hnodup.2.mem_erase_iff.mpr ⟨fun he => ?_, ?_⟩, h2, h3⟩",
        "· rw [he, hback] at h2; exact hnodup.1 (h2 ▸ hyt)",
        "· rcases List.mem_cons.mp h1 with h1 | h1",
        "  · rw [h1] at h2; exact absurd h2.symm hy",
        "  · exact h1",
    ]
    rest = [
        "obtain ⟨hmem, hback, hother⟩ := hx x (List.mem_cons_self ..)",
        f"have hmem : {of('x')} ∈ t := (List.mem_cons.mp hmem).resolve_left hother",
        "have hnodup := List.nodup_cons.mp hl",
        "have hlen := List.length_erase_of_mem hmem",
        "have hpos := List.length_pos_of_mem hmem",
        have("hkept", f"∀ y ∈ {left}, {paired('y', left)}", kept),
        "have heven := ih _ (by simp at hn; omega) (hnodup.2.erase _) hkept",
        "simp; omega",
    ]
    lines = [
        "intro n",
        "induction n with",
        "| zero => intro l hn _ _; simp [List.length_eq_zero_iff.mp (Nat.le_zero.mp hn)]",
        "| succ n ih =>",
        "  intro l hn hl hx",
        "  cases l with",
        "  | nil => rfl",
        "  | cons x t =>",
        *("    " + line.replace("\n", "\n    ") for line in rest),
    ]
    claim = f"∀ n (l : List Nat), l.length ≤ n → l.Nodup → (∀ x ∈ l, {paired('x', 'l')}) → l.length % 2 = 0"
    return [have(name, claim, lines)]


__all__ = ["propose"]
