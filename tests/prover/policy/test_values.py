"""Small values, and what they refute, on a real Lean."""

from __future__ import annotations

import pytest

from lean_env.pool import Pool
from prover.policy.tactics.definitions import declared
from prover.policy.tactics.values import assignments, values
from tests.prover.policy.on_lean import offered, tried

TREE = """inductive Tree (α : Type) where
  | leaf : Tree α
  | node (left : Tree α) (value : α) (right : Tree α)

def mirror {α : Type} : Tree α → Tree α
  | .leaf => .leaf
  | .node l x r => .node (mirror r) x (mirror l)

"""


def test_values_of_library_types_and_of_the_files_own() -> None:
    file = declared(TREE + "theorem t : p := by ")
    assert values("Nat × Bool", file)[:3] == ("(0, true)", "(0, false)", "(1, true)")
    assert values("List (Option Nat)", file)[:3] == ("[]", "[none]", "[(some 0)]")
    assert values("Tree Nat", file)[:2] == ("Tree.leaf", "(Tree.node Tree.leaf 0 Tree.leaf)")
    assert values("Nat → Nat", file)[:3] == ("(fun x => x)", "(fun x => x + 1)", "(fun _ => 0)")
    assert values("Nat → Real", file) == ()
    assert values("Tree (Nat → Real)", file) == ("Tree.leaf",)
    assert assignments(("Nat", "Bool"), file, 3) == [("0", "true"), ("0", "false"), ("1", "true")]
    assert assignments(("Nat", "Nat → Real"), file, 3) == []


STATEMENTS = {
    "own type": TREE + "theorem t : ¬ ∀ t : Tree Nat, mirror t = t := by sorry",
    "list": "theorem t : ¬ ∀ xs : List Nat, xs.reverse = xs := by sorry",
    "computed by Lean": "theorem t : ¬ ∀ n, ((List.range n).map fun i => i * i).sum = n * (n + 1) / 2 := by sorry",
}


@pytest.mark.lean
@pytest.mark.parametrize("name", STATEMENTS)
async def test_what_small_values_refute_is_refuted_at_once(lean: Pool, name: str) -> None:
    text = STATEMENTS[name]
    outcomes = await tried(lean, text, lambda state: offered(state, text, 32))
    assert outcomes[-1].kind == "proved"
