"""Confines the process that runs it to what a JSON object names: `process_child.launch`, before it becomes the program.

The object (`sandbox.specification` writes it):

    limits      {name of a setrlimit resource, such as "data": its value}
    processes   how many more threads and processes the user may have; null for no limit
    files       "bubblewrap", "landlock", or null: what keeps it from the files that are not named
    bubblewrap  the program of that name; null for another choice
    scratch     bytes that the /tmp of its own may hold, where bubblewrap makes one
    read, execute, write  the folders and files that may be read, run, written to (and read)
    calls       whether to refuse system calls: sockets, tracing and signalling other processes, the keyring
    threads     whether it may start only threads, and no process

What is asked for and cannot be had ends the process: it never runs with less than it was to have. Linux only, but for
`limits`, which every POSIX system has. The numbers are those of the kernel's interface (landlock(7), seccomp(2)).
Standard library only, and no imports that take long (pathlib).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
import sys
from typing import Any

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""What the kernel calls the machines whose system calls we know, by Python's name for them."""

REFUSED = {
    # Talking to others, and what could stand in for it
    "socket": (41, 198),
    "io_uring_setup": (425, 425),
    "mq_open": (240, 180),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    # Other processes of the same user
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    # The system itself, and parts of the kernel that no Lean needs
    "open_by_handle_at": (304, 265),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "execveat": (322, 281),
}
"""System calls that fail with EACCES, with their numbers on x86_64 and aarch64."""
CHANGES = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
"""The same, for those that change what is written beside a file, where Landlock does not look. Only a process that may
write to something needs them."""
TGKILL, PRLIMIT, CLONE, CLONE3 = (234, 131), (302, 261), (56, 220), (435, 435)
FORKS = ((57, None), (58, None))
CLONE_THREAD = 0x10000

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000

READ_FILE, READ_FOLDER, EXECUTE, WRITE_FILE = 1 << 2, 1 << 3, 1 << 0, 1 << 1
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15
CREATE, RULE, RESTRICT = 444, 445, 446
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many of the rights to files each version of Landlock knows; later ones know as many as the last."""
NETWORK_SINCE, SCOPES_SINCE = 4, 6
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2


def confine(specification: dict[str, Any], argv: list[str]) -> list[str]:
    """Confine this process, and return what it is to become: `argv`, or bubblewrap with it."""
    limit(specification["limits"], specification["processes"])
    if specification["files"] == "bubblewrap":
        return bubblewrapped(specification, argv)
    if specification["files"] or specification["calls"]:
        _libc("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if specification["files"] == "landlock":
        landlock(specification)
    if specification["calls"]:
        program = seccomp_filter(specification, os.getpid())
        instructions = ctypes.create_string_buffer(program, len(program))
        # struct sock_fprog: the number of instructions, and where they are
        header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
        _libc("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header, len(header)), 0, 0)
    return argv


def limit(limits: dict[str, int], processes: int | None) -> None:
    """Set the limits of this process, none above what it has."""
    import resource

    if processes is not None:
        limits = {**limits, "nproc": own_tasks() + processes}
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}", None)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def own_tasks() -> int:
    """Threads that this user has now, which is what their limit counts."""
    total = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    found = os.stat(f"/proc/{entry.name}/task")  # noqa: PTH116
                    total += found.st_nlink - 2 if found.st_uid == os.getuid() else 0
    return total


def landlock(specification: dict[str, Any]) -> None:
    """Allow what is named and nothing else, as far as this kernel's Landlock knows it."""
    version = landlock_version()
    handled = (1 << RIGHTS.get(version, max(RIGHTS.values()))) - 1
    scopes = 0b11 if version >= SCOPES_SINCE else 0
    attributes = struct.pack("<QQQ", handled, 0b11 if version >= NETWORK_SINCE else 0, scopes)
    size = 24 if version >= SCOPES_SINCE else 16 if version >= NETWORK_SINCE else 8
    rules = _libc("syscall", CREATE, ctypes.create_string_buffer(attributes, 24), size, 0)
    allowed = (
        (specification["read"], READ_FILE | READ_FOLDER),
        (specification["execute"], READ_FILE | EXECUTE),
        (specification["write"], handled & ~EXECUTE),
        (["/dev/null"], READ_FILE | WRITE_FILE),
    )
    for paths, rights in allowed:
        for path in paths:
            try:
                opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            is_folder = os.path.isdir(path)  # noqa: PTH112
            fitting = rights & handled if is_folder else rights & handled & OF_FILES
            rule = struct.pack("<Qi", fitting, opened)
            _libc("syscall", RULE, rules, 1, ctypes.create_string_buffer(rule, len(rule)), 0)
            os.close(opened)
    _libc("syscall", RESTRICT, rules, 0)
    os.close(rules)


def landlock_version() -> int:
    """The version of the kernel's Landlock; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(CREATE, None, 0, 1)))


def seccomp_filter(specification: dict[str, Any], own: int | None) -> bytes:
    """The instructions by which the kernel decides about each system call.

    Args:
        own: the number of the process, which alone it may then send signals to; None where it sees no others.
    """
    machine = os.uname().machine
    column = list(AUDIT).index(machine)
    deny, missing, allow = FAIL | errno.EACCES, FAIL | errno.ENOSYS, ALLOW
    made = [(LOAD, 0, 0, ARCHITECTURE), (JUMP_EQUAL, 1, 0, AUDIT[machine]), (RETURN, 0, 0, KILL)]
    made.append((LOAD, 0, 0, NUMBER))
    if machine == "x86_64":  # the calls of its variant with 32-bit addresses
        made += [(JUMP_AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, deny)]
    threads_only = specification["threads"]
    changes = () if specification["write"] else CHANGES.values()
    for numbers in (*REFUSED.values(), *changes, *(FORKS if threads_only else ())):
        if (number := numbers[column]) is not None:
            made += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, deny)]

    def when(numbers: tuple[int, int], test: int, value: int) -> None:
        made.extend([(JUMP_EQUAL, 0, 4, numbers[column]), (LOAD, 0, 0, FIRST_ARGUMENT), (test, 1, 0, value)])
        made.extend([(RETURN, 0, 0, deny), (RETURN, 0, 0, allow)])

    when(PRLIMIT, JUMP_EQUAL, 0)
    if own is not None:
        when(TGKILL, JUMP_EQUAL, own)
    if threads_only:
        when(CLONE, JUMP_ANY_BIT, CLONE_THREAD)
        # Its flags are in memory, where no filter can look: the C library then takes the older call
        made += [(JUMP_EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, missing)]
    made.append((RETURN, 0, 0, allow))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in made)


def bubblewrapped(specification: dict[str, Any], argv: list[str]) -> list[str]:
    """The command that runs `argv` in namespaces of its own, with nothing of the host but what is named."""
    made = [specification["bubblewrap"], "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    made += ["--proc", "/proc", "--dev", "/dev", "--size", str(specification["scratch"]), "--tmpfs", "/tmp"]
    shown: list[str] = ["/dev", "/proc", "/sys"]  # those of its own, or none
    for path in [*specification["read"], *specification["execute"]]:
        # What is below a folder that it sees is there already, and may be a link: no place for another file
        if not any(path.startswith(folder.rstrip("/") + "/") for folder in shown):
            made += ["--ro-bind-try", path, path]
            shown.append(path)
    for path in specification["write"]:
        made += ["--bind", path, path]
    if specification["calls"]:
        filtered = os.memfd_create("filter", 0)
        os.write(filtered, seccomp_filter(specification, None))
        os.lseek(filtered, 0, os.SEEK_SET)
        made += ["--seccomp", str(filtered)]
    folder = os.getcwd()  # noqa: PTH109
    return [*made, "--dir", folder, "--remount-ro", "/", "--chdir", folder, "--", *argv]


def _libc(name: str, *arguments: Any) -> int:
    """Call a function of the C library that answers -1 for a failure."""
    result = getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)
    if result < 0:
        sys.exit(f"the sandbox cannot be made: {name} failed: {os.strerror(ctypes.get_errno())}")
    return int(result)
