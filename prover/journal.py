"""The journal of a run, `attempts.jsonl`: a record an attempt, appended and synced.

An attempt counts from the moment its line is whole. A process that is killed can leave one torn last line, which the
next one cuts off: that attempt was never reported, and is made again. Of several records for one (problem, pass) the
last is the one that counts.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from lean_env.errors import ResultsError
from prover.interfaces import Attempt, Usage

RESUME_HINT = "Free some space or mend the folder's rights, then give the same command again: it goes on from there."


def encode(attempt: Attempt) -> bytes:
    """An attempt as one line of the journal, with its newline."""
    return (json.dumps(asdict(attempt), ensure_ascii=False, separators=(",", ":")) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def decode(line: bytes) -> Attempt:
    """The attempt that a line of the journal holds; keys that this version does not know are ignored.

    Raises:
        ValueError: it holds none.
    """
    record = json.loads(line.decode("utf-8"))
    if not isinstance(record, dict):
        raise ValueError("not an object")
    if not isinstance(record.get("problem"), str) or type(record.get("pass_index")) is not int:
        raise ValueError("no problem or pass")
    known = {f.name for f in fields(Attempt)}
    values: dict[str, Any] = {key: value for key, value in record.items() if key in known}
    usage = values.get("usage", {})
    if not isinstance(usage, dict):
        raise ValueError("usage is not an object")
    spent = {f.name for f in fields(Usage)}
    values["usage"] = Usage(**{key: value for key, value in usage.items() if key in spent})
    try:
        for key in ("tactics", "axioms"):
            values[key] = tuple(values.get(key, ()))
        return Attempt(**values)
    except TypeError as error:
        raise ValueError(str(error)) from error


def read_journal(path: Path) -> tuple[dict[tuple[str, int], Attempt], int]:
    """The attempts of a journal by (problem, pass), and how many of its bytes are whole.

    A last line that is torn (no newline, or not a record) is left out; a journal that does not exist is empty.

    Raises:
        ResultsError: it cannot be read, or a line before the last is not a record.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}, 0
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}.", "Check the folder's rights.") from error
    attempts: dict[tuple[str, int], Attempt] = {}
    whole = 0
    lines = content.split(b"\n")[:-1]  # what stands after the last newline is torn
    for number, line in enumerate(lines, 1):
        try:
            attempt = decode(line)
        except ValueError as error:
            if number == len(lines) and len(content) == whole + len(line) + 1:
                break  # a machine that lost power can leave a last block of zeros, newline and all
            raise ResultsError(
                f"Line {number} of {path} is not the record of an attempt.",
                "Delete that line and its attempt is made again, or start over with --fresh.",
            ) from error
        attempts[attempt.problem, attempt.pass_index] = attempt
        whole += len(line) + 1
    return attempts, whole


class Journal:
    """A journal that is open for appending; one process at a time (`prover.results.open_folder` sees to that)."""

    def __init__(self, path: Path, whole: int) -> None:
        """Open or make the journal, and cut it off after `whole` bytes.

        Raises:
            ResultsError: it cannot be opened or cut.
        """
        self._path = path
        self._whole = whole
        self._torn = False
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
            if os.fstat(self._file).st_size != whole:
                os.ftruncate(self._file, whole)
                os.fsync(self._file)
        except OSError as error:
            raise ResultsError(f"{path} cannot be written: {error.strerror or error}.", RESUME_HINT) from error

    def append(self, attempt: Attempt) -> None:
        """Write an attempt down for good.

        Raises:
            ResultsError: it could not be written, and does not count; the attempts before it are whole.
        """
        line = encode(attempt)
        if self._torn:
            raise ResultsError(f"{self._path} ends in a line that could not be taken back.", RESUME_HINT)
        try:
            left = memoryview(line)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError as error:
            self._torn = True  # nothing may follow half a line; the next command cuts it off
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._whole)
                self._torn = False
            raise ResultsError(f"{self._path} cannot be written: {error.strerror or error}.", RESUME_HINT) from error
        self._whole += len(line)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
