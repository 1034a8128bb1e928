"""Goals as Lean prints them, with a tactic that has been seen to lead on from each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.protocol import State
from prover.goal import bare
from prover.interfaces import Query
from prover.policy import TacticsPolicy
from prover.policy.tactics.definitions import own
from prover.policy.tactics.logic.instances import instances, substituted
from prover.policy.tactics.patterns import alternatives, pattern, universal
from prover.policy.tactics.programs.calls import calls
from prover.policy.tactics.view import View, view_of

TREE = "α : Type\nt : Tree α\nacc : List α\n"
EVEN = "m n : Nat\nhm : Ev m\nhn : Ev n\n"


def look(goal: str) -> View:
    view = view_of((goal,), ())
    assert view is not None
    return view


def proposed(goal: str, samples: int = 32, lemmas: tuple[str, ...] = (), history: tuple[str, ...] = ()) -> list[str]:
    query = Query(State(0, (goal,), goal), "t", history, 0, lemmas)
    return [c.tactic for c in TacticsPolicy().candidates(query, samples)]


@pytest.mark.parametrize(
    ("goal", "tactic"),
    [
        # introduction
        ("⊢ ∀ (n : Nat), (∃ k, n = 2 * k ∧ k < 5) → n < 10", "rintro n ⟨k, h, h1⟩"),
        ("p q r : Prop\n⊢ p ∨ q → r", "rintro (h | h)"),
        ("f : Nat → Nat\n⊢ Function.Injective f", "intro a b hab"),
        ("f : Nat → Nat\n⊢ Function.Surjective f", "intro y"),
        # hypotheses taken apart
        ("n : Nat\nh : ∃ k, n = 2 * k\n⊢ n % 2 = 0", "obtain ⟨k, rfl⟩ := h"),
        ("p q r : Prop\nh : p ∧ q ∨ r\n⊢ r ∨ q", "rcases h with ⟨h1, h2⟩ | h3"),
        ("α β : Type\ns : α ⊕ β\n⊢ s.swap.swap = s", "cases s"),
        (
            "o : Option Nat\nn : Nat\nh : (match o with | some k => k + 1 | none => 0) = n + 1\n⊢ o = some n",
            "split at h",
        ),
        ("f : Bool → Bool\n⊢ f (f (f true)) = f true", "cases h : f true <;> cases g : f false <;> simp_all"),
        ("case step\nn✝ : Nat\na_ih✝ : p n✝\n⊢ p (n✝ + 2)", "rename_i n ih"),
        # targets
        ("p q : Prop\n⊢ p ∨ q", "refine Classical.or_iff_not_imp_left.mpr fun h => ?_"),
        ("f g : Nat → Nat\nh : ∀ (n : Nat), f n = g n\n⊢ f = g", "funext x"),
        # universal hypotheses at terms of the context
        ("α β : Type\nc : β\nf : α → β\nhf : ∀ (b : β), ∃ a, f a = b\n⊢ q c", "obtain ⟨a, rfl⟩ := hf c"),
        ("b : α\ns : α → α → Prop\nh : ∀ (x : α), s b x ↔ ¬s x x\n⊢ False", "have h1 := h b"),
        (
            "P : Nat → Prop\nh : ∀ (n : Nat), P n → ∃ m, n < m ∧ P m\nk : Nat\nh0 : P k\n⊢ q k",
            "obtain ⟨m, h1, h2⟩ := h k h0",
        ),
        ("f g : Nat → Nat\nh : ∀ (y : Nat), f (g y) = y\ny : Nat\n⊢ ∃ x, f x = y", "exact ⟨_, h ..⟩"),
        (
            "R : α → β → Prop\nh : ∀ (x : α), ∃ y, R x y\n⊢ ∃ f, ∀ (x : α), R x (f x)",
            "obtain ⟨f, hf⟩ := Classical.axiomOfChoice h",
        ),
        # functions
        ("f : Nat → Nat\nh : Function.Injective (g ∘ f)\n⊢ q f", "grind [Function.Injective, Function.comp]"),
        (
            "f : α → α → Prop\n⊢ ∃ p, ∀ (x : α), f x ≠ p",
            "(refine ⟨fun x => ¬f x x, fun x h => ?_⟩\n have := congrFun h x\n simp at this)",
        ),
        ("f g : Nat → Nat\na b : Nat\nh : f a = f b\n⊢ q a", "(have h1 := congrArg g h\n simp_all)"),
        (
            "xs ys : List Nat\nh : xs ++ xs = ys ++ ys\n⊢ xs = ys",
            "obtain ⟨h1, h2⟩ := List.append_inj h (by have hl := congrArg List.length h; simp at hl; omega)",
        ),
        # definitions of the file
        (TREE + "⊢ t.flat acc = t.toList ++ acc", "fun_induction Tree.flat t acc <;> simp_all [Tree.toList]"),
        (TREE + "⊢ t.flat acc = t.toList ++ acc", "induction t generalizing acc <;> simp_all [Tree.flat, Tree.toList]"),
        ("t : Tree α\n⊢ t.toList.length = t.size", "induction t <;> grind [Tree.toList, Tree.size]"),
        ("b n : Nat\n⊢ power b n = b ^ n", "fun_induction power b n <;> grind"),
        ("lo hi x : Int\nh : lo ≤ hi\n⊢ lo ≤ clamp lo hi x", "grind [clamp]"),
        (
            "n : Nat\n⊢ sumAcc n 0 = sumTo n",
            "(have hacc : ∀ acc, sumAcc n acc = (sumTo n) + acc := by\n   intro acc\n"
            "   induction n generalizing acc <;> grind [sumAcc, sumTo]\n simpa using hacc 0)",
        ),
        (
            "x y : Nat\nys : List Nat\nih : x ∈ sort ys ↔ x ∈ ys\n⊢ x ∈ ins y (sort ys) ↔ x = y ∨ x ∈ ys",
            "(rw [← ih]\n generalize sort ys = z\n clear ih)",
        ),
        (
            "xs : List Nat\n⊢ List.foldl (fun n x => n + (x + 1)) 0 xs = xs.sum + xs.length",
            "(have hacc : ∀ acc, List.foldl (fun n x => n + (x + 1)) acc xs = (xs.sum + xs.length) + acc := by\n"
            "   intro acc\n   induction xs generalizing acc <;> simp_all <;> omega\n simpa using hacc 0)",
        ),
        (
            "xs ys : List Op\nst : List Nat\n⊢ exec (xs ++ ys) st = exec ys (exec xs st)",
            "induction xs generalizing st <;> simp_all [exec]",
        ),
        # inductive predicates
        (EVEN + "⊢ Ev (m + n)", "induction hn <;> grind [Ev]"),
        ("n : Nat\nh : Ev (n + 2)\n⊢ Ev n", "cases h <;> assumption"),
        ("n : Nat\n⊢ Ev (2 * n)", "induction n <;> grind [Ev]"),
        (
            "R : α → α → Prop\na b c : α\nh1 : Star R a b\nh2 : Star R b c\n⊢ Star R a c",
            "induction h1 <;> grind [Star]",
        ),
        # induction
        (
            "P : Nat → Prop\nh : ∀ (n : Nat), (∀ (m : Nat), m < n → P m) → P n\nn : Nat\n⊢ P n",
            "exact Nat.strongRecOn n h",
        ),
        ("f : Nat → Nat\nn x : Nat\n⊢ Nat.repeat f n x = x", "induction n <;> simp_all [Nat.repeat]"),
        (
            "xs ys : List Nat\nh : xs.length = ys.length\n⊢ (xs.zip ys).map Prod.fst = xs",
            "induction xs generalizing ys <;> cases ys <;> simp_all",
        ),
        # options
        (
            "next : Nat → Option Nat\na b : Nat\nh : (next (b + 2)).bind next = some a\n⊢ a ≤ b",
            "obtain ⟨x, hx, hr⟩ := Option.bind_eq_some_iff.mp h",
        ),
        ("f : Nat → Option Nat\na : Nat\n⊢ (f a).getD 0 = 0", "cases hx : f a <;> simp_all"),
        (
            "x : Nat\nxs : List Nat\nxs_ih✝ : (sort xs).length = xs.length\n⊢ (ins x (sort xs)).length = xs.length + 1",
            "(rename_i ih\n rw [← ih]\n generalize sort xs = z\n clear ih\n induction z <;> first | "
            "(simp_all [sort, ins]; done) | grind [sort, ins] | (simp_all [sort, ins] <;> grind))",
        ),
        (
            "a✝¹ : Nat\na✝ : Seq\na_ih✝ : a✝.rev.rev = a✝\n⊢ (a✝.rev.app a✝¹).rev = Seq.cons a✝¹ a✝",
            "(rename_i a a1 ih\n (conv => rhs; rw [← ih])\n generalize a1.rev = z\n clear ih)",
        ),
        (
            "b a✝ : N\na_ih✝ : add b a✝ = add a✝ b\n⊢ s (add b a✝) = add (s a✝) b",
            "(rename_i a ih\n rw [ih]\n clear ih\n induction b <;> first | "
            "(simp_all [add, s]; done) | grind [add, s] | (simp_all [add, s] <;> grind))",
        ),
        # bits
        ("x y : BitVec 64\n⊢ x ^^^ y ^^^ y = x", "(ext i hi\n simp)"),
        ("x y : UInt8\n⊢ x + y = y + x", "apply UInt8.toBitVec_inj.mp <;> simp"),
        ("i : Fin 5\n⊢ i.val * 2 < 10", "decide +revert"),
        ("a : Array Nat\n⊢ a.reverse.reverse = a", "cases a <;> simp_all"),
        (
            "f : Fin 3 → Fin 2\n⊢ ∃ i j, i ≠ j ∧ f i = f j",
            "simp [Fin.exists_fin_succ, Fin.forall_fin_succ] at * <;> grind",
        ),
    ],
)
def test_what_leads_on_is_among_the_candidates(goal: str, tactic: str) -> None:
    assert tactic in proposed(goal)


@pytest.mark.parametrize(
    ("goal", "tactic"),
    [
        ("n : Nat\nh : p n\n⊢ False", "(apply Classical.byContradiction; intro hn)"),
        ("p : Prop\nhn : ¬p\n⊢ p", "(apply Classical.byContradiction; intro hn)"),
        ("n : Nat\nh : p n\n⊢ False", "exact?"),
        ("P : Nat → Prop\nn : Nat\n⊢ P n", "exact?"),
        ("h : ∀ (b : β), ∃ a, f a = b\n⊢ q", "rw [h]"),
    ],
)
def test_what_leads_nowhere_is_not(goal: str, tactic: str) -> None:
    assert tactic not in proposed(goal, samples=300)


def test_after_strong_induction_a_number_is_taken_by_its_remainder() -> None:
    goal = "P : Nat → Prop\nhe : ∀ (n : Nat), P n → P (2 * n)\nn : Nat\nih : ∀ (m : Nat), m < n → P m\n⊢ P n"
    split = "obtain ⟨k, rfl | rfl⟩ : ∃ k, n = 2 * k ∨ n = 2 * k + 1 := ⟨n / 2, by omega⟩"
    assert split in proposed(goal, history=("(induction n using Nat.strongRecOn; rename_i n ih)",))


def test_lemmas_are_used_only_where_there_are_some() -> None:
    goal = "xs ys : List Nat\n⊢ (xs ++ ys).length = xs.length + ys.length"
    lemmas = tuple(f"L{i}" for i in range(16))
    used = proposed(goal, 40, lemmas)
    assert not any("L0" in tactic for tactic in proposed(goal, 300))
    assert "rw [L0]" in used and "apply L0" in used
    assert any(tactic.startswith("simp [L0, L1") for tactic in used)
    assert any("apply L0 <;> assumption" in tactic and "apply L11 <;> assumption" in tactic for tactic in used)
    assert "first | grind [L0, L1, L2, L3] | grind [L0]" in used
    assert "first | grind [L0]" in proposed(goal, 40, lemmas[:1])
    assert "exact?" in proposed(goal, 300, history=("simp",))
    assert "exact?" not in proposed(goal, 300, lemmas, history=("simp",))


def test_patterns() -> None:
    view = look("h : p\nn : Nat\n⊢ q")
    assert pattern("∃ x y, x < y ∧ (p ∨ ∃ z, z = x)", view.namer()) == "⟨x, y, h1, (h2 | ⟨z, h3⟩)⟩"
    assert pattern("(p ∧ q) ∧ r", view.namer(), wish="k") == "⟨⟨k, k1⟩, k2⟩"
    assert pattern("∃ k, n = k + k", view.namer(), variables=frozenset({"n"})) == "⟨k, rfl⟩"
    assert alternatives("p ∨ q ∨ r", view.namer()) == "h1 | h1 | h1"
    assert bare("((p ∧ q))") == "p ∧ q" and bare("(p) ∧ (q)") == "(p) ∧ (q)"


def test_universal_statements() -> None:
    found = universal("∀ (a b : Nat) {c : T}, a < b → (∃ k, k = c) → p a ∧ q b")
    assert found.binders == (("a", "Nat"), ("b", "Nat"), ("c", "T"))
    assert found.explicit == (True, True, False)
    assert found.premises == ("a < b", "(∃ k, k = c)")
    assert found.conclusion == "p a ∧ q b"
    assert universal("p = q").binders == ()


def test_instances_prefer_premises_that_hold() -> None:
    view = look("R : α → α → Prop\na b c : α\nh1 : R a b\nh2 : R b c\nt : ∀ (x y z : α), R x y → R y z → R x z\n⊢ q")
    found = instances(view, "t", universal("∀ (x y z : α), R x y → R y z → R x z"))
    assert [(each.term, each.statement) for each in found if not each.missing] == [("t a b c h1 h2", "R a c")]
    assert substituted("f x + x.val", {"x": "g y"}) == "f (g y) + (g y).val"


def test_definitions_and_calls() -> None:
    view = look(TREE + "f : α → β\n⊢ (t.map f).toList.length = t.size + count acc 0")
    assert own(view) == ["Tree.map", "Tree.size", "count"]
    assert [call.text for call in calls(view, own(view))] == ["t.map f", "t.size", "count acc 0"]


def test_statements_about_terms_are_propositions() -> None:
    view = look(
        EVEN + "f : Nat → Nat\nh : Function.Injective f\nxs : List Nat\nhx : xs.Nodup\nv : BitVec n\ni : Fin n\n⊢ p"
    )
    assert {h.name for h in view.props} == {"hm", "hn", "h", "hx"}
    assert {h.name for h in view.vars} == {"m", "n", "f", "xs", "v", "i"}


WORDS = "∀ ∃ ( ) ⟨ ⟩ ∧ ∨ → ↔ ¬ = x y h f : , Nat [] 0 . ✝ t.size fun =>"
PIECES = st.sampled_from(WORDS.split(" "))


@given(st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=12).map(" ".join))
def test_no_statement_is_too_strange(target: str, hypothesis: str) -> None:
    goal = f"x y : Nat\nt : Tree Nat\nf : Nat → Nat\nh : {hypothesis}\n⊢ {target}"
    for tactic in proposed(goal, 200):
        assert tactic.strip() and "\n\n" not in tactic


def test_a_disjunction_is_distinguished_only_where_that_tells_something() -> None:
    order = "α : Type\nle : α → α → Prop\ntotal : ∀ (x y : α), le x y ∨ le y x\na b : α\nh : le b a\n"
    splits = [tactic for tactic in proposed(f"{order}⊢ p a b") if ":= total" in tactic]
    assert splits == [], "of a and b it is known, and the others have equal sides"
    splits = [tactic for tactic in proposed(f"{order}c : α\n⊢ p a c", 60) if ":= total" in tactic]
    assert any("total c a" in split or "total a c" in split for split in splits)
    assert not any("total a a" in split or "total a b" in split for split in splits)
