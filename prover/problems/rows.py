"""Statements as rows of JSON: a line each (`.jsonl`), or one list of them (`.json`).

A row is an object with `formal_statement` (or `statement`), a name under `id`, `name`, `full_name` or `problem_name`
(else the name that the statement declares, else FILE:LINE), and optionally `header` and `split`. Other fields
are let be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lean_env.errors import DataError
from prover.interfaces import Problem
from prover.problems.declarations import parse_statement
from prover.problems.reading import decode, read_bytes

HeaderRule = Callable[[str, str, str], str]
"""From a row's own header, its statement and its name to the header that it gets."""

_STATEMENT_FIELDS = ("formal_statement", "statement")
_NAME_FIELDS = ("id", "name", "full_name", "problem_name")
_SPLITS = {"validation": "valid", "val": "valid", "dev": "valid"}


def load_rows(path: Path, header: HeaderRule, *, split: str = "split") -> list[Problem]:
    """The problems of a `.jsonl` or `.json` file. A row that repeats an earlier one word for word is left out.

    Args:
        path: the file.
        header: what a row's statement gets as its header.
        split: the field that names the part a row belongs to.

    Raises:
        DataError: the file cannot be read, is not JSON, or a row is not a statement.
    """
    problems: dict[tuple[str, str, str, str], Problem] = {}
    for row, source in _rows(path):
        problem = _problem(row, source, header, split)
        problems.setdefault((problem.name, problem.header, problem.statement, problem.split), problem)
    if not problems:
        raise DataError(f"{path} has no rows.")
    return list(problems.values())


def normal_split(split: str) -> str:
    """`valid` for each of its other names."""
    return _SPLITS.get(split.strip().lower(), split.strip().lower())


def _rows(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    content = read_bytes(path)
    if path.suffix == ".json":
        yield from _whole(decode(content, str(path)), path)
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            where = f"{path}:{number}"
            yield _object(_parse(decode(line, where), where), where), where


def _whole(text: str, path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    value = _parse(text, str(path))
    if isinstance(value, dict) and any(field in value for field in _STATEMENT_FIELDS):
        value = [value]
    if not isinstance(value, list):
        raise DataError(f"{path} is not a JSON list of statements.", "One object a line goes into a .jsonl file.")
    for number, row in enumerate(value, 1):
        yield _object(row, f"{path}, entry {number}"), f"{path}:{number}"


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = where if error.lineno == 1 else f"{where}, line {error.lineno}"
        raise DataError(f"{place} is not JSON: {error.msg} (column {error.colno}).", "See the file's format.") from None
    except (ValueError, RecursionError):
        raise DataError(f"{where} is JSON that cannot be read: too deep, or a number too long.") from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{where} is not a JSON object.", 'A row reads {"name": …, "formal_statement": …}.')
    return value


def _problem(row: dict[str, Any], source: str, header: HeaderRule, split_field: str) -> Problem:
    statement = next((text for field in _STATEMENT_FIELDS if (text := _text(row, field, source)).strip()), "")
    if not statement:
        if "full_name" in row and "file_path" in row:
            raise DataError(
                f"{source} names a theorem of {row['file_path']} without its statement, so there is nothing to prove.",
                "Of LeanDojo's files only those with a `statement` or `formal_statement` can be loaded.",
            )
        raise DataError(f"{source} has no formal_statement.", 'A row reads {"name": …, "formal_statement": …}.')
    name = next((text for field in _NAME_FIELDS if (text := _name(row, field, source))), "")
    split = normal_split(_text(row, split_field, source))
    problem = parse_statement(statement.strip("\n"), name=name, header="", source=source, split=split)
    if not name and problem.name == "statement":
        name = f"{Path(source.rpartition(':')[0]).name}:{source.rpartition(':')[2]}"
    own = _text(row, "header", source)
    return Problem(
        name=name or problem.name,
        statement=problem.statement,
        header=problem.header or header(own, problem.statement, name or problem.name),
        source=source,
        split=split,
        hole=problem.hole,
    )


def _text(row: dict[str, Any], field: str, source: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"{source}: {field} is not a string.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise DataError(f"{source}: {field} has half a character (a lone surrogate).") from None
    return value.replace("\r\n", "\n")


def _name(row: dict[str, Any], field: str, source: str) -> str:
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return " ".join(_text(row, field, source).split())
