namespace Größe
def «mit Abstand» (α' : Nat) : Nat := α' + 1

/-- 𝔸𝔹 and 😀 are one code point each, and two UTF-16 units. -/
theorem «𝔸 ist größer» (ε₁ δ' : Nat) (h𝔸 : ε₁ < δ') : /- 😀😀 -/ ε₁ ≤ δ' := by sorry

theorem κ' (ŝ : String) : ŝ = ŝ ∧ "😀𝔸".length = 2 := ⟨/- 𝔸 -/ sorry, by rfl⟩

theorem «∀» : «mit Abstand» 1 = 2 := by
  -- «∃» ∘ ⟨⟩ 😀
  sorry
end Größe
