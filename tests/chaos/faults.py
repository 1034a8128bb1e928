"""What can go wrong at each boundary, done to whole runs (`tests.chaos.simulated`), and what was lost and doubled."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from lean_env import fresh as fresh_module
from lean_env import pool as pool_module
from lean_env import session as session_module
from lean_env import worker as worker_module
from lean_env.footprint import Footprint
from lean_env.pool import Pool
from lean_env.protocol import Limits
from lean_env.worker import Worker
from tests.chaos.simulated import Simulation, Tally, once, plans, recorded, remain, tally, until_done

COUNT = 12
"""Problems of a run."""
AT_WORKER = ("kill", "stop", "slow", "garbage", "truncated", "half", "oversized", "memory")
AT_CHECKER = ("kill", "stop", "slow", "garbage", "truncated", "oversized")


@contextlib.contextmanager
def impatient() -> Iterator[None]:
    """Waits and bounds of seconds and megabytes instead of minutes and gigabytes."""
    with contextlib.ExitStack() as stack:
        for module, name, value in (
            (worker_module, "GRACE_S", 2.0),
            (worker_module, "LONGEST_LINE", 2**20),
            (session_module, "OPEN_MS", 1000),
            (pool_module, "MEASURE_S", 0.01),
            (session_module, "REPLAY_LIMITS", Limits(ms=1000)),
            (fresh_module, "CHECK_S", 15.0),
            (pool_module, "footprint", lambda _toolchain: Footprint(10**8, 2 * 10**8)),
        ):
            stack.enter_context(mock.patch.object(module, name, value))
        stack.enter_context(mock.patch.dict(Pool.verify.__kwdefaults__, ms=2000))
        stack.enter_context(mock.patch.dict(vars(Worker)["start"].__func__.__kwdefaults__, timeout_s=15.0))
        yield


def at_process(boundary: str, fault: str, out: Path, chance: random.Random) -> Tally:
    """A fault that strikes replies of a worker, two of them, or of a fresh checker, three.

    Those of a worker are far apart: what it was doing is tried again some twenty replies later, when all attempts have
    come back to where they were, and a tactic at which a worker ends twice is taken for the reason.
    """
    folder = plans(out)
    folder.mkdir(parents=True)
    first = chance.randrange(1, 16)
    struck = [first, first + 30]
    if boundary == "checker":
        struck = [chance.randrange(at + 1, at + 3) for at in (0, 3, 6)]
    (folder / f"{boundary}.plan").write_text(f"{fault} {' '.join(map(str, struck))}")
    with impatient():
        commands = until_done(Simulation(out, COUNT), out)
    assert (folder / f"{boundary}.struck").exists(), f"{fault} never struck the {boundary}"
    return tally(out, COUNT, commands=commands)


def full_disk(out: Path, chance: random.Random) -> Tally:
    """The disk is full at one of the writes of a run, some of which still get half of their bytes down."""
    at, write, sync = chance.randrange(1, 60), os.write, os.fsync
    done = 0

    def due() -> bool:
        nonlocal done
        done += 1
        return done == at

    def writing(file: int, data: Any) -> int:
        if not os.path.isfile(f"/proc/self/fd/{file}"):  # noqa: PTH113 - a pipe
            return write(file, data)
        if due():
            write(file, bytes(data)[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data)

    def syncing(file: int) -> None:
        if due():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    with mock.patch("os.write", writing), mock.patch("os.fsync", syncing):
        return resumed(out)


def full_file_system(out: Path, chance: random.Random) -> Tally:
    """The run's folder is on a file system of its own, of a few kilobytes, that gets more after the first failure."""
    out.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={4 * chance.randrange(4, 12)}k", "tmpfs", out], check=True)
    try:
        with contextlib.suppress(Exception):
            once(Simulation(out, COUNT), out)
        subprocess.run(["mount", "-o", "remount,size=16m", out], check=True)
        return resumed(out, recorded(out))
    finally:
        subprocess.run(["umount", out], check=True)


def clock_jumps(out: Path, chance: random.Random) -> Tally:
    """The wall clock jumps by up to ten years, either way, at each look at it."""
    real = time.time
    with mock.patch("time.time", lambda: real() + chance.uniform(-3e8, 3e8)):
        return resumed(out)


def driver_killed(out: Path, chance: random.Random, longest_s: float = 3.0) -> Tally:
    """kill -9 of the whole program at a random moment, again and again until a run gets through."""
    out.mkdir(parents=True)
    seen: list[Any] = []
    kills = left = 0
    while True:
        command = [sys.executable, "-m", "tests.chaos.simulated", str(out), str(COUNT)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.3, longest_s))
        ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        left += remain(out)
        if ended:
            break
        kills += 1
        now = recorded(out)
        assert all(made in now for made in seen), "a record is gone"
        seen = now
    found = tally(out, COUNT, seen, commands=kills + 1)
    return Tally(found.owed, found.lost, found.doubled, found.commands, found.orphans + left, found.leftovers)


def resumed(out: Path, earlier: list[Any] | None = None) -> Tally:
    commands = until_done(Simulation(out, COUNT), out)
    return tally(out, COUNT, earlier or (), commands)


Fault = Callable[[Path, random.Random], Tally]

FAULTS: dict[tuple[str, str], Fault] = {
    **{("worker", name): partial(at_process, "worker", name) for name in AT_WORKER},
    **{("checker", name): partial(at_process, "checker", name) for name in AT_CHECKER},
    ("journal and results", "full disk"): full_disk,
    ("journal and results", "full file system"): full_file_system,
    ("journal and results", "driver killed"): driver_killed,
    ("everything", "clock jump"): clock_jumps,
}
"""By boundary and name."""
