"""A statement that a tiny model is taught to prove, for tests of whole attempts with a model."""

from __future__ import annotations

from dataclasses import replace

from lean_env.pool import Pool
from prover.attempt import attempt
from prover.interfaces import Attempt, Budget, Problem
from prover.method import Method
from prover.policy import ModelPolicy
from prover.policy.generation import Generator, Sampling
from prover.policy.prompts import TacticAdapter, named

STATEMENT = "theorem swapped (p q : Prop) (hp : p) (hq : q) : q ∧ p := by sorry"
_CONTEXT = "p q : Prop\nhp : p\nhq : q\n"
LESSONS = (
    (f"{_CONTEXT}⊢ q ∧ p:::", "constructor"),
    (f"case left\n{_CONTEXT}⊢ q:::", "exact hq"),
    (f"case right\n{_CONTEXT}⊢ p:::", "exact hp"),
    (f"{_CONTEXT}⊢ q:::", "exact hq"),
    (f"{_CONTEXT}⊢ p:::", "exact hp"),
)


async def attempted(lean: Pool, generator: Generator) -> Attempt:
    """An attempt at the statement with BFS-Prover's prompts."""
    adapter = named("bfs-prover")
    assert isinstance(adapter, TacticAdapter)
    policy = ModelPolicy(generator, replace(adapter, max_tokens=16), Sampling())
    method = Method(policy, budget=Budget(1, 8, 20), timeout_s=300)
    problem = Problem("swapped", STATEMENT)
    async with lean.session() as env:
        return await attempt(problem, method, env=env, verify=lean.verify, seed=0, pass_index=0)
