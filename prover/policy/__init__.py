"""Policies: what proposes tactics for a state. `make` turns a name from a configuration into one."""

from __future__ import annotations

from lean_env.errors import UsageError
from prover.interfaces import Policy
from prover.policy.tactics import TacticsPolicy

__all__ = ["TacticsPolicy", "make"]


def make(spec: str, *, available: frozenset[str] = frozenset(), learning: bool = True, uniform: bool = False) -> Policy:
    """The policy of that name.

    Args:
        available: for the built-in policy, which of Mathlib's tactics (`tactics.mathlib.WORDS`) the environment has.
        learning: for the built-in policy, whether its priors learn from what happens in the run.
        uniform: give every candidate the same probability.
    """
    if spec == "tactics":
        return TacticsPolicy(available, learning=learning, uniform=uniform)
    raise UsageError(f"There is no policy named {spec!r}.", "The built-in one is `tactics`.")
