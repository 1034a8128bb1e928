"""What may be written in a hole, and the edit that writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from prover.edits import TextEdit, as_lean_sees, newline_of, offset_at, place_at
from prover.script import Filling, neat_filling
from prover.suggest.holes import FileHole


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Tactics for a hole: a proof of its goal, or a step towards one."""

    kind: Literal["complete", "step"]
    """`complete`: no goals are left; `step`: one tactic, and there are."""
    tactics: tuple[str, ...]
    """In order; a later line of a tactic is indented against its first."""
    goals: tuple[str, ...] = ()
    """What is left to prove after a step, as Lean prints it."""
    verified: bool = False
    """A fresh Lean has accepted the file with this proof in its place. Without it a complete one is a candidate."""
    reasons: tuple[str, ...] = ()
    """Of a candidate that cannot be verified: why, a sentence each."""
    found_s: float = 0.0
    """Seconds from the request to when it was found, or verified."""

    @property
    def text(self) -> str:
        """The tactics, one below the other."""
        return "\n".join(self.tactics)

    @property
    def script(self) -> tuple[str, ...]:
        """The tactics that an edit writes: those of a step are followed by a `sorry` for each goal that it leaves."""
        if len(self.goals) > 1:
            return (*self.tactics, *["· sorry"] * len(self.goals))
        return (*self.tactics, *["sorry"] * len(self.goals))


@dataclass(frozen=True, slots=True)
class Suggestions:
    """How far the search for one hole has come."""

    suggestions: tuple[Suggestion, ...]
    """The best first: verified proofs, candidates, then steps."""
    done: bool
    """Nothing better will come."""
    expansions: int
    """States that were expanded."""
    tried: int
    """Tactics that were tried."""
    elapsed_s: float

    @property
    def proof(self) -> Suggestion | None:
        """The verified proof, where there is one."""
        return next((each for each in self.suggestions if each.verified), None)


def edit_for(text: str, hole: FileHole, suggestion: Suggestion) -> TextEdit:
    """What to change in the text to follow the suggestion.

    Args:
        text: the one that the hole was found in, or another that is the same around the hole.

    Raises:
        ValueError: the text has changed where the hole was.
    """
    seen = as_lean_sees(text)
    start, end = offset_at(seen, hole.start), offset_at(seen, hole.end)
    if seen[start:end] != hole.replaces:
        raise ValueError(f"the text at {hole.start.line}:{hole.start.column} is no longer what it was")
    change = change_in(hole, suggestion.script)
    at = offset_at(hole.text, hole.place)
    behind = change.end - (at + len("sorry"))
    # What the change takes of the text before the `sorry`, first of all takes what is put before it (`lead`)
    ahead = at - change.start
    lead = hole.lead[: max(0, len(hole.lead) - ahead)]
    start -= max(0, ahead - len(hole.lead))
    new = (lead + change.new).replace("\n", newline_of(text))
    return TextEdit(place_at(seen, start), place_at(seen, end + behind), new)


def change_in(hole: FileHole, tactics: Sequence[str]) -> Filling:
    """What takes the place of the `sorry` in the hole's own text."""
    return neat_filling(hole.text, replace(hole.sorry, state=hole.sorry.state), tactics)


def assemble(hole: FileHole, tactics: Sequence[str]) -> str:
    """The hole's own text with the tactics in it: what is verified."""
    change = change_in(hole, tactics)
    return hole.text[: change.start] + change.new + hole.text[change.end :]
