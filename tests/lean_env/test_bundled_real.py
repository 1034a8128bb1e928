"""The real bundled Lean: whole, and a sandbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lean_env import process
from lean_env.bundled import find
from lean_env.bundled_package import PUBLISHED
from lean_env.toolchain import Toolchain


@pytest.mark.lean
def test_the_published_package_is_whole(bundled: Toolchain) -> None:
    bundle = bundled.bundle
    assert bundle is not None
    assert find(PUBLISHED) == replace(bundle, compiled=None)
    assert len(list((bundle.lib / "lib" / "lean").rglob("*.olean"))) == 2098
    assert bundle.js.stat().st_size < 1_000_000


SANDBOX = """module
public import Init.System.IO
public section
def attempt (name : String) (act : Nat → IO Unit) : IO Unit := do
  match ← (act 0).toBaseIO with
  | .ok _ => (← IO.getStdout).putStrLn (name ++ " done")
  | .error _ => (← IO.getStdout).putStrLn (name ++ " refused")
def write (path : System.FilePath) : IO Unit := do
  let handle ← IO.FS.Handle.mk path .write
  handle.putStr "x"
  handle.flush
def read (path : System.FilePath) : IO Unit := do
  let handle ← IO.FS.Handle.mk path .read
  let _ ← handle.getLine
public def main : IO Unit := do
  attempt "read-own" (fun _ => read "/worker/try.lean")
  attempt "write-own" (fun _ => write "/worker/try.lean")
  attempt "write-beside" (fun _ => write "/worker/new")
  attempt "write-library" (fun _ => write "/lean/lib/lean/Init.olean")
  attempt "remove" (fun _ => do IO.FS.removeFile "/worker/try.lean")
  attempt "rename" (fun _ => do IO.FS.rename "/worker/try.lean" "/worker/other.lean")
  attempt "make-folder" (fun _ => do IO.FS.createDir "/worker/folder")
  attempt "read-host" (fun _ => read "HOST/secret")
  attempt "read-through-link" (fun _ => read "/worker/link")
  attempt "read-upwards" (fun _ => read "/worker/../secret")
  attempt "read-processes" (fun _ => read "/proc/self/environ")
  attempt "start" (fun _ => do let _ ← IO.Process.spawn { cmd := "true" }; return)
  match ← IO.getEnv "STEPWISE_TEST_SECRET" with
  | some _ => (← IO.getStdout).putStrLn "environment done"
  | none => (← IO.getStdout).putStrLn "environment refused"
"""


@pytest.mark.lean
async def test_the_bundled_lean_is_a_sandbox(
    bundled: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPWISE_TEST_SECRET", "secret")
    (tmp_path / "secret").write_text("secret")
    source = tmp_path / "source" / "try.lean"
    source.parent.mkdir()
    source.write_text(SANDBOX.replace("HOST", str(tmp_path)))
    (source.parent / "link").symlink_to(tmp_path / "secret")
    command = bundled.worker(source)
    child = await process.spawn(command.argv, env=command.env, cwd=command.cwd, limit=2**20)
    stdout, _ = await child.communicate(b"")
    process.end(child)
    lines = [line.split() for line in stdout.decode().splitlines()]
    answers = {line[0]: line[1] for line in lines if len(line) == 2 and line[1] in ("done", "refused")}
    assert answers.pop("read-own") == "done"
    assert len(answers) == 12
    assert set(answers.values()) == {"refused"}
    assert {path.name for path in source.parent.iterdir()} == {"try.lean", "link"}
    assert source.read_text().startswith("module")
