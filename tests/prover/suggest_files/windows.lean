theorem first_line : 1 + 1 = 2 := by sorry

theorem second (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · sorry
  · exact hq

theorem third (n : Nat) : n + 0 = n := by
  sorry
