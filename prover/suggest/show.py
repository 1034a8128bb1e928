"""What `prove suggest` prints: for people, and as JSON.

In JSON a place is `{"line", "column", "utf8_column", "utf16_column"}`, all counted from 1: the column in code points,
in bytes of UTF-8, and in UTF-16 units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lean_env.protocol import Place
from prover.edits import TextEdit, offset_at, utf8_length, utf16_length
from prover.suggest.holes import FileHole
from prover.suggest.suggestion import Suggestion, Suggestions, edit_for

if TYPE_CHECKING:
    from rich.console import Console

_KINDS = {"sorry": "sorry", "failing": "a tactic fails", "unsolved": "goals are left"}
_GOALS_SHOWN = 2


def place_json(text: str, place: Place) -> dict[str, int]:
    """A place of the text, its columns counted in all ways."""
    at = offset_at(text, place)
    ahead = text[at - place.column : at]
    return {
        "line": place.line,
        "column": place.column + 1,
        "utf8_column": utf8_length(ahead) + 1,
        "utf16_column": utf16_length(ahead) + 1,
    }


def edit_json(text: str, edit: TextEdit) -> dict[str, Any]:
    """A change of the text."""
    return {"start": place_json(text, edit.start), "end": place_json(text, edit.end), "new_text": edit.new_text}


def suggestion_json(text: str, hole: FileHole, suggestion: Suggestion) -> dict[str, Any]:
    """A suggestion for a hole of the text."""
    return {
        "kind": suggestion.kind,
        "text": suggestion.text,
        "verified": suggestion.verified,
        "reasons": list(suggestion.reasons),
        "goals": list(suggestion.goals),
        "found_s": round(suggestion.found_s, 3),
        "edit": edit_json(text, edit_for(text, hole, suggestion)),
    }


def hole_json(text: str, hole: FileHole, found: Suggestions) -> dict[str, Any]:
    """A hole of the text, with what was found for it."""
    return {
        "kind": hole.kind,
        "declaration": hole.declaration,
        "start": place_json(text, hole.start),
        "end": place_json(text, hole.end),
        "shown": place_json(text, hole.shown),
        "message": hole.message,
        "goals": list(hole.goals),
        "suggestions": [suggestion_json(text, hole, each) for each in found.suggestions],
        "expansions": found.expansions,
        "tried": found.tried,
        "seconds": round(found.elapsed_s, 3),
    }


def show_hole(console: Console, path: str, text: str, hole: FileHole, found: Suggestions) -> None:
    """A hole with its suggestions, for people."""
    from rich.text import Text

    where = Text(f"{path}:{hole.shown.line}:{hole.shown.column + 1}", style="bold")
    console.print(where + Text(f"  {hole.declaration}, {_KINDS[hole.kind]}" if hole.declaration else "", style="dim"))
    for goal in hole.goals[:1]:
        console.print(_goal(goal, 2))
    if not found.suggestions:
        console.print(Text(f"  nothing was found in {found.elapsed_s:.0f} s, {found.tried} tactics", style="yellow"))
    for number, suggestion in enumerate(found.suggestions, 1):
        console.print(Text(f"  {number}. ") + _tactics(suggestion) + Text("  ") + _verdict(suggestion))
        for goal in suggestion.goals[:_GOALS_SHOWN]:
            console.print(_goal(goal, 7))
        if len(suggestion.goals) > _GOALS_SHOWN:
            console.print(Text(f"       and {len(suggestion.goals) - _GOALS_SHOWN} more", style="dim"))
    console.print()


def _tactics(suggestion: Suggestion) -> Any:
    from rich.text import Text

    return Text(suggestion.text.replace("\n", "\n     "), style="green" if suggestion.kind == "complete" else "cyan")


def _verdict(suggestion: Suggestion) -> Any:
    from rich.text import Text

    if suggestion.kind == "step":
        many = len(suggestion.goals)
        return Text(f"leaves {many} goal{'s' if many > 1 else ''}", style="dim")
    if suggestion.verified:
        return Text(f"verified, {suggestion.found_s:.1f} s", style="dim")
    why = f": {suggestion.reasons[0]}" if suggestion.reasons else ""
    return Text(f"not verified{why}", style="yellow")


def _goal(goal: str, indent: int) -> Any:
    from rich.text import Text

    shown = Text()
    for number, line in enumerate(goal.split("\n")):
        shown.append(("\n" if number else "") + " " * indent + line, style="" if line.startswith("⊢") else "dim")
    return shown
