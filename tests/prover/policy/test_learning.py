from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.protocol import OutcomeKind, State
from prover.interfaces import Query
from prover.policy import TacticsPolicy
from prover.policy.tactics.learning import HIGHEST, LOWEST, Learning, template

GOAL = "xs ys : List Nat\n⊢ (xs ++ ys).length = ys.length + xs.length"
QUERY = Query(State(0, (GOAL,), GOAL), "t", (), 0)


@pytest.mark.parametrize(
    ("tactic", "expected"),
    [
        ("rcases h with h | h1", "rcases _ with _"),
        ("induction xs generalizing acc n <;> simp_all", "induction _ generalizing _ <;> simp_all"),
        ("simp [Nat.pow_succ, double]", "simp [Nat.pow_succ, _]"),
        ("exact ⟨12, 0, by decide⟩", "exact ⟨#, #, by decide⟩"),
        ("omega", "omega"),
    ],
)
def test_templates_have_neither_names_nor_numbers(tactic: str, expected: str) -> None:
    assert template(tactic) == expected


def test_what_proves_rises_and_what_fails_slowly_falls() -> None:
    learning = Learning()
    for _ in range(200):
        learning.learn("t", "simp", "error", 2.0)
        learning.learn("t", "induction n <;> grind", "timeout", 5_000.0)
        learning.learn("t", "induction xs <;> simp_all", "proved", 5.0)
        learning.succeeded(["induction ys <;> simp_all"])
    assert learning.factor("induction zs <;> simp_all") == HIGHEST
    assert learning.factor("induction m <;> grind") == LOWEST
    assert LOWEST < learning.factor("simp") < HIGHEST
    assert learning.factor("never tried") == 1.0


def test_one_outcome_changes_little() -> None:
    learning = Learning()
    learning.learn("t", "grind", "error", 30.0)
    assert 0.8 < learning.factor("grind") < 1.0


def test_what_is_slow_and_never_of_use_is_hopeless_until_it_is() -> None:
    learning = Learning()
    for _ in range(20):
        assert not learning.hopeless("simp [h]")
        learning.learn("t", "simp [h]", "error", 2.0)
        learning.learn("t", "induction n <;> grind", "error", 400.0)
    assert learning.hopeless("induction m <;> grind")
    assert not learning.hopeless("simp [h]"), "it costs nothing"
    assert not learning.hopeless("never tried")
    learning.learn("t", "induction n <;> grind", "proved", 400.0)
    assert not learning.hopeless("induction m <;> grind")


async def test_what_is_hopeless_is_tried_at_the_beginning_only() -> None:
    policy = TacticsPolicy()
    later = Query(QUERY.state, "t", ("simp",), 0)
    slow = next(c.tactic for c in policy.candidates(later, 40) if c.tactic.startswith("induction xs"))
    for _ in range(20):
        policy.learn(QUERY, slow, "error", 900.0)
    assert slow in [c.tactic for c in policy.candidates(QUERY, 60)]
    assert slow not in [c.tactic for c in policy.candidates(later, 60)]


def test_what_is_tried_on_every_goal_gets_less_time_than_what_is_made_for_it() -> None:
    found = TacticsPolicy().candidates(
        Query(State(0, ("n : Int\n⊢ 6 ∣ n * (n + 1) * (2 * n + 1)",), "s"), "t", (), 0), 40
    )
    patience = {c.tactic.split()[0]: c.patience for c in found}
    assert patience["grind"] < 1.0 and patience["simp"] < 1.0
    assert all(0 < c.patience <= 1 for c in found)


OUTCOMES = st.tuples(
    st.sampled_from(["simp", "omega", "rw [h]", "rw [h1]", "grind"]),
    st.sampled_from(["proved", "open", "error", "timeout", "refused"]),
    st.floats(-1.0, 10_000.0),
)


@given(st.lists(OUTCOMES, max_size=60))
def test_factors_are_bounded_and_reproducible(outcomes: list[tuple[str, OutcomeKind, float]]) -> None:
    one, other = Learning(), Learning()
    for outcome in outcomes:
        one.learn("t", *outcome)
        other.learn("t", *outcome)
    for tactic in ("simp", "omega", "rw [x]", "grind"):
        assert LOWEST <= one.factor(tactic) <= HIGHEST
        assert one.factor(tactic) == other.factor(tactic)


def test_the_policy_changes_its_order_only_where_learning_is_on() -> None:
    learns, fixed = TacticsPolicy(), TacticsPolicy(learning=False)
    before = learns.candidates(QUERY, 32)
    assert before == fixed.candidates(QUERY, 32)
    first, useful = before[0].tactic, before[12].tactic
    for policy in (learns, fixed):
        for _ in range(300):
            policy.learn(QUERY, first, "error", 3_000.0)
            policy.learn(QUERY, useful, "proved", 1.0)
        policy.succeeded([(QUERY, useful)])
    assert fixed.candidates(QUERY, 32) == before
    after = [c.tactic for c in learns.candidates(QUERY, 32)]
    assert after.index(useful) < after.index(first)


def test_uniform_keeps_the_candidates_and_forgets_their_weights() -> None:
    plain = TacticsPolicy().candidates(QUERY, 16)
    uniform = TacticsPolicy(uniform=True).candidates(QUERY, 16)
    assert {c.tactic for c in uniform} == {c.tactic for c in plain}
    assert len({c.logprob for c in uniform}) == 1
    assert [c.tactic for c in uniform] != [c.tactic for c in plain]


def test_a_problem_loses_patience_with_a_solver_until_it_closes_a_goal() -> None:
    learning = Learning()
    for _ in range(3):
        learning.learn("slow", "induction n <;> grind", "timeout", 5_000.0)
        learning.learn("slow", "simp", "error", 2.0)
    assert learning.patience("slow", "grind") < 0.1
    assert learning.patience("slow", "omega") == learning.patience("slow", "simp") == 1.0
    assert learning.patience("other", "grind") == 1.0
    learning.learn("slow", "grind", "proved", 40.0)
    assert learning.patience("slow", "cases n <;> grind") == 1.0


def test_within_a_problem_what_cost_much_and_closed_nothing_is_given_up() -> None:
    learning = Learning()
    made = "(have h : n % 3 = 0 ∨ n % 3 = 1 := by omega; rcases h with h | h <;> simp_all)"
    for _ in range(3):
        assert not learning.hopeless_here("p", made)
        learning.learn("p", made, "open", 900.0)
        learning.learn("p", "grind", "open", 900.0)
    assert learning.hopeless_here("p", made.replace("n", "m"))
    assert not learning.hopeless_here("p", "grind"), "a solver by its plain name"
    assert not learning.hopeless_here("q", made), "another problem"
    learning.learn("p", made, "proved", 900.0)
    assert not learning.hopeless_here("p", made)


def test_within_a_problem_a_slow_template_that_fails_thrice_is_given_up() -> None:
    learning = Learning()
    for _ in range(3):
        assert not learning.hopeless_here("p", "simp [Nat.gcd_rec]")
        learning.learn("p", "simp [Nat.gcd_rec]", "timeout", 1500.0)
        learning.learn("p", "omega", "error", 3.0)
    assert learning.hopeless_here("p", "simp [Nat.gcd_rec]")
    assert not learning.hopeless_here("p", "omega"), "it costs nothing"
    for _ in range(8):
        assert not learning.hopeless_here("p", "grind"), "it may close what a distinction leaves"
        learning.learn("p", "grind", "error", 1500.0)
    assert learning.hopeless_here("p", "grind")
