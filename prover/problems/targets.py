"""What a target on the command line is: a benchmark, a file, a folder, or a statement."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Literal

from lean_env.errors import DataError, UsageError
from prover.interfaces import Problem
from prover.problems.declarations import parse_statement
from prover.problems.headers import for_bare_statement
from prover.problems.leantext import STATEMENTS, commands, mask
from prover.problems.reading import exists

BENCHMARKS = ("minif2f", "proofnet", "lean-workbook", "core", "stdlib")

Kind = Literal["core", "stdlib", "benchmark", "statement", "lean", "rows", "folder"]

_PROPOSITION = re.compile(r"[=≠<>≤≥∀∃→↔∧∨¬∣]")
_SUFFIXES: dict[str, Kind] = {".lean": "lean", ".jsonl": "rows", ".json": "rows"}
_OWN: dict[str, Kind] = {"core": "core", "stdlib": "stdlib"}
_HINT = "A target is minif2f, proofnet, lean-workbook, core, stdlib, a .lean or .jsonl file, a folder, or a statement."


def classify(target: str) -> Kind:
    """What a target is. What exists is a file or a folder; a statement is known by its keyword, or by its symbols.

    Raises:
        UsageError: it is none of these.
        DataError: it is the name of a file that is not there or cannot hold problems.
    """
    if target in BENCHMARKS:
        return _OWN.get(target, "benchmark")
    path = Path(target)
    there = exists(path)
    if there == "folder" and target.strip():
        return "folder"
    if there == "file":
        if kind := _SUFFIXES.get(path.suffix):
            return kind
        raise DataError(f"{target} is not a .lean, .jsonl or .json file.", "Rename it by what it holds.")
    if any(c.kind in STATEMENTS for c in commands(target.strip())):
        return "statement"
    if path.suffix in _SUFFIXES and not any(c.isspace() for c in target):
        raise DataError(f"There is no file {target}.", "Check the path.")
    if _PROPOSITION.search(mask(target)):
        return "statement"
    if "/" in target or "\\" in target:
        raise DataError(f"There is no file or folder {target}.", "Check the path.")
    if near := difflib.get_close_matches(target.lower(), BENCHMARKS, n=1, cutoff=0.6):
        raise UsageError(f"There is no benchmark, file or folder {target!r}.", f"Did you mean {near[0]}?")
    shown = target if len(target) <= 60 else f"{target[:57]}…"
    raise UsageError(f"There is no benchmark, file or folder {shown!r}.", _HINT)


def statement_problem(text: str, *, mathlib: bool) -> Problem:
    """The problem of a statement on the command line; a proposition by itself becomes `theorem statement : …`.

    Raises:
        DataError: its proof cannot be told from its statement, or it has half a character.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError("The statement is not UTF-8 text.", "Type it in a terminal that uses UTF-8.") from None
    text = text.replace("\r\n", "\n").strip()
    if not any(c.kind in STATEMENTS for c in commands(text)):
        # a theorem, not an example: an example leaves no constant that a check could compare
        text = f"theorem statement : {text}"
    problem = parse_statement(text, name="", header="", source="statement:1")
    header = problem.header or for_bare_statement(problem.statement, problem.name, mathlib=mathlib)
    return Problem(problem.name, problem.statement, header, problem.source, hole=problem.hole)
