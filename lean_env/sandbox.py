"""What a Lean process may do here. Tactics from a model are code: a Lean that elaborates them is confined.

Four things keep it in, each by itself. How many of them a system can enforce, `prove doctor` says, a line for each.

- **Files**: it sees its own library, the modules on its LEAN_PATH, the worker, and the system's shared libraries, all
  read-only. The kernel sees to that: by Landlock, or in namespaces of its own, which bubblewrap makes and which have a
  /tmp of their own.
- **Calls**: no sockets, no signals to other processes and no tracing of them, by a seccomp filter; the bundled Lean
  cannot start processes at all, a native one only programs of its own toolchain.
- **Limits** on memory, processor time, processes, files and core dumps (setrlimit): on every POSIX system.
- **Environment**: only the variables that its command names, none of the user's keys and tokens.

The bundled Lean is kept in by two more: its glue mounts two folders, and Node's permission model refuses to write, to
start processes and to load native code. That model lets worker threads, one of which Lean is, read what they like; so
where the kernel enforces nothing (macOS, Windows), only the mounts keep it from other files, and nothing from networks.

A Lean that cannot be confined as it should be does not start. Where that happens to a Lean that is installed in an
unusual way, STEPWISE_SANDBOX=off leaves files and calls free; limits and environment stay.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lean_env import process, sandbox_child
from lean_env.errors import WorkerStartError
from lean_env.process_child import SANDBOX_VARIABLE

SWITCH = "STEPWISE_SANDBOX"

Files = Literal["landlock", "bubblewrap"]

GIB = 1024**3
MEMORY_BYTES = {"bundled": 6 * GIB, "native": 24 * GIB}
"""Memory of its own that a process may have, its reservations included: the bundled Lean reserves 4.3 GB and uses 0.9;
a native one with Mathlib is replaced at 10. Files that it maps do not count."""
CPU_S = 12 * 3600
"""Processor seconds that a process may take before the kernel ends it. A worker that ends is replaced."""
FILE_BYTES = 512 * 1024**2
"""Size of a file that it may write, where it may write at all; and of the /tmp of its own."""
OPEN_FILES = 4096
PROCESSES = 512
"""Threads and processes that it may start, about: the system counts all of the user's, so what others start counts."""
PROBE_S = 30.0

LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/nix/store", "/gnu/store")
SYSTEM = (
    *LIBRARIES,
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
)
"""What any program may read."""


@dataclass(frozen=True, slots=True)
class Means:
    """What this system can enforce."""

    files: Files | None
    """What keeps a process from files; None for nothing."""
    calls: bool
    """Whether system calls can be refused."""
    off: bool = False
    """Whether the user has switched both off."""


def confined(
    env: Mapping[str, str],
    *,
    bundled: bool,
    program: Path,
    read: Iterable[Path],
    execute: Iterable[Path] = (),
    write: Sequence[Path] = (),
) -> dict[str, str]:
    """The environment of a Lean's command, in which it also says to what `process.spawn` and `run` confine it.

    Args:
        env: the whole environment that the program itself gets.
        program: what is run.
        read: files and folders that it may read, beside the system's libraries.
        execute: other programs that it may run.
        write: files and folders that it may also write to.
    """
    chosen = means(bundled)
    return {**env, SANDBOX_VARIABLE: specification(chosen, env, bundled, program, read, execute, write)}


def specification(
    chosen: Means,
    env: Mapping[str, str],
    bundled: bool,
    program: Path,
    read: Iterable[Path],
    execute: Iterable[Path] = (),
    write: Sequence[Path] = (),
) -> str:
    """What `sandbox_child` is to enforce; see there."""
    libraries = [Path(entry) for entry in env.get("LD_LIBRARY_PATH", "").split(os.pathsep) if entry]
    runnable = [*runs(program), *(found for other in execute for found in runs(other))]
    may_write = bool(write) or chosen.files == "bubblewrap"
    return json.dumps(
        {
            "limits": {
                "core": 0,
                "cpu": CPU_S,
                "data": MEMORY_BYTES["bundled" if bundled else "native"],
                "fsize": FILE_BYTES if may_write or (chosen.files is None and not bundled) else 0,
                "nofile": OPEN_FILES,
            },
            "processes": PROCESSES if sys.platform == "linux" else None,
            "files": chosen.files,
            "bubblewrap": shutil.which("bwrap") if chosen.files == "bubblewrap" else None,
            "scratch": FILE_BYTES,
            "read": [*SYSTEM, *(str(path.absolute()) for path in (*libraries, *read))],
            "execute": list(dict.fromkeys(map(str, runnable))),
            "write": [str(path.absolute()) for path in write],
            "calls": chosen.calls,
            "threads": bundled,
        }
    )


@functools.cache
def means(bundled: bool) -> Means:
    """What this system can enforce, tried out once, which takes 50 ms.

    The bundled Lean needs no /tmp and starts nothing: for it Landlock comes first, which is a process less.
    """
    if os.environ.get(SWITCH, "").lower() in ("off", "0", "none"):
        return Means(None, False, off=True)
    if sys.platform != "linux":
        return Means(None, False)
    calls = os.uname().machine in sandbox_child.AUDIT
    order: tuple[Files, ...] = ("landlock", "bubblewrap") if bundled else ("bubblewrap", "landlock")
    there = {"landlock": sandbox_child.landlock_version() > 0, "bubblewrap": shutil.which("bwrap") is not None}
    kinds: list[Files | None] = [*(kind for kind in order if there[kind]), None]
    tried = [Means(kind, filtered) for filtered in ((True, False) if calls else (False,)) for kind in kinds]
    return next((chosen for chosen in tried if _works(chosen)), Means(None, False))


def _works(chosen: Means) -> bool:
    """Whether a program that does nothing can be run so."""
    program = shutil.which("true")
    if program is None:
        return False
    env = {"PATH": os.defpath}
    env[SANDBOX_VARIABLE] = specification(chosen, env, False, Path(program), ())
    try:
        return process.run([program], env=env, timeout=PROBE_S).status == 0
    except WorkerStartError:
        return False


def runs(program: Path) -> list[Path]:
    """The files that the kernel runs when it runs this one, by their names and by where links lead: itself, and its
    interpreters or its loader."""
    found: list[Path] = []
    follows: Path | None = program
    while follows is not None and len(found) < 10:  # the kernel goes as far
        real = Path(os.path.realpath(follows))
        found += [follows.absolute(), real]
        try:
            with real.open("rb") as file:
                follows = _run_by(file.read(4096))
        except OSError:
            break
    return found


def _run_by(head: bytes) -> Path | None:
    """The interpreter or the loader that the first bytes of a script or of a 64-bit ELF program name."""
    name = b""
    if head.startswith(b"#!"):
        name = next(iter(head.split(b"\n", 1)[0][2:].split()), b"")
    elif head[:6] == b"\x7fELF\x02\x01":
        start, size, count = (int.from_bytes(head[a:b], "little") for a, b in ((32, 40), (54, 56), (56, 58)))
        for at in (start + index * size for index in range(count)):
            if int.from_bytes(head[at : at + 4], "little") == 3:  # PT_INTERP
                name = head[int.from_bytes(head[at + 8 : at + 16], "little") :].split(b"\0", 1)[0]
                break
    return Path(os.fsdecode(name)) if name.startswith(b"/") else None
