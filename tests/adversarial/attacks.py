"""Texts that try to pass for proofs, and honest proofs that look as if they did.

Most attack `theorem bad : 2 + 2 = 5`, which is false: whatever is accepted for it is a defect. The others state
something true, and offer for it what is no proof of *that*. Each names the stage that must stop it, and words that the
reason must have: to be refused for another reason is a failure too.
"""

from __future__ import annotations

from dataclasses import dataclass

BAD = "theorem bad : 2 + 2 = 5 := by sorry\n"
GOOD = "theorem good (a b : Nat) (h : a < b) : a + 1 ≤ b := by sorry\n"


@dataclass(frozen=True, slots=True)
class Attack:
    """A text that must be rejected."""

    name: str
    kind: str
    candidate: str
    stage: str
    """The stage that stops it (`lean_env.verify.Stage`)."""
    words: str
    """A regular expression found in one of the reasons of that stage."""
    original: str = BAD


@dataclass(frozen=True, slots=True)
class Honest:
    """A text that must be accepted, however it looks."""

    name: str
    original: str
    candidate: str


def by(*lines: str) -> str:
    """The false theorem with this tactic proof."""
    return "theorem bad : 2 + 2 = 5 := by\n" + "".join(f"  {line}\n" for line in lines)


def good(*lines: str) -> str:
    """The true theorem with this tactic proof."""
    return GOOD.replace(" sorry\n", "\n" + "".join(f"  {line}\n" for line in lines))


def term(proof: str) -> str:
    """The false theorem with this term for a proof."""
    return f"theorem bad : 2 + 2 = 5 := {proof}\n"


def _sorries() -> list[Attack]:
    def attack(name: str, candidate: str, words: str, stage: str = "sorry") -> Attack:
        return Attack(name, "sorry", candidate, stage, words)

    return [
        attack("the tactic", by("sorry"), "tacticSorry"),
        attack("the term", term("sorry"), "Term.sorry"),
        attack("admit", by("admit"), "tacticAdmit"),
        attack("in a branch", by("by_cases h : 2 + 2 = 5", "· exact h", "· sorry"), "tacticSorry"),
        attack("below first", by("first | rfl | sorry"), "tacticSorry"),
        attack("below try", by("try sorry"), "tacticSorry"),
        attack("in a term of a term", by("exact (fun (x : 2 + 2 = 5) => x) (by exact sorry)"), "Term.sorry"),
        attack("in quotation marks", by("exact «sorry»"), "nknown identifier|sorry", "elaboration"),
        attack("its axiom", term("sorryAx _ false"), "sorryAx"),
        attack("its axiom, synthetic", term("sorryAx _ true"), "sorryAx"),
        attack("its axiom by its full name", term("@_root_.sorryAx (2 + 2 = 5) true"), "sorryAx"),
        attack("its axiom under an alias", "export Lean (Name)\nopen _root_ renaming sorryAx → fine\n" + term("fine _ true"),
               "sorryAx"),
        attack("in a definition before", "def p : 2 + 2 = 5 := sorry\n" + term("p"), "Term.sorry"),
        attack("in an instance before", "instance : Inhabited (PLift (2 + 2 = 5)) := ⟨sorry⟩\n" + term("default.down"),
               "Term.sorry"),
        attack("in where", term("p\nwhere p : 2 + 2 = 5 := sorry"), "Term.sorry"),
        attack("in grind", by("grind => sorry"), "Grind.sorry"),
        attack("stop", by("stop", "rfl"), "tacticStop_", "syntax"),
        attack("after an error that recovers", by("have : 2 + 2 = 5 := nope", "exact this"), "nope", "elaboration"),
        attack("what an error leaves", term("by exact (by simp : 2 + 2 = 5)"), "line 1", "elaboration"),
        attack("notation", 'notation "done!" => sorry\n' + term("done!"), "Term.sorry"),
        attack("in decreasing_by", "def f (n : Nat) : 2 + 2 = 5 := f (n + 1)\ntermination_by n\ndecreasing_by sorry\n" + term("f 0"),
               "tacticSorry"),
        attack("in calc", by("calc 2 + 2 = 4 := rfl", "  _ = 5 := sorry"), "Term.sorry"),
        attack("in conv", by("conv =>", "  tactic => sorry"), "tacticSorry"),
        attack("in show from", term("show 2 + 2 = 5 from sorry"), "Term.sorry"),
        attack("in an autoParam", "theorem h (x : 2 + 2 = 5 := by sorry) : 2 + 2 = 5 := x\n" + term("h"), "tacticSorry"),
        attack("by an option", "set_option debug.byAsSorry true\n" + by("rfl"), "debug.byAsSorry"),
        attack("without its warning", "set_option warn.sorry false\n" + by("apply?"), "bad uses sorryAx"),
        attack("in match", term("match (sorry : Empty) with"), "sorry|Term.sorry"),
    ]  # fmt: skip


def _holes() -> list[Attack]:
    def attack(name: str, candidate: str, words: str, stage: str = "elaboration") -> Attack:
        return Attack(name, "hole", candidate, stage, words)

    return [
        attack("nothing at all", "", "bad is missing", "statement"),
        attack("exact? that finds nothing", by("exact?"), "`exact\\?` could not close the goal"),
        attack("apply? that only proposes", by("apply?"), "bad uses sorryAx", "sorry"),
        attack("an underscore", term("_"), "don't know how to synthesize|placeholder"),
        attack("a named hole", by("refine ?h"), "unsolved goals|don't know"),
        attack("a hole and a swallowed goal", by("refine Eq.trans ?_ ?_", "all_goals try rfl"), "unsolved goals"),
        attack("goals dropped by case bashing", by("rcases Nat.lt_or_ge 1 2 with h | h", "· omega"), "unsolved|omega"),
        attack("an unfinished tactic block", "theorem bad : 2 + 2 = 5 := by\n", "unsolved goals|expected|unexpected"),
        attack("no proof", "theorem bad : 2 + 2 = 5\n", "expected|unexpected|theorem"),
        attack("universe level left open", "theorem bad.{u} : 2 + 2 = (5 : Nat) := by\n  exact (nofun : PEmpty.{u} → _) _\n",
               "don't know how to synthesize"),
        attack("#exit before the proof", "#exit\n" + by("rfl"), "Command.exit", "syntax"),
        attack("an unclosed comment", "/- " + by("rfl"), "unterminated comment"),
        attack("an unclosed string", 'def s := "' + by("rfl"), "unterminated string"),
        attack("an unclosed section", "section\n" + by("rfl"), "Tactic `rfl` failed"),
        attack("a proof by itself", term("bad"), "fail to show termination|structural|bad"),
        attack("a proof by itself, with fuel", "theorem bad : 2 + 2 = 5 := go 0\nwhere go (n : Nat) : 2 + 2 = 5 := go (n + 1)\n",
               "fail to show termination|structural"),
        attack("mutual proofs of each other",
               "mutual\ntheorem bad : 2 + 2 = 5 := other\ntheorem other : 2 + 2 = 5 := bad\nend\n", "terminat|structural"),
        attack("partial", "partial def p (n : Nat) : 2 + 2 = 5 := p (n + 1)\n" + term("p 0"), "partial|Inhabited|nonempty"),
        attack("an error that fail_if_success swallows", by("fail_if_success exact nope"), "unsolved goals"),
        attack("an error under guard_msgs", "#guard_msgs (drop all) in\n" + by("rfl"), "stands on `sorry`", "sorry"),
        attack("an error in another thread", "set_option Elab.async true\n" + by("rfl"), "Tactic `rfl` failed"),
        attack("universe levels twice", "theorem bad.{u, u} : 2 + 2 = 5 := rfl\n", "already been declared"),
        attack("termination by nothing", "theorem bad : 2 + 2 = 5 := bad\ntermination_by 0\ndecreasing_by simp\n", "well-founded recursion"),
        attack("an error turned into a warning", "set_option warningAsError false\n" + by("rfl"), "Tactic `rfl` failed"),
        attack("time that runs out", "set_option maxHeartbeats 1 in\n" + good("grind"), "heartbeats|bad is missing"),
    ]  # fmt: skip


def _axioms() -> list[Attack]:
    def attack(name: str, candidate: str, words: str, stage: str = "syntax") -> Attack:
        return Attack(name, "axiom", candidate, stage, words)

    return [
        attack("an axiom", "axiom p : 2 + 2 = 5\n" + term("p"), "Command.axiom"),
        attack("a private axiom", "private axiom p : 2 + 2 = 5\n" + term("p"), "Command.axiom"),
        attack("an axiom in place of the theorem", "axiom bad : 2 + 2 = 5\n", "Command.axiom"),
        attack("an axiom in a namespace", "namespace Nat\naxiom p : 2 + 2 = 5\nend Nat\n" + term("Nat.p"), "Command.axiom"),
        attack("an axiom after open in", "open Nat in\naxiom p : 2 + 2 = 5\n" + term("p"), "Command.axiom"),
        attack("opaque without a value", "opaque p : 2 + 2 = 5\n" + term("p"), "Inhabited|synthesize|Nonempty", "elaboration"),
        attack("opaque with a sorry", "opaque p : 2 + 2 = 5 := sorry\n" + term("p"), "Term.sorry", "sorry"),
        attack("native_decide", by("native_decide"), "nativeDecide"),
        attack("decide +native", by("decide +native"), "native"),
        attack("decide with a configuration", by("decide (config := { native := true })"), "native"),
        attack("native_decide on a lie",
               "def f (n : Nat) : Bool := n == 4\n@[implemented_by f] def g (_ : Nat) : Bool := true\n"
               "theorem bad : 2 + 2 = 5 := by\n  have : g 5 = false := by native_decide\n  simp [g] at this\n",
               "implemented_by|nativeDecide"),
        attack("ofReduceBool", term("Lean.ofReduceBool _ true rfl"), "ofReduceBool"),
        attack("ofReduceBool with Lean opened", "open Lean\n" + term("ofReduceBool _ true rfl"), "ofReduceBool"),
        attack("ofReduceNat", term("Lean.ofReduceNat _ 5 rfl"), "ofReduceNat"),
        attack("trustCompiler", term("(Lean.trustCompiler : True) ▸ rfl"), "trustCompiler"),
        attack("ofReduceBool under another name", "open Lean renaming ofReduceBool → r\n" + term("r _ true rfl"), "ofReduceBool"),
        attack("ofReduceBool exported", "export Lean (ofReduceBool)\n" + term("ofReduceBool _ true rfl"), "ofReduceBool"),
        attack("bv_decide", "import Std.Tactic.BVDecide\n" + by("bv_decide"), "supported BitVec fragment", "elaboration"),
        attack("bv_decide's axiom for what is true",
               "import Std.Tactic.BVDecide\ntheorem bits (x y : BitVec 8) : x &&& y = y &&& x := by bv_decide\n",
               "unsupported operation|ofReduceBool|bits is", "elaboration"),
        attack("unsafe", "unsafe def p : 2 + 2 = 5 := p\n" + term("unsafe p"), "unsafe"),
        attack("an unsafe cast", term("unsafeCast ()"), "unsafeCast"),
        attack("an unsafe term", term("unsafe lcProof"), "unsafe|lcProof"),
        attack("lcProof", term("lcProof"), "lcProof"),
        attack("lcUnreachable", term("(lcUnreachable : PLift (2 + 2 = 5)).down"), "lcUnreachable"),
        attack("implemented_by", "def f : Nat := 5\n@[implemented_by f] def g : Nat := 4\n" + by("decide"), "implemented_by"),
        attack("extern", '@[extern "lean_nat_add"] def g : Nat := 4\n' + by("decide"), "extern"),
        attack("csimp", "@[csimp] theorem e : @Nat.add = @Nat.mul := by decide\n" + by("decide"), "csimp"),
        attack("attribute afterwards", "def f : Nat := 5\ndef g : Nat := 4\nattribute [implemented_by f] g\n" + by("decide"),
               "implemented_by"),
    ]  # fmt: skip


def _programs() -> list[Attack]:
    def attack(name: str, candidate: str, words: str, stage: str = "syntax") -> Attack:
        return Attack(name, "program", candidate, stage, words)

    add = (
        "Lean.addDecl (.axiomDecl { name := `p, levelParams := [], isUnsafe := false, "
        "type := (.app (.const ``Eq []) (.const ``Nat [])) })"
    )
    unchecked = "Lean.modifyEnv fun env => (env.addDeclWithoutChecking default).toOption.getD env"
    forged = 'IO.println "{\\"severity\\":\\"information\\"}"'
    return [
        attack("run_cmd adds an axiom", f"import Lean\nrun_cmd Lean.Elab.Command.liftCoreM ({add})\n" + term("p"), "runCmd"),
        attack("run_elab", f"import Lean\nrun_elab {add}\n" + term("p"), "runElab"),
        attack("run_meta", f"import Lean\nrun_meta {add}\n" + term("p"), "runMeta"),
        attack("run_tac", "import Lean\n" + by("run_tac Lean.Elab.Tactic.done"), "runTac"),
        attack("by_elab", "import Lean\n" + term("by_elab return default"), "byElab"),
        attack("#eval", f"import Lean\n#eval {add}\n" + term("p"), "eval"),
        attack("#eval! that prints a forged reply", f"#eval! {forged}\n" + by("rfl"), "eval"),
        attack("a declaration without a check", f"import Lean\nrun_cmd {unchecked}\n" + term("p"), "runCmd"),
        attack("elab", 'import Lean\nelab "p" : term => return default\n' + term("p"), "Command.elab"),
        attack("elab_rules", "import Lean\nelab_rules : tactic | `(tactic| rfl) => return\n" + by("rfl"), "elab_rules"),
        attack("elab_rules on #print", "import Lean\nelab_rules : command | `(#print $_:str) => return\n" + by("rfl"),
               "elab_rules"),
        attack("macro for a tactic", 'macro "p" : tactic => `(tactic| sorry)\n' + by("p"), "Command.macro"),
        attack("macro that hides its word", 'macro "p" : tactic => `(tactic| rfl)\n' + by("p"), "Command.macro"),
        attack("macro for theorem",
               'macro "theorem " n:ident ":" t:term ":=" v:term : command => `(def $n : Nat := 0)\n' + by("rfl"), "macro"),
        attack("macro_rules for theorems", "macro_rules | `(theorem $n : $t := $v) => `(theorem $n : True := trivial)\n" + by("rfl"),
               "macro_rules"),
        attack("local macro_rules for +", "local macro_rules | `($a + $b) => `(5)\n" + by("rfl"), "macro_rules"),
        attack("syntax", 'syntax "p" : tactic\n' + by("p"), "Command.syntax"),
        attack("initialize", "import Lean\ninitialize pure ()\n" + by("rfl"), "initialize"),
        attack("builtin_initialize", "import Lean\nbuiltin_initialize pure ()\n" + by("rfl"), "initialize"),
        attack("simproc", "import Lean\nsimproc p (2 + 2) := fun _ => return .continue\n" + by("simp"), "simproc"),
        attack("a binder predicate", 'binder_predicate x " ~ " y:term => `($x = $y)\n' + by("rfl"), "binder_predicate"),
        attack("a notation for by", 'notation "by" => fun x => x\n' + by("rfl"), "Tactic `rfl` failed", "elaboration"),
        attack("a configuration with an effect", by("simp (config := unsafeBaseIO (pure {}))"), "unsafe|valuating", "elaboration"),
        attack("a hook by attribute", "import Lean\n@[command_elab Lean.Parser.Command.print] def p : Nat := 0\n" + by("rfl"),
               "command_elab"),
        attack("a hook that Lean may get one day", "@[some_new_elab] def p : Nat := 0\n" + by("rfl"), "some_new_elab"),
        attack("an unexpander", "@[app_unexpander Eq] def p : Nat := 0\n" + by("rfl"), "app_unexpander"),
        attack("a program under in", f"import Lean\nopen Lean in\nrun_cmd {add}\n" + term("p"), "runCmd"),
        attack("a program under guard_msgs", f"import Lean\n#guard_msgs in\n#eval {add}\n" + term("p"), "eval"),
        attack("include_str", 'def p := include_str "/etc/passwd"\n' + by("rfl"), "includeStr|include_str"),
        attack("a file read at elaboration", 'import Lean\n#eval IO.FS.readFile "/etc/passwd"\n' + by("rfl"), "eval"),
        attack("skipKernelTC", "set_option debug.skipKernelTC true\n" + by("rfl"), "debug.skipKernelTC"),
        attack("skipKernelTC for a command", "set_option debug.skipKernelTC true in\n" + by("rfl"), "debug.skipKernelTC"),
        attack("skipKernelTC for a tactic", by("set_option debug.skipKernelTC true in rfl"), "debug.skipKernelTC"),
        Attack("another macro than the original's", "program", 'macro "p" : tactic => `(tactic| sorry)\n' + by("p"), "syntax",
               "Command.macro", 'macro "p" : tactic => `(tactic| rfl)\n' + BAD),
    ]  # fmt: skip


def _statements() -> list[Attack]:
    def attack(
        name: str,
        candidate: str,
        words: str = "bad states something else",
        stage: str = "statement",
        original: str = BAD,
    ) -> Attack:
        return Attack(name, "statement", candidate, stage, words, original)

    half = "def half (n : Nat) : Nat := n / 2\ntheorem good : half 4 = 3 := by sorry\n"
    plain = "theorem good : 1 = 2 := by sorry\n"
    matching = "def f : Nat → Nat\n  | 0 => 0\n  | _ => 1\ntheorem good : f 0 = 1 := by sorry\n"
    cls = (
        "class Size (α : Type) where size : α → Nat\ninstance : Size Bool := ⟨fun _ => 2⟩\n"
        "theorem good : Size.size true = 3 := by sorry\n"
    )
    poly = "theorem good {α : Type u} (x : α) : x ≠ x := by sorry\n"
    tree = "inductive Tr | leaf | node (l r : Tr)\ntheorem good (t : Tr) : t = .leaf := by sorry\n"
    struct = "structure P where\n  x : Nat\n  y : Nat\ntheorem good (p : P) : p.x = p.y := by sorry\n"
    true_ = "True := trivial"
    return [
        attack("another statement", f"theorem bad : {true_}\n"),
        attack("a weaker one", "theorem bad : 2 + 2 = 5 ∨ True := .inr trivial\n"),
        attack("a hypothesis more", "theorem bad (h : False) : 2 + 2 = 5 := h.elim\n"),
        attack("a hypothesis by instance", "theorem bad [i : Inhabited (PLift (2 + 2 = 5))] : 2 + 2 = 5 := i.default.down\n"),
        attack("a hypothesis by variable", "variable (h : False)\ninclude h\n" + term("h.elim")),
        attack("a hypothesis by autobound", "set_option autoImplicit true\ntheorem bad (h : p) (k : ¬ p) : 2 + 2 = 5 := (k h).elim\n"),
        attack("another name", "theorem worse : 2 + 2 = 4 := rfl\n", "bad is missing"),
        attack("another namespace", "namespace A\ntheorem bad : 2 + 2 = 4 := rfl\nend A\n", "bad is missing"),
        attack("a private duplicate", "private theorem bad : 2 + 2 = 4 := rfl\n", "bad is missing"),
        attack("an example", "example : 2 + 2 = 4 := rfl\n", "bad is missing"),
        attack("an alias by export", "namespace A\ntheorem bad : 2 + 2 = 4 := rfl\nend A\nexport A (bad)\n", "bad is missing"),
        attack("a protected one", "namespace A\nprotected theorem bad : 2 + 2 = 4 := rfl\nend A\nopen A\n", "bad is missing"),
        attack("a definition", "def bad : 2 + 2 = 4 := rfl\n"),
        attack("a definition of a type", "def bad : Prop := 2 + 2 = 5\n"),
        attack("a structure of that name", "structure bad where\n  x : Nat\n"),
        attack("a notation for a numeral", 'local notation "5" => 4\n' + by("rfl"), "invalid atom", "elaboration"),
        attack("a notation for =", 'local infix:50 (priority := high) " = " => fun (_ _ : Nat) => True\n' + by("trivial"), "bad states"),
        attack("a notation for +", 'local infixl:65 (priority := high) " + " => fun (a _ : Nat) => a + 3\n' + by("rfl"),
               "bad states"),
        attack("an instance of HAdd", "local instance (priority := high) : HAdd Nat Nat Nat := ⟨fun _ _ => 5⟩\n"
               "theorem bad : (2 : Nat) + (2 : Nat) = (5 : Nat) := rfl\n"),
        attack("an instance of Add", "noncomputable local instance (priority := high) : Add Nat := ⟨fun _ _ => 5⟩\n" + term("rfl")),
        attack("an instance of HAdd into another type",
               "instance (priority := high) : HAdd Nat Nat (Fin 1) := ⟨fun _ _ => 0⟩\ntheorem bad : (2 + 2 : Fin 1) = 5 := rfl\n"),
        attack("a matcher of one's own",
               "def f.match_1.{u} (motive : Nat → Sort u) (x : Nat) (_ : Unit → motive 0) (h : (n : Nat) → motive n) : motive x := h x\n"
               "def f : Nat → Nat := fun x => f.match_1 (fun _ => Nat) x (fun _ => 0) (fun _ => 1)\ntheorem good : f 0 = 1 := rfl\n",
               "f is defined otherwise", original=matching),
        attack("a matcher of one's own in the statement",
               "def good.match_1.{u} (motive : Nat → Sort u) (x : Nat) (_ : Unit → motive 0) (h : (n : Nat) → motive n) : motive x := h x\n"
               "theorem good : (match (1 : Nat) with | 0 => True | _ => True) := trivial\n", "good states|good.match_1",
               original="theorem good : (match (1 : Nat) with | 0 => True | _ => False) := by sorry\n"),
        attack("a type made a proposition", "inductive C : Prop | r | g\ntheorem good : C.r = C.g := rfl\n", "C",
               original="inductive C | r | g\ntheorem good : C.r = C.g := by sorry\n"),
        attack("a structure without its field", "structure P where\ntheorem good (p q : P) : p = q := rfl\n", "P",
               original="structure P where x : Nat\ntheorem good (p q : P) : p = q := by sorry\n"),
        attack("a class that brings what is to be shown",
               "class Foo (α : Type) : Prop where h : False\ntheorem good (α : Type) [i : Foo α] : 1 = 2 := i.h.elim\n", "Foo",
               original="class Foo (α : Type) : Prop where h : True\ntheorem good (α : Type) [Foo α] : 1 = 2 := by sorry\n"),
        attack("an answer of another type", "def answer : Fin 4 := 3\ntheorem good : answer = 3 := rfl\n", "answer states",
               original="def answer : Nat := sorry\ntheorem good : answer = 7 := by sorry\n"),
        attack("the type of a proof", "theorem bad : type_of% (rfl : 2 + 2 = 4) := rfl\n"),
        attack("a root name from within a namespace", "namespace A\ntheorem _root_.bad : 2 + 2 = 4 := rfl\nend A\n"),
        attack("an instance of OfNat", "local instance (priority := high) : OfNat Nat 5 := ⟨4⟩\n" + by("rfl")),
        attack("a default instance", "@[default_instance high] instance : OfNat Int 5 := ⟨4⟩\n"
               "theorem bad : (2 + 2 : Int) = 5 := rfl\n"),
        attack("a Nat of one's own",
               "namespace A\ninductive Nat | z\ninstance (n : _root_.Nat) : OfNat Nat n := ⟨.z⟩\n"
               "noncomputable instance : Add Nat := ⟨fun a _ => a⟩\nend A\nopen A\ntheorem bad : (2 + 2 : A.Nat) = 5 := rfl\n"),
        attack("Nat redefined", "inductive Nat | z\n" + by("rfl"), "already been declared", "elaboration"),
        attack("Eq shadowed", "namespace A\ndef Eq (_ _ : Nat) := True\ntheorem bad : Eq (2 + 2) 5 := trivial\nend A\n", "bad is missing"),
        attack("False shadowed", "namespace A\ndef False := True\ntheorem bad : ¬ False → 2 + 2 = 5 := fun h => (h trivial).elim\nend A\n",
               "bad is missing"),
        attack("a coercion", "instance : Coe Nat Prop := ⟨fun _ => True⟩\ntheorem bad : ((2 + 2 : Nat) : Prop) := trivial\n"),
        attack("a Decidable that lies", "local instance (priority := high) : Decidable (2 + 2 = 5) := .isTrue (by decide)\n" + by("decide"),
               "decide|false", "elaboration"),
        attack("a Decidable that lies with a true proof of another",
               "instance (priority := 10000) : DecidableEq Nat := fun _ _ => .isTrue (Subsingleton.elim _ _)\n" + by("decide"),
               "failed to synthesize", "elaboration"),
        attack("Unicode look-alike of the name", "theorem bαd : 2 + 2 = 4 := rfl\n", "bad is missing"),
        attack("a Cyrillic letter in the name", "theorem bаd : 2 + 2 = 4 := rfl\n", "expected token", "elaboration"),
        attack("Unicode look-alike in the statement", "def ２ := 2\n" + by("rfl"), "expected token", "elaboration"),
        attack("a name in quotation marks", "theorem «bad » : 2 + 2 = 4 := rfl\n", "bad is missing"),
        attack("a name with a dot in quotation marks", "theorem «bad.x» : 2 + 2 = 4 := rfl\n", "bad is missing"),
        attack("a definition changed", half.replace("n / 2", "3").replace("by sorry", "rfl"), "half is defined otherwise", original=half),
        attack("a definition made irreducible and shadowed",
               "namespace A\ndef half (_ : Nat) : Nat := 3\nend A\ndef half (n : Nat) : Nat := n / 2\nopen A in\n"
               "theorem good : A.half 4 = 3 := rfl\n", "good states", original=half),
        attack("a definition left out", "theorem good : 3 = 3 := rfl\n", "half is missing", original=half),
        attack("a definition turned opaque", half.replace("def half", "opaque half").replace("by sorry", "test").replace(
            "4 = 3", "4 = half 4").replace("test", "rfl"), "half is defined otherwise", original=half),
        attack("a definition turned abbrev with another value", half.replace("def", "abbrev").replace("n / 2", "n - 1").replace("sorry", "rfl"),
               "half is defined otherwise", original=half),
        attack("an instance changed", cls.replace("2⟩", "3⟩").replace("by sorry", "rfl"), "defined otherwise", original=cls),
        attack("an instance beside it", cls.replace("theorem", "instance (priority := high) : Size Bool := ⟨fun _ => 3⟩\ntheorem").replace(
            "by sorry", "rfl"), "good states|instSizeBool", original=cls),
        attack("an instance taken away", cls.replace("theorem", "attribute [-instance] instSizeBool\ninstance three : Size Bool := ⟨fun _ => 3⟩\ntheorem"
               ).replace("by sorry", "rfl"), "good states", original=cls),
        attack("universes fixed", poly.replace("Type u", "Type").replace("sorry", "exact absurd rfl (nomatch ·)"), "Missing cases", "elaboration", poly),
        attack("a universe for another", "theorem good {α : Sort u} (x : α) (h : False) : x ≠ x := h.elim\n", "good states", original=poly),
        attack("universes fixed, with a proof", "theorem same {α : Type u} (x : α) : x = x := rfl\ntheorem good {α : Type} (x : α) (h : x ≠ x) : x ≠ x := h\n",
               "universe|states", original=poly),
        attack("a constructor taken away", tree.replace(" | node (l r : Tr)", "").replace("sorry", "cases t; rfl"), "Tr", original=tree),
        attack("a constructor added", tree.replace("| leaf", "| leaf | other").replace("sorry", "exact nope"), "nope", "elaboration", tree),
        attack("a field taken away", struct.replace("  y : Nat\n", "").replace("p.x = p.y := by sorry", "p.x = p.x := rfl"), "P|good", original=struct),
        attack("implicit for explicit with other hypotheses", "theorem good {a b : Nat} (h : a < b ∧ False) : a + 1 ≤ b := h.2.elim\n",
               "good states", original=GOOD),
        attack("binders in another order", "theorem good (b a : Nat) (h : a < b) : a + 1 ≤ b := h\n", "good states", original=GOOD),
        attack("a let that hides", "theorem bad : let x := 4; 2 + 2 = x := rfl\n"),
        attack("a type ascription", "theorem bad : (2 + 2 : Fin 1) = 5 := rfl\n"),
        attack("a proof of the negation", "theorem bad.negation : ¬ 2 + 2 = 5 := by decide\n", "bad is missing"),
        attack("fewer imports", "prelude\naxiom bad : Prop\n", "Command.axiom", "syntax", plain),
        attack("prelude with a world of its own", "prelude\ntheorem bad : (p : Prop) → p → p := fun _ h => h\n", "is not imported"),
    ]  # fmt: skip


def _texts() -> list[Attack]:
    def attack(name: str, candidate: str, words: str, stage: str = "elaboration", original: str = BAD) -> Attack:
        return Attack(name, "text", candidate, stage, words, original)

    return [
        attack("the proof in a comment", "/-\ntheorem bad : 2 + 2 = 5 := rfl\n-/\n", "bad is missing", "statement"),
        attack("a comment that ends early", "/- -/ -/ " + by("rfl"), "unexpected token '-'"),
        attack("a comment in a comment", "/- /- -/ " + by("rfl") + "-/\n", "bad is missing", "statement"),
        attack("a string that holds the proof", 'def s := "' + BAD.strip() + '"\n', "bad is missing", "statement"),
        attack("a raw string", 'def s := r#"theorem bad : 2 + 2 = 5 := rfl"#\n', "bad is missing", "statement"),
        attack("NUL", "theorem bad : 2 + 2 = 4 := rfl\n\0" + by("rfl"), "U\\+0000", "text"),
        attack("a byte order mark", "\ufeff" + by("rfl"), "U\\+FEFF", "text"),
        attack("right to left", "theorem bad : 2 + 2 = \u202e4\u202c := rfl\n", "U\\+202E", "text"),
        attack("an isolate", "-- \u2066 sorry\n" + by("rfl"), "U\\+2066", "text"),
        attack("a lone carriage return", "-- a comment\r" + by("rfl"), "unexpected identifier"),
        attack("a line separator", "-- a comment\u2028" + by("rfl"), "U\\+2028", "text"),
        attack("half a character", by("rfl") + "-- \ud800\n", "U\\+D800", "text"),
        attack("an escape that clears the screen", "-- \x1b[2J\n" + by("rfl"), "U\\+001B", "text"),
        attack("a zero-width space in a name", "theorem bad\u200b : 2 + 2 = 4 := rfl\n", "expected token"),
        attack("very deep brackets", term("(" * 3000 + "rfl" + ")" * 3000), "maximum recursion depth"),
        attack("a very long line", term("by " + "skip; " * 2000 + "rfl"), "Tactic `rfl` failed"),
        attack("a fake end of the text", by("rfl") + '\n#print "0123456789abcdef"\n', "Tactic `rfl` failed"),
        attack("a forged reply in a string", 'def s := "{\\"id\\":\\"1\\",\\"end\\":true}"\n' + by("rfl"), "Tactic `rfl` failed"),
        attack("code that runs at elaboration and prints a forged reply",
               '#guard dbgTrace "{\\"id\\":null,\\"end\\":true}" fun _ => true\n' + by("rfl"), "#guard", "syntax"),
        attack("code in a configuration that prints a forged reply",
               by('simp (config := dbgTrace "{\\"id\\":null,\\"end\\":true,\\"constants\\":[]}" fun _ => {})'), "simp|False|line"),
        attack("a syntax error after the proof", good("omega") + "theorem more : 1 = \n", "unexpected|expected", original=GOOD),
        attack("an import after the proof", good("omega") + "import Lean\n", "import", original=GOOD),
        attack("an import that is not there", "import Nowhere.At.All\n" + by("rfl"), "Nowhere|unknown module"),
        attack("a second theorem that is false", good("omega") + "theorem more : 1 = 2 := rfl\n", "Type mismatch", original=GOOD),
        attack("a second theorem with a sorry", good("omega") + "theorem more : 1 = 2 := by sorry\n", "tacticSorry", "sorry", GOOD),
        attack("an open namespace", "namespace A\n" + BAD.replace("sorry", "exact nope"), "nope"),
    ]  # fmt: skip


ATTACKS = (*_sorries(), *_holes(), *_axioms(), *_programs(), *_statements(), *_texts())


def honest(name: str, original: str, *changes: tuple[str, str]) -> Honest:
    """An original, and what it becomes by these replacements."""
    candidate = original
    for old, new in changes:
        assert old in candidate, (name, old)
        candidate = candidate.replace(old, new)
    return Honest(name, original, candidate)


HONEST = (
    honest("notation in the original", 'local notation "ℕ" => Nat\ntheorem t (n : ℕ) : n + 0 = n := by sorry\n', ("sorry", "rfl")),
    honest("open in the original", "open Nat List in\ntheorem t (n : Nat) : succ n = n + 1 := by sorry\n", ("sorry", "rfl")),
    honest("an instance in the original",
           "structure V where x : Nat\nnoncomputable instance : Add V := ⟨fun a b => ⟨a.x + b.x⟩⟩\n"
           "theorem t (a b : V) : a + b = b + a := by sorry\n", ("by sorry", "congrArg V.mk (Nat.add_comm a.x b.x)")),
    honest("Unicode names", "theorem «a name with spaces» (α₁ β' : Nat) (hαβ : α₁ = β') : β' = α₁ := by sorry\n", ("sorry", "exact hαβ.symm")),
    honest("comments in comments", "theorem t : 1 = 1 := by sorry\n", ("by sorry", "/- a /- nested -/ sorry -/ rfl -- sorry")),
    honest("a string that says sorry", "theorem t : \"sorry\".length = 5 := by sorry\n", ("by sorry", "by decide -- \"sorry\"")),
    honest("a docstring that says sorry and axiom", "/-- Not sorry: no axiom, no `native_decide`. -/\ntheorem t : 1 = 1 := by sorry\n", ("by sorry", "rfl")),
    honest("several theorems", "theorem a : 1 = 1 := rfl\ntheorem b : 2 = 2 := by sorry\ntheorem c : 3 = 3 := by sorry\n", ("by sorry", "rfl")),
    honest("universe polymorphism", "universe u v\ntheorem t {α : Type u} {β : Sort v} (f : α → β) : f = fun x => f x := by sorry\n", ("by sorry", "rfl")),
    honest("where", "theorem t (n : Nat) : n ≤ n * n + 1 := by sorry\n",
           ("by sorry", "go n\nwhere\n  go : ∀ n : Nat, n ≤ n * n + 1\n    | 0 => by decide\n    | n + 1 => by\n      have := Nat.le_mul_of_pos_right (n + 1) (Nat.succ_pos n)\n      exact Nat.le_succ_of_le this")),
    honest("mutual definitions",
           "mutual\ndef ev : Nat → Bool\n  | 0 => true\n  | n + 1 => od n\ndef od : Nat → Bool\n  | 0 => false\n  | n + 1 => ev n\nend\n"
           "theorem t : ev 4 = true := by sorry\n", ("by sorry", "by simp [ev, od]")),
    honest("noncomputable", "noncomputable def c {α : Type} (h : Nonempty α) : α := Classical.choice h\n"
           "theorem t {α : Type} (h : Nonempty α) : c h = c h := by sorry\n", ("by sorry", "rfl")),
    honest("private helpers", "theorem t (a b : Nat) : a + b = b + a := by sorry\n",
           ("theorem t", "private theorem h (a b : Nat) : a + b = b + a := Nat.add_comm a b\ntheorem t"), ("by sorry", "h a b")),
    honest("set_option", "set_option maxRecDepth 4000\ntheorem t : 10 * 10 = 100 := by sorry\n",
           ("theorem", "set_option maxHeartbeats 400000 in\ntheorem"), ("by sorry", "by decide")),
    honest("a macro in the original", 'macro "two" : term => `(2)\ntheorem t : two = 2 := by sorry\n', ("by sorry", "rfl")),
    honest("#eval in the original", "#eval 1 + 1\ntheorem t : 2 = 2 := by sorry\n", ("by sorry", "rfl")),
    honest("classical", "theorem t (p : Prop) : p ∨ ¬ p := by sorry\n", ("by sorry", "by\n  classical\n  exact Classical.em p")),
    honest("well-founded recursion", "theorem t : ∀ n : Nat, n / 2 ≤ n := by sorry\n",
           ("theorem", "def log (n : Nat) : Nat := if h : n < 2 then 0 else log (n / 2) + 1\n  termination_by n\n  decreasing_by omega\ntheorem"),
           ("by sorry", "fun n => Nat.div_le_self n 2")),
    honest("a structure and its instance with deriving", "inductive C | r | g deriving DecidableEq, Repr\ntheorem t : C.r ≠ C.g := by sorry\n", ("sorry", "decide")),
    honest("an innocent attribute", "theorem t (n : Nat) : 0 + n = n := by sorry\n",
           ("theorem t", "@[simp] theorem h (n : Nat) : 0 + n = n := Nat.zero_add n\ntheorem t"), ("sorry", "simp")),
    honest("a variable with a hypothesis of the original's own",
           "variable (p : Prop) (h : p)\ninclude h\ntheorem t : p := by sorry\n", ("sorry", "exact h")),
    honest("a namespace left open", "namespace A\ntheorem t : 1 = 1 := by sorry\n", ("by sorry", "rfl")),
    honest("a definition to fill in", "def answer : Nat := sorry\ntheorem t : answer = 2 + 2 := by sorry\n", (":= sorry", ":= 4"), ("by sorry", "rfl")),
    honest("carriage returns", "theorem t : 1 = 1 := by sorry\r\n", ("by sorry", "by\r\n  rfl")),
    honest("large numerals", "theorem t : (2 : Nat) ^ 400 % 7 = 2 := by sorry\n", ("sorry", "decide")),
    honest("a partial function beside it", "theorem t : 1 = 1 := by sorry\n",
           ("theorem", "partial def loop (n : Nat) : Nat := loop (n + 1)\ntheorem"), ("by sorry", "rfl")),
)  # fmt: skip
