"""What the arithmetic rules find out in Python; `test_arithmetic_on_lean` has Lean judge what they propose."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from prover.policy.tactics.diophantine import bounded, factors
from prover.policy.tactics.divisors import divisibility, gcds, modular
from prover.policy.tactics.estimates import inequalities
from prover.policy.tactics.functional import equations
from prover.policy.tactics.logic import refutation, witnesses
from prover.policy.tactics.logic.refutation import counterexamples
from prover.policy.tactics.sequences import growth, recurrences
from prover.policy.tactics.simplex import feasible
from prover.policy.tactics.sources import SOURCES
from prover.policy.tactics.view import Proposal, View, view_of

Rule = Callable[[View], Iterator[Proposal]]


def offered(rule: Rule, goal: str) -> list[str]:
    view = view_of((goal,), ())
    assert view is not None
    return [tactic for tactic, _ in rule(view)]


@pytest.mark.parametrize(
    ("rule", "goal", "part"),
    [
        (witnesses.propose, "N : ℕ\n⊢ ∃ n, N < n ∧ 7 ∣ n * 2 ^ n + 1", "refine ⟨21 * N + 5, by omega, ?_⟩"),
        (divisibility.propose, "x : ℤ\n⊢ x ^ 2 + x + 1 ∣ x ^ 5 + x ^ 4 + 1", "exact ⟨x ^ 3 + 1 - x, by grind⟩"),
        (divisibility.propose, "a b : ℤ\nn : ℕ\n⊢ a - b ∣ a ^ n - b ^ n", "exact ⟨(a) * k + ((b ^ n)), by grind⟩"),
        (divisibility.propose, "a n : ℕ\n⊢ a ∣ (a + 1) ^ n - 1", "∀ k : Nat, ∃ q, (a + 1) ^ k = (a) * q + 1"),
        (gcds.propose, "n : ℕ\n⊢ Nat.gcd (5 * n + 3) (7 * n + 4) = 1", "(7) * (5 * n + 3) - (5) * (7 * n + 4) = 1"),
        (divisibility.propose, "a b c : ℤ\nh : a ∣ b\nh1 : a ∣ c\n⊢ a ∣ 3 * b - 5 * c", "(3) * k0 + (-5) * k1"),
        (factors.propose, "x y : ℤ\nh : x * y + 3 * x + 2 * y = 11\n⊢ p", "(x + 2) * (y + 3) = 17"),
        (factors.propose, "x y : ℤ\nh : x ^ 2 - y ^ 2 = 13\n⊢ p", "(x - y) * (x + y) = 13"),
        (factors.propose, "x : ℚ\nh : 2 * x ^ 2 - 7 * x + 3 = 0\n⊢ x = 3", "(x - 3) * (2 * x - 1) = 0"),
        (factors.propose, "a b : ℕ\nh : a * b = 6\n⊢ a = 2", "(a) * (b) = 6"),
        (modular.propose, "n : ℕ\n⊢ 30 ∣ n ^ 5 - n", "n ^ 5 % 30 = n % 30"),
        (modular.propose, "x y : ℤ\n⊢ x ^ 2 - 5 * y ^ 2 ≠ 2", "x ^ 2 % 8 = 0 ∨ x ^ 2 % 8 = 1 ∨ x ^ 2 % 8 = 4"),
        (modular.propose, "n : ℕ\nh : n % 4 = 1\n⊢ 3 ^ n % 10 = 3", "n = 4 * k + 1"),
        (modular.propose, "n : ℕ\n⊢ 2 ^ n % 7 ≠ 3", "n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2"),
        (witnesses.propose, "x : ℤ\n⊢ ∃ y, x + y = 10", "exact ⟨10 - x, by"),
        (witnesses.propose, "n : ℤ\n⊢ ∃ k, n ^ 3 - n = 6 * k", "show 6 ∣ n ^ 3 - n"),
        (witnesses.propose, "n : ℕ\n⊢ ∃ m, n < m ∧ m % 3 = 1 ∧ m % 2 = 0", "exact ⟨6 * (n) + 4, by"),
        (equations.propose, "f : ℤ → ℤ\nh : ∀ (x : ℤ), f (2 * x + 1) = x ^ 2 - 3\n⊢ f 9 = 13", "h 4"),
        (
            equations.propose,
            "f : ℤ → ℤ\nh : ∀ (x y : ℤ), f (x * y) = f x * f y\nh2 : f 2 = 3\n⊢ f 8 = 27",
            "have e0 := h 2 2\n have e1 := h 2 4",
        ),
        (
            recurrences.propose,
            "u : ℕ → ℤ\nh0 : u 0 = 0\nh1 : u 1 = 1\nh : ∀ (n : ℕ), u (n + 2) = 3 * u (n + 1) - 2 * u n\n"
            "⊢ ∀ (n : ℕ), u n = 2 ^ n - 1",
            "∀ k : Nat, (u k = 2 ^ k - 1) ∧ (u (k + 1) = 2 ^ (k + 1) - 1)",
        ),
        (
            recurrences.propose,
            "x : ℕ → ℕ\nh0 : x 0 = 3\nh : ∀ (n : ℕ), x (n + 1) = (5 * x n + 1) % 7\n⊢ x 2026 = 1",
            "∀ k : Nat, x (6 * k) = 3",
        ),
        (
            recurrences.propose,
            "u : ℕ → ℕ\nh0 : u 0 = 1\nh : ∀ (n : ℕ), u (n + 1) = u n + 2 * n + 3\n⊢ u 100 = 10201",
            "u k = 1 + 2 * k + 1 * k ^ 2",
        ),
        (inequalities.propose, "a b : ℚ\n⊢ a * b ≤ (a ^ 2 + b ^ 2) / 2", "0 ≤ (a - b) ^ 2"),
        (inequalities.propose, "x : ℚ\nhx : 0 < x\n⊢ x + 1 / x ≥ 2", ": 0 ≤ (1 - x) ^ 2)"),
        (inequalities.propose, "x : ℤ\n⊢ x * (x + 1) ≥ 0", "0 ≤ (2 * x + 1) ^ 2"),
        (inequalities.propose, "x y : ℕ\nh : x < y\n⊢ x ^ 2 + x < y ^ 2", "exact_mod_cast hkey x y"),
        (refutation.propose, "⊢ ¬∀ (a b : ℕ), a < b → a + 1 < b", "exact absurd (h 0 1) (by decide)"),
        (refutation.propose, "⊢ ¬∀ (n : ℕ), n ^ 2 + n + 41 ≠ 41 * 43", "exact absurd (h 41) (by decide)"),
    ],
)
def test_what_is_found(rule: Rule, goal: str, part: str) -> None:
    found = offered(rule, goal)
    assert any(part in tactic for tactic in found), found


@pytest.mark.parametrize(
    ("rule", "goal"),
    [
        (divisibility.propose, "x : ℤ\n⊢ x + 1 ∣ x ^ 2 + 1"),
        (factors.propose, "x y : ℤ\nh : x ^ 2 + y ^ 2 = 7\n⊢ p"),
        (inequalities.propose, "x y : ℚ\n⊢ x * y ≤ x ^ 2"),
        (inequalities.propose, "x : ℤ\n⊢ x ^ 2 ≥ x + 1"),
        (refutation.propose, "⊢ ¬∀ (a b : ℕ), a < b → a + 1 ≤ b"),
        (refutation.propose, "n : ℕ\n⊢ ¬n < 0"),
    ],
)
def test_nothing_is_found_where_there_is_nothing(rule: Rule, goal: str) -> None:
    assert offered(rule, goal) == []


def test_counterexamples_among_functions_propositions_and_rationals() -> None:
    def first(text: str) -> tuple[str, ...]:
        return counterexamples(text)[0].arguments

    assert first("∀ (p q : Prop), (p → q) → q → p") == ("False", "True")
    assert first("∀ (x : ℚ), x ^ 2 ≥ x") == ("(1 / 2)",)
    assert first("∀ (f : ℤ → ℤ), (∀ (x y : ℤ), f (x + y) = f x + f y) → f 1 = 0") == ("(fun x => x)",)
    assert first("∀ (a : ℕ → ℕ), a 0 = 1 → (∀ (n : ℕ), a (n + 1) = 2 * a n) → a 3 = 6") == (
        "(fun m => Nat.rec (motive := fun _ => Nat) (1) (fun n p => 2 * p) m)",
    )
    assert not counterexamples("∀ (f : ℕ → ℕ), (∀ (n : ℕ), f n = n) → f 3 = 3")


def test_linear_programs() -> None:
    assert feasible([[1.0, 1.0], [1.0, -1.0]], [2.0, 0.0]) == pytest.approx([1.0, 1.0])
    assert feasible([[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0]) is None
    assert feasible([[-1.0]], [1.0]) is None


@pytest.mark.parametrize(
    "goal",
    [
        "n : ℕ\n⊢ 0 ∣ n * (n + 1)",
        "n : ℕ\n⊢ Nat.gcd (n + 100000000000000000000000000000) n ≤ 7",
        "f u : ℕ → ℕ\nhf : f 0 = 1\nh : ∀ (n : ℕ), f (n + 1) = f n + 1\nhu : u 1 = 2\n"
        "h2 : ∀ (n : ℕ), u (n + 1) = u n + 1\nn : ℕ\n⊢ f n = u n",
        "⊢ ∃ x, x ^ 0 = 4",
        "n : ℕ\n⊢ ∃ x, x ^ 0 = n ^ 2",
        "⊢ ¬∀ (a : ℕ → ℕ), a 0 = 2 → (∀ (n : ℕ), a (n + 1) = a n + 1) → a 100 ^ 2 = 3",
        "a : ℕ → ℚ\nh0 : a 0 = 2\nh : ∀ (n : ℕ), a (n + 1) = a n * a n + 1\n⊢ a 100 = 3",
        "g : ℕ → ℕ\nh0 : g 0 = 20\nh : ∀ (x : ℕ), g (x + 1) = g x ^ 2 + g x + 13\n⊢ g 40 = 3",
        "⊢ ¬∀ (a b c d e f g h i j : ℕ), a + b = c → d = e",
        "s : ℕ → ℚ\nh0 : s 3 = 5\nh : ∀ (n : ℕ), s (n + 1) = s n / s n\n⊢ s 60 ≠ 10 / 10",
        f"n : ℕ\nh : n ^ 2 = {'7' * 5000}\n⊢ n ≤ {'7' * 5000}",
        f"m n : ℕ\n⊢ n ≤ {'7' * 5000} ^ max m n",
    ],
)
def test_odd_goals_end_no_search(goal: str) -> None:
    view = view_of((goal,), ())
    assert view is not None
    proposals = [tactic for rule in SOURCES for tactic, _ in rule(view)]
    assert proposals


def test_what_is_true_of_a_sequence_has_no_counterexample_beyond_what_was_computed() -> None:
    assert not counterexamples("∀ (a : ℕ → ℕ), a 0 = 3 → (∀ (n : ℕ), a (n + 1) = a n) → a 100 = 3")


def test_lemmas_do_not_take_the_names_of_hypotheses() -> None:
    bounded_by_its_factors = offered(bounded.propose, "a b : ℕ\nhd : a * b = 36\nhk : a + b = 13\n⊢ a = 4 ∨ a = 9")
    assert any("have hk1 :" in tactic and tactic.endswith("hd1 hk)") for tactic in bounded_by_its_factors)


@pytest.mark.parametrize(
    "goal",
    [
        "n : Nat\nh : n + 1 ≤ n + 1\n⊢ n = 3",
        "n : Nat\n⊢ 0 ^ (n + 1) ∣ 2 ^ 0 ^ n - 1",
        "n : Nat\n⊢ 3 ^ (n + 100000000) ∣ 2 ^ 3 ^ n + 1",
        "x : Int\n⊢ x * x + 100 ^ 200 * x > 0",
        "x y : Rat\nhx : 0 < x\nhy : 0 < y\nh : x * y = 100 ^ 200\n⊢ x + y ≥ 2",
    ],
)
def test_no_goal_is_too_strange(goal: str) -> None:
    view = view_of((goal,), ())
    assert view is not None
    assert [tactic for source in SOURCES for tactic, _ in source(view)]


def test_names_of_the_statement_are_not_taken() -> None:
    (proof, *_) = offered(inequalities.propose, "x y : ℚ\nhsum : x + y = 2\n⊢ x * y ≤ 1")
    assert "(try clear hsum)" in proof and "have hsum" not in proof
    (grown, *_) = offered(growth.propose, "a : Nat → Nat\nh : ∀ (n : Nat), a n < a (n + 1)\n⊢ 3 ≤ a 3")
    assert "a a" not in grown
