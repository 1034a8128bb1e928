"""The search for a proof of one `sorry`: ask the search, propose, apply, tell; verify what it finds."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from lean_env.errors import WorkerError
from lean_env.protocol import Limits, Outcome, State
from lean_env.verify import Verdict
from prover.interfaces import Candidate, Environment, Policy, Problem, Query, Reached, Usage
from prover.method import Memory, Method
from prover.minimise import alternatives, attempts, successful
from prover.problems.leantext import before_sorry
from prover.repairs import Repairs
from prover.search import Node, Search
from prover.search import make as make_search
from prover.search.proof import Proof, Step, script_of, tactics

# Tactics sent to Lean between two looks at the clock.
CHUNK = 8
# However little time is left, a tactic that is tried at all gets this much.
LEAST_MS = 1_000
# Lemmas looked up for a state.
LEMMAS = 16

StepResult = Literal["open", "proved", "exhausted", "expansions"]


class Clock:
    """What an attempt may still spend, and what it has spent."""

    def __init__(self, timeout_s: float) -> None:
        self.usage = Usage()
        self._started = time.monotonic()
        self._timeout_s = timeout_s

    @contextmanager
    def counts(self, what: Literal["policy_s", "verify_s"]) -> Iterator[None]:
        """Add the seconds that something takes to the usage."""
        begun = time.monotonic()
        try:
            yield
        finally:
            setattr(self.usage, what, getattr(self.usage, what) + time.monotonic() - begun)

    def elapsed(self) -> float:
        """Wall-clock seconds since the attempt began."""
        return time.monotonic() - self._started

    @property
    def over(self) -> bool:
        return self.elapsed() >= self._timeout_s

    def limits(self, limits: Limits, patience: float = 1.0) -> Limits:
        """The limits of a tactic that begins now, and is worth that much of them."""
        left_ms = int(1000 * (self._timeout_s - self.elapsed()))
        return replace(limits, ms=min(math.ceil(limits.ms * patience), max(LEAST_MS, left_ms)))


class GoalSearch:
    """The search for a proof of one state.

    A search without open goals has a candidate: it is verified at once, and only an accepted one is a proof. One that
    is refused is counted, and the search goes on.

    Args:
        assemble: the whole text, with a script in the place of the `sorry`.
        verify: the verdict on a whole text.
    """

    def __init__(
        self,
        root: State,
        problem: Problem,
        method: Method,
        clock: Clock,
        *,
        policy: Policy,
        env: Environment,
        assemble: Callable[[tuple[str, ...]], str],
        verify: Callable[[str], Awaitable[Verdict]],
        seed: int,
        memory: Memory,
    ) -> None:
        self.problem, self.method, self.clock = problem, method, clock
        self.policy, self.env = policy, env
        self.assemble, self.verify, self.seed, self.memory = assemble, verify, seed, memory
        self.root = root
        self.expansions = method.budget.expansions
        """How many the current round may take."""
        self.search = self._round()
        self.more = False
        """Did the policy have as many candidates for a state of the round as it was asked for?"""
        self.context = before_sorry(problem.text(), problem.hole or 0)
        self.repairs = Repairs()
        self.rejected = 0
        self.error = ""
        self.steps: tuple[Step, ...] = ()
        """The accepted proof: each tactic with how many goals it leaves."""
        self.text = ""
        self.axioms: tuple[str, ...] = ()
        self._queries: dict[int, Query] = {}

    async def step(self) -> StepResult:
        """Expand the next state.

        Raises:
            WorkerError: a worker failed beyond repair, or verification itself did, which says nothing about the proof.
        """
        if self.search.graph.expansions >= self.expansions:
            return "expansions"
        nodes = self.search.ask(1)
        if not nodes:
            if not self.more:
                return "exhausted"
            await self._begin_again()
            return "open"
        self.clock.usage.expansions += 1
        if await self._expand(nodes[0], await self._propose(nodes[0])):
            return "proved"
        await self._score()
        return "open"

    @property
    def script(self) -> tuple[str, ...]:
        """The accepted proof, a tactic a step."""
        return script_of(self.steps)

    @property
    def promise(self) -> float | None:
        """The critic's best value of a state that is open; None where no critic scored one."""
        scores = [node.score for node in self.search.graph.nodes if node.status == "open" and node.score is not None]
        return max(scores, default=None)

    async def forget(self) -> None:
        """Give back what the search still holds, unless the worker is gone anyway."""
        try:
            await self.env.drop([self.root, *self.search.held()])
        except WorkerError:
            return

    def _round(self) -> Search:
        """A search that has seen nothing yet."""
        return make_search(
            self.method.search,
            self.root,
            transpositions=self.method.ablation.transpositions,
            expansions=self.expansions,
            seed=self.seed,
        )

    async def _begin_again(self) -> None:
        """Where all states are dead ends and expansions are left: search once more. What failed on a state is known,
        and others are tried there instead."""
        await self._drop(self.search.held())
        self.expansions -= self.search.graph.expansions
        self.search, self.more = self._round(), False
        self._queries.clear()

    async def _propose(self, node: Node) -> list[Candidate]:
        """The candidates to try on a node: of those that failed in an earlier pass, as many others instead."""
        query = self._queries[node.id] = await self._query(node)
        samples, failed = self.method.budget.samples, self.memory.failed_at(node.state.hash)
        wanted = samples * (2 if self.repairs.late else 1) + len(failed)
        with self.clock.counts("policy_s"):
            (proposed,) = await self.policy.propose([query], wanted)
        self.more |= len(proposed) >= wanted
        new = [candidate for candidate in self.repairs.usable(proposed) if candidate.tactic not in failed]
        return self.search.untried(node, new)[:samples]

    async def _query(self, node: Node) -> Query:
        lemmas: tuple[str, ...] = ()
        symbols = await self.env.symbols(node.state)
        if self.method.retriever is not None and self.method.retriever.ready:
            lemmas = self.method.retriever.lemmas(symbols, LEMMAS, before=self.problem.before)
        return Query(node.state, self.problem.name, tactics(node), self.seed, lemmas, self.context, symbols.target)

    async def _expand(self, node: Node, candidates: Sequence[Candidate]) -> bool:
        """Try the candidates on the node; True when one of them ends a proof."""
        if not candidates:
            await self._drop(self.search.tell(node, [], []))
        left = self.method.budget.samples  # what is repaired may take the place of the least probable
        while candidates:
            chunk = _alike(candidates[:CHUNK])
            limits = self.clock.limits(self.method.limits, chunk[0].patience)
            shortened = limits.ms < self.method.limits.ms * chunk[0].patience  # the attempt ends before the tactic may
            outcomes = await self.env.apply(node.state, [each.tactic for each in chunk], limits)
            if not outcomes:
                raise WorkerError("The environment answered no tactic.", "This is a bug: please report it.")
            usage, query = self.clock.usage, self._queries[node.id]
            usage.tactics += len(outcomes)
            usage.lean_s += sum(outcome.lean_ms for outcome in outcomes) / 1000
            for candidate, outcome in zip(chunk, outcomes, strict=False):
                if not outcome.tried or (outcome.kind == "timeout" and shortened):
                    continue
                self.policy.learn(query, candidate.tactic, outcome.kind, outcome.lean_ms)
                if outcome.kind not in ("open", "proved"):
                    self.memory.fails(node.state.hash, candidate.tactic)
            left -= len(outcomes)
            told = [_as_told(candidate, outcome) for candidate, outcome in zip(candidates, outcomes, strict=False)]
            if outcomes[-1].kind == "proved":
                told[-1] = await self._plainly(node, told[-1], limits)
            candidates = [*self._repaired(told, outcomes), *candidates[len(outcomes) :]][:left]
            await self._drop(self.search.tell(node, [*told, *candidates], outcomes))
            while (proof := self.search.proof()) is not None:
                if await self._accepted(proof):
                    return True
                await self._drop(self.search.reject(proof))
            if node.status == "proved" or self.clock.over:
                return False
        return False

    async def _plainly(self, node: Node, candidate: Candidate, limits: Limits) -> Candidate:
        """What finishes the node, with the one alternative of its `first | …` that does, or without the attempts of
        its beginning that failed."""
        tactic, ways = candidate.tactic, alternatives(candidate.tactic)
        tried = ways or [each for each in [attempts(tactic)] if each]
        outcomes = await self.env.apply(node.state, tried, limits) if tried else []
        self.clock.usage.lean_s += sum(outcome.lean_ms for outcome in outcomes) / 1000
        if ways and outcomes and outcomes[-1].kind == "proved":
            tactic = ways[len(outcomes) - 1]
        elif not ways and outcomes and outcomes[0].kind == "open":
            tactic = successful(tactic, outcomes[0].states[0].goals[0])
        await self._drop([state for outcome in outcomes for state in outcome.states])
        if tactic != candidate.tactic:
            self.memory.fails(node.state.hash, candidate.tactic)  # should the proof be refused, it is not found again
        return replace(candidate, tactic=tactic)

    def _repaired(self, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> Iterator[Candidate]:
        """Those that failed, mended where Lean said how."""
        for candidate, outcome in zip(candidates, outcomes, strict=True):
            if outcome.kind == "error" and (tactic := self.repairs.repaired(candidate.tactic, outcome.message)):
                yield replace(candidate, tactic=tactic)

    async def _score(self) -> None:
        """Let the critic score what is new, where there is one and the search asks for it."""
        if self.method.critic is None or not (nodes := self.search.needs_scores()):
            return
        with self.clock.counts("policy_s"):
            values = await self.method.critic.score([Reached(node.state, node.logprob, node.depth) for node in nodes])
        self.search.score(nodes, values)

    async def _accepted(self, proof: Proof) -> bool:
        text = self.assemble(proof.script())
        verdict = await self.checked(text)
        if not verdict.accepted:
            self.rejected += 1
            self.error = "verification refused a candidate: " + "; ".join(verdict.reasons)
            return False
        self.steps, self.text, self.axioms = proof.shape(), text, verdict.axioms
        self.policy.succeeded(
            [(self._queries[node.id], tactic) for node, tactic in proof.steps() if node.id in self._queries]
        )
        return True

    async def checked(self, text: str) -> Verdict:
        """The verdict on a text, with the time that it took written down."""
        with self.clock.counts("verify_s"):
            return await self.verify(text)

    async def _drop(self, states: Sequence[State]) -> None:
        if states:
            await self.env.drop(states)


def _as_told(candidate: Candidate, outcome: Outcome) -> Candidate:
    """The candidate without its attempts that failed, where they can be told from the goal that it led to."""
    if outcome.kind != "open" or len(outcome.states) != 1:
        return candidate
    return replace(candidate, tactic=successful(candidate.tactic, outcome.states[0].goals[0]))


def _alike(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The first of them, up to one that has another time limit."""
    ends = (i for i, each in enumerate(candidates) if each.patience != candidates[0].patience)
    return candidates[: next(ends, len(candidates))]
