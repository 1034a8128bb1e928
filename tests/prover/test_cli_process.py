"""The command line in a process of its own: what it imports, and where it may not write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.prover.test_cli import check_error

ROOT = Path(__file__).resolve().parents[2]


def process(*arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    command = [sys.executable, "-m", "tests.prover.fakes", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)


def test_help_imports_nothing_that_takes_time() -> None:
    program = (
        "import sys, prover.cli; prover.cli.main(['--help']); prover.cli.main(['run', '--help']); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert "click" in loaded
    assert not {"asyncio", "rich", "psutil", "filelock", "prover.run", "prover.problems", "lean_env.pool"} & set(loaded)


def test_importing_the_package_imports_nothing() -> None:
    program = "import sys; before = set(sys.modules); import prover; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert not [name for name in loaded if name.startswith(("prover.", "lean_env", "click", "asyncio", "rich"))]


def test_python_m_prover() -> None:
    done = subprocess.run([sys.executable, "-m", "prover"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("error: prove needs a TARGET.\nhint: ")


def test_completion_of_words(tmp_path: Path) -> None:
    words = {"_PROVE_COMPLETE": "bash_complete", "COMP_WORDS": "prove mi", "COMP_CWORD": "1"}
    program = "from prover.cli import main; main([])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **words}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert "minif2f" in done.stdout, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_that_is_full(tmp_path: Path) -> None:
    for arguments in (["core"], ["core", "--json"], ["report", "r"], ["--help"]):
        command = [sys.executable, "-m", "tests.prover.fakes", *arguments]
        command += ["--out", "r", "--quiet"] if arguments[0] == "core" else []
        with Path("/dev/full").open("w") as full:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE, text=True
            )
        check_error(done.stderr)
        assert done.returncode == 1 and "No space left" in done.stderr


def test_standard_output_that_is_closed_early(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m tests.prover.fakes core --quiet | true"
    done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_of_any_encoding(tmp_path: Path, encoding: str) -> None:
    done = process(
        "theorem easy (α : Type) : True := by sorry", cwd=tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0"
    )
    assert done.returncode == 0 and "theorem easy" in done.stdout


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    if os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("this user may write anywhere")
    done = process("core", "--out", "locked/run", cwd=tmp_path)
    check_error(done.stderr)
    assert done.returncode == 1
