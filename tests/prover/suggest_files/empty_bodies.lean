theorem nothing_yet (p : Prop) (hp : p) : p := by

theorem nor_here (n : Nat) : n = n := by
  -- to be done

/-- A comment of the next one. -/
theorem complete : True := trivial

theorem have_nothing (n : Nat) : n + 0 = n := by
  have : 1 = 1 := by
  rfl

theorem at_the_end : 2 + 2 = 4 := by
