"""Functions of the library: which a goal speaks of, and what is tried with them."""

from __future__ import annotations

from prover.policy.tactics.logic import library
from prover.policy.tactics.programs.predicates import propose as of_predicates
from prover.policy.tactics.view import View, view_of

TAKE = ("LE.le", "Nat", "instLENat", "List.length", "List.take", "List", "OfNat.ofNat", "instOfNatNat", "Nat.gcd")


def looked_at(goal: str, constants: tuple[str, ...], context: str = "") -> View:
    view = view_of((goal,), (), (), context, constants)
    assert view is not None
    return view


def test_functions_are_neither_types_nor_operations_nor_constructors() -> None:
    names = (
        *TAKE,
        "List.cons",
        "HAdd.hAdd",
        "Int.instLTInt",
        "List.getLast_dropLast._proof_3",
        "Array.map",
        "f",
        "Nat.succ",
    )
    assert library.functions(looked_at("n : Nat\n⊢ p", names)) == ["List.take", "Array.map"]


def test_functions_of_the_file_are_left_to_the_rules_for_them() -> None:
    file = "def Bag.put (n : Nat) : Nat := n\n\ntheorem t (n : Nat) : Bag.put n = n := by "
    assert library.functions(looked_at("n : Nat\n⊢ Bag.put n = n", ("Eq", "Bag.put"), file)) == []


def test_a_function_is_unfolded_in_an_induction_over_what_it_goes_through() -> None:
    proposed = dict(library.propose(looked_at("l : List Nat\nn : Nat\n⊢ (List.take n l).length ≤ l.length", TAKE)))
    assert "simp [List.take]" in proposed
    assert "induction l generalizing n <;> cases n <;> simp_all [List.take]" in proposed
    assert "induction l generalizing n <;> simp_all [List.take] <;> split <;> simp_all" in proposed


def test_nothing_is_proposed_where_no_function_is_known() -> None:
    assert list(library.propose(looked_at("n : Nat\n⊢ n + 0 = n", ("Eq", "Nat", "HAdd.hAdd")))) == []


def test_the_rules_of_a_predicate_of_the_library_are_tried_each_by_itself() -> None:
    goal = "l : List Nat\nx : Nat\nh : l.Sublist k\n⊢ (x :: l).Sublist (x :: k)"
    proposed = dict(of_predicates(looked_at(goal, ("List.Sublist", "Nat", "List.cons"))))
    assert {"apply List.Sublist.cons₂", "apply List.Sublist.cons", "cases h"} <= proposed.keys()
    assert not any("Sublist" in tactic for tactic, _ in of_predicates(looked_at(goal, ())))
