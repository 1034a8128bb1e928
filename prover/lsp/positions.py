"""Places of a text in the units that were agreed on with the editor."""

from __future__ import annotations

from lsprotocol import types as lsp

from lean_env.protocol import Place
from prover.edits import TextEdit, as_lean_sees, from_utf16, offset_at, to_utf16, utf8_length

Encoding = lsp.PositionEncodingKind | str | None
"""UTF-16 where nothing was agreed on."""


def to_position(text: str, place: Place, encoding: Encoding) -> lsp.Position:
    """A place as the editor counts it: the line from 0, the column in its units."""
    if encoding == lsp.PositionEncodingKind.Utf32:
        return lsp.Position(place.line - 1, place.column)
    if encoding == lsp.PositionEncodingKind.Utf8:
        at = offset_at(text, place)
        return lsp.Position(place.line - 1, utf8_length(text[at - place.column : at]))
    line, character = to_utf16(text, place)
    return lsp.Position(line, character)


def from_position(text: str, position: lsp.Position, encoding: Encoding) -> Place:
    """The place that the editor means; the end of the line for a column beyond it."""
    if encoding == lsp.PositionEncodingKind.Utf32:
        return Place(position.line + 1, position.character)
    if encoding == lsp.PositionEncodingKind.Utf8:
        lines = as_lean_sees(text).split("\n")
        line = lines[position.line] if position.line < len(lines) else ""
        before = line.encode("utf-8", "surrogatepass")[: position.character]
        return Place(position.line + 1, len(before.decode("utf-8", "ignore")))
    return from_utf16(text, position.line, position.character)


def to_edit(text: str, edit: TextEdit, encoding: Encoding) -> lsp.TextEdit:
    """An edit as the editor takes it."""
    around = lsp.Range(to_position(text, edit.start, encoding), to_position(text, edit.end, encoding))
    return lsp.TextEdit(around, edit.new_text)
