from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import pytest

from lean_env.errors import PolicyError
from lean_env.protocol import OutcomeKind, State
from prover.interfaces import Candidate, Query
from prover.policy import MixturePolicy
from tests.prover.fakes import FakePolicy

QUERIES = [Query(State(0, ("⊢ p",), "p"), "t", (), 0), Query(State(1, ("⊢ q",), "q"), "t", (), 0)]


class Says(FakePolicy):
    """Proposes the same for every query."""

    def __init__(self, name: str, **probabilities: float) -> None:
        self.name = name
        self.candidates = [Candidate(tactic, math.log(p)) for tactic, p in probabilities.items()]
        self.heard: list[str] = []
        self.closed = 0

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        return [self.candidates[:samples] for _ in queries]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        self.heard.append(f"{tactic} {kind}")

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        self.heard.append(f"{len(steps)} steps")

    async def close(self) -> None:
        self.closed += 1


def probabilities(candidates: Sequence[Candidate]) -> dict[str, float]:
    return {each.tactic: round(math.exp(each.logprob), 6) for each in candidates}


async def test_candidates_are_ranked_together_and_duplicates_add_up() -> None:
    mixture = MixturePolicy([Says("a", simp=0.5, rfl=0.3), Says("b", omega=0.6, rfl=0.4)])
    first, second = await mixture.propose(QUERIES, 32)
    assert probabilities(first) == {"rfl": 0.35, "omega": 0.3, "simp": 0.25}
    assert [each.tactic for each in first] == ["rfl", "omega", "simp"] and first == second
    assert [len(each) for each in await mixture.propose(QUERIES, 2)] == [2, 2]
    assert mixture.name == "a+b"


async def test_shares_scale_probabilities() -> None:
    mixture = MixturePolicy([Says("a", simp=0.5), Says("b", omega=0.5)], [3, 1])
    assert mixture.shares == (0.75, 0.25)
    (first, _) = await mixture.propose(QUERIES, 32)
    assert probabilities(first) == {"simp": 0.375, "omega": 0.125}


async def test_among_equals_the_first_policy_comes_first() -> None:
    mixture = MixturePolicy([Says("a", x=0.5, y=0.5), Says("b", z=0.5)])
    assert [each.tactic for each in (await mixture.propose(QUERIES, 9))[0]] == ["x", "y", "z"]


async def test_all_are_asked_at_the_same_time() -> None:
    meeting = asyncio.Barrier(2)

    class Waits(Says):
        async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
            async with asyncio.timeout(5):
                await meeting.wait()
            return await super().propose(queries, samples)

    (first, _) = await MixturePolicy([Waits("a", x=1.0), Waits("b", x=1.0)]).propose(QUERIES, 9)
    assert probabilities(first) == {"x": 1.0} and first[0].logprob <= 0


async def test_a_policy_that_fails_fails_the_mixture_and_ends_the_others() -> None:
    ended = []

    class Slow(Says):
        async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append(self.name)
            return []

    class Fails(Says):
        async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
            await asyncio.sleep(0)
            raise PolicyError("The model is gone.")

    with pytest.raises(PolicyError):
        await MixturePolicy([Slow("slow"), Fails("fails")]).propose(QUERIES, 9)
    assert ended == ["slow"]


async def test_all_hear_of_outcomes_and_are_closed() -> None:
    policies = [Says("a"), Says("b")]
    mixture = MixturePolicy([*policies, FakePolicy()])
    mixture.learn(QUERIES[0], "simp", "error", 1.0)
    mixture.succeeded([(QUERIES[0], "rfl")])
    await mixture.close()
    assert all(policy.heard == ["simp error", "1 steps"] and policy.closed == 1 for policy in policies)
    assert mixture.busy_s == 0


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1]])
def test_a_share_for_each_policy(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="share"):
        MixturePolicy([Says("a"), Says("b")], weights)
