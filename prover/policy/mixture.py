"""Several policies as one: each proposes, and their candidates are ranked together."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from lean_env.protocol import OutcomeKind
from prover.interfaces import Candidate, Policy, Query
from prover.policy.model import logaddexp


class MixturePolicy:
    """The mixture of policies: a tactic's probability is the sum of its probabilities, each times its policy's share.

    Args:
        weights: the policies' shares, in proportion; equal ones by default.
    """

    def __init__(self, policies: Sequence[Policy], weights: Sequence[float] = ()) -> None:
        weights = weights or [1.0] * len(policies)
        if not policies or len(weights) != len(policies) or not all(weight > 0 for weight in weights):
            raise ValueError("a mixture needs policies, and a share above 0 for each")
        self.policies = tuple(policies)
        self.shares = tuple(weight / sum(weights) for weight in weights)
        self.name = "+".join(policy.name for policy in policies)

    @property
    def busy_s(self) -> float:
        """Seconds in which models had something to do; several at the same time count each."""
        return sum((getattr(policy, "busy_s", 0.0) for policy in self.policies), 0.0)

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        """At most `samples` candidates for each query, of all that the policies propose.

        Raises:
            PolicyError: one of the policies failed.
        """
        tasks = [asyncio.ensure_future(policy.propose(queries, samples)) for policy in self.policies]
        try:
            proposed = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return [self._mixed(candidates)[:samples] for candidates in zip(*proposed, strict=True)]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        """Tell all of them."""
        for policy in self.policies:
            policy.learn(query, tactic, kind, lean_ms)

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        """Tell all of them."""
        for policy in self.policies:
            policy.succeeded(steps)

    async def load(self) -> None:
        """Load the models of this process now."""
        for policy in self.policies:
            if load := getattr(policy, "load", None):
                await load()

    async def close(self) -> None:
        """Let go of the models."""
        for policy in self.policies:
            if close := getattr(policy, "close", None):
                await close()

    def _mixed(self, proposed: Sequence[Sequence[Candidate]]) -> list[Candidate]:
        logprobs: dict[str, float] = {}
        patience: dict[str, float] = {}
        for share, candidates in zip(self.shares, proposed, strict=True):
            for candidate in candidates:
                logprob, before = candidate.logprob + math.log(share), logprobs.get(candidate.tactic)
                logprobs[candidate.tactic] = logprob if before is None else logaddexp(logprob, before)
                patience[candidate.tactic] = max(candidate.patience, patience.get(candidate.tactic, 0.0))
        mixed = [Candidate(tactic, min(0.0, logprob), patience[tactic]) for tactic, logprob in logprobs.items()]
        return sorted(mixed, key=lambda candidate: -candidate.logprob)  # stable: among equals, the first policy's first
