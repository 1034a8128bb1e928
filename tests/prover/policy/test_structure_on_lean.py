"""Statements about functions, relations, lists and operations that one proposal closes, on a real Lean."""

from __future__ import annotations

import pytest

from lean_env.pool import Pool
from tests.prover.policy.on_lean import closed_in_one_step

pytestmark = pytest.mark.lean

_RING = (
    "(R : Type) (p t : R → R → R) (o : R) (n : R → R) (h1 : ∀ x y z, p (p x y) z = p x (p y z)) "
    "(h2 : ∀ x y, p x y = p y x) (h3 : ∀ x, p x o = x) (h4 : ∀ x, p x (n x) = o) "
    "(h5 : ∀ x y z, t x (p y z) = p (t x y) (t x z)) (h6 : ∀ x y z, t (p x y) z = p (t x z) (t y z)) "
)
STATEMENTS = {
    "instances that the premises tell": "(S : Nat → Nat → Prop) (h : ∀ x y z, S x y → S y z → S x z) (u v w z : Nat) "
    "(h1 : S u v) (h2 : S v w) (h3 : S w z) : S u z",
    "above two": "(a b : Int) : ∃ c, a ≤ c ∧ b < c",
    "two between": "(a b : Rat) (h : a < b) : ∃ c d, a < c ∧ c < d ∧ d < b",
    "halves of a list": "(l : List Nat) (k : Nat) (h : l.length = 2 * k) : ∃ u v, l = u ++ v ∧ u.length = v.length",
    "no endless descent": "(g : Nat → Nat) : ∃ k, g k ≤ g (k + 1)",
    "endless descent": "(g : Nat → Nat) (h : ∀ k, g (k + 1) < g k) : False",
    "three at once": "(Q : Nat → Prop) (h0 : Q 0) (h1 : Q 1) (h2 : Q 2) (h : ∀ k, Q k → Q (k + 3)) (k : Nat) : Q k",
    "two predecessors": "(Q : Nat → Prop) (h0 : Q 0) (h1 : Q 1) (h : ∀ k, Q k → Q (k + 1) → Q (k + 2)) (k : Nat) : Q k",
    "steps from an unknown value": "(g : Nat → Nat) (h : ∀ k, g (g k) = k + 4) (h1 : ∀ k, g (k + 1) = g k + 1) : "
    "g 0 = 2",
    "accumulator of a hypothesis": "(r : List Nat → List Nat → List Nat) (h0 : ∀ a, r [] a = a) "
    "(h1 : ∀ x l a, r (x :: l) a = r l (x :: a)) (l : List Nat) : r l [] = l.reverse",
    "list of two": "(l : List Nat) (h : l.length = 2) : ∃ a b, l = [a, b]",
    "fold of the least": "(l : List Int) (a x : Int) (h : x ∈ l) : l.foldl min a ≤ x",
    "greatest by a measure": "(α : Type) (w : α → Nat) (l : List α) (h : l ≠ []) : ∃ m, m ∈ l ∧ ∀ x, x ∈ l → w x ≤ w m",
    "distinct numbers": "(l : List Nat) (k : Nat) (h : l.Nodup) (h1 : ∀ x ∈ l, x < k) : l.length ≤ k",
    "opposites": _RING + "(x y : R) : t (n x) (n y) = t x y",
    "squares of their own": _RING + "(h7 : ∀ x, t x x = x) : ∀ x y, t x y = t y x",
    "bounds of bounds": "{α : Type} (r : α → α → Prop) (j : α → α → α) (h1 : ∀ a b c, r a b → r b c → r a c) "
    "(h2 : ∀ a b, r a b → r b a → a = b) (h3 : ∀ a b, r a (j a b)) (h4 : ∀ a b, r b (j a b)) "
    "(h5 : ∀ a b c, r a c → r b c → r (j a b) c) (a b c : α) : j (j a b) c = j a (j b c)",
    "false of two steps": ": ¬ ∀ f : Int → Int, (∀ x, f (f x) = x + 2) → ∀ x, f x = x + 1",
    "dependent choice": "(Q : Nat → Prop) (h : ∀ a, ∃ b, a < b ∧ Q b) : "
    "∃ g : Nat → Nat, ∀ n, g n < g (n + 1) ∧ Q (g n)",
    "sets and elements": "(g : (Nat → Prop) → Nat) : ∃ S T, g S = g T ∧ S ≠ T",
    "tests and elements": "(α : Type) (g : (α → Bool) → α) (h : ∀ s t, g s = g t → s = t) : False",
    "false without values": ": ¬ ∀ (α : Type) (Q : α → Prop), (∀ x, Q x) → ∃ x, Q x",
    "false of one negative number": ": ¬ ∀ l : List Int, l ≠ [] → l.foldl max 0 ∈ l",
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_one_step_is_enough(lean: Pool, name: str) -> None:
    await closed_in_one_step(lean, STATEMENTS[name], 24)
