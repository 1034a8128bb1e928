"""External processes: started in a group of their own, ended as a group, and never left behind.

Three things see to it that nothing outlives us. `end` ends a group when its owner is done with it, and `atexit` ends
those that are left on a normal exit, an exception or Ctrl-C. On Linux the kernel ends a process as soon as the one that
started it is gone, however that went (`process_child.launch`). And a watcher process, one for each of ours, ends whole
groups when we are gone, grandchildren included (`process_child.watch`). A descendant that makes itself a session of its
own leaves the group, and with it these promises.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lean_env import process_child
from lean_env.errors import WorkerStartError

POLL_S = 0.01
END_LIMIT_S = 10.0
"""Seconds to wait for a process to be gone after SIGKILL; only one stuck inside the kernel takes longer."""

_groups: dict[int, asyncio.subprocess.Process | subprocess.Popen[bytes]] = {}
"""The process groups that we have started and not ended, by the number of their leader."""
_watcher: subprocess.Popen[bytes] | None = None
_owner = 0
"""The process to which the two above belong: a fork has them too, but the groups are not its own to end."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has run to its end, or to its time limit."""

    status: int
    """Its exit status; negative for the signal that ended it."""
    stdout: str
    stderr: str
    timed_out: bool = False


async def spawn(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, limit: int = 2**16
) -> asyncio.subprocess.Process:
    """Start a process with pipes for its three streams, in a session and group of its own.

    Call it from the thread that runs the event loop, and keep that thread for as long as the process is wanted: Linux
    ends the process with the *thread* that started it. Call `end` when done with it, also when it ended by itself.

    Args:
        argv: the program, by path or by name on the PATH of `env`, and its arguments.
        env: its whole environment.
        cwd: the folder that it starts in; None for ours.
        limit: the longest line that its streams can hold, in bytes.

    Raises:
        WorkerStartError: there is no such program or folder, or the system refuses another process.
    """
    with _translated(argv, cwd):
        _sweep()
        process = await asyncio.create_subprocess_exec(
            *_launched(argv, env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_launch_environment(env),
            cwd=cwd,
            limit=limit,
            start_new_session=True,
        )
        _register(process)
    return process


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout: float,
    tick: Callable[[], None] | None = None,
) -> Finished:
    """Run a process to its end and return what it wrote; it has an empty standard input.

    Args:
        timeout: seconds after which it is ended; what it wrote so far is returned, with `timed_out`.
        tick: called about once a second while it runs.

    Raises:
        WorkerStartError: as `spawn`.
    """
    with _translated(argv, cwd):
        _sweep()
        process = subprocess.Popen(
            _launched(argv, env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_launch_environment(env),
            cwd=cwd,
            start_new_session=True,
        )
    try:
        _register(process)
        timed_out, left = False, timeout
        while True:
            try:
                stdout, stderr = process.communicate(timeout=min(1.0, max(left, 0.0)))
                break
            except subprocess.TimeoutExpired:
                left -= 1.0
                if left <= 0 and not timed_out:
                    timed_out, left = True, END_LIMIT_S
                    end(process)
                elif left <= 0:
                    stdout, stderr = b"", b""  # someone outside its group holds its pipes open
                    break
                if tick is not None:
                    tick()
    finally:
        end(process)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()
    return Finished(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"), timed_out)


def end(process: asyncio.subprocess.Process | subprocess.Popen[bytes] | int) -> None:
    """End the whole group of a process that `spawn` or `run` started, and nothing else. Does not wait.

    A process that is not ours, or that was ended before, is left alone. What is left of the group of a process that
    ended by itself is ended too.
    """
    group = process if isinstance(process, int) else process.pid
    _claim()
    started = _groups.pop(group, None)
    if started is None:
        return
    if _is_ours(group, started):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    _tell_watcher(f"-{group}\n")


async def end_and_wait(process: asyncio.subprocess.Process) -> int:
    """End the group of a process, wait until the process is gone, and let go of its pipes.

    Returns:
        Its exit status; negative for a signal.
    """
    end(process)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + END_LIMIT_S
    # Not `process.wait()`: in some versions of Python it returns only when the pipes are closed too, and a full pipe
    # that nobody reads is not.
    while process.returncode is None and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(POLL_S)
    # The pipes belong to the transport, for which there is no public name.
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
        await asyncio.sleep(0)
    return process.returncode if process.returncode is not None else -int(signal.SIGKILL)


def resident_bytes(pid: int) -> int:
    """Memory that a process and its descendants hold, in bytes; 0 when it is gone."""
    import psutil

    total = 0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for member in family:
        with contextlib.suppress(psutil.Error):
            total += member.memory_info().rss
    return total


def groups() -> frozenset[int]:
    """The process groups that we have started and not ended, by the number of their leader."""
    _claim()
    return frozenset(_groups)


@contextlib.contextmanager
def _translated(argv: Sequence[str], cwd: Path | None) -> Iterator[None]:
    """Turn the system's refusals into ours."""
    try:
        yield
    except OSError as error:
        # Between us and the program stands our own interpreter (`process_child`), which may be what is refused.
        program = sys.executable if error.filename == sys.executable else argv[0]
        raise WorkerStartError(
            f"{program} cannot be started{f' in {cwd}' if cwd else ''}: {error.strerror or error}.",
            "Check that it exists and may be run, and that memory and processes are left.",
        ) from error


def _launched(argv: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The command that becomes `argv`, bound to us."""
    program = shutil.which(argv[0], path=env.get("PATH", os.defpath))
    if program is None:
        raise WorkerStartError(f"{argv[0]} is not a program that can be run.", "Check its path and its permissions.")
    # Absolute, since it is looked up from here and run from another folder.
    return [*_helper("launch"), str(Path(program).absolute()), *argv[1:]]


def _helper(action: str) -> list[str]:
    return [sys.executable, "-I", "-S", process_child.__file__, action, str(os.getpid())]


def _launch_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Our own environment, with what `env` has otherwise in one variable (see `process_child`)."""
    changes: dict[str, str | None] = {name: value for name, value in env.items() if os.environ.get(name) != value}
    changes.update({name: None for name in os.environ if name not in env})
    return {**os.environ, process_child.CHANGES_VARIABLE: json.dumps(changes)}


def _is_ours(group: int, started: asyncio.subprocess.Process | subprocess.Popen[bytes]) -> bool:
    """Whether a group of that number can only be the one that we started.

    As long as its leader is not collected, or members are left, the number cannot be given to another process.
    """
    if started.returncode is None:
        return True
    # Its leader is collected. If a process of that number exists, it is somebody else's; if not, members that are
    # left are ours.
    try:
        os.getpgid(group)
    except ProcessLookupError:
        return True
    return False


def _register(process: asyncio.subprocess.Process | subprocess.Popen[bytes]) -> None:
    _groups[process.pid] = process
    _tell_watcher(f"+{process.pid}\n")


def _sweep() -> None:
    """Let go of processes that ended by themselves and that nobody has ended since."""
    _claim()
    for group, process in list(_groups.items()):
        if process.returncode is not None:
            end(group)


def _claim() -> None:
    """Begin with an empty list in a process that has not started anything, a fork of ours included."""
    global _owner, _watcher
    if _owner != os.getpid():
        if _owner == 0:
            atexit.register(_end_all)
        _groups.clear()
        _watcher = None
        _owner = os.getpid()


def _tell_watcher(line: str) -> None:
    """Tell the watcher of a change, and start it first if there is none (any more)."""
    global _watcher
    if _watcher is not None:
        try:
            _write(_watcher, line)
            return
        except OSError:  # somebody ended it
            _dismiss(_watcher)
    if not _groups:
        return
    _watcher = subprocess.Popen(
        _helper("watch"),
        stdin=subprocess.PIPE,
        bufsize=0,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    _write(_watcher, "".join(f"+{group}\n" for group in _groups))


def _write(watcher: subprocess.Popen[bytes], line: str) -> None:
    assert watcher.stdin is not None
    os.write(watcher.stdin.fileno(), line.encode())


def _end_all() -> None:
    """End every group that is left, then the watcher."""
    if _owner != os.getpid():
        return  # a fork of ours: what it inherited is not its own
    for group in list(_groups):
        end(group)
    if _watcher is not None:
        _dismiss(_watcher)


def _dismiss(watcher: subprocess.Popen[bytes]) -> None:
    """Close the watcher's pipe, at which it ends, and collect it."""
    assert watcher.stdin is not None
    watcher.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        watcher.wait(END_LIMIT_S)
