"""Which program tactics are tried in: our worker, the community REPL, or LeanDojo, by what `--lean` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from lean_env.dojo import DojoPool, repository
from lean_env.elsewhere import ElsewherePool
from lean_env.errors import LeanNotFound
from lean_env.pool import Pool
from lean_env.repl import ReplPool, find
from lean_env.toolchain import Progress, Toolchain
from lean_env.toolchain import resolve as resolve_lean


@dataclass(frozen=True, slots=True)
class BackedToolchain(Toolchain):
    """A Lean whose tactics are tried by another program than our worker, which still verifies."""

    backend: str = ""
    """`repl:PATH` or `dojo:REPOSITORY`."""

    def identity(self) -> dict[str, str | bool | None]:
        """What a run records: that of the Lean, and the program's kind."""
        # not super(): a dataclass with slots is another class than the one that its methods were written in
        return {**Toolchain.identity(self), "backend": self.backend.partition(":")[0]}


def resolve(
    lean: str | None = None,
    project: Path | None = None,
    start: Path | None = None,
    progress: Progress | None = None,
    *,
    fetch: bool = True,
) -> Toolchain:
    """Choose a Lean as `lean_env.toolchain.resolve` does; `repl:PATH` and `dojo:REPOSITORY` take the one that would be
    chosen without them, which must be the one that the program was built with.

    Raises:
        LeanNotFound: as there; or the program is not there, or there is no Lean of its own to verify with.
    """
    if lean is None or not lean.startswith(("repl:", "dojo:")):
        return resolve_lean(lean, project, start, progress, fetch=fetch)
    kind, _, place = lean.partition(":")
    if kind == "repl":
        find(Path(place).expanduser())
    elif project is None:
        project = Path(place.partition("@")[0]).expanduser()
    found = resolve_lean(None, project, start, progress, fetch=False)
    if found.kind == "bundled":
        raise LeanNotFound(
            f"--lean {lean} needs the Lean that it was built with, to verify proofs, and there is none.",
            "Name its project with --project DIR, or have its `lean` on PATH.",
        )
    return BackedToolchain(**{each.name: getattr(found, each.name) for each in fields(found)}, backend=lean)


def pool(toolchain: Toolchain, *, workers: int | None, slots: int) -> Pool | ElsewherePool:
    """Slots in the program that the toolchain names."""
    if not isinstance(toolchain, BackedToolchain):
        return Pool(toolchain, workers=workers, slots=slots)
    kind, _, place = toolchain.backend.partition(":")
    make: Callable[[], ElsewherePool] = {
        "repl": lambda: ReplPool(toolchain, find(Path(place).expanduser()), workers=workers, slots=slots),
        "dojo": lambda: DojoPool(toolchain, repository(place), workers=workers),
    }[kind]
    return make()
