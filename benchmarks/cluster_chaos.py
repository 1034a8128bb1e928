"""Is anything lost, or counted twice, when parts of a cluster are killed during a run?

    python -m benchmarks.cluster_chaos [--seeds 20] [--statements 150] [--lean simulated|real]

A local Ray cluster of several raylets, and a run on it in a process of its own. At random moments, by the seed, a host
of Lean workers is killed (SIGKILL), or stopped for good (SIGSTOP: it hangs, or its node is slow), a whole node is
killed and another one added, the object store is filled, or the driver itself is killed and started again. At the end
every attempt that the run owes must be in its journal exactly once, with the verdict that it has without Ray.

With `--lean simulated` verdicts are known beforehand (`benchmarks.simulation`); with `real` the statements are a few of
`core.jsonl` on the bundled Lean, and are proved once without Ray first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.simulation import Simulation, statements, verdict
from prover.config import RunConfig
from prover.interfaces import Attempt, Budget
from prover.journal import read_journal
from prover.prepare import prepare
from prover.run import run

PASSES = 2
SPEED = 100.0
FAULTS = ("host", "node", "driver", "stop", "store")
LIMIT_S = 900.0

Verdicts = Mapping[tuple[str, int], str]


def drive(options: argparse.Namespace) -> None:
    """The run itself, in a process of its own."""
    if options.lean == "real":
        config = RunConfig(
            str(Path(__file__).parent / "core.jsonl"),
            budget=Budget(1, 16, 12),
            limit=options.statements,
            workers=options.workers,
            slots=2,
            timeout_s=1800,
            tactic_timeout_s=60,  # so that a busy machine does not decide a verdict
            lean="bundled",
            out=options.drive,
            ray=options.address,
        )
        asyncio.run(run(config))
        return
    problems = statements(options.statements)
    config = RunConfig("core", budget=Budget(PASSES, 32, 40), slots=2, out=options.drive, ray=options.address)
    parts = Simulation(problems, SPEED).parts()
    asyncio.run(run(config, prepared=prepare(config, problems=problems, parts=parts)))


def expected(count: int) -> Verdicts:
    """What a simulated run owes, by (problem, pass)."""
    owed: dict[tuple[str, int], str] = {}
    for problem in statements(count):
        for pass_index in range(PASSES):
            made = verdict(problem, pass_index, 0)
            owed[problem.name, pass_index] = made.result
            if made.result != "not_proved":
                break
    return owed


class Chaos:
    """A cluster of raylets on this machine, and what is done to it."""

    def __init__(self, nodes: int, cpus: int) -> None:
        from ray.cluster_utils import Cluster

        self._asked: dict[str, Any] = {"num_cpus": cpus, "object_store_memory": 80 * 2**20, "memory": 8 * 2**30}
        self.cluster = Cluster(initialize_head=True, head_node_args={**self._asked, "num_cpus": 0})
        self.nodes = [self.cluster.add_node(**self._asked) for _ in range(nodes)]
        self._stopped: list[psutil.Process] = []

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def hosts(self) -> list[psutil.Process]:
        """The processes of the actors that have Lean workers."""
        found = []
        for node in self.nodes:
            raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
            found += [each for each in raylet.children(recursive=True) if _title(each).startswith("ray::LeanHost")]
        return found

    def strike(self, fault: str, chance: random.Random) -> None:
        """Do it to one of them."""
        if fault in ("host", "stop"):
            hosts = self.hosts()
            if hosts:
                victim = chance.choice(hosts)
                victim.send_signal(signal.SIGKILL if fault == "host" else signal.SIGSTOP)
                if fault == "stop":
                    self._stopped.append(victim)
        elif fault == "node":
            self.cluster.remove_node(self.nodes.pop(chance.randrange(len(self.nodes))), allow_graceful=False)
            self.add()
        elif fault == "store":
            subprocess.Popen([sys.executable, "-c", _FILL, self.address, "5"], stderr=subprocess.DEVNULL)

    def add(self) -> None:
        """Add a node."""
        self.nodes.append(self.cluster.add_node(**self._asked))

    def let_go(self) -> None:
        """End what was stopped."""
        for each in self._stopped:
            if each.is_running():
                each.kill()
        self._stopped.clear()

    def close(self) -> None:
        self.let_go()
        self.cluster.shutdown()


_FILL = """
import sys, time, ray
ray.init(address=sys.argv[1], log_to_driver=False)
held = [ray.put(bytes(8 * 2**20)) for _ in range(40)]
time.sleep(float(sys.argv[2]))
"""


def trial(seed: int, chaos: Chaos, options: argparse.Namespace, owed: Verdicts) -> tuple[list[str], float, list[str]]:
    """One run with faults at random moments: what was done, the seconds that it took, and what is wrong with it."""
    chance = random.Random(seed)
    done: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        journal = folder / "attempts.jsonl"
        began = time.monotonic()
        driver = _driver(folder, chaos, options)
        # by the number of records, so that faults fall on the run and not on its start
        moments = sorted(chance.randrange(0, max(1, int(0.9 * len(owed)))) for _ in range(options.faults))
        faults = ["driver", "host", "node", *chance.choices(FAULTS, k=options.faults)][: options.faults]
        chance.shuffle(faults)
        while driver.poll() is None or driver.returncode != 0:
            time.sleep(0.05)
            if time.monotonic() - began > LIMIT_S:
                driver.kill()
                return done, time.monotonic() - began, [f"not done after {LIMIT_S:.0f} s"]
            if driver.poll() is not None and driver.returncode:
                driver = _driver(folder, chaos, options)
            records = journal.read_bytes().count(b"\n") if journal.exists() else 0
            if moments and records > moments[0]:
                moments.pop(0)
                fault = faults.pop()
                done.append(f"{fault}@{records}")
                if fault == "driver":
                    driver.kill()
                    driver.wait()
                else:
                    chaos.strike(fault, chance)
        took = time.monotonic() - began
        chaos.let_go()
        wrong = audit(journal, owed)
        if any(attempt.result == "error" for attempt in read_journal(journal)[0].values()):
            # an attempt that was lost four times over is recorded as failed: the same command makes it again
            subprocess.run(_command(folder, chaos, options), check=True, env=_environment())
            done.append("again")
            wrong = audit(journal, owed)
    return done, took, wrong


def audit(journal: Path, owed: Verdicts) -> list[str]:
    """What is lost, doubled or different."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    good = Counter((line["problem"], line["pass_index"]) for line in lines if line["result"] != "error")
    made = read_journal(journal)[0]
    wrong = [f"{key} is lost" for key in owed if key not in made]
    wrong += [f"{key} is there {count} times" for key, count in good.items() if count > 1]
    wrong += [
        f"{key} is {attempt.result} ({attempt.stop}, {attempt.usage.expansions} expansions), not {owed[key]}"
        for key, attempt in made.items()
        if _differs(attempt, owed.get(key))
    ]
    return wrong


def _differs(attempt: Attempt, owed: str | None) -> bool:
    # a later pass may have ended before an earlier one decided its problem
    return owed is not None and attempt.result != owed


def _driver(folder: Path, chaos: Chaos, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(folder, chaos, options), env=_environment())


def _command(folder: Path, chaos: Chaos, options: argparse.Namespace) -> list[str]:
    return [
        *(sys.executable, "-m", "benchmarks.cluster_chaos", "--drive", str(folder), "--address", chaos.address),
        *("--statements", str(options.statements), "--lean", options.lean, "--workers", str(options.workers)),
    ]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def without_ray(options: argparse.Namespace) -> Verdicts:
    """The verdicts of the real run on this machine alone."""
    with tempfile.TemporaryDirectory() as temporary:
        drive(replace_options(options, drive=Path(temporary) / "run", address=None, workers=1))
        made = read_journal(Path(temporary) / "run" / "attempts.jsonl")[0]
    return {key: attempt.result for key, attempt in made.items()}


def replace_options(options: argparse.Namespace, **values: object) -> argparse.Namespace:
    """The options, some of them changed."""
    return argparse.Namespace(**{**vars(options), **values})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--statements", type=int, default=150)
    parser.add_argument("--faults", type=int, default=4)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="Lean workers on the whole cluster, of a real Lean")
    parser.add_argument("--lean", choices=("simulated", "real"), default="simulated")
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.drive is not None:
        drive(options)
        return 0
    owed = without_ray(options) if options.lean == "real" else expected(options.statements)
    print(f"{len(owed)} attempts: {dict(Counter(owed.values()))}", flush=True)
    bad = 0
    chaos = Chaos(options.nodes, 1 if options.lean == "real" else 2)
    try:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            done, took, wrong = trial(seed, chaos, options, owed)
            bad += bool(wrong)
            print(
                f"seed {seed}: {took:5.1f} s  {', '.join(done):50}  {'; '.join(wrong[:5]) or 'all there, once'}",
                flush=True,
            )
    finally:
        chaos.close()
    print(f"{options.seeds - bad} of {options.seeds} runs with every attempt there exactly once")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
