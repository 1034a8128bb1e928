"""Scripted stand-ins for `lean` and `lake`: they answer as the real ones do, as far as `lean_env` asks them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LEAN_428 = "Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit 7e01a1bf5c70fc6167d49c345d3bf80596e9a79b, Release)"
NO_TOOLCHAIN = "error: no default toolchain configured"


def program(path: Path, script: str) -> Path:
    """A shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def lean(prefix: Path, version: str = LEAN_428) -> Path:
    """A Lean that is installed at a prefix, with the programs that it runs: no others may be run by it."""
    (prefix / "lib" / "lean").mkdir(parents=True, exist_ok=True)
    (prefix / "bin").mkdir(exist_ok=True)
    for name in ("cat", "env"):
        beside = prefix / "bin" / name
        if not beside.is_symlink():
            beside.symlink_to(shutil.which(name, path=os.defpath) or name)
    return program(
        prefix / "bin" / "lean",
        f"""case "$1" in
--version) echo '{version}' ;;
--print-prefix) echo '{prefix}' ;;
*) echo "$0" "$@"; env; cat ;;
esac""",
    )


def failing(path: Path, complaint: str) -> Path:
    """A program that says why on standard error, and fails."""
    return program(path, f"echo '{complaint}' >&2; exit 1")


def lake(path: Path, prefix: Path, lean_path: str) -> Path:
    """A `lake` that answers to `lake env`, and counts how often."""
    settings = [
        "LAKE_HOME=",  # unset
        f"LEAN={prefix}/bin/lean",
        f"LEAN_SYSROOT={prefix}",
        f"LEAN_PATH={lean_path}",
        "LEAN_SRC_PATH=.",
        "LEAN_CC=",
        f"PATH={prefix}/bin:/usr/bin:/bin",
    ]
    lines = "\n".join(settings)
    return program(path, f"echo 'info: mathlib: checking out' >&2\necho x >> {path}.calls\ncat <<'END'\n{lines}\nEND")
