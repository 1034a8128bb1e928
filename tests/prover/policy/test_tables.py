"""Tables of remainders: what is read from a goal, and what is left alone."""

from __future__ import annotations

import pytest

from prover.policy.tactics.divisors import tables
from prover.policy.tactics.view import view_of


def proposals(goal: str) -> list[str]:
    view = view_of([goal], ())
    assert view is not None
    return [tactic for tactic, _ in tables.propose(view)]


@pytest.mark.parametrize(
    "goal",
    [
        "a b c : Nat\n⊢ a * a + b * b ≠ 4 * c + 3",
        "n : Int\n⊢ 6 ∣ n * (n + 1) * (2 * n + 1)",
        "a b : Nat\nh : 3 ∣ a ^ 2 + b ^ 2\n⊢ 3 ∣ a ∧ 3 ∣ b",
        "a : Int\n⊢ a % 2 = 0 ∨ a * a % 8 = 1",
        "x y : Int\nh : x ^ 2 - 5 * y ^ 2 = 2\n⊢ False",
    ],
)
def test_what_follows_is_proposed_once(goal: str) -> None:
    (tactic,) = proposals(goal)
    assert "decide +kernel" in tactic


def test_a_large_modulus_is_split_into_powers_of_primes() -> None:
    (tactic,) = proposals("a b c : Int\nh : a ^ 2 + b ^ 2 = c ^ 2\n⊢ 60 ∣ a * b * c")
    assert tactic.startswith("(suffices hs : 4 ∣ a * b * c ∧ 3 ∣ a * b * c ∧ 5 ∣ a * b * c by omega\n refine")
    assert tactic.count("decide +kernel") == 3


@pytest.mark.parametrize(
    "goal",
    [
        "a b : Nat\n⊢ a * a + b * b ≠ 4",  # solvable modulo everything
        "a b : Nat\n⊢ (a - b) % 2 = a % 2",  # natural subtraction
        "a b : Nat\n⊢ a < b",
        "a : Nat\n⊢ a % 1000 = 3",
        "a b c d e : Nat\n⊢ (a + b + c + d + e) * (a + b + c + d + e) % 4 ≠ 2",  # too many variables
        "a : Nat\nb : Int\n⊢ a % 2 = 1",
        "a m : Nat\n⊢ a % m = a",
        "a : Nat\n⊢ a ^ 40 % 7 ≤ 6",
        "a : Nat\nh : 0 ∣ a\n⊢ a % 0 = 0",
        "⊢ 7 % 2 = 1",
        "p : Prop\n⊢ p = False",
    ],
)
def test_the_rest_is_left_alone(goal: str) -> None:
    assert proposals(goal) == []
