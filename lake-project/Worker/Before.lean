import Worker.Basic

/-!
# What comes before a theorem of the library

When a library theorem is to be proved once more, neither it nor what is declared after it may be used. A constant of
another module comes after it when that module does, in the order in which Lean imports them. In the theorem's own module
the lines of the declarations tell, which Lean notes for its server. Without them (the bundled Lean ships none, and nothing
else in it keeps the order) every theorem of that module counts as declared after it, unless its statement rests on that
theorem, and so does every definition that may hold such a theorem; other definitions may be used.

What Lean makes for a declaration (constructors, recursors, equations, matchers) stands where that does, wherever Lean
made it.
-/

open Lean Meta

namespace Worker

/-! ## Places of declarations -/

unsafe def rangeEntryImpl (e : EnvExtensionEntry) : Name × DeclarationRanges := unsafeCast e

/-- A module's entries for declaration ranges, which are read as they are: the function of the library that looks one up is
among those that cannot be called everywhere. -/
@[implemented_by rangeEntryImpl]
opaque rangeEntry (e : EnvExtensionEntry) : Name × DeclarationRanges

partial def rangesFrom (entries : Array (Name × Array EnvExtensionEntry)) (i : Nat) : Array EnvExtensionEntry :=
  if h : i < entries.size then
    if entries[i].1 == `Lean.declRangeExt then entries[i].2 else rangesFrom entries (i + 1)
  else #[]

/-- Entries are in the order of `Name.quickLt`. -/
partial def findRange (ranges : Array EnvExtensionEntry) (n : Name) (first last : Nat) : Option Place :=
  if first < last then
    let middle := (first + last) / 2
    if h : middle < ranges.size then
      let (m, r) := rangeEntry ranges[middle]
      if m == n then some { line := r.range.pos.line, column := r.range.pos.column }
      else if m.quickLt n then findRange ranges n (middle + 1) last
      else findRange ranges n first middle
    else none
  else none

def placeOf (ranges : Array EnvExtensionEntry) (n : Name) : Option Place := findRange ranges n 0 ranges.size

def Place.before (p q : Place) : Bool := p.line < q.line || (p.line == q.line && p.column < q.column)

/-! ## Before and after -/

def constantsOf (c : ConstantInfo) : List Name :=
  match c with
  | .defnInfo d => names d.value (names d.type [])
  | .thmInfo d => names d.value (names d.type [])
  | .opaqueInfo d => names d.value (names d.type [])
  | c => names c.type []
where
  names (e : Expr) (acc : List Name) : List Name := namesFrom e.getUsedConstants 0 acc

def moduleOf? (env : Environment) (n : Name) : Option Nat :=
  match env.getModuleIdxFor? n with
  | some i => some i.toNat
  | none => none

/-- What these constants rest on in a module; theorems on their statements alone. -/
partial def restsOn (env : Environment) (home : Nat) : List Name → NameSet → NameSet
  | [], acc => acc
  | n :: ns, acc =>
    if acc.contains n then restsOn env home ns acc
    else match moduleOf? env n, env.find? n with
      | some m, some c =>
        if m == home then
          let below := match c with
            | .thmInfo t => namesFrom t.type.getUsedConstants 0 []
            | .inductInfo i => append i.ctors (constantsOf c)
            | _ => constantsOf c
          restsOn env home (append below ns) (acc.insert n)
        else restsOn env home ns acc
      | _, _ => restsOn env home ns acc

/-- The horizon of a library theorem, or why there is none. -/
def horizonOf (env : Environment) (name : String) : Except String (Option Horizon) :=
  if name.isEmpty then .ok none
  else
    let n := name.toName
    match moduleOf? env n, env.find? n with
    | some m, some c =>
      if h : m < env.header.moduleData.size then
        let ranges := rangesFrom env.header.moduleData[m].entries 0
        let statement := namesFrom c.type.getUsedConstants 0 []
        .ok (some { name := n, home := m, ranges := ranges, place := placeOf ranges n, known := restsOn env m statement {} })
      else .error (name ++ " is in no module")
    | _, _ => .error ("the library has no theorem " ++ name)

/-- Last parts of names that Lean gives to what it makes for a declaration, beyond those that it hides. -/
def madeNames : List String := [
  "rec", "casesOn", "recOn", "below", "brecOn", "ibelow", "binductionOn", "noConfusion", "noConfusionType", "inj", "injEq",
  "sizeOf_spec", "induct", "induct_unfolding", "fun_cases", "fun_cases_unfolding", "mutual_induct", "eq_def", "eq_unfold",
  "congr_simp", "ctorIdx", "toCtorIdx", "ctorElim", "ctorElimType"]

/-- The declaration that Lean made a constant for. -/
def madeFor? (env : Environment) (n : Name) : Option Name :=
  let owner := n.getPrefix
  let owner := if env.contains owner then owner else userName owner
  match n, env.find? owner with
  | .str _ word, some (.inductInfo _) =>
    let made := match env.find? n with
      | some (.ctorInfo _) => true
      | some (.recInfo _) => true
      | _ => containsString word madeNames || textBeginsWith word "_sizeOf"
    if made then some owner else none
  | .str _ word, some _ =>
    if isInternalName n || isInternalName owner || containsString word madeNames || textBeginsWith word "hcongr_" then some owner
    else none
  | _, _ => none

/-- Is there no proof in any of these, nor in what they are made of in the horizon's module? -/
partial def holdNoProof (env : Environment) (h : Horizon) : List Name → NameSet → Bool
  | [], _ => true
  | n :: ns, seen =>
    if seen.contains n || h.known.contains n || moduleOf? env n != some h.home then holdNoProof env h ns seen
    else match env.find? n with
      | some (.defnInfo d) => holdNoProof env h (append (constantsOf (.defnInfo d)) ns) (seen.insert n)
      | some (.inductInfo i) => holdNoProof env h (append (constantsOf (.inductInfo i)) ns) (seen.insert n)
      | some (.ctorInfo c) => holdNoProof env h (append (constantsOf (.ctorInfo c)) ns) (seen.insert n)
      | some (.recInfo r) => holdNoProof env h (append (constantsOf (.recInfo r)) ns) (seen.insert n)
      | _ => false

/-- Is this constant of the library the theorem itself, or declared after it, or not known to be declared before? -/
partial def comesAfter (env : Environment) (h : Horizon) (n : Name) : Bool :=
  if n == h.name then true
  else if h.known.contains n then false
  else match madeFor? env n with
    | some owner => comesAfter env h owner
    | none =>
      match moduleOf? env n with
      | none => false
      | some m =>
        if m == h.home then
          match placeOf h.ranges n, h.place with
          | some p, some q => !p.before q
          | _, _ => !holdNoProof env h [n] {}
        else h.home < m

/-- The first constant that comes too late among these and, where they are not of the library, what they are made of. -/
partial def firstAfter (env : Environment) (h : Horizon) : List Name → NameSet → Option Name
  | [], _ => none
  | n :: ns, seen =>
    if seen.contains n then firstAfter env h ns seen
    else match moduleOf? env n with
      | some _ => if comesAfter env h n then some n else firstAfter env h ns (seen.insert n)
      | none =>
        match env.find? n with
        | some c => firstAfter env h (append (constantsOf c) ns) (seen.insert n)
        | none => firstAfter env h ns (seen.insert n)

def usesAfter (h : Horizon) (n : Name) : String :=
  "uses " ++ n.toString ++ ", which " ++ (if n == h.name then "is to be proved" else "comes after " ++ h.name.toString)

mutual
/-- The constants of a term as far as it is there, those below metavariables that wait for goals included. -/
partial def constantsSoFar (e : Expr) (acc : List Name) : MetaM (List Name) := do
  let e ← instantiateMVars e
  let acc := namesFrom e.getUsedConstants 0 acc
  if e.hasExprMVar then constantsBelow (e.collectMVars {}).result 0 acc else return acc
partial def constantsBelow (found : Array MVarId) (i : Nat) (acc : List Name) : MetaM (List Name) := do
  if h : i < found.size then
    match ← getDelayedMVarAssignment? found[i] with
    | some d => constantsBelow found (i + 1) (← constantsSoFar (.mvar d.mvarIdPending) acc)
    | none => constantsBelow found (i + 1) acc
  else return acc
end

/-- What comes too late in the terms by which a tactic went on from these goals. -/
partial def lateIn (h : Horizon) : List MVarId → List Name → MetaM (Option Name)
  | [], names => return firstAfter (← getEnv) h names {}
  | g :: gs, names => do lateIn h gs (← constantsSoFar (.mvar g) names)

end Worker
