"""`prove verify`: what there is to verify in a file, a folder of files or a run, and the verdicts on it, in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lean_env.errors import DataError, UsageError, WorkerError, WorkerStartError
from lean_env.verify import Reason, Verdict, rejected
from prover.parts import LeanPool
from prover.proofs import whole_text
from prover.report import read_report

AHEAD = 4
"""How many verdicts may be made, for each slot, before the next in order is there."""

_ROW_HINT = (
    "Each line is an object with formal_statement, and proof (what stands after `:= by`) or code (the whole text)."
)


@dataclass(frozen=True, slots=True)
class Check:
    """One text to verify."""

    name: str
    original: str
    """The text with the statement to compare with, `sorry` in place of its proof; empty where there is none."""
    candidate: str
    left: int = 0
    """How many of the original's `sorry`s may be left: those of other holes than the one that was filled."""
    before: str = ""
    """A library theorem: neither it nor what is declared after it may be used."""
    negated: bool = False
    """The candidate proves the negation of the original's statement."""
    obstacle: str = ""
    """Why it is rejected before Lean sees it."""


def checks_of(target: str, *, mathlib: bool) -> list[Check]:
    """What a target of `prove verify` holds.

    Args:
        mathlib: whether the Lean has Mathlib, for the header of statements that come without one.

    Raises:
        UsageError: it is not a .lean file, a .jsonl file, or a folder.
        DataError: a file is missing, empty or not text. A row that cannot be read is a check with an obstacle.
        ResultsError: a folder has no .lean file, and is not that of a run.
    """
    kind = kind_of(target)
    path = Path(target)
    if kind == "run":
        return _of_run(path)
    if kind == "folder":
        return [_of_file(path, file) for file in _lean_files(path)]
    from prover.problems.reading import decode, read_bytes, read_lean

    if kind == "lean":
        return [Check(path.stem, "", read_lean(path))]
    return _of_rows(path, decode(read_bytes(path), str(path)), mathlib)


def kind_of(target: str) -> str:
    """`lean`, `rows`, `folder` (of .lean files) or `run`.

    Raises:
        UsageError: it is none of these.
        DataError: there is no such file.
    """
    try:
        path = Path(target)
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        is_folder = is_file = False
    hint = "Name a .lean file, a .jsonl file, a folder of .lean files or the folder of a run."
    if not target.strip():
        raise UsageError("The target is empty.", hint)
    if is_folder:
        return "run" if (path / "run.json").exists() or next(_lean_files(path), None) is None else "folder"
    kinds = {".lean": "lean", ".jsonl": "rows"}
    suffix = "" if "\0" in target else Path(target).suffix
    if is_file and suffix in kinds:
        return kinds[suffix]
    if is_file:
        raise UsageError(f"{target} is neither a .lean nor a .jsonl file.", hint)
    from prover.wording import shown

    raise DataError(f"There is no file or folder {shown(target)}.", hint)


async def verdicts(checks: Sequence[Check], pool: LeanPool) -> AsyncIterator[tuple[Check, Verdict]]:
    """Verify each, several at once, and give the verdicts in order. A worker that fails on a text rejects that text.

    Raises:
        WorkerStartError: no worker starts.
    """
    slots = max(1, pool.capacity)
    turns = asyncio.Semaphore(slots)

    async def judge(check: Check) -> Verdict:
        if check.obstacle:
            return rejected([Reason("input", check.obstacle)], "")
        async with turns:
            try:
                return await pool.verify(
                    check.original,
                    check.candidate,
                    left=check.left,
                    before=check.before,
                    negated=check.negated,
                    independent=True,
                )
            except WorkerStartError:
                raise
            except WorkerError as error:
                return rejected([Reason("worker", f"it could not be verified: {error.message}")], "")

    waiting = iter(checks)
    begun: deque[tuple[Check, asyncio.Task[Verdict]]] = deque()
    try:
        while True:
            while len(begun) < AHEAD * slots and (check := next(waiting, None)) is not None:
                begun.append((check, asyncio.create_task(judge(check))))
            if not begun:
                return
            check, task = begun[0]
            verdict = await task
            begun.popleft()
            yield check, verdict
    finally:
        for _, task in begun:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(task for _, task in begun), return_exceptions=True)


def verdict_json(check: Check, verdict: Verdict) -> str:
    """A verdict as one line of JSON. `stages` names what stopped the text, for each of the `reasons`."""
    record = {
        "name": check.name,
        "verdict": "accepted" if verdict.accepted else "rejected",
        "reasons": list(verdict.reasons),
        "stages": list(verdict.stages),
        "checks": asdict(verdict.checks) if verdict.checks is not None else {},
        "axioms": list(verdict.axioms),
        "lean": verdict.lean,
        "caveat": verdict.caveat,
    }
    return json.dumps(record, ensure_ascii=False)


def verdict_line(check: Check, verdict: Verdict) -> str:
    """A verdict as a line for people: what stopped the text, or which checks it passed."""
    if not verdict.accepted:
        stages = [f"[{stage}] " for stage in verdict.stages] or [""] * len(verdict.reasons)
        why = "; ".join(stage + reason for stage, reason in zip(stages, verdict.reasons, strict=True))
        return f"rejected {check.name}: {why}"
    checks = asdict(verdict.checks) if verdict.checks is not None else {}
    said = [f"{name} {state.split(':')[0]}" for name, state in checks.items()]
    said += [f"axioms: {', '.join(verdict.axioms)}"] if verdict.axioms else []
    return f"accepted {check.name}" + (f" ({'; '.join(said)})" if said else "")


def _lean_files(folder: Path) -> Iterator[Path]:
    """The .lean files below a folder, in order, those in hidden folders (`.lake`) left out."""
    for path in sorted(folder.rglob("*.lean")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _of_file(folder: Path, file: Path) -> Check:
    from prover.problems.reading import read_lean

    name = file.relative_to(folder).with_suffix("").as_posix()
    try:
        return Check(name, "", read_lean(file))
    except DataError as error:
        return Check(name, "", "", obstacle=error.message)


def _of_rows(path: Path, text: str, mathlib: bool) -> list[Check]:
    checks = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                checks.append(_of_row(f"{path}:{number}", f"line {number}", line, mathlib))
            except DataError as error:
                checks.append(Check(f"line {number}", "", "", obstacle=error.message))
    if not checks:
        raise DataError(f"{path} is empty.", _ROW_HINT)
    return checks


def _of_row(where: str, name: str, line: str, mathlib: bool) -> Check:
    from prover.problems.headers import for_bare_statement
    from prover.problems.leantext import close

    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is not JSON.", _ROW_HINT) from error
    if not isinstance(row, dict):
        raise DataError(f"{where} is not a JSON object.", _ROW_HINT)
    name = next((str(row[key]) for key in ("id", "name", "full_name") if row.get(key) not in (None, "")), name)
    statement = _text(row, "formal_statement", where)
    if not statement.strip():
        raise DataError(f"{where} has no formal_statement.", _ROW_HINT)
    proof, code = _text(row, "proof", where), _text(row, "code", where)
    if bool(proof.strip()) == bool(code.strip()):
        raise DataError(f"{where} has {'both proof and code' if proof.strip() else 'no proof and no code'}.", _ROW_HINT)
    header = _text(row, "header", where) or for_bare_statement(statement, name, mathlib=mathlib)
    closed = close(statement) or statement
    original = _joined(header, closed)
    return Check(name, original, code if code.strip() else _joined(header, whole_text(closed, proof)))


def _text(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{where}: {key} is not a string.", _ROW_HINT)
    return value


def _joined(header: str, statement: str) -> str:
    return f"{header.rstrip()}\n\n{statement}" if header.strip() else statement


def _of_run(path: Path) -> list[Check]:
    """Each proof file of a run against the statement that the run recorded; what is not there is rejected."""
    from prover.problems.leantext import sorries

    report = read_report(path)
    problems = {problem.name: problem for problem in report.problems}
    summary = report.summary
    files = {path / file: name for name, file in {**summary.proofs, **summary.disproofs}.items()}
    checks = []
    for file, name in files.items():
        try:
            problem, text = problems[name], file.read_text(encoding="utf-8")
            original, negated = problem.text(), name in summary.disproofs
            left = 0 if negated else sorries(original) - 1
            checks.append(Check(name, original, text, left=left, before=problem.before, negated=negated))
        except (OSError, UnicodeError):
            checks.append(Check(name, "", "", obstacle=f"{file} cannot be read"))
    for file in sorted((path / "proofs").glob("*.lean")):
        if file not in files:
            checks.append(Check(file.stem, "", "", obstacle="the run records no proof under this name"))
    return checks
