"""ProofNet for Lean 4: a file a textbook, and the same statements as rows of a `.jsonl` file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lean_env.errors import DataError
from prover.data.layouts import proofnet_books, proofnet_rows
from prover.interfaces import Problem
from prover.problems.declarations import parse_file
from prover.problems.headers import MATHLIB, for_benchmark
from prover.problems.reading import exists, read_lean
from prover.problems.rows import load_rows


def load(checkout: Path, *, mathlib: bool) -> list[Problem]:
    """All of ProofNet, named as its `.jsonl` names them: `Munkres_exercise_13_1`.

    The `.lean` files come first, since they have the definitions that the rows leave out; rows add the textbooks whose
    file is not there.

    Args:
        checkout: the repository's folder, or its `.jsonl` file.
        mathlib: whether the statements' own headers can be used.

    Raises:
        DataError: a file cannot be read, or there are no statements.
    """

    def header(own: str, _statement: str = "", _name: str = "") -> str:
        return for_benchmark(own, mathlib=mathlib, default=MATHLIB)

    if exists(checkout) == "file":
        return load_rows(checkout, header)
    problems: list[Problem] = []
    books: set[str] = set()
    for path in proofnet_books(checkout):
        book = path.stem.replace("-", "_")
        books.add(book)
        for problem in parse_file(read_lean(path), path=str(path)):
            problems.append(replace(problem, name=f"{book}_{problem.name}", header=header(problem.header)))
    if rows := proofnet_rows(checkout):
        problems += (p for p in load_rows(rows, header) if not any(p.name.startswith(f"{book}_") for book in books))
    if not problems:
        raise DataError(f"{checkout} has no statements of ProofNet.", "Fetch them with `prove data get proofnet`.")
    return problems
