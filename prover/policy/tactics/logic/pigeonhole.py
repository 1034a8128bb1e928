"""The pigeonhole principle: a function into fewer numbers than it is given takes a value twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import Proposal, View, seq

_TWICE = re.compile(r"∃ ([\w'₀-₉]+) ([\w'₀-₉]+),? .*?([\w'₀-₉]+) \1 = \3 \2(?![\w'])")
# By induction on the number of values: a function that avoids the last one gives way to the last argument's value.
_LEMMA = """have {lemma} : ∀ n : Nat, ∀ f : Nat → Nat, (∀ i, i ≤ n → f i < n) → ∃ i j, i < j ∧ j ≤ n ∧ f i = f j := by
  intro n
  induction n with
  | zero => intro f hf; exact absurd (hf 0 (Nat.le_refl 0)) (Nat.not_lt_zero _)
  | succ n ih =>
    intro f hf
    by_cases hc : ∃ i, i ≤ n ∧ f i = f (n + 1)
    · obtain ⟨i, hi, he⟩ := hc
      exact ⟨i, n + 1, by omega, by omega, he⟩
    · have hn : ∀ i, i ≤ n → f i ≠ f (n + 1) := fun i hi he => hc ⟨i, hi, he⟩
      have hg : ∀ i, i ≤ n → (fun i => if f i = n then f (n + 1) else f i) i < n := by
        intro i hi
        have h1 := hf i (by omega)
        have h2 := hf (n + 1) (by omega)
        have h3 := hn i hi
        try dsimp only
        split <;> omega
      obtain ⟨i, j, hij, hj, he⟩ := ih _ hg
      refine ⟨i, j, hij, by omega, ?_⟩
      have h1 := hn i (by omega)
      have h2 := hn j hj
      try dsimp only at he
      split at he <;> split at he <;> omega"""


def propose(view: View) -> Iterator[Proposal]:
    match = _TWICE.search(view.target)
    kinds = {v.name: canonical(v.type) for v in view.vars}
    if match is None:
        return
    f = match[3]
    if kinds.get(f) == "Nat → Bool":
        yield _two_values(view, f), 0.8
    if kinds.get(f) != "Nat → Nat":
        return
    for h in view.props:
        bound = re.search(rf"(?<![\w'.]){re.escape(f)} [\w'₀-₉]+ (<|≤) ([\w'₀-₉]+|\(.+\))$", h.type)
        if bound is None or not h.type.startswith("∀"):
            continue
        n = bound[2] if bound[1] == "<" else f"({bound[2]} + 1)"
        fresh = view.namer()
        lemma, i, j, hi, hj, he = (fresh(name) for name in ("hpig", "i", "j", "hi", "hj", "he"))
        within = f"fun {i} {hi} => by have {he} := {h.name} {i}; first | omega | exact {he} | grind"
        yield (
            seq(
                _LEMMA.format(lemma=lemma),
                f"obtain ⟨{i}, {j}, {hi}, {hj}, {he}⟩ := {lemma} {n} {f} ({within})",
                f"first | exact ⟨{i}, {j}, {hi}, {hj}, {he}⟩ | exact ⟨{i}, {j}, by grind⟩",
            ),
            0.8,
        )


def _two_values(view: View, f: str) -> str:
    """A function into the truth values takes one of them twice at 0, 1 and 2."""
    fresh = view.namer()
    lemma, i, j, hi, hj, he = (fresh(name) for name in ("hpig", "i", "j", "hi", "hj", "he"))
    return seq(
        _LEMMA.format(lemma=lemma),
        f"obtain ⟨{i}, {j}, {hi}, {hj}, {he}⟩ := {lemma} 2 (fun k => ({f} k).toNat) (fun k _ => Bool.toNat_lt ({f} k))",
        f"have {he} : {f} {i} = {f} {j} := by cases h1 : {f} {i} <;> cases h2 : {f} {j} <;> simp_all",
        f"first | exact ⟨{i}, {j}, {hi}, {hj}, {he}⟩ | exact ⟨{i}, {j}, by grind⟩",
    )
