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
        self.more, self.known = False, memory.size
        """Did the policy have as many candidates for a state of the round as it was asked for? And what was known to
        fail when the round began: where nothing was added, it would go the same way again."""
        self.refused: set[str] = set()
        """Texts that verification refused."""
        self.context = before_sorry(problem.text(), problem.hole or 0)
        self.repairs = Repairs()
        self.cut_short: list[Candidate] = []
        """Those of the first state that ran out of the part of the time limit that they were worth."""
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
        spent = self.search.graph.expansions >= self.expansions
        nodes = [] if spent else self.search.ask(1)
        if nodes:
            self.clock.usage.expansions += 1
            candidates = await self._propose(nodes[0])
        elif not spent and self.more and self.memory.size != self.known:
            await self._begin_again()
            return "open"
        elif self.cut_short:
            nodes, candidates = await self._last_chance()
        else:
            return "expansions" if spent else "exhausted"
        if await self._expand(nodes[0], candidates):
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
        self.search, self.more, self.known = self._round(), False, self.memory.size
        self._queries.clear()

    async def _last_chance(self) -> tuple[list[Node], list[Candidate]]:
        """The first state again, and what was cut short there, with all of the time limit: on a slow machine a proof
        may be among it."""
        await self._begin_again()
        nodes = self.search.ask(1)
        self._queries[nodes[0].id] = await self._query(nodes[0])
        candidates, self.cut_short = [replace(each, patience=1.0) for each in self.cut_short], []
        return nodes, candidates

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
            outcomes = await self._run(node, [each.tactic for each in chunk], limits)
            if not outcomes:
                raise WorkerError("The environment answered no tactic.", "This is a bug: please report it.")
            query = self._queries[node.id]
            for candidate, outcome in zip(chunk, outcomes, strict=False):
                if not outcome.tried or (outcome.kind == "timeout" and shortened):
                    continue
                if outcome.kind == "timeout" and candidate.patience < 1 and node.depth == 0:
                    self.cut_short.append(candidate)
                self.policy.learn(query, candidate.tactic, outcome.kind, outcome.lean_ms)
                if outcome.kind not in ("open", "proved"):
                    self.memory.fails(node.state.hash, candidate.tactic)
            left -= len(outcomes)
            told, candidates = candidates[: len(outcomes)], candidates[len(outcomes) :]
            new = self.search.untried(node, [*told, *self._repaired(node, told, outcomes), *candidates])
            candidates = new[len(told) :][:left]
            written = await self._written(node, told, outcomes, limits)
            await self._drop(self.search.tell(node, [*told, *candidates], outcomes))
            for edge in node.edges if written else ():
                edge.written = written.get(edge.tactic, edge.written)
            while (proof := self.search.proof()) is not None:
                if await self._accepted(proof):
                    return True
                await self._drop(self.search.reject(proof))
            if node.status == "proved" or self.clock.over:
                return False
        return False

    async def _run(self, node: Node, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        """What the tactics do to the node, counted."""
        outcomes = await self.env.apply(node.state, tactics, limits)
        self.clock.usage.tactics += len(outcomes)
        self.clock.usage.lean_s += sum(outcome.lean_ms for outcome in outcomes) / 1000
        return outcomes

    async def _written(
        self, node: Node, candidates: Sequence[Candidate], outcomes: Sequence[Outcome], limits: Limits
    ) -> dict[str, str]:
        """Those of the tactics that did something, without what is not needed of them: attempts that failed, where the
        goals tell, and alternatives to the one that finishes the node."""
        goal, found = node.state.goals[0], {}
        for candidate, outcome in zip(candidates, outcomes, strict=True):
            if outcome.kind == "open" and len(outcome.states) == 1:
                less = successful(candidate.tactic, goal, outcome.states[0].goals[0])
                if less != candidate.tactic:
                    found[candidate.tactic] = less
        if outcomes[-1].kind != "proved":
            return found
        last = candidates[-1].tactic
        ways, beginning = alternatives(last), attempts(last)
        tried = ways or ([beginning] if beginning else [])
        again = await self._run(node, tried, limits) if tried else []
        if ways and again and again[-1].kind == "proved":
            found[last] = ways[len(again) - 1]
        elif beginning and again and again[0].kind == "open":
            found[last] = successful(last, goal, again[0].states[0].goals[0])
        await self._drop([state for outcome in again for state in outcome.states])
        return found

    def _repaired(
        self, node: Node, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]
    ) -> Iterator[Candidate]:
        """Those that failed, mended where Lean said how."""
        failed = self.memory.failed_at(node.state.hash)
        for candidate, outcome in zip(candidates, outcomes, strict=True):
            tactic = self.repairs.repaired(candidate.tactic, outcome.message) if outcome.kind == "error" else None
            if tactic is not None and tactic not in failed:
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
        if text in self.refused:
            return False
        verdict = await self.checked(text)
        if not verdict.accepted:
            self.refused.add(text)
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


def _alike(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The first of them, up to one that has another time limit."""
    ends = (i for i, each in enumerate(candidates) if each.patience != candidates[0].patience)
    return candidates[: next(ends, len(candidates))]
