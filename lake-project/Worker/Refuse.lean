import Worker.Basic
import Worker.Compat

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
  `Lean.Parser.Command.macro, `Lean.Parser.Command.macro_rules, `Lean.Parser.Command.syntax,
  `Lean.Parser.Command.syntaxAbbrev]

/-- Keywords refused anywhere: `simproc` in all its forms is a program that `simp` runs; others declare macros or
elaborators, run code, or ask a server. -/
def refusedWords : List String := [
  "native", "simproc", "dsimproc", "simproc_decl", "dsimproc_decl", "builtin_simproc", "builtin_dsimproc",
  "builtin_simproc_decl", "builtin_dsimproc_decl", "include_str",
  "binder_predicate", "declare_config_elab", "declare_command_config_elab", "elab_stx", "#guard", "#guard_expr",
  "eval%", "polyrith", "#loogle", "loogle", "#leansearch", "leansearch", "#moogle", "moogle", "#statesearch", "statesearch"]

/-- Attributes that change what runs, not what is true; and all whose names end like those of Lean's hooks. -/
def refusedAttributes : List String := [
  "implemented_by", "extern", "csimp", "export", "init", "builtin_init", "tactic", "command_elab", "term_elab", "macro",
  "term_parser", "tactic_parser", "command_parser", "delab", "app_delab", "app_unexpander", "norm_num", "positivity",
  "simproc", "simprocAttr", "sevalproc", "env_linter", "run_builtin_parser_attribute_hooks", "quot_precheck", "widget",
  "widget_module", "server_rpc_method", "formatter", "parenthesizer"]

def refusedEndings : List String := [
  "_elab", "_parser", "_fn", "_handler", "_provider", "_action", "_hooks", "_delab", "_unexpander", "_formatter", "_parenthesizer"]

partial def endsIn (word : String) : List String → Bool
  | [] => false
  | x :: xs => if textEndsIn word x then true else endsIn word xs

def isRefusedAttribute (word : String) : Bool :=
  containsString word refusedAttributes || textBeginsWith word "builtin_" || endsIn word refusedEndings

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

/-- Something refused, and the command that says it. -/
structure Refusal where
  what : String
  command : String

/-- How many of the refusals are plain `sorry`s. -/
def countSorries : List Refusal → Nat → Nat
  | [], n => n
  | x :: xs, n => countSorries xs (if isSorry x.what then n + 1 else n)

/-- What a text may say although it is refused. -/
structure Allowed where
  /-- Plain `sorry`s: as many, or any number. -/
  sorries : Option Nat
  /-- Commands that the author of the statement wrote, word for word. -/
  commands : List String

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
  | .ident _ _ name _ => if isRefusedAttribute name.toString then name.toString :: acc else acc
  | .atom _ word => if isRefusedAttribute word then word :: acc else acc
  | _ => acc
end

def refusalsIn (command : String) : List String → List Refusal → List Refusal
  | [], acc => acc
  | x :: xs, acc => refusalsIn command xs ({ what := x, command := command } :: acc)

/-- The commands that say something refused, `sorry` aside. -/
def commandsOf : List Refusal → List String
  | [] => []
  | x :: xs => if isSorry x.what then commandsOf xs else x.command :: commandsOf xs

/-- The first that is not allowed. -/
def firstRefused (allowed : Allowed) : List Refusal → Nat → Option String
  | [], _ => none
  | x :: xs, sorries =>
    if isSorry x.what then
      match allowed.sorries with
      | some n => if sorries < n then firstRefused allowed xs (sorries + 1) else some x.what
      | none => firstRefused allowed xs sorries
    else if containsString x.command allowed.commands then firstRefused allowed xs sorries
    else some x.what

end Worker
