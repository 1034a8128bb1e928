import Worker.Before

/-!
# The theorems of the library, and the constants of statements and goals
-/

open Lean Meta

namespace Worker

/-- What a statement is about: the constant at the head of its conclusion, often a relation. -/
partial def headOf : Expr → Name
  | .forallE _ _ b _ => headOf b
  | .letE _ _ _ b _ => headOf b
  | .mdata _ e => headOf e
  | e => match e.getAppFn with
    | .const n _ => n
    | .proj n _ _ => n
    | _ => .anonymous

/-- How many arguments a statement's theorem takes in plain brackets. -/
partial def explicitArguments : Expr → Nat → Nat
  | .forallE _ _ b .default, n => explicitArguments b (n + 1)
  | .forallE _ _ b _, n => explicitArguments b n
  | .mdata _ e, n => explicitArguments e n
  | _, n => n

partial def jsonNameArray (a : Array Name) (i : Nat) (acc : Array Json) : Json :=
  if h : i < a.size then jsonNameArray a (i + 1) (acc.push (.str a[i].toString)) else .arr acc

def lineOf (ranges : Array EnvExtensionEntry) (n : Name) : Nat :=
  match placeOf ranges n with
  | some p => p.line
  | none => 0

/-- Would a proof name this theorem? Not one that Lean made, that is private or deprecated. Some are made in several
modules; what counts is the first. -/
def isListed (env : Environment) (home : Nat) (n : Name) : Bool :=
  !isPrivateName n && !isInternalName n && moduleOf? env n == some home && (madeFor? env n).isNone && !Linter.isDeprecated env n

partial def theoremsFrom (env : Environment) (home : Nat) (ranges : Array EnvExtensionEntry) (names : Array Name) (i : Nat) (acc : Array Json) : Array Json :=
  if h : i < names.size then
    let n := names[i]
    let acc := match env.find? n with
      | some c =>
        if isTheorem env n c && isListed env home n then
          acc.push (.arr #[.str n.toString, .num (lineOf ranges n), .str (headOf c.type).toString,
            .num (explicitArguments c.type 0), jsonNameArray c.type.getUsedConstants 0 #[]])
        else acc
      | none => acc
    theoremsFrom env home ranges names (i + 1) acc
  else acc

partial def libraryFrom (env : Environment) (i : Nat) (until_ : Nat) (acc : Array Json) : IO (Array Json × Nat) := do
  if h : i < env.header.moduleData.size then
    let data := env.header.moduleData[i]
    let name : Name := if h : i < env.header.moduleNames.size then env.header.moduleNames[i] else .anonymous
    let found := theoremsFrom env i (rangesFrom data.entries 0) data.constNames 0 #[]
    let acc := acc.push (.mkObj [("name", .str name.toString), ("theorems", .arr found)])
    let now ← IO.monoMsNow
    if now > until_ then return (acc, i + 1) else libraryFrom env (i + 1) until_ acc
  else return (acc, i)

/-! ## Goals -/

/-- Those of the names that are not yet in the list, before it in turn. -/
partial def distinctFrom (a : Array Name) (i : Nat) (acc : List Name) : List Name :=
  if h : i < a.size then distinctFrom a (i + 1) (if acc.contains a[i] then acc else a[i] :: acc) else acc

partial def hypothesisSymbols (lctx : LocalContext) (fvars : Array FVarId) (i : Nat) (acc : List Name) : MetaM (List Name) := do
  if h : i < fvars.size then
    match lctx.find? fvars[i] with
    | some d =>
      let type ← instantiateMVars d.type
      hypothesisSymbols lctx fvars (i + 1) (distinctFrom type.getUsedConstants 0 acc)
    | none => hypothesisSymbols lctx fvars (i + 1) acc
  else return acc

/-- The constants of a state's first goal: of its target, the head of the conclusion first, and of its hypotheses. -/
def symbolsOf (s : ProofState) : IO (List Name × List Name) := do
  match s.goals with
  | [] => return ([], [])
  | g :: _ =>
    let find : MetaM (List Name × List Name) := do
      let d ← g.getDecl
      let type ← instantiateMVars d.type
      let first := match headOf type with
        | .anonymous => []
        | n => [n]
      let target := distinctFrom type.getUsedConstants 0 first
      let context ← hypothesisSymbols d.lctx d.lctx.getFVarIds 0 []
      return (reverseOnto target [], reverseOnto context [])
    let ctx ← s.context 200000 none
    let (found, _, _) ← find.toIO ctx s.coreState {} s.metaState
    return found

end Worker
