"""The worker compiled for the bundled Lean: made once, used where it is whole, done without where it cannot be had."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lean_env import process, sandbox
from lean_env.bundled import CODE, BundledLean
from lean_env.bundled_worker import DEFINITIONS, MADE, compile_worker, find_compiled
from lean_env.sandbox import Means
from lean_env.source import SOURCE
from lean_env.toolchain import Toolchain

PARTS = (SOURCE, DEFINITIONS, CODE)


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BundledLean:
    """A bundled Lean with a node that does what a compilation does: writes the definitions and the code."""
    # It is no Node, and needs other files
    monkeypatch.setattr(sandbox, "means", lambda bundled: Means(None, False))
    node = tmp_path / "node"
    node.write_text(
        "#!/usr/bin/env python3\n"
        "import json, os, pathlib\n"
        "mounts = json.loads(os.environ['LEAN_WASM_MOUNTS'])\n"
        "folder = pathlib.Path(next(host for host, guest, mode in mounts if (guest, mode) == ('/worker', 'rw')))\n"
        "(folder / 'worker.ir').write_text('definitions')\n"
        "(folder / 'worker.olean').write_text('rest')\n"
        "pathlib.Path(os.environ['LEAN_WASM_SAVE']).write_text('code')\n"
        "with open(folder.parent / 'runs', 'a') as runs: runs.write('x')\n"
    )
    node.chmod(0o755)
    lean = tmp_path / "cache" / "lean"
    lean.mkdir(parents=True)
    return BundledLean(node, lean / "lean.js", lean / "sysroot", "4.28.0", tmp_path / "cache")


def test_it_is_compiled_once_and_kept_whole(bundle: BundledLean) -> None:
    said: list[str] = []
    assert find_compiled(bundle) is None
    folder = compile_worker(bundle, said.append)
    assert folder is not None and folder == find_compiled(bundle) == compile_worker(bundle, said.append)
    assert said == ["Compiling the worker for the bundled Lean (once)"]
    assert (bundle.cache / "runs").read_text() == "x"
    assert {path.name for path in folder.iterdir()} == {*PARTS, MADE}
    assert "worker.ir" in (folder / SOURCE).read_text()
    assert not list(bundle.cache.glob(".staging-*"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / CODE).write_text(""),
        lambda folder: (folder / DEFINITIONS).unlink(),
        lambda folder: (folder / MADE).write_text("["),
        lambda folder: (folder / MADE).write_text("[]"),
        lambda folder: (folder / MADE).unlink(),
        shutil.rmtree,
    ],
)
def test_a_damaged_one_is_not_used_and_made_again(bundle: BundledLean, damage: Callable[[Path], object]) -> None:
    folder = compile_worker(bundle)
    assert folder is not None
    damage(folder)
    assert find_compiled(bundle) is None
    assert compile_worker(bundle) == folder == find_compiled(bundle)


def test_another_glue_or_node_needs_another(bundle: BundledLean) -> None:
    folder = compile_worker(bundle)
    assert folder is not None
    assert find_compiled(replace(bundle, js=bundle.js.with_name("lean.newer.js"))) is None
    bundle.node.write_text(bundle.node.read_text() + "\n")
    assert find_compiled(bundle) is None


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\nexit 0\n", "#!/nowhere\n"])
def test_where_it_cannot_be_compiled_the_source_is_run(bundle: BundledLean, script: str) -> None:
    bundle.node.write_text(script)
    said: list[str] = []
    assert compile_worker(bundle, said.append) is None
    assert said[-1].startswith("The worker is not compiled and starts slowly: ") and said[-1].endswith(".")
    assert not list(bundle.cache.glob(".staging-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_cache_that_cannot_be_written_is_no_error(bundle: BundledLean) -> None:
    bundle.cache.chmod(0o500)
    assert compile_worker(bundle) is None
    bundle.cache.chmod(0o700)


@pytest.mark.lean
async def test_the_compiled_worker_answers_as_the_source_does(bundled: Toolchain) -> None:
    assert bundled.bundle is not None
    folder = bundled.bundle.compiled
    assert folder is not None and {path.name for path in folder.iterdir()} == {*PARTS, MADE}
    request = {"id": "1", "op": "open", "text": "theorem t (a b : Nat) : a + b = b + a := by sorry", "ms": 60000}
    command = bundled.worker(folder / SOURCE)
    child = await process.spawn(command.argv, env=command.env, cwd=command.cwd, limit=2**20)
    stdout, _ = await child.communicate(json.dumps(request).encode() + b"\n")
    process.end(child)
    hello, opened = (json.loads(line) for line in stdout.decode().splitlines() if line.startswith("{"))
    assert hello["hello"] == 1
    assert opened["holes"][0]["goals"] == ["a b : Nat\n⊢ a + b = b + a"]
