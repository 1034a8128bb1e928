"""Does one driver keep many Lean workers busy? From 1 to 512 simulated ones, through the real run on a real Ray
cluster.

    python -m benchmarks.scale [--workers 1,8,32,128,256,512] [--out FOLDER]
    python -m benchmarks.scale --statements 100000 --workers 512 --speed 1000     one row: the most that a driver can do

What is real: the run, its order of work and its journal, the driver's side of Ray, every call, and the actors, each a
process of its own. What is simulated: an attempt is a sleep. How long it takes is drawn from measured times of tactics
and of a model (`benchmarks.simulation`; 38 s in the mean), divided by `--speed`; and one actor stands for many Lean
workers (an eighth of them), since a machine of few cores cannot hold hundreds of processes. By default time passes so
fast that each row makes at least 8 attempts a worker in a minute, which asks more of the driver than real time
would.

Printed for each number of workers: attempts a second; the ideal, at which every worker always has an attempt; their
ratio, in the middle of the run (from when every worker has had its first attempt until the last one begins); the cores
that the driver's process used meanwhile; and its memory at the middle's beginning and end."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.simulation import Simulation, statements, verdict
from prover.config import RunConfig
from prover.events import Silent
from prover.interfaces import Attempt, Budget
from prover.prepare import prepare
from prover.run import run

WORKERS = (1, 8, 32, 128, 512)
ATTEMPTS_A_WORKER = 8
ROW_S = 60.0


@dataclass(slots=True)
class Middle(Silent):
    """Looks at the driver while every worker has something to do."""

    workers: int
    statements: int
    begun: int = 0
    ended_count: int = 0
    since: float = 0.0
    until: float = 0.0
    ended_since: int = 0
    ended_until: int = 0
    slept_s: float = 0.0
    """Simulated seconds of the attempts that have ended since."""
    cpu_since: float = 0.0
    cpu_until: float = 0.0
    memory: list[tuple[int, float]] = field(default_factory=list)
    """Attempts that have ended, and MB of the driver's process then."""

    def began(self, problem: str, pass_index: int) -> None:
        self.begun += 1
        if self.begun == self.statements:
            self.until, self.ended_until, self.cpu_until = time.monotonic(), self.ended_count, cpu_s()
            self._weigh()

    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
        self.ended_count += 1
        if self.since and not self.until and attempt is not None:
            self.slept_s += attempt.usage.wall_s
        if self.ended_count == self.workers:
            self.since, self.ended_since, self.cpu_since = time.monotonic(), self.ended_count, cpu_s()
            self._weigh()
        elif self.ended_count % max(1, self.statements // 20) == 0:
            self._weigh()

    def _weigh(self) -> None:
        self.memory.append((self.ended_count, round(psutil.Process().memory_info().rss / 1e6, 1)))


@dataclass(frozen=True, slots=True)
class Row:
    """What one number of workers came to."""

    workers: int
    statements: int
    speed: float
    seconds: float
    """Of the middle."""
    attempts_a_second: float
    of_ideal: float
    """What the attempts that ended were meant to take, of what all workers together had."""
    driver_cores: float
    memory_mb: tuple[tuple[int, float], ...]

    @property
    def ideal(self) -> float:
        return self.attempts_a_second / self.of_ideal


def cpu_s() -> float:
    """Seconds of processor time of this process, all threads."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


def measure(workers: int, count: int, speed: float, address: str) -> Row:
    """One run."""
    posed = statements(count)
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(
            "core", budget=Budget(1, 32, 40), workers=workers, slots=1, out=Path(folder) / "run", ray=address
        )
        middle = Middle(workers, count)
        parts = Simulation(posed, speed).parts()
        prepared = prepare(config, problems=posed, parts=parts)
        asyncio.run(run(config, prepared=prepared, events=middle))
    seconds = middle.until - middle.since
    return Row(
        workers,
        count,
        speed,
        round(seconds, 1),
        (middle.ended_until - middle.ended_since) / seconds,
        middle.slept_s / speed / (workers * seconds),
        (middle.cpu_until - middle.cpu_since) / seconds,
        tuple(middle.memory),
    )


def plan(workers: int) -> tuple[int, float]:
    """How many statements, and how fast time passes, so that a row takes about a minute."""
    count = max(60, ATTEMPTS_A_WORKER * workers)
    mean_s = sum(verdict(problem, 0, 0).usage.wall_s for problem in statements(count)) / count
    return count, max(1.0, mean_s * count / workers / ROW_S)


def plot(rows: list[Row], path: Path) -> None:
    """Throughput against the ideal, and the driver's load."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    workers = [row.workers for row in rows]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.plot(workers, [100 * row.of_ideal for row in rows], "o-")
    left.axhline(90, ls=":", c="grey")
    left.set(xscale="log", ylim=(0, 105), xlabel="Lean workers (simulated)", ylabel="throughput, % of ideal")
    right.plot([row.attempts_a_second for row in rows], [row.driver_cores for row in rows], "o-", c="tab:orange")
    right.set(xlabel="attempts a second", ylabel="cores that the driver uses", ylim=(0, None), xlim=(0, None))
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=lambda text: [int(each) for each in text.split(",")], default=WORKERS)
    parser.add_argument("--statements", type=int)
    parser.add_argument("--speed", type=float)
    parser.add_argument("--out", type=Path, help="a folder for scale.json and scale.svg")
    options = parser.parse_args()
    import ray
    from ray.cluster_utils import Cluster

    from prover.distributed import joining

    room: dict[str, Any] = {"num_cpus": 4096, "memory": 2**44, "object_store_memory": 200 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=room)
    rows: list[Row] = []
    try:
        for workers in options.workers:
            joining.WORKERS_A_HOST = max(1, workers // 8)
            count, speed = plan(workers)
            row = measure(workers, options.statements or count, options.speed or speed, cluster.address)
            ray.shutdown()
            rows.append(row)
            memory = f"{row.memory_mb[0][1]:.0f} → {row.memory_mb[-1][1]:.0f} MB"
            print(
                f"{workers:4} workers  {row.attempts_a_second:7.2f} of {row.ideal:7.2f} attempts/s  "
                f"{100 * row.of_ideal:5.1f} %  driver {row.driver_cores:.2f} cores  {memory}  "
                f"(speed {row.speed:.1f}, {row.statements} statements, {row.seconds:.0f} s, "
                f"load {os.getloadavg()[0]:.1f})",
                flush=True,
            )
    finally:
        ray.shutdown()
        cluster.shutdown()
    if options.out is not None:
        values = [{**dataclasses.asdict(row), "ideal": row.ideal} for row in rows]
        (options.out / "scale.json").write_text(json.dumps(values, indent=1) + "\n")
        plot(rows, options.out / "scale.svg")


if __name__ == "__main__":
    main()
