"""Critics: what scores states for a search. `make` turns a name from a configuration into one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lean_env.errors import UsageError
from lean_env.protocol import State
from prover.interfaces import Critic

__all__ = ["SizeCritic", "make"]

_TOKEN = re.compile(r"[\w'.]+|[^\s\w]")
# A goal of so many symbols is worth a half.
_HALF = 40


class SizeCritic:
    """Prefers few and small goals: the value of a state is the product over its goals of `40 / (40 + symbols)`.

    It knows nothing about Lean, and is there so that critic-guided searches can be used without a model.
    """

    name = "size"

    async def score(self, states: Sequence[State]) -> list[float]:
        """A value between 0 and 1 for each state."""
        return [self.value(state) for state in states]

    def value(self, state: State) -> float:
        """The value of one state."""
        value = 1.0
        for goal in state.goals:
            target = goal.rsplit("⊢", 1)[-1]
            value *= _HALF / (_HALF + len(_TOKEN.findall(target)))
        return value


def make(spec: str) -> Critic | None:
    """The critic of that name; None for `none`.

    Raises:
        UsageError: there is none of that name.
    """
    if spec == "none":
        return None
    if spec == "size":
        return SizeCritic()
    raise UsageError(f"There is no critic named {spec!r}.", "Choose from: none, size.")
