import Worker.Before
import Worker.Text

/-!
# Verifying a whole text

Every constant that the text adds to its imports goes through the kernel once more, with checking on, in an environment
that holds nothing else; and every constant that the original text declares must be there with the same type. Constants
of the imports are trusted.
-/

open Lean Meta Elab

namespace Worker

def allowedAxioms : List Name := [``propext, ``Classical.choice, ``Quot.sound]
def forbiddenConstants : List Name := [``sorryAx, `Lean.ofReduceBool, `Lean.ofReduceNat, `Lean.trustCompiler]

structure Replay where
  env : Environment
  done : NameSet := {}
  axioms : List Name := []

def reject {α : Type} (why : String) (n : Name) : IO α :=
  throw (IO.userError (why ++ " " ++ n.toString))

mutual
/-- Replay `n`, and before it all that it stands on. -/
partial def replay (src base : Environment) (ctx : Core.Context) (n : Name) (v : Replay) : IO Replay := do
  if v.done.contains n then return v
  let v := { v with done := v.done.insert n }
  if forbiddenConstants.contains n then reject "uses" n
  match base.find? n with
  | some c =>
    if allowedAxioms.contains n then return { v with axioms := n :: v.axioms }
    if c.isUnsafe then reject "uses the unsafe constant" n
    return v
  | none =>
    match src.find? n with
    | none => reject "uses the unknown constant" n
    | some (.axiomInfo _) => reject "declares the axiom" n
    | some (.thmInfo t) => replayValue src base ctx t.type t.value (.thmDecl t) n v
    | some (.defnInfo d) =>
      match d.safety with
      | .safe => replayValue src base ctx d.type d.value (.defnDecl d) n v
      | _ => reject "uses the unsafe or partial constant" n
    | some (.opaqueInfo d) =>
      if d.isUnsafe then reject "uses the unsafe constant" n
      replayValue src base ctx d.type d.value (.opaqueDecl d) n v
    | some (.inductInfo i) => replayInductive src base ctx i v
    | some (.ctorInfo c) => replay src base ctx c.induct v
    | some (.recInfo r) => do
      let v ← replayAll src base ctx r.type.getUsedConstants 0 v
      match kernelFind? v.env n with
      | some (.recInfo made) => if made.type == r.type then return v else reject "has another recursor than the kernel's" n
      | _ => reject "has no recursor" n
    | some (.quotInfo _) => reject "redeclares the quotient" n
partial def replayInductive (src base : Environment) (ctx : Core.Context) (i : InductiveVal) (v : Replay) : IO Replay := do
  if i.isUnsafe then reject "uses the unsafe type" i.name
  let (v, types) ← inductiveTypes src base ctx i.all v []
  let (_, core) ← (addDecl (.inductDecl i.levelParams i.numParams types false)).toIO ctx { env := v.env }
  return { v with env := core.env }
partial def inductiveTypes (src base : Environment) (ctx : Core.Context) : List Name → Replay → List InductiveType → IO (Replay × List InductiveType)
  | [], v, acc => return (v, reverseOnto acc [])
  | n :: ns, v, acc => do
    let v := { v with done := v.done.insert n }
    match src.find? n with
    | some (.inductInfo i) =>
      let v ← replayAll src base ctx i.type.getUsedConstants 0 v
      let (v, ctors) ← constructors src base ctx i.ctors v []
      inductiveTypes src base ctx ns v ({ name := n, type := i.type, ctors := ctors } :: acc)
    | _ => reject "is not an inductive type:" n
partial def constructors (src base : Environment) (ctx : Core.Context) : List Name → Replay → List Constructor → IO (Replay × List Constructor)
  | [], v, acc => return (v, reverseOnto acc [])
  | n :: ns, v, acc => do
    let v := { v with done := v.done.insert n }
    match src.find? n with
    | some (.ctorInfo c) =>
      let v ← replayAll src base ctx c.type.getUsedConstants 0 v
      constructors src base ctx ns v ({ name := n, type := c.type } :: acc)
    | _ => reject "is not a constructor:" n
partial def replayValue (src base : Environment) (ctx : Core.Context) (type value : Expr) (d : Declaration) (n : Name) (v : Replay) : IO Replay := do
  let v ← replayAll src base ctx type.getUsedConstants 0 v
  let v ← replayAll src base ctx value.getUsedConstants 0 v
  if type.hasMVar || value.hasMVar then reject "leaves metavariables in" n
  let (_, core) ← (addDecl d).toIO ctx { env := v.env }
  return { v with env := core.env }
partial def replayAll (src base : Environment) (ctx : Core.Context) (names : Array Name) (i : Nat) (v : Replay) : IO Replay := do
  if h : i < names.size then
    let v ← replay src base ctx names[i] v
    replayAll src base ctx names (i + 1) v
  else return v
end

partial def publicNames : List Name → List Name
  | [] => []
  | n :: ns => if isInternalName n then publicNames ns else n :: publicNames ns

partial def theorems (env : Environment) : List Name → List Name
  | [] => []
  | n :: ns =>
    match env.find? n with
    | some (.thmInfo _) => n :: theorems env ns
    | _ => theorems env ns

/-- What the meaning of a constant rests on: its type; of a definition also its value, unless that is a `sorry`. -/
def meaning : ConstantInfo → List Name
  | .defnInfo d => names d.type (if d.value.hasSorry then [] else names d.value [])
  | .opaqueInfo d => names d.type (if d.value.hasSorry then [] else names d.value [])
  | c => names c.type []
where names (e : Expr) (acc : List Name) : List Name := namesFrom e.getUsedConstants 0 acc

/-- The constants of a text that the meaning of these rests on, themselves included; those of the imports are left out. -/
partial def meant (base env : Environment) : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc =>
    if acc.contains n || base.contains n then meant base env ns acc
    else match env.find? n with
      | some c => meant base env (append (meaning c) ns) (n :: acc)
      | none => meant base env ns acc

/-- Compiled helpers (`unsafe`, `partial`) that a safe definition brings along: nothing may use them, but they may be there. -/
def isHelper (src : Environment) (n : Name) : Bool :=
  match src.find? n with
  | some (.defnInfo d) => (match d.safety with
    | .safe => false
    | _ => true)
  | some (.opaqueInfo d) => d.isUnsafe
  | _ => false

/-- Replay each; why not, for those that fail. -/
partial def replayEach (src base : Environment) (ctx : Core.Context) : List Name → Replay → List String → IO (Replay × List String)
  | [], v, bad => return (v, bad)
  | n :: ns, v, bad => do
    if isHelper src n then return ← replayEach src base ctx ns v bad
    match ← (replay src base ctx n v).toBaseIO with
    | .ok v => replayEach src base ctx ns v bad
    | .error e => replayEach src base ctx ns v ((n.toString ++ " " ++ toString e) :: bad)

/-! ## Comparison with the original -/

/-- A definition with a `sorry` may be completed in any way. -/
def sameKind : ConstantInfo → ConstantInfo → Bool
  | .defnInfo x, .defnInfo y => x.value.hasSorry || x.value == y.value
  | .thmInfo _, .thmInfo _ => true
  | .inductInfo _, .inductInfo _ => true
  | .ctorInfo _, .ctorInfo _ => true
  | .recInfo _, .recInfo _ => true
  | .opaqueInfo x, .opaqueInfo y => x.value.hasSorry || x.value == y.value
  | .axiomInfo _, .axiomInfo _ => true
  | _, _ => false

/-- Every constant that the original declares is in the candidate, with the same universes, type and kind; definitions
keep their value, unless it was a `sorry`. -/
partial def differences (original candidate : Environment) : List Name → List String → List String
  | [], bad => bad
  | n :: ns, bad =>
    match original.find? n with
    | none => differences original candidate ns bad
    | some c =>
      match candidate.find? n with
      | none => differences original candidate ns ((n.toString ++ " is missing") :: bad)
      | some d =>
        if !(c.levelParams == d.levelParams) then differences original candidate ns ((n.toString ++ " has other universe parameters") :: bad)
        else if !(c.type == d.type) then differences original candidate ns ((n.toString ++ " states something else") :: bad)
        else if !(sameKind c d) then differences original candidate ns ((n.toString ++ " is defined otherwise") :: bad)
        else differences original candidate ns bad

/-! ## The negation of the original -/

/-- Where a statement and its negation are compared: `theorem_` in the one text, `negation` in the other. -/
structure Negation where
  original : Environment
  candidate : Environment
  theorem_ : Name
  negation : Name

def levelsOf : List Name → List Level
  | [] => []
  | n :: ns => .param n :: levelsOf ns

def allIn (ys : List Name) : List Name → Bool
  | [] => true
  | x :: xs => if ys.contains x then allIn ys xs else false

mutual
/-- The same term, up to binder names and kinds, and to constants that the elaborator made for the statement (matchers,
say), which are called after the declaration. -/
partial def sameTerm (s : Negation) (a b : Expr) : Bool :=
  if a == b then true
  else match a, b with
    | .mdata _ x, y => sameTerm s x y
    | x, .mdata _ y => sameTerm s x y
    | .const m us, .const n vs => if us == vs then sameAuxiliary s m n else false
    | .app f x, .app g y => if sameTerm s f g then sameTerm s x y else false
    | .lam _ t x _, .lam _ u y _ => if sameTerm s t u then sameTerm s x y else false
    | .forallE _ t x _, .forallE _ u y _ => if sameTerm s t u then sameTerm s x y else false
    | .letE _ t v x _, .letE _ u w y _ => if sameTerm s t u then (if sameTerm s v w then sameTerm s x y else false) else false
    | .proj m i x, .proj n j y => if m == n && i == j then sameTerm s x y else false
    | _, _ => false
partial def sameAuxiliary (s : Negation) (m n : Name) : Bool :=
  if userName n == (userName m).replacePrefix (userName s.theorem_) (userName s.negation) then
    match s.original.find? m, s.candidate.find? n with
    | some (.defnInfo c), some (.defnInfo d) =>
      let levels := levelsOf d.levelParams
      if sameTerm s (c.type.instantiateLevelParams c.levelParams levels) d.type then
        sameTerm s (c.value.instantiateLevelParams c.levelParams levels) d.value
      else false
    | some (.thmInfo c), some (.thmInfo d) => sameTerm s (c.type.instantiateLevelParams c.levelParams (levelsOf d.levelParams)) d.type
    | _, _ => false
  else false
end

/-- Does `d` state `Not` of what `c` states? Universe parameters may be called otherwise. -/
def negates (s : Negation) (c d : TheoremVal) : Bool :=
  if sameLength c.levelParams d.levelParams then
    let negated (t : Expr) : Expr := .app (.const ``Not []) t
    if sameTerm s (negated (c.type.instantiateLevelParams c.levelParams (levelsOf d.levelParams))) d.type then true
    else if allIn d.levelParams c.levelParams then sameTerm s (negated c.type) d.type
    else false
  else false
where
  sameLength : List Name → List Name → Bool
    | [], [] => true
    | _ :: xs, _ :: ys => sameLength xs ys
    | _, _ => false

/-- What is wrong with `N.negation`, where `N` is the original's one theorem without a proof; and the name to prove. -/
def negationOf (original candidate : Environment) (users : List Name) : List String × List Name :=
  match users with
  | [n] =>
    match original.find? n with
    | some (.thmInfo c) =>
      let name := Name.str n "negation"
      let bad := if candidate.contains n then [n.toString ++ " is declared, not only its negation"] else []
      match candidate.find? name with
      | none => ((name.toString ++ " is missing") :: bad, [])
      | some (.thmInfo d) =>
        if negates { original := original, candidate := candidate, theorem_ := n, negation := name } c d then (bad, [name])
        else ((name.toString ++ " does not state the negation") :: bad, [name])
      | some _ => ((name.toString ++ " is not a theorem") :: bad, [])
    | _ => ([n.toString ++ " is not a theorem"], [])
  | _ => (["there is not exactly one declaration with `sorry` to negate"], [])

/-- Is a name `n` itself, or does it begin with it? -/
def isBelow (n : Name) : Name → Bool
  | .anonymous => n == .anonymous
  | .str p w => if .str p w == n then true else isBelow n p
  | .num p k => if .num p k == n then true else isBelow n p

/-- What is to be compared besides the theorem that is negated: the other declarations, and what its statement means. -/
def comparedWithout (base source : Environment) (names : List Name) : List Name → List Name
  | [n] =>
    let own := match source.find? n with
      | some c => namesFrom c.type.getUsedConstants 0 []
      | none => []
    meant base source (append (minusOne n names) (notBelow n own)) []
  | _ => []
where
  minusOne (n : Name) : List Name → List Name
    | [] => []
    | x :: xs => if x == n then minusOne n xs else x :: minusOne n xs
  notBelow (n : Name) : List Name → List Name
    | [] => []
    | x :: xs => if isBelow (userName n) (userName x) then notBelow n xs else x :: notBelow n xs

/-- Those of the theorems that use what comes after the horizon. -/
partial def lateUses (env : Environment) (h : Horizon) : List Name → List String → List String
  | [], bad => bad
  | n :: ns, bad =>
    match firstAfter env h [n] {} with
    | some late => lateUses env h ns ((n.toString ++ " " ++ usesAfter h late) :: bad)
    | none => lateUses env h ns bad

partial def usersOfSorry (env : Environment) : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc =>
    match env.find? n with
    | none => usersOfSorry env ns acc
    | some c =>
      let inValue := match c with
        | .thmInfo v => v.value.hasSorry
        | .defnInfo v => v.value.hasSorry
        | .opaqueInfo v => v.value.hasSorry
        | _ => false
      usersOfSorry env ns (if inValue || c.type.hasSorry then n :: acc else acc)

def minus (taken : List Name) : List Name → List Name
  | [] => []
  | n :: ns => if taken.contains n then minus taken ns else n :: minus taken ns

end Worker
