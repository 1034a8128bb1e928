def atLeastOne (n : Nat) : { m : Nat // 0 < m } :=
  ⟨n + 1, positive n⟩
where
  positive (k : Nat) : 0 < k + 1 := by
    sorry

theorem outer (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨left, right⟩
where
  left : p := sorry
  right : q := by sorry
