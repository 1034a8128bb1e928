from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.protocol import Hole, State
from prover.script import fill, neat_filling


def hole_in(text: str, kind: Literal["tactic", "term"], nth: int = 0) -> Hole:
    """The nth `sorry` of the text."""
    at = -1
    for _ in range(nth + 1):
        at = text.index("sorry", at + 1)
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1)
    return Hole(State(0, ("⊢ p",), "h"), kind, "t", line, column, line, column + 5)


def filled(text: str, tactics: list[str], kind: Literal["tactic", "term"] = "tactic", nth: int = 0) -> str:
    return fill(text, hole_in(text, kind, nth), tactics)


@pytest.mark.parametrize(
    ("text", "kind", "tactics", "expected"),
    [
        ("theorem t : p := by sorry", "tactic", ["a", "b"], "theorem t : p := by\n  a\n  b"),
        ("theorem t : p := by sorry\n", "tactic", ["a"], "theorem t : p := by\n  a\n"),
        ("theorem t : p := sorry\n", "term", ["a", "b"], "theorem t : p := by\n  a\n  b\n"),
        ("theorem t :\n  p := by sorry", "tactic", ["a"], "theorem t :\n  p := by\n    a"),
        ("theorem t : p :=\n  sorry\n", "term", ["a", "b"], "theorem t : p :=\n  by a\n     b\n"),
        ("theorem t : p := by\n  sorry\n", "tactic", ["a", "b"], "theorem t : p := by\n  a\n  b\n"),
        ("  · sorry\n  · skip", "tactic", ["a", "b"], "  · a\n    b\n  · skip"),
        ("  | zero => sorry", "tactic", ["a", "b"], "  | zero => a\n            b"),
        (
            "theorem t : P (fun x => (x)) := by sorry",
            "tactic",
            ["a", "b"],
            "theorem t : P (fun x => (x)) := by\n  a\n  b",
        ),
        ("  cases a <;> sorry", "tactic", ["a", "b"], "  cases a <;> (a; b)"),
        ("  cases a <;> sorry", "tactic", ["simp [h]"], "  cases a <;> simp [h]"),
        ("  cases a <;> sorry", "tactic", ["a <;> b"], "  cases a <;> (a <;> b)"),
        ("  sorry <;> skip", "tactic", ["a", "b"], "  (a; b) <;> skip"),
        ("  constructor; sorry", "tactic", ["a", "b"], "  constructor; (a; b)"),
        ("  exact ⟨sorry, rfl⟩", "term", ["a", "b"], "  exact ⟨by a\n            b, rfl⟩"),
        ("  exact f sorry x", "term", ["a", "b"], "  exact f (by a\n              b) x"),
        ("  have h : p := sorry\n  exact h", "term", ["a"], "  have h : p := by\n    a\n  exact h"),
        (
            "  · have h : p := sorry\n    exact h",
            "term",
            ["a", "b"],
            "  · have h : p := by a\n                     b\n    exact h",
        ),
        ("  sorry -- later", "tactic", ["a -- now"], "  (a -- now\n) -- later"),
        ("  cases a <;> sorry", "tactic", ["a -- x", "b -- y"], "  cases a <;> (a -- x\n               b -- y\n)"),
    ],
)
def test_where_the_block_goes(text: str, kind: Literal["tactic", "term"], tactics: list[str], expected: str) -> None:
    assert filled(text, tactics, kind) == expected


def test_lines_of_one_tactic_keep_their_shape() -> None:
    tactic = "induction n with\n| zero => rfl\n| succ n ih =>\n  simp\n\n  omega"
    assert filled("theorem t : p := by\n    sorry\n", [tactic, "b"]) == (
        "theorem t : p := by\n    induction n with\n    | zero => rfl\n"
        "    | succ n ih =>\n      simp\n\n      omega\n    b\n"
    )


def test_another_sorry_stays() -> None:
    text = "theorem a : p := by sorry\ntheorem b : q := by sorry\n"
    assert filled(text, ["x"], nth=1) == "theorem a : p := by sorry\ntheorem b : q := by\n  x\n"


def test_columns_count_code_points() -> None:
    assert filled("theorem t (𝔸 ℕ₀ : Type) : p := by sorry", ["a"]) == "theorem t (𝔸 ℕ₀ : Type) : p := by\n  a"


def test_a_hole_outside_of_the_text_and_an_empty_proof_are_refused() -> None:
    with pytest.raises(ValueError, match="no position"):
        fill("sorry", Hole(State(0, (), ""), "tactic", "t", 3, 0, 3, 5), ["a"])
    with pytest.raises(ValueError, match="at least one"):
        filled("sorry", [])


lines = st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\n"), max_size=12)


@given(before=st.lists(lines, max_size=3), lead=lines, tail=lines, after=st.lists(lines, max_size=3), data=st.data())
def test_all_around_the_hole_is_kept(
    before: list[str], lead: str, tail: str, after: list[str], data: st.DataObject
) -> None:
    start = "\n".join([*before, lead])
    rest = "\n".join([tail, *after])
    text = start + "sorry" + rest
    kind: Literal["tactic", "term"] = data.draw(st.sampled_from(["tactic", "term"]))
    line = start.count("\n") + 1
    hole = Hole(State(0, ("⊢ p",), "h"), kind, "t", line, len(lead), line, len(lead) + 5)
    proved = fill(text, hole, data.draw(st.lists(st.sampled_from(["simp", "omega", "x\n  y"]), min_size=1)))
    assert proved.endswith(rest)
    assert proved.startswith(start.rstrip())


def test_the_blocks_of_several_goals_never_share_a_line() -> None:
    text = "theorem t : p ∧ q := by first | sorry | simp"
    at = text.index("sorry")
    hole = Hole(State(0, (), ""), "tactic", "t", 1, at, 1, at + 5)
    pad = "\n" + " " * (at + 1)
    filled = fill(text, hole, ("constructor", "· simp", "· omega"))
    assert filled == f"theorem t : p ∧ q := by first | (constructor{pad}· simp{pad}· omega) | simp"


@pytest.mark.parametrize(
    ("text", "kind", "tactics", "expected"),
    [
        ("theorem t : p := by sorry\n", "tactic", ["a"], "theorem t : p := by a\n"),
        ("theorem t : p := by sorry\n", "tactic", ["a", "b"], "theorem t : p := by\n  a\n  b\n"),
        ("theorem t : p := by sorry\n", "tactic", ["a -- x"], "theorem t : p := by\n  a -- x\n"),
        (f"theorem t : {'p' * 90} := by sorry", "tactic", ["a"], f"theorem t : {'p' * 90} := by\n  a"),
        ("theorem t : p := sorry\n", "term", ["a"], "theorem t : p := by a\n"),
        ("theorem t : p := sorry\n", "term", ["exact h x"], "theorem t : p := h x\n"),
        ("theorem t : p := sorry\n", "term", ["a", "b"], "theorem t : p := by\n  a\n  b\n"),
        ("  exact f sorry x", "term", ["exact h y"], "  exact f (h y) x"),
        ("  exact ⟨sorry, rfl⟩", "term", ["exact h y"], "  exact ⟨h y, rfl⟩"),
        ("  exact sorry\n", "term", ["a", "b"], "  a\n  b\n"),
        ("  exact sorry\n", "term", ["exact h"], "  exact h\n"),
        ("  · exact sorry\n", "term", ["a", "b"], "  · a\n    b\n"),
        ("theorem t : p := by exact sorry\n", "term", ["a"], "theorem t : p := by a\n"),
        ("  cases a <;> sorry", "tactic", ["a", "b"], "  cases a <;> (a; b)"),
    ],
)
def test_neat_fillings(text: str, kind: Literal["tactic", "term"], tactics: list[str], expected: str) -> None:
    change = neat_filling(text, hole_in(text, kind), tactics)
    assert text[: change.start] + change.new + text[change.end :] == expected
