local infixl:65 " ⊞ " => fun (a b : Nat) => a + b
local notation "two" => (2 : Nat)
local macro "finish" : tactic => `(tactic| rfl)

theorem two_and_two : two ⊞ two = 4 := by sorry

theorem with_macro : two = 2 ∧ two ⊞ 1 = 3 := by
  constructor
  · finish
  · sorry
