"""Policies: what proposes tactics for a state. `make` turns a name from a configuration into one."""

from __future__ import annotations

from lean_env.errors import UsageError
from prover.interfaces import Policy
from prover.policy.tactics import TacticsPolicy

__all__ = ["TacticsPolicy", "make"]


def make(spec: str, *, available: frozenset[str] = frozenset()) -> Policy:
    """The policy of that name.

    Args:
        available: for the built-in policy, which of Mathlib's tactics (`tactics.mathlib.WORDS`) the environment has.
    """
    if spec == "tactics":
        return TacticsPolicy(available=available)
    raise UsageError(f"There is no policy named {spec!r}.", "The built-in one is `tactics`.")
