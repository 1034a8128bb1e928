from __future__ import annotations

import re

import pytest

from prover.interfaces import Problem
from prover.negation import negation

GOOD = [
    ("theorem t (a : Nat) (h : 1 < a) : a < 5 := by sorry", "¬ (∀ (a : Nat) (h : 1 < a), a < 5)"),
    ("theorem t : 1 = 2 := by sorry", "¬ (1 = 2)"),
    ("lemma t {α : Type} [Inhabited α] (f : α → Nat := fun x : α => 0) : f default = 0 := sorry", "[Inhabited α]"),
    ("theorem t (x : Nat) : let y := x; y = 1 := by sorry", "let y := x; y = 1)"),
    ("theorem t (x : Nat) : x = 1 -- surely : so\n := by sorry", "-- surely : so\n  )"),
    ("theorem A.t.{u} (α : Type u) : ∀ x y : α, x = y := by sorry", "theorem A.t.negation.{u} : ¬ (∀ (α : Type u),"),
    ("theorem «a : b» (x : Nat) : x = 1 := by sorry", "theorem «a : b».negation : ¬ (∀ (x : Nat), x = 1)"),
    ("@[simp] theorem t (x : Nat) : x = 1 := by sorry", "theorem t.negation : ¬ (∀ (x : Nat), x = 1)"),
    ("/-- Is it so: x? -/\ntheorem t (x : Nat) : x = 1 := by sorry", "theorem t.negation : ¬ (∀ (x : Nat),"),
]


@pytest.mark.parametrize(("statement", "says"), GOOD)
def test_a_statement_is_denied_on_its_text(statement: str, says: str) -> None:
    found = negation(Problem("t", statement))
    assert found is not None
    assert says in found.alone
    filled = found.fill(("intro h", "simp at h"))
    assert re.search(r":= by\s+intro h\n\s+simp at h\Z", filled)
    assert "sorry" not in filled
    assert found.beside.endswith(statement)
    assert found.beside.split("\n", found.lines)[found.lines] == statement
    assert "simp]" not in found.alone


def test_what_stands_around_the_statement_stays() -> None:
    text = "namespace A\n\ndef p (n : Nat) := n = 1\n\nopen Nat in\ntheorem t (n : Nat) : p n := by sorry\n\nend A\n"
    found = negation(Problem("t", text, header="import Lean\n"))
    assert found is not None
    assert found.fill(("decide",)) == (
        "import Lean\n\nnamespace A\n\ndef p (n : Nat) := n = 1\n\nopen Nat in\n"
        "theorem t.negation : ¬ (∀ (n : Nat), p n) := by\n  decide\n\nend A\n"
    )
    assert "open Nat in\nexample : ¬ (∀ (n : Nat), p n) := by sorry\n\nopen Nat in\ntheorem t" in found.beside


@pytest.mark.parametrize(
    "statement",
    [
        "example : 1 = 2 := by sorry",
        "def f (n : Nat) : Nat := sorry",
        "private theorem t : 1 = 2 := by sorry",
        "theorem t : 1 = 2 := by\n  have : 1 = 1 := by sorry\n  sorry",
        "theorem t : 1 = 2 := by\n  intro x\n  sorry",
        "theorem t",
    ],
)
def test_what_is_no_theorem_with_one_hole_is_left_alone(statement: str) -> None:
    assert negation(Problem("t", statement)) is None
