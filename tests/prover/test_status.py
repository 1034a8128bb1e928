"""`prove status`, `--hours`, and what a run writes about itself while it goes on."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lean_env.errors import ResultsError
from prover.cli import main
from prover.config import RunConfig
from prover.interfaces import Attempt, Budget, Problem
from prover.journal import read_journal
from prover.prepare import prepare
from prover.results import STATUS
from prover.run import RunResult, run
from prover.status import Status, lines, read_status
from tests.prover.fakes import FakePool, World, problem, problems


async def go(world: World, out: Path, **values: Any) -> RunResult:
    config = RunConfig(**{"target": "core", "out": out, "budget": Budget(2, 1, 1), **values})
    return await run(config, prepared=prepare(config, parts=world.parts()))


async def test_the_status_of_a_run_that_goes_on(tmp_path: Path) -> None:
    seen: list[Status] = []

    def look(posed: Problem, pass_index: int) -> None:
        if len(world.begun) == 4:
            seen.append(read_status(tmp_path))

    world = World(problems("easy", "bad", "crash", "hard", "hard2"), pool=FakePool(capacity=1), before=look)
    await go(world, tmp_path)
    (status,) = seen
    assert (status.state, status.problems, status.proved, status.decided) == ("running", 5, 1, 2)
    assert status.attempts_left == 2 + 2 + 2 and status.errors == 1
    assert status.places[0]["workers"] == 2 and status.places[0]["slots"] == 1
    after = read_status(tmp_path)
    assert (after.state, after.decided, after.attempts_left) == ("stopped", 4, 2)
    assert "made again by the same command" in "\n".join(lines(after))
    assert after.failures[0]["problem"] == "crash" and "boom" in after.failures[0]["error"]


async def test_a_run_that_was_killed_is_silent_after_a_while(tmp_path: Path) -> None:
    await go(World(problems("easy", "hard", "late1")), tmp_path)
    assert read_status(tmp_path).state == "done"
    seen = json.loads((tmp_path / STATUS).read_text())
    (tmp_path / STATUS).write_text(json.dumps({**seen, "running": True}))
    journal = (tmp_path / "attempts.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "attempts.jsonl").write_bytes(b"".join(journal[:2]))
    assert read_status(tmp_path, now=seen["time"] + 10).state == "running"
    assert read_status(tmp_path, now=seen["time"] + 100).state == "silent"
    (tmp_path / STATUS).write_text(json.dumps({**seen, "recent": 3}))
    with pytest.raises(ResultsError, match="cannot be read"):
        read_status(tmp_path)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(go(World(problems("easy", "hard")), tmp_path / "run"))
    assert main(["status", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert f"{tmp_path / 'run'}: done" in printed and "2/2 done with, 1 proved (50.0 %)" in printed
    assert main(["status", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["proved"] == 1
    assert main(["status", str(tmp_path)]) == 1
    assert "is not the folder of a run" in capsys.readouterr().err


async def test_a_limited_time_is_spent_in_rounds_and_resumed(tmp_path: Path) -> None:
    """The first command has its time only for the first rounds; the second, with more of it, goes on from there."""
    asked: list[tuple[str, int, float]] = []

    async def attempt(posed: Problem, method: Any, **given: Any) -> Attempt:
        asked.append((posed.name, method.budget.expansions, method.timeout_s))
        if len(asked) == 4:
            await asyncio.sleep(3600)
        made = await World.attempt(World(), posed, method, **given)
        found = posed.name.startswith("easy") and method.budget.expansions >= 25
        return made if found else replace(made, result="not_proved", stop="expansions", text="", tactics=())

    def parts(world: World) -> Any:
        return replace(world.parts(), attempt=cast(Any, attempt))

    world = World([problem("easy"), problem("hard"), problem("hard2")], pool=FakePool(capacity=1))
    config = RunConfig("core", out=tmp_path, budget=Budget(1, 4, 100), timeout_s=160, hours=1.0 / 3600)
    first = await run(config, prepared=prepare(config, parts=parts(world)))
    assert [each[1:] for each in asked[:3]] == [(7, 10.0)] * 3 and asked[3][1:] == (25, 40.0)
    assert first.summary.proved == 0
    assert {attempt.share for attempt in read_journal(tmp_path / "attempts.jsonl")[0].values()} == {1 / 16}
    status = read_status(tmp_path)
    assert (status.state, status.attempts, status.attempts_left, status.decided) == ("stopped", 0, 3, 0)
    assert status.spent_s >= 1 and status.hours == 1.0 / 3600

    again = await run(config, prepared=prepare(config, parts=parts(world)))  # its time is over
    assert len(asked) == 4 and again.summary.proved == 0

    more = replace(config, hours=1.0)
    second = await run(more, prepared=prepare(more, parts=parts(world)))
    assert second.summary.proved == 1 and second.summary.not_proved == 2
    assert sorted(each[1] for each in asked[4:]) == [25, 25, 25, 100, 100]
    made = read_journal(tmp_path / "attempts.jsonl")[0]
    assert made["easy", 0].share == 0.25 and made["hard", 0].share == 1.0
    assert read_status(tmp_path).state == "done"
