"""Fetching the benchmarks, each at a pinned revision."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from lean_env.errors import DataError, UsageError

Progress = Callable[[str], None]

_REVISION = "stepwise-revision.txt"
_GIT_SECONDS = 600
_SILENCE_SECONDS = 60
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """Where a benchmark is published."""

    url: str
    revision: str
    """The commit that is fetched, so that everybody measures on the same statements."""
    file: str = ""
    """The one file that is needed; empty for the whole repository."""


SOURCES = {
    "minif2f": Source("https://github.com/yangky11/miniF2F-lean4", "5746b7d6c47855ce1294bed87329618ff7f1bc31"),
    "proofnet": Source("https://github.com/rahul3613/ProofNet-lean4", "a91661dfd4aa1344b056db6f4a7bf9e3fffcf201"),
    "lean-workbook": Source(
        "https://huggingface.co/datasets/internlm/Lean-Workbook",
        "2e066e310b2c6d2c27616927ae131f82901c8f1c",
        file="lean_workbook.json",
    ),
}


def cache_folder() -> Path:
    """Where fetched benchmarks are kept: under `STEPWISE_CACHE` if it is set, else in the user's cache."""
    root = os.environ.get("STEPWISE_CACHE") or platformdirs.user_cache_dir("stepwise")
    return Path(root) / "data"


def get(name: str, cache: Path | None = None, progress: Progress | None = None) -> Path:
    """Fetch a benchmark, unless its pinned revision is already there, and return its folder.

    The folder appears only once it is complete.

    Args:
        name: `minif2f`, `proofnet` or `lean-workbook`.
        cache: the folder of fetched benchmarks; None for the user's.
        progress: called with a line of text when there is something to say.

    Raises:
        UsageError: there is no such benchmark.
        DataError: it cannot be fetched or stored; the hint says how to do it by hand.
    """
    if name not in SOURCES:
        raise UsageError(f"There is no benchmark {name!r} to fetch.", f"There are: {', '.join(SOURCES)}.")
    source = SOURCES[name]
    say = progress or (lambda line: None)
    folder = (cache or cache_folder()) / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{name}.lock"):
            if _revision(folder) == source.revision:
                say(f"{name} is already in {folder}.")
                return folder
            with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder.parent) as scratch:
                fresh = Path(scratch) / name
                fresh.mkdir()
                say(f"Fetching {name} from {source.url} at {source.revision[:12]}.")
                (_download if source.file else _clone)(source, fresh, by_hand(name), say)
                (fresh / _REVISION).write_text(f"{source.revision}\n", encoding="utf-8")
                if folder.exists():
                    folder.rename(Path(scratch) / "replaced")
                fresh.rename(folder)
    except OSError as error:
        raise DataError(f"{name} cannot be stored in {folder.parent}: {error.strerror or error}.") from None
    say(f"{name} is in {folder}.")
    return folder


def by_hand(name: str) -> str:
    """How to fetch a benchmark without this program."""
    source = SOURCES[name]
    if source.file:
        return f"Download {_file_url(source)} into a folder DIR yourself, then use --data DIR."
    return (
        f"Where there is a network, run `git clone {source.url} DIR` and `git -C DIR checkout {source.revision[:12]}`, "
        "then use --data DIR."
    )


def _revision(folder: Path) -> str:
    try:
        return (folder / _REVISION).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _clone(source: Source, folder: Path, hint: str, say: Progress) -> None:
    """One commit of a repository, without its history."""
    if shutil.which("git") is None:
        raise DataError("git is not installed, and the benchmark comes by git.", hint)
    for arguments in (
        ("init", "--quiet"),
        ("fetch", "--quiet", "--depth", "1", source.url, source.revision),
        ("-c", "advice.detachedHead=false", "checkout", "--quiet", source.revision),
    ):
        _git(arguments, folder, source, hint)


def _git(arguments: tuple[str, ...], folder: Path, source: Source, hint: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_DIR") and k != "GIT_WORK_TREE"}
    environment["GIT_TERMINAL_PROMPT"] = "0"
    process = subprocess.Popen(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(timeout=_GIT_SECONDS)
    except subprocess.TimeoutExpired:
        raise DataError(f"Fetching {source.url} took more than {_GIT_SECONDS} seconds.", hint) from None
    finally:
        if process.poll() is None:  # a limit or an interruption: end git and the helpers it started
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode:
        lines = errors.decode(errors="replace").strip().splitlines() or [f"exit status {process.returncode}"]
        why = lines[-1].strip().removeprefix("fatal: ").rstrip(".")
        raise DataError(f"{source.url} cannot be fetched: {why}.", hint)


def _file_url(source: Source) -> str:
    return f"{source.url}/resolve/{source.revision}/{source.file}"


def _download(source: Source, folder: Path, hint: str, say: Progress) -> None:
    """One file of a repository, over HTTPS."""
    url = _file_url(source)
    done, told = 0, 0
    try:
        with urllib.request.urlopen(url, timeout=_SILENCE_SECONDS) as reply, (folder / source.file).open("wb") as out:
            size = int(reply.headers.get("Content-Length") or 0)
            while chunk := reply.read(_CHUNK):
                out.write(chunk)
                done += len(chunk)
                if size and done * 10 // size > told:
                    told = done * 10 // size
                    say(f"{source.file}: {done >> 20} of {size >> 20} MB.")
    except urllib.error.URLError as error:  # HTTP errors included; a full disk is an OSError and is told above
        raise DataError(f"{url} cannot be fetched: {error.reason}.", hint) from None
    except (TimeoutError, ConnectionError, ValueError) as error:
        raise DataError(f"{url} cannot be fetched: {error or type(error).__name__}.", hint) from None
    if size and done != size:
        raise DataError(f"{url} broke off after {done} of {size} bytes.", hint)
