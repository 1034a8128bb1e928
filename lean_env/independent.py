"""Independent checkers of compiled proofs: programs of others, run where they are installed.

`lean4checker` (in newer Leans `leanchecker`) and `lean4lean` read what Lean compiled, module by module; `nanoda_bin`
reads what `lean4export` makes of it. They are looked for on PATH and among a Lake project's packages, and have to fit
the Lean. The bundled Lean ships a library without proofs, which none of them takes.

`comparator` is not run: it builds a Lake project of its own for each pair of a statement and a proof.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lean_env import process
from lean_env.bundled import STACK_KB
from lean_env.errors import WorkerStartError
from lean_env.toolchain import Toolchain

MODULE = "StepwiseCandidate"
"""The name under which the text is compiled."""
COMPILE_S, CHECK_S = 600.0, 1800.0
PASSED = "passed"
READERS = ("lean4checker", "leanchecker", "lean4lean")
"""Programs that take the name of a compiled module."""
AXIOMS = ("propext", "Classical.choice", "Quot.sound")


@dataclass(frozen=True, slots=True)
class Independent:
    """What an independent checker said of a text."""

    state: str
    """`passed`, `failed`, or `not run: ` and why."""
    program: str = ""
    complaint: str = ""
    """Why not, where it failed."""


def find(toolchain: Toolchain) -> tuple[str, Path] | str:
    """The checker to run, by its name and path; or why none is run."""
    if toolchain.kind == "bundled":
        return "the bundled Lean has a library without proofs, which no independent checker takes"
    path = toolchain.env.get("PATH") or os.environ.get("PATH", "")
    for name in READERS:
        if (found := _program(name, path, toolchain.project)) is not None:
            return name, found
    exporter = _program("lean4export", path, toolchain.project)
    nanoda = _program("nanoda_bin", path, toolchain.project)
    if nanoda is not None and exporter is not None:
        return "nanoda", nanoda
    if nanoda is not None:
        return "nanoda_bin needs lean4export, which is not on PATH"
    return f"none of {', '.join((*READERS, 'nanoda_bin'))} is on PATH"


async def check(toolchain: Toolchain, text: str, targets: Sequence[str]) -> Independent:
    """Compile the text, and have the checker that is there look at it. It takes as long as a fresh Lean, and longer.

    Args:
        targets: the theorems that count, for a checker that is told what to look at.
    """
    found = find(toolchain)
    if isinstance(found, str):
        return Independent(f"not run: {found}")
    return await asyncio.to_thread(_check, toolchain, *found, text, targets)


def _check(toolchain: Toolchain, name: str, program: Path, text: str, targets: Sequence[str]) -> Independent:
    with tempfile.TemporaryDirectory(prefix="stepwise-check-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        source, compiled = folder / f"{MODULE}.lean", folder / f"{MODULE}.olean"
        source.write_text(text, encoding="utf-8")

        def run(program: Path, *arguments: str, limit: float = CHECK_S) -> process.Finished:
            command = toolchain.beside(program, *arguments, folder=folder)
            return process.run(command.argv, env=command.env, cwd=command.cwd, timeout=limit)

        try:
            assert toolchain.lean is not None, "no checker is found for the bundled Lean"
            stack = f"--tstack={STACK_KB}"
            finished = run(toolchain.lean, stack, "-o", str(compiled), str(source), limit=COMPILE_S)
            if finished.status != 0 or not compiled.is_file():
                return Independent(f"not run: {name} needs the compiled text, and Lean did not compile it", name)
            if name == "nanoda":
                return _nanoda(run, toolchain, program, folder, targets)
            return _judged(name, run(program, MODULE))
        except WorkerStartError as error:
            return Independent(f"not run: {error.message}", name)


def _nanoda(
    run: Callable[..., process.Finished], toolchain: Toolchain, program: Path, folder: Path, targets: Sequence[str]
) -> Independent:
    exporter = _program("lean4export", toolchain.env.get("PATH", ""), toolchain.project)
    assert exporter is not None, "nanoda is found with it alone"
    exported = run(exporter, MODULE, "--", *targets)
    if exported.status != 0:
        return Independent("not run: lean4export did not export the text", "nanoda")
    export, config = folder / "export.ndjson", folder / "config.json"
    export.write_text(exported.stdout, encoding="utf-8")
    fields = {"export_file_path": str(export), "permitted_axioms": list(AXIOMS), "unpermitted_axiom_hard_error": True}
    config.write_text(json.dumps(fields | {"nat_extension": True, "string_extension": True}), encoding="utf-8")
    return _judged("nanoda", run(program, str(config)))


def _judged(name: str, finished: process.Finished) -> Independent:
    if finished.timed_out:
        return Independent(f"not run: {name} did not finish within {CHECK_S:.0f} s", name)
    if finished.status == 0:
        return Independent(PASSED, name)
    said = (finished.stderr.strip() or finished.stdout.strip()).split("\n")[-1][:200]
    return Independent("failed", name, said or f"it ended with status {finished.status}")


def _program(name: str, path: str, project: Path | None) -> Path | None:
    found = shutil.which(name, path=path)
    if found is not None:
        return Path(found)
    packages = sorted((project / ".lake" / "packages").glob(f"*/.lake/build/bin/{name}")) if project else []
    return packages[0] if packages else None
