section
variable {α : Type} [Inhabited α] (xs ys : List α)

theorem length_swap : (xs ++ ys).length = (ys ++ xs).length := by
  sorry

section
variable (h : xs = ys)
include h
theorem same_length : xs.length = ys.length := by sorry
end

theorem nothing_appended : xs ++ [] = xs := sorry
end
