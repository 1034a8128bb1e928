"""Suggestions for a Lean file that is being written: what `prove suggest` prints, and what servers for editors offer.

`Suggester` finds the holes of a text and searches for what to write there; its values are frozen, and what it finds
comes as a stream that can be left at any time. `edit_for` and `prover.edits.apply_edit` turn a suggestion into text.
"""

from __future__ import annotations

from prover.suggest.holes import FileHole, Survey, hole_at
from prover.suggest.suggester import Suggester
from prover.suggest.suggestion import Suggestion, Suggestions, edit_for

__all__ = ["FileHole", "Suggester", "Suggestion", "Suggestions", "Survey", "edit_for", "hole_at"]
