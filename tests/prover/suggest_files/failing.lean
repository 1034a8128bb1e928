theorem wrong_tactic (a b : Nat) (h : a < b) : a ≤ b := by
  exact h.foo

theorem in_the_middle (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · rfl
  · exact hq

theorem and_more (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  rfl
  exact hq

theorem rest_is_in_the_way (n : Nat) (h : n = 2) : n + n = 4 := by
  rw [noSuchLemma]
  simp
  omega
