"""How much memory a Lean worker takes, and how many of them a machine holds."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from lean_env.toolchain import Toolchain

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one worker needs, for planning and for the bound past which it is replaced."""

    expected: int
    """Bytes to reckon with for each worker."""
    bound: int
    """Bytes past which a worker is replaced between two steps."""


def footprint(toolchain: Toolchain) -> Footprint:
    """Measured for the bundled Lean (0.8 GB when ready, 1.0 after the first steps); for a native one, most of Mathlib's
    memory is shared between workers."""
    if toolchain.kind == "bundled":
        return Footprint(int(1.3 * GIB), int(2.5 * GIB))
    return Footprint((2 if toolchain.mathlib else 1) * GIB, (10 if toolchain.mathlib else 6) * GIB)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def affordable_workers(toolchain: Toolchain) -> int:
    """As many workers as cores and free memory (less what the judging process takes) allow, at least one."""
    return max(1, min(cores(), psutil.virtual_memory().available // footprint(toolchain).expected - 1))
