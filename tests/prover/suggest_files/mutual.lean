mutual
def isEven : Nat → Bool
  | 0 => true
  | n + 1 => isOdd n
def isOdd : Nat → Bool
  | 0 => false
  | n + 1 => isEven n
end

theorem isEven_two : isEven 2 = true := by
  sorry

mutual
theorem first (n : Nat) : n + 0 = n := by
  sorry
theorem second (n : Nat) : 0 + n = n := by
  sorry
end
