"""Whatever a file or a target holds, the loaders give problems or a StepwiseError."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lean_env.errors import StepwiseError
from prover.interfaces import Problem
from prover.problems import load
from prover.problems.leantext import sorries
from prover.problems.naming import unique_names
from prover.problems.stdlib import stands_for_library

PIECES = [
    "theorem a : 1 = 1",
    " := by",
    " sorry",
    "\n",
    "lemma b",
    "def c := 1",
    "/-",
    "-/",
    '"',
    "namespace A",
    "end A",
]
LEAN = st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | LEAN, lambda v: st.lists(v) | st.dictionaries(LEAN, v)
)
FIELDS = st.sampled_from(
    ["formal_statement", "statement", "id", "name", "full_name", "header", "split", "file_path", "grade", "x"]
)
ROWS = st.dictionaries(FIELDS, VALUES).map(json.dumps)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(target: str, split: str | None = None, data: Path | None = None) -> None:
    for mathlib in (False, True):
        with contextlib.suppress(StepwiseError):
            problems = load(target, data=data, split=split, mathlib=mathlib)
            assert problems
            assert len({p.name for p in problems}) == len(problems)
            for problem in problems:
                assert problem.name
                assert problem.source
                if stands_for_library(problem):
                    continue
                problem.text().encode()
                holes = sorries(problem.statement)
                assert holes > (problem.hole or 0)


@FUZZ
@given(content=st.binary() | LEAN.map(lambda t: t.encode(errors="surrogatepass")))
def test_lean_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.lean"
    path.write_bytes(content)
    check(str(path))
    check(str(tmp_path))


@FUZZ
@given(lines=st.lists(ROWS | LEAN | st.text(), max_size=4), split=st.none() | st.sampled_from(["test", "x"]))
def test_rows(tmp_path: Path, lines: list[str], split: str | None) -> None:
    for name, text in (("a.jsonl", "\n".join(lines)), ("a.json", f"[{','.join(lines)}]")):
        path = tmp_path / name
        path.write_bytes(text.encode(errors="surrogatepass"))
        check(str(path), split)
        check("minif2f", split, path)
        check("lean-workbook", split, path)


@FUZZ
@given(text=LEAN)
def test_benchmark_files(tmp_path: Path, text: str) -> None:
    for name in ("MiniF2F/Valid.lean", "formal/Rudin.lean"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(errors="surrogatepass"))
    check("minif2f", None, tmp_path)
    check("proofnet", None, tmp_path)


@FUZZ
@given(target=st.text() | LEAN)
def test_targets(tmp_path: Path, target: str) -> None:
    if not any(c in target for c in "./\\~"):  # nor folders of the machine
        check(target)


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_3", "a_2_2"])))
def test_names_become_unique_and_change_only_where_they_must(names: list[str]) -> None:
    unique = [p.name for p in unique_names([Problem(n, "") for n in names])]
    assert len(set(unique)) == len(names)
    assert all(u == n or n in names[:i] for i, (u, n) in enumerate(zip(unique, names, strict=True)))
