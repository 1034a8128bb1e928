theorem three (p q r : Prop) (hp : p) (hq : q) (hr : r) : p ∧ q ∧ r := by
  refine ⟨?_, ?_, ?_⟩
  sorry
  sorry
  sorry

theorem steps (n : Nat) (h : n = 3) : n * n = 9 := by
  have square : 3 * 3 = 9 := by sorry
  have same : n = 3 := sorry
  rw [same]
