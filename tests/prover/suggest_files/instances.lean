structure Point where
  x : Nat
  y : Nat

instance : Add Point where
  add p q := ⟨p.x + q.x, p.y + q.y⟩

class Lawful (α : Type) [Add α] where
  comm : ∀ a b : α, a + b = b + a
  one : (1 : Nat) = 1

theorem add_def (p q : Point) : p + q = ⟨p.x + q.x, p.y + q.y⟩ := by
  sorry

instance : Lawful Nat where
  comm a b := by sorry
  one := sorry

instance : Inhabited { n : Nat // n < 3 } := ⟨⟨1, by sorry⟩⟩

def small : Fin 3 := ⟨2, sorry⟩

theorem small_val : small.val = 2 := by rfl
