import Worker.Basic

/-!
# Goals as text, and their hash
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

/-- Equal for equal lists of goals, whatever their metavariables and hypotheses are called. It has 32 bits: whoever reads
it adds a hash of the printed goals, in which the names stand. -/
def hashGoals (goals : List MVarId) : MetaM UInt64 := do
  let e ← closeGoals goals (.const `goals [])
  if e.hasExprMVar || e.hasLevelMVar then
    let r ← abstractMVars e
    return r.expr.hash
  else
    return e.hash

end Worker
