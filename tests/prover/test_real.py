"""Runs on a real Lean: our own problems, the published benchmarks, and the command line from end to end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lean_env.pool import Pool
from lean_env.protocol import Question, Report
from lean_env.verify import export_reasons, report_reasons
from prover.attempt import attempt, expand
from prover.config import RunConfig
from prover.interfaces import Attempt, Budget, Problem
from prover.method import Method
from prover.parts import PoolFunction, real_parts
from prover.policy import make
from prover.prepare import prepare
from prover.problems import load
from prover.run import run

pytestmark = pytest.mark.lean

PROOFS = Path(__file__).with_name("core_proofs.jsonl")
FALSE_PROOFS = Path(__file__).with_name("false_proofs.jsonl")
FALSE = Path(__file__).resolve().parents[2] / "benchmarks" / "false.jsonl"


class Borrowed:
    """A pool that is entered and left without being started or ended."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    async def __aenter__(self) -> Borrowed:
        return self

    async def __aexit__(self, *_: object) -> None:
        return


async def proved_in(lean: Pool, problem: Problem, **options: Any) -> Attempt:
    method = Method(make("tactics"), **{"timeout_s": 300.0, **options})
    async with lean.session() as env:
        return await attempt(problem, method, env=env, verify=lean.verify, seed=0, pass_index=0)


async def elaborating(lean: Pool, problems: Sequence[Problem]) -> set[str]:
    names = set()
    async with lean.session() as env:
        for problem in problems:
            opened = await env.open(problem.text())
            if opened.error is None and opened.holes:
                names.add(problem.name)
    return names


def proofs_of_ours(path: Path) -> dict[str, str]:
    """What stands after `:= by` in each proof, by the problem's name, set in by two columns."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["name"]: "\n  " + row["proof"].replace("\n", "\n  ") for row in rows}


async def test_every_core_statement_is_true(lean: Pool) -> None:
    """By the proofs that we wrote; one is verified in a fresh process too, which takes seconds each."""
    problems = {problem.name: problem for problem in load("core", data=None, split=None, mathlib=False)}
    proofs = proofs_of_ours(PROOFS)
    assert problems.keys() == proofs.keys()
    async with lean.session() as session:
        worker = await lean.worker(session.seat)
        for name, problem in problems.items():
            original = problem.text()
            assert original.endswith("by sorry"), name
            text = original.removesuffix("sorry") + proofs[name]
            exported = await worker.export(text, original, left=0, ms=60_000)
            report = await worker.judge(Question(original, text), exported, trusted=True, ms=60_000)
            assert isinstance(report, Report) and export_reasons(exported) + report_reasons(report) == [], name
    assert (await lean.verify(original, text)).accepted


async def test_every_statement_of_the_false_set_is_false(lean: Pool) -> None:
    """By our proofs of the negations, each beside its statement, which stays `sorry`."""
    problems = {problem.name: problem for problem in load(str(FALSE), data=None, split=None, mathlib=False)}
    proofs = proofs_of_ours(FALSE_PROOFS)
    assert problems.keys() == proofs.keys()
    async with lean.session() as session:
        worker = await lean.worker(session.seat)
        for name, problem in problems.items():
            original = f"{problem.text()}\n\ntheorem {name}.negation : ¬type_of% @{name} := by sorry"
            text = original.removesuffix("sorry") + proofs[name]
            exported = await worker.export(text, original, left=1, ms=60_000)
            report = await worker.judge(Question(original, text, left=1), exported, trusted=True, ms=60_000)
            assert isinstance(report, Report) and export_reasons(exported) + report_reasons(report, left=1) == [], name
            assert report.targets == (f"{name}.negation",), name


@pytest.mark.parametrize(
    ("benchmark", "split", "folder", "count"),
    [("minif2f", "valid", "miniF2F-lean4", 60), ("lean-workbook", None, "lean-workbook", 132)],
)
async def test_the_listed_statements_elaborate(
    lean: Pool, benchmarks: Path, benchmark: str, split: str | None, folder: str, count: int
) -> None:
    listed = set((benchmarks / folder / "elaborates-without-mathlib.txt").read_text(encoding="utf-8").split())
    assert len(listed) == count
    problems = load(benchmark, data=benchmarks, split=split, mathlib=False)
    assert await elaborating(lean, [problem for problem in problems if problem.name in listed]) == listed
    others = [problem for problem in problems if problem.name not in listed][::10]
    assert await elaborating(lean, others) == set()


async def test_a_small_search_finds_and_verifies(lean: Pool) -> None:
    statement = "theorem t (p q r : Prop) (h : p ∧ (q ∨ r)) : (p ∧ q) ∨ (p ∧ r) := by sorry"
    record = await proved_in(lean, Problem("t", statement))
    assert record.result == "proved" and record.tactics and "sorry" not in record.text
    assert record.text.startswith(statement.removesuffix(" sorry"))


async def test_a_false_statement_is_not_proved(lean: Pool) -> None:
    small = Budget(expansions=5)
    record = await proved_in(lean, Problem("t", "theorem t (n : Nat) : n * n = n + 2 := by sorry"), budget=small)
    assert record.result == "not_proved" and not record.text


async def test_a_statement_that_does_not_elaborate_is_recorded_as_such(lean: Pool) -> None:
    record = await proved_in(lean, Problem("t", "import Nowhere\ntheorem t : 1 = 1 := by sorry"))
    assert record.result == "not_elaborated" and "Nowhere" in record.error


async def test_each_sorry_of_a_file_is_a_problem(lean: Pool, tmp_path: Path) -> None:
    text = (
        "namespace A\nvariable (n : Nat)\n\ntheorem one : n + 0 = n := by\n  sorry\n\n"
        "theorem two (h : 0 < n) : n ≠ 0 ∧ 0 ≤ n := ⟨by sorry, by sorry⟩\nend A\n"
    )
    file = Problem("file", text, hole=None)
    async with lean.session() as env:
        problems = await expand(file, env)
    assert [problem.name for problem in problems] == ["file.A.one", "file.A.two-1", "file.A.two-2"]
    for problem in problems:
        record = await proved_in(lean, problem)
        assert record.result == "proved", record
        assert record.text.count("sorry") == 2


async def test_a_run_resumes_and_its_proofs_stand_alone(lean: Pool, tmp_path: Path) -> None:
    """Half of a run, then the same command again; its proofs are accepted by a Lean that the run did not start."""
    parts = replace(real_parts(), pool=cast(PoolFunction, lambda *_, **__: Borrowed(lean)))
    config = RunConfig(target="core", budget=Budget(1, 32, 10), limit=6, out=tmp_path / "run", lean="bundled")
    half = replace(config, limit=3)
    first = await run(half, prepared=prepare(half, parts=parts))
    with_more = tmp_path / "all"
    whole = replace(config, out=with_more)
    second = await run(whole, prepared=prepare(whole, parts=parts))
    again = await run(whole, prepared=prepare(whole, parts=parts))
    assert len(first.attempts) == 3 and len(second.attempts) == 6
    assert again.attempts == second.attempts, "nothing is done twice"
    summary = json.loads((with_more / "summary.json").read_text(encoding="utf-8"))
    assert summary["problems"] == summary["elaborated"] == summary["proved"] == 6
    for proof in sorted((with_more / "proofs").glob("*.lean"))[:2]:
        command = lean.toolchain.checker()
        text = proof.read_bytes()
        other = await asyncio.create_subprocess_exec(
            *command.argv, env=command.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        said, _ = await other.communicate(text)
        assert other.returncode == 0 and b"sorry" not in said + text


def test_the_command_line_from_end_to_end(bundled: object, tmp_path: Path) -> None:
    """A statement is proved by a cold start, and what it leaves is verified by another."""
    statement = "theorem add_self (n : Nat) : n + n = 2 * n := by sorry"
    prove = [sys.executable, "-m", "prover"]
    done = subprocess.run(
        [*prove, statement, "--out", "out", "--json", "--lean", "bundled"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["proved"] == 1
    done = subprocess.run(
        [*prove, "verify", "out", "--json", "--lean", "bundled"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and json.loads(done.stdout)["verdict"] == "accepted"
