"""Whose request goes to a worker next.

A worker answers in the order of its input, and one attempt's batch may take a hundred times as long as another's. So
only two requests are given to it at once, one that it works on and one that it finds when it is done; the rest waits
here, and the attempt that has used the least Lean time goes first. Easy problems then pass the hard ones by, and hard
ones share alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator

AT_ONCE = 2


class Turns:
    """The turns at one worker."""

    def __init__(self) -> None:
        self._taken = 0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @contextlib.asynccontextmanager
    async def turn(self, used_s: float) -> AsyncIterator[None]:
        """Wait for a turn, and keep it inside the `with`. Less Lean time used goes first, then who came first."""
        if self._taken < AT_ONCE:
            self._taken += 1
        else:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (used_s, next(self._arrivals), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._pass_on()
                raise
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, next_one = heapq.heappop(self._waiting)
            if not next_one.done():
                next_one.set_result(None)
                return
        self._taken -= 1
