"""The Python API over fake parts."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

import prover
from lean_env.errors import DataError, StepwiseError, UsageError
from prover import Attempt, Budget, Problem, prove, prove_async
from tests.prover.fakes import World, install, many, problem, problems


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    import prover.parts
    import prover.prepare

    for module in (prover.parts, prover.prepare):
        monkeypatch.setattr(module, "real_parts", None)
    made = World(many(8))
    install(made)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return made


def test_a_statement(tmp_path: Path) -> None:
    result = prove("theorem easy : True := by sorry")
    assert result.summary.proved == 1 and result.proofs["easy"].endswith(":= by trivial")
    assert result.folder is None and list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "runs").exists()


def test_problems_and_attempts() -> None:
    result = prove(problems("easy", "hard", "late1"), "3x4")
    assert [(a.pass_index, a.result) for a in result.attempts_at("hard")] == [(n, "not_proved") for n in range(3)]
    assert all(isinstance(attempt, Attempt) for attempt in result.attempts)
    assert result.summary.pass_at[1] == pytest.approx(1 / 3) and result.summary.pass_at[3] == pytest.approx(2 / 3)
    assert prove(problem("easy")).summary.proved == 1
    assert prove(Path("core")).summary.problems == 8


def test_with_a_folder_the_same_call_goes_on(tmp_path: Path, world: World) -> None:
    first = prove("core", Budget(2, 1, 1), out=tmp_path / "r", policy=["tactics"])
    begun = len(world.begun)
    again = prove("core", "2x1x1", out=str(tmp_path / "r"), policy="tactics")
    assert again.summary == first.summary and len(world.begun) == begun
    assert again.folder == tmp_path / "r"
    with pytest.raises(UsageError, match="--seed was 0 and is 1"):
        prove("core", "2x1x1", out=tmp_path / "r", policy="tactics", seed=1)


async def test_inside_an_event_loop() -> None:
    result = await prove_async("core", limit=4, shard="1/2", timeout=10, tactic_timeout=1)
    assert result.summary.problems == 2
    with pytest.raises(UsageError, match="where an event loop runs"):
        prove("core")


async def test_cancelling(tmp_path: Path, world: World) -> None:
    world.delay_s = 3600.0
    task = asyncio.create_task(prove_async("core", out=tmp_path / "r"))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.pool.busy == 0 and world.pool.closed == 1
    world.delay_s = 0.0
    assert (await prove_async("core", out=tmp_path / "r")).summary.proved == 2


def test_a_model_and_how_it_answers(world: World, tmp_path: Path) -> None:
    for folder, temperature in (("a", 0.7), ("b", [0.7, 1])):
        prove("core", out=tmp_path / folder, policy="hf:BFS-Prover", temperature=temperature, top_p=0.9, prompt="chat")
        asked = json.loads((tmp_path / folder / "run.json").read_text())["config"]
        assert asked["temperature"] == ([0.7] if folder == "a" else [0.7, 1])
        assert (asked["policy"], asked["top-p"], asked["prompt"]) == (["hf:BFS-Prover"], 0.9, "chat")
    with pytest.raises(UsageError, match="--top-p is for models"):
        prove("core", top_p=0.9)


@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        ("", {}),
        ("core", {"budget": "0x0"}),
        ("core", {"budget": Budget(0, 0, 0)}),
        ("core", {"policy": "nope"}),
        ("core", {"policy": []}),
        ("core", {"search": "nope"}),
        ("core", {"limit": 0}),
        ("core", {"shard": "4/3"}),
        ("core", {"shard": (0, 1)}),
        ("core", {"seed": -1}),
        ("core", {"timeout": float("nan")}),
        ("core", {"tactic_timeout": 0}),
        ("core", {"workers": 0}),
        ("core", {"slots": 0}),
        (["theorem easy : True := by sorry"], {}),
        ([3], {}),
        ("minif2", {}),
        ([], {}),
    ],
)
def test_bad_arguments(target: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises((UsageError, DataError)) as raised:
        prove(target, **arguments)
    assert raised.value.message.endswith(".") and raised.value.hint


def test_what_the_package_offers() -> None:
    assert set(prover.__all__) <= set(dir(prover))
    for name in prover.__all__:
        assert getattr(prover, name) is not None
    assert prover.StepwiseError is StepwiseError and prover.Problem is Problem
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = prover.nothing
