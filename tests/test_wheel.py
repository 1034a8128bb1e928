"""The installed package works outside the checkout, with its data."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import lean_env.source, prover.problems
for module in (lean_env, prover):
    assert module.__file__.startswith(sys.argv[1]), module.__file__
assert len(prover.problems.load("core", data=None, split=None, mathlib=False)) >= 50
assert lean_env.source.source_folder().is_relative_to(sys.argv[1])
assert "def main" in lean_env.source.worker_source(bundled=True)
"""


def test_the_wheel_carries_what_it_needs(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        names = archive.namelist()
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path / "site")], cwd=tmp_path, check=True)
