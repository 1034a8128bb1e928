"""Places in every unit that an editor may count in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from lean_env.protocol import Place
from prover.edits import TextEdit, as_lean_sees, place_at
from prover.lsp.positions import from_position, to_edit, to_position

TEXT = "a𝔸b → c\r\n\tsorry\n"


@pytest.mark.parametrize(
    ("encoding", "column"),
    [
        (None, 4),
        (lsp.PositionEncodingKind.Utf16, 4),
        (lsp.PositionEncodingKind.Utf32, 3),
        (lsp.PositionEncodingKind.Utf8, 6),
    ],
)
def test_a_column_behind_what_takes_two_units(encoding: lsp.PositionEncodingKind | None, column: int) -> None:
    assert to_position(TEXT, Place(1, 3), encoding) == lsp.Position(0, column)
    assert from_position(TEXT, lsp.Position(0, column), encoding) == Place(1, 3)


@given(st.text(alphabet="aλ𝔸\t\n\r →é", max_size=40), st.integers(0, 60), st.sampled_from(lsp.PositionEncodingKind))
def test_there_and_back(text: str, offset: int, encoding: lsp.PositionEncodingKind) -> None:
    place = place_at(text, offset)
    assert from_position(text, to_position(text, place, encoding), encoding) == place


def test_an_edit_is_in_the_editors_units() -> None:
    edit = to_edit(TEXT, TextEdit(Place(1, 2), Place(2, 6), "x"), None)
    assert edit.range == lsp.Range(lsp.Position(0, 3), lsp.Position(1, 6)) and as_lean_sees(TEXT)
