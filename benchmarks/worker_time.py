"""How much of a run's time is Lean's, and how long a cold start takes to its first proof.

    python -m benchmarks.worker_time [--target core] [--limit 40] [--budget 1x32x30] [--workers N] [--json]

Everything is a share of one run's own wall time, so figures from busy machines can be compared. `inside Lean` is the
time that workers spent on requests by Lean's own clock, divided by the time for which they were there; what is missing
from 100 % is ours (search, policy, pipes, waiting for the other attempts of a worker to want something) and, near the
end of a run, workers for which no problem is left.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lean_env.pool import Pool
from prover.config import RunConfig, parse_budget
from prover.events import Silent, Workers
from prover.interfaces import Attempt
from prover.prepare import prepare
from prover.run import RunResult, run


@dataclass(slots=True)
class Marks(Silent):
    """When things happened, in seconds of the monotonic clock."""

    first_proof: float = 0.0
    last_start: float = 0.0
    """When the last attempt began: from then on workers run out of problems."""
    lean_at_last_start: float = 0.0
    pool: Pool | None = None

    def lean(self, pool: Workers) -> None:
        assert isinstance(pool, Pool)
        self.pool = pool

    def began(self, problem: str, pass_index: int) -> None:
        self.last_start = time.monotonic()
        self.lean_at_last_start = self.pool.lean_s if self.pool else 0.0

    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
        if attempt is not None and attempt.result == "proved" and not self.first_proof:
            self.first_proof = time.monotonic()


async def measure(config: RunConfig) -> dict[str, Any]:
    """One run, and its figures."""
    marks = Marks()
    begun = time.monotonic()
    prepared = prepare(config)
    result = await run(config, prepared=prepared, events=marks)
    wall = time.monotonic() - begun
    assert marks.pool is not None
    return figures(result, marks, marks.pool, begun, wall)


def figures(result: RunResult, marks: Marks, pool: Pool, begun: float, wall: float) -> dict[str, Any]:
    """What a run came to, in seconds and in shares of its wall time."""
    # Workers start one after the other; the time until each was ready is Lean's own start
    starts = pool.stats.start_s / max(1, pool.stats.starts)
    full = marks.last_start - begun - starts
    usage = result.summary.usage
    return {
        "problems": len(result.problems),
        "proved": sum(1 for attempt in result.attempts if attempt.result == "proved"),
        "workers": pool.workers,
        "wall_s": round(wall, 1),
        "worker_start_s": round(starts, 1),
        "first_proof_s": round(marks.first_proof - begun, 1) if marks.first_proof else None,
        "tactics": usage["tactics"],
        "inside_lean_pct": round(100 * marks.lean_at_last_start / (pool.workers * full), 1) if full > 0 else None,
        "policy_pct": round(100 * usage["policy_s"] / (pool.workers * wall), 2),
        "ms_a_tactic": round(1000 * usage["lean_s"] / max(1, usage["tactics"]), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="core")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--split")
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--budget", default="1x32x30")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(
            target=options.target,
            data=options.data,
            split=options.split,
            limit=options.limit,
            budget=parse_budget(options.budget),
            workers=options.workers,
            slots=options.slots,
            out=Path(folder) / "run",
        )
        found = asyncio.run(measure(config))
    if options.json:
        print(json.dumps(found))
        return
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name:{width}}  {value}")


if __name__ == "__main__":
    main()
