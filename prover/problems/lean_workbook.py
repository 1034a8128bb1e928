"""Lean-Workbook: rows without headers, as its authors publish them."""

from __future__ import annotations

from pathlib import Path

from prover.data.layouts import lean_workbook_files
from prover.interfaces import Problem
from prover.problems.headers import CORE_LEAN_WORKBOOK, LEAN_WORKBOOK, for_benchmark
from prover.problems.reading import exists
from prover.problems.rows import load_rows


def load(checkout: Path, *, mathlib: bool) -> list[Problem]:
    """The statements of every `.json` or `.jsonl` file of a copy of Lean-Workbook.

    Args:
        checkout: the folder with the files, or one of them.
        mathlib: whether the statements can have the published header.

    Raises:
        DataError: a file cannot be read, or is not Lean-Workbook's.
    """

    def header(own: str, _statement: str, _name: str) -> str:
        return for_benchmark(own, mathlib=mathlib, default=LEAN_WORKBOOK, core=CORE_LEAN_WORKBOOK)

    files = [checkout] if exists(checkout) == "file" else lean_workbook_files(checkout)
    return [problem for file in files for problem in load_rows(file, header)]
