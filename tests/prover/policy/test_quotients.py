"""Quotients: what is left when positive denominators are multiplied away, read and on a real Lean."""

from __future__ import annotations

import re

import pytest

from lean_env.pool import Pool
from prover.policy.tactics.estimates import quotients
from prover.policy.tactics.view import view_of
from tests.prover.policy.on_lean import look, tried

ABC = "a b c : Rat\nha : 0 < a\nhb : 0 < b\nhc : 0 < c"


def claims(goal: str) -> list[str]:
    """What is to be shown instead."""
    view = view_of((goal,), ())
    assert view is not None
    found = [re.search(r"suffices \w+ : (.*) by", tactic) for tactic, _ in quotients.propose(view)]
    return list(dict.fromkeys(match[1] for match in found if match))


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (f"{ABC}\n⊢ 4 / (a + b) ≤ 1 / a + 1 / b", ["0 ≤ a ^ 2 + b ^ 2 - 2 * a * b"]),
        (f"{ABC}\n⊢ a / b + b / a ≥ 2", ["0 ≤ a ^ 2 + b ^ 2 - 2 * a * b"]),
        (f"{ABC}\n⊢ a / (a * b) > c⁻¹", ["0 < a * c - a * b"]),
        ("x : Rat\n⊢ x / (1 + x ^ 2) ≤ 1 / 2", ["0 ≤ x ^ 2 + 1 - 2 * x"]),
        (f"{ABC}\n⊢ 1 / (a * b) ≥ 2 / (a * b + c)", ["0 ≤ c - a * b"]),
        (f"{ABC}\n⊢ a / 2 ≤ a", []),  # nothing is in the way
        (f"{ABC}\n⊢ a / b = c", []),
        ("n : Nat\n⊢ n / 2 ≤ n", []),
        ("x y : Rat\n⊢ x / (x * y + 1) ≤ 1", []),  # who knows its sign
    ],
)
def test_what_is_left_to_show(goal: str, expected: list[str]) -> None:
    assert claims(goal) == expected


@pytest.mark.parametrize("goal", ["x y : Rat\nh : x / 2 ≤ y\n⊢ x ≤ 2 * y", "x y : Rat\nh : x / y ≤ y\n⊢ x ≤ 2 * y / 3"])
def test_nothing_is_proposed_where_nothing_can_go(goal: str) -> None:
    view = view_of((goal,), ())
    assert view is not None
    assert all("clear h" in tactic for tactic, _ in quotients.propose(view))


def test_many_fractions_are_left_alone() -> None:
    goal = "x y z : Rat\n⊢ " + " + ".join(f"1 / (x + {k} * y + z)" for k in range(1, 12)) + " ≤ 1"
    assert claims(goal) == []


@pytest.mark.lean
@pytest.mark.parametrize(
    "statement",
    [
        "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : 3 / 2 ≤ a / (b + c) + b / (c + a) + c / (a + b)",
        "(a b : Rat) (ha : 0 < a) (hb : 0 < b) : a / (a + b) > 0",  # nothing beside the quotient
        "(a b c d : Rat) (hb : 0 < b) (hd : 0 < d) (h : a / b < c / d) : a / b < (a + c) / (b + d)",
    ],
)
async def test_denominators_go_on_lean(lean: Pool, statement: str) -> None:
    text = f"theorem t {statement} := by sorry"
    steps = await tried(lean, text, lambda state: [t for t, _ in quotients.propose(look(state, text))][-1:])
    assert [outcome.kind for outcome in steps] == ["open"]
    assert "/" not in steps[0].states[0].goals[0].replace("1 / 2", "")
    whole = await tried(lean, text, lambda state: [t for t, _ in quotients.propose(look(state, text))])
    assert [outcome.kind for outcome in whole] == ["proved"]
