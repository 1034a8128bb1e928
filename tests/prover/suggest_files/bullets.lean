theorem bullets (p q : Prop) : p ∧ q ↔ q ∧ p := by
  constructor
  · intro h
    obtain ⟨hp, hq⟩ := h
    constructor
    · sorry
    · exact hp
  · intro ⟨hq, hp⟩
    exact ⟨by sorry, by
      sorry⟩

theorem cased (p q : Prop) (h : p ∨ q) : q ∨ p := by
  cases h with
  | inl hp => sorry
  | inr hq =>
    exact sorry

theorem inducted (n : Nat) : 0 + n = n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    sorry
