def half : Nat → Nat
  | 0 => 0
  | 1 => 0
  | n + 2 => half n + 1

theorem half_le : ∀ n : Nat, half n ≤ n
  | 0 => sorry
  | 1 => by sorry
  | n + 2 => by
    have := half_le n
    simp only [half]
    sorry

theorem by_match (p q : Prop) (h : p ∧ q) : q :=
  match h with
  | ⟨_, hq⟩ => sorry
