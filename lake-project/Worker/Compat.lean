import Lean

/-!
# What differs between versions of Lean

The worker's source is the same for every Lean from 4.9 on. What the library calls otherwise in some versions is defined
here by `first | exact … | exact …`: the first alternative that elaborates is taken. So the library itself decides, not a
version number, which nightlies and release candidates do not have. The newest form stands first. An alternative has to
*parse* in every version; the rest of the worker uses only what all versions have.

How far this was checked: by reading. The definitions here, and most of what else the worker uses of Lean's elaborator,
were compared with sources, release notes and programs of others from between May 2024 (4.9) and the autumn of 2026
(4.35), where they could be found: not with every release, and not every function in every year. The bundled Lean
(4.28.0-pre) runs the forms of 4.28 in every test. No native Lean has run the worker yet.
-/

open Lean Meta Elab

namespace Worker

/-! ## Text -/

/-- A place in a text, in bytes. It was called `String.Pos`, which now is a place known to be valid in a certain text. -/
abbrev TextPos : Type := by
  first
  | exact String.Pos.Raw
  | exact String.Pos

/-- The text before a position. -/
def textBefore (text : String) (pos : TextPos) : String := by
  first
  | exact String.Pos.Raw.extract text 0 pos
  | exact String.extract text 0 pos

/-- The text from a number of bytes on. -/
def textAfter (text : String) (bytes : Nat) : String := by
  first
  | exact String.Pos.Raw.extract text ⟨bytes⟩ text.rawEndPos
  | exact String.extract text ⟨bytes⟩ text.endPos

def textBeginsWith (text before : String) : Bool := by
  first
  | exact String.isPrefixOf before text
  | exact String.startsWith text before

def textBetween (text : String) (first last : TextPos) : String := by
  first
  | exact String.Pos.Raw.extract text first last
  | exact String.extract text first last

/-- Does the text end so? Both are cut into bytes, since what compares their ends is called otherwise in some versions. -/
def textEndsIn (text ending : String) : Bool :=
  if text.utf8ByteSize < ending.utf8ByteSize then false
  else textAfter text (text.utf8ByteSize - ending.utf8ByteSize) == ending

/-- Since 4.24 the parser can be told to stop before the text ends; before that, the text was called `input`. -/
def inputContext (text : String) : Parser.InputContext := by
  first
  | exact { inputString := text, fileName := "<text>", fileMap := text.toFileMap, endPos := text.rawEndPos,
            endPos_valid := by simp }
  | exact { inputString := text, fileName := "<text>", fileMap := text.toFileMap }
  | exact { input := text, fileName := "<text>", fileMap := text.toFileMap }

/-! ## Environments and names -/

unsafe def allowInitializersImpl : IO Unit := do
  enableInitializersExecution

/-- Let the next import run the `initialize` commands of its modules, on which Mathlib's attributes stand. Lean allows it
when it starts, and takes it back after each import: the worker's own was the first. -/
@[implemented_by allowInitializersImpl]
def allowInitializers : IO Unit := pure ()

/-- Newer versions load the state of environment extensions (notation, simp sets, …) only on request. -/
def loadModules (imports : Array Import) : IO Environment := by
  first
  | exact importModules imports {} (trustLevel := 0) (loadExts := true)
  | exact importModules imports {} (trustLevel := 0)

def importHeader (imports : Array Import) : IO Environment := do
  allowInitializers
  loadModules imports

-- `module` is a keyword in later versions: `i.module` can still be read as one name, `imports[i].module` cannot
def importedModule (i : Import) : Name := i.module

/-- The recursor that the kernel made. Newer elaborators have an environment of their own, which may not know it yet. -/
def kernelFind? (env : Environment) (n : Name) : Option ConstantInfo := by
  first
  | exact env.toKernelEnv.find? n
  | exact env.find? n

/-- The name that the author of a private declaration gave it. -/
def userName (n : Name) : Name := (privateToUserName? n).getD n

/-- Is it a theorem? Where a module's import gives statements alone, theorems look like axioms, and it is noted apart what
they were. -/
def isTheorem (env : Environment) (n : Name) : ConstantInfo → Bool := by
  first
  | exact fun
    | .thmInfo _ => true
    | .axiomInfo _ => wasOriginallyTheorem env n
    | _ => false
  | exact fun
    | .thmInfo _ => true
    | _ => false

/-- Is it an axiom, rather than a theorem or definition that a module's import gives without its body? -/
def isAxiom (env : Environment) (n : Name) : ConstantInfo → Bool := by
  first
  | exact fun
    | .axiomInfo _ => match getOriginalConstKind? env n with
      | some .thm => false
      | some .defn => false
      | some .opaque => false
      | _ => true
    | _ => false
  | exact fun
    | .axiomInfo _ => true
    | _ => false

def isInternalName (n : Name) : Bool := by
  first
  | exact (userName n).isInternalDetail
  | exact (userName n).isInternal

/-! ## Elaboration -/

/-- Elaborate one thing after another, so that all that a command says is there when it is done. The option came with
parallel elaboration, early in 2025. -/
def sequentialOptions : Options := by
  first
  | exact Lean.Elab.async.set {} false
  | exact {}

/-- Since 4.19 a tree may have holes that other tasks fill. -/
def infoTreesOf (s : Command.State) : PersistentArray InfoTree := by
  first
  | exact s.infoState.substituteLazy.get.trees
  | exact s.infoState.trees

/-- Tasks whose messages and trees are not in the state itself; 2024's versions have none. -/
def snapshotTasksOf (s : Command.State) : Array (Language.SnapshotTask Language.SnapshotTree) := by
  first
  | exact s.snapshotTasks
  | exact #[]

def withoutSnapshotTasks (s : Command.State) : Command.State := by
  first
  | exact { s with snapshotTasks := #[] }
  | exact s

/-- Until early in 2025 a cache of tactics, since removed, had no default. -/
def commandContext (input : Parser.InputContext) (pos : TextPos) (token : IO.CancelToken) : Command.Context := by
  first
  | exact { fileName := input.fileName, fileMap := input.fileMap, cmdPos := pos, snap? := none, cancelTk? := some token }
  | exact { fileName := input.fileName, fileMap := input.fileMap, cmdPos := pos, snap? := none, cancelTk? := some token,
            tacticCache? := none }

/-- Since June 2026 it also takes the commands before this one, for linters of whole modules. -/
def elabCommand (stx : Syntax) (ctx : Command.Context) (ref : IO.Ref Command.State) : EIO Exception Unit := by
  first
  | exact Command.elabCommandTopLevel stx #[] ctx ref
  | exact Command.elabCommandTopLevel stx ctx ref

/-- What a message says without a look at any term. -/
def plainText? (m : MessageData) : Option String := by
  first
  | exact match m with
    | .ofFormatWithInfos f => some (toString f.fmt)
    | _ => none
  | exact match m with
    | .ofFormat f => some (toString f)
    | _ => none

/-! ## Data -/

/-- The array with another element at `i`, or the same array if it is shorter. -/
def replaceAt {α : Type} (a : Array α) (i : Nat) (x : α) : Array α := by
  first
  | exact a.setIfInBounds i x
  | exact a.setD i x
  | exact a.set! i x

end Worker
