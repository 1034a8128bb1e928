theorem before : True := trivial

example : 3 < 5 := by sorry

example (p : Prop) (hp : p) : p ∧ True :=
  ⟨hp, sorry⟩

theorem last (n : Nat) : n ≤ n + 1 := by
  sorry