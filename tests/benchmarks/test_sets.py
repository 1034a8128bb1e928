"""Our own sets of statements as files; that they are true (or false) is for `tests/prover/test_real.py`."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from prover.problems import load

SETS = Path(__file__).resolve().parents[2] / "benchmarks"
PROOFS = Path(__file__).resolve().parents[1] / "prover"


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "part", "least"), [("core", "grade", 170), ("false", "split", 20)])
def test_each_statement_is_there_once_under_a_name_that_says_what_it_is_about(name: str, part: str, least: int) -> None:
    found = rows(SETS / f"{name}.jsonl")
    assert len(found) >= least
    assert [row["name"] for row in found] == [row["name"] for row in rows(PROOFS / f"{name}_proofs.jsonl")]
    for row in found:
        assert row["formal_statement"].startswith(f"theorem {row['name']} ")
        assert row["formal_statement"].endswith(" := by sorry") and row["formal_statement"].count("sorry") == 1
        assert re.fullmatch(rf"{name}_[a-z0-9]+(_\w+)+", row["name"])
    stated = Counter(row["formal_statement"].replace(row["name"], "t") for row in found)
    assert stated.most_common(1)[0][1] == 1
    grades = [row[part] for row in found]
    assert grades == sorted(grades, key=("easy", "medium", "hard").index)


def test_both_load_as_targets_with_their_grades_as_splits() -> None:
    for target in ("core", str(SETS / "false.jsonl")):
        parts = [load(target, data=None, split=split, mathlib=False) for split in ("easy", "medium", "hard")]
        assert [problem for part in parts for problem in part] == load(target, data=None, split=None, mathlib=False)
        assert all(len(part) >= 5 and {problem.header for problem in part} == {""} for part in parts)
