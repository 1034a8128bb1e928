/-! Names that are found only in their namespaces. -/

namespace Outer
def double (n : Nat) : Nat := n + n

namespace Inner
theorem double_zero : double 0 = 0 := by sorry
end Inner

open Inner in
theorem double_zero' : double 0 + 0 = 0 := by
  sorry
end Outer

theorem outside (n : Nat) : Outer.double n = n + n := by
  sorry
