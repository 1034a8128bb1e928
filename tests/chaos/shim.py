"""Stands between us and a Lean, as a process of its own, and does to the Lean's replies what a plan says.

    python shim.py FOLDER BOUNDARY PROGRAM [ARGUMENT...]

FOLDER/BOUNDARY.plan holds a fault and the numbers of the replies that it strikes, counted over all processes of the
boundary; FOLDER/BOUNDARY.struck gets a byte for each.

    kill       the process group is killed                     garbage    what is no reply comes before it
    stop       it is stopped, and never goes on                truncated  half of it comes, then the process is killed
    slow       it comes late                                   half       half of it comes, and all goes on
    memory     the process holds 300 MB more from then on      oversized  a line longer than any comes before it
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LATE_S = 0.3
OVERSIZED = 2 * 1024 * 1024
GARBAGE = b'\xff\xfe\x00{not json\n{"id": 5, "end": true}\n{"id": "0-0", "end": true, "kind": "proved"}\n[[[[\n\n'


def main() -> None:
    folder, boundary = Path(sys.argv[1]), sys.argv[2]
    fault, *numbers = (folder / f"{boundary}.plan").read_text().split()
    struck = {int(number) for number in numbers}
    child = subprocess.Popen(sys.argv[3:], stdout=subprocess.PIPE)
    assert child.stdout is not None
    held = []
    for line in child.stdout:
        if counted(folder / f"{boundary}.count") not in struck:
            out(line)
            continue
        counted(folder / f"{boundary}.struck")
        if fault == "kill":
            os.killpg(0, signal.SIGKILL)
        elif fault == "stop":
            os.killpg(0, signal.SIGSTOP)
        elif fault == "slow":
            time.sleep(LATE_S)
        elif fault == "garbage":
            out(GARBAGE)
        elif fault == "truncated":
            out(line[: len(line) // 2])
            os.killpg(0, signal.SIGKILL)
        elif fault == "half":
            out(line[: len(line) // 2] + b"\n")
            continue
        elif fault == "oversized":
            out(b"{" + b"x" * OVERSIZED + b"\n")
        elif fault == "memory":
            held.append(b"x" * 300_000_000)
        out(line)
    sys.exit(child.wait())


def out(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def counted(path: Path) -> int:
    """Add one to the number in a file, and return it."""
    with path.open("ab") as file:
        file.write(b".")
        return file.tell()


main()
