"""A user's own Lean files: each is one problem that stands for all of its `sorry`s until the run expands it."""

from __future__ import annotations

import os
from pathlib import Path

from lean_env.errors import DataError
from prover.interfaces import Problem
from prover.problems.leantext import sorries
from prover.problems.reading import read_lean

_BUILD_FOLDERS = frozenset({"build", "lake-packages"})


def load_file(path: Path) -> list[Problem]:
    """The problem of one Lean file, its text unchanged.

    Raises:
        DataError: the file cannot be read, or has no `sorry` outside comments and strings.
    """
    text = read_lean(path)
    if not sorries(text):
        raise DataError(
            f"{path} has no sorry: nothing in it is left to prove.", "Write `sorry` where a proof is missing."
        )
    return [_problem(path, path.stem, text)]


def load_folder(folder: Path) -> list[Problem]:
    """A problem for each Lean file under a folder that has a `sorry`, hidden and build folders left out.

    Raises:
        DataError: there is no Lean file, none of them has a `sorry`, or one cannot be read.
    """
    paths = lean_files(folder)
    if not paths:
        raise DataError(f"{folder} has no Lean files.", "Name a folder with .lean files, or a .jsonl file.")
    problems = []
    for path in paths:
        text = read_lean(path, may_be_empty=True)
        if sorries(text):
            problems.append(_problem(path, ".".join(path.relative_to(folder).with_suffix("").parts), text))
    if not problems:
        raise DataError(
            f"None of the {len(paths)} Lean files in {folder} has a sorry: nothing in them is left to prove.",
            "Write `sorry` where a proof is missing.",
        )
    return problems


def lean_files(folder: Path) -> list[Path]:
    """The Lean files under a folder, in the order of their paths, hidden and build folders left out.

    Raises:
        DataError: a folder cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be listed: {error.strerror}.", "Check its permissions.")

    paths: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _BUILD_FOLDERS)
        paths += (Path(parent, f) for f in files if f.endswith(".lean") and f != "lakefile.lean")
    return sorted(paths)


def _problem(path: Path, name: str, text: str) -> Problem:
    return Problem(name=name, statement=text, source=f"{path}:1", hole=None)
