"""Puts the worker's Lean source together for one Lean.

The parts in `lake-project/Worker/` import one another, as editors and Lake like it; a worker runs them as one file,
which needs no build. The bundled Lean ships only the exported half of its library, without its code, so there the file
is a `module`, and what a text defines is not compiled.
Nothing else depends on the version: what versions call differently is in `Compat.lean`, where each definition takes the
first of its alternatives that the Lean at hand accepts.
"""

from __future__ import annotations

import functools
from pathlib import Path

PARTS = (
    "Compat", "Basic", "Refuse", "Goal", "Before", "Failure", "Text", "Holes", "Tactic", "Export", "Verify", "Library",
    "Main",
)  # fmt: skip

SOURCE = "worker.lean"
"""What the file that a worker runs is called."""

BUNDLED_IMPORTS = (
    "Lean.Elab.Tactic.Basic",
    "Lean.Elab.SyntheticMVars",
    "Lean.Meta.PPGoal",
    "Lean.Data.Json",
    "Lean.Elab.Command",
    "Lean.Elab.Import",
    "Lean.Parser.Module",
    "Lean.Meta.AbstractMVars",
    "Lean.Util.CollectMVars",
    "Lean.Linter.Deprecated",
    "Lean.DeclarationRange",
)
"""The fewest modules that the worker needs: a start with all of `Lean` takes seconds longer."""


def source_folder() -> Path:
    """Where the parts are: in the installed package, or in the checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "lake-project" / "Worker"
    return installed if installed.is_dir() else here.parent / "lake-project" / "Worker"


@functools.cache
def worker_source(*, bundled: bool) -> str:
    """The worker as one Lean file, for the bundled Lean or for any native one from 4.9 on."""
    bodies = [_without_imports((source_folder() / f"{part}.lean").read_text(encoding="utf-8")) for part in PARTS]
    if bundled:
        head = ["module", *(f"public import {name}" for name in BUNDLED_IMPORTS)]
        bodies[-1] = bodies[-1].replace("\ndef main ", "\npublic def main ")
        text = PARTS.index("Text")
        bodies[text] = bodies[text].replace("def lacksCode : Bool := false", "def lacksCode : Bool := true")
    else:
        head = ["import Lean"]
    return "\n".join([*head, *bodies])


def _without_imports(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("import "))
