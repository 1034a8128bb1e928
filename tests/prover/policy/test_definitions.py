"""What the policy knows of the file before the statement, and the lemmas that it makes of that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.pool import Pool
from lean_env.protocol import Limits, State
from prover.policy.tactics.definitions import Inductive, declared, own, proved, unfoldable
from prover.policy.tactics.programs import exploration
from prover.policy.tactics.view import View, view_of
from tests.prover.policy.on_lean import look as seen
from tests.prover.policy.on_lean import offered, tried

FILE = """open Nat

namespace Peano
/-- A number. -/
inductive N where
  | zero : N
  | succ (n : N) : N

-- def commented : N := .zero
def add : N → N → N
  | .zero, m => m
  | .succ n, m => .succ (add n m)

noncomputable section
def mul (n m : N) : N := match n with
  | .zero => .zero
  | .succ n => add m (mul n m)
end
@[simp] private theorem add_zero (n : N) : add n .zero = n := by induction n <;> simp_all [add]
end Peano

def twice {α : Type} [Inhabited α] (f : α → α) (x : α) : α := f (f x)
theorem other : 1 + 1 = 2 := rfl

theorem goal (a b : Peano.N) : Peano.mul a b = Peano.mul b a := by """


def look(goal: str, context: str = FILE) -> View:
    view = view_of((goal,), (), (), context)
    assert view is not None
    return view


def test_declarations_are_read_with_their_full_names_and_types() -> None:
    file = declared(FILE)
    assert {name: (d.arguments, d.result, d.recursive) for name, d in file.definitions.items()} == {
        "Peano.add": (("N", "N"), "N", True),
        "Peano.mul": (("N", "N"), "N", True),
        "twice": (("α → α", "α"), "α", False),
    }
    assert file.types == {"Peano.N": Inductive((), {"Peano.N.zero": (), "Peano.N.succ": ("N",)})}
    assert list(file.theorems) == ["Peano.add_zero", "other"]  # not the one that is to be proved


def test_a_goal_is_unfolded_with_what_its_definitions_stand_on() -> None:
    view = look("a b : Peano.N\n⊢ a.mul b = Peano.mul b a")
    assert own(view) == unfoldable(view) == ["Peano.mul", "Peano.add"]
    assert proved(look("a : Peano.N\n⊢ Peano.add a Peano.N.zero = a")) == ["Peano.add_zero"]
    assert own(look("n : Nat\n⊢ n.succ = fib n")) == []
    assert own(look("n : Nat\n⊢ n.succ = fib n", "")) == ["fib"], "guessed, where nothing is known"


@pytest.mark.parametrize(
    "text", ["", "theorem t : p := by ", "def", "end\nend\nnamespace\ndef x", "inductive (", "/- "]
)
def test_any_text_is_read(text: str) -> None:
    declared(text)


WORDS = ("def", "theorem", "inductive", "namespace", "end", "section", "mutual", "where", "f", "A.b", "«a b»", "«", "»")
MARKS = (":", ":=", "(", ")", "{", "}", "[", "]", "→", "|", "=>", "/-", "-/", "--", '"', "\n", "\n\n", "by", ".", "'")


@given(st.lists(st.sampled_from((*WORDS, *MARKS)), max_size=30), st.sampled_from((" ", "")))
def test_pieces_of_files_are_read(pieces: list[str], between: str) -> None:
    context = between.join(pieces)
    view = look("n : Nat\nxs : List Nat\n⊢ f n = A.b xs", context)
    assert len(own(view)) <= 10 and isinstance(unfoldable(view), list) and len(proved(view)) <= 4
    list(exploration.propose(view))


def test_quoted_names_are_names() -> None:
    file = declared("def «twice as much» (n : Nat) : Nat := n + n\n\ntheorem t : p := by ")
    assert {name: d.arguments for name, d in file.definitions.items()} == {"«twice as much»": ("Nat",)}


def test_lemmas_are_tried_where_the_types_fit_and_once() -> None:
    view = look("a b : Peano.N\n⊢ a.mul b = b.mul a")
    ((tactic, _),) = exploration.propose(view)
    assert "∀ (a b c : Peano.N), Peano.add (Peano.add a b) c = Peano.add a (Peano.add b c) :=" in tactic
    assert "Peano.mul a (Peano.N.succ b) = Peano.add a (Peano.mul a b) :=" in tactic
    again = view_of(("⊢ p",), (tactic,), (), FILE)
    assert again is not None and not list(exploration.propose(again))
    assert not list(exploration.propose(look("n : Nat\n⊢ n = n")))


def test_a_loop_over_neighbours_of_a_sequence_is_known() -> None:
    file = "def fib : Nat → Nat\n  | 0 => 0\n  | 1 => 1\n  | n + 2 => fib n + fib (n + 1)\n\n"
    file += "def loop : Nat → Nat → Nat → Nat\n  | 0, a, _ => a\n  | n + 1, a, b => loop n b (a + b)\n\n"
    file += "theorem t : p := by "
    view = view_of(("n : Nat\n⊢ loop n 0 1 = fib n",), (), (), file)
    assert view is not None
    ((tactic, _),) = exploration.propose(view)
    assert "loop a (fib k) (fib (k + 1)) = fib (k + a) :=" in tactic


SORT = """def put (a : Int) : List Int → List Int
  | [] => [a]
  | b :: l => if a ≤ b then a :: b :: l else b :: put a l

def sort : List Int → List Int
  | [] => []
  | a :: l => put a (sort l)

"""
STATEMENTS = {
    "sorted": SORT + "theorem t (l : List Int) : (sort l).Pairwise (fun x y => x ≤ y) ∧ (sort l).Perm l := by sorry",
    "multiplication commutes": FILE + "sorry",
    "reverse": """inductive L (α : Type) where
  | nil : L α
  | cons : α → L α → L α

def app : L α → L α → L α
  | .nil, ys => ys
  | .cons x xs, ys => .cons x (app xs ys)

def rev : L α → L α
  | .nil => .nil
  | .cons x xs => app (rev xs) (.cons x .nil)

theorem t (xs : L Nat) : rev (rev xs) = xs := by sorry""",
    "compiler": """inductive E where
  | num : Nat → E
  | add : E → E → E

def value : E → Nat
  | .num n => n
  | .add a b => value a + value b

inductive I where
  | push : Nat → I
  | plus : I

def step : I → List Nat → List Nat
  | .push n, s => n :: s
  | .plus, b :: a :: s => (a + b) :: s
  | _, s => s

def run : List I → List Nat → List Nat
  | [], s => s
  | i :: is, s => run is (step i s)

def compile : E → List I
  | .num n => [.push n]
  | .add a b => compile a ++ compile b ++ [.plus]

theorem t (e : E) : run (compile e) [] = [value e] := by sorry""",
}


@pytest.mark.lean
@pytest.mark.parametrize("name", STATEMENTS)
async def test_lemmas_about_the_files_functions_prove_it(lean: Pool, name: str) -> None:
    text = STATEMENTS[name]

    def explored(state: State) -> list[str]:
        ((tactic, _),) = exploration.propose(seen(state, text))
        return [tactic]

    (outcome,) = await tried(lean, text, explored, Limits(ms=60_000, heartbeats=2_000_000))
    assert outcome.kind == "proved", outcome


@pytest.mark.lean
async def test_theorems_of_the_file_are_used(lean: Pool) -> None:
    text = "opaque f : Nat → Nat\naxiom ax (n : Nat) : f n = 2 * n\n"
    text += "theorem even (n : Nat) : f n % 2 = 0 := by rw [ax]; omega"
    text += "\ntheorem t (n : Nat) : (f (f n) + f n) % 2 = 0 := by sorry"

    def candidates(state: State) -> list[str]:
        tactics = offered(state, text, 32)
        assert any("even" in tactic for tactic in tactics)
        return tactics

    outcomes = await tried(lean, text, candidates)
    assert outcomes[-1].kind == "proved"
