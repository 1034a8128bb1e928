"""Stepwise: an automated theorem-proving agent for Lean 4.

    from prover import prove
    result = prove("theorem t : 2 + 2 = 4 := by sorry")

What stands here is imported when it is first used, so that `import prover` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lean_env.errors import StepwiseError
    from prover.api import prove, prove_async
    from prover.interfaces import Attempt, Budget, Problem, Usage
    from prover.report import Summary
    from prover.run import RunResult

__all__ = ["Attempt", "Budget", "Problem", "RunResult", "StepwiseError", "Summary", "Usage", "prove", "prove_async"]

_HOMES = {
    "prover.api": ("prove", "prove_async"),
    "prover.interfaces": ("Attempt", "Budget", "Problem", "Usage"),
    "prover.report": ("Summary",),
    "prover.run": ("RunResult",),
    "lean_env.errors": ("StepwiseError",),
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("stepwise-prover")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'prover' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
