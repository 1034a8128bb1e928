"""Which Lean is chosen, why, and the commands that run it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from lean_env import bundled as bundled_lean
from lean_env import bundled_worker, process, sandbox, toolchain
from lean_env.bundled import BundledLean
from lean_env.errors import LeanNotFound, UsageError
from lean_env.toolchain import Toolchain, resolve
from tests.lean_env import fake_lean


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder on PATH, empty; nothing on it has to do with Lean, and no project is around."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    for name in ("STEPWISE_LEAN", "LEAN_PATH", "LEAN_SYSROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BundledLean:
    """A bundled Lean that is there already."""
    made = BundledLean(Path("/wheel/node"), Path("/cache/lean.js"), Path("/cache/sysroot"), "4.28.0", Path("/cache"))
    monkeypatch.setattr(bundled_lean, "ensure", lambda _progress: made)
    monkeypatch.setattr(bundled_worker, "compile_worker", lambda _bundle, _progress: None)
    return made


def make_project(folder: Path, path: Path, prefix: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lakefile.toml").write_text('name = "mine"\n')
    fake_lean.lean(prefix)
    fake_lean.lake(path / "lake", prefix, "./.lake/build/lib/lean")


# -- the choice


def test_a_project_comes_first(path: Path, tmp_path: Path, bundle: BundledLean) -> None:
    make_project(tmp_path / "mine", path, tmp_path / "pinned")
    fake_lean.lean(tmp_path / "other")
    (path / "lean").symlink_to(tmp_path / "other/bin/lean")
    (tmp_path / "mine" / "deep").mkdir()
    found = resolve(start=tmp_path / "mine" / "deep")
    assert found.kind == "project"
    assert found.project == tmp_path / "mine"
    assert found.lean == tmp_path / "pinned/bin/lean"
    assert found.why == f"{tmp_path}/mine has a lakefile"


def test_then_the_lean_on_path(path: Path, tmp_path: Path, bundle: BundledLean) -> None:
    fake_lean.lean(tmp_path / "toolchain")
    fake_lean.program(path / "lean", f'exec {tmp_path}/toolchain/bin/lean "$@"')  # as elan's stand-in does
    said: list[str] = []
    found = resolve(start=tmp_path, progress=said.append)
    assert found.kind == "path"
    assert found.version == "4.28.0"
    assert found.commit == "7e01a1bf5c70fc6167d49c345d3bf80596e9a79b"
    assert found.lean == tmp_path / "toolchain/bin/lean"  # the program itself
    assert found.why == "`lean` is on PATH"
    assert said == [f"Asking {path}/lean for its version"]


def test_then_the_bundled_one(tmp_path: Path, bundle: BundledLean) -> None:
    found = resolve(start=tmp_path)
    assert (found.kind, found.version, found.mathlib, found.bundle) == ("bundled", "4.28.0", False, bundle)
    assert found.why == "no `lean` is on PATH"


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (
            "Lean (version 4.8.0, x86_64-unknown-linux-gnu, commit df668f00e6c0, Release)",
            "is Lean 4.8.0; Stepwise needs",
        ),
        ("Python 3.11", "does not say which Lean it is"),
    ],
)
def test_a_lean_on_path_that_cannot_be_used_is_passed_over_aloud(
    path: Path, tmp_path: Path, bundle: BundledLean, version: str, reason: str
) -> None:
    fake_lean.lean(tmp_path / "old", version)
    (path / "lean").symlink_to(tmp_path / "old/bin/lean")
    found = resolve(start=tmp_path)
    assert found.kind == "bundled"
    assert reason in found.why


def test_elan_without_a_toolchain_is_passed_over_aloud(path: Path, tmp_path: Path, bundle: BundledLean) -> None:
    fake_lean.failing(path / "lean", fake_lean.NO_TOOLCHAIN)
    found = resolve(start=tmp_path)
    assert found.kind == "bundled"
    assert "no default toolchain configured" in found.why


def test_a_project_without_lake_on_path_is_passed_over_aloud(tmp_path: Path, bundle: BundledLean) -> None:
    (tmp_path / "lakefile.lean").touch()
    found = resolve(start=tmp_path)
    assert found.kind == "bundled"
    assert "no `lake` is on PATH" in found.why


def test_a_project_that_is_broken_is_not_passed_over(path: Path, tmp_path: Path, bundle: BundledLean) -> None:
    """Its imports would be missed."""
    (tmp_path / "lakefile.lean").touch()
    fake_lean.failing(path / "lake", "error: unknown package")
    with pytest.raises(LeanNotFound, match="unknown package"):
        resolve(start=tmp_path)


def test_what_is_asked_for_is_taken(
    path: Path, tmp_path: Path, bundle: BundledLean, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(tmp_path / "mine", path, tmp_path / "pinned")
    mine = tmp_path / "mine"
    assert resolve("bundled", start=mine).kind == "bundled"
    assert resolve("project", start=mine).why == "it was asked for"
    assert resolve(project=mine, start=tmp_path).project == mine
    assert resolve("project", project=mine, start=tmp_path).project == mine
    assert resolve(str(tmp_path / "pinned/bin/lean"), start=mine).kind == "path"
    assert resolve(str(tmp_path / "pinned"), start=mine).lean == tmp_path / "pinned/bin/lean"
    monkeypatch.setenv("STEPWISE_LEAN", "bundled")
    assert resolve(start=mine).kind == "bundled"
    assert resolve("project", start=mine).kind == "project"  # what is said here counts more
    assert resolve(project=mine).kind == "project"


def test_what_is_asked_for_and_cannot_be_had_is_a_plain_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(LeanNotFound, match=r"There is no Lake project in"):
        resolve("project", start=tmp_path)
    with pytest.raises(LeanNotFound, match="is not a Lean that can be run"):
        resolve(str(tmp_path / "no-lean"))
    with pytest.raises(UsageError, match="contradict each other"):
        resolve("bundled", tmp_path)
    fake_lean.lean(tmp_path / "old", "Lean (version 4.8.0-rc1, commit df668f00e6c0, Release)")
    with pytest.raises(LeanNotFound, match=r"is Lean 4\.8\.0-rc1; Stepwise needs 4\.9"):
        resolve(str(tmp_path / "old"))
    fake_lean.failing(path / "lean", "error: could not download toolchain: offline")
    with pytest.raises(LeanNotFound, match="failed: could not download toolchain: offline"):
        resolve("lean")


def test_a_lean_that_never_answers_is_given_up(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_lean.program(path / "lean", "sleep 600")
    monkeypatch.setattr(toolchain, "LEAN_LIMIT_S", 1)
    with pytest.raises(LeanNotFound, match="did not answer within"):
        resolve("lean")


def test_the_bundled_lean_is_not_fetched_when_only_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPWISE_CACHE", str(tmp_path / "cache"))
    found = resolve(start=tmp_path, fetch=False)
    assert (found.kind, found.bundle) == ("bundled", None)
    assert not (tmp_path / "cache").exists()


# -- versions and Mathlib


@pytest.mark.parametrize(
    ("line", "version", "commit"),
    [
        ("Lean (version 4.9.0, x86_64-unknown-linux-gnu, commit 8f9843a4a5fe, Release)", "4.9.0", "8f9843a4a5fe"),
        ("Lean (version 4.9.1, commit 8f9843a4a5fe, Release)", "4.9.1", "8f9843a4a5fe"),
        ("Lean (version 4.12.0-rc1, aarch64-apple-darwin, commit e9e858a44840, Release)", "4.12.0-rc1", "e9e858a44840"),
        (
            "Lean (version 4.20.0-nightly-2025-04-01, x86_64-w64-windows-gnu, commit 0123abc, Release)",
            "4.20.0-nightly-2025-04-01",
            "0123abc",
        ),
        ("Lean (version 4.28.0, Release)", "4.28.0", None),
        ("Lean (version 5.0.0, arm64, commit abc, Release)", "5.0.0", "abc"),
    ],
)
def test_versions_are_read_in_every_form(tmp_path: Path, line: str, version: str, commit: str | None) -> None:
    fake_lean.lean(tmp_path / "toolchain", line)
    found = resolve(str(tmp_path / "toolchain"))
    assert (found.version, found.commit) == (version, commit)


def test_mathlib_on_the_users_own_path_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_lean.lean(tmp_path / "toolchain")
    assert not resolve(str(tmp_path / "toolchain")).mathlib
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "Mathlib.olean").touch()
    monkeypatch.setenv("LEAN_PATH", f"/nowhere{os.pathsep}{tmp_path}/modules")
    assert resolve(str(tmp_path / "toolchain")).mathlib


def test_the_identity_is_what_a_run_records(tmp_path: Path) -> None:
    fake_lean.lean(tmp_path / "toolchain")
    identity = resolve(str(tmp_path / "toolchain")).identity()
    assert identity == {
        "kind": "path",
        "version": "4.28.0",
        "commit": "7e01a1bf5c70fc6167d49c345d3bf80596e9a79b",
        "mathlib": False,
        "mathlib_revision": None,
    }
    json.dumps(identity)


# -- the commands


def started(command: toolchain.Command) -> list[str]:
    """What the scripted Lean says of how it was started: its arguments, then its environment."""

    async def start() -> bytes:
        child = await process.spawn(command.argv, env=command.env, cwd=command.cwd)
        stdout, _ = await child.communicate(b"text\n")
        process.end(child)
        return stdout

    return asyncio.run(start()).decode().splitlines()


def test_a_projects_lean_runs_in_its_environment_and_folder(path: Path, tmp_path: Path) -> None:
    make_project(tmp_path / "mine", path, tmp_path / "pinned")
    found = resolve(project=tmp_path / "mine")
    source = tmp_path / "worker" / "Worker.lean"
    arguments, *environment, text = started(found.worker(source))
    assert arguments == f"{tmp_path}/pinned/bin/lean -j2 --tstack=32768 --run {source}"
    assert f"LEAN_PATH={tmp_path}/mine/.lake/build/lib/lean" in environment
    assert f"LEAN_SYSROOT={tmp_path}/pinned" in environment
    assert f"PWD={tmp_path}/mine" in environment
    assert text == "text"
    assert started(found.checker())[0] == f"{tmp_path}/pinned/bin/lean --tstack=32768 --json --stdin"


def test_lean_does_not_see_the_users_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_lean.lean(tmp_path / "toolchain")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    found = resolve(str(tmp_path / "toolchain"))
    environment = started(found.checker())[1:]
    assert not any("secret" in line for line in environment)
    assert any(line.startswith("PATH=") for line in environment)
    assert any(line.startswith("HOME=") for line in environment)
    assert "HOME" not in repr(found)  # nor does a log that shows it


def test_the_bundled_lean_sees_its_library_and_the_worker_and_nothing_else(
    tmp_path: Path, bundle: BundledLean, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("NODE_OPTIONS", "--inspect")
    found = resolve("bundled")
    worker = found.worker(tmp_path / "Worker.lean")
    node, _, arguments = " ".join(worker.argv).partition(" /cache/lean.js ")
    assert node.startswith("/wheel/node --allow-natives-syntax --permission --allow-worker ")
    readable = ["/cache/lean.js", "/cache/lean.wasm", "/cache/lean.sym", "/cache/sysroot", str(tmp_path)]
    assert [word.split("=")[1] for word in node.split() if word.startswith("--allow-fs-read")] == readable
    assert "--allow-fs-write" not in node
    assert arguments == "-j1 --tstack=32768 --run /worker/Worker.lean"
    confined = json.loads(worker.env.pop("STEPWISE_CHILD_SANDBOX"))
    assert [path for path in confined["read"] if path not in sandbox.SYSTEM] == readable
    assert (confined["execute"], confined["write"], confined["threads"]) == (["/wheel/node"], [], True)
    assert worker.cwd is None
    mounts = json.loads(worker.env.pop("LEAN_WASM_MOUNTS"))
    assert mounts == [["/cache/sysroot", "/lean", "ro"], [str(tmp_path), "/worker", "ro"]]
    assert worker.env.pop("PATH")
    assert worker.env == {
        "OPENSSL_CONF": "/dev/null",
        "LEAN_PATH": "/lean/lib/lean",
        "LEAN_SYSROOT": "/lean",
        "LEAN_WASM_POOL": "1",
        "LEAN_WASM_STACK_MB": "64",
        "LEAN_WASM_CWD": "/worker",
    }
    checker = found.checker()
    assert checker.argv[-4:] == ("-j1", "--tstack=32768", "--json", "--stdin")
    assert json.loads(checker.env["LEAN_WASM_MOUNTS"]) == [["/cache/sysroot", "/lean", "ro"]]
    assert checker.env["LEAN_WASM_CWD"] == "/"


@pytest.mark.lean
async def test_the_bundled_lean_checks_the_text_on_its_standard_input(bundled: Toolchain) -> None:
    command = bundled.checker()
    child = await process.spawn(command.argv, env=command.env, cwd=command.cwd, limit=2**20)
    stdout, _ = await child.communicate(
        "theorem a (n : Nat) : n ≤ n + 1 := by omega\ntheorem b : 1 = 2 := sorry\n".encode()
    )
    process.end(child)
    messages = [json.loads(line) for line in stdout.decode().splitlines() if line.startswith("{")]
    assert [(message["severity"], message["pos"]["line"]) for message in messages] == [("warning", 2)]
    assert child.returncode == 0
