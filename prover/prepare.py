"""What comes before a run's first attempt: which Lean, which problems, and what `run.json` says of both."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prover.config import RunConfig
from prover.events import Events, Silent
from prover.interfaces import Problem
from prover.parts import Parts, real_parts

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run needs before its first attempt; made without an event loop, so that Ctrl-C ends a download at once."""

    parts: Parts
    toolchain: Toolchain
    problems: tuple[Problem, ...]


def prepare(
    config: RunConfig,
    *,
    events: Events | None = None,
    problems: Sequence[Problem] | None = None,
    parts: Parts | None = None,
) -> Prepared:
    """Find the Lean and load the problems.

    Args:
        problems: use these instead of what the target names.
        parts: what the run is made of; the real ones when None.

    Raises:
        StepwiseError: there is no such target, its data are missing or malformed, or no Lean can be used.
    """
    parts = parts or real_parts()
    events = events or Silent()
    if problems is None:
        parts.check(config.target)
    toolchain = parts.resolve(config.lean, config.project, start_folder(config.target), events.note)
    if problems is None:
        loaded = parts.load(
            config.target, data=config.data, split=config.split, mathlib=bool(toolchain.mathlib), cache=None
        )
    else:
        loaded = list(problems)
    return Prepared(parts, toolchain, tuple(loaded))


def select(problems: Sequence[Problem], limit: int | None, shard: tuple[int, int]) -> list[Problem]:
    """The first `limit` problems, and of those every n-th from the i-th on."""
    index, parts = shard
    return list(problems[:limit][index - 1 :: parts])


def start_folder(target: str) -> Path:
    """Where the search for a Lake project starts: beside a file or in a folder, else here."""
    try:
        path = Path(target)
        if path.is_dir():
            return path
        return path.parent if path.is_file() else Path.cwd()
    except (OSError, ValueError):  # a statement can be too long for a path
        return Path.cwd()


def run_record(config: RunConfig, prepared: Prepared) -> Mapping[str, object]:
    """What `run.json` says. `config`, `lean` and `data` decide whether a run can be resumed; the rest informs."""
    import datetime
    from importlib.metadata import PackageNotFoundError, version

    import psutil

    digest = hashlib.sha256()
    for problem in prepared.problems:
        record = asdict(problem)
        del record["source"]  # the same data may lie elsewhere
        digest.update(json.dumps(record, sort_keys=True).encode() + b"\n")
    try:
        package = version("stepwise-prover")
    except PackageNotFoundError:  # run from a checkout
        package = "unknown"
    return {
        "config": config.identity(),
        "lean": dict(prepared.toolchain.identity()),
        "data": {"sha256": digest.hexdigest(), "problems": len(prepared.problems)},
        "version": package,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "how": {
            "policies": list(config.policies),
            "workers": config.workers,
            "slots": config.slots,
            "data": None if config.data is None else str(config.data),
        },
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        },
    }
