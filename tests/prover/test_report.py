"""What a run came to, counted."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lean_env.errors import ResultsError
from prover.config import RunConfig
from prover.interfaces import Attempt, Result, StopReason, Usage
from prover.prepare import prepare
from prover.report import Summary, lines, pass_at, read_report, show, summarise
from prover.run import run
from tests.prover.fakes import World, many, problems

KEYS = ["problems", "elaborated", "proved", "disproved", "not_proved", "errors", "not_elaborated", "pass_at", "usage"]
KEYS += ["lean", "budget", "policy", "critic", "search", "proofs", "disproofs", "busy"]
STOPS: dict[Result, StopReason] = {
    "proved": "proved",
    "disproved": "disproved",
    "not_proved": "timeout",
    "not_elaborated": "not_elaborated",
    "error": "error",
}


def made(problem: str, pass_index: int, result: Result) -> Attempt:
    return Attempt(problem, pass_index, result, STOPS[result], 0, usage=Usage(2, 16, 1.5, 0.5, 0.25, 3.0))


def summary_of(names: list[str], attempts: list[Attempt], passes: int = 1) -> Summary:
    return summarise(
        problems(*names),
        attempts,
        passes=passes,
        budget=f"{passes}x32x100",
        policy="auto",
        critic="none",
        search="best-first",
        lean={"kind": "fake"},
    )


def text_of(summary: Summary, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    show(summary, "runs/x", console)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_keys_are_those_promised_and_the_names_of_proofs() -> None:
    assert list(summary_of([], []).as_json()) == KEYS


def test_nothing_divides_by_zero() -> None:
    empty = summary_of([], [])
    assert empty.problems == empty.elaborated == empty.proved == 0 and empty.pass_at == {1: 0.0}
    assert "problems" in text_of(empty)
    nothing_elaborates = summary_of(["a"], [made("a", 0, "not_elaborated")])
    assert "0.0 % of the 0 that elaborate" in text_of(nothing_elaborates)


def test_classes() -> None:
    summary = summary_of(
        ["a", "b", "c", "d", "e", "f"],
        [
            *(made("a", 0, "not_proved"), made("a", 1, "proved")),
            *(made("b", 0, "not_proved"), made("b", 1, "error")),
            *(made("c", 0, "error"), made("c", 1, "error")),
            made("d", 0, "not_elaborated"),
            *(made("e", 0, "error"), made("e", 1, "not_proved")),
            made("unknown", 0, "proved"),
        ],
        passes=2,
    )
    assert (summary.problems, summary.proved, summary.not_proved, summary.errors) == (6, 1, 2, 1)
    assert summary.not_elaborated == ("d",) and summary.elaborated == 3
    assert summary.pass_at == {1: 0.0, 2: 1 / 6}
    assert summary.usage["attempts"] == 9 and summary.usage["tactics"] == 9 * 16 and summary.usage["wall_s"] == 27.0
    assert dict(summary.proofs) == {"a": "proofs/a.lean"}
    assert "not attempted yet  1" in text_of(summary)


def test_rates_stand_beside_each_other() -> None:
    names = [f"t{index}" for index in range(10)]
    attempts = [made(name, 0, "proved" if index < 3 else "not_proved") for index, name in enumerate(names[:6])]
    attempts += [made(name, 0, "not_elaborated") for name in names[6:]]
    text = text_of(summary_of(names, attempts))
    assert "3 (30.0 % of 10; 50.0 % of the 6 that elaborate)" in text
    assert "4: t6, t7, t8, t9 (reasons in runs/x/attempts.jsonl)" in text


def test_of_many_that_do_not_elaborate_some_are_named() -> None:
    names = [f"t{index}" for index in range(100)]
    said = dict(lines(summary_of(names, [made(name, 0, "not_elaborated") for name in names]), "runs/x"))
    assert said["do not elaborate"] == (
        "100: t0, t1, t2, t3, t4 and 95 more, all with Lean's reason in runs/x/attempts.jsonl"
    )


@pytest.mark.parametrize("width", [10, 20, 40, 80, 300])
def test_the_table_fits(width: int) -> None:
    text = text_of(summary_of(["a" * 60], [made("a" * 60, 0, "not_elaborated")]), width)
    assert max(map(len, text.splitlines())) <= width


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.sampled_from(sorted(STOPS))), max_size=30),
    st.integers(1, 8),
)
def test_classes_are_disjoint_and_rates_never_fall(records: list[tuple[int, int, Result]], passes: int) -> None:
    names = [f"t{index}" for index in range(6)]
    attempts = [*{(t, p): made(f"t{t}", p, result) for t, p, result in records if p < passes}.values()]
    summary = summary_of(names, attempts, passes)
    pending = len(names) - len({attempt.problem for attempt in attempts})
    decided = summary.proved + summary.disproved + summary.not_proved + summary.errors
    decided += len(summary.not_elaborated)
    assert decided + pending == summary.problems
    assert summary.elaborated == summary.proved + summary.disproved + summary.not_proved
    rates = list(pass_at(problems(*names), attempts, passes).values())
    assert rates == sorted(rates) and rates[0] >= 0 and rates[-1] == summary.proved / 6
    assert sorted(summary.pass_at)[-1] == passes and sorted(summary.pass_at)[0] == 1


@pytest.mark.parametrize(("passes", "ks"), [(1, [1]), (2, [1, 2]), (5, [1, 2, 4, 5]), (8, [1, 2, 4, 8])])
def test_which_passes_are_reported(passes: int, ks: list[int]) -> None:
    assert list(pass_at([], [], passes)) == ks


async def test_a_folder_says_the_same_as_the_run(tmp_path: Path) -> None:
    config = RunConfig("core", out=tmp_path)
    result = await run(config, prepared=prepare(config, parts=World(many(9)).parts()))
    assert read_report(tmp_path).summary == result.summary


def test_what_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="is not the folder of a run"):
        read_report(tmp_path)
    with pytest.raises(ResultsError, match="is not a folder"):
        read_report(tmp_path / "x")
    (tmp_path / "run.json").write_text("{}")
    assert read_report(tmp_path).summary.problems == 0


def test_what_is_disproved_is_counted_apart_and_elaborates() -> None:
    attempts = [
        made("a", 0, "disproved"),
        made("b", 0, "not_proved"),
        made("b", 1, "disproved"),
        made("c", 0, "proved"),
    ]
    summary = summary_of(["a", "b", "c"], attempts, passes=2)
    assert (summary.elaborated, summary.proved, summary.disproved, summary.not_proved) == (3, 1, 2, 0)
    assert list(summary.disproofs) == ["a", "b"] and list(summary.proofs) == ["c"]
    assert summary.pass_at[2] == pytest.approx(1 / 3)
    assert "disproved" in text_of(summary)
