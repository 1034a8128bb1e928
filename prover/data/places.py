"""Finding a benchmark's folder."""

from __future__ import annotations

from pathlib import Path

from lean_env.errors import DataError
from prover.data.fetch import SOURCES, cache_folder
from prover.data.layouts import kinds


def locate(name: str, data: Path | None, cache: Path | None = None) -> Path:
    """The checkout of a benchmark, or the `.jsonl` or `.json` copy of it that was named.

    Args:
        name: `minif2f`, `proofnet` or `lean-workbook`.
        data: the checkout itself, a folder that holds it, or a copy as rows; None for what `get` has fetched.
        cache: the folder of fetched benchmarks; None for the user's.

    Raises:
        DataError: it is not there.
    """
    fetch = f"Fetch it with `prove data get {name}`, or name a checkout of {SOURCES[name].url} with --data DIR."
    if data is None:
        folder = (cache or cache_folder()) / name
        if _is(name, folder):
            return folder
        raise DataError(f"{name} has not been fetched yet.", fetch)
    try:
        if data.is_file():
            if data.suffix in (".jsonl", ".json"):
                return data
            raise DataError(f"{data} is not a folder, a .jsonl or a .json file.", fetch)
        if not data.is_dir():
            raise DataError(f"There is no folder {data}.", "Check the path of --data.")
        for folder in (data, *sorted(data.iterdir())):
            if _is(name, folder):
                return folder
    except (OSError, ValueError) as error:
        raise DataError(f"{data} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    raise DataError(f"{data} holds no checkout of {name}.", fetch)


def _is(name: str, folder: Path) -> bool:
    try:
        return folder.is_dir() and name in kinds(folder)
    except OSError:  # another's folder beside it, that may not be read
        return False
