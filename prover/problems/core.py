"""The project's own statements in core Lean, which need neither Mathlib nor a download."""

from __future__ import annotations

from pathlib import Path

from lean_env.errors import DataError
from prover.interfaces import Problem
from prover.problems.reading import exists
from prover.problems.rows import load_rows

_PACKAGE = Path(__file__).resolve().parents[1]


def path() -> Path:
    """Where `core.jsonl` is: in the package once installed, beside it in a checkout.

    Raises:
        DataError: it is in neither place.
    """
    for candidate in (_PACKAGE / "benchmarks" / "core.jsonl", _PACKAGE.parent / "benchmarks" / "core.jsonl"):
        if exists(candidate) == "file":
            return candidate
    raise DataError("The installation lacks benchmarks/core.jsonl.", "Install the package again.")


def load() -> list[Problem]:
    """The statements of `core.jsonl`; their grade (easy, medium, hard) is their split.

    Raises:
        DataError: the file is missing or damaged.
    """
    return load_rows(path(), lambda _own, _statement, _name: "", split="grade")
