"""Processes: a group of their own, ended as a group, and none that outlives us, however we end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from lean_env import process
from lean_env.errors import WorkerStartError

ENV = dict(os.environ)

FAMILY = ["sh", "-c", "sleep 600 & echo $!; wait"]
"""A process that prints the number of its child, a `sleep`, and waits for it."""


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(*pids: int) -> None:
    """Return when all have ended; the test's own time limit says when that is too late."""
    while not all(gone(pid) for pid in pids):
        time.sleep(0.02)


async def read_pid(child: asyncio.subprocess.Process) -> int:
    assert child.stdout is not None
    return int(await child.stdout.readline())


async def test_a_spawned_process_has_three_pipes_its_environment_and_its_folder(tmp_path: Path) -> None:
    script = 'read line; echo "$line $COLOUR $HOME $PWD"; echo problem >&2; exit 7'
    env = {"PATH": os.environ["PATH"], "COLOUR": "grün"}  # without HOME, which ours has
    child = await process.spawn(["sh", "-c", script], env=env, cwd=tmp_path, limit=1000)
    stdout, stderr = await child.communicate(b"hello\n")
    assert stdout.decode().split() == ["hello", "grün", str(tmp_path)]
    assert stderr == b"problem\n"
    assert child.returncode == 7
    process.end(child)
    assert child.pid not in process.groups()


async def test_a_spawned_process_leads_its_own_session() -> None:
    child = await process.spawn(["sleep", "600"], env=ENV)
    assert os.getsid(child.pid) == os.getpgid(child.pid) == child.pid
    await process.end_and_wait(child)


async def test_signals_that_python_ignores_are_not_ignored_in_the_child() -> None:
    child = await process.spawn(["sh", "-c", "kill -PIPE $$; echo survived"], env=ENV)
    stdout, _ = await child.communicate()
    assert stdout == b""
    assert child.returncode == -signal.SIGPIPE
    process.end(child)


async def test_ending_ends_the_whole_group_and_nothing_else() -> None:
    bystander = await process.spawn(["sleep", "600"], env=ENV)
    child = await process.spawn(FAMILY, env=ENV)
    grandchild = await read_pid(child)
    assert await process.end_and_wait(child) == -signal.SIGKILL
    wait_until_gone(child.pid, grandchild)
    assert not gone(bystander.pid)
    process.end(child)  # again: nothing happens
    process.end(child.pid)
    await process.end_and_wait(bystander)


async def test_what_a_process_that_ended_by_itself_leaves_behind_is_ended_too() -> None:
    child = await process.spawn(["sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!"], env=ENV)
    grandchild = await read_pid(child)
    await child.wait()
    assert not gone(grandchild)
    process.end(child)
    wait_until_gone(grandchild)


async def test_a_process_that_we_did_not_start_is_left_alone() -> None:
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)  # noqa: ASYNC220
    process.end(stranger.pid)
    process.end(os.getpid())
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


async def test_waiting_does_not_hang_on_a_full_pipe_that_nobody_reads() -> None:
    child = await process.spawn(["sh", "-c", "yes"], env=ENV, limit=10)
    assert child.stdout is not None
    await child.stdout.readexactly(2)
    assert await process.end_and_wait(child) == -signal.SIGKILL


async def test_a_program_that_does_not_exist_is_one_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(WorkerStartError, match="no-such-program is not a program"):
        await process.spawn(["no-such-program"], env=ENV)
    with pytest.raises(WorkerStartError, match="cannot be started in"):
        await process.spawn(["sleep", "1"], env=ENV, cwd=tmp_path / "missing")
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF not really")
    broken.chmod(0o755)
    child = await process.spawn([str(broken)], env=ENV)
    _, stderr = await child.communicate()
    assert child.returncode == 127
    assert b"cannot be run" in stderr
    process.end(child)


async def test_memory_is_counted_over_the_whole_tree() -> None:
    hog = "x = bytearray(60_000_000); import time; print('ready', flush=True); time.sleep(600)"
    child = await process.spawn(["sh", "-c", f'{sys.executable} -c "{hog}"; true'], env=ENV)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    assert process.resident_bytes(child.pid) > 60_000_000
    await process.end_and_wait(child)
    assert process.resident_bytes(child.pid) == 0


def test_run_returns_what_a_process_wrote() -> None:
    finished = process.run(["sh", "-c", "cat; echo out; echo err >&2; exit 3"], env=ENV, timeout=60)
    assert finished == process.Finished(3, "out\n", "err\n")


def test_run_ends_the_group_at_its_time_limit() -> None:
    ticks: list[None] = []
    finished = process.run(FAMILY, env=ENV, timeout=1.5, tick=lambda: ticks.append(None))
    assert finished.timed_out
    assert ticks
    wait_until_gone(int(finished.stdout))


def test_run_ends_the_group_when_it_is_interrupted() -> None:
    pids: list[int] = []
    others = process.groups()

    def interrupt() -> None:
        pids.extend(process.groups() - others)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.run(FAMILY, env=ENV, timeout=60, tick=interrupt)
    wait_until_gone(*pids)


PARENT = """
import asyncio, os, signal, sys
from lean_env import process

async def main():
    child = await process.spawn(["sh", "-c", "sleep 600 & echo $!; wait"], env=dict(os.environ))
    grandchild = int(await child.stdout.readline())
    print(child.pid, grandchild, process._watcher.pid, flush=True)
    {ending}

asyncio.run(main())
"""


def family_of_a_parent(ending: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Run a parent that starts a child and a grandchild, prints their numbers and the watcher's, then ends so."""
    script = PARENT.replace("{ending}", ending)
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 3
    return parent, pids


def reap(parent: subprocess.Popen[bytes], *pids: int) -> None:
    """Wait for the end of the parent, then for that of those processes."""
    with parent:  # closes its pipe too
        parent.wait()
    wait_until_gone(*pids)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("pass", id="normal exit"),
        pytest.param("raise RuntimeError('expected in this test')", id="exception"),
        pytest.param("os._exit(0)", id="exit without atexit"),
        pytest.param("os.kill(os.getpid(), signal.SIGTERM)", id="SIGTERM"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", id="SIGKILL"),
        pytest.param("os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(600)", id="Ctrl-C"),
        pytest.param("os.kill(os.getpid(), signal.SIGSEGV)", id="crash"),
    ],
)
def test_nothing_outlives_its_parent(ending: str) -> None:
    parent, pids = family_of_a_parent(ending)
    reap(parent, *pids)


def test_nothing_outlives_a_parent_that_is_killed_from_outside() -> None:
    parent, pids = family_of_a_parent("await asyncio.sleep(600)")
    parent.kill()
    reap(parent, *pids)


def test_grandchildren_of_a_killed_parent_end_even_if_a_fork_of_it_lives() -> None:
    """The fork keeps the pipe to the watcher open."""
    parent, (child, grandchild, watcher) = family_of_a_parent("""
    fork = os.fork()
    if fork == 0:
        import time
        time.sleep(600)
    print(fork, flush=True)
    await asyncio.sleep(600)
    """)
    assert parent.stdout is not None
    fork = int(parent.stdout.readline())
    parent.kill()
    reap(parent, child, grandchild, watcher)
    assert not gone(fork)
    os.kill(fork, signal.SIGKILL)


def test_a_fork_does_not_end_what_its_parent_started() -> None:
    parent, pids = family_of_a_parent("""
    fork = os.fork()
    if fork == 0:
        process.end(child)
        sys.exit(0)
    os.waitpid(fork, 0)
    print("alive" if child.returncode is None else "ended", flush=True)
    await asyncio.sleep(600)
    """)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"alive\n"
    assert not any(gone(pid) for pid in pids)
    parent.kill()
    reap(parent, *pids)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_the_kernel_ends_the_child_even_without_the_watcher() -> None:
    parent, (child, grandchild, watcher) = family_of_a_parent("await asyncio.sleep(600)")
    os.kill(watcher, signal.SIGKILL)
    parent.kill()
    reap(parent, child)
    os.kill(grandchild, signal.SIGKILL)


async def test_a_watcher_that_was_ended_is_replaced() -> None:
    first = await process.spawn(["sleep", "600"], env=ENV)
    watcher = process._watcher
    assert watcher is not None
    watcher.kill()
    watcher.wait()
    second = await process.spawn(["sleep", "600"], env=ENV)
    assert process._watcher is not watcher
    await process.end_and_wait(first)
    await process.end_and_wait(second)
