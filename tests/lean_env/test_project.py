"""Lake projects: where they are, what Lake says of them, and what is wrong with them in a plain sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lean_env import project
from lean_env.errors import LeanNotFound
from lean_env.project import complaint, find_project, load_project, requires_mathlib
from tests.lean_env import fake_lean


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder on PATH, empty; after it only the system's."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Lake project without dependencies."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "lakefile.toml").write_text('name = "mine"\n')
    return made


def with_mathlib(folder: Path, *, built: bool) -> None:
    manifest = {"version": "1.1.0", "packages": [{"name": "aesop", "rev": "1"}, {"name": "mathlib", "rev": "8f9d9cff"}]}
    (folder / "lake-manifest.json").write_text(json.dumps(manifest))
    library = folder / ".lake/packages/mathlib/.lake/build/lib/lean"
    library.mkdir(parents=True)
    if built:
        (library / "Mathlib.olean").touch()


def test_the_nearest_lakefile_upwards_counts(folder: Path) -> None:
    deep = folder / "Mine" / "Deep"
    deep.mkdir(parents=True)
    (deep / "File.lean").touch()
    assert find_project(deep / "File.lean") == folder
    assert find_project(folder) == folder
    inner = folder / "Mine"
    (inner / "lakefile.lean").touch()
    assert find_project(deep) == inner


def test_no_lakefile_no_project(tmp_path: Path) -> None:
    assert find_project(tmp_path) is None


def test_a_project_is_asked_once_and_its_lean_is_run_directly(folder: Path, path: Path, tmp_path: Path) -> None:
    lean = fake_lean.lean(tmp_path / "toolchain")
    lake = fake_lean.lake(path / "lake", tmp_path / "toolchain", "./.lake/build/lib/lean:/elsewhere")
    said: list[str] = []
    loaded = load_project(folder, said.append)
    assert loaded.folder == folder
    assert loaded.lean == lean
    assert not loaded.mathlib
    assert loaded.mathlib_revision is None
    assert loaded.env["LEAN_PATH"] == f"{folder}/.lake/build/lib/lean:/elsewhere"  # no longer relative
    assert loaded.env["LEAN_SRC_PATH"] == "."
    assert "LAKE_HOME" not in loaded.env  # empty stands for unset
    assert len(Path(f"{lake}.calls").read_text().splitlines()) == 1
    assert said == [f"Asking Lake for the environment of {folder}"]


def test_mathlib_is_seen_on_the_path_and_in_the_manifest(folder: Path, path: Path, tmp_path: Path) -> None:
    fake_lean.lean(tmp_path / "toolchain")
    fake_lean.lake(path / "lake", tmp_path / "toolchain", "./.lake/packages/mathlib/.lake/build/lib/lean")
    with_mathlib(folder, built=True)
    loaded = load_project(folder)
    assert loaded.mathlib
    assert loaded.mathlib_revision == "8f9d9cff"


def test_mathlib_that_is_required_and_not_built_is_said_so(folder: Path, path: Path, tmp_path: Path) -> None:
    fake_lean.lean(tmp_path / "toolchain")
    fake_lean.lake(path / "lake", tmp_path / "toolchain", "./.lake/packages/mathlib/.lake/build/lib/lean")
    with_mathlib(folder, built=False)
    with pytest.raises(LeanNotFound, match="requires Mathlib, which is not built") as caught:
        load_project(folder)
    assert "lake exe cache get" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "text", "required"),
    [
        ("lakefile.toml", '[[require]]\nname = "mathlib"\nscope = "leanprover-community"\n', True),
        ("lakefile.toml", '[[require]]\nname = "batteries"\n', False),
        ("lakefile.toml", "name = 'x'\n# name = 'mathlib'\n", False),
        ("lakefile.toml", "not toml [", False),
        ("lakefile.toml", "require = 3", False),
        ("lakefile.lean", 'require mathlib from git "somewhere" @ "v4.9.0"\n', True),
        ("lakefile.lean", 'require "leanprover-community" / "mathlib" @ git "v4.28.0"\n', True),
        ("lakefile.lean", "require «mathlib» from\n  git", True),
        ("lakefile.lean", 'require "mathlib" from git "somewhere"', True),
        ("lakefile.lean", "require mathlibx from git\n-- require mathlib from\n", False),
    ],
)
def test_a_lakefile_says_whether_it_requires_mathlib(tmp_path: Path, name: str, text: str, required: bool) -> None:
    (tmp_path / name).write_text(text)
    assert requires_mathlib(tmp_path) is required


@pytest.mark.parametrize("manifest", ["", "[]", '{"packages": 3}', '{"packages": [3]}', "{"])
def test_an_odd_manifest_is_no_manifest(folder: Path, manifest: str) -> None:
    (folder / "lake-manifest.json").write_text(manifest)
    assert not requires_mathlib(folder)


def test_a_folder_without_lakefile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LeanNotFound, match="is not a Lake project") as caught:
        load_project(tmp_path)
    assert "--project" in caught.value.hint


def test_without_lake_it_says_what_to_install(folder: Path, path: Path) -> None:
    with pytest.raises(LeanNotFound, match="needs `lake`, which is not on PATH") as caught:
        load_project(folder)
    assert "elan" in caught.value.hint


@pytest.mark.parametrize(
    ("script", "says"),
    [
        pytest.param(
            "echo 'info: cloning' >&2; echo \"error: external command 'git' exited with code 128\" >&2; exit 1",
            "failed in .*: external command 'git' exited with code 128",
            id="offline",
        ),
        pytest.param("exit 1", "failed in .*: it gave no reason", id="no reason"),
        pytest.param("echo LEAN_SYSROOT=/nowhere", "names no LEAN_PATH", id="no LEAN_PATH"),
        pytest.param("echo LEAN_PATH=/x; echo LEAN_SYSROOT=/x; echo PATH=/x", "found no Lean", id="no Lean"),
        pytest.param("sleep 600", "did not finish within", id="hangs"),
    ],
)
def test_what_lake_says_becomes_a_plain_sentence(
    folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch, script: str, says: str
) -> None:
    fake_lean.program(path / "lake", script)
    monkeypatch.setattr(project, "LAKE_LIMIT_S", 1 if "sleep" in script else 600)
    with pytest.raises(LeanNotFound, match=says) as caught:
        load_project(folder)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_complaint_is_the_first_error_or_the_last_line() -> None:
    assert complaint("info: a\nerror: it broke.\nerror: more\n") == "it broke"
    assert complaint("something\nlast words\n") == "last words"
    assert complaint("\n") == "it gave no reason"
