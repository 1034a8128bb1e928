/-	Tabs are allowed in comments	and in strings.	-/
def tab : String := "	" -- a tab	here

theorem tab_length : /-	-/ tab.length = 1 := by sorry --	and	there

theorem after_tab (p : Prop) (hp : p) : p :=	/- a tab where none may be -/ by
  exact hp

theorem more (p : Prop) (hp : p) : "a	b".length = 3 ∧ p := by
  constructor
  · rfl
  · sorry --	
