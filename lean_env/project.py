"""A user's Lake project: where it is, and the environment in which its Lean sees its imports.

`lake env` is asked once, and `lean` is then started directly: a process between us and Lean would be one more to end.
Without a command, `lake env` prints the environment, a `NAME=VALUE` a line (every Lake since before Lean 4.9 does).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lean_env.errors import LeanNotFound, WorkerStartError

LAKEFILES = ("lakefile.toml", "lakefile.lean")

LAKE_LIMIT_S = 900
"""Seconds: at the first call elan may download a toolchain, and Lake the project's dependencies."""

_SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_REQUIRES_MATHLIB = re.compile(r'^\s*require\s+(?:"[^"]*"\s*/\s*)?[«"]?mathlib[»"]?(?:\s|$)', re.MULTILINE)
_OTHERWISE = "Or leave the project with `--lean bundled`, which has no Mathlib."


@dataclass(frozen=True, slots=True)
class LakeProject:
    """A Lake project that is ready to be used."""

    folder: Path
    lean: Path
    """The Lean that it is pinned to."""
    env: Mapping[str, str]
    """The environment in which that Lean sees the project's modules: the variables that Lake sets, and no others."""
    mathlib: bool
    """Whether Mathlib is there, compiled."""
    mathlib_revision: str | None
    """The commit of Mathlib that the manifest pins."""


def find_project(start: Path) -> Path | None:
    """The nearest folder with a lakefile, from `start` (a folder or a file) upwards."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if lakefile(folder) is not None:
            return folder
    return None


def lakefile(folder: Path) -> Path | None:
    """The lakefile of a folder, if it has one."""
    return next((folder / name for name in LAKEFILES if (folder / name).is_file()), None)


def load_project(folder: Path, progress: Callable[[str], None] | None = None) -> LakeProject:
    """Ask Lake for a project's environment. It may take minutes where elan or Lake download something first.

    Args:
        folder: the folder of the lakefile.
        progress: told, in a sentence, what takes long.

    Raises:
        LeanNotFound: there is no lakefile or no Lake, Lake refuses, or Mathlib is required and not built.
    """
    folder = folder.absolute()
    if lakefile(folder) is None:
        raise LeanNotFound(
            f"{folder} is not a Lake project: it has no lakefile.toml and no lakefile.lean.",
            "Give the folder of the lakefile with `--project DIR`.",
        )
    if shutil.which("lake") is None:
        raise LeanNotFound(
            f"The Lake project {folder} needs `lake`, which is not on PATH.",
            f"Install elan, which brings Lean and Lake. {_OTHERWISE}",
        )
    settings = _lake_env(folder, progress or (lambda _sentence: None))
    path = [_below(folder, entry) for entry in settings.get("LEAN_PATH", "").split(os.pathsep) if entry]
    lean = _lean(folder, settings)
    mathlib = has_mathlib(path)
    if not mathlib and requires_mathlib(folder):
        raise LeanNotFound(
            f"The Lake project {folder} requires Mathlib, which is not built there.",
            f"Run `lake exe cache get` in it. {_OTHERWISE}",
        )
    env = {**settings, "LEAN_PATH": os.pathsep.join(map(str, path))}
    return LakeProject(folder, lean, env, mathlib, _mathlib_revision(folder))


def has_mathlib(lean_path: list[Path]) -> bool:
    """Whether one of the folders of a LEAN_PATH holds Mathlib, compiled."""
    return any((folder / "Mathlib.olean").is_file() for folder in lean_path)


def requires_mathlib(folder: Path) -> bool:
    """Whether a project's manifest or lakefile names Mathlib as a dependency, as far as it can be read."""
    if _mathlib_revision(folder) is not None:
        return True
    file = lakefile(folder)
    if file is None:
        return False
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".lean":
            return _REQUIRES_MATHLIB.search(text) is not None
        required = tomllib.loads(text).get("require", [])
        return any(isinstance(package, dict) and package.get("name") == "mathlib" for package in required)
    except (OSError, ValueError, TypeError):
        return False  # Lake has read it: what is odd about it is not for us to say


def _mathlib_revision(folder: Path) -> str | None:
    try:
        manifest = json.loads((folder / "lake-manifest.json").read_text(encoding="utf-8"))
        for package in manifest["packages"]:
            if package.get("name") == "mathlib":
                return str(package.get("rev") or package.get("dir") or "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # no manifest yet, or one of another age
    return None


def _lake_env(folder: Path, progress: Callable[[str], None]) -> dict[str, str]:
    """What `lake env` prints; a variable that it unsets has an empty value and is left out."""
    from lean_env import process

    progress(f"Asking Lake for the environment of {folder}")
    try:
        finished = process.run(["lake", "env"], env=os.environ, cwd=folder, timeout=LAKE_LIMIT_S)
    except WorkerStartError as error:
        raise LeanNotFound(error.message, error.hint) from error
    if finished.timed_out:
        raise LeanNotFound(
            f"`lake env` did not finish within {LAKE_LIMIT_S // 60} minutes in {folder}.",
            f"Run `lake build` in it and see what it waits for. {_OTHERWISE}",
        )
    if finished.status != 0:
        raise LeanNotFound(
            f"`lake env` failed in {folder}: {complaint(finished.stderr)}.",
            f"Run `lake build` in it and mend what it says. {_OTHERWISE}",
        )
    matches = [_SETTING.fullmatch(line) for line in finished.stdout.splitlines()]
    settings = {match[1]: match[2] for match in matches if match is not None}
    if not settings.get("LEAN_PATH"):
        raise LeanNotFound(
            f"`lake env` names no LEAN_PATH in {folder}.", "Stepwise needs Lean 4.9 or newer: look at `lean-toolchain`."
        )
    return {name: value for name, value in settings.items() if value}


def complaint(stderr: str) -> str:
    """What is wrong, in one line, from what Lake, elan or Lean wrote to their standard error."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    first = next((line for line in lines if line.startswith("error:")), lines[-1] if lines else "it gave no reason")
    return first.removeprefix("error:").strip().rstrip(".")


def _lean(folder: Path, settings: Mapping[str, str]) -> Path:
    """The program itself, not elan's stand-in for it, which would choose a Lean again at every start."""
    name = "lean.exe" if os.name == "nt" else "lean"
    candidates = [settings["LEAN_SYSROOT"] + f"/bin/{name}"] if "LEAN_SYSROOT" in settings else []
    candidates += [settings["LEAN"]] if "LEAN" in settings else []
    for candidate in candidates:
        if _below(folder, candidate).is_file():
            return _below(folder, candidate)
    found = shutil.which("lean", path=settings.get("PATH"))
    if found is None:
        raise LeanNotFound(
            f"Lake found no Lean for the project {folder}.", "Run `lake build` in it and mend what it says."
        )
    return Path(found)


def _below(folder: Path, entry: str) -> Path:
    """An absolute path: older Lakes print paths relative to the project."""
    return Path(os.path.normpath(folder / entry))
