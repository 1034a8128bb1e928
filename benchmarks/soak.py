"""Runs for long, and looks at what grows: memory, open files, processes, folders.

    python -m benchmarks.soak [--attempts 20000] [--real-minutes 10] [--out benchmarks/results/soak.md]

One run of so many attempts over a simulated Lean (`tests.chaos.simulated`: processes, pipes, search, verification and
journal are real), of which one in twenty is proved and verified by a process of its own; then runs of `core` over the
real Lean with one worker, one after the other, for so many minutes or 500 attempts. The driver's memory counts without
its processes; what a run has to remember of each attempt (its record) is part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from lean_env import process
from prover.config import RunConfig
from prover.events import Silent
from prover.interfaces import Attempt, Budget
from prover.prepare import prepare
from prover.run import run
from tests.chaos.simulated import Simulation, orphans
from tests.prover.fakes import problems

MB = 1_000_000
REAL_ATTEMPTS = 500


@dataclass(frozen=True)
class Sample:
    """What the driver held after so many attempts."""

    attempts: int
    memory: int
    """Bytes."""
    files: int
    processes: int


class Watch(Silent):
    """Looks at the driver after every so many attempts."""

    def __init__(self, every: int) -> None:
        self.every, self.done, self.proved = every, 0, 0
        self.samples: list[Sample] = []

    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
        self.done += 1
        self.proved += attempt is not None and attempt.result == "proved"
        if self.done % self.every == 0:
            self.look()

    def look(self) -> None:
        me = psutil.Process()
        found = Sample(self.done, me.memory_info().rss, me.num_fds(), len(me.children(recursive=True)))
        self.samples.append(found)
        print(found, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=20_000)
    parser.add_argument("--real-minutes", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/soak.md"))
    options = parser.parse_args()
    # A place of its own for temporary files: other programs leave theirs in the system's
    tempfile.tempdir = tempfile.mkdtemp(prefix="soak-")
    parts = ["# Soak", "", "`python -m benchmarks.soak`: what the driver holds as attempts go by.", ""]
    if options.attempts:
        parts += simulated(options.attempts)
    if options.real_minutes:
        parts += real(options.real_minutes * 60)
    options.out.write_text("\n".join([*parts, ""]), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))


def simulated(attempts: int) -> list[str]:
    """One run over the simulated Lean."""
    watch = Watch(max(1, attempts // 10))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        world = Simulation(out, 0)
        world.problems = problems(*(f"{'easy' if n % 20 == 0 else 'hard'}{n}" for n in range(attempts)))
        config = RunConfig("core", out=out, budget=Budget(1, 4, 8), workers=1)
        temporary = left_in_tmp()
        began = time.monotonic()
        asyncio.run(run(config, prepared=prepare(config, parts=world.parts()), events=watch))
        seconds = time.monotonic() - began
        extra = [path.name for path in out.iterdir() if path.suffix == ".tmp"]
        return report("Simulated Lean", watch, seconds, len(orphans(out)), len(extra) + left_in_tmp() - temporary)


def real(seconds: float) -> list[str]:
    """Runs of `core` over the real Lean, each with another seed, in one driver."""
    watch = Watch(50)
    temporary, began = left_in_tmp(), time.monotonic()
    seed = 0
    with tempfile.TemporaryDirectory() as folder:
        while watch.done < REAL_ATTEMPTS and time.monotonic() - began < seconds:
            left = min(100, REAL_ATTEMPTS - watch.done)
            out = Path(folder) / str(seed)
            config = RunConfig("core", out=out, budget=Budget(1, 8, 10), workers=1, limit=left, seed=seed)
            try:
                asyncio.run(limited(config, watch, seconds - (time.monotonic() - began)))
            except TimeoutError:
                break
            seed += 1
        taken = time.monotonic() - began
        watch.look()
        remaining = len(process.groups()) + len(orphans(Path(folder)))
    return report("Real Lean (bundled), one worker", watch, taken, remaining, left_in_tmp() - temporary)


async def limited(config: RunConfig, watch: Watch, seconds: float) -> None:
    await asyncio.wait_for(run(config, prepared=prepare(config), events=watch), seconds)


def left_in_tmp() -> int:
    """Folders of ours among the temporary ones."""
    return sum(1 for path in Path(tempfile.gettempdir()).glob("stepwise-*"))


def report(title: str, watch: Watch, seconds: float, remaining: int, files: int) -> list[str]:
    lines = [
        f"## {title}",
        "",
        f"{watch.done:,} attempts ({watch.proved:,} proved) in {seconds:.0f} s.",
        "",
        "| attempts | driver's memory, MB | open files | child processes |",
        "|--:|--:|--:|--:|",
    ]
    lines += [f"| {s.attempts:,} | {s.memory / MB:.0f} | {s.files} | {s.processes} |" for s in watch.samples]
    lines += ["", f"Processes left at the end: {remaining}. Files left: {files}.", ""]
    return lines


if __name__ == "__main__":
    main()
