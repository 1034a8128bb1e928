theorem nothing_done (p : Prop) (hp : p) : p := by
  skip

theorem one_of_two (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · exact hp
  · skip -- what is left

theorem inner (n : Nat) : n + 0 = n := by
  have h : n + 0 = n := by
    skip
  exact h

theorem in_a_case (n : Nat) : n * 0 = 0 := by
  cases n with
  | zero => rfl
  | succ m =>
    skip
