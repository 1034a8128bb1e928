"""Tactics tried on a real Lean, for the tests of the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lean_env.pool import Pool
from lean_env.protocol import Limits, Outcome, State
from prover.interfaces import Query
from prover.policy import TacticsPolicy
from prover.policy.tactics.view import View, view_of
from prover.problems.leantext import before_sorry


async def tried(
    lean: Pool, text: str, tactics: Callable[[State], Sequence[str]], limits: Limits | None = None
) -> list[Outcome]:
    """What comes of the tactics for the first `sorry` of a text, up to the first that proves it."""
    async with lean.session() as env:
        opened = await env.open(text)
        assert opened.error is None
        state = opened.holes[0].state
        return await env.apply(state, tactics(state), limits or Limits(ms=20_000))


async def one_step(lean: Pool, text: str, samples: int) -> list[Outcome]:
    """What comes of the policy's candidates for the first `sorry` of a text, up to the first that proves it."""
    async with lean.session() as env:
        opened = await env.open(text)
        assert opened.error is None
        state = opened.holes[0].state
        constants = (await env.symbols(state)).target
        return await env.apply(state, offered(state, text, samples, constants), Limits(ms=20_000))


async def closed_in_one_step(lean: Pool, statement: str, samples: int, file: str = "") -> None:
    """Fails unless one of the policy's candidates proves the statement, behind what the file declares."""
    outcomes = await one_step(lean, f"{file}theorem t {statement} := by sorry", samples)
    assert outcomes[-1].kind == "proved", [(o.kind, o.message[:80]) for o in outcomes]


def look(state: State, text: str) -> View:
    """What the rules look at, in that text."""
    view = view_of(state.goals, (), (), before_sorry(text, 0))
    assert view is not None
    return view


def offered(state: State, text: str, samples: int, constants: Sequence[str] = ()) -> list[str]:
    """The candidates of the built-in policy, in that text."""
    query = Query(state, "t", (), 0, (), before_sorry(text, 0) if text else "", tuple(constants))
    return [candidate.tactic for candidate in TacticsPolicy(learning=False).candidates(query, samples)]
