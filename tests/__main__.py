"""`python -m tests`: everything that must hold, in one command, here and in continuous integration.

Formatting and lint (ruff), types (mypy --strict), then pytest with a real Lean. Arguments go to pytest.

Test files are shared out to a few processes, each with a real Lean of its own, as many as the machine has cores and
memory for; `-n 0` keeps them in one. Many tests start processes, kill them and wait for them, on machines that are
shared: what fails is named, and tried once more by itself; what fails twice fails.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
MOST_PROCESSES, MEMORY_OF_EACH = 4, 6 * 2**30
"""A Lean with what it is checked by takes 2 GB, a test with a language model or a cluster as much again."""
FAILED_TESTS = 1
"""pytest's exit status where tests ran and some failed."""


def run(*command: str) -> int:
    """The exit status of a Python module."""
    print("+", "-m", *command, flush=True)
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode


def in_parallel(arguments: list[str]) -> list[str]:
    """Options for as many processes as the machine takes, none for whoever wants to talk to the tests. A file's tests
    stay together, in one of them."""
    if {"--pdb", "-s"} & set(arguments):
        return []
    cores, memory = len(psutil.Process().cpu_affinity()), psutil.virtual_memory().total
    processes = min(MOST_PROCESSES, cores, memory // MEMORY_OF_EACH)
    return ["-n", str(processes), "--dist", "loadfile"] if processes > 1 else []


def main(arguments: list[str]) -> int:
    """Run every check, pytest last; the exit status of the first that failed."""
    failed = [status for check in CHECKS if (status := run(*check))]
    tested = run("pytest", *in_parallel(arguments), *arguments)
    if tested == FAILED_TESTS:
        print("what failed, once more:", flush=True)
        tested = run("pytest", *arguments, "--last-failed")
    return failed[0] if failed else tested


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
