"""How the benchmarks' repositories lay out their files, and how a checkout is recognised by that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MINIF2F_SPLITS = ("valid", "test")
_MINIF2F_PARENTS = ("MiniF2F", "Minif2f", "src", "lean4/src", "lean/src", "formal", "")
_MINIF2F_NAMES = {"valid": ("Valid", "valid", "Validation", "validation"), "test": ("Test", "test")}
_STATES = re.compile(rb"^(?:theorem|lemma)\b", re.MULTILINE)
_PROOFNET_BOOKS = ("Munkres", "Dummit-Foote", "Rudin", "Herstein", "Artin", "Axler")


def minif2f_split(checkout: Path, split: str) -> list[Path]:
    """The Lean files of a split of miniF2F: a folder of them, or the one file that holds them all; else nothing.

    Raises:
        OSError: a folder or file cannot be read.
    """
    for parent in _MINIF2F_PARENTS:
        for name in _MINIF2F_NAMES[split]:
            base = checkout / parent / name
            if base.is_dir() and (files := sorted(base.glob("*.lean"))):
                return files
            file = base.with_suffix(".lean")
            # in the layout of a file a theorem, this file only imports the others
            if file.is_file() and _STATES.search(file.read_bytes()):
                return [file]
    return []


def proofnet_books(checkout: Path) -> list[Path]:
    """The Lean files of ProofNet, one a textbook."""
    return sorted((checkout / "formal").glob("*.lean"))


def proofnet_rows(checkout: Path) -> Path | None:
    """ProofNet's statements as rows, if they are there."""
    return next(iter(sorted(checkout.glob("proofnet*.jsonl"))), None)


def lean_workbook_files(checkout: Path) -> list[Path]:
    """The files of Lean-Workbook that hold statements."""
    whole = checkout / "lean_workbook.json"
    if whole.is_file():
        return [whole]
    return sorted(p for p in checkout.glob("lean*workbook*.json*") if p.suffix in (".json", ".jsonl"))


def kinds(folder: Path) -> Iterator[str]:
    """The benchmarks whose layout a folder has; more than one only where a layout is common.

    Raises:
        OSError: a folder or file cannot be read.
    """
    if proofnet_rows(folder) or any((folder / "formal" / f"{book}.lean").is_file() for book in _PROOFNET_BOOKS):
        yield "proofnet"
    if lean_workbook_files(folder):
        yield "lean-workbook"
    if any(minif2f_split(folder, split) for split in MINIF2F_SPLITS):
        yield "minif2f"


def recognise(folder: Path) -> str:
    """Which benchmark a folder surely is a checkout of, or an empty string.

    miniF2F must be in its name or in a folder of its own: a `src/test.lean` may be anybody's.

    Raises:
        OSError: a folder or file cannot be read.
    """
    for kind in kinds(folder):
        if kind != "minif2f" or "minif2f" in folder.resolve().name.lower() or (folder / "MiniF2F").is_dir():
            return kind
    return ""
