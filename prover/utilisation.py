"""How busy the parts of a run are: Lean's workers, the policy's model, the critic's."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Watched:
    busy_s: Callable[[], float]
    lanes: int
    began: float
    busy_then: float


class Utilisation:
    """The share of the time in which each part had something to do, since it has been watched.

    A model that is idle while Lean is busy all the time is waiting for Lean, and the other way round; where neither is
    busy, the program between them is at fault, or there are too few attempts at once.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._watched: dict[str, _Watched] = {}

    def watch(self, name: str, busy_s: Callable[[], float], lanes: int = 1) -> None:
        """Watch a part from now on.

        Args:
            busy_s: the seconds that it was busy so far, summed over its lanes.
            lanes: how many things it can do at the same time.
        """
        self._watched[name] = _Watched(busy_s, max(1, lanes), self._clock(), busy_s())

    def watch_model(self, name: str, model: object) -> None:
        """Watch a policy or a critic, if it has a model that says how busy it is."""
        if hasattr(model, "busy_s"):
            self.watch(name, lambda: float(getattr(model, "busy_s", 0.0)))

    def shares(self) -> dict[str, float]:
        """By part, from 0 to 1."""
        now = self._clock()
        return {
            name: min(1.0, max(0.0, (part.busy_s() - part.busy_then) / (part.lanes * max(1e-9, now - part.began))))
            for name, part in self._watched.items()
        }
