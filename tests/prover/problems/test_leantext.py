from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.problems.leantext import close, commands, mask, sorries

_PIECES = (
    """theorem t |def d |: |:= |by |sorry|/-|-/|/-- doc -/|--|"|'|h' |«|»|r#|#|(|)|{|⟨|=>|let |in|@[simp] |end|\\|x """
)
LEAN_PIECES = st.lists(st.sampled_from([*_PIECES.split("|"), "|", "\n", "open A in\n", "import M\n"])).map("".join)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("theorem a : True := by sorry", 1),
        ("-- sorry\n/- sorry /- sorry -/ sorry -/ theorem a : True := sorry", 1),
        ('def s := "sorry \\" sorry"', 0),
        ('def s := r#"a " sorry"# -- sorry', 0),
        ("def c := '\"' theorem a : True := sorry", 1),
        ("theorem h' : x' = x' := sorry -- it's", 1),
        ("theorem «sorry» : True := sorryAx _", 0),
        ("/- never closed sorry", 0),
        ('def s := s!"{sorry}"', 0),
        ("theorem a : f.sorry = sorry' := my_sorry", 0),
        ("⟨sorry, by\n  sorry⟩", 2),
    ],
)
def test_sorries_are_counted_outside_comments_and_strings(text: str, count: int) -> None:
    assert sorries(text) == count


@given(st.text() | LEAN_PIECES)
def test_a_mask_keeps_every_character_in_its_place(text: str) -> None:
    code = mask(text)
    assert len(code) == len(text)
    assert [i for i, c in enumerate(code) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]


@pytest.mark.parametrize(
    ("statement", "closed"),
    [
        ("theorem a : 1 = 1 := by sorry", "theorem a : 1 = 1 := by sorry"),
        ("theorem a : 1 = 1  :=  by  sorry \n", "theorem a : 1 = 1  := by sorry"),
        ("theorem a : 1 = 1 :=\nby\n  sorry", "theorem a : 1 = 1 := by sorry"),
        ("theorem a :\n  1 = 1 :=\nsorry", "theorem a :\n  1 = 1 := by sorry"),
        ("theorem a : 1 = 1 := by\n", "theorem a : 1 = 1 := by sorry"),
        ("theorem a : 1 = 1 :=", "theorem a : 1 = 1 := by sorry"),
        ("theorem a : 1 = 1", "theorem a : 1 = 1 := by sorry"),
        ("theorem a : 1 = 1 -- so", "theorem a : 1 = 1 := by sorry"),
        ("theorem a -- so\n  : 1 = 1 := sorry -- there", "theorem a -- so\n  : 1 = 1 := by sorry"),
        (
            "theorem a (n : Nat := 1) : n = n := by\n  have h := 1\n  rfl",
            "theorem a (n : Nat := 1) : n = n := by sorry",
        ),
        ("theorem a : { x := 1 : P } = p := rfl", "theorem a : { x := 1 : P } = p := by sorry"),
        ("theorem a : let x := 1; x = 1 := by sorry", "theorem a : let x := 1; x = 1 := by sorry"),
        ("theorem a : (let x := 1; x) = 1 := rfl", "theorem a : (let x := 1; x) = 1 := by sorry"),
        ("theorem a (x : Int) :\n  |x| = |x| := rfl", "theorem a (x : Int) :\n  |x| = |x| := by sorry"),
        ('theorem a : ":= by" = ":= by"', 'theorem a : ":= by" = ":= by" := by sorry'),
        # no telling where the statement ends
        ("theorem a : let x := 1; x = 1 := rfl", None),
        ("theorem a : let x := 1; x = 1", None),
        ("theorem a : ∀ n : Nat, n = n\n  | 0 => rfl\n  | n + 1 => rfl", None),
        ("theorem a : P where\n  x := 1", None),
        ('theorem a : "never closed', None),
        ("theorem a : P /- never closed", "theorem a : P := by sorry"),
    ],
)
def test_every_end_becomes_by_sorry_or_is_refused(statement: str, closed: str | None) -> None:
    assert close(statement) == closed


@given(LEAN_PIECES)
def test_closing_keeps_what_stands_before_the_end(text: str) -> None:
    closed = close(text)
    if closed is not None:
        kept = closed.removesuffix(":= by sorry")
        assert text.startswith(kept) or text.startswith(kept.removesuffix(" "))
        assert close(closed) == closed


FILE = """/- Copyright -/
import Init

open Nat
noncomputable section

/-- A doc comment: theorem no : False -/
@[simp]
theorem one : 1 = 1 := by sorry

private def two : Nat := 2 -- two

set_option maxRecDepth 100 in
open Nat in
lemma «the third».{u} {α : Type u} (x : α) : x = x :=
sorry

local notation "⋆" => two
#check two
instance : Inhabited Nat := ⟨two⟩
end
"""


def test_commands_carry_their_comments_attributes_and_prefixes() -> None:
    found = commands(FILE)
    assert [c.kind for c in found] == [
        *("import", "open", "section", "theorem", "def", "lemma", "notation", "#check", "instance", "end")
    ]
    assert [c.name for c in found if c.name] == ["one", "two", "«the third»."]
    assert [c.sorries for c in found] == [0, 0, 0, 1, 0, 1, 0, 0, 0, 0]
    assert FILE[found[3].start :].startswith("/-- A doc comment")
    assert FILE[found[5].start :].startswith("set_option maxRecDepth 100 in\nopen Nat in")
    assert "".join(FILE[c.start : c.end] for c in found) == FILE[found[0].start :]


@given(st.text() | LEAN_PIECES)
def test_commands_follow_one_another_to_the_end(text: str) -> None:
    found = commands(text)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert not found or found[-1].end == len(text)
