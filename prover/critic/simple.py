"""Critics without a model."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from lean_env.protocol import State
from prover.interfaces import Reached

_TOKEN = re.compile(r"[\w'.]+|[^\s\w]")
# A goal of so many symbols is worth a half.
_HALF = 40


class SizeCritic:
    """Prefers few and small goals: the value of a state is the product over its goals of `40 / (40 + symbols)`.

    It knows nothing about Lean, and is there so that critic-guided searches can be used without a model.
    """

    name = "size"

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """A value between 0 and 1 for each state."""
        return [self.value(each.state) for each in reached]

    def value(self, state: State) -> float:
        """The value of one state."""
        value = 1.0
        for goal in state.goals:
            target = goal.rsplit("⊢", 1)[-1]
            value *= _HALF / (_HALF + len(_TOKEN.findall(target)))
        return value


class ConfidenceCritic:
    """The policy's own confidence: the geometric mean of the probabilities of the tactics on the path.

    What critics are measured against in HunyuanProver (arXiv:2412.20735).
    """

    name = "logprob"

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """A value between 0 and 1 for each state; 1 for the statement itself."""
        return [math.exp(each.logprob / max(1, each.depth)) for each in reached]


class ConstantCritic:
    """The same value for every state: a critic-guided search then goes by its ties alone."""

    name = "constant"

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """A half for each."""
        return [0.5] * len(reached)
