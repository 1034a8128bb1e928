"""Where problems come from: benchmarks, Lean files, rows of JSON, a statement on the command line."""

from __future__ import annotations

from pathlib import Path

from lean_env.errors import DataError, UsageError
from prover.data import locate
from prover.data.layouts import recognise
from prover.interfaces import Problem
from prover.problems import core, lean_files, lean_workbook, minif2f, proofnet, stdlib
from prover.problems.headers import for_bare_statement
from prover.problems.naming import unique_names
from prover.problems.reading import exists
from prover.problems.rows import load_rows, normal_split
from prover.problems.targets import BENCHMARKS, classify, statement_problem

__all__ = ["BENCHMARKS", "load"]

_LOADERS = {"minif2f": minif2f.load, "proofnet": proofnet.load, "lean-workbook": lean_workbook.load}


def load(
    target: str, *, data: Path | None, split: str | None, mathlib: bool, cache: Path | None = None
) -> list[Problem]:
    """The problems that a target names, in the order of their source, each with a name of its own.

    Args:
        target: `minif2f`, `proofnet`, `lean-workbook`, `core` or `stdlib`; a .lean, .jsonl or .json file; a folder of
            Lean files or a benchmark's checkout; or a statement. What is both a benchmark's name and a file's is the
            benchmark's. `stdlib` gives one problem that stands for the library (`prover.problems.stdlib`).
        data: the checkout of the benchmark, a folder that holds it, or a `.jsonl` copy of it; None for the cache.
        split: only this part, if the target has parts (for `core`, its grades; for `stdlib`, the beginning of modules'
            names).
        mathlib: whether the Lean that will be used has Mathlib. If not, a benchmark's statements get a short header
            that names the number types; a user's own header is never changed.
        cache: the folder of fetched benchmarks; None for the user's.

    Raises:
        UsageError: the target is not one of these, or has no such split.
        DataError: a file is missing, malformed or empty.
    """
    if classify(target) == "stdlib":
        return [stdlib.placeholder(split, mathlib=mathlib)]
    return unique_names(_with_split(_load(target, data, mathlib, cache), split, target))


def _load(target: str, data: Path | None, mathlib: bool, cache: Path | None) -> list[Problem]:
    def header(own: str, statement: str, name: str) -> str:
        return own or for_bare_statement(statement, name, mathlib=mathlib)

    match classify(target):
        case "core":
            return core.load()
        case "benchmark":
            return _LOADERS[target](locate(target, data, cache), mathlib=mathlib)
        case "statement":
            return [statement_problem(target, mathlib=mathlib)]
        case "lean":
            return lean_files.load_file(Path(target))
        case "rows":
            return load_rows(Path(target), header)
        case _:
            folder = Path(target)
            try:
                benchmark = recognise(folder)
            except OSError as error:
                raise DataError(f"{target} cannot be read: {error.strerror or error}.") from None
            if benchmark:
                return _LOADERS[benchmark](folder, mathlib=mathlib)
            return lean_files.load_folder(folder)


def _with_split(problems: list[Problem], split: str | None, target: str) -> list[Problem]:
    if not split:
        return problems
    chosen = [problem for problem in problems if problem.split == normal_split(split)]
    if chosen:
        return chosen
    there = sorted({problem.split for problem in problems} - {""})
    shown = target if exists(Path(target)) or target in BENCHMARKS else "A statement"
    if not there:
        raise UsageError(f"{shown} has no splits.", "Leave out --split.")
    raise UsageError(f"{shown} has no split {split!r}.", f"It has: {', '.join(there)}.")
