"""What a run leaves in its folder, and how the same command goes on from it.

run.json        config, Lean, package, checksum of the problems, machine; written once, whole
problems.jsonl  every problem as it was posed, so that a folder can be reported and verified by itself
attempts.jsonl  the journal: a record an attempt, appended and synced; the only file that grows
proofs/*.lean   each proof's (or disproof's) whole verified text; made again from the journal where one is missing
summary.json    what it came to; written when the run is done
status.json     how it is going, and the time that it has spent; written every few seconds (`prover.progress`)
.lock           held by the process that writes
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lean_env.errors import ResultsError, UsageError
from prover.interfaces import Attempt, Problem
from prover.journal import RESUME_HINT, Journal, read_journal
from prover.proofs import proof_files

if TYPE_CHECKING:
    from filelock import BaseFileLock

RUN, PROBLEMS, ATTEMPTS, SUMMARY, STATUS, PROOFS, LOCK = (
    "run.json",
    "problems.jsonl",
    "attempts.jsonl",
    "summary.json",
    "status.json",
    "proofs",
    ".lock",
)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, whole, whatever happens in between.

    Raises:
        ResultsError: it cannot be written; the old one is as it was.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with partial.open("wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ResultsError(f"{path} cannot be written: {error.strerror or error}.", RESUME_HINT) from error


class RunFolder:
    """A run's folder, held by one process from `open_folder` to `close`."""

    def __init__(self, path: Path, lock: BaseFileLock) -> None:
        self.path = path
        self.attempts: dict[tuple[str, int], Attempt] = {}
        """Every attempt that counts, by (problem, pass)."""
        self._lock = lock
        self._journal: Journal | None = None
        self._files: dict[str, str] = {}

    def begin(self, run: Mapping[str, object]) -> bool:
        """Take up the run that the folder holds, or write down a new one. True if there was one.

        Raises:
            UsageError: it holds a run that was asked for differently, has other problems, or another Lean.
            ResultsError: it cannot be read or written.
        """
        earlier = read_json(self.path / RUN)
        if earlier is None:
            write_whole(self.path / RUN, json.dumps(run, indent=2, ensure_ascii=False) + "\n")
        else:
            differing = list(_differences(earlier, run))
            if differing:
                raise UsageError(
                    f"The run in {self.path} was made differently: {'; '.join(differing)}.",
                    "Give another folder with --out, or start over with --fresh.",
                )
        self.attempts, whole = read_journal(self.path / ATTEMPTS)
        self._journal = Journal(self.path / ATTEMPTS, whole)
        _sync_folder(self.path)
        return earlier is not None

    def problems(self) -> list[Problem] | None:
        """The problems that were written down, or None where they were not."""
        return read_problems(self.path)

    def pose(self, problems: Sequence[Problem]) -> None:
        """Write down the problems, unless they already are, and make again the proofs that are missing.

        Raises:
            ResultsError: the folder cannot be written.
        """
        if self.problems() is None:
            write_whole(self.path / PROBLEMS, "".join(_problem_line(problem) for problem in problems))
        self._files = proof_files([problem.name for problem in problems])
        for attempt in self.attempts.values():
            if attempt.text and attempt.problem in self._files:
                path = self.proof_path(attempt.problem)
                if not path.exists():
                    self._write_proof(attempt)

    def append(self, attempt: Attempt) -> None:
        """Write an attempt down for good; its proof too, if it has one.

        Raises:
            ResultsError: it could not be written; the attempts before it are whole, and it does not count.
        """
        if self._journal is None:
            raise ResultsError(f"The run in {self.path} is closed.")
        self._journal.append(attempt)
        self.attempts[attempt.problem, attempt.pass_index] = attempt
        if attempt.text:
            self._write_proof(attempt)

    def proof_path(self, problem: str) -> Path:
        """Where the proof of a problem of this run is, or would be."""
        return self.path / PROOFS / self._files[problem]

    def summarise(self, summary: Mapping[str, object]) -> None:
        """Write `summary.json`.

        Raises:
            ResultsError: it cannot be written.
        """
        write_whole(self.path / SUMMARY, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Let go of the folder. May be called twice."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self._lock.release()

    def clear(self) -> None:
        """Delete what an earlier run left, and nothing else; `run.json` last, so that a cleared folder stays a run's.

        Raises:
            ResultsError: something cannot be deleted.
        """
        try:
            for path in (self.path / ATTEMPTS, self.path / PROBLEMS, self.path / SUMMARY, self.path / STATUS):
                path.unlink(missing_ok=True)
            for path in (self.path / PROOFS).glob("*.lean"):
                path.unlink(missing_ok=True)
            (self.path / RUN).unlink(missing_ok=True)
        except OSError as error:
            raise ResultsError(f"{self.path} cannot be cleared: {error.strerror or error}.", "Delete it.") from error

    def _write_proof(self, attempt: Attempt) -> None:
        path = self.proof_path(attempt.problem)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise ResultsError(f"{path.parent} cannot be made: {error.strerror or error}.", RESUME_HINT) from error
        write_whole(path, attempt.text if attempt.text.endswith("\n") else attempt.text + "\n")


def open_folder(path: Path, *, fresh: bool = False) -> RunFolder:
    """Make a run's folder or take hold of it, so that no other process writes there until it is closed.

    Args:
        fresh: delete what an earlier run left in it.

    Raises:
        UsageError: it holds other things than a run.
        ResultsError: another process holds it, or it cannot be made.
    """
    from filelock import FileLock, Timeout

    try:
        path.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in path.iterdir()}
    except FileExistsError as error:
        raise UsageError(f"{path} is a file, not a folder for a run.", "Give another folder with --out.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ResultsError(f"The folder {path} cannot be made: {reason}.", "Give another folder with --out.") from error
    ours = {RUN, PROBLEMS, ATTEMPTS, SUMMARY, STATUS, PROOFS, LOCK}
    if RUN not in names and not all(name in ours or name.endswith(".tmp") for name in names):
        raise UsageError(f"{path} holds other files and no run.", "Give an empty or a new folder with --out.")
    lock = FileLock(path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ResultsError(
            f"Another process is writing the run in {path}.", "Wait until it ends, or give another folder with --out."
        ) from error
    except (OSError, NotImplementedError) as error:
        raise ResultsError(
            f"The run in {path} cannot be locked: {error}.", "Give another folder with --out."
        ) from error
    folder = RunFolder(path, lock)
    try:
        for left in (*path.glob(".*.tmp"), *(path / PROOFS).glob(".*.tmp")):
            left.unlink(missing_ok=True)
        if fresh:
            folder.clear()
    except BaseException:
        folder.close()
        raise
    return folder


def read_json(path: Path) -> dict[str, Any] | None:
    """The object that a file holds; None where there is no such file.

    Raises:
        ResultsError: it cannot be read, or holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror or error}.", "Check its rights.") from error
    except ValueError as error:
        raise ResultsError(f"{path} is not JSON.", "Start over with --fresh, or give another folder.") from error
    if not isinstance(value, dict):
        raise ResultsError(f"{path} is not a JSON object.", "Start over with --fresh, or give another folder.")
    return value


def read_problems(path: Path) -> list[Problem] | None:
    """The problems that the run in a folder poses; None where they are not written down.

    Raises:
        ResultsError: they cannot be read.
    """
    file = path / PROBLEMS
    known = {f.name for f in fields(Problem)}
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
        records = [json.loads(line) for line in lines if line]
        return [Problem(**{key: value for key, value in record.items() if key in known}) for record in records]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ResultsError(f"{file} cannot be read: {error}.", "Start over with --fresh.") from error


def _problem_line(problem: Problem) -> str:
    return json.dumps(asdict(problem), ensure_ascii=False) + "\n"


def _differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What makes the two different runs: the options, the problems, the Lean; not the machine, nor the package."""
    for part in ("config", "lean"):
        was, new = _object(earlier, part), now.get(part, {})
        for key in [*new, *(key for key in was if key not in new)]:
            before, after = (json.loads(json.dumps(side.get(key))) for side in (was, new))
            if before != after:
                name = (
                    f"--{key}" if part == "config" and key != "target" else key if part == "config" else f"Lean {key}"
                )
                yield f"{name} was {_brief(before)} and is {_brief(after)}"
    before, after = (_object(side, "data").get("sha256") for side in (earlier, now))
    if before != after:
        yield "the problems themselves have changed"


def _object(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The object under a key; empty where there is none, or something else."""
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _brief(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "not given" if value is None else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"


def _sync_folder(path: Path) -> None:
    """Make a file's new name last, where the system can (Windows cannot open folders)."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
