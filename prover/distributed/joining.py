"""Which cluster, and how large one host on it is."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import ray

from lean_env.errors import UsageError

log = logging.getLogger("prover")

WORKERS_A_HOST = 8
STORE_BYTES = 256 * 1024**2
"""For the objects of a cluster that we start ourselves; ours are small."""


def shape(nodes: Sequence[dict[str, Any]], worker_bytes: int, workers: int | None) -> int:
    """How many Lean workers one host has: as many as the smallest node has CPUs and memory for, up to eight.

    Args:
        nodes: as Ray lists them.
        worker_bytes: memory that one worker needs.
        workers: how many there shall be on all hosts together; the answer divides it.
    """
    sizes = [
        min(int(node["Resources"].get("CPU", 0)), int(node["Resources"].get("memory", 0)) // worker_bytes)
        for node in nodes
        if node["Alive"]
    ]
    most = min(WORKERS_A_HOST, min((size for size in sizes if size > 0), default=1))
    if workers is None:
        return most
    return max(size for size in range(1, most + 1) if workers % size == 0)


def connect(address: str) -> bool:
    """Join the cluster at the address; `auto` is the one that runs here, else a new one. True if it is a new one."""
    if ray.is_initialized():
        return False
    _quieten()
    with _own_sigterm():
        return _connect(address)


def _connect(address: str) -> bool:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        ray.init(address=address, **quiet)
        return False
    except (ConnectionError, RuntimeError, ValueError) as error:
        if address != "auto":
            raise UsageError(
                f"--ray {address}: there is no Ray cluster ({' '.join(str(error).split())[:200]}).",
                "Start it with `ray start --head`, and this command on one of its machines.",
            ) from error
    ray.init(address="local", include_dashboard=False, object_store_memory=STORE_BYTES, **quiet)
    return True


@contextlib.contextmanager
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does stays as it is: Ray makes it end the program at once, with a stack trace."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _quieten() -> None:
    """Ray prints what happens to nodes and actors on standard output, which is for results: into the log instead."""
    from ray._private import worker

    def into_log(data: dict[str, Any], ignore_prefix: bool) -> None:
        for line in data.get("lines", ()):
            log.debug("ray: %s", str(line).split("\n", 1)[0])

    if hasattr(worker, "print_to_stdstream"):  # Ray has no option for it
        worker.print_to_stdstream = into_log
