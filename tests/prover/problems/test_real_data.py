"""The benchmarks' own statements, where a copy is on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.problems import headers, load


@pytest.mark.parametrize(
    ("name", "folder", "count", "header"),
    [
        ("minif2f", "miniF2F-lean4", 244, headers.CORE),
        ("lean-workbook", "lean-workbook", 645, headers.CORE_LEAN_WORKBOOK),
        ("proofnet", "ProofNet-lean4", 374, headers.CORE),
    ],
)
def test_every_statement_is_loaded(benchmarks: Path, name: str, folder: str, count: int, header: str) -> None:
    problems = load(name, data=benchmarks, split=None, mathlib=False)
    assert len(problems) == count
    assert {p.header for p in problems} == {header}
    assert all(p.hole == 0 and p.statement.endswith(":= by sorry") for p in problems)
    assert load(str(benchmarks / folder), data=None, split=None, mathlib=False) == problems
    with_mathlib = load(name, data=benchmarks, split=None, mathlib=True)
    assert [p.statement for p in with_mathlib] == [p.statement for p in problems]
    assert all(p.header.startswith("import Mathlib\n") for p in with_mathlib)


@pytest.mark.parametrize(("name", "folder"), [("minif2f", "miniF2F-lean4"), ("lean-workbook", "lean-workbook")])
def test_the_statements_for_core_lean_are_among_them(benchmarks: Path, name: str, folder: str) -> None:
    listed = (benchmarks / folder / "elaborates-without-mathlib.txt").read_text("utf-8").split()
    assert set(listed) <= {p.name for p in load(name, data=benchmarks, split=None, mathlib=False)}


def test_statements_are_their_authors_byte_for_byte(benchmarks: Path) -> None:
    for problem in load("minif2f", data=benchmarks, split="valid", mathlib=True):
        assert problem.text() == Path(problem.source.rpartition(":")[0]).read_bytes().decode().rstrip()
