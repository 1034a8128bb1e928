"""`python -m tests`: everything that must hold, in one command, here and in continuous integration.

Formatting and lint (ruff), types (mypy --strict), then pytest with a real Lean. Arguments go to pytest.

Many tests start processes, kill them and wait for them, on machines that are shared: what fails is named, and tried
once more by itself; what fails twice fails.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
FAILED_TESTS = 1
"""pytest's exit status where tests ran and some failed."""


def run(*command: str) -> int:
    """The exit status of a Python module."""
    print("+", "-m", *command, flush=True)
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode


def main(arguments: list[str]) -> int:
    """Run every check, pytest last; the exit status of the first that failed."""
    failed = [status for check in CHECKS if (status := run(*check))]
    tested = run("pytest", *arguments)
    if tested == FAILED_TESTS:
        print("what failed, once more:", flush=True)
        tested = run("pytest", *arguments, "--last-failed")
    return failed[0] if failed else tested


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
