import Worker.Goal
import Worker.Refuse
import Worker.Compat

/-!
# Elaborating a text, command by command, and finding its `sorry`s

A text is elaborated as its author wrote it: header, notation, options, `variable`s, namespaces, autobound names. States
after each command are kept for a while, so that a text that begins like an earlier one goes on from there.
-/

open Lean Meta Elab

namespace Worker

/-! ## Info trees and messages -/

mutual
partial def nodeTrees : PersistentArrayNode InfoTree → List InfoTree → List InfoTree
  | .node cs, acc => nodesTrees cs cs.size acc
  | .leaf cs, acc => arrayTrees cs cs.size acc
partial def nodesTrees (cs : Array (PersistentArrayNode InfoTree)) (i : Nat) (acc : List InfoTree) : List InfoTree :=
  if i == 0 then acc
  else if h : i - 1 < cs.size then nodesTrees cs (i - 1) (nodeTrees cs[i - 1] acc) else acc
partial def arrayTrees (cs : Array InfoTree) (i : Nat) (acc : List InfoTree) : List InfoTree :=
  if i == 0 then acc
  else if h : i - 1 < cs.size then arrayTrees cs (i - 1) (cs[i - 1] :: acc) else acc
end

/-- `PersistentArray.toList`. -/
def treeList (t : PersistentArray InfoTree) : List InfoTree := nodeTrees t.root (arrayTrees t.tail t.tail.size [])

mutual
/-- Messages and info trees that elaboration left in snapshot tasks (bodies of theorems). -/
partial def snapshotOutput (t : Language.SnapshotTree) (acc : List Message × List InfoTree) : List Message × List InfoTree :=
  let messages := append acc.1 t.element.diagnostics.msgLog.toList
  let trees := match t.element.infoTree? with
    | some i => append acc.2 [i]
    | none => acc.2
  tasksOutput t.children 0 (messages, trees)
partial def tasksOutput (a : Array (Language.SnapshotTask Language.SnapshotTree)) (i : Nat) (acc : List Message × List InfoTree) : List Message × List InfoTree :=
  if h : i < a.size then tasksOutput a (i + 1) (snapshotOutput a[i].task.get acc) else acc
end

/-! ## The constants that a text adds -/

mutual
partial def nodeKeys : PersistentHashMap.Node Name ConstantInfo → List Name → List Name
  | .entries es, acc => entryKeys es 0 acc
  | .collision ks _ _, acc => arrayKeys ks 0 acc
partial def entryKeys (es : Array (PersistentHashMap.Entry Name ConstantInfo (PersistentHashMap.Node Name ConstantInfo))) (i : Nat) (acc : List Name) : List Name :=
  if h : i < es.size then
    match es[i] with
    | .entry k _ => entryKeys es (i + 1) (k :: acc)
    | .ref n => entryKeys es (i + 1) (nodeKeys n acc)
    | .null => entryKeys es (i + 1) acc
  else acc
partial def arrayKeys (ks : Array Name) (i : Nat) (acc : List Name) : List Name :=
  if h : i < ks.size then arrayKeys ks (i + 1) (ks[i] :: acc) else acc
end

def addedConstants (env : Environment) : List Name := nodeKeys env.constants.map₂.root []

/-- Those of the names that `env` does not have. -/
partial def newNames (env : Environment) : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc => newNames env ns (if env.contains n then acc else n :: acc)

/-! ## Commands -/

/-- How far elaboration has come. -/
structure Progress where
  parser : Parser.ModuleParserState
  command : Command.State
  messages : List Message := []
  /-- Info trees, each with the environment from before its command. -/
  trees : List (Environment × InfoTree) := []
  refusals : List Refusal := []
  /-- Constants made by commands that say `sorry`: no other may stand on one. -/
  maySorry : List Name := []

/-- The progress before the last command of a text that begins with `before`. -/
structure Snapshot where
  before : String
  progress : Progress

structure Elaborated where
  progress : Progress
  /-- The environment of the imports alone. -/
  base : Environment
  fileMap : FileMap
  /-- Syntax that stopped the elaboration. -/
  refused : Option String

structure Elaborator where
  deadline : Deadline
  /-- One environment for each set of imports. -/
  headers : IO.Ref (List (String × Environment))
  snapshots : IO.Ref (List Snapshot)

def snapshotsKept : Nat := 48

def timeLimit : String := "time limit"

def tagTrees (e : Environment) : List InfoTree → List (Environment × InfoTree)
  | [] => []
  | t :: ts => (e, t) :: tagTrees e ts

/-- Parse one command and elaborate it, unless it says something refused beyond `allowed`. -/
def step (input : Parser.InputContext) (text : String) (token : IO.CancelToken) (allowed : Option Allowed) (p : Progress) :
    IO (Progress × Option String × Bool) := do
  match p.command.scopes with
  | [] => return (p, none, true)
  | scope :: _ =>
    let pctx : Parser.ParserModuleContext := { env := p.command.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }
    let (stx, parser, parseMessages) := Parser.parseCommand input pctx p.parser {}
    let command := textBetween text (stx.getPos?.getD 0) (stx.getTailPos?.getD 0)
    let refusals := refusalsIn command (refusals stx []) p.refusals
    let refused := match allowed with
      | some allowed => firstRefused allowed refusals 0
      | none => none
    match refused with
    | some k => return ({ p with refusals := refusals }, some k, true)
    | none =>
      -- Each command begins without messages and trees, and what it leaves is gathered: versions differ in what they keep
      let ref ← IO.mkRef { p.command with messages := {}, infoState := { enabled := true } }
      match ← (elabCommand stx (commandContext input p.parser.pos token) ref).toBaseIO with
      | .error e => throw (IO.userError (← e.toMessageData.toString))
      | .ok _ =>
        let command ← ref.get
        let (messages, trees) := tasksOutput (snapshotTasksOf command) 0 (command.messages.toList, treeList (infoTreesOf command))
        let saysSorry := countSorries refusals 0 > countSorries p.refusals 0
        let p := { p with
          maySorry := if saysSorry then newNames p.command.env (addedConstants command.env) p.maySorry else p.maySorry
          parser := parser
          command := withoutSnapshotTasks { command with messages := {} }
          messages := append p.messages (append parseMessages.toList messages)
          trees := append p.trees (tagTrees p.command.env trees)
          refusals := refusals }
        return (p, none, Parser.isTerminalCommand stx)

/-- All commands from `p` on. `kept` gathers the progress before each, to be kept as snapshots. -/
partial def steps (input : Parser.InputContext) (text : String) (token : IO.CancelToken) (allowed : Option Allowed)
    (p : Progress) (kept : List Snapshot) : IO (Progress × Option String × List Snapshot) := do
  let (next, refused, last) ← step input text token allowed p
  if last then return (next, refused, kept)
  -- A command ends where the next token begins to make no sense in it: only what the next command confirms is kept
  let kept := { before := textBefore text next.parser.pos, progress := p } :: kept
  steps input text token allowed next kept

partial def importKey (imports : Array Import) (i : Nat) (acc : String) : String :=
  if h : i < imports.size then importKey imports (i + 1) (acc ++ " " ++ (importedModule imports[i]).toString) else acc

partial def findHeader (key : String) : List (String × Environment) → Option Environment
  | [] => none
  | (k, e) :: r => if k == key then some e else findHeader key r

/-- The snapshot that saves most of the work, or none. -/
partial def longest (text : String) : List Snapshot → Option Snapshot → Option Snapshot
  | [], best => best
  | s :: r, best =>
    if textBeginsWith text s.before then
      match best with
      | some b => longest text r (if b.before.utf8ByteSize < s.before.utf8ByteSize then some s else best)
      | none => longest text r (some s)
    else longest text r best

partial def without (before : String) : List Snapshot → List Snapshot
  | [] => []
  | s :: r => if s.before == before then without before r else s :: without before r

partial def addSnapshots : List Snapshot → List Snapshot → List Snapshot
  | [], old => old
  | s :: r, old => s :: addSnapshots r (without s.before old)

/-- The environment of these imports alone. -/
def importsOf (e : Elaborator) (imports : Array Import) : IO Environment := do
  let key := importKey imports 0 ""
  match ← headerKnown key with
  | some env => return env
  | none =>
    let env ← importHeader imports
    e.headers.set ((key, env) :: (← e.headers.get))
    return env
where headerKnown (key : String) : IO (Option Environment) := do return findHeader key (← e.headers.get)

/-- Elaborate a text within `ms` milliseconds. With `allowed`, stop before the first command that says something refused
beyond that. -/
def elaborate (e : Elaborator) (text : String) (ms : Nat) (allowed : Option Allowed) : IO Elaborated := do
  let input := inputContext text
  let (header, parser, messages) ← Parser.parseHeader input
  let base ← importsOf e (Elab.headerToImports header)
  let start ← match longest text (← e.snapshots.get) none with
    | some s => pure s.progress
    | none => do
      pure { parser := parser, command := Command.mkState base {} sequentialOptions, messages := messages.toList : Progress }
  let token ← e.deadline.start ms
  try
    let (p, refused, kept) ← steps input text token allowed start []
    e.deadline.stop
    if ← token.isSet then throw (IO.userError timeLimit)
    e.snapshots.set (firstOf snapshotsKept (addSnapshots kept (← e.snapshots.get)))
    return { progress := p, base := base, fileMap := input.fileMap, refused := refused }
  catch err =>
    e.deadline.stop
    if ← token.isSet then throw (IO.userError timeLimit) else throw err

/-! ## Holes -/

structure Hole where
  kind : String
  line : Nat
  column : Nat
  endLine : Nat
  endColumn : Nat
  declaration : Name
  type : Expr
  state : ProofState
  goals : Array String
  hash : UInt64

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
  let env := if allKnown before closed.getUsedConstants 0 then before else ci.env
  let ((goal, _, levels, goals, hash), coreState, metaState) ← make.toIO ctx { env := env, ngen := ci.ngen } {} { mctx := mctx }
  let state := { coreState := { coreState with messages := {} }, metaState := metaState, termState := { levelNames := levels }, goals := [goal], root := goal,
                 options := ci.options, currNamespace := ci.currNamespace, opens := ci.openDecls, printed := printed : ProofState }
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
partial def holes (map : FileMap) : List (Environment × InfoTree) → Array Hole → IO (Array Hole)
  | [], acc => return acc
  | (before, t) :: ts, acc => do
    let acc ← holesOf map before none t acc
    holes map ts acc

end Worker
