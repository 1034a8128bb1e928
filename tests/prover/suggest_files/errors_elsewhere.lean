theorem broken : 1 = 2 := by
  rfl

def unknown : Nat := thisIsNowhere + 1

theorem one_more (n : Nat) : n < n + 1 := by
  sorry

theorem unfinished (n : Nat : n = n := by
  sorry

theorem two_more (n : Nat) : n < n + 2 := by
  have := one_more n
  sorry

#check (noSuchName : Nat)
theorem broken_too : ∀ n : Nat, n = 0 := by
  intro n
  rfl
