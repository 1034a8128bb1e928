"""Throws generated inputs at everything that reads what others wrote (`tests.fuzz.targets`), for so many minutes.

    python -m benchmarks.fuzz [--minutes 10] [--out benchmarks/results/fuzz.md]

The targets take turns, with other inputs at each. A crash is an input for which a target's property does not hold, or
at which something else than the program's own errors is raised; it is printed as hypothesis has shrunk it.
"""

from __future__ import annotations

import argparse
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS, Target

EXAMPLES = 100
"""Inputs at a turn."""


@dataclass
class Record:
    """What became of a target."""

    examples: int = 0
    seconds: float = 0.0
    crashes: dict[str, str] = field(default_factory=dict)
    """Each kind of crash once: its last line, and all of it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/fuzz.md"))
    options = parser.parse_args()
    records = {name: Record() for name in TARGETS}
    deadline, turn = time.monotonic() + 60 * options.minutes, 0
    while time.monotonic() < deadline:
        for name, target in TARGETS.items():
            if time.monotonic() < deadline:
                fuzz(target, records[name], turn)
        turn += 1
    for record in records.values():
        for crash in record.crashes.values():
            print(crash)
    options.out.write_text(table(records, options.minutes), encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))


def fuzz(target: Target, record: Record, turn: int) -> None:
    """One turn of a target."""
    strategy, check = target

    def counted(value: object) -> None:
        record.examples += 1
        check(value)

    run = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.target, Phase.shrink),
    )(seed(turn)(given(strategy)(counted)))
    began = time.monotonic()
    try:
        run()
    except Exception as error:
        record.crashes.setdefault(f"{type(error).__name__}: {error}"[:200], traceback.format_exc())
    record.seconds += time.monotonic() - began


def table(records: dict[str, Record], minutes: float) -> str:
    lines = [
        "# Fuzzing",
        "",
        f"`python -m benchmarks.fuzz --minutes {minutes:g}`, with hypothesis. A crash is anything but a value or",
        "a plain error of the program's own, or a property that does not hold (`tests/fuzz/targets.py`).",
        "",
        "| read | examples | seconds | crashes |",
        "|---|--:|--:|--:|",
    ]
    for name, record in records.items():
        lines.append(f"| {name} | {record.examples:,} | {record.seconds:.0f} | {len(record.crashes)} |")
    total = sum(record.examples for record in records.values())
    crashes = sum(len(record.crashes) for record in records.values())
    seconds = sum(record.seconds for record in records.values())
    lines.append(f"| all | {total:,} | {seconds:.0f} | {crashes} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
