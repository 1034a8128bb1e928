import Worker.Before
import Worker.Export

/-!
# Judging what a text declares

Every constant that the text adds to its imports goes through the kernel, with checking on, in an environment that holds
nothing else; and every constant that the original text declares must be there with the same type. Constants of the
imports are trusted. The constants come as data (`Export`) from another process, which has elaborated the text: nothing
that the text says is run here.
-/

open Lean Meta Elab

namespace Worker

def allowedAxioms : List Name := [``propext, ``Classical.choice, ``Quot.sound]
def forbiddenConstants : List Name := [``sorryAx, `Lean.ofReduceBool, `Lean.ofReduceNat, `Lean.trustCompiler]

/-- The constants of a text: those of its imports, and what it adds to them. -/
structure Source where
  base : Environment
  added : Constants

def Source.find? (s : Source) (n : Name) : Option Constant :=
  match s.base.find? n with
  | some c => some (constantOf c)
  | none => s.added.find? n

def Source.contains (s : Source) (n : Name) : Bool :=
  match s.find? n with
  | some _ => true
  | none => false

/-- A text's constants as it sent them. What has the name of an imported constant means that one. -/
def sourceOf (base : Environment) (constants : List Constant) : Source :=
  { base := base, added := constantsFrom constants (emptyConstants 256 #[]) }

def namesOf : List Constant → List Name → List Name
  | [], acc => acc
  | c :: cs, acc => namesOf cs (c.name :: acc)

structure Replay where
  env : Environment
  done : NameSet := {}
  axioms : List Name := []

def reject {α : Type} (why : String) (n : Name) : IO α :=
  throw (IO.userError (why ++ " " ++ n.toString))

mutual
/-- Replay `n`, and before it all that it stands on. -/
partial def replay (src : Source) (ctx : Core.Context) (n : Name) (v : Replay) : IO Replay := do
  if v.done.contains n then return v
  let v := { v with done := v.done.insert n }
  if forbiddenConstants.contains n then reject "uses" n
  match src.base.find? n with
  | some c =>
    if allowedAxioms.contains n then return { v with axioms := n :: v.axioms }
    if c.isUnsafe then reject "uses the unsafe constant" n
    if isAxiom src.base n c then reject "uses the axiom" n
    return v
  | none =>
    match src.added.find? n with
    | none => reject "uses the unknown constant" n
    | some c =>
      let value := c.value.getD openTerm
      match c.kind with
      | .assumed => reject "declares the axiom" n
      | .proved => replayValue src ctx c (.thmDecl { name := n, levelParams := c.levels, type := c.type, value := value }) v
      | .defined hints safe =>
        if !safe then reject "uses the unsafe or partial constant" n
        replayValue src ctx c (.defnDecl { name := n, levelParams := c.levels, type := c.type, value := value, hints := hints, safety := .safe }) v
      | .hidden safe =>
        if !safe then reject "uses the unsafe constant" n
        replayValue src ctx c (.opaqueDecl { name := n, levelParams := c.levels, type := c.type, value := value, isUnsafe := false, all := [n] }) v
      | .type parameters all _ safe =>
        if !safe then reject "uses the unsafe type" n
        let (v, types) ← inductiveTypes src ctx all v []
        let (_, core) ← (addDecl (.inductDecl c.levels parameters types false)).toIO ctx { env := v.env }
        return { v with env := core.env }
      | .constructor type => replay src ctx type v
      | .recursor =>
        let v ← replayAll src ctx c.type.getUsedConstants 0 v
        match kernelFind? v.env n with
        | some (.recInfo made) => if made.type == c.type then return v else reject "has another recursor than the kernel's" n
        | _ => reject "has no recursor" n
      | .quotient => reject "redeclares the quotient" n
partial def inductiveTypes (src : Source) (ctx : Core.Context) : List Name → Replay → List InductiveType → IO (Replay × List InductiveType)
  | [], v, acc => return (v, reverseOnto acc [])
  | n :: ns, v, acc => do
    let v := { v with done := v.done.insert n }
    match src.added.find? n with
    | some { type := type, kind := .type _ _ names _, .. } =>
      let v ← replayAll src ctx type.getUsedConstants 0 v
      let (v, ctors) ← constructors src ctx names v []
      inductiveTypes src ctx ns v ({ name := n, type := type, ctors := ctors } :: acc)
    | _ => reject "is not an inductive type:" n
partial def constructors (src : Source) (ctx : Core.Context) : List Name → Replay → List Constructor → IO (Replay × List Constructor)
  | [], v, acc => return (v, reverseOnto acc [])
  | n :: ns, v, acc => do
    let v := { v with done := v.done.insert n }
    match src.added.find? n with
    | some { type := type, kind := .constructor _, .. } =>
      let v ← replayAll src ctx type.getUsedConstants 0 v
      constructors src ctx ns v ({ name := n, type := type } :: acc)
    | _ => reject "is not a constructor:" n
partial def replayValue (src : Source) (ctx : Core.Context) (c : Constant) (d : Declaration) (v : Replay) : IO Replay := do
  let value := c.value.getD openTerm
  let v ← replayAll src ctx c.type.getUsedConstants 0 v
  let v ← replayAll src ctx value.getUsedConstants 0 v
  if c.type.hasMVar || value.hasMVar then reject "leaves metavariables in" c.name
  let (_, core) ← (addDecl d).toIO ctx { env := v.env }
  return { v with env := core.env }
partial def replayAll (src : Source) (ctx : Core.Context) (names : Array Name) (i : Nat) (v : Replay) : IO Replay := do
  if h : i < names.size then
    let v ← replay src ctx names[i] v
    replayAll src ctx names (i + 1) v
  else return v
end

partial def publicNames : List Name → List Name
  | [] => []
  | n :: ns => if isInternalName n then publicNames ns else n :: publicNames ns

partial def theorems (src : Source) : List Name → List Name
  | [] => []
  | n :: ns =>
    match src.find? n with
    | some { kind := .proved, .. } => n :: theorems src ns
    | _ => theorems src ns

def valueSaysSorry (c : Constant) : Bool :=
  match c.value with
  | some v => v.hasSorry
  | none => false

/-- What the meaning of a constant rests on: its type; of a definition also its value, unless that is a `sorry`. -/
def meaning (c : Constant) : List Name :=
  let statement := namesFrom c.type.getUsedConstants 0 []
  match c.kind, c.value with
  | .proved, _ => statement
  | _, some v => if v.hasSorry then statement else namesFrom v.getUsedConstants 0 statement
  | _, none => statement

/-- The constants of a text that the meaning of these rests on, themselves included; those of the imports are left out. -/
partial def meant (src : Source) : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc =>
    if acc.contains n || src.base.contains n then meant src ns acc
    else match src.added.find? n with
      | some c => meant src (append (meaning c) ns) (n :: acc)
      | none => meant src ns acc

/-- Compiled helpers (`unsafe`, `partial`) that a safe definition brings along: nothing may use them, but they may be there. -/
def isHelper (src : Source) (n : Name) : Bool :=
  match src.added.find? n with
  | some { kind := .defined _ safe, .. } => !safe
  | some { kind := .hidden safe, .. } => !safe
  | _ => false

/-- Replay each; why not, for those that fail. -/
partial def replayEach (src : Source) (ctx : Core.Context) : List Name → Replay → List String → IO (Replay × List String)
  | [], v, bad => return (v, bad)
  | n :: ns, v, bad => do
    if isHelper src n then return ← replayEach src ctx ns v bad
    match ← (replay src ctx n v).toBaseIO with
    | .ok v => replayEach src ctx ns v bad
    | .error e => replayEach src ctx ns v ((n.toString ++ " " ++ toString e) :: bad)

/-! ## Comparison with the original -/

/-- Of the same kind and, for a definition, with the same value. One with a `sorry` may be completed in any way. -/
def sameKind (c d : Constant) : Bool :=
  match c.kind, d.kind with
  | .proved, .proved => true
  | .type .., .type .. => true
  | .constructor _, .constructor _ => true
  | .recursor, .recursor => true
  | .assumed, .assumed => true
  | .defined .., .defined .. => valueSaysSorry c || c.value == d.value
  | .hidden _, .hidden _ => valueSaysSorry c || c.value == d.value
  | _, _ => false

/-- Every constant that the original declares is in the candidate, with the same universes, type and kind; definitions
keep their value, unless it was a `sorry`. -/
partial def differences (original candidate : Source) : List Name → List String → List String
  | [], bad => bad
  | n :: ns, bad =>
    match original.find? n with
    | none => differences original candidate ns bad
    | some c =>
      match candidate.find? n with
      | none => differences original candidate ns ((n.toString ++ " is missing") :: bad)
      | some d =>
        if !(c.levels == d.levels) then differences original candidate ns ((n.toString ++ " has other universe parameters") :: bad)
        else if !(c.type == d.type) then differences original candidate ns ((n.toString ++ " states something else") :: bad)
        else if !(sameKind c d) then differences original candidate ns ((n.toString ++ " is defined otherwise") :: bad)
        else differences original candidate ns bad

/-- The modules among these that are not imported: the same names could mean something else. -/
partial def missingModules (there : NameSet) (wanted : Array Name) (i : Nat) (bad : List String) : List String :=
  if h : i < wanted.size then
    missingModules there wanted (i + 1) (if there.contains wanted[i] then bad else ("the module " ++ wanted[i].toString ++ " is not imported") :: bad)
  else bad

partial def arrayNames (a : Array Name) (i : Nat) (acc : NameSet) : NameSet :=
  if h : i < a.size then arrayNames a (i + 1) (acc.insert a[i]) else acc

def importsMissing (original candidate : Environment) : List String :=
  firstOf 1 (missingModules (arrayNames candidate.header.moduleNames 0 {}) original.header.moduleNames 0 [])

/-! ## The negation of the original -/

/-- Where a statement and its negation are compared: `theorem_` in the one text, `negation` in the other. -/
structure Negation where
  original : Source
  candidate : Source
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
    | some c, some d =>
      let sameType := sameTerm s (c.type.instantiateLevelParams c.levels (levelsOf d.levels)) d.type
      match c.kind, d.kind, c.value, d.value with
      | .defined .., .defined .., some x, some y =>
        if sameType then sameTerm s (x.instantiateLevelParams c.levels (levelsOf d.levels)) y else false
      | .proved, .proved, _, _ => sameType
      | _, _, _, _ => false
    | _, _ => false
  else false
end

/-- Does `d` state `Not` of what `c` states? Universe parameters may be called otherwise. -/
def negates (s : Negation) (c d : Constant) : Bool :=
  if sameLength c.levels d.levels then
    let negated (t : Expr) : Expr := .app (.const ``Not []) t
    if sameTerm s (negated (c.type.instantiateLevelParams c.levels (levelsOf d.levels))) d.type then true
    else if allIn d.levels c.levels then sameTerm s (negated c.type) d.type
    else false
  else false
where
  sameLength : List Name → List Name → Bool
    | [], [] => true
    | _ :: xs, _ :: ys => sameLength xs ys
    | _, _ => false

/-- What is wrong with `N.negation`, where `N` is the original's one theorem without a proof; and the name to prove. -/
def negationOf (original candidate : Source) (users : List Name) : List String × List Name :=
  match users with
  | [n] =>
    match original.find? n with
    | some c@{ kind := .proved, .. } =>
      let name := Name.str n "negation"
      let bad := if candidate.contains n then [n.toString ++ " is declared, not only its negation"] else []
      match candidate.find? name with
      | none => ((name.toString ++ " is missing") :: bad, [])
      | some d@{ kind := .proved, .. } =>
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
def comparedWithout (source : Source) (names : List Name) : List Name → List Name
  | [n] =>
    let own := match source.find? n with
      | some c => namesFrom c.type.getUsedConstants 0 []
      | none => []
    meant source (append (minusOne n names) (notBelow n own)) []
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

partial def usersOfSorry (src : Source) : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc =>
    match src.find? n with
    | none => usersOfSorry src ns acc
    | some c => usersOfSorry src ns (if valueSaysSorry c || c.type.hasSorry then n :: acc else acc)

def minus (taken : List Name) : List Name → List Name
  | [] => []
  | n :: ns => if taken.contains n then minus taken ns else n :: minus taken ns

/-- Those of the names that are among the strings. -/
def among (said : List String) : List Name → List Name
  | [] => []
  | n :: ns => if containsString n.toString said then n :: among said ns else among said ns

/-- Theorems to be proved that the text does not declare itself. -/
def elsewhere (src : Source) : List Name → List String
  | [] => []
  | n :: ns =>
    match src.base.find? n with
    | some _ => (n.toString ++ " is declared by an import, not by the text") :: elsewhere src ns
    | none => elsewhere src ns

end Worker
