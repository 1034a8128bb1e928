"""miniF2F for Lean 4: a file a theorem, or a file a split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lean_env.errors import DataError
from prover.data.layouts import MINIF2F_SPLITS, minif2f_split
from prover.interfaces import Problem
from prover.problems.declarations import parse_file
from prover.problems.headers import MINIF2F, for_benchmark
from prover.problems.reading import exists, read_lean
from prover.problems.rows import load_rows


def load(checkout: Path, *, mathlib: bool) -> list[Problem]:
    """Both splits of miniF2F, the valid one first.

    Args:
        checkout: the repository's folder in any of its layouts, or a `.jsonl` copy of the benchmark.
        mathlib: whether the statements' own headers can be used.

    Raises:
        DataError: a file cannot be read, is Lean 3, or there are no statements.
    """
    if exists(checkout) == "file":
        return load_rows(checkout, lambda own, _statement, _name: for_benchmark(own, mathlib=mathlib, default=MINIF2F))
    problems: list[Problem] = []
    for split in MINIF2F_SPLITS:
        for path in minif2f_split(checkout, split):
            text = read_lean(path)
            if "import minif2f_import" in text:
                raise DataError(
                    f"{path} is Lean 3, which Lean 4 cannot read.", "Use a Lean 4 copy: `prove data get minif2f`."
                )
            for problem in parse_file(text, path=str(path), split=split):
                header = for_benchmark(problem.header, mathlib=mathlib, default=MINIF2F)
                problems.append(replace(problem, header=header))
    if not problems:
        raise DataError(f"{checkout} has no statements of miniF2F.", "Fetch them with `prove data get minif2f`.")
    return problems
