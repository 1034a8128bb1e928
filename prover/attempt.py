"""One pass over one problem: ask the search, propose, apply, tell, until proved or the budget is spent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lean_env.errors import WorkerError
from lean_env.protocol import Hole, Limits, Opened, State
from prover.interfaces import (
    Attempt,
    Budget,
    Candidate,
    Environment,
    Policy,
    Problem,
    Query,
    Result,
    StopReason,
    Usage,
    Verifier,
)
from prover.problems.leantext import sorries
from prover.script import fill
from prover.search import Node, Search
from prover.search import make as make_search
from prover.search.proof import as_tree, tactics

# Tactics sent to Lean between two looks at the clock.
CHUNK = 8
# However little time is left, a tactic that is tried at all gets this much.
LEAST_MS = 1_000

Tree = list[dict[str, Any]]


async def attempt(
    problem: Problem,
    *,
    env: Environment,
    policy: Policy,
    search_name: str = "best-first",
    budget: Budget,
    limits: Limits,
    timeout_s: float,
    seed: int,
    pass_index: int,
    verify: Verifier,
    batch: int = 1,
    on_tree: Callable[[Tree], None] | None = None,
) -> Attempt:
    """Try to prove one statement.

    A state without goals is a candidate: it is verified at once, and only an accepted one is a proof. One that is
    refused is counted, and the search goes on, with the tactics of the same state that were not tried yet.

    Args:
        batch: states expanded together, and so proposed for in one call of the policy; 1 is strict best-first.
        on_tree: is given the search tree as JSON values at the end, also when nothing was found.

    Returns:
        The record of the attempt. A worker that fails beyond repair makes it an `error`; what Lean says never does.
    """
    run = _Run(problem, env, policy, budget, limits, timeout_s, seed, verify, batch)
    try:
        result, stop = await run.run(search_name)
    except WorkerError as error:
        result, stop, run.error = "error", "error", _one_line(str(error))
    run.usage.wall_s = run.elapsed()
    if on_tree is not None and run.search is not None:
        on_tree(as_tree(run.search.graph))
    proved = result == "proved"
    return Attempt(
        problem=problem.name,
        pass_index=pass_index,
        result=result,
        stop=stop,
        seed=seed,
        tactics=run.proof if proved else (),
        text=run.text if proved else "",
        axioms=run.axioms if proved else (),
        error="" if proved else run.error,
        rejected=run.rejected,
        usage=run.usage,
    )


class _Run:
    """What changes while an attempt runs."""

    def __init__(
        self,
        problem: Problem,
        env: Environment,
        policy: Policy,
        budget: Budget,
        limits: Limits,
        timeout_s: float,
        seed: int,
        verify: Verifier,
        batch: int,
    ) -> None:
        self.problem, self.env, self.policy, self.verify = problem, env, policy, verify
        self.budget, self.limits, self.timeout_s, self.seed, self.batch = budget, limits, timeout_s, seed, batch
        self.started = time.monotonic()
        self.usage = Usage()
        self.search: Search | None = None
        self.rejected = 0
        self.error = ""
        self.proof: tuple[str, ...] = ()
        self.text = ""
        self.axioms: tuple[str, ...] = ()

    def elapsed(self) -> float:
        return max(0.0, time.monotonic() - self.started)

    async def run(self, search_name: str) -> tuple[Result, StopReason]:
        original = self.problem.text()
        opened = await self.env.open(original)
        self.usage.lean_s += opened.lean_ms / 1000
        hole = _hole(opened, self.problem.hole or 0)
        if hole is None:
            self.error = _one_line(opened.error or "there is no such `sorry` in the text")
            await self.env.drop([each.state for each in opened.holes])
            return "not_elaborated", "not_elaborated"
        await self.env.drop([each.state for each in opened.holes if each is not hole])
        self.search = make_search(search_name, hole.state)
        try:
            return await self._loop(self.search, original, hole)
        finally:
            await self._forget(self.search, hole.state)

    async def _loop(self, search: Search, original: str, hole: Hole) -> tuple[Result, StopReason]:
        while True:
            if self.usage.expansions >= self.budget.expansions:
                return "not_proved", "expansions"
            if self.elapsed() >= self.timeout_s:
                return "not_proved", "timeout"
            nodes = search.ask(min(self.batch, self.budget.expansions - self.usage.expansions))
            if not nodes:
                return "not_proved", "exhausted"
            for node, candidates in zip(nodes, await self._propose(nodes), strict=True):
                self.usage.expansions += 1
                if await self._expand(search, original, hole, node, search.untried(node, candidates)):
                    return "proved", "proved"

    async def _propose(self, nodes: Sequence[Node]) -> list[list[Candidate]]:
        queries = [Query(node.state, self.problem.name, tactics(node), self.seed) for node in nodes]
        begun = time.monotonic()
        proposed = await self.policy.propose(queries, self.budget.samples)
        self.usage.policy_s += max(0.0, time.monotonic() - begun)
        return [candidates[: self.budget.samples] for candidates in proposed]

    async def _expand(
        self, search: Search, original: str, hole: Hole, node: Node, candidates: Sequence[Candidate]
    ) -> bool:
        """Try the candidates on the node; True when one of them ends a proof."""
        if not candidates:
            await self._drop(search.tell(node, [], []))
        while candidates:
            chunk = candidates[:CHUNK]
            outcomes = await self.env.apply(node.state, [each.tactic for each in chunk], self._limits_now())
            if not outcomes:
                raise WorkerError("The environment answered no tactic.", "This is a bug: please report it.")
            self.usage.tactics += len(outcomes)
            self.usage.lean_s += sum(outcome.lean_ms for outcome in outcomes) / 1000
            found = len(search.graph.nodes)
            await self._drop(search.tell(node, candidates, outcomes))
            for leaf in [each for each in search.graph.nodes[found:] if each.status == "proved"]:
                if await self._accepted(original, hole, leaf):
                    return True
                await self._drop(search.mark_rejected(leaf))
            candidates = candidates[len(outcomes) :]
            if candidates and self.elapsed() >= self.timeout_s:
                return False
        return False

    def _limits_now(self) -> Limits:
        left_ms = int(1000 * (self.timeout_s - self.elapsed()))
        return replace(self.limits, ms=min(self.limits.ms, max(LEAST_MS, left_ms)))

    async def _accepted(self, original: str, hole: Hole, leaf: Node) -> bool:
        """Has verification accepted the proof that ends in the leaf?

        Raises:
            WorkerError: verification itself failed, which says nothing about the proof.
        """
        proof = tactics(leaf)
        text = fill(original, hole, proof)
        begun = time.monotonic()
        verdict = await self.verify(original, text, left=sorries(original) - 1)
        self.usage.verify_s += max(0.0, time.monotonic() - begun)
        if not verdict.accepted:
            self.rejected += 1
            self.error = _one_line("verification refused a candidate: " + "; ".join(verdict.reasons))
            return False
        self.proof, self.text, self.axioms = proof, text, verdict.axioms
        return True

    async def _drop(self, states: Sequence[State]) -> None:
        if states:
            await self.env.drop(states)

    async def _forget(self, search: Search, root: State) -> None:
        """Give back what the search still holds, unless the worker is gone anyway."""
        held = [node.state for node in search.graph.nodes[1:] if node.status in ("open", "asked")]
        try:
            await self.env.drop([root, *held])
        except WorkerError:
            return


async def expand(problem: Problem, env: Environment) -> list[Problem]:
    """One problem for each `sorry` of a text; a problem that names its `sorry` stays as it is.

    A text that does not elaborate stays one problem, so that its attempt says why.
    """
    if problem.hole is not None:
        return [problem]
    opened = await env.open(problem.text())
    await env.drop([hole.state for hole in opened.holes])
    if opened.error is not None:
        return [replace(problem, hole=0)]
    if len(opened.holes) == 1:
        return [replace(problem, hole=0)]
    total = Counter(hole.declaration for hole in opened.holes)
    seen: Counter[str] = Counter()
    problems = []
    for index, hole in enumerate(opened.holes):
        seen[hole.declaration] += 1
        number = f"-{seen[hole.declaration]}" if total[hole.declaration] > 1 else ""
        source = f"{problem.source.rsplit(':', 1)[0]}:{hole.line}" if problem.source else ""
        name = f"{problem.name}.{hole.declaration}{number}"
        problems.append(replace(problem, name=name, hole=index, source=source))
    return problems


def _hole(opened: Opened, index: int) -> Hole | None:
    if opened.error is not None or not 0 <= index < len(opened.holes):
        return None
    return opened.holes[index]


def _one_line(text: str) -> str:
    return " ".join(text.split())
