"""Whole-proof mode: complete proofs, each checked at once; Lean's errors are fed back for rounds of repair.

The way of DeepSeek-Prover-V2 (arXiv:2504.21801) and Goedel-Prover-V2 (arXiv:2508.03613, "verifier-guided
self-correction"): no tactic states, only texts. In a budget `PxS[xK]` a pass asks for `S` proofs, then at most `K - 1`
times for `S` repairs of those that failed.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

from lean_env.protocol import State
from lean_env.verify import Verdict
from prover.goal_search import Clock, StepResult
from prover.interfaces import FailedProof, Policy, Problem, ProofPolicy, ProofQuery, Query
from prover.method import Method
from prover.problems.leantext import before_sorry
from prover.search.proof import Step

_UNSOLVED = "unsolved goals"
_CASE = re.compile(r"^case [^\n]*\n", re.MULTILINE)
# Repairs tried for one failed proof.
_REPAIRS = 4


class StepwiseProofs:
    """Makes a policy of tactics write whole proofs: at first its candidates for the statement, each by itself; then
    what failed with goals left, with a candidate for the first of those goals added."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.name = policy.name

    async def complete(self, query: ProofQuery, samples: int) -> list[tuple[str, ...]]:
        """At most `samples` proofs."""
        if not query.failed:
            return [(tactic,) for tactic in await self._tactics(query, query.state, (), samples)]
        proofs = []
        for failed in query.failed:
            if goals := left_by(failed.errors):
                state = State(-1, goals, "\n".join(goals))
                wanted = min(samples, _REPAIRS)
                proofs.append([(*failed.script, t) for t in await self._tactics(query, state, failed.script, wanted)])
        # the first repair of each, then the second of each
        ranked = [proof for rank in range(_REPAIRS) for each in proofs for proof in each[rank : rank + 1]]
        return ranked[:samples]

    async def _tactics(self, query: ProofQuery, state: State, before: tuple[str, ...], samples: int) -> list[str]:
        context = before_sorry(query.problem.text(), query.problem.hole or 0)
        asked = Query(state, query.problem.name, before, query.seed, context=context)
        (candidates,) = await self.policy.propose([asked], samples)
        return [candidate.tactic for candidate in candidates]


def left_by(errors: Sequence[str]) -> tuple[str, ...]:
    """The goals that a proof left, if that is all that Lean says against it."""
    if len(errors) != 1 or not errors[0].startswith(_UNSOLVED):
        return ()
    goals = _CASE.sub("", errors[0].removeprefix(_UNSOLVED)).strip().split("\n\n")
    return tuple(goal.strip() for goal in goals if "⊢" in goal)


class WholeProofSearch:
    """Rounds of whole proofs for one `sorry`; takes its turns in an attempt as `prover.goal_search.GoalSearch` does.

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
        policy: ProofPolicy,
        assemble: Callable[[tuple[str, ...]], str],
        verify: Callable[[str], Awaitable[Verdict]],
        seed: int,
    ) -> None:
        self.method, self.clock, self.policy = method, clock, policy
        self.assemble, self.verify = assemble, verify
        self.rejected = 0
        self.error = ""
        self.promise: float | None = None
        """Always: there are no states for a critic."""
        self.script: tuple[str, ...] = ()
        self.steps: tuple[Step, ...] = ()
        """Nothing: how many goals each tactic leaves is not known."""
        self.text = ""
        self.axioms: tuple[str, ...] = ()
        self._rounds = 0
        self._query = ProofQuery(root, problem, seed)
        self._seen: set[tuple[str, ...]] = set()

    async def step(self) -> StepResult:
        """One round.

        Raises:
            WorkerError: a worker failed beyond repair, or verification itself did.
        """
        if self._rounds >= self.method.budget.expansions:
            return "expansions"
        with self.clock.counts("policy_s"):
            proofs = await self.policy.complete(self._query, self.method.budget.samples)
        usage = self.clock.usage
        usage.expansions += 1
        self._rounds += 1
        failed = []
        for script in dict.fromkeys(proofs[: self.method.budget.samples]):
            if script in self._seen or self.clock.over:
                continue
            self._seen.add(script)
            usage.tactics += len(script)
            errors = await self._errors(script)
            if not errors:
                return "proved"
            failed.append(FailedProof(script, errors))
        self._query = ProofQuery(self._query.state, self._query.problem, self._query.seed, tuple(failed))
        return "open" if failed or self.clock.over else "exhausted"

    async def forget(self) -> None:
        """There are no states to give back."""

    async def _errors(self, script: tuple[str, ...]) -> tuple[str, ...]:
        """What is wrong with a proof: nothing where verification has accepted it."""
        text = self.assemble(script)
        verdict = await self.checked(text)
        if not verdict.accepted:
            self.rejected += not verdict.errors  # Lean itself found nothing wrong
            self.error = "verification refused a proof: " + "; ".join(verdict.reasons)
            return verdict.errors or verdict.reasons
        self.script, self.text, self.axioms = script, text, verdict.axioms
        return ()

    async def checked(self, text: str) -> Verdict:
        """The verdict on a text, with the time that it took written down."""
        with self.clock.counts("verify_s"):
            return await self.verify(text)
