import Worker.Goal
import Worker.Refuse
import Worker.Compat

/-!
# Elaborating a text, command by command, and finding its `sorry`s

A text is elaborated as its author wrote it: header, notation, options, `variable`s, namespaces, autobound names. States
after each command are kept for a while, so that a text that begins like an earlier one goes on from there: what comes
before the first change is not elaborated again.
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

/-- What a command that says `sorry` left: enough to find its holes, which are kept when they were found once. -/
structure Sorries where
  before : Environment
  trees : List InfoTree
  found : IO.Ref (Option (Array Hole))

/-- The part of a text that one command takes. What the parser passed over before it, to get over an error, is not in it. -/
structure Stretch where
  first : Position
  last : Position
  /-- Did Lean find an error in it? -/
  wrong : Bool

/-- An error in a block of tactics, and what a `sorry` would have to replace. -/
structure Failure where
  place : Position
  /-- Are goals left at the end, rather than that a tactic fails? Then `first` is `last`, the end of the block. -/
  unsolved : Bool
  first : Position
  last : Position
  /-- Where the block ends, and the column of its first tactic. -/
  stop : Position
  column : Nat

/-- How far elaboration has come. Lists have what came last first, but for the messages. -/
structure Progress where
  parser : Parser.ModuleParserState
  command : Command.State
  /-- Where the last command ended, without the space and comments after it. -/
  tail : TextPos
  messages : List Message := []
  sorries : List Sorries := []
  parts : List Stretch := []
  failures : List Failure := []
  refusals : List Refusal := []
  /-- Constants made by commands that say `sorry`: no other may stand on one. -/
  maySorry : List Name := []

/-- A text that was elaborated, with the progress before each of its commands and at its end, the last first. -/
structure Kept where
  text : String
  /-- Where its header ends. -/
  header : TextPos
  progress : List Progress
  /-- How many of these no text before it had. -/
  own : Nat

structure Elaborated where
  progress : Progress
  /-- The environment of the imports alone. -/
  base : Environment
  fileMap : FileMap
  /-- Syntax that stopped the elaboration. -/
  refused : Option String
  /-- Commands that were elaborated now, not taken from an earlier text. -/
  fresh : Nat

structure Elaborator where
  deadline : Deadline
  /-- One environment for each set of imports. -/
  headers : IO.Ref (List (String × Environment))
  /-- The texts of late, the last first. -/
  kept : IO.Ref (List Kept)

/-- Texts kept at most, and how many states of their own they may have together. -/
def textsKept : Nat := 16
def statesKept : Nat := 1024

def timeLimit : String := "time limit"

/-! ### What a failing tactic stands in -/

/-- A block of tactics, with what stands between them. -/
def blockOf? (stx : Syntax) : Option (Array Syntax) :=
  match stx with
  | .node _ kind args =>
    let at_ (i : Nat) : Option (Array Syntax) := if h : i < args.size then some args[i].getArgs else none
    if kind == `Lean.Parser.Tactic.tacticSeq1Indented then at_ 0
    else if kind == `Lean.Parser.Tactic.tacticSeqBracketed then at_ 1
    else none
  | _ => none

partial def itemAt (items : Array Syntax) (pos : TextPos) (i : Nat) : Option Syntax :=
  if h : i < items.size then
    match items[i].getPos?, items[i].getTailPos? with
    | some first, some last =>
      if first.byteIdx ≤ pos.byteIdx && pos.byteIdx < last.byteIdx then some items[i] else itemAt items pos (i + 2)
    | _, _ => itemAt items pos (i + 2)
  else none

/-- The end of the last of these that has one. -/
partial def endOf (items : Array Syntax) (n : Nat) : Option TextPos :=
  if n == 0 then none
  else if h : n - 1 < items.size then
    match items[n - 1].getTailPos? with
    | some last => some last
    | none => endOf items (n - 1)
  else none

mutual
/-- The innermost tactic of a block that stands around a place, and its block. -/
partial def tacticAt (stx : Syntax) (pos : TextPos) (best : Option (Syntax × Array Syntax)) : Option (Syntax × Array Syntax) :=
  let best := match blockOf? stx with
    | some items => match itemAt items pos 0 with
      | some item => some (item, items)
      | none => best
    | none => best
  match stx with
  | .node _ _ args => tacticAtFrom args pos 0 best
  | _ => best
partial def tacticAtFrom (args : Array Syntax) (pos : TextPos) (i : Nat) (best : Option (Syntax × Array Syntax)) : Option (Syntax × Array Syntax) :=
  if h : i < args.size then tacticAtFrom args pos (i + 1) (tacticAt args[i] pos best) else best
end

mutual
/-- The first block that begins at a place or after it, and where. -/
partial def blockFrom (stx : Syntax) (pos : TextPos) : Option (Array Syntax × TextPos) :=
  let here := match blockOf? stx with
    | some items => if h : 0 < items.size then (match items[0].getPos? with
        | some first => if pos.byteIdx ≤ first.byteIdx then some (items, first) else none
        | none => none) else none
    | none => none
  match here with
  | some found => some found
  | none => match stx with
    | .node _ _ args => blockFromArgs args pos 0
    | _ => none
partial def blockFromArgs (args : Array Syntax) (pos : TextPos) (i : Nat) : Option (Array Syntax × TextPos) :=
  if h : i < args.size then
    match blockFrom args[i] pos with
    | some found => some found
    | none => blockFromArgs args pos (i + 1)
  else none
end

def failureAt (map : FileMap) (stx : Syntax) (m : Message) (unsolved : Bool) : Option Failure :=
  let pos := map.ofPosition m.pos
  if unsolved then
    -- a block without tactics is not there: then the goals are left right behind the `by`
    let behind (p : Position) : Failure :=
      { place := m.pos, unsolved := true, first := p, last := p, stop := p, column := 0 }
    match blockFrom stx pos with
    | some (items, first) => match endOf items items.size with
      | some last =>
        let stop := map.toPosition last
        some { place := m.pos, unsolved := true, first := stop, last := stop, stop := stop, column := (map.toPosition first).column }
      | none => none
    | none => match m.endPos with
      | some p => some (behind p)
      | none => none
  else match tacticAt stx pos none with
    | some (item, items) =>
      match item.getPos?, item.getTailPos?, endOf items items.size with
      | some first, some last, some stop =>
        some { place := m.pos, unsolved := false, first := map.toPosition first, last := map.toPosition last,
               stop := map.toPosition stop, column := (map.toPosition first).column }
      | _, _, _ => none
    | none => none

partial def failures (map : FileMap) (stx : Syntax) : List Message → List Failure → IO (List Failure)
  | [], acc => return acc
  | m :: ms, acc => do
    if isError m.severity then do
      let text ← m.data.toString
      let unsolved := textBeginsWith text "unsolved goals"
      match failureAt map stx m unsolved with
      | some f => failures map stx ms (f :: acc)
      | none => failures map stx ms acc
    else failures map stx ms acc

partial def anyError : List Message → Bool
  | [] => false
  | m :: ms => if isError m.severity then true else anyError ms

/-! ### One command after another -/

def contextOf (p : Progress) : Option Parser.ParserModuleContext :=
  match p.command.scopes with
  | [] => none
  | scope :: _ => some { env := p.command.env, options := scope.opts, currNamespace := scope.currNamespace, openDecls := scope.openDecls }

/-- Parse one command and elaborate it, unless it says something refused beyond `allowed`. -/
def step (input : Parser.InputContext) (text : String) (token : IO.CancelToken) (allowed : Option Allowed) (p : Progress) :
    IO (Progress × Option String × Bool) := do
  match contextOf p with
  | none => return (p, none, true)
  | some pctx =>
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
        let messages := append parseMessages.toList messages
        let saysSorry := countSorries refusals 0 > countSorries p.refusals 0
        let wrong := anyError messages
        let part : Stretch := { first := input.fileMap.toPosition (stx.getPos?.getD p.parser.pos),
                                last := input.fileMap.toPosition parser.pos, wrong := wrong }
        let found ← IO.mkRef none
        let sorries := if saysSorry then { before := p.command.env, trees := trees, found := found } :: p.sorries else p.sorries
        let failures ← failures input.fileMap stx messages p.failures
        let p : Progress := {
          maySorry := if saysSorry then newNames p.command.env (addedConstants command.env) p.maySorry else p.maySorry
          parser := parser
          tail := stx.getTailPos?.getD parser.pos
          command := withoutSnapshotTasks { command with messages := {}, infoState := {} }
          messages := append p.messages messages
          sorries := sorries
          parts := part :: p.parts
          failures := failures
          refusals := refusals }
        return (p, none, Parser.isTerminalCommand stx)

/-- All commands from `p` on. `states` gathers the progress before each. -/
partial def steps (input : Parser.InputContext) (text : String) (token : IO.CancelToken) (allowed : Option Allowed)
    (p : Progress) (states : IO.Ref (List Progress)) (done : Nat) : IO (Progress × Option String × Nat) := do
  let before ← states.swap []
  states.set (p :: before)
  let (next, refused, last) ← step input text token allowed p
  if ← token.isSet then throw (IO.userError timeLimit)
  if last then return (next, refused, done)
  steps input text token allowed next states (done + 1)

/-! ### Going on from an earlier text -/

def lengthOf {α : Type} : List α → Nat → Nat
  | [], n => n
  | _ :: xs, n => lengthOf xs (n + 1)

def endsAt (stx : Syntax) (pos : TextPos) : Bool :=
  match stx.getTailPos? with
  | some tail => tail.byteIdx == pos.byteIdx
  | none => false

/-- The last of these states that holds for another text too, and those before it. Lean has seen a little beyond the
command before it, to know where that ends: where the texts differ right there, the command is parsed again. -/
partial def common (input : Parser.InputContext) (text : String) (other : String) : List Progress → List Progress
  | p :: q :: rest =>
    if textBeginsWith text (textBefore other p.tail) then
      match contextOf q with
      | some pctx =>
        let (stx, parser, messages) := Parser.parseCommand input pctx q.parser {}
        if !anyError messages.toList && !parser.recovering && !p.parser.recovering && !Parser.isTerminalCommand stx
            && endsAt stx p.tail then { p with parser := parser } :: q :: rest
        else q :: rest
      | none => q :: rest
    else common input text other (q :: rest)
  | ps => ps

/-- The states of an earlier text to go on from, those that save most of the work. -/
partial def longest (input : Parser.InputContext) (text : String) (header : TextPos) : List Kept → List Progress → List Progress
  | [], best => best
  | k :: ks, best =>
    let found := if k.header.byteIdx == header.byteIdx && textBeginsWith text (textBefore k.text header) then common input text k.text k.progress else []
    longest input text header ks (if lengthOf best 0 < lengthOf found 0 then found else best)

/-- Forget a text; how many states were its own. -/
partial def forget (text : String) : List Kept → List Kept × Nat
  | [] => ([], 0)
  | k :: ks =>
    let (rest, own) := forget text ks
    if k.text == text then (rest, own + k.own) else (k :: rest, own)

partial def within (states : Nat) : List Kept → List Kept
  | [] => []
  | k :: ks => if k.own ≤ states then k :: within (states - k.own) ks else []

/-- Keep a text that was elaborated, as the latest, and no more than there is room for. -/
def keepText (e : Elaborator) (k : Kept) : IO Unit := do
  let known ← e.kept.get
  let (others, own) := forget k.text known
  let k := { k with own := k.own + own }
  e.kept.set (k :: within (statesKept - k.own) (firstOf (textsKept - 1) others))

partial def importKey (imports : Array Import) (i : Nat) (acc : String) : String :=
  if h : i < imports.size then importKey imports (i + 1) (acc ++ " " ++ (importedModule imports[i]).toString) else acc

partial def findHeader (key : String) : List (String × Environment) → Option Environment
  | [] => none
  | (k, e) :: r => if k == key then some e else findHeader key r

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
  let token ← e.deadline.start ms
  let kept ← e.kept.get
  let known := match messages.toList with
    | [] => longest input text parser.pos kept []
    | _ => []
  let (start, before) := match known with
    | p :: ps => (p, ps)
    | [] => ({ parser := parser, tail := parser.pos, command := Command.mkState base {} sequentialOptions, messages := messages.toList }, [])
  let states ← IO.mkRef before
  let keepAll : IO Unit := do
    let all ← states.get
    keepText e { text := text, header := parser.pos, progress := all, own := lengthOf all 0 - lengthOf before 0 }
  try
    let (p, refused, fresh) ← steps input text token allowed start states 0
    e.deadline.stop
    keepAll
    return { progress := p, base := base, fileMap := input.fileMap, refused := refused, fresh := fresh }
  catch err =>
    e.deadline.stop
    if ← token.isSet then do
      keepAll
      throw (IO.userError timeLimit)
    else throw err

/-! ## Holes -/

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
