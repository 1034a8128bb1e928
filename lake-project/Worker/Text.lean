import Worker.Failure
import Worker.Refuse

/-!
# Elaborating a text, command by command

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

/-- Has this Lean no code for its library? Then what a text defines cannot be compiled, and is taken as in a
`noncomputable section`. `lean_env.source` says so of the bundled one. -/
def lacksCode : Bool := false

def initialState (env : Environment) : Command.State :=
  let state := Command.mkState env {} sequentialOptions
  match lacksCode, state.scopes with
  | true, [scope] => { state with scopes := [{ scope with isNoncomputable := true }] }
  | _, _ => state

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
    | [] => ({ parser := parser, tail := parser.pos, command := initialState base, messages := messages.toList }, [])
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

end Worker
