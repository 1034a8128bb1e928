import Worker.Basic

/-!
# What a proof must not say

A tactic that does IO, runs a program at elaboration time, changes the environment, trusts compiled code or leaves a
hole is refused on its *parsed syntax*: no spelling, comment or bracket hides it. A macro can still expand into one of
these, which is why nothing rests on this list alone: the whole text is verified in the end.
-/

open Lean

namespace Worker

/-- Syntax kinds refused anywhere in a tactic or term. -/
def refusedKinds : List Name := [
  `Lean.Parser.Tactic.tacticSorry, `Lean.Parser.Tactic.tacticAdmit, `Lean.Parser.Tactic.tacticStop_,
  `Lean.Parser.Tactic.Grind.sorry, `Lean.Parser.Tactic.Grind.grindAdmit, `Lean.includeStr, `Lean.Parser.Term.includeStr,
  `Lean.Parser.Tactic.nativeDecide, `Lean.Parser.Tactic.runTac, `Lean.runTac,
  `Lean.Parser.Term.sorry, `Lean.Parser.Term.unsafe, `Lean.Parser.Term.byElab, `Lean.byElab,
  `Lean.Parser.Term.runElab]

/-- Names refused anywhere, in full or with `Lean` opened. -/
def refusedNames : List Name := [
  `sorryAx, `lcProof, `lcUnreachable, `lcAny, `unsafeCast, `ofReduceBool, `Lean.ofReduceBool, `ofReduceNat,
  `Lean.ofReduceNat, `trustCompiler, `Lean.trustCompiler, `native]

/-- Kinds of commands refused in a text to verify, beyond what the author of the statement wrote. -/
def refusedCommands : List Name := [
  `Lean.runElab, `Lean.runCmd, `Lean.runMeta, `Lean.runElabCmd, `Lean.runCmdCmd,
  `Lean.Parser.Command.eval, `Lean.Parser.Command.evalBang, `Lean.Parser.Command.axiom,
  `Lean.Parser.Command.initialize, `Lean.Parser.Command.elab, `Lean.Parser.Command.elab_rules,
  `Lean.Parser.Command.exit, `Lean.Parser.Command.unsafe,
  `Lean.Parser.Command.macro, `Lean.Parser.Command.macro_rules, `Lean.Parser.Command.syntax]

/-- Keywords refused anywhere: `simproc` in all its forms is a program that `simp` runs. -/
def refusedWords : List String := [
  "native", "simproc", "dsimproc", "simproc_decl", "dsimproc_decl", "builtin_simproc", "builtin_dsimproc",
  "builtin_simproc_decl", "builtin_dsimproc_decl", "include_str"]

/-- Attributes that change what runs, not what is true. -/
def refusedAttributes : List String := [
  "implemented_by", "extern", "csimp", "export", "init", "builtin_init", "tactic", "command_elab", "term_elab", "macro",
  "term_parser", "tactic_parser", "command_parser", "delab", "app_delab", "app_unexpander", "norm_num", "positivity",
  "simproc", "simprocAttr", "sevalproc", "env_linter", "run_builtin_parser_attribute_hooks"]

def nameSet : List Name → NameSet → NameSet
  | [], acc => acc
  | n :: ns, acc => nameSet ns (acc.insert n)

def wordSet : List String → NameSet → NameSet
  | [], acc => acc
  | w :: ws, acc => wordSet ws (acc.insert (.str .anonymous w))

/-- The same as sets: they are asked at every node of every tactic. -/
def refusedKindSet : NameSet := nameSet refusedKinds (nameSet refusedCommands {})
def refusedNameSet : NameSet := nameSet refusedNames {}
def refusedWordSet : NameSet := wordSet refusedWords {}

def isSorry (kind : String) : Bool :=
  kind == "Lean.Parser.Tactic.tacticSorry" || kind == "Lean.Parser.Term.sorry"

/-- How many of the refusals are plain `sorry`s. -/
def countSorries : List String → Nat → Nat
  | [], n => n
  | x :: xs, n => countSorries xs (if isSorry x then n + 1 else n)

mutual
/-- Everything in the syntax that is refused, in order. -/
partial def refusals (stx : Syntax) (acc : List String) : List String :=
  match stx with
  | .node _ kind args =>
    let acc := if refusedKindSet.contains kind then kind.toString :: acc else acc
    -- `attrInstance` is `local`, `scoped` or nothing, then the attribute
    let acc := if h : 1 < args.size then (if kind == `Lean.Parser.Term.attrInstance then attributeRefusal args[1] acc else acc) else acc
    refusalsFrom args 0 acc
  | .ident _ _ name _ =>
    let name := name.eraseMacroScopes.replacePrefix `_root_ .anonymous
    if refusedNameSet.contains name then name.toString :: acc
    else match name.getRoot with
      | `debug => name.toString :: acc
      | _ => acc
  | .atom _ word => if refusedWordSet.contains (.str .anonymous word) then word :: acc else acc
  | _ => acc
partial def refusalsFrom (args : Array Syntax) (i : Nat) (acc : List String) : List String :=
  if h : i < args.size then refusalsFrom args (i + 1) (refusals args[i] acc) else acc
/-- An attribute by the first word of its syntax. -/
partial def attributeRefusal (stx : Syntax) (acc : List String) : List String :=
  match stx with
  | .node _ _ args => if h : 0 < args.size then attributeRefusal args[0] acc else acc
  | .ident _ _ name _ => if containsString name.toString refusedAttributes then name.toString :: acc else acc
  | .atom _ word => if containsString word refusedAttributes then word :: acc else acc
  | _ => acc
end

/-- The first of `xs` beyond those in `allowed`, each of which allows one. -/
partial def firstBeyond : List String → List String → Option String
  | [], _ => none
  | x :: xs, allowed =>
    if containsString x allowed then firstBeyond xs (removeOne x allowed) else some x
where removeOne (x : String) : List String → List String
  | [] => []
  | y :: ys => if x == y then ys else y :: removeOne x ys

end Worker
