from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lean_env.protocol import State
from lean_env.verify import Verdict
from prover.goal_search import Clock
from prover.interfaces import Budget, Candidate, FailedProof, Problem, ProofQuery, Query
from prover.method import Method
from prover.whole_proof import StepwiseProofs, WholeProofSearch, left_by
from tests.prover.fakes import FakePolicy

ROOT = State(0, ("⊢ p",), "p")
PROBLEM = Problem("t", "theorem t : p := by sorry")


@dataclass
class Rounds:
    """Writes the proofs of one round after another, and notes what it was told."""

    rounds: list[list[tuple[str, ...]]]
    name: str = "rounds"
    queries: list[ProofQuery] = field(default_factory=list)

    async def complete(self, query: ProofQuery, samples: int) -> list[tuple[str, ...]]:
        self.queries.append(query)
        return self.rounds.pop(0) if self.rounds else []


def search(policy: Rounds, good: Sequence[str], errors: tuple[str, ...] = ("no",), **budget: int) -> WholeProofSearch:
    async def verify(text: str) -> Verdict:
        accepted = text in good
        return Verdict(accepted, () if accepted else ("line 1: no",), (), "fake", () if accepted else errors)

    method = Method(FakePolicy(), budget=Budget(1, budget.get("samples", 4), budget.get("rounds", 3)))
    return WholeProofSearch(
        ROOT, PROBLEM, method, Clock(60), policy=policy, assemble="; ".join, verify=verify, seed=1
    )  # fmt: skip


async def test_each_proof_is_checked_at_once_and_errors_are_fed_back() -> None:
    policy = Rounds([[("a",), ("b",)], [("a", "c"), ("d",)]])
    rounds = search(policy, ["a; c"], errors=("unsolved goals\n⊢ q",))
    assert await rounds.step() == "open"
    assert await rounds.step() == "proved"
    assert (rounds.script, rounds.text) == (("a", "c"), "a; c")
    assert policy.queries[0].failed == ()
    assert policy.queries[1].failed == (
        FailedProof(("a",), ("unsolved goals\n⊢ q",)),
        FailedProof(("b",), ("unsolved goals\n⊢ q",)),
    )
    assert (rounds.clock.usage.expansions, rounds.clock.usage.tactics) == (2, 4)


async def test_a_proof_is_checked_once_and_rounds_end() -> None:
    policy = Rounds([[("a",), ("a",)], [("a",)], [("b",)]])
    rounds = search(policy, [])
    assert await rounds.step() == "open"
    assert await rounds.step() == "exhausted"  # nothing new
    assert rounds.clock.usage.tactics == 1
    rounds = search(Rounds([[("a",)], [("b",)]]), [], rounds=1)
    assert [await rounds.step(), await rounds.step()] == ["open", "expansions"]


async def test_an_answer_that_comes_too_late_does_not_end_it_as_exhausted() -> None:
    rounds = search(Rounds([[("a",)], [("b",)]]), [])
    rounds.clock = Clock(0)
    assert await rounds.step() == "open"
    assert rounds.clock.over and rounds.clock.usage.tactics == 0


async def test_no_more_proofs_than_samples_are_checked() -> None:
    rounds = search(Rounds([[(str(i),) for i in range(9)]]), [], samples=3)
    await rounds.step()
    assert rounds.clock.usage.tactics == 3


class ByGoal(FakePolicy):
    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        return [[Candidate(f"{query.state.goals[0][2:]}{i}", -1.0) for i in range(samples)] for query in queries]


async def test_a_policy_of_tactics_closes_the_goals_that_a_proof_left() -> None:
    policy = StepwiseProofs(ByGoal())
    assert await policy.complete(ProofQuery(ROOT, PROBLEM, 0), 2) == [("p0",), ("p1",)]
    failed = (
        FailedProof(("x",), ("unsolved goals\ncase inl\n⊢ q\n\ncase inr\n⊢ r",)),
        FailedProof(("y",), ("unknown identifier",)),
        FailedProof(("z",), ("unsolved goals\n⊢ s",)),
    )
    repairs = await policy.complete(ProofQuery(ROOT, PROBLEM, 0, failed), 3)
    assert repairs == [("x", "q0"), ("z", "s0"), ("x", "q1")]


def test_only_goals_left_and_nothing_else_can_be_gone_on_with() -> None:
    assert left_by(("unsolved goals\nn : Nat\nh : n = 1\n⊢ n < 2",)) == ("n : Nat\nh : n = 1\n⊢ n < 2",)
    assert left_by(("unsolved goals\n⊢ a", "unknown identifier")) == ()
    assert left_by(("omega could not prove the goal",)) == ()
    assert left_by(()) == ()
