"""Searches for what to write in the holes of a text: many requests on one pool of Lean workers, each a stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from types import TracebackType
from typing import Self

from lean_env.errors import WorkerError
from lean_env.library import header, imports_of
from lean_env.protocol import Limits
from prover.config import RunConfig
from prover.goal_search import Clock
from prover.imported import PerImports, PolicyMaker, policy_maker
from prover.interfaces import Budget, Critic, Problem
from prover.method import Memory, Method
from prover.parts import LeanPool
from prover.side import make_side
from prover.suggest.holes import FileHole, Survey, look_for_holes
from prover.suggest.round import Enough, Round
from prover.suggest.suggestion import Suggestion, Suggestions

TIMEOUT_S = 30.0
LIMIT = 5
TACTIC_MS = 5_000
"""Time limit of one tactic: somebody waits."""
LOOK_S = 0.1
"""Seconds between two looks at the steps of a search that has no other news."""
INDEX_S = 120.0
"""Seconds in which `warm` waits for the index of the library."""


class Suggester:
    """Finds holes and what to write in them. Use it as an asynchronous context manager; the pool is its owner's.

    Requests may run side by side: each holds one slot of the pool while it searches. Closing or cancelling the stream
    of a request ends its search and gives back its slot and its states.

    Args:
        pool: workers with at least two slots, one of which may be listing the library for a while.
        policy: proposes tactics for texts with these imports (lines of text); by default the built-in one.
        imported: policies and lemmas that its owner has for others too, and closes; then `policy` and `lemmas` are not
            looked at.
        lemmas: look up lemmas in the library that a text imports.
        tactic_ms: time limit of one tactic, in milliseconds.
    """

    def __init__(
        self,
        pool: LeanPool,
        *,
        policy: PolicyMaker | None = None,
        imported: PerImports | None = None,
        search: str = "best-first",
        critic: Critic | None = None,
        budget: Budget | None = None,
        lemmas: bool = True,
        tactic_ms: int = TACTIC_MS,
    ) -> None:
        self._pool = pool
        self._imported = imported or PerImports(pool, policy or policy_maker(RunConfig("suggestions")), lemmas=lemmas)
        self._owns = imported is None
        self._search, self._critic = search, critic
        self._budget = budget or Budget()
        self._limits = Limits(ms=tactic_ms)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owns:
            await self._imported.close()

    async def warm(self, text: str = "") -> None:
        """Get ready for texts with the imports of this one, so that the first request need not wait: a worker, the
        policy, the index of the library.

        Raises:
            StepwiseError: Lean does not start, or a model cannot be loaded.
        """
        async with self._pool.session() as env:
            await env.open(header(imports_of(text)))
        await self._imported.policy(text)
        retriever = self._imported.retriever(text)
        if retriever is not None:
            await retriever.wait(INDEX_S)

    async def holes(self, text: str, *, line: int | None = None) -> tuple[FileHole, ...]:
        """Where something is left to prove in a text: the holes of its `survey`."""
        return (await self.survey(text, line=line)).holes

    async def survey(self, text: str, *, line: int | None = None) -> Survey:
        """Where something is left to prove in a text. Of one that begins like an earlier one, only what has changed is
        elaborated.

        Args:
            text: as the editor or the file has it: a byte-order mark and `\\r\\n` may stay.
            line: only what is on this line, from 1.

        Raises:
            WorkerError: Lean cannot elaborate the text in time, or fails beyond repair.
        """
        async with self._pool.session() as env:
            return await look_for_holes(env, text, line)

    async def suggest(
        self, hole: FileHole, *, timeout_s: float = TIMEOUT_S, limit: int = LIMIT, verify: bool = True
    ) -> AsyncGenerator[Suggestions, None]:
        """What to write in the hole: the best so far, whenever there is something better, and last with `done`.

        A complete proof comes as soon as it is found, and again when it is verified; with that the search ends. Close
        the stream (`aclose`) when it is left before its end.

        Args:
            timeout_s: seconds for the search, once Lean is there; a verification that has begun is waited for.
            limit: suggestions at most.
            verify: verify complete proofs, which takes seconds. Without it the search ends with the first candidate.

        Raises:
            WorkerError: a worker fails beyond repair.
            PolicyError: a model cannot be loaded or run.
        """
        found = Round(hole, limit, self._pool, verifies=verify)
        searching = asyncio.create_task(self._run(found, timeout_s))
        searching.add_done_callback(lambda _: found.news.set())
        shown: tuple[Suggestion, ...] = ()
        try:
            while not searching.done():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(found.news.wait(), LOOK_S)
                found.news.clear()
                now = found.now(False)
                if now.suggestions != shown and not searching.done():
                    shown = now.suggestions
                    yield now
            await searching
            yield found.now(True)
        finally:
            searching.cancel()
            await asyncio.gather(searching, return_exceptions=True)

    async def verify(self, hole: FileHole, suggestion: Suggestion) -> Suggestion:
        """The candidate, verified; or with the reasons why it is refused, or cannot be verified.

        Raises:
            WorkerError: a worker fails beyond repair, which says nothing about the proof.
        """
        found = Round(hole, 1, self._pool)
        async with self._pool.session() as env:
            found.env = env
            try:
                verdict = await found.verify(found.assemble(suggestion.tactics))
            except Enough:
                return found.now(True).suggestions[0]
        return found.now(True).proof or replace(suggestion, verified=False, reasons=verdict.reasons)

    async def _run(self, found: Round, timeout_s: float) -> None:
        hole = found.hole
        policy = await self._imported.policy(hole.text)
        method = Method(
            policy,
            search=self._search,
            budget=self._budget,
            limits=self._limits,
            timeout_s=timeout_s,
            critic=self._critic,
            retriever=self._imported.retriever(hole.text),
        )
        async with self._pool.session() as env:
            opened = await env.open(hole.text)
            clock = Clock(timeout_s)  # time spent on waiting for a slot, or for Lean to start, is not the search's
            clock.usage.lean_s += opened.lean_ms / 1000
            at = (hole.sorry.line, hole.sorry.column)
            meant = next((each for each in opened.holes if (each.line, each.column) == at), None)
            await env.drop([each.state for each in opened.holes if each is not meant])
            if meant is None:
                raise WorkerError(
                    f"Lean did not find the goal at {hole.shown.line}:{hole.shown.column} again.", "Ask once more."
                )
            found.env = env
            problem = Problem(hole.declaration or "hole", hole.text, hole=opened.holes.index(meant))
            side = make_side(
                meant.state,
                problem,
                method,
                clock,
                env=env,
                assemble=found.assemble,
                verify=found.verify,
                seed=0,
                memory=Memory(),
            )
            found.side = side
            try:
                while not clock.over and await side.step() == "open":
                    pass
            except Enough:
                return
            finally:
                await side.forget()
