"""Tactics for a theorem of the library that is to be proved from what comes before it.

`simp`, `grind` and the like know all of the library, and a proof that uses what comes later is refused. Lean's message
names what was used: `simp` can be told to leave it out, and a tool that itself came later is not asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from prover.interfaces import Candidate
from prover.minimise import choices

_LATE = re.compile(r"uses (\S+), which (?:comes after|is to be proved)")
_MADE_BY_SIMP = re.compile(r"\._simp_\d+$")
_SIMP = re.compile(
    r"(?<![\w.'])(simp(?:_all|_arith)?(?![\w'?])(?! only)!?(?: [+-]\w+)*)(?: \[((?:[^\[\]]|\[[^\[\]]*\])*)\])?"
)
_NAMES = re.compile(r"grind(?: \[[\w.'₀-₉, ]*\])?")
# What stands behind the proofs of a tool, by the tool.
_FOUNDATIONS = {
    "omega": re.compile(r"Lean\.Omega\."),
    "grind": re.compile(r"Lean\.Grind\.|Int\.Linear\.|Nat\.ToInt\."),
}
_TOOL = {tool: re.compile(rf"(?<![\w.'\[]){tool}(?![\w'])(?: \[[^\[\]]*\])?") for tool in _FOUNDATIONS}


@dataclass(slots=True)
class Repairs:
    """What was refused in one search for coming too late."""

    late: set[str] = field(default_factory=set)
    """The tools that came too late themselves."""

    def repaired(self, tactic: str, message: str) -> str | None:
        """The refused tactic as it may pass, `simp [-List.length_take]` for `simp`; None where there is nothing to do.

        Args:
            message: what Lean said (`lean_env.protocol.Outcome.message`).
        """
        found = _LATE.match(message)
        if found is None:
            return None
        name = _MADE_BY_SIMP.sub("", found[1])
        for tool, foundation in _FOUNDATIONS.items():
            if foundation.match(name) and _TOOL[tool].search(tactic):
                self.late.add(tool)
                return None
        # What was left out already, or was no lemma of `simp`, is used by something else.
        left_out = re.search(rf"-{re.escape(name)}(?![\w.'])", tactic)
        return None if left_out or not _SIMP.search(tactic) else _leave_out(name, tactic)

    def usable(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """The candidates without those that need a late tool; where `grind` does, `simp_all` takes its place."""
        for candidate in candidates:
            tactic = _instead_of_grind(candidate.tactic) if "grind" in self.late else candidate.tactic
            if "omega" in self.late and _TOOL["omega"].search(tactic):
                tactic = _without_omega(tactic)
            if tactic:
                yield replace(candidate, tactic=tactic)


def _instead_of_grind(tactic: str) -> str:
    def simplified(use: re.Match[str]) -> str:
        return use[0].replace("grind", "simp_all") if _NAMES.fullmatch(use[0]) else "simp_all"

    return _TOOL["grind"].sub(simplified, tactic)


def _without_omega(tactic: str) -> str:
    """What is left of a choice; nothing of any other tactic."""
    kept = [way for way in choices(tactic) if not _TOOL["omega"].search(way)]
    return f"first | {' | '.join(kept)}" if kept else ""


def _leave_out(name: str, tactic: str) -> str:
    def without(call: re.Match[str]) -> str:
        given = [lemma for lemma in (call[2] or "").split(", ") if lemma and lemma.strip(" ←-") != name]
        return f"{call[1]} [{', '.join([*given, f'-{name}'])}]"

    return _SIMP.sub(without, tactic)
