theorem at_the_top : 1 + 1 = 2 := by sorry

theorem below (n : Nat) : n = n := by
  sorry
