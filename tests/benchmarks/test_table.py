"""The table's arithmetic, its samples, and how it goes on; the runs in it are of the fake parts."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks import published_loop, table
from benchmarks.replay import Account
from benchmarks.table import CONFIGURATIONS, SETS, Row, figures, markdown, ratios, sample
from lean_env.errors import UsageError
from prover.config import RunConfig
from prover.interfaces import Attempt, Result, Usage
from prover.search import SEARCHES
from tests.prover.fakes import World, many, problems


def made(problem: str, result: Result, lean_s: float, pass_index: int = 0) -> Attempt:
    stop = "expansions" if result == "not_proved" else result
    return Attempt(problem, pass_index, result, stop, 0, usage=Usage(lean_s=lean_s))


ROWS = (
    Row("core", "1x1x1", "default", 9, 8, proved=6, lean_s=12.0),
    Row("core", "1x1x1", "published", 9, 8, proved=4, lean_s=16.0),
    Row("core", "2x1x1", "default", 9, 8, proved=6, lean_s=12.0),
    Row("false", "1x1x1", "default", 5, 5, disproved=3, lean_s=6.0),
    Row("false", "1x1x1", "published", 5, 5, lean_s=6.0),
    Row("core", "1x1x1", "no-retrieval", failed="It has no retrieval | at all."),
    Row("core", "1x1x1", "mcts", 9, 8, lean_s=5.0),
)


def test_each_problem_counts_once_and_every_attempt_costs() -> None:
    attempts = [
        made("a", "not_proved", 2.0),
        made("a", "proved", 3.0, 1),
        made("b", "error", 0.5),
        made("b", "not_proved", 1.0, 1),
        made("c", "not_elaborated", 0.25),
        made("d", "error", 0.25),
    ]
    assert figures(problems("a", "b", "c", "d", "e"), attempts) == {
        "problems": 5,
        "elaborated": 2,
        "proved": 1,
        "disproved": 0,
        "errors": 1,
        "lean_s": 7.0,
    }


def test_ratios_are_to_the_published_loop_in_the_same_place() -> None:
    found = ratios(ROWS)
    assert found[ROWS[0]] == (1.5, 0.5)
    assert found[ROWS[1]] == (1.0, 1.0)
    assert found[ROWS[2]] == (None, None), "the other budget has no such row"
    assert found[ROWS[3]] == found[ROWS[4]] == (None, None), "nothing to divide by"
    assert found[ROWS[5]] == (None, None)
    assert found[ROWS[6]] == (0.0, None)
    failed = replace(ROWS[1], failed="no")
    assert ratios([ROWS[0], failed])[ROWS[0]] == (None, None)


def test_the_table_has_a_line_a_row() -> None:
    about, empty, head, rule, *lines = markdown(ROWS, "Made so.").splitlines()
    assert (about, empty) == ("Made so.", "")
    assert lines[0] == "| core | 1x1x1 | default | 9 | 8 | 6 | 0 | 0 | 12.0 | 2.00 | 1.50 | 0.50 |"
    assert lines[4] == "| false | 1x1x1 | published | 5 | 5 | 0 | 0 | 0 | 6.0 | – | – | – |"
    assert "failed: It has no retrieval / at all." in lines[5]
    assert {line.count("|") for line in (head, rule, *lines)} == {13}


def test_a_sample_is_the_seeds_and_keeps_the_order() -> None:
    everything = many(50)
    chosen = sample(everything, 10, 3)
    assert chosen == sample(everything, 10, 3) != sample(everything, 10, 4)
    assert len(chosen) == 10 and [p for p in everything if p in chosen] == chosen
    assert sample(everything, None, 3) == sample(everything, 99, 3) == everything


def test_every_set_and_configuration_has_one_name() -> None:
    assert len({each.name for each in SETS}) == len(SETS)
    assert len({each.name for each in CONFIGURATIONS}) == len(CONFIGURATIONS)
    assert {each.search for each in CONFIGURATIONS} == set(SEARCHES)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sets", "cores"], "--sets does not know 'cores'"),
        (["--configs", ","], "--configs is empty"),
        (["--budget", "1"], "--budget cannot be read"),
        (["--sample", "0"], "--sample cannot be 0"),
    ],
)
def test_what_cannot_be_asked_for(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert table.main(arguments, World().parts()) == 2
    assert says in capsys.readouterr().err
    with pytest.raises(UsageError):
        table.read_options(arguments)


def make(world: World, out: Path, *more: str) -> int:
    asked = ["--sets", "core", "--configs", "default,published", "--budget", "2x1x1", "--budget", "1x1x1"]
    return table.main([*asked, "--out", str(out), "--json", *more], world.parts())


def rows_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return list(json.loads(capsys.readouterr().out)["rows"])


def test_one_command_makes_the_table_and_goes_on_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(many(16))
    assert make(world, tmp_path / "out", "--markdown", str(tmp_path / "table.md")) == 0
    rows = rows_of(capsys)
    assert [(row["budget"], row["configuration"]) for row in rows] == [
        ("2x1x1", "default"),
        ("2x1x1", "published"),
        ("1x1x1", "default"),
        ("1x1x1", "published"),
    ]
    assert (rows[0]["problems"], rows[0]["elaborated"], rows[0]["proved"]) == (16, 12, 8)
    assert (rows[2]["problems"], rows[2]["elaborated"], rows[2]["proved"]) == (16, 12, 4)
    assert rows[2]["lean_s_a_result"] == rows[2]["lean_s"] / 4 == 0.5 * 16 / 4
    assert len((tmp_path / "table.md").read_text().splitlines()) == 4 + 4
    again = World(many(16))
    assert make(again, tmp_path / "out") == 0
    assert again.begun == [] and rows_of(capsys) == rows


def test_a_sample_has_a_folder_of_its_own_and_is_the_same_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make(World(many(16)), tmp_path, "--sample", "5", "--seed", "2") == 0
    assert [row["problems"] for row in rows_of(capsys)] == [5] * 4
    (folder,) = tmp_path.iterdir()
    posed = {(cell / "problems.jsonl").read_text() for cell in folder.iterdir() if cell.is_dir()}
    assert len(posed) == 1
    assert make(World(many(16)), tmp_path, "--sample", "5", "--seed", "3") == 0


def test_a_cell_that_fails_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make(World(many(4)), tmp_path) == 0
    capsys.readouterr()
    assert make(World(many(4)), tmp_path, "--timeout", "7", "--budget", "3x1x1") == 1
    rows = rows_of(capsys)
    assert [bool(row["failed"]) for row in rows] == [True] * 4 + [False] * 2
    assert "--timeout was 300.0 and is 7.0" in rows[0]["failed"]


def test_the_published_loop_takes_the_place_of_our_attempt() -> None:
    how = next(each for each in CONFIGURATIONS if each.published)
    parts = World().parts()
    for chosen, attempt in ((how, published_loop.attempt), (CONFIGURATIONS[0], parts.attempt)):
        made = cast(functools.partial[Any], table.parts_of(chosen, parts).attempt)
        assert made.func == attempt and made.keywords == {"clock": Account}
    options = table.read_options(["--sample", "7", "--timeout", "9", "--workers", "1"])
    config = table.run_config(SETS[2], CONFIGURATIONS[0], options.budgets[0], Path("x"), options)
    assert config == RunConfig("core", options.budgets[0], timeout_s=9.0, workers=1, slots=1, out=Path("x"))
    assert [
        table.run_config(each, CONFIGURATIONS[0], options.budgets[0], Path("x"), options).limit for each in SETS[:4]
    ] == [None, None, None, 7]


def test_a_set_that_is_missing_ends_it_before_anything_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(many(4))
    arguments = [
        "--sets",
        "core,minif2f-valid",
        "--configs",
        "default",
        "--data",
        str(tmp_path),
        "--out",
        str(tmp_path),
    ]
    assert table.main(arguments, world.parts()) == 2
    assert "no checkout of minif2f" in capsys.readouterr().err and world.begun == []
