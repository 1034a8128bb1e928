"""The two small programs that stand between us and the processes we start. Run as a script, never imported by us.

    python process_child.py launch PARENT PROGRAM [ARGUMENT...]   become PROGRAM, bound to die with PARENT
    python process_child.py watch PARENT                          end the listed process groups when PARENT is gone

`launch` does, in the new process and before PROGRAM exists, what `preexec_fn` would do between fork and exec: there,
Python code can deadlock; here, it is an ordinary program. `watch` covers what the kernel's promise to `launch` does
not: grandchildren, and systems without that promise. It reads lines `+GROUP` and `-GROUP` from its standard input.

Standard library only: it runs without site packages, so that it starts in about 20 ms.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from types import ModuleType

CHANGES_VARIABLE = "STEPWISE_CHILD_ENVIRONMENT"
"""Carries the program's environment past this interpreter, which must start in its parent's: JSON, name to value, or
to null for one that is to be removed."""

SANDBOX_VARIABLE = "STEPWISE_CHILD_SANDBOX"
"""Carries what the program is confined to (`sandbox_child`): JSON. It is part of a Lean's environment from where its
command is made, so that whoever starts the command starts it confined; the program itself does not see it."""

PR_SET_PDEATHSIG = 1
PARENT_CHECK_S = 1.0


def launch(parent: int, argv: list[str]) -> None:
    """Replace this process by `argv[0]` (a path), confined if its environment says so.

    On Linux, the kernel ends it when the thread that started it ends.
    """
    if sys.platform == "linux":
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
            sys.exit(f"prctl failed: {os.strerror(ctypes.get_errno())}")
    # The parent may have ended before the kernel was told: then this process has been given another parent.
    if os.getppid() != parent:
        sys.exit("the process that asked for this one is gone")
    environment = dict(os.environ)
    changes = environment.pop(CHANGES_VARIABLE, "")
    if changes:
        import json

        for name, value in json.loads(changes).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
    sandbox = environment.pop(SANDBOX_VARIABLE, "")
    # Python ignores these two, and exec keeps what is ignored.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    if sandbox:
        import json

        argv = _sandbox_child().confine(json.loads(sandbox), argv)
    try:
        os.execve(argv[0], argv, environment)
    except OSError as error:
        print(f"{argv[0]} cannot be run: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def _sandbox_child() -> ModuleType:
    """The module beside this one: it has no package here, and a path to it would show all its neighbours."""
    from importlib.util import module_from_spec, spec_from_file_location

    path = __file__.replace("process_child", "sandbox_child")
    spec = spec_from_file_location("sandbox_child", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def watch(parent: int) -> None:
    """Keep the list of groups that standard input tells of; end them all when it closes or the parent is another."""
    groups: set[int] = set()
    pending = b""
    alive = True
    while alive:
        # A fork of the parent may hold the other end of the pipe open after it: so look at the parent as well. That
        # comes before the last look at the pipe, in which a parent that has just ended may have left something.
        alive = os.getppid() == parent
        if not select.select([0], [], [], PARENT_CHECK_S if alive else 0)[0]:
            continue
        received = os.read(0, 65536)
        if not received:
            break
        alive = True
        *lines, pending = (pending + received).split(b"\n")
        for line in lines:
            group = int(line[1:])
            if line[:1] == b"+":
                groups.add(group)
            else:
                groups.discard(group)
    for group in groups:
        # It may have ended, or its number may be another user's by now.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "launch":
        launch(int(sys.argv[2]), sys.argv[3:])
    else:
        watch(int(sys.argv[2]))
