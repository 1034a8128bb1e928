theorem one_line (p q : Prop) (hp : p) (hq : q) : p ∧ q := by constructor; exact hp; sorry

theorem all_at_once (p : Prop) (hp : p) : p ∧ p := by
  constructor <;> sorry

theorem bracketed (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  { sorry }
  case right => sorry

theorem nested (n : Nat) : n = n ∧ (n = 0 → n + n = 0) := by
  exact ⟨by rfl, by
    intro h
    have twice : n + n = 0 := by
      sorry
    exact twice⟩
