"""Verification on a real Lean: what is a proof or a refutation of a statement, and what only looks like one."""

from __future__ import annotations

import re

import pytest

from lean_env.pool import Pool
from tests.lean_env.test_lean import HEADER

pytestmark = pytest.mark.lean

SORRY = HEADER + "theorem foo (a b : ℕ) (h : a < b) : a + 1 ≤ b := by sorry\n"
PROOF = HEADER + "theorem foo (a b : ℕ) (h : a < b) : a + 1 ≤ b := by\n  have k := h\n  omega\n"


@pytest.mark.parametrize(
    ("original", "candidate"),
    [
        (SORRY, PROOF),
        ("", PROOF),
        ("theorem t (p : Prop) : p ∨ ¬p := sorry", "theorem t (p : Prop) : p ∨ ¬p := Classical.em p"),
        (
            "def f (n : Nat) : Nat := if n = 0 then 0 else f (n / 2)\ntheorem t : f 0 = 0 := by sorry",
            "def f (n : Nat) : Nat := if n = 0 then 0 else f (n / 2)\ntheorem t : f 0 = 0 := by unfold f; rfl",
        ),
        (
            "inductive Tr | leaf | node (a : List Tr)\ntheorem t : Tr.leaf ≠ .node [] := by sorry",
            "inductive Tr | leaf | node (a : List Tr)\ntheorem t : Tr.leaf ≠ .node [] := by simp",
        ),
    ],
)
async def test_a_proof_is_accepted(lean: Pool, original: str, candidate: str) -> None:
    verdict = await lean.verify(original, candidate)
    assert verdict.accepted, verdict.reasons
    assert set(verdict.axioms) <= {"propext", "Classical.choice", "Quot.sound"}


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (SORRY, "tacticSorry"),
        (PROOF.replace("omega", "rfl"), "rfl"),
        (PROOF.replace("a + 1 ≤ b", "a ≤ b"), "states something else"),
        (PROOF.replace("foo", "fooo"), "foo is missing"),
        (PROOF.replace("omega", "native_decide"), "nativeDecide"),
        ("axiom f : False\n" + PROOF.replace("omega", "exact f.elim"), "axiom"),
        ("set_option debug.skipKernelTC true\n" + PROOF, "debug.skipKernelTC"),
        ("run_cmd pure ()\n" + PROOF, "runCmd"),
        ("#eval 1\n" + PROOF, "eval"),
        ('macro "zz" : tactic => `(tactic| sorry)\n' + PROOF.replace("omega", "zz"), "refuse|which no proof may"),
        (PROOF.replace('"ℕ" => Nat', '"ℕ" => Int'), "states something else"),
        (PROOF + "theorem more : 1 = 2 := by sorry\n", "tacticSorry"),
        (PROOF.replace("  omega\n", "  omega\n  exact nope\n"), "line"),
        ("-- nothing\n", "foo is missing"),
        (PROOF.replace("theorem foo", "theorem foo.bar"), "foo is missing"),
        (PROOF.replace("(a b : ℕ)", "(b a : ℕ)"), "states something else"),
    ],
)
async def test_what_is_not_a_proof_is_rejected(lean: Pool, candidate: str, reason: str) -> None:
    verdict = await lean.verify(SORRY, candidate)
    assert not verdict.accepted
    assert re.search(reason, "; ".join(verdict.reasons)), verdict.reasons


async def test_unfinished_files_are_not_proofs(lean: Pool) -> None:
    assert not (await lean.verify("", "theorem t : 1 = 1 := by sorry")).accepted
    assert not (await lean.verify("", "def x := 1")).accepted, "it proves nothing"
    assert not (await lean.verify("", "")).accepted


TWO = "theorem a : 1 + 1 = 2 := by sorry\ntheorem b (p : Prop) (h : p) : p ∧ p := ⟨by sorry, by sorry⟩\n"


@pytest.mark.parametrize(
    ("candidate", "left", "accepted"),
    [
        (TWO.replace("by sorry", "rfl", 1), 2, True),
        (TWO.replace("⟨by sorry", "⟨h"), 2, True),
        (TWO.replace("by sorry", "rfl", 1).replace("by sorry", "h"), 0, True),
        (TWO.replace("by sorry", "rfl", 1), 1, False),
        (TWO, 2, False),
        (TWO.replace("by sorry", "by decide +nope", 1), 2, False),
        (TWO.replace("⟨by sorry", "⟨(by exact (b p h).1)"), 2, False),
        ("theorem a : 1 + 1 = 2 := rfl\n", 2, False),
        (TWO.replace("by sorry", "_root_.sorryAx _ false", 1), 2, False),
        (TWO.replace("by sorry", "by grind => sorry", 1), 2, False),
        (TWO.replace("by sorry", "by have := 1; exact?", 1).replace("2 :=", "3 :=", 1), 2, False),
    ],
)
async def test_a_text_with_other_holes(lean: Pool, candidate: str, left: int, accepted: bool) -> None:
    verdict = await lean.verify(TWO, candidate, left=left)
    assert verdict.accepted == accepted, verdict.reasons


async def test_nothing_may_build_on_what_is_not_proved(lean: Pool) -> None:
    original = "theorem a : 1 = 2 := by sorry\ntheorem b : 2 = 1 := by sorry\n"
    verdict = await lean.verify(original, original.replace("2 = 1 := by sorry", "2 = 1 := a.symm"), left=1)
    assert not verdict.accepted


PRIVATE = "private def k : Nat := 2\nprivate theorem t : k = 3 := by sorry\n"
MATCH = "def f : Nat → Nat\n  | 0 => 0\n  | _ => 1\ntheorem t : f 0 = 1 := by sorry\n"
FORGED = (
    "def f.match_1.{u} (motive : Nat → Sort u) (x : Nat) (h₁ : Unit → motive 0) (h₂ : (n : Nat) → motive n) : motive x "
    ":= h₂ x\ndef f : Nat → Nat := fun x => f.match_1 (fun _ => Nat) x (fun _ => 0) (fun _ => 1)\n"
    "theorem t : f 0 = 1 := rfl\n"
)


@pytest.mark.parametrize(
    ("original", "candidate"),
    [
        (PRIVATE, PRIVATE.replace(":= 2", ":= 3").replace("by sorry", "rfl")),
        (PRIVATE, "private def k : Nat := 2\nprivate theorem t : k = 2 := rfl\n"),
        (MATCH, FORGED),
        (SORRY, "simproc p (1) := fun _ => return .continue\n" + PROOF),
        (SORRY, "attribute [implemented_by foo] Nat.add\n" + PROOF),
        (SORRY, "attribute [local macro foo] Nat.add\n" + PROOF),
        (SORRY, PROOF.replace("theorem", "@[implemented_by foo] theorem")),
    ],
)
async def test_tricks_around_the_statement_are_rejected(lean: Pool, original: str, candidate: str) -> None:
    verdict = await lean.verify(original, candidate)
    assert not verdict.accepted


async def test_private_theorems_are_proved_like_others(lean: Pool) -> None:
    verdict = await lean.verify(PRIVATE.replace("k = 3", "k = 2"), PRIVATE.replace("k = 3 := by sorry", "k = 2 := rfl"))
    assert verdict.accepted, verdict.reasons


FALSE = HEADER + "theorem foo (a b : ℕ) (h : a < b) : a + 1 < b := by sorry\n"
REFUTES = "by\n  intro h\n  exact absurd (h 0 1 (by decide)) (by decide)\n"
REFUTED = HEADER + "theorem foo.negation : ¬ ∀ (a b : ℕ) (h : a < b), a + 1 < b := " + REFUTES
POLYMORPHIC = "theorem foo {α : Type u} [Inhabited α] (x : α) : x ≠ default := by sorry\n"
MATCHING = "theorem foo (n : Nat) : (match n with | 0 => True | _ + 1 => False) := by sorry\n"
VARIABLE = "variable (n : Nat)\ntheorem foo : n = 1 := by sorry\n"
IN_CONTEXT = (
    "namespace A\ndef f (n : Nat) : Nat := n + 1\ntheorem good : f 0 = 1 := rfl\n"
    "theorem bad : f 0 = 2 := by sorry\nend A\n"
)


@pytest.mark.parametrize(
    ("original", "candidate"),
    [
        (FALSE, REFUTED),
        (
            FALSE,
            REFUTED.replace("(a b : ℕ) (h : a < b), a + 1 < b", "{x y : Nat}, x < y → x + 1 < y").replace(
                "h 0 1", "@h 0 1"
            ),
        ),
        (
            POLYMORPHIC,
            "theorem foo.negation : ¬ ∀ {β : Type v} [Inhabited β] (x : β), x ≠ default := by\n"
            "  intro h\n  exact @h PUnit ⟨.unit⟩ .unit rfl\n",
        ),
        (
            MATCHING,
            MATCHING.replace("foo (n : Nat) :", "foo.negation : ¬ ∀ n : Nat,").replace("sorry", "intro h; exact h 1"),
        ),
        (VARIABLE, VARIABLE.replace("foo : n", "foo.negation : ¬ ∀ n : Nat, n").replace("sorry", "intro h; cases h 0")),
        (
            IN_CONTEXT,
            IN_CONTEXT.replace("theorem bad : f 0 = 2 := by sorry", "theorem bad.negation : ¬ f 0 = 2 := by decide"),
        ),
        (
            "private " + FALSE[len(HEADER) :].replace("ℕ", "Nat"),
            "private " + REFUTED[len(HEADER) :].replace("ℕ", "Nat"),
        ),
    ],
    ids=["plain", "other binders", "universes and instances", "a matcher", "variable", "namespace", "private"],
)
async def test_a_negation_is_accepted(lean: Pool, original: str, candidate: str) -> None:
    verdict = await lean.verify(original, candidate, negated=True)
    assert verdict.accepted, verdict.reasons
    assert not (await lean.verify(original, candidate)).accepted, "it is no proof"


@pytest.mark.parametrize(
    ("original", "candidate", "reason"),
    [
        (FALSE, REFUTED.replace("a + 1 < b :=", "b + 1 < b :="), "does not state the negation"),
        (FALSE, REFUTED.replace("(h : a < b)", "(h : a ≤ b)"), "does not state the negation"),
        (
            FALSE,
            HEADER
            + "theorem foo.negation : ¬ ∀ b : ℕ, 0 < b → 1 < b := fun h => absurd (h 1 (by decide)) (by decide)\n",
            "does not state",
        ),
        (
            FALSE,
            REFUTED.replace("¬ ∀", "¬¬¬ ∀").replace("intro h", "rw [Classical.not_not]; intro h"),
            "does not state",
        ),
        (
            FALSE,
            REFUTED.replace(": ¬ ∀", ": ¬ 0 = 1 ∧ ¬ ∀").replace("intro h", "refine ⟨by decide, ?_⟩; intro h"),
            "does not state",
        ),
        (FALSE, REFUTED.replace("foo.negation", "foo.negated"), "foo.negation is missing"),
        (FALSE, REFUTED.replace("foo.negation", "foo"), "foo.negation is missing"),
        (FALSE, FALSE + REFUTED[len(HEADER) :], "foo is declared|tacticSorry"),
        (FALSE, "axiom foo : 1 = 1\n" + REFUTED, "axiom"),
        (
            FALSE,
            REFUTED.replace("theorem foo.negation", "theorem foo : 1 = 1 := rfl\ntheorem foo.negation"),
            "foo is decl",
        ),
        (FALSE, HEADER + "theorem foo.negation : ¬ ∀ (a b : ℕ) (h : a < b), a + 1 < b := by sorry\n", "tacticSorry"),
        (FALSE, REFUTED.replace('"ℕ" => Nat', '"ℕ" => Int'), "does not state the negation"),
        (FALSE, REFUTED.replace("exact absurd", "exact nope"), "nope"),
        (FALSE, PROOF, "foo.negation is missing"),
        (FALSE, "", "foo.negation is missing"),
        ("theorem t : 1 = 1 := rfl", "theorem t.negation : ¬ 1 = 2 := by decide", "exactly one"),
        ("def t : Nat := sorry", "theorem t.negation : ¬ 1 = 2 := by decide", "t is not a theorem"),
        (TWO, "theorem a.negation : ¬ 1 + 1 = 3 := by decide", "exactly one"),
        ("", "theorem t.negation : ¬ 1 = 2 := by decide", "no original|nothing to negate"),
        (
            POLYMORPHIC,
            "theorem foo.negation : ¬ ∀ {β : Type} [Inhabited β] (x : β), x ≠ default := by\n"
            "  intro h\n  exact @h PUnit ⟨.unit⟩ .unit rfl\n",
            "does not state the negation",
        ),
        (
            VARIABLE,
            "variable (n : Nat)\ntheorem foo.negation (h : n = 0) : ¬ n = 1 := by simp [h]\n",
            "does not state the negation",
        ),
        (
            MATCHING,
            "theorem foo.negation : ¬ ∀ n : Nat, (match n with | 0 => True | k + 1 => k = 1) := by\n"
            "  intro h; cases (show 0 = 1 from h 1)\n",
            "does not state the negation",
        ),
        (
            IN_CONTEXT,
            "namespace A\ndef f (n : Nat) : Nat := n + 2\ntheorem good : f 0 = 2 := rfl\n"
            "theorem bad.negation : ¬ f 0 = 3 := by decide\nend A\n",
            "A.f is defined otherwise",
        ),
        (
            IN_CONTEXT,
            "namespace A\ndef f (n : Nat) : Nat := n + 1\ntheorem bad.negation : ¬ f 0 = 2 := by decide\nend A\n",
            "A.good is missing",
        ),
    ],
)
async def test_what_is_not_the_negation_is_rejected(lean: Pool, original: str, candidate: str, reason: str) -> None:
    verdict = await lean.verify(original, candidate, negated=True)
    assert not verdict.accepted
    assert re.search(reason, "; ".join(verdict.reasons)), verdict.reasons
