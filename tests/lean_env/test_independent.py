"""Independent checkers, with scripts in place of the programs of others and of Lean itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lean_env.independent import MODULE, check, find
from lean_env.toolchain import Toolchain

# Compiles whatever it is given: the file named after -o, beside the source named last
LEAN = "import sys; a = sys.argv; open(a[a.index('-o') + 1], 'w').write(open(a[-1]).read())"
READER = (
    "import os, sys; text = open(os.environ['LEAN_PATH'].split(os.pathsep)[0] + '/' + sys.argv[1] + '.olean').read(); "
    "sys.exit('found a problem in t' if 'wrong' in text else 0)"
)
EXPORTER = "import sys; print(sys.argv[1:])"
NANODA = (
    "import json, sys; config = json.load(open(sys.argv[1])); assert config['unpermitted_axiom_hard_error']; "
    f"assert '{MODULE}' in open(config['export_file_path']).read(); assert len(config['permitted_axioms']) == 3"
)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}\n")
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
    program(tmp_path, "lean", "import sys; sys.exit(1)")
    assert (await check(toolchain, "theorem t", ["t"])).state.startswith("not run: lean4checker needs")


def test_a_project_has_them_among_its_packages(tmp_path: Path) -> None:
    binaries = tmp_path / ".lake" / "packages" / "lean4checker" / ".lake" / "build" / "bin"
    binaries.mkdir(parents=True)
    program(binaries, "lean4checker", READER)
    toolchain = Toolchain("project", "4.30.0", mathlib=True, why="", project=tmp_path, env={"PATH": "/nowhere"})
    assert find(toolchain) == ("lean4checker", binaries / "lean4checker")
