import Lean

/-!
# What differs between versions of Lean

The few functions whose names or types changed between Lean 4.9 and the newest. This file is for the newest;
`lean_env/source.py` replaces single definitions for older ones.
-/

open Lean Meta Elab

namespace Worker

abbrev TextPos := String.Pos.Raw

def inputContext (text : String) : Parser.InputContext :=
  { inputString := text, fileName := "<text>", fileMap := text.toFileMap, endPos := text.rawEndPos,
    endPos_valid := by simp }

/-- The text before a position. -/
def textBefore (text : String) (pos : TextPos) : String :=
  String.Pos.Raw.extract text 0 pos

def importHeader (imports : Array Import) : IO Environment :=
  importModules imports {} (trustLevel := 0) (loadExts := true)

/-- Elaborate one command after another, so that all that it says is there when it is done. -/
def sequentialOptions : Options :=
  Lean.Elab.async.set {} false

def infoTreesOf (s : Command.State) : PersistentArray InfoTree :=
  s.infoState.substituteLazy.get.trees

def snapshotTasksOf (s : Command.State) : Array (Language.SnapshotTask Language.SnapshotTree) :=
  s.snapshotTasks

def withoutSnapshotTasks (s : Command.State) : Command.State :=
  { s with snapshotTasks := #[] }

def taskTree (t : Language.SnapshotTask Language.SnapshotTree) : Language.SnapshotTree :=
  t.task.get

def commandContext (input : Parser.InputContext) (pos : TextPos) (token : IO.CancelToken) : Command.Context :=
  { fileName := input.fileName, fileMap := input.fileMap, cmdPos := pos, snap? := none, cancelTk? := some token }

def importedModule (i : Import) : Name := i.module

/-- The recursor that the kernel made, which the elaborator's environment may not know yet. -/
def kernelFind? (env : Environment) (n : Name) : Option ConstantInfo :=
  env.toKernelEnv.find? n

end Worker
