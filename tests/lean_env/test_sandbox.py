"""What a confined process can do, tried by programs that stand in for a Lean that was taken over."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lean_env import process, sandbox, sandbox_child
from lean_env.bundled import BundledLean
from lean_env.bundled_package import node_program
from lean_env.process_child import SANDBOX_VARIABLE
from lean_env.sandbox import Files, Means
from lean_env.toolchain import Command, Toolchain
from tests.lean_env import escapes

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel enforces nothing here: `prove doctor` says so")


@dataclass(frozen=True)
class Host:
    """What is there to be stolen, changed and reached."""

    folder: Path
    port: int


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    shutil.copy("/bin/sh", folder / "program")
    monkeypatch.setenv("STEPWISE_TEST_TOKEN", "secret")
    here = Path.cwd()
    with socket.socket() as listener, socket.socket(socket.AF_UNIX) as local:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        os.chdir(folder)  # the name of a local socket may be short only
        local.bind("socket")
        os.chdir(here)
        local.listen()
        yield Host(folder, listener.getsockname()[1])
    assert (folder / "secret").read_text() == "secret"
    assert {path.name for path in folder.iterdir()} == {"secret", "program", "socket"}


def need(kind: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have processes confined in this way, or skip."""
    means = Means(kind, os.uname().machine in sandbox_child.AUDIT)
    there = shutil.which("bwrap") is not None if kind == "bubblewrap" else sandbox_child.landlock_version() > 0
    if not there or not sandbox._works(means):
        pytest.skip(f"{kind} is not there, or may not be used")
    monkeypatch.setattr(sandbox, "means", lambda bundled: means)


def answers(command: Command, lines_of: str = "") -> dict[str, str]:
    finished = process.run(command.argv, env=command.env, cwd=command.cwd, timeout=120)
    assert finished.status == 0, finished
    lines = [line.removeprefix(lines_of).split(" ", 1) for line in finished.stdout.splitlines()]
    return {line[0]: line[1] for line in lines}


def stand_in(program: Path) -> Toolchain:
    """A native Lean; its LEAN_PATH makes Python's own modules readable."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LEAN_PATH": sys.base_prefix}
    return Toolchain("path", "4.28.0", mathlib=False, why="a stand-in", lean=program, env=env)


@LINUX
@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_a_native_lean_is_confined(kind: Files, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(kind, monkeypatch)
    program = escapes.python(tmp_path / "lean" / "bin" / "lean", host.folder, os.getpid(), host.port)
    said = answers(stand_in(program).checker())
    assert said.pop("read-own") == "done"
    core, data, cpu, processes = map(int, said.pop("limits").split())
    assert (core, data, cpu) == (0, sandbox.MEMORY_BYTES["native"], sandbox.CPU_S)
    assert sandbox.PROCESSES <= processes < 10 * sandbox.PROCESSES
    assert len(said) == 16
    assert {name: how for name, how in said.items() if not how.startswith("refused")} == {}


@LINUX
def test_the_same_is_possible_without_a_sandbox(host: Host, tmp_path: Path) -> None:
    # Or the test above would prove nothing
    program = escapes.python(tmp_path / "lean" / "bin" / "lean", host.folder, os.getpid(), host.port)
    said = answers(Command((str(program),), dict(os.environ), None))
    refused = {name for name, how in said.items() if how.startswith("refused")}
    assert refused <= {"rename", "told-of-sandbox"}  # it was removed before it was renamed
    (host.folder / "new").unlink()
    (host.folder / "secret").write_text("secret")


@LINUX
@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_the_node_below_the_bundled_lean_is_confined(
    kind: Files, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if Lean had broken out of its WebAssembly: JavaScript of its own choice, in Node's main thread and in another
    need(kind, monkeypatch)
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "link").symlink_to(host.folder / "secret")
    (mount / "told.json").write_text(json.dumps({"host": str(host.folder), "parent": os.getpid(), "port": host.port}))
    glue = mount / "glue.js"
    glue.write_text(escapes.JAVASCRIPT)
    bundle = BundledLean(node_program(), glue, mount, "4.28.0", tmp_path)
    argv, env = bundle.command((), mount=mount)
    finished = process.run(argv, env=env, timeout=120)
    lines = [line.split() for line in finished.stdout.splitlines()]
    for thread in ("main", "thread"):
        said = {name: how for where, name, how in lines if where == thread}
        assert said.pop("read-own") == "done"
        assert len(said) == 16, finished
        assert set(said.values()) == {"refused"}, said


@LINUX
def test_what_node_refuses_where_the_kernel_refuses_nothing(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "means", lambda bundled: Means(None, False))
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "told.json").write_text(json.dumps({"host": str(host.folder), "parent": os.getpid(), "port": host.port}))
    glue = mount / "glue.js"
    glue.write_text(escapes.JAVASCRIPT)
    argv, env = BundledLean(node_program(), glue, mount, "4.28.0", tmp_path).command((), mount=mount)
    lines = [line.split() for line in process.run(argv, env=env, timeout=120).stdout.splitlines()]
    for thread in ("main", "thread"):
        refused = {name for where, name, how in lines if where == thread and how == "refused"}
        assert refused >= {"write", "write-own", "remove", "rename", "chmod", "spawn", "native-code", "secret-variable"}


@LINUX
@pytest.mark.parametrize("kind", ["bubblewrap", "landlock"])
def test_limits_hold(kind: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(kind, monkeypatch)
    monkeypatch.setitem(sandbox.MEMORY_BYTES, "native", 300_000_000)
    monkeypatch.setattr(sandbox, "CPU_S", 1)
    greedy = (
        "import sys\ntry:\n    bytearray(400_000_000)\nexcept MemoryError:\n    print('memory refused', flush=True)\n"
    )
    program = tmp_path / "bin" / "lean"
    program.parent.mkdir()
    program.write_text(f"#!{Path(sys.executable).resolve()} -IS\n{greedy}while True: pass\n")
    program.chmod(0o755)
    command = stand_in(program).checker()
    finished = process.run(command.argv, env=command.env, timeout=60)
    assert finished.stdout == "memory refused\n"
    assert not finished.timed_out and finished.status != 0


@LINUX
def test_bubblewrap_gives_a_tmp_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("bubblewrap", monkeypatch)
    program = tmp_path / "bin" / "lean"
    program.parent.mkdir()
    look = "import os\nopen('/tmp/mine', 'w').write('x' * 1000)\nprint(sorted(os.listdir('/tmp')))\n"
    program.write_text(f"#!{Path(sys.executable).resolve()} -IS\n{look}")
    program.chmod(0o755)
    command = stand_in(program).checker()
    finished = process.run(command.argv, env=command.env, timeout=60)
    assert "'mine'" in finished.stdout and finished.status == 0, finished
    assert not Path("/tmp/mine").exists()


@LINUX
def test_a_process_that_cannot_be_confined_does_not_start(tmp_path: Path) -> None:
    true = Path(shutil.which("true") or "")
    specification = json.loads(sandbox.specification(Means("bubblewrap", False), {}, False, true, ()))
    env = {SANDBOX_VARIABLE: json.dumps(specification | {"bubblewrap": str(tmp_path / "missing")})}
    assert process.run([str(true)], env=env, timeout=60).status == 127


@LINUX
def test_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.SWITCH, "off")
    sandbox.means.cache_clear()
    try:
        assert sandbox.means(False) == Means(None, False, off=True)
    finally:
        monkeypatch.undo()
        sandbox.means.cache_clear()


def test_what_the_kernel_runs_for_a_program(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\ntrue\n")
    shell = Path("/bin/sh").resolve()
    assert sandbox.runs(script)[:4] == [script, script, Path("/bin/sh"), shell]
    if sys.platform == "linux":
        assert all(path.is_file() for path in sandbox.runs(script)), "the shell's loader too"
    assert set(sandbox.runs(tmp_path / "missing")) == {tmp_path / "missing"}
    for content in (b"", b"#!", b"#!\n", b"\x7fELF\x02\x01", b"\x7fELF\x02\x01" + bytes(range(250))):
        script.write_bytes(content)
        assert sandbox.runs(script)[0] == script
