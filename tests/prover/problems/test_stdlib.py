"""Library theorems as problems: which are taken, in what order, and as what text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lean_env.errors import UsageError
from prover.problems import load, stdlib
from prover.problems.leantext import sorries


@dataclass(frozen=True)
class Theorem:
    """One line of a library's dump."""

    name: str
    module: str = "Init.Data.List.Lemmas"


LIBRARY = [Theorem(f"List.foo{i}") for i in range(30)] + [
    Theorem("Nat.bar", "Init.Data.Nat.Basic"),
    Theorem("Listing.baz", "Init.Data.ListOther"),
]


def test_a_theorem_becomes_its_own_statement_without_itself() -> None:
    [problem] = stdlib.problems([Theorem("List.getElem?_map'")], 5, 0, None)
    assert problem.text() == (
        "#guard_msgs (drop all) in\nattribute [-simp] List.getElem?_map'\n\n"
        "#guard_msgs (drop all) in\nattribute [-grind] List.getElem?_map'\n\n"
        "theorem stdlib_List_getElem?_map' : type_of% @List.getElem?_map' := by sorry"
    )
    assert (problem.before, problem.name) == ("List.getElem?_map'", "stdlib_List_getElem?_map'")
    assert (problem.split, problem.hole, sorries(problem.text())) == ("Init.Data.List.Lemmas", 0, 1)
    [problem] = stdlib.problems([Theorem("a")], 1, 0, None, header="import Mathlib\n")
    assert problem.text().startswith("import Mathlib\n\n#guard_msgs (drop all) in\nattribute [-simp] a\n")


def test_the_seed_decides_and_fewer_are_the_first_of_more() -> None:
    everything = stdlib.problems(LIBRARY, None, 1, None)
    assert {problem.before for problem in everything} == {theorem.name for theorem in LIBRARY}
    assert stdlib.problems(LIBRARY, 7, 1, None) == everything[:7]
    assert stdlib.problems(LIBRARY[::-1], 7, 1, None) == everything[:7], "the order of the dump is of no matter"
    assert stdlib.problems(LIBRARY, 7, 2, None) != everything[:7]
    assert [problem.before for problem in everything] != sorted(problem.before for problem in everything)


def test_a_split_is_the_beginning_of_modules_names_in_whole_parts() -> None:
    assert len(stdlib.problems(LIBRARY, None, 0, "Init.Data.List")) == 30
    assert len(stdlib.problems(LIBRARY, None, 0, "Init.Data.List.Lemmas")) == 30
    assert len(stdlib.problems(LIBRARY, None, 0, "Init")) == 32
    with pytest.raises(UsageError, match=r"stdlib has no theorems in Init\.Data\.Lis\.") as caught:
        stdlib.problems(LIBRARY, None, 0, "Init.Data.Lis.")
    assert "Init.Data.List, Init.Data.ListOther, Init.Data.Nat" in caught.value.hint
    with pytest.raises(UsageError, match="has no theorems"):
        stdlib.problems([], None, 0, None)


@pytest.mark.parametrize(
    "name",
    [
        "_private.Init.Core.0.foo",
        "List.foo._proof_1",
        "List.foo.match_1",
        "List.foo.eq_1",
        "List.cons.injEq",
        "List.cons.inj",
        "Nat.instLawful",
        "instDecidableEqNat",
        "List.foo.induct",
        "Prod.mk.sizeOf_spec",
        "Nat.below",
        "Lean.Omega.foo",
        "term_≃_",
        "«a b»",
        "List.foo.congr_simp",
        "Nat.1",
    ],
)
def test_what_lean_made_is_left_out(name: str) -> None:
    assert not stdlib.suitable(Theorem(name))


@pytest.mark.parametrize("module", ["Lean.Meta.Basic", "Lake", "Init.Tactics", "Init.Data.Array.Impl", "Std.Tactic.X"])
def test_what_is_about_lean_itself_is_left_out(module: str) -> None:
    assert not stdlib.suitable(Theorem("foo", module))


@pytest.mark.parametrize(
    "name", ["forall_congr'", "List.get!_eq", "Nat.le_of_lt_succ", "Int.ofNat_inj", "α_β.γ₁", "eq_self", "Nat.elim_foo"]
)
def test_what_a_person_wrote_is_taken(name: str) -> None:
    assert stdlib.suitable(Theorem(name))


def test_the_target_is_one_problem_that_stands_for_them_all() -> None:
    [problem] = load("stdlib", data=None, split="Init.Data.List", mathlib=False)
    assert stdlib.stands_for_library(problem)
    assert (problem.hole, problem.split, problem.text()) == (None, "Init.Data.List", "")
    [problem] = load("stdlib", data=None, split=None, mathlib=True)
    assert problem.header == "import Mathlib\n" and stdlib.stands_for_library(problem)
    assert not stdlib.stands_for_library(stdlib.problems(LIBRARY, 1, 0, None)[0])
