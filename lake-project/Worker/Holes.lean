import Worker.Goal
import Worker.Text

/-!
# The `sorry`s of a text, each as a state of its own
-/

open Lean Meta Elab

namespace Worker

/-- Take the hypotheses out that stand for the declaration itself, lest it be proved by itself. -/
partial def withoutAuxiliary (lctx : LocalContext) (fvars : Array FVarId) (i : Nat) (acc : LocalContext) : LocalContext :=
  if h : i < fvars.size then
    let acc := match lctx.find? fvars[i] with
      | some d => if d.isAuxDecl then acc.erase fvars[i] else acc
      | none => acc
    withoutAuxiliary lctx fvars (i + 1) acc
  else acc

partial def allKnown (env : Environment) (names : Array Name) (i : Nat) : Bool :=
  if h : i < names.size then (if env.contains names[i] then allKnown env names (i + 1) else false) else true

/-- A state of its own for a goal. -/
def openGoal (before : Environment) (ci : ContextInfo) (mctx : MetavarContext) (lctx : LocalContext) (insts : LocalInstances)
    (type : Expr) : IO (ProofState × Expr × Array String × UInt64) := do
  let printed ← Printed.new
  let make : MetaM (MVarId × Expr × List Name × Array String × UInt64) := do
    let lctx := withoutAuxiliary lctx lctx.getFVarIds 0 lctx
    withContext lctx insts do
      let type ← instantiateMVars type
      let goal ← mkFreshExprMVarAt lctx insts type .syntheticOpaque
      let closed ← mkForallFVars lctx.getFVars type (usedLetOnly := false)
      let closed ← instantiateMVars closed
      let levels := (collectLevelParams {} closed).params.toList
      let (goals, hash) ← describeGoals printed [goal.mvarId!]
      return (goal.mvarId!, closed, levels, goals, hash)
  let ctx ← coreContext 200000 none ci.options ci.currNamespace ci.openDecls
  let ((_, closed, _), _, _) ← make.toIO ctx { env := ci.env, ngen := ci.ngen } {} { mctx := mctx }
  -- The environment before the command, lest `exact?` find the theorem itself; that after it if the goal needs its parts
  let alone := allKnown before closed.getUsedConstants 0
  let env := if alone then before else ci.env
  let ((goal, _, levels, goals, hash), coreState, metaState) ← make.toIO ctx { env := env, ngen := ci.ngen } {} { mctx := mctx }
  let state := { coreState := { coreState with messages := {} }, metaState := metaState, termState := { levelNames := levels }, goals := [goal], root := goal,
                 options := ci.options, currNamespace := ci.currNamespace, opens := ci.openDecls, printed := printed,
                 own := if alone then none else ci.parentDecl? : ProofState }
  return (state, closed, goals, hash)

/-- Does the syntax stand in the text, rather than come from a macro? -/
def isOriginal (stx : Syntax) : Bool :=
  match stx.getHeadInfo with
  | .original .. => true
  | _ => false

def makeHole (map : FileMap) (kind : String) (ci : ContextInfo) (stx : Syntax) (g : ProofState × Expr × Array String × UInt64) : Hole :=
  let first := map.toPosition (stx.getPos?.getD 0)
  let last := map.toPosition (stx.getTailPos?.getD 0)
  { kind := kind, line := first.line, column := first.column, endLine := last.line, endColumn := last.column,
    declaration := ci.parentDecl?.getD .anonymous, type := g.2.1, state := g.1, goals := g.2.2.1, hash := g.2.2.2 }

/-- Is there already a hole at this place with this goal? (The elaborator may visit a term more than once.) -/
partial def isKnown (h : Hole) (a : Array Hole) (i : Nat) : Bool :=
  if hi : i < a.size then
    if h.line == a[i].line && h.column == a[i].column && h.type == a[i].type then true else isKnown h a (i + 1)
  else false

def addHole (a : Array Hole) (h : Hole) : Array Hole := if isKnown h a 0 then a else a.push h

partial def localInstances (fvars : Array Expr) (i : Nat) (acc : LocalInstances) : MetaM LocalInstances := do
  if h : i < fvars.size then
    let t ← inferType fvars[i]
    match ← isClass? t with
    | some c => localInstances fvars (i + 1) (acc.push { className := c, fvar := fvars[i] })
    | none => localInstances fvars (i + 1) acc
  else return acc

mutual
partial def holesOf (map : FileMap) (before : Environment) (ci? : Option ContextInfo) (t : InfoTree) (acc : Array Hole) : IO (Array Hole) := do
  match t with
  | .context c t => holesOf map before (c.mergeIntoOuter? ci?) t acc
  | .hole _ => return acc
  | .node info children =>
    let acc ← match ci? with
      | none => pure acc
      | some ci =>
        match info with
        | .ofTacticInfo ti =>
          if ti.stx.getKind == `Lean.Parser.Tactic.tacticSorry && isOriginal ti.stx then
            match ti.goalsBefore with
            | [] => pure acc
            | g :: _ =>
              match ti.mctxBefore.findDecl? g with
              | none => pure acc
              | some d => do
                let g ← openGoal before ci ti.mctxBefore d.lctx d.localInstances d.type
                pure (addHole acc (makeHole map "tactic" ci ti.stx g))
          else pure acc
        | .ofTermInfo ti =>
          if ti.stx.getKind == `Lean.Parser.Term.sorry && isOriginal ti.stx then
            match ti.expectedType? with
            | none => pure acc
            | some type => do
              let ctx ← coreContext 200000 none ci.options ci.currNamespace ci.openDecls
              let (insts, _, _) ← (withContext ti.lctx #[] (localInstances ti.lctx.getFVars 0 #[])).toIO ctx { env := ci.env, ngen := ci.ngen } {} { mctx := ci.mctx }
              let g ← openGoal before ci ci.mctx ti.lctx insts type
              pure (addHole acc (makeHole map "term" ci ti.stx g))
          else pure acc
        | _ => pure acc
    let ci? := info.updateContext? ci?
    holesOfList map before ci? (treeList children) acc
partial def holesOfList (map : FileMap) (before : Environment) (ci? : Option ContextInfo) : List InfoTree → Array Hole → IO (Array Hole)
  | [], acc => return acc
  | t :: ts, acc => do
    let acc ← holesOf map before ci? t acc
    holesOfList map before ci? ts acc
end

/-- Every `sorry` that the author of the text wrote and whose goal stands on its own. -/
partial def holes (map : FileMap) : List Sorries → List (Array Hole) → IO (List (Array Hole))
  | [], acc => return acc
  | s :: ss, acc => do
    match ← s.found.get with
    | some found => holes map ss (found :: acc)
    | none => do
      let found ← holesOfList map s.before none s.trees #[]
      s.found.set (some found)
      holes map ss (found :: acc)

end Worker
