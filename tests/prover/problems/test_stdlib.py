"""Library theorems as problems: which are taken, in what order, and as what text."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lean_env.errors import UsageError
from lean_env.pool import Pool
from lean_env.protocol import Limits
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
        "Slice.instInhabitedStep.eq",
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


@pytest.mark.parametrize("module", ["Lean.Meta.Basic", "Lake", "Init.Tactics", "Init.Internal.Order", "Std.Tactic.X"])
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


REAL = (
    "List.map_map",  # a simp lemma
    "List.length_append",  # a simp and a grind lemma
    "Nat.add_comm",  # neither: there is nothing to erase
    "Option.bind_assoc",
    "Classical.not_forall",
    "forall_congr'",  # over any Sort
    "Quot.sound",  # an axiom with universe levels
    "LawfulFunctor.comp_map",  # a field of a class: an instance among the arguments
    "List.getElem?_append_left",
    "Int.ediv_emod_unique",
    "BitVec.add_comm",
)


@pytest.mark.lean
async def test_every_kind_of_theorem_is_stated_whole_and_without_a_message(lean: Pool) -> None:
    async with lean.session() as session:
        for problem in stdlib.problems([Theorem(name) for name in REAL], None, 0, None):
            opened = await session.open(problem.text())
            assert [m.text for m in opened.messages] == ["declaration uses `sorry`"], problem.before
            [hole] = opened.holes
            [goal] = hole.state.goals
            assert goal.startswith("⊢ ∀"), problem.before
            # the goal is the theorem's own type, with its universes and instances
            [outcome] = await session.apply(hole.state, [f"exact @{problem.before}"], Limits())
            assert outcome.kind == "proved", (problem.before, outcome)


@pytest.mark.lean
async def test_simp_and_grind_do_not_find_the_theorem_itself(lean: Pool) -> None:
    [problem] = stdlib.problems([Theorem("List.length_append")], 1, 0, None)
    with_itself = problem.text().removeprefix(problem.header)
    finders = ["(intros; simp)", "(intros; grind)"]
    kinds = []
    async with lean.session() as session:
        for text in (with_itself, problem.text()):
            opened = await session.open(text)
            tried = [await session.apply(opened.holes[0].state, [tactic], Limits()) for tactic in finders]
            kinds.append([outcome.kind for (outcome,) in tried])
    assert kinds == [["proved", "proved"], ["error", "error"]]


@pytest.mark.lean
async def test_a_proof_of_such_a_problem_is_verified(lean: Pool) -> None:
    [problem] = stdlib.problems([Theorem("List.length_append")], 1, 0, None)
    proof = "\n  intro α as bs\n  induction as with\n  | nil => simp\n  | cons a as ih => simp +arith [ih]"
    text = problem.text().removesuffix(" sorry") + proof
    assert (await lean.verify(problem.text(), text)).accepted
    assert not (await lean.verify(problem.text(), problem.text().replace("sorry", "simp"))).accepted
