"""The released best-first loop, as a baseline: what the same policy proves without the rest of this program.

It follows `best_first_search` of the script that was released with InternLM2.5-StepProver (InternLM/InternLM-Math,
`minif2f/proofsearch_internLM2.5-StepProver.py`, itself from the few-shot prover of LeanDojo's users), step by step:

- the priority of a state is the sum of the log-probabilities on its path, ties by the tactics themselves;
- one state is taken at a time, the policy is asked for that state alone, and each tactic is a request of its own;
- a state is known by what Lean prints. Its count goes up when it is queued and when it is taken, and it is queued only
  while the count is at most one: so a second way to a state is tried if it is found before the first is expanded;
- nothing is shared, between states or attempts: a tactic that failed on a state is tried again on its second visit;
- the first state without goals ends the search, whatever it is worth.

Three things differ, none of which costs it a proof. The policy is ours, whichever the run names. A candidate counts
as a proof only when it is verified; one that is refused ends the attempt as `not_proved`. The time limit is looked at
between tactics and gives a record, where the script's Lean session breaks off.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from lean_env.errors import UsageError, WorkerError
from lean_env.protocol import Hole, Outcome, State
from prover.goal_search import Clock
from prover.interfaces import Attempt, Environment, Problem, ProofPolicy, Query, Result, StopReason, Verifier
from prover.method import Memory, Method
from prover.problems.leantext import before_sorry, sorries
from prover.script import fill
from prover.search.graph import Graph

MOST_VISITS = 2
"""`visited.get(state, 0) <= 1` in the script."""

Entry = tuple[float, tuple[str, ...], int, State]
"""Minus the log-probability of the path, its tactics, the order in which it was queued, the state."""


async def attempt(
    problem: Problem,
    method: Method,
    *,
    env: Environment,
    verify: Verifier,
    seed: int,
    pass_index: int,
    memory: Memory | None = None,
    watch: Callable[[Graph], None] | None = None,
    clock: Callable[[float], Clock] = Clock,
) -> Attempt:
    """One pass of the published loop over one problem; takes what `prover.attempt.attempt` takes.

    Args:
        method: of which the policy, the budget and the limits count.
        env: a session that never splits the goals of a state.
        memory: not looked at; nor is `watch`.
        clock: makes, of the time limit, what measures against it.
    """
    loop = _Loop(problem, method, env, verify, seed, clock(method.timeout_s))
    try:
        result, stop = await loop.run()
    except WorkerError as error:
        result, stop, loop.error = "error", "error", _one_line(str(error))
    usage = loop.clock.usage
    usage.wall_s = loop.clock.elapsed()
    proved = result == "proved"
    return Attempt(
        problem=problem.name,
        pass_index=pass_index,
        result=result,
        stop=stop,
        seed=seed,
        tactics=loop.proof if proved else (),
        text=loop.text if proved else "",
        axioms=loop.axioms if proved else (),
        error="" if proved else loop.error,
        rejected=loop.rejected,
        usage=usage,
    )


class _Loop:
    """What changes while the loop runs."""

    def __init__(
        self, problem: Problem, method: Method, env: Environment, verify: Verifier, seed: int, clock: Clock
    ) -> None:
        if isinstance(method.policy, ProofPolicy):
            raise UsageError("The published loop needs a policy of tactics.", "Name one with --policy.")
        self.problem, self.env, self.policy, self.verify = problem, env, method.policy, verify
        self.budget, self.limits, self.seed, self.clock = method.budget, method.limits, seed, clock
        self.error = ""
        self.rejected = 0
        self.proof: tuple[str, ...] = ()
        self.text = ""
        self.axioms: tuple[str, ...] = ()
        self._visited: dict[str, int] = {}
        self._queue: list[Entry] = []
        self._queued = 0

    async def run(self) -> tuple[Result, StopReason]:
        original = self.problem.text()
        opened = await self.env.open(original, self.problem.before)
        self.clock.usage.lean_s += opened.lean_ms / 1000
        index = self.problem.hole or 0
        if opened.error is not None or index >= len(opened.holes):
            self.error = _one_line(opened.error or "there is no such `sorry` in the text")
            await self.env.drop([hole.state for hole in opened.holes])
            return "not_elaborated", "not_elaborated"
        hole = opened.holes[index]
        await self.env.drop([other.state for other in opened.holes if other is not hole])
        self._queue = [(0.0, (), 0, hole.state)]
        try:
            return await self._search(original, hole)
        finally:
            await self._forget()

    async def _search(self, original: str, hole: Hole) -> tuple[Result, StopReason]:
        context = before_sorry(original, self.problem.hole or 0)
        for _ in range(self.budget.expansions):
            if not self._queue:
                return "not_proved", "exhausted"
            cost, steps, _, state = heapq.heappop(self._queue)
            self._visit(printed(state))
            self.clock.usage.expansions += 1
            constants = (await self.env.symbols(state)).target
            query = Query(state, self.problem.name, steps, self.seed, context=context, constants=constants)
            with self.clock.counts("policy_s"):
                (candidates,) = await self.policy.propose([query], self.budget.samples)
            try:
                for candidate in candidates[: self.budget.samples]:
                    if self.clock.over:
                        return "not_proved", "timeout"
                    tactic = candidate.tactic.strip()
                    outcome = await self._try(state, tactic)
                    if outcome.kind == "proved":
                        return await self._judge(original, hole, (*steps, tactic))
                    for after in outcome.states:
                        await self._push(cost - candidate.logprob, (*steps, tactic), after)
            finally:
                await self.env.drop([state])
        return "not_proved", "expansions"

    async def _try(self, state: State, tactic: str) -> Outcome:
        (outcome,) = await self.env.apply(state, [tactic], self.clock.limits(self.limits))
        self.clock.usage.tactics += 1
        self.clock.usage.lean_s += outcome.lean_ms / 1000
        return outcome

    async def _push(self, cost: float, steps: tuple[str, ...], state: State) -> None:
        if self._visited.get(printed(state), 0) >= MOST_VISITS:
            await self.env.drop([state])
            return
        self._visit(printed(state))
        self._queued += 1
        heapq.heappush(self._queue, (cost, steps, self._queued, state))

    def _visit(self, state: str) -> None:
        self._visited[state] = self._visited.get(state, 0) + 1

    async def _judge(self, original: str, hole: Hole, proof: tuple[str, ...]) -> tuple[Result, StopReason]:
        """The first state without goals is the loop's answer, right or wrong."""
        text = fill(original, hole, proof)
        with self.clock.counts("verify_s"):
            verdict = await self.verify(original, text, left=sorries(original) - 1, before=self.problem.before)
        if not verdict.accepted:
            self.rejected = 1
            self.error = _one_line("verification refused the proof: " + "; ".join(verdict.reasons))
            return "not_proved", "exhausted"
        self.proof, self.text, self.axioms = proof, text, verdict.axioms
        return "proved", "proved"

    async def _forget(self) -> None:
        try:
            await self.env.drop([state for *_, state in self._queue])
        except WorkerError:  # they are gone with it
            return


def printed(state: State) -> str:
    """What the loop knows a state by."""
    return "\n\n".join(state.goals)


def _one_line(text: str) -> str:
    return " ".join(text.split())
