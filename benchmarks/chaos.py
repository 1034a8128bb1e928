"""What is lost and doubled when things go wrong, at every boundary of the program.

    python -m benchmarks.chaos [--times 10] [--kills 100] [--real-minutes 8] [--out benchmarks/results/chaos.md]

A fault strikes whole runs of 12 problems over a simulated Lean, in which all else is real (`tests.chaos`); then the
same command is given until nothing is left to do. Lost: attempts that are missing then, that were recorded and are
gone, or that came out otherwise than in a run that nothing disturbs. Doubled: attempts made and recorded again although
they had ended well. `--real-minutes` kills runs over the real Lean for so long.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.chaos.faults import FAULTS, driver_killed
from tests.chaos.remote import AT_DOWNLOAD, AT_SERVER, at_download, at_server
from tests.chaos.simulated import Tally, recorded, remain

NOTHING = Tally(0, 0, 0, 0)
REAL = ("core", "--limit", "8", "--workers", "1", "--budget", "1x16x20", "--seed", "0", "--quiet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--real-minutes", type=float, default=8.0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/chaos.md"))
    options = parser.parse_args()
    faults: dict[tuple[str, str], Callable[[Path, random.Random], Tally]] = dict(FAULTS)
    if os.name != "posix" or os.getuid() != 0:
        del faults["journal and results", "full file system"]  # only root may mount one
    del faults["journal and results", "driver killed"]
    for name in AT_SERVER:
        faults["policy server", name] = partial(at_server, name)
    for name in AT_DOWNLOAD:
        faults["data download", name] = partial(at_download, name)
    rows = []
    for (boundary, name), fault in faults.items():
        found = NOTHING
        for time_ in range(options.times):
            with tempfile.TemporaryDirectory() as folder:
                found += fault(Path(folder) / "run", random.Random(time_))
        rows.append((boundary, name, options.times, found))
        print(*rows[-1], flush=True)
    kills, found = killed(options.kills)
    rows.append(("driver", "kill -9, simulated Lean", kills, found))
    print(*rows[-1], flush=True)
    if options.real_minutes:
        kills, found = killed_with_lean(options.real_minutes * 60)
        rows.append(("driver", "kill -9, real Lean", kills, found))
        print(*rows[-1], flush=True)
    options.out.write_text(table(rows), encoding="utf-8")


def killed(wanted: int) -> tuple[int, Tally]:
    """Runs over the simulated Lean, killed at so many random moments."""
    kills, found, seed = 0, NOTHING, 0
    while kills < wanted:
        with tempfile.TemporaryDirectory() as folder:
            made = driver_killed(Path(folder) / "run", random.Random(seed))
        found, kills, seed = found + made, kills + made.commands - 1, seed + 1
    return kills, found


def killed_with_lean(seconds: float) -> tuple[int, Tally]:
    """One run over the real Lean, killed at random moments for so long, then finished."""
    chance, deadline = random.Random(0), time.monotonic() + seconds
    kills = lost = orphans = 0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "prover", *REAL, "--out", str(out)]
        seen = recorded(out)
        while True:
            last = time.monotonic() > deadline
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(None if last else chance.uniform(1, 35))
            leans = children(process.pid)
            done = process.poll() is not None
            process.send_signal(signal.SIGKILL)
            process.wait()
            orphans += gone(leans) + remain(out)
            now = recorded(out)
            lost += sum(1 for made in seen if made not in now)
            seen = now
            if done and last:
                break
            if done:  # begin again: kill points are wanted, not a finished run
                lost += owed(out)
                subprocess.run(["rm", "-r", str(out)], check=True)
                seen = []
            else:
                kills += 1
        times = Counter((made.problem, made.pass_index) for made in seen if made.result != "error")
        left = sum(1 for path in out.iterdir() if path.suffix == ".tmp")
        return kills, Tally(8, lost + owed(out), sum(n - 1 for n in times.values()), kills + 1, orphans, left)


def owed(out: Path) -> int:
    """Problems without a record in a run that says that it is done."""
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return summary["problems"] - len({made.problem for made in recorded(out)})


def children(pid: int) -> list[int]:
    import psutil

    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def gone(pids: list[int], within_s: float = 5.0) -> int:
    """How many of the processes are still there after so long."""
    import psutil

    deadline = time.monotonic() + within_s
    while True:
        there = 0
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                there += psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        if not there or time.monotonic() > deadline:
            return there
        time.sleep(0.05)


def table(rows: list[tuple[str, str, int, Tally]]) -> str:
    lines = [
        "# Chaos",
        "",
        "`python -m benchmarks.chaos`: what a fault struck, how often, and what was lost and doubled when the same",
        "command had been given until nothing was left to do (commands: how often, all times together). Orphans are",
        "processes, and leftovers files, that remained.",
        "",
        "| boundary | fault | times | attempts owed | lost | doubled | orphans | leftovers | commands |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for boundary, name, times, t in rows:
        cells = (boundary, name, times, t.owed, t.lost, t.doubled, t.orphans, t.leftovers, t.commands)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
