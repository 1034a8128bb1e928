"""`python -m tests`: everything that must hold, in one command, here and in continuous integration.

Formatting and lint (ruff), types (mypy --strict), then pytest with a real Lean. Arguments go to pytest.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("pytest",),
)


def main(arguments: list[str]) -> int:
    """Run every check, pytest last; the exit status of the first that failed."""
    failed = 0
    for check in CHECKS:
        command = [sys.executable, "-m", *check, *(arguments if check[0] == "pytest" else [])]
        print("+", " ".join(command[1:]), flush=True)
        failed = failed or subprocess.run(command, cwd=ROOT).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
