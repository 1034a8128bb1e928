"""Which Lean: the one of a Lake project, one on PATH, or the bundled one; and the commands that run it.

In a Lake project (a lakefile up the tree, or one that was named) it is the project's Lean, which sees its imports,
Mathlib included. Else it is a `lean` on PATH. Else it is the bundled Lean, which has no Mathlib.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from lean_env import project as lake
from lean_env import sandbox
from lean_env.bundled import STACK_KB, BundledLean
from lean_env.errors import LeanNotFound, UsageError, WorkerStartError

Kind = Literal["project", "path", "bundled"]
Progress = Callable[[str], None]

LEAN_VARIABLE = "STEPWISE_LEAN"
MINIMUM = (4, 9)
LEAN_LIMIT_S = 900
"""Seconds: at the first call elan may download a toolchain."""


# The code that Lean elaborates may come from a model: it need not see the keys and tokens of whoever runs it.
_KEPT_VARIABLES = re.compile(
    r"PATH|HOME|USER|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|ELAN.*|LEAN.*|(?:DY)?LD_LIBRARY_PATH", re.IGNORECASE
)
_VERSION = re.compile(r"Lean \(version (\d+)\.(\d+)([^,)]*)(?:,.*?commit ([0-9a-f]+))?")


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start."""

    argv: tuple[str, ...]
    env: dict[str, str]
    """Its whole environment, and in it what it is confined to (`sandbox`): `process.spawn` takes that out."""
    cwd: Path | None
    """The folder that it starts in; None for ours."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Lean that works, and how to run it."""

    kind: Kind
    version: str
    """As Lean says it, such as `4.28.0` or `4.29.0-rc1`."""
    mathlib: bool
    """Whether `import Mathlib` works."""
    why: str
    """Why this one, for `prove doctor`: a clause."""
    project: Path | None = None
    commit: str | None = None
    """Lean's own commit, if it says."""
    mathlib_revision: str | None = None
    lean: Path | None = None
    """The program; None for the bundled Lean."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment that the program needs; empty for the bundled Lean."""
    bundle: BundledLean | None = None
    """Where the bundled Lean is; None for another, and for a bundled one that is not fetched yet (see `resolve`)."""

    def worker(self, source: Path) -> Command:
        """Run a Lean file's `main`; its standard input and output are the worker's protocol."""
        if self.kind == "bundled":
            return self._bundled("--run", f"/worker/{source.name}", mount=source.absolute().parent)
        return self._native("-j2", f"--tstack={STACK_KB}", "--run", str(source.absolute()), read=(source,))

    def checker(self) -> Command:
        """Elaborate the text on standard input, to its end, and print Lean's messages as JSON, one a line."""
        if self.kind == "bundled":
            return self._bundled("--json", "--stdin")
        return self._native(f"--tstack={STACK_KB}", "--json", "--stdin")

    def identity(self) -> dict[str, str | bool | None]:
        """What a run records, so that it can be compared with another: no paths."""
        return {
            "kind": self.kind,
            "version": self.version,
            "commit": self.commit,
            "mathlib": self.mathlib,
            "mathlib_revision": self.mathlib_revision,
        }

    def beside(self, program: Path, *arguments: str, folder: Path) -> Command:
        """Run a program on the modules of this Lean and those in a folder, which alone it may write to."""
        modules = os.pathsep.join(filter(None, (str(folder), self.env.get("LEAN_PATH", ""))))
        env = {**self.env, "LEAN_PATH": modules}
        return Command((str(program), *arguments), self._confined(env, program, (), (folder,)), folder)

    def _native(self, *arguments: str, read: tuple[Path, ...] = ()) -> Command:
        """Beside `read` it sees its own library and the modules on its LEAN_PATH, and runs what came with it."""
        assert self.lean is not None, "only the bundled Lean has no program"
        return Command((str(self.lean), *arguments), self._confined(self.env, self.lean, read), self.project)

    def _confined(
        self, env: Mapping[str, str], program: Path, read: tuple[Path, ...], write: tuple[Path, ...] = ()
    ) -> dict[str, str]:
        assert self.lean is not None, "only the bundled Lean has no program"
        installed = Path(self.env.get("LEAN_SYSROOT") or self.lean.parent.parent)
        modules = [Path(entry) for entry in env.get("LEAN_PATH", "").split(os.pathsep) if entry]
        return sandbox.confined(
            env,
            bundled=False,
            program=program,
            read=(installed, *modules, *read),
            execute=[path for path in (installed / "bin").glob("*") if path.is_file()],
            write=write,
        )

    def _bundled(self, *arguments: str, mount: Path | None = None) -> Command:
        assert self.bundle is not None, "it was resolved with fetch=False"
        argv, env = self.bundle.command(arguments, mount=mount)
        return Command(argv, env, None)


def resolve(
    lean: str | None = None,
    project: Path | None = None,
    start: Path | None = None,
    progress: Progress | None = None,
    *,
    fetch: bool = True,
) -> Toolchain:
    """Choose a Lean and make sure that it works. It may take minutes where something is downloaded first.

    Args:
        lean: `bundled`, `project`, or a path to a `lean` or to a folder with `bin/lean`; None to choose, or to take
            what the environment variable STEPWISE_LEAN says.
        project: the folder of a Lake project.
        start: where to look for a Lake project, upwards; None for the current folder.
        progress: told, in a sentence, what takes long.
        fetch: False to leave the bundled Lean where it is if it is not here yet; the answer can then not be run.

    Raises:
        LeanNotFound: the one that was asked for does not work, or is older than 4.9.
        BundleError: the bundled Lean is needed and cannot be had.
        UsageError: `lean` and `project` contradict each other.
    """
    if lean is None and project is None:
        lean = os.environ.get(LEAN_VARIABLE) or None
    if project is not None and lean not in (None, "project"):
        raise UsageError(
            f"`--lean {lean}` and `--project {project}` contradict each other.",
            "A project has its own Lean: leave one of the two out.",
        )
    if lean == "bundled":
        return _bundled(progress, "it was asked for", fetch)
    if lean not in (None, "project"):
        return _native(Path(lean).expanduser(), "it was asked for", progress)
    folder = project if project is not None else lake.find_project(start or Path.cwd())
    if project is not None or lean == "project":
        if folder is None:
            raise LeanNotFound(
                f"There is no Lake project in {(start or Path.cwd()).absolute()} or above it.",
                "Name its folder with `--project DIR`.",
            )
        return _project(folder, "it was asked for", progress)
    return _choose(folder, progress, fetch)


def _choose(folder: Path | None, progress: Progress | None, fetch: bool) -> Toolchain:
    """Nobody asked for a Lean: the project's, else the one on PATH, else the bundled one."""
    passed_over = ""
    if folder is not None:
        if shutil.which("lake") is not None:
            return _project(folder, f"{folder} has a lakefile", progress)
        passed_over = f"; the Lake project {folder} is not used, since no `lake` is on PATH"
    found = shutil.which("lean")
    if found is not None:
        try:
            return _native(Path(found), f"`lean` is on PATH{passed_over}", progress)
        except LeanNotFound as error:
            why = f"the `lean` on PATH cannot be used ({error.message.rstrip('.')}){passed_over}"
            return _bundled(progress, why, fetch)
    return _bundled(progress, f"no `lean` is on PATH{passed_over}", fetch)


def _bundled(progress: Progress | None, why: str, fetch: bool) -> Toolchain:
    from lean_env import bundled
    from lean_env.bundled_package import PUBLISHED
    from lean_env.bundled_worker import compile_worker, find_compiled

    bundle = bundled.ensure(progress) if fetch else bundled.find()
    if bundle is not None:
        bundle = replace(bundle, compiled=compile_worker(bundle, progress) if fetch else find_compiled(bundle))
    return Toolchain("bundled", PUBLISHED.lean, mathlib=False, why=why, bundle=bundle)


def _project(folder: Path, why: str, progress: Progress | None) -> Toolchain:
    loaded = lake.load_project(folder, progress)
    env = {**_kept_environment(), **loaded.env}
    version, commit = _version(loaded.lean, env, loaded.folder)
    return Toolchain(
        "project",
        version,
        mathlib=loaded.mathlib,
        why=why,
        project=loaded.folder,
        commit=commit,
        mathlib_revision=loaded.mathlib_revision,
        lean=loaded.lean,
        env=env,
    )


def _native(lean: Path, why: str, progress: Progress | None) -> Toolchain:
    if lean.is_dir():
        lean = lean / "bin" / "lean"
    found = shutil.which(lean)
    if found is None:
        raise LeanNotFound(
            f"{lean} is not a Lean that can be run.",
            "Give the path of a `lean`, or `--lean bundled` for the bundled one.",
        )
    if progress is not None:
        progress(f"Asking {found} for its version")
    program = Path(found).absolute()
    version, commit = _version(program, os.environ, None)
    # The program itself, not elan's stand-in for it: that would choose a Lean again at every start, and by the folder.
    prefix = Path(_ask(program, "--print-prefix", os.environ, None).strip())
    if (prefix / "bin" / "lean").is_file():
        program = prefix / "bin" / "lean"
    env = {**_kept_environment(), "LEAN_SYSROOT": str(prefix)}
    path = [Path(entry) for entry in env.get("LEAN_PATH", "").split(os.pathsep) if entry]
    mathlib = lake.has_mathlib([*path, prefix / "lib" / "lean"])
    return Toolchain("path", version, mathlib=mathlib, why=why, commit=commit, lean=program, env=env)


def _kept_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if _KEPT_VARIABLES.fullmatch(name)}


def _version(lean: Path, env: Mapping[str, str], cwd: Path | None) -> tuple[str, str | None]:
    """The version and commit of a Lean, such as `4.9.0-rc1` and `8f9843a4a5fe`."""
    answer = _ask(lean, "--version", env, cwd)
    match = _VERSION.search(answer)
    if match is None:
        raise LeanNotFound(
            f"{lean} does not say which Lean it is.",
            "Give the path of a Lean 4, or `--lean bundled` for the bundled one.",
        )
    major, minor, rest, commit = match.groups()
    version = f"{major}.{minor}{rest}".strip()
    if (int(major), int(minor)) < MINIMUM:
        raise LeanNotFound(
            f"{lean} is Lean {version}; Stepwise needs {MINIMUM[0]}.{MINIMUM[1]} or newer.",
            "Choose a newer one with elan, or use `--lean bundled`.",
        )
    return version, commit


def _ask(lean: Path, option: str, env: Mapping[str, str], cwd: Path | None) -> str:
    from lean_env import process

    try:
        finished = process.run([str(lean), option], env=env, cwd=cwd, timeout=LEAN_LIMIT_S)
    except WorkerStartError as error:
        raise LeanNotFound(error.message, error.hint) from error
    if finished.timed_out:
        raise LeanNotFound(
            f"`{lean} {option}` did not answer within {LEAN_LIMIT_S // 60} minutes.",
            "Run it yourself and see what it waits for, or use `--lean bundled`.",
        )
    if finished.status != 0:
        raise LeanNotFound(
            f"`{lean} {option}` failed: {lake.complaint(finished.stderr)}.",
            "Run it yourself and mend what it says, or use `--lean bundled`.",
        )
    return finished.stdout
