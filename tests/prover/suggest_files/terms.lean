theorem whole : 2 + 2 = 4 := sorry

theorem below :
    2 + 3 = 5 :=
  sorry

theorem function : ∀ n : Nat, n = n + 0 := fun n => sorry

theorem pair (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨hp, sorry⟩

theorem both (p q : Prop) (hp : p) (hq : q) : q ∧ p ∧ q :=
  ⟨hq, sorry, hq⟩

theorem argument (p : Prop) (h : p) : p ∧ p := And.intro sorry h

theorem shown (n : Nat) : n < n + 1 := show n < n + 1 from sorry

theorem local_have (n : Nat) (h : 2 < n) : 1 < n :=
  have : 2 < n := h
  sorry
