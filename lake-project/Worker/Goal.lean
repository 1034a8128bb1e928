import Worker.Basic
import Worker.Compat

/-!
# Goals as text, their hash, and which of them stand alone
-/

open Lean Meta

namespace Worker

partial def printGoals : List MVarId → Array String → MetaM (Array String)
  | [], acc => pure acc
  | g :: gs, acc => do
    let f ← Meta.ppGoal g
    printGoals gs (acc.push (toString f))

/-- All goals as one expression, each closed over its context, so that metavariables shared between goals stay shared. -/
partial def closeGoals : List MVarId → Expr → MetaM Expr
  | [], acc => pure acc
  | g :: gs, acc => do
    let d ← g.getDecl
    let fvars := d.lctx.getFVars
    let closed ← withContext d.lctx d.localInstances do
      let e ← mkForallFVars fvars d.type (usedLetOnly := false)
      instantiateMVars e
    closeGoals gs (.app acc closed)

partial def findPrinted (e : Expr) : List (Expr × String) → Option String
  | [] => none
  | (k, text) :: rest => if k.equal e then some text else findPrinted e rest

/-- How Lean begins to print a goal with a name. -/
def caseLine (tag : Name) : String :=
  if tag.isAnonymous then "" else "case " ++ tag.eraseMacroScopes.toString ++ "\n"

/-- A goal without metavariables; `closed` is the goal with its context, names included. -/
def printKnown (known : Printed) (g : MVarId) (closed : Expr) : MetaM String := do
  let d ← g.getDecl
  -- how much of it is context: `p : Prop ⊢ p → p` and `⊢ ∀ p, p → p` are the same when closed
  let closed := .app (.lit (.natVal d.lctx.getFVars.size)) closed
  let i := closed.hash.toNat % bucketCount
  let line := caseLine d.userName
  let buckets ← known.buckets.get
  let bucket := if h : i < buckets.size then buckets[i] else []
  match findPrinted closed bucket with
  | some text => return line ++ text
  | none =>
    let text := toString (← Meta.ppGoal g)
    if textBeginsWith text line then
      known.buckets.set (replaceAt (← known.buckets.swap #[]) i ((closed, textAfter text line.utf8ByteSize) :: bucket))
    return text

/-- Goals as printed, and their hash: equal for equal lists of goals, whatever their metavariables and hypotheses are called.
It has 32 bits: whoever reads it adds a hash of the printed goals, in which the names stand. -/
def describeGoals (known : Printed) (goals : List MVarId) : MetaM (Array String × UInt64) := do
  let e ← closeGoals goals (.const `goals [])
  if e.hasExprMVar || e.hasLevelMVar then
    let r ← abstractMVars e
    return (← printGoals goals #[], r.expr.hash)
  else
    match goals, e with
    | [g], .app _ closed => return (#[← printKnown known g closed], e.hash)
    | _, _ => return (← printGoals goals #[], e.hash)

/-! ## Goals that do not depend on one another -/

/-- Does the term still have metavariables when all that are assigned are filled in? -/
def waits (e : Expr) : MetaM Bool := do
  if e.hasMVar then return (← instantiateMVars e).hasMVar else return false

partial def contextWaits (lctx : LocalContext) (fvars : Array FVarId) (i : Nat) : MetaM Bool := do
  if h : i < fvars.size then
    match lctx.find? fvars[i] with
    | some d =>
      let inValue ← match d.value? with
        | some v => waits v
        | none => pure false
      if inValue then return true
      if ← waits d.type then return true
      contextWaits lctx fvars (i + 1)
    | none => contextWaits lctx fvars (i + 1)
  else return false

/-- Does nothing in the goal wait for a metavariable? -/
def standsAlone (g : MVarId) : MetaM Bool := do
  let d ← g.getDecl
  if ← waits d.type then return false
  return !(← contextWaits d.lctx d.lctx.getFVarIds 0)

partial def allStandAlone : List MVarId → MetaM Bool
  | [] => return true
  | g :: gs => do if ← standsAlone g then allStandAlone gs else return false

/-- Are these metavariables goals, or such as wait for goals only? -/
partial def onlyGoals (goals : List MVarId) (found : Array MVarId) (i : Nat) : MetaM Bool := do
  if h : i < found.size then
    let known ← if goals.contains found[i] then pure true
      else match ← getDelayedMVarAssignment? found[i] with
        | none => pure false
        | some d => do
          let e ← instantiateMVars (.mvar d.mvarIdPending)
          onlyGoals goals (e.collectMVars {}).result 0
    if known then onlyGoals goals found (i + 1) else return false
  else return true

/-- Each goal by itself, if whatever proves each of them proves the root: none waits for a metavariable, and the root waits
for nothing else. Otherwise all together. -/
def independentParts (root : MVarId) (goals : List MVarId) : MetaM (List (List MVarId)) := do
  match goals with
  | [] => return []
  | [_] => return [goals]
  | _ =>
    if ← allStandAlone goals then
      let e ← instantiateMVars (.mvar root)
      if ← onlyGoals goals (e.collectMVars {}).result 0 then return each goals
    return [goals]
where
  each : List MVarId → List (List MVarId)
    | [] => []
    | g :: gs => [g] :: each gs

end Worker
