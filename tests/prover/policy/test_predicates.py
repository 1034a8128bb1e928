"""Predicates of the file on numbers: those that step, what they leave modulo the step, and derivations about terms."""

from __future__ import annotations

import pytest

from lean_env.pool import Pool
from lean_env.protocol import Limits
from tests.prover.policy.on_lean import offered, tried

pytestmark = pytest.mark.lean

EVEN = """inductive Ev : Nat → Prop where
  | zero : Ev 0
  | step (n : Nat) : Ev n → Ev (n + 2)

"""
STATEMENTS = {
    "every other number": EVEN + "theorem t (n : Nat) (h : n % 2 = 0) : Ev n := by sorry",
    "a multiple": EVEN + "theorem t (n : Nat) (h : Ev n) : ∃ k, n = 2 * k := by sorry",
    "no other number": EVEN + "theorem t (n : Nat) (h : Ev (2 * n + 1)) : False := by sorry",
    "a number with another remainder": """inductive reached : Nat → Prop where
  | base : reached 3
  | dbl (n : Nat) : reached n → reached (2 * n)
  | add (n : Nat) : reached n → reached (n + 6)

theorem t (h : reached 100) : False := by sorry""",
    "a sum": EVEN + "theorem t (m n : Nat) (hm : Ev m) (hn : Ev n) : Ev (m + n) := by sorry",
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_one_step_is_enough(lean: Pool, name: str) -> None:
    text = STATEMENTS[name]
    outcomes = await tried(lean, text, lambda state: offered(state, text, 32), Limits(ms=20_000))
    assert outcomes[-1].kind == "proved", [(o.kind, o.message[:80]) for o in outcomes]
