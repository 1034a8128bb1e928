"""One search for what to write in one hole: its candidates, their verification, and how they rank."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

from lean_env.protocol import Message
from lean_env.verify import Verdict, first_line
from prover.edits import apply_edit
from prover.goal_search import GoalSearch
from prover.interfaces import Environment
from prover.parts import LeanPool
from prover.problems.leantext import sorries
from prover.suggest.holes import FileHole
from prover.suggest.ranking import steps
from prover.suggest.suggestion import Suggestion, Suggestions, assemble, edit_for
from prover.whole_proof import WholeProofSearch


class Enough(Exception):
    """There is a candidate that is not to be verified, or cannot be: nothing better will come."""


class Round:
    """What one search has found so far."""

    def __init__(self, hole: FileHole, limit: int, pool: LeanPool, *, verifies: bool = True) -> None:
        self.hole, self.limit, self.verifies = hole, limit, verifies
        self.side: GoalSearch | WholeProofSearch | None = None
        self.env: Environment | None = None
        self.news = asyncio.Event()
        """Set when there is something new to show."""
        self._pool = pool
        self._begun = time.monotonic()
        self._left = sorries(hole.text) - 1
        self._scripts: dict[str, tuple[str, ...]] = {}
        self._candidates: dict[tuple[str, ...], Suggestion] = {}

    def now(self, done: bool) -> Suggestions:
        """The best so far."""
        ranked = sorted(self._candidates.values(), key=lambda each: (not each.verified, each.found_s))
        expansions = tried = 0
        if self.side is not None:
            expansions, tried = self.side.clock.usage.expansions, self.side.clock.usage.tactics
            if isinstance(self.side, GoalSearch):
                ranked += steps(self.side.search.graph, self.limit)
        return Suggestions(tuple(ranked[: self.limit]), done, expansions, tried, self._elapsed())

    def assemble(self, tactics: tuple[str, ...]) -> str:
        """The text with these tactics in it."""
        text = assemble(self.hole, tactics)
        self._scripts = {text: tactics}
        return text

    async def verify(self, text: str) -> Verdict:
        """The verdict on a text that `assemble` has made; its tactics are shown meanwhile.

        Raises:
            Enough: the proof is complete, but is not to be verified, or cannot be in this file.
        """
        tactics = self._scripts.get(text, ())
        self._show(Suggestion("complete", tactics, reasons=self.hole.obstacles))
        if self.hole.obstacles or not self.verifies:
            raise Enough
        verdict = await self._pool.verify(named(self.hole, self.hole.text), named(self.hole, text), left=self._left)
        if not verdict.accepted:
            self._candidates.pop(tactics, None)
            self.news.set()
            return verdict
        proof = Suggestion("complete", tactics, verified=True)
        errors = () if self.hole.states else await self._errors_behind(proof)
        self._show(replace(proof, verified=not errors, reasons=errors))
        if errors:
            raise Enough
        return verdict

    async def _errors_behind(self, proof: Suggestion) -> tuple[str, ...]:
        """The errors that a definition makes where it is used further down, and that were not there before. The states
        of the search are lost by that, which is over."""
        assert self.env is not None
        file = self.hole.file
        before = await self.env.open(file)
        after = await self.env.open(apply_edit(file, edit_for(file, self.hole, proof)))
        new = _beyond(_errors(after.messages), _errors(before.messages))
        return tuple(f"further down: {text}" for text in new)

    def _show(self, suggestion: Suggestion) -> None:
        self._candidates[suggestion.tactics] = replace(suggestion, found_s=self._elapsed())
        self.news.set()

    def _elapsed(self) -> float:
        return max(0.0, time.monotonic() - self._begun)


def named(hole: FileHole, text: str) -> str:
    """The text with the hole's `example` made a theorem, so that there is something to compare and to check. Columns
    stay as they are, since blocks of tactics go by them."""
    if hole.keyword != "example":
        return text
    start = hole.keyword_at
    column = start - (text.rfind("\n", 0, start) + 1) + len("example")
    return f"{text[:start]}theorem {_EXAMPLE}\n{' ' * column}{text[start + len('example') :]}"


_EXAMPLE = "example_of_stepwise"


def _errors(messages: Sequence[Message]) -> list[str]:
    return [first_line(message.text) for message in messages if message.severity == "error"]


def _beyond(found: list[str], known: list[str]) -> list[str]:
    """Those of the texts found that are not among the known ones, each of which counts once."""
    new = []
    for text in found:
        if text in known:
            known.remove(text)
        else:
            new.append(text)
    return new
