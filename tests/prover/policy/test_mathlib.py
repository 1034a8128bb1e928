from __future__ import annotations

import re

import pytest

from lean_env.protocol import State
from prover.interfaces import Query
from prover.policy import TacticsPolicy
from prover.policy.tactics.mathlib import WORDS, words

POSITIVE = "x y : ℝ\nhx : 0 < x\nhy : 0 < y\n"


def offered(goal: str, available: frozenset[str] = WORDS) -> list[str]:
    return [c.tactic for c in TacticsPolicy(available).candidates(Query(State(0, (goal,), goal), "t", (), 0), 120)]


@pytest.mark.parametrize(
    ("goal", "tactic"),
    [
        ("x : ℝ\nh : 2 * x = 4\n⊢ x = 2", "linarith"),
        ("x y : ℝ\n⊢ (x + y) ^ 2 = x ^ 2 + 2 * x * y + y ^ 2", "ring"),
        (POSITIVE + "⊢ 0 < x * y + 1", "positivity"),
        (POSITIVE + "⊢ x * y ≤ (x + y) ^ 2", "nlinarith [mul_pos hx hy, sq_nonneg (x + y), sq_nonneg (x - y)]"),
        (POSITIVE + "⊢ 2 ≤ x / y + y / x", "field_simp"),
        (POSITIVE + "⊢ x / y = x * x / (y * x)", "(field_simp\n ring)"),
        ("n : ℕ\nh₀ : 1 < n\nh₁ : n < 5\n⊢ n ^ 2 < 30", "interval_cases n <;> omega"),
        ("i : Fin 3\n⊢ i = 0 ∨ i = 1 ∨ i = 2", "fin_cases i <;> simp_all"),
        ("x : ℝ\nh : |x - 1| < 2\n⊢ x < 3", "(rcases abs_cases (x - 1) with h1 | h1 <;> linarith)"),
        ("x y : ℝ\nh : (x - 1) * (y - 2) = 0\n⊢ x = 1 ∨ y = 2", "rcases mul_eq_zero.mp h with h1 | h1"),
        ("f : ℕ → ℕ\nh : ∀ (x : ℕ), ∃ y, f y = x\n⊢ False", "choose f1 hf using h"),
        ("⊢ ∑ i ∈ Finset.range 4, i = 6", "simp [Finset.sum_range_succ, Finset.prod_range_succ]"),
        ("n : ℕ\n⊢ (↑n : ℝ) + 1 = ↑(n + 1)", "push_cast"),
        ("p q : Prop\nh : ¬(p ∧ q)\n⊢ ¬p ∨ ¬q", "push_neg at *"),
        ("a b : ℝ\nh₀ : a + b = 3\nh₁ : a - b = 1\n⊢ a = 2", "linear_combination h₀ + h₁"),
        ("x y : ℝ\nh : x ≤ y\n⊢ x + 1 ≤ y + 1", "gcongr"),
        ("s t : Set ℕ\n⊢ s ∩ t ⊆ s", "aesop"),
    ],
)
def test_each_tactic_where_it_fits(goal: str, tactic: str) -> None:
    assert tactic in offered(goal)


def test_squares_carry_the_signs_of_three_positive_numbers() -> None:
    goal = "a b c : ℝ\nha : 0 < a\nhb : 0 < b\nhc : 0 < c\n⊢ a ^ 3 + b ^ 3 + c ^ 3 ≥ 3 * a * b * c"
    assert any("mul_nonneg ha.le (sq_nonneg (b - c))" in tactic for tactic in offered(goal))


@pytest.mark.parametrize("missing", sorted(WORDS))
def test_what_is_missing_is_not_offered(missing: str) -> None:
    goals = (
        "x y : ℝ\nh : |x - y| / 2 < 1\nh2 : ∀ (a : ℝ), ∃ b, a < b\nh3 : ¬x = y\n⊢ x ^ 2 + ↑n ≤ y",
        "n : ℕ\ni : Fin 3\nh : n < 4\nh4 : n * 3 = 0\n⊢ (if n = 1 then 2 else √3) = ∑ i ∈ Finset.range n, i",
    )
    for goal in goals:
        for tactic in offered(goal, WORDS - {missing}):
            assert not re.search(rf"(?<![\w.]){missing}(?![\w'])", tactic), tactic


def test_no_template_is_left_unfilled() -> None:
    goals = ("n : ℕ\n⊢ ∑ i ∈ Finset.range n, i = n * (n - 1) / 2", "x y : ℝ\nh : x < y\n⊢ x / 2 < y", "⊢ 2 ≤ 3")
    tactics = [tactic for goal in goals for tactic in offered(goal)]
    assert "induction n <;> simp_all [Finset.sum_range_succ, Finset.prod_range_succ, pow_succ] <;> ring" in tactics
    assert not any("{}" in tactic for tactic in tactics)


def test_words_are_found_inside_of_compound_tactics() -> None:
    assert words("(field_simp\n ring)") == {"field_simp", "ring"}
    assert words("interval_cases n <;> simp_all") == {"interval_cases"}
    assert words("by_contra! h") == {"by_contra"}
    assert words("simp [Nat.ring, use_it, h.use]") == frozenset()
    assert "norm_num" in words("exact ⟨1, by norm_num⟩")
