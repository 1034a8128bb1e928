"""What Prometheus can read of a run, through Ray's own metrics: every node of a cluster exports them."""

from __future__ import annotations

from collections.abc import Sequence

from ray.util.metrics import Counter, Gauge, Histogram

from prover.interfaces import Attempt
from prover.workplace import Place

_SECONDS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000]


class Metrics:
    """`ray_stepwise_…`, with the run's folder as the tag `run`.

    Args:
        run: the name of the run's folder.
    """

    def __init__(self, run: str) -> None:
        self._attempts = Counter("stepwise_attempts", "Attempts that have ended, by result.", ("run", "result"))
        self._lean = Counter("stepwise_lean_seconds", "Seconds inside Lean, of attempts that have ended.", ("run",))
        self._seconds = Histogram("stepwise_attempt_seconds", "Seconds of one attempt.", _SECONDS, ("run",))
        self._flying = Gauge("stepwise_attempts_under_way", "Attempts that are under way.", ("run",))
        self._hosts = Gauge("stepwise_hosts", "Hosts of Lean workers, by state.", ("run", "state"))
        self._workers = Gauge("stepwise_lean_workers", "Lean workers of the hosts that answer.", ("run",))
        self._busy = Gauge("stepwise_lean_workers_busy", "Lean workers that have something to do.", ("run",))
        for metric in (self._attempts, self._lean, self._seconds, self._flying, self._hosts, self._workers, self._busy):
            metric.set_default_tags({"run": run})

    def ended(self, attempt: Attempt) -> None:
        """Count an attempt."""
        self._attempts.inc(1, {"result": attempt.result})
        if attempt.usage.lean_s > 0:
            self._lean.inc(attempt.usage.lean_s)
        self._seconds.observe(max(1e-3, attempt.usage.wall_s))

    def look(self, places: Sequence[Place], flying: int) -> None:
        """Take in how the hosts are."""
        self._flying.set(flying)
        for state in ("working", "starting", "waiting", "away"):
            self._hosts.set(sum(place.state == state for place in places), {"state": state})
        working = [place for place in places if place.state == "working"]
        self._workers.set(sum(place.workers for place in working))
        self._busy.set(sum(place.busy for place in working))
