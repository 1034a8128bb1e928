from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lean_env.errors import UsageError
from lean_env.protocol import State
from prover.interfaces import Query
from prover.policy import TacticsPolicy, make
from prover.policy.tactics.definitions import unknown
from prover.policy.tactics.diophantine.boxes import interval
from prover.policy.tactics.logic.structure import intro_names
from prover.policy.tactics.mathlib import WORDS
from prover.policy.tactics.view import View, connective, seq, view_of


def look(goal: str) -> View:
    view = view_of((goal,), ())
    assert view is not None
    return view


def proposed(goal: str, samples: int = 32, seed: int = 0, available: frozenset[str] = frozenset()) -> list[str]:
    query = Query(State(0, (goal,), goal), "t", (), seed)
    return [c.tactic for c in TacticsPolicy(available).candidates(query, samples)]


GOALS = (
    "⊢ 2 ^ 10 % 7 = 2",
    "n : ℕ\nh₀ : 0 < n\n⊢ 9 ∣ 10 ^ n - 1",
    "p q : Prop\nh : p ∨ q\n⊢ q ∨ p",
    "xs ys : List α\n⊢ (xs ++ ys).length = xs.length + ys.length",
    "a b : ℤ\nh : a < b ∧ b < 10\n⊢ ∃ x, a < x",
    "f : ℕ → ℕ\nh : ∀ (n : ℕ), f (n + 1) = f n + 2\n⊢ f 3 = f 0 + 6",
    "x✝ : Bool\n⊢ (!!x✝) = x✝",
)


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("seed", [0, 5])
async def test_candidates_are_distinct_ordered_and_no_more_than_asked_for(goal: str, seed: int) -> None:
    policy = TacticsPolicy()
    query = Query(State(0, (goal,), goal), "t", (), seed)
    for samples in (1, 8, 32):
        (candidates,) = await policy.propose([query], samples)
        assert 0 < len(candidates) <= samples
        assert len({c.tactic for c in candidates}) == len(candidates)
        assert [c.logprob for c in candidates] == sorted((c.logprob for c in candidates), reverse=True)
        assert sum(math.exp(c.logprob) for c in candidates) <= 1 + 1e-9
        assert [candidates] == await policy.propose([query], samples)


def test_seeds_differ_below_the_closers() -> None:
    plain, other = proposed(GOALS[5]), proposed(GOALS[5], seed=3)
    assert plain != other
    assert plain[:3] == other[:3]


@pytest.mark.parametrize(
    ("goal", "tactic"),
    [
        ("⊢ 2 ^ 10 % 7 = 2", "decide"),
        ("⊢ ∀ (x y : ℕ), x < y → x ≤ y", "intro x y h"),
        ("p q : Prop\nh : p ∨ q\n⊢ r", "rcases h with h | h"),
        ("h : ∃ k, n = 2 * k\n⊢ r", "obtain ⟨k, h1⟩ := h"),
        ("h : p ∧ q ∧ r\n⊢ s", "obtain ⟨h1, h2, h3⟩ := h"),
        ("n : ℕ\n⊢ 3 ∣ n ^ 3 + 2 * n", "induction n <;> grind"),
        ("xs : List α\n⊢ xs ++ [] = xs", "induction xs <;> simp_all"),
        ("⊢ ∃ x y : ℤ, x ^ 2 - 6 * y ^ 2 = 1", "exact ⟨1, 0, by decide⟩"),
        ("b : Bool\n⊢ (b && b) = b", "cases b <;> simp_all"),
        ("x y : BitVec 8\n⊢ x &&& y = y &&& x", "bv_decide"),
        ("t : Tree α\n⊢ t.mirror.mirror = t", "simp [Tree.mirror]"),
    ],
)
def test_what_fits_is_among_the_candidates(goal: str, tactic: str) -> None:
    assert tactic in proposed(goal)


def test_core_lean_is_not_offered_what_only_mathlib_has() -> None:
    for goal in GOALS:
        only = rf"(?<![\w.])(?:{'|'.join(WORDS)})(?![\w'])"
        assert not [tactic for tactic in proposed(goal, samples=200) if re.search(only, tactic)]


def test_mathlib_is_offered_where_it_is() -> None:
    offered = proposed("x y : ℝ\n⊢ x ^ 2 + y ^ 2 ≥ 2 * x * y", available=frozenset({"norm_num", "nlinarith", "simp"}))
    assert {"norm_num", "nlinarith", "nlinarith [sq_nonneg (x), sq_nonneg (y), sq_nonneg (x - y)]", "simp"} <= set(
        offered
    )
    assert "linarith" not in offered


def test_names_for_intro() -> None:
    assert intro_names(look("x : ℕ\n⊢ ∀ (x : ℕ) {y z : ℤ}, 0 < x → y ≠ z")) == ["x1", "y", "z", "h", "h1"]
    assert intro_names(look("⊢ ∀ n ≥ 5, p n")) == ["n", "hn"]
    assert intro_names(look("⊢ ¬p")) == ["h"]
    assert intro_names(look("⊢ p ∧ q")) == []


def test_connectives_bind_as_in_lean() -> None:
    assert connective("a ∧ b ∨ c") == ("∨", "a ∧ b", "c")
    assert connective("a = b ∧ c") == ("∧", "a = b", "c")
    assert connective("x = 1 ∨ ∃ y, y = x ∧ p") == ("∨", "x = 1", "∃ y, y = x ∧ p")
    assert connective("∀ x, x = 1") is None


def test_intervals_definitions_and_sequences() -> None:
    assert interval(look("x : ℤ\nh : 1 ≤ x ∧ x < 5\n⊢ p"), "x") == (1, 4)
    assert interval(look("n : ℕ\n⊢ p"), "n") == (0, None)
    assert unknown(look("n : ℕ\n⊢ double n = fib.aux n + Nat.gcd n 2")) == ["double", "fib.aux"]
    assert seq("have h : p := by\n  x", "exact h") == "(have h : p := by\n   x\n exact h)"


def test_nothing_is_offered_that_would_compute_a_tower() -> None:
    tower = "k : ℕ\nh : k = 2008 ^ 2 + 2 ^ 2008\n⊢ (k ^ 2 + 2 ^ k) % 10 = 6"
    assert look(tower).tower
    assert look("⊢ 2 ^ (4032064 + 2 ^ 2008) % 10 = 6").tower
    assert not look("n : ℕ\n⊢ 3 ^ (4 ^ 5) + 2 ^ n > 7 ^ 1996").tower
    computing = [tactic for tactic in proposed(tower) if "omega" in tactic or "decide" in tactic]
    assert all("clear h\n" in tactic for tactic in computing), "but for what forgets the number first"


def test_an_unknown_policy_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="tactics"):
        make("oracle")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet="abxnh₀ℕℤ:=⊢∀∃∧∨→¬≤<+*^%/∣()⟨⟩,0123 \n.'✝", max_size=70), max_size=2))
def test_no_goal_is_too_strange(goals: list[str]) -> None:
    query = Query(State(0, tuple(goals), "h"), "t", (), 1)
    for candidate in TacticsPolicy().candidates(query, 64):
        assert candidate.tactic.strip()
        assert candidate.logprob <= 0
