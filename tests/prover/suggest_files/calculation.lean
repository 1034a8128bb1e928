theorem chain (a b c : Nat) (h₁ : a = b) (h₂ : b = c) : a + 0 = c := by
  calc a + 0 = a := by sorry
    _ = b := sorry
    _ = c := by
      sorry

theorem bounds (a b : Nat) (h : a ≤ b) : a ≤ b + 2 :=
  calc
    a ≤ b := sorry
    _ ≤ b + 2 := by sorry
