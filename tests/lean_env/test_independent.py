"""Independent checkers, with scripts in place of the programs of others and of Lean itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from lean_env.independent import MODULE, check, find
from lean_env.toolchain import Toolchain

# Shell scripts of built-in commands alone, since what is confined may start no other program.
# Compiles whatever it is given: the file named after -o, from the source named last
LEAN = """
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
read -r line < "$1"; echo "$line" > "$out"
"""
READER = """
read -r line < "${LEAN_PATH%%:*}/$1.olean"
case $line in *wrong*) echo "found a problem in t" >&2; exit 1;; esac
"""
EXPORTER = 'echo "$@"'
NANODA = f"""
read -r config < "$1"; read -r export < "${{1%/*}}/export.ndjson"
case $config in *'"unpermitted_axiom_hard_error": true'*) ;; *) exit 1;; esac
case $config in *'"propext", "Classical.choice", "Quot.sound"'*) ;; *) exit 1;; esac
case $export in *{MODULE}*) ;; *) exit 1;; esac
"""


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def toolchain(tmp_path: Path) -> Toolchain:
    program(tmp_path, "lean", LEAN)
    env = {"PATH": str(tmp_path)}
    return Toolchain("path", "4.30.0", mathlib=False, why="", lean=tmp_path / "lean", env=env)


async def test_none_is_there(toolchain: Toolchain) -> None:
    said = await check(toolchain, "theorem t", ["t"])
    assert said.state.startswith("not run: none of lean4checker")


@pytest.mark.parametrize("name", ["lean4checker", "leanchecker", "lean4lean"])
async def test_a_reader_of_modules(toolchain: Toolchain, tmp_path: Path, name: str) -> None:
    program(tmp_path, name, READER)
    assert (await check(toolchain, "theorem t", ["t"])).state == "passed"
    said = await check(toolchain, "wrong", ["t"])
    assert (said.state, said.program, said.complaint) == ("failed", name, "found a problem in t")


async def test_a_checker_of_exports_needs_the_exporter(toolchain: Toolchain, tmp_path: Path) -> None:
    program(tmp_path, "nanoda_bin", NANODA)
    assert "lean4export" in (await check(toolchain, "theorem t", ["t"])).state
    program(tmp_path, "lean4export", EXPORTER)
    assert (await check(toolchain, "theorem t", ["t"])).state == "passed"


async def test_a_text_that_is_not_compiled_is_not_judged(toolchain: Toolchain, tmp_path: Path) -> None:
    program(tmp_path, "lean4checker", READER)
    program(tmp_path, "lean", "exit 1")
    assert (await check(toolchain, "theorem t", ["t"])).state.startswith("not run: lean4checker needs")


def test_a_project_has_them_among_its_packages(tmp_path: Path) -> None:
    binaries = tmp_path / ".lake" / "packages" / "lean4checker" / ".lake" / "build" / "bin"
    binaries.mkdir(parents=True)
    program(binaries, "lean4checker", READER)
    toolchain = Toolchain("project", "4.30.0", mathlib=True, why="", project=tmp_path, env={"PATH": "/nowhere"})
    assert find(toolchain) == ("lean4checker", binaries / "lean4checker")
