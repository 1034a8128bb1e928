from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prover.goal import Goal, Hypothesis, parse, split_top, top_level


def test_names_values_cases_and_lines() -> None:
    text = (
        "case inl.h\na b : Nat\nf : Nat → Nat := fun x => x\nh : a < b ∨\n    b < a\n"
        "inst✝ : Inhabited α\n⊢ a ≠ b ∧\n    b ≠ a"
    )
    goal = parse(text)
    assert goal.case == "inl.h"
    assert goal.hypotheses == (
        Hypothesis("a", "Nat"),
        Hypothesis("b", "Nat"),
        Hypothesis("f", "Nat → Nat", "fun x => x"),
        Hypothesis("h", "a < b ∨ b < a"),
        Hypothesis("inst✝", "Inhabited α"),
    )
    assert goal.target == "a ≠ b ∧ b ≠ a"
    assert [h.accessible for h in goal.hypotheses] == [True, True, True, True, False]


def test_a_bare_target() -> None:
    assert parse("⊢ 1 = 1") == Goal((), "1 = 1")
    assert parse("1 = 1") == Goal((), "1 = 1")
    assert parse("") == Goal((), "")


def test_a_colon_inside_a_type_does_not_end_the_names() -> None:
    (h,) = parse("h : ∀ (x : Nat), x = x\n⊢ True").hypotheses
    assert h == Hypothesis("h", "∀ (x : Nat), x = x")


def test_top_level_looks_outside_of_brackets() -> None:
    assert top_level("(a ∧ b) ∧ c", " ∧ ") == 7
    assert top_level("(a ∧ b)", " ∧ ") is None
    assert split_top("a ∧ (b ∧ c) ∧ d", " ∧ ") == ["a", "(b ∧ c)", "d"]


@given(st.text(alphabet="ab:=⊢✝ \n\t()[]case", max_size=80))
def test_anything_is_read(text: str) -> None:
    goal = parse(text)
    assert isinstance(goal.target, str)
    assert all(h.name and " " not in h.name for h in goal.hypotheses)
