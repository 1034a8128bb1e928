"""Which search one `sorry` gets: one of states, or one of whole proofs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lean_env.protocol import State
from lean_env.verify import Verdict
from prover.goal_search import Clock, GoalSearch
from prover.interfaces import Environment, Problem, ProofPolicy
from prover.method import WHOLE_PROOF, Memory, Method
from prover.whole_proof import StepwiseProofs, WholeProofSearch

Side = GoalSearch | WholeProofSearch


def make_side(
    root: State,
    problem: Problem,
    method: Method,
    clock: Clock,
    *,
    env: Environment,
    assemble: Callable[[tuple[str, ...]], str],
    verify: Callable[[str], Awaitable[Verdict]],
    seed: int,
    memory: Memory,
) -> Side:
    """The search for a proof of a state, by the method's policy and search.

    Args:
        assemble: the whole text, with a script in the place of the `sorry`.
        verify: the verdict on a whole text.
        memory: what earlier passes over the problem found out; added to.
    """
    policy = method.policy
    if isinstance(policy, ProofPolicy) or method.search == WHOLE_PROOF:
        writer = policy if isinstance(policy, ProofPolicy) else StepwiseProofs(policy)
        return WholeProofSearch(
            root, problem, method, clock, policy=writer, assemble=assemble, verify=verify, seed=seed
        )
    return GoalSearch(
        root,
        problem,
        method,
        clock,
        policy=policy,
        env=env,
        assemble=assemble,
        verify=verify,
        seed=seed,
        memory=memory,
    )
