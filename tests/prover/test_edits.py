"""Places as Lean, editors and files count them: whatever the text, they name the same character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.protocol import Place
from prover.edits import (
    BOM,
    TextEdit,
    apply_edit,
    as_lean_sees,
    from_utf16,
    newline_of,
    offset_at,
    place_at,
    to_utf16,
    utf8_length,
    utf16_length,
)

texts = st.builds(
    lambda mark, parts: mark + "".join(parts),
    st.sampled_from(["", BOM]),
    st.lists(st.sampled_from(["a", "\t", " ", "é", "∀", "𝔸", "😀", "\n", "\r\n", "sorry"]), max_size=30),
)


def lines_of(text: str) -> list[str]:
    return as_lean_sees(text).split("\n")


@given(texts, st.data())
def test_a_place_is_the_same_in_a_text_and_in_what_lean_sees_of_it(text: str, data: st.DataObject) -> None:
    lines = lines_of(text)
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(0, len(lines[line - 1])))
    place = Place(line, column)
    rest = text[offset_at(text, place) :]
    seen = as_lean_sees(text)
    assert as_lean_sees("x" + rest)[1:] == seen[offset_at(seen, place) :]
    assert place_at(text, offset_at(text, place)) == place


@given(texts, st.data())
def test_utf16_columns_come_back(text: str, data: st.DataObject) -> None:
    lines = lines_of(text)
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(0, len(lines[line - 1])))
    there = to_utf16(text, Place(line, column))
    ahead = lines[line - 1][:column]
    assert there == (line - 1, len(ahead.encode("utf-16-le")) // 2)
    assert from_utf16(text, *there) == Place(line, column)
    assert utf16_length(ahead) == there[1] and utf8_length(ahead) == len(ahead.encode())


@given(texts, st.integers(-2, 40), st.integers(0, 60))
def test_any_utf16_place_is_somewhere_in_the_text(text: str, line: int, character: int) -> None:
    place = from_utf16(text, line, character)
    assert 0 <= offset_at(text, place) <= len(text)
    if 0 <= line < len(lines_of(text)):
        assert place.line == line + 1 and to_utf16(text, place)[1] <= character


@given(texts, st.data(), st.text(max_size=5))
def test_an_edit_changes_nothing_outside_of_it(text: str, data: st.DataObject, new: str) -> None:
    first, last = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    start, end = place_at(text, first), place_at(text, last)
    after = apply_edit(text, TextEdit(start, end, new))
    begin, stop = offset_at(text, start), offset_at(text, end)
    assert after.startswith(text[:begin]) and after.endswith(text[stop:])
    assert len(after) == begin + len(new) + len(text) - stop
    assert after.startswith(BOM) or not text.startswith(BOM)


def test_the_parts_of_a_line_end_are_one_place() -> None:
    text = "ab\r\ncd"
    assert place_at(text, 2) == place_at(text, 3) == Place(1, 2)
    assert apply_edit(text, TextEdit(Place(1, 2), Place(2, 0), "-")) == "ab-cd"


@pytest.mark.parametrize("place", [Place(0, 0), Place(3, 0), Place(1, 3), Place(1, -1), Place(2, 3)])
def test_places_that_are_not_there_are_refused(place: Place) -> None:
    with pytest.raises(ValueError, match="no place"):
        offset_at("ab\r\ncd", place)


def test_an_edit_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before"):
        apply_edit("abc", TextEdit(Place(1, 2), Place(1, 1), ""))


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\n", "\n"), ("a\r\n", "\r\n"), ("a\r\nb\n", "\n"), ("a\r\nb\r\nc\n", "\r\n")]
)
def test_new_lines_end_as_most_lines_do(text: str, newline: str) -> None:
    assert newline_of(text) == newline
