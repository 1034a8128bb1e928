import Std.Data.HashMap
open Std

set_option maxRecDepth 1000

/-- Not a sorry: `sorry` in a comment, -/
@[simp] private theorem hidden (n : Nat) : n - n = 0 := by sorry
  -- and sorry after it.

protected theorem Nat.mine (a : Nat) : a ∣ a := sorry

universe u
theorem general {α : Sort u} (a b : α) (h : a = b) : b = a := by
  sorry

theorem uses_std : (∅ : HashMap Nat Nat).isEmpty = true := by
  sorry

def message : String := "sorry"
