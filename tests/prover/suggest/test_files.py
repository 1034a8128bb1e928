"""Real Lean files, as people write them: where their holes are, and what becomes of a file when one is filled."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from lean_env.pool import Pool
from prover.edits import BOM, apply_edit, as_lean_sees, place_at
from prover.problems.leantext import sorry_places
from prover.suggest import FileHole, Suggester, Suggestion, Suggestions, edit_for

pytestmark = pytest.mark.lean

FILES = Path(__file__).resolve().parents[1] / "suggest_files"

HOLES = {
    "bullets": [
        ("sorry", 6, 6, "bullets"),
        ("sorry", 9, 14, "bullets"),
        ("sorry", 10, 6, "bullets"),
        ("sorry", 14, 14, "cased"),
        ("sorry", 16, 10, "cased"),
        ("sorry", 22, 4, "inducted"),
    ],
    "byte_order_mark": [("sorry", 1, 37, "at_the_top"), ("sorry", 4, 2, "below")],
    "calculation": [
        ("sorry", 2, 23, "chain"),
        ("sorry", 3, 13, "chain"),
        ("sorry", 5, 6, "chain"),
        ("sorry", 9, 13, "bounds"),
        ("sorry", 10, 20, "bounds"),
    ],
    "empty_bodies": [
        ("unsolved", 1, 47, "nothing_yet"),
        ("unsolved", 3, 38, "nor_here"),
        ("unsolved", 10, 18, "have_nothing"),
        ("unsolved", 13, 34, "at_the_end"),
    ],
    "errors_elsewhere": [
        ("failing", 2, 2, "broken"),
        ("sorry", 7, 2, "one_more"),
        ("sorry", 14, 2, "two_more"),
        ("failing", 19, 2, "broken_too"),
    ],
    "failing": [
        ("failing", 2, 10, "wrong_tactic"),
        ("failing", 6, 4, "in_the_middle"),
        ("failing", 11, 2, "and_more"),
        ("failing", 15, 6, "rest_is_in_the_way"),
    ],
    "instances": [
        ("sorry", 13, 2, "add_def"),
        ("sorry", 16, 17, "instLawfulNat"),
        ("sorry", 17, 9, "instLawfulNat"),
        ("sorry", 19, 53, "instInhabitedSubtypeNatLtOfNat"),
        ("sorry", 21, 25, "small"),
    ],
    "matching": [
        ("sorry", 7, 9, "half_le"),
        ("sorry", 8, 12, "half_le"),
        ("sorry", 12, 4, "half_le"),
        ("sorry", 16, 15, "by_match"),
    ],
    "modifiers": [
        ("sorry", 7, 59, "hidden"),
        ("sorry", 10, 48, "Nat.mine"),
        ("sorry", 14, 2, "general"),
        ("sorry", 17, 2, "uses_std"),
    ],
    "mutual": [("sorry", 11, 2, "isEven_two"), ("sorry", 15, 2, "first"), ("sorry", 17, 2, "second")],
    "namespaces": [
        ("sorry", 7, 41, "Outer.Inner.double_zero"),
        ("sorry", 12, 2, "Outer.double_zero'"),
        ("sorry", 16, 2, "outside"),
    ],
    "no_newline": [("sorry", 3, 22, "_example"), ("sorry", 6, 7, "_example"), ("sorry", 9, 2, "last")],
    "notation": [("sorry", 5, 42, "two_and_two"), ("sorry", 10, 4, "with_macro")],
    "semicolons": [
        ("sorry", 1, 85, "one_line"),
        ("sorry", 4, 18, "all_at_once"),
        ("sorry", 8, 4, "bracketed"),
        ("sorry", 9, 16, "bracketed"),
        ("sorry", 15, 6, "nested"),
    ],
    "several": [
        ("sorry", 3, 2, "three"),
        ("sorry", 4, 2, "three"),
        ("sorry", 5, 2, "three"),
        ("sorry", 8, 32, "steps"),
        ("sorry", 9, 23, "steps"),
    ],
    "tabs": [("sorry", 4, 48, "tab_length"), ("sorry", 12, 4, "more")],
    "terms": [
        ("sorry", 1, 29, "whole"),
        ("sorry", 5, 2, "below"),
        ("sorry", 7, 52, "function"),
        ("sorry", 9, 60, "pair"),
        ("sorry", 12, 7, "both"),
        ("sorry", 14, 57, "argument"),
        ("sorry", 16, 59, "shown"),
        ("sorry", 20, 2, "local_have"),
    ],
    "unicode": [
        ("sorry", 5, 77, "Größe.«𝔸 ist größer»"),
        ("sorry", 7, 62, "Größe.κ'"),
        ("sorry", 11, 2, "Größe.«∀»"),
    ],
    "unsolved": [
        ("unsolved", 1, 48, "nothing_done"),
        ("unsolved", 7, 2, "one_of_two"),
        ("unsolved", 10, 24, "inner"),
        ("unsolved", 17, 11, "in_a_case"),
    ],
    "variables": [
        ("sorry", 5, 2, "length_swap"),
        ("sorry", 10, 50, "same_length"),
        ("sorry", 13, 44, "nothing_appended"),
    ],
    "where": [("sorry", 5, 4, "atLeastOne.positive"), ("sorry", 9, 14, "outer.left"), ("sorry", 10, 18, "outer.right")],
    "windows": [("sorry", 1, 37, "first_line"), ("sorry", 5, 4, "second"), ("sorry", 9, 2, "third")],
}
"""The holes of each file: kind, line from 1, column from 0, declaration."""

FALSE = {("errors_elsewhere", "broken"), ("errors_elsewhere", "broken_too")}
"""What has no proof."""

NOT_READ = {"errors_elsewhere": [(10, 2)]}
"""Each `sorry` that Lean does not come to see, since what is around it makes no sense."""


def read(name: str) -> str:
    return (FILES / f"{name}.lean").read_bytes().decode()


async def errors_of(lean: Pool, text: str) -> Counter[str]:
    """Lean's errors, without their places."""
    async with lean.session() as session:
        opened = await session.open(as_lean_sees(text))
    return Counter(m.text.split("\n")[0] for m in opened.messages if m.severity == "error")


async def candidate(suggester: Suggester, hole: FileHole) -> Suggestion | None:
    """The first complete proof that is found; it is verified elsewhere."""
    stream = suggester.suggest(hole, timeout_s=60)
    try:
        async for found in stream:
            if found.suggestions and found.suggestions[0].kind == "complete":
                return found.suggestions[0]
    finally:
        await stream.aclose()
    return None


async def last(suggester: Suggester, hole: FileHole, timeout_s: float = 60.0) -> Suggestions:
    """What a search ends with."""
    async for found in suggester.suggest(hole, timeout_s=timeout_s):
        end = found
    return end


def test_all_files_are_there() -> None:
    assert {path.stem for path in FILES.glob("*.lean")} == set(HOLES) and len(HOLES) >= 20
    assert b"\r\n" in (FILES / "windows.lean").read_bytes() and read("byte_order_mark").startswith(BOM)
    assert not read("no_newline").endswith("\n") and "\t" in read("tabs")


@pytest.mark.parametrize("name", sorted(HOLES))
async def test_every_hole_is_found_and_what_fills_it_compiles(lean: Pool, name: str) -> None:
    text = read(name)
    before = await errors_of(lean, text)
    async with Suggester(lean, lemmas=False) as suggester:
        holes = await suggester.holes(text)
        found = [(hole.kind, hole.shown.line, hole.shown.column, hole.declaration) for hole in holes]
        assert found == HOLES[name]
        for hole in holes:
            assert not hole.obstacles
            if (name, hole.declaration) in FALSE:
                continue
            suggestion = await candidate(suggester, hole)
            assert suggestion is not None, hole
            after = apply_edit(text, edit_for(text, hole, suggestion))
            assert_untouched(text, after, hole)
            errors = await errors_of(lean, after)
            left = len(await suggester.holes(after))
            assert left == len(holes) - 1, after
            if hole.kind == "sorry":
                assert errors == before, after
            else:
                assert errors < before, after


def assert_untouched(before: str, after: str, hole: FileHole) -> None:
    """Nothing but the hole, and the space or the `exact` before it, has changed."""
    lines, new_lines = before.split("\n"), after.split("\n")
    first, final = hole.start.line - 1, hole.end.line - 1
    assert new_lines[:first] == lines[:first]
    behind = lines[final + 1 :]
    assert new_lines[len(new_lines) - len(behind) :] == behind
    assert after.count("\r\n") == (after.count("\n") if "\r\n" in before else 0)
    kept = as_lean_sees(lines[first])[: hole.start.column].removesuffix("exact ").rstrip()
    assert as_lean_sees(new_lines[first]).startswith(kept)
    assert after.startswith(BOM) == before.startswith(BOM)


async def test_a_hole_of_each_file_is_proved_in_place(lean: Pool) -> None:
    """A fresh Lean takes seconds for each: two are at work at once."""

    async def prove(name: str) -> None:
        holes = [hole for hole in await suggester.holes(read(name)) if (name, hole.declaration) not in FALSE]
        found = await last(suggester, holes[0])
        assert found.done and found.proof is not None and found.proof == found.suggestions[0], name

    async with Suggester(lean, lemmas=False) as suggester:
        await asyncio.gather(*(prove(name) for name in sorted(HOLES)))


@pytest.mark.parametrize("name", sorted(HOLES))
def test_the_places_are_those_of_the_text(name: str) -> None:
    text = as_lean_sees(read(name))
    places = [place_at(text, at) for at in sorry_places(text)]
    written = {(place.line, place.column) for place in places} - set(NOT_READ.get(name, []))
    assert written == {(line, column) for kind, line, column, _ in HOLES[name] if kind == "sorry"}


@pytest.mark.parametrize("name", ["several", "windows", "mutual"])
async def test_all_holes_of_a_file_are_filled_together(lean: Pool, name: str) -> None:
    text = read(name)
    async with Suggester(lean, lemmas=False) as suggester:
        holes = await suggester.holes(text)
        edits = []
        for hole in holes:
            suggestion = await candidate(suggester, hole)
            assert suggestion is not None
            edits.append(edit_for(text, hole, suggestion))
        after = text
        for edit in reversed(edits):
            after = apply_edit(after, edit)
        assert await suggester.holes(after) == ()
    assert not await errors_of(lean, after)
    verdict = await lean.verify(as_lean_sees(text), as_lean_sees(after))
    assert verdict.accepted, verdict.reasons


async def test_what_has_no_proof_gets_steps_that_compile(lean: Pool) -> None:
    text = read("errors_elsewhere")
    before = await errors_of(lean, text)
    async with Suggester(lean, lemmas=False) as suggester:
        hole = (await suggester.holes(text, line=19))[0]
        found = await last(suggester, hole, 5.0)
        assert found.proof is None and found.done
        steps = [each for each in found.suggestions if each.kind == "step"]
        assert steps and all(step.goals for step in steps)
        for step in steps:
            after = apply_edit(text, edit_for(text, hole, step))
            assert (await errors_of(lean, after)).total() == before.total() - 1, after


async def test_an_unchanged_prefix_is_never_elaborated_twice(lean: Pool) -> None:
    head = "".join(f"theorem prefix_{i} : {i} + 0 = {i} := by\n  rfl\n\n" for i in range(60))
    text = head + "theorem open_one (n : Nat) : n = n := by\n  sorry\n"
    async with Suggester(lean, lemmas=False) as suggester:
        first = await suggester.survey(text)
        again = await suggester.survey(text)
        typed = await suggester.survey(text.replace("sorry", "skip\n  sorry"))
        more = await suggester.survey(text + "\n-- a comment\ntheorem two : 2 = 2 := by sorry\n")
        spaced = await suggester.survey(text.replace("theorem open_one", "-- what comes now is open\ntheorem open_one"))
        middle = await suggester.survey(text.replace("prefix_30 ", "prefix_30' "))
        back = await suggester.survey(text)
    assert (first.commands, first.elaborated) == (61, 61)
    assert again.elaborated == 0 and again.holes == first.holes
    assert typed.elaborated == 1 and more.elaborated == 1 and spaced.elaborated == 1
    assert middle.elaborated == 31 and back.elaborated == 0


async def test_a_change_that_lets_the_command_before_go_on_is_seen(lean: Pool) -> None:
    text = "theorem t : 1 = 1 ∧ 2 = 2 := by\n  constructor\n  rfl\n"
    async with lean.session() as session:
        assert (await session.open(text + "theorem u : 1 = 1 := rfl\n")).error is not None
        opened = await session.open(text + "  rfl\ntheorem u : 1 = 1 := rfl\n")
    assert opened.error is None and opened.elaborated == 2


async def test_a_search_that_is_left_gives_its_slot_back(lean: Pool) -> None:
    text = "theorem hard (a b c : Nat) (h : 2 < c) : a ^ c + b ^ c ≠ (a + b + 1) ^ c + 1 := by\n  sorry\n"
    async with Suggester(lean, lemmas=False) as suggester:
        hole = (await suggester.holes(text))[0]

        async def look() -> None:
            async for _ in suggester.suggest(hole, timeout_s=60):
                pass

        for _ in range(3):
            tasks = [asyncio.create_task(look()) for _ in range(2 * lean.capacity)]
            await asyncio.sleep(0.3)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert all(seat.sessions == 0 for seat in lean._seats)
        easy = (await suggester.holes("theorem t : 1 + 1 = 2 := by sorry"))[0]
        assert await candidate(suggester, easy) is not None
