"""Places in a text, as Lean, editors and files count them, and changes of a text.

Lean sees a text without a byte-order mark and with `\\n` at the end of each line (`as_lean_sees`), and counts columns
in code points from 0, lines from 1: a `Place`. The Language Server Protocol counts lines from 0 and columns in UTF-16
units. Neither the mark nor the `\\r` before a `\\n` has a column, so a place is the same in a text and in what Lean
sees of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lean_env.protocol import Place

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class TextEdit:
    """A change of a text: what stands between two places becomes another text."""

    start: Place
    end: Place
    new_text: str
    """Its lines end as those of the text that it is for."""


def as_lean_sees(text: str) -> str:
    """The text without a byte-order mark, and with `\\n` at the end of each line."""
    return text.removeprefix(BOM).replace("\r\n", "\n")


def newline_of(text: str) -> str:
    """How most lines of the text end."""
    windows = text.count("\r\n")
    return "\r\n" if windows > text.count("\n") - windows else "\n"


def offset_at(text: str, place: Place) -> int:
    """Where in the text, in code points, a place is.

    Raises:
        ValueError: the text has no such place.
    """
    start = _line_start(text, place.line)
    if start is None or place.column < 0 or start + place.column > _line_end(text, start):
        raise ValueError(f"the text has no place {place.line}:{place.column}")
    return start + place.column


def place_at(text: str, offset: int) -> Place:
    """The place of an offset; between the `\\r` and `\\n` of a line's end, the end of that line."""
    offset = max(0, min(offset, len(text)))
    line = text.count("\n", 0, offset) + 1
    start = _line_start(text, line)
    assert start is not None
    return Place(line, max(0, min(offset, _line_end(text, start)) - start))


def to_utf16(text: str, place: Place) -> tuple[int, int]:
    """A place as the Language Server Protocol counts it: the line from 0, the column in UTF-16 units from 0.

    Raises:
        ValueError: the text has no such place.
    """
    at = offset_at(text, place)
    return place.line - 1, utf16_length(text[at - place.column : at])


def from_utf16(text: str, line: int, character: int) -> Place:
    """The place that the Language Server Protocol calls `line` and `character`. What lies beyond a line's or the text's
    end is that end, and what lies inside a character is its beginning."""
    if line < 0:
        return Place(1, 0)
    start = _line_start(text, line + 1)
    if start is None:
        return place_at(text, len(text))
    column, units = 0, 0
    for char in text[start : _line_end(text, start)]:
        units += 2 if ord(char) > 0xFFFF else 1
        if units > character:
            break
        column += 1
    return Place(line + 1, column)


def utf16_length(text: str) -> int:
    """How many UTF-16 units the text has."""
    return len(text) + sum(ord(char) > 0xFFFF for char in text)


def utf8_length(text: str) -> int:
    """How many bytes the text has in UTF-8; a lone surrogate, which has none, counts as three."""
    return len(text.encode("utf-8", "surrogatepass"))


def apply_edit(text: str, edit: TextEdit) -> str:
    """The text after the change; every character outside of it stays as it was.

    Raises:
        ValueError: the text does not have its places, or they are in the wrong order.
    """
    start, end = offset_at(text, edit.start), offset_at(text, edit.end)
    if end < start:
        raise ValueError(f"the edit at {edit.start.line}:{edit.start.column} ends before it begins")
    return text[:start] + edit.new_text + text[end:]


def _line_start(text: str, line: int) -> int | None:
    if line < 1:
        return None
    at = 1 if text.startswith(BOM) else 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
        if at == 0:
            return None
    return at


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    if end < 0:
        return len(text)
    return end - 1 if end > start and text[end - 1] == "\r" else end
