"""How a run is going, written beside its journal every few seconds for `prove status`, and the time that it has
spent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path

from lean_env.errors import ResultsError
from prover.interfaces import Attempt
from prover.results import STATUS, read_json, write_whole
from prover.workplace import Workplace

EVERY_S = 5.0
"""Seconds between two looks."""
RECENT_S = 600.0
"""Seconds over which the rate is taken."""
_FAILURES = 5


class Progress:
    """Looks at a run's workplace every few seconds and writes down what it sees.

    Args:
        hours: how long all commands of this run together may take; None for as long as there is something to do. Only
            the time since workers were first asked for counts.
    """

    def __init__(self, folder: Path, hours: float | None) -> None:
        self._path = folder / STATUS
        self._hours = hours
        self._began = time.monotonic()
        self._spent_s = _spent(self._path)
        self._recent: deque[float] = deque()
        self._ended = self._errors = 0
        self._failures: deque[dict[str, object]] = deque(maxlen=_FAILURES)
        self._workplace: Workplace | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def spent_s(self) -> float:
        """Seconds spent on the run so far, those of earlier commands included."""
        return self._spent_s + time.monotonic() - self._began

    @property
    def left_s(self) -> float | None:
        """Seconds that may still be spent; None where that is not limited."""
        return None if self._hours is None else max(0.0, 3600 * self._hours - self.spent_s)

    @property
    def over(self) -> bool:
        """Is the time spent?"""
        return self.left_s == 0

    def watch(self, workplace: Workplace) -> None:
        """Look at the workplace from now on."""
        self._workplace = workplace
        self._task = asyncio.create_task(self._watch())

    def tell(self, attempt: Attempt) -> None:
        """Count an attempt that has been written down."""
        self._ended += 1
        self._recent.append(time.monotonic())
        if attempt.result == "error":
            self._errors += 1
            self._failures.append({"problem": attempt.problem, "pass": attempt.pass_index, "error": attempt.error})

    async def close(self) -> None:
        """Write down that the command has ended."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            self._write(running=False)

    async def _watch(self) -> None:
        while True:
            self._write(running=True)
            await asyncio.sleep(EVERY_S)

    def _write(self, *, running: bool) -> None:
        if self._workplace is None:
            return
        now = time.monotonic()
        while self._recent and now - self._recent[0] > RECENT_S:
            self._recent.popleft()
        seen = {
            "running": running,
            "time": time.time(),
            "host": platform.node(),
            "pid": os.getpid(),
            "spent_s": round(self.spent_s, 1),
            "hours": self._hours,
            "ended": self._ended,
            "recent": {"attempts": len(self._recent), "seconds": round(min(RECENT_S, now - self._began), 1)},
            "errors": self._errors,
            "failures": list(self._failures),
            "shares": {name: round(share, 3) for name, share in self._workplace.shares().items()},
            "places": [asdict(place) for place in self._workplace.places()],
        }
        with contextlib.suppress(ResultsError):  # the journal will say so
            write_whole(self._path, json.dumps(seen, ensure_ascii=False) + "\n")


def _spent(path: Path) -> float:
    with contextlib.suppress(ResultsError):
        spent = (read_json(path) or {}).get("spent_s")
        if isinstance(spent, int | float) and spent >= 0:
            return float(spent)
    return 0.0
