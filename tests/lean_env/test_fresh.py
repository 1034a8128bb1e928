"""Definitions on a Lean that has no code for its library."""

from __future__ import annotations

import pytest

from lean_env.fresh import _as_written, _without_code
from lean_env.pool import Pool
from lean_env.protocol import Message

DEFINITIONS = """
/-- Every element, twice. -/
def twice (l : List Nat) : List Nat := l.flatMap fun n => [n, n] ++ ([] : List Nat).map id

structure Point where
  x : Nat
  names : List Nat
deriving Repr, DecidableEq, BEq, Inhabited

def Point.sum (p : Point) : Nat := (p.names.filter (· > p.x)).foldl (· + ·) 0

"""
STATEMENT = "theorem none_twice : twice [] = [] ∧ (Point.mk 1 [1, 2, 3]).sum = 5 := by "


ADDED = "\nnoncomputable section\n"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("theorem t : p", f"{ADDED}theorem t : p"),
        ("/-- doc -/\ndef x := 1", f"{ADDED}/-- doc -/\ndef x := 1"),
        (
            "-- mine\nimport Init\n/-- doc -/\ndef x := 1",
            f"-- mine\nimport Init{ADDED}           \n/-- doc -/\ndef x := 1",
        ),
        ("import Std  theorem t : p", f"import Std{ADDED}{' ' * 12}theorem t : p"),
        ("", ADDED),
    ],
)
def test_what_is_added_moves_nothing_to_another_column(text: str, made: str) -> None:
    assert _without_code(text) == made


def at_theorem(text: str) -> Message:
    before = text[: text.index("theorem")]
    return Message("error", "…", before.count("\n") + 1, len(before) - (before.rfind("\n") + 1))


@pytest.mark.parametrize(
    "text", ["theorem t : p", "-- mine\nimport Std /- and -/ theorem t : p", "import Std\n\ntheorem t : p"]
)
def test_places_are_those_of_the_text(text: str) -> None:
    made = _without_code(text)
    assert _as_written([at_theorem(made)], text) == (at_theorem(text),)


@pytest.mark.lean
async def test_definitions_that_use_the_library_elaborate_and_are_verified(lean: Pool) -> None:
    original = f"{DEFINITIONS.lstrip()}{STATEMENT}sorry"
    async with lean.session() as env:
        opened = await env.open(original)
    assert opened.error is None and len(opened.holes) == 1
    verdict = await lean.verify(original, original.replace("sorry", "decide"))
    assert verdict.accepted, verdict.reasons
    refused = await lean.verify(original, original.replace("sorry", "exact ⟨rfl, by decide⟩").replace("= 5", "= 6"))
    assert not refused.accepted


@pytest.mark.lean
async def test_a_proof_of_several_lines_below_a_statement_on_the_first_is_accepted(lean: Pool) -> None:
    original = "theorem t (l : List Nat) : (l.map fun x => x + 1).length = l.length := by sorry"
    column = "\n" + " " * original.index("sorry")  # that of the first tactic
    text = original.replace("sorry", f"induction l{column}· rfl{column}· simp")
    verdict = await lean.verify(original, text)
    assert verdict.accepted, verdict.reasons


@pytest.mark.lean
async def test_no_text_ends_the_section_that_it_does_not_see(lean: Pool) -> None:
    original = "theorem t : True := by sorry"
    verdict = await lean.verify(original, "end\n" + original.replace("sorry", "trivial"))
    assert not verdict.accepted
