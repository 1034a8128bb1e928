"""Runs over fake parts: order, records, resuming, cancellation, and what a kill -9 leaves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lean_env.errors import DataError, PolicyError, ResultsError, UsageError, WorkerDied, WorkerStartError
from prover.config import RunConfig
from prover.events import Silent
from prover.interfaces import Attempt, Budget, Environment, Problem
from prover.journal import encode, read_journal
from prover.method import Method
from prover.prepare import prepare, select
from prover.run import RunResult, run
from prover.workplace import seed_for
from tests.prover.fakes import FakePolicy, FakePool, FakeToolchain, World, many, problem, problems


async def go(world: World, out: Path, events: Any = None, **values: Any) -> RunResult:
    config = RunConfig(**{"target": "core", "out": out, "budget": Budget(1, 32, 100), **values})
    return await run(config, events=events, prepared=prepare(config, parts=world.parts()))


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "attempts.jsonl").read_text().splitlines()]


async def test_a_run_leaves_what_it_came_to(tmp_path: Path) -> None:
    world = World(problems("easy", "hard", "bad", "dead", "crash"))
    result = await go(world, tmp_path)
    summary = result.summary
    assert (summary.problems, summary.proved, summary.not_proved, summary.errors) == (5, 1, 1, 2)
    assert summary.not_elaborated == ("bad",) and summary.elaborated == 2
    assert json.loads((tmp_path / "summary.json").read_text()) == summary.as_json()
    assert (tmp_path / "proofs" / "easy.lean").read_text() == "theorem easy : True := by trivial\n"
    assert result.proofs == {"easy": "theorem easy : True := by trivial\n"}
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["config"]["budget"] == "1x32x100" and record["lean"] == {"kind": "fake", "version": "4.99.0"}
    assert len(record["data"]["sha256"]) == 64 and record["machine"]["cores"]
    assert len(lines(tmp_path)) == 5
    assert world.pool.opened == world.pool.closed == 1


async def test_an_attempt_that_raises_is_a_record_of_one_line(tmp_path: Path) -> None:
    result = await go(World(problems("crash", "easy")), tmp_path)
    (crash,) = result.attempts_at("crash")
    assert (crash.result, crash.stop, crash.error) == ("error", "error", "RuntimeError: boom second line")
    assert result.summary.proved == 1


async def test_every_problem_gets_its_first_pass_before_any_gets_its_second(tmp_path: Path) -> None:
    world = World(problems("hard1", "easy1", "hard2", "late1", "bad1"), pool=FakePool(capacity=1))
    await go(world, tmp_path, budget=Budget(3, 1, 1))
    assert [(name, each) for name, each, _ in world.begun] == [
        *((name, 0) for name in ("hard1", "easy1", "hard2", "late1", "bad1")),
        *((name, 1) for name in ("hard1", "hard2", "late1")),
        *((name, 2) for name in ("hard1", "hard2")),
    ]


async def test_no_more_attempts_at_once_than_there_are_slots(tmp_path: Path) -> None:
    world = World(many(40), pool=FakePool(capacity=3), delay_s=0.001)
    await go(world, tmp_path, budget=Budget(2, 1, 1))
    assert world.pool.most == 3


async def test_passes_of_one_problem_run_beside_each_other_and_the_first_proof_ends_the_later(tmp_path: Path) -> None:
    world = World(problems("late2"), pool=FakePool(capacity=8), delay_s=0.01)
    result = await go(world, tmp_path, budget=Budget(8, 1, 1))
    made = {a.pass_index: a.result for a in result.attempts}
    assert made[0] == made[1] == "not_proved" and made[2] == "proved"
    assert dict(result.summary.pass_at) == {1: 0.0, 2: 0.0, 4: 1.0, 8: 1.0}


async def test_a_proof_gives_up_later_passes_and_waits_for_earlier_ones(tmp_path: Path) -> None:
    """Pass 1 proves at once, pass 0 takes longer, pass 2 would never end."""
    world = World([problem("late1")], pool=FakePool(capacity=3))
    dropped = []

    class Watch(Silent):
        def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
            if attempt is None:
                dropped.append(pass_index)

    async def attempt(problem: Problem, method: Method, **asked: Any) -> Attempt:
        await asyncio.sleep({0: 0.05, 1: 0.0, 2: 3600.0}[asked["pass_index"]])
        return await World.attempt(world, problem, method, **asked)

    config = RunConfig("core", out=tmp_path, budget=Budget(3, 1, 1))
    prepared = prepare(config, parts=replace(world.parts(), attempt=attempt))
    result = await run(config, events=Watch(), prepared=prepared)
    assert sorted(a.pass_index for a in result.attempts) == [0, 1] and dropped == [2]
    assert world.pool.busy == 0


async def test_a_policy_that_fails_ends_the_run_which_can_go_on(tmp_path: Path) -> None:
    """The second attempt finds the server gone: the first is written down, the third is not begun."""

    def gone(problem: Problem, pass_index: int) -> None:
        if problem.name == "easy2":
            raise PolicyError("The server does not answer.", "Start it.")

    world = World(problems("easy1", "easy2", "easy3"), pool=FakePool(capacity=1), before=gone)
    with pytest.raises(PolicyError, match=r"The server does not answer\."):
        await go(world, tmp_path)
    assert [line["problem"] for line in lines(tmp_path)] == ["easy1"]
    assert [name for name, _, _ in world.begun] == ["easy1", "easy2"] and world.pool.busy == 0
    result = await go(World(problems("easy1", "easy2", "easy3")), tmp_path)
    assert result.summary.proved == 3


@pytest.mark.parametrize("ends", ["well", "badly"])
async def test_a_policy_with_a_model_lets_go_of_it_at_the_end(tmp_path: Path, ends: str) -> None:
    order: list[str] = []

    class Model(FakePolicy):
        async def close(self) -> None:
            order.append("closed")

    def attempted(problem: Problem, pass_index: int) -> None:
        order.append("attempted")
        if ends == "badly":
            raise UsageError("No.")

    async def policy(config: RunConfig, pool: Any, problems: Any) -> Model:
        order.append(",".join(config.policies))
        return Model()

    world = World(problems("easy"), before=attempted)
    config = RunConfig("core", out=tmp_path, policies=("hf:BFS-Prover", "tactics"))
    prepared = prepare(config, parts=replace(world.parts(), policy=policy))
    with contextlib.suppress(UsageError):
        await run(config, prepared=prepared)
    assert order == ["hf:BFS-Prover,tactics", "attempted", "closed"] and world.pool.closed == 1


async def test_a_model_of_whole_proofs_is_searched_in_its_own_way_and_that_is_said(tmp_path: Path) -> None:
    notes: list[str] = []

    class Watch(Silent):
        def note(self, text: str) -> None:
            notes.append(text)

    spec = "openai:http://h:1/v1#Goedel-Prover-V2-8B"
    world = World(problems("easy"))
    searches: list[str] = []

    async def attempt(problem: Problem, method: Method, **asked: Any) -> Attempt:
        searches.append(method.search)
        return await World.attempt(world, problem, method, **asked)

    config = RunConfig("core", out=tmp_path, policies=(spec,))
    prepared = prepare(config, parts=replace(world.parts(), attempt=attempt))
    result = await run(config, events=Watch(), prepared=prepared)
    assert notes == [f"{spec} writes whole proofs: --search is whole-proof"]
    assert searches == ["whole-proof"] and result.summary.search == "whole-proof"
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["config"]["policy"] == ["openai:Goedel-Prover-V2-8B"] and record["how"]["policies"] == [spec]
    again = await run(replace(config, policies=("openai:http://other:2/v1#Goedel-Prover-V2-8B",)), prepared=prepared)
    assert again.summary.proved == 1 and len(lines(tmp_path)) == 1


def test_seeds() -> None:
    assert seed_for(0, "t", 0) == 0
    seeds = {seed_for(s, name, p) for s in range(5) for name in ("t", "u", "t\0") for p in range(5)}
    assert len(seeds) == 75 - 2  # the first pass of seed 0 is 0 for each of three names
    assert seed_for(1, "t", 2) == 2035834792  # as in every run so far: a change would make them irreproducible
    assert all(0 <= seed < 2**32 for seed in seeds)


async def test_the_same_command_again_makes_no_attempt_and_opens_no_pool(tmp_path: Path) -> None:
    first = await go(World(many(8)), tmp_path, budget=Budget(2, 1, 1))
    world = World(many(8))
    again = await go(world, tmp_path, budget=Budget(2, 1, 1))
    assert world.begun == [] and world.pool.opened == 0
    assert again.summary == first.summary and again.proofs == first.proofs


async def test_attempts_that_failed_are_made_again_and_the_later_record_counts(tmp_path: Path) -> None:
    world = World(problems("flaky", "hard"), log=tmp_path / "log.txt")
    out = tmp_path / "run"
    first = await go(world, out)
    assert first.summary.errors == 1
    again = await go(world, out)
    assert again.summary.errors == 0 and again.summary.proved == 1
    assert Counter(name for name, *_ in world.begun) == {"flaky": 2, "hard": 1}
    assert len(lines(out)) == 3


async def test_a_failed_pass_is_not_tried_again_in_the_same_run(tmp_path: Path) -> None:
    world = World(problems("crash"))
    await go(world, tmp_path, budget=Budget(3, 1, 1))
    assert [each for _, each, _ in world.begun] == [0, 1, 2]


async def test_limit_comes_before_shard(tmp_path: Path) -> None:
    everything = many(20)
    parts = [select(everything, 10, (index, 3)) for index in (1, 2, 3)]
    assert sorted(p.name for part in parts for p in part) == sorted(p.name for p in everything[:10])
    assert [len(part) for part in parts] == [4, 3, 3]
    result = await go(World(many(3)), tmp_path, limit=2, shard=(3, 3))
    assert result.summary.problems == 0 and result.summary.pass_at == {1: 0.0}


async def test_the_sorries_of_a_file_become_problems_under_names_that_differ(tmp_path: Path) -> None:
    twice = Problem("easy", "theorem a : p := by sorry\ntheorem b : p := by sorry", hole=None)
    world = World([twice, twice, problem("easy_1")])
    result = await go(world, tmp_path)
    assert [p.name for p in result.problems] == ["easy_0", "easy_1", "easy_0_2", "easy_1_2", "easy_1_3"]
    assert [p.hole for p in result.problems] == [0, 1, 0, 1, 0]
    again = World([twice, twice, problem("easy_1")])
    assert (await go(again, tmp_path)).summary.proved == 5
    assert again.pool.opened == 0


async def test_a_file_that_ends_its_worker_while_it_is_taken_apart_stays_one_problem(tmp_path: Path) -> None:
    world = World([Problem("hard", "theorem a : p := by sorry", hole=None), problem("easy")])

    async def expand(problem: Problem, env: Environment) -> list[Problem]:
        raise WorkerDied("It ended.")

    config = RunConfig("core", out=tmp_path)
    result = await run(config, prepared=prepare(config, parts=replace(world.parts(), expand=expand)))
    assert [(p.name, p.hole) for p in result.problems] == [("hard", 0), ("easy", 0)]
    assert result.summary.proved == 1 and world.pool.busy == 0


async def test_a_file_without_sorry(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sorry"):
        await go(World([Problem("t", "theorem t : p := by simp", hole=None)]), tmp_path)


async def test_no_problems_at_all_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sorry"):
        await go(World([]), tmp_path)


async def test_a_lean_that_does_not_start_ends_the_run_without_a_record(tmp_path: Path) -> None:
    world = World(many(4), pool=FakePool(starts=False))
    with pytest.raises(WorkerStartError):
        await go(world, tmp_path)
    assert lines(tmp_path) == [] and world.pool.closed == 1
    assert (await go(World(many(4)), tmp_path)).summary.proved == 1


async def test_a_worker_that_does_not_start_later_on_fails_one_attempt(tmp_path: Path) -> None:
    world = World(problems("easy", "hard", "easy2"), pool=FakePool(capacity=1))

    def before(problem: Problem, pass_index: int) -> None:
        if problem.name == "hard":
            raise WorkerStartError("No memory.")

    world.before = before
    result = await go(world, tmp_path)
    assert (result.summary.proved, result.summary.errors) == (2, 1)


async def test_results_that_cannot_be_written_end_the_run_and_keep_what_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import prover.journal

    world, real = World(many(12), delay_s=0.001), prover.journal.Journal.append
    written: list[Attempt] = []

    def append(self: Any, attempt: Attempt) -> None:
        if len(written) == 5:
            raise ResultsError("The disk is full.")
        real(self, attempt)
        written.append(attempt)

    with monkeypatch.context() as patched:
        patched.setattr(prover.journal.Journal, "append", append)
        with pytest.raises(ResultsError, match="full"):
            await go(world, tmp_path)
    assert len(lines(tmp_path)) == 5 and world.pool.closed == 1 and world.pool.busy == 0
    result = await go(World(many(12)), tmp_path)
    assert len(lines(tmp_path)) == 12 and result.summary.problems == 12


async def test_cancelling_ends_what_was_started_and_keeps_what_was_done(tmp_path: Path) -> None:
    world = World(many(30), delay_s=0.01)
    enough = asyncio.Event()

    def before(problem: Problem, pass_index: int) -> None:
        if len(world.begun) >= 12:
            enough.set()

    world.before = before
    task = asyncio.create_task(go(world, tmp_path))
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    done = lines(tmp_path)
    assert 0 < len(done) < 30 and world.pool.busy == 0 and world.pool.closed == 1
    again = World(many(30))
    result = await go(again, tmp_path)
    assert len(again.begun) == 30 - len(done) and result.summary.problems == 30
    assert Counter((r["problem"], r["pass_index"]) for r in lines(tmp_path)).most_common(1)[0][1] == 1


async def test_another_lean_other_problems_or_options_are_refused(tmp_path: Path) -> None:
    await go(World(many(4)), tmp_path)
    with pytest.raises(UsageError, match="Lean version was"):
        await go(World(many(4), toolchain=FakeToolchain(version="5.0.0")), tmp_path)
    with pytest.raises(UsageError, match="problems themselves"):
        await go(World(many(5)), tmp_path)
    with pytest.raises(UsageError, match="--timeout was"):
        await go(World(many(4)), tmp_path, timeout_s=7.0)
    await go(World(many(4)), tmp_path, workers=1, slots=1)
    result = await go(World(many(5)), tmp_path, fresh=True)
    assert result.summary.problems == 5


async def test_the_folder_is_free_again_after_an_error(tmp_path: Path) -> None:
    await go(World(many(4)), tmp_path)
    for _ in range(2):
        with pytest.raises(UsageError):
            await go(World(many(4)), tmp_path, seed=3)


async def test_on_resume_a_pass_below_the_proof_is_made(tmp_path: Path) -> None:
    """Killed while pass 0 was under way, after pass 1 had proved it: pass@1 must still come out."""
    await go(World(problems("late1")), tmp_path, budget=Budget(4, 1, 1))
    journal = tmp_path / "attempts.jsonl"
    proof = read_journal(journal)[0]["late1", 1]
    journal.write_bytes(encode(proof))
    world = World(problems("late1"))
    result = await go(world, tmp_path, budget=Budget(4, 1, 1))
    assert [each for _, each, _ in world.begun] == [0]
    assert result.summary.pass_at == {1: 0.0, 2: 1.0, 4: 1.0}


# -- kill -9


def check_finished(out: Path, expected: Sequence[Problem], passes: int) -> None:
    """Every attempt that the run owes is there, once."""
    records = lines(out)
    times = Counter((r["problem"], r["pass_index"]) for r in records)
    assert times.most_common(1)[0][1] == 1
    owed = set()
    for each in expected:
        last = 0 if each.name.startswith(("easy", "bad")) else 1 if each.name.startswith("late1") else passes - 1
        owed |= {(each.name, index) for index in range(last + 1)}
    assert owed <= set(times)
    assert all(index < passes for _, index in times)
    summary = json.loads((out / "summary.json").read_text())
    assert summary["problems"] == len(expected)
    assert summary["proved"] == sum(p.name.startswith(("easy", "late1")) for p in expected)
    assert {p.name for p in (out / "proofs").iterdir()} == {f"{name}.lean" for name in summary["proofs"]}
    assert not list(out.rglob("*.tmp"))


def crash_at(out: Path, world: World, step: int, torn: bool) -> bool:
    """Run in a child that is killed at the n-th thing it does to the disk; True if it got so far."""
    child = os.fork()
    if child == 0:
        try:
            count = 0
            real: dict[str, Any] = {"write": os.write, "fsync": os.fsync, "replace": Path.replace, "open": os.open}

            def wrap(name: str) -> Any:
                def call(*args: Any, **kwargs: Any) -> Any:
                    nonlocal count
                    count += 1
                    if count == step:
                        if name == "write" and torn:
                            real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
                        os.kill(os.getpid(), signal.SIGKILL)
                    return real[name](*args, **kwargs)

                return call

            prepared = prepare(config_of(out), parts=world.parts())
            os.write, os.fsync, os.open = wrap("write"), wrap("fsync"), wrap("open")
            Path.replace = wrap("replace")  # type: ignore[method-assign]
            asyncio.run(run(config_of(out), prepared=prepared))
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0


def config_of(out: Path) -> RunConfig:
    return RunConfig("core", out=out, budget=Budget(2, 1, 1))


@pytest.mark.parametrize("torn", [False, True])
def test_killed_at_each_thing_it_does_to_the_disk(tmp_path: Path, torn: bool) -> None:
    step, points = 1, 0
    while True:
        out = tmp_path / str(step)
        if not crash_at(out, World(many(6)), step, torn):
            break
        before = read_journal(out / "attempts.jsonl")[0]
        world = World(many(6))
        asyncio.run(run(config_of(out), prepared=prepare(config_of(out), parts=world.parts())))
        assert not {(name, index) for name, index, _ in world.begun} & set(before)
        check_finished(out, many(6), 2)
        step, points = step + 1, points + 1
    assert points > 40


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Each process dies a little later than the one before; together they finish."""
    out, deaths = tmp_path, 0
    while crash_at(out, World(many(12)), 3 + deaths % 23, torn=deaths % 2 == 0):
        deaths += 1
        assert deaths < 500
    assert deaths > 10
    check_finished(out, many(12), 2)


@pytest.mark.parametrize("trial", range(6))
def test_killed_from_outside_at_a_random_moment(tmp_path: Path, trial: int) -> None:
    chance, out, log = random.Random(trial), tmp_path / "run", tmp_path / "log.txt"
    command = [sys.executable, "-m", "tests.prover.fakes", "core", "--out", str(out), "--budget", "2x1x1", "--quiet"]
    environment = {**os.environ, "STEPWISE_FAKE_DELAY": "0.01", "STEPWISE_FAKE_LOG": str(log)}
    for _ in range(3):
        log.write_text("")
        recorded = set(read_journal(out / "attempts.jsonl")[0])
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        wanted = chance.randrange(1, 14)
        while len(log.read_text().splitlines()) < wanted and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        begun = {(name, int(index)) for name, index in map(str.split, log.read_text().splitlines())}
        assert not begun & recorded
        assert recorded <= set(read_journal(out / "attempts.jsonl")[0])
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
    check_finished(out, many(24), 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_run_cleanly_and_says_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    out, log = tmp_path / "run", tmp_path / "log.txt"
    log.write_text("")
    command = [sys.executable, "-m", "tests.prover.fakes", "core", "--out", str(out), "--budget", "2x1x1"]
    environment = {**os.environ, "STEPWISE_FAKE_DELAY": "0.05", "STEPWISE_FAKE_LOG": str(log)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(log.read_text().splitlines()) < 9 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(number)
    printed, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert printed == "" and "Traceback" not in said
    assert said.endswith(f"error: Interrupted.\nhint: What is done is in {out}; the same command goes on from there.\n")
    assert 0 < len(lines(out)) < 24
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
    check_finished(out, many(24), 2)


def test_two_processes_do_not_write_the_same_run(tmp_path: Path) -> None:
    out, log = tmp_path / "run", tmp_path / "log.txt"
    log.write_text("")
    command = [sys.executable, "-m", "tests.prover.fakes", "core", "--out", str(out), "--quiet"]
    environment = {**os.environ, "STEPWISE_FAKE_DELAY": "0.3", "STEPWISE_FAKE_LOG": str(log)}
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not log.read_text() and first.poll() is None:
        time.sleep(0.005)
    second = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert second.returncode == 1
    assert second.stderr.startswith(f"error: Another process is writing the run in {out}.\nhint: ")
    first.kill()
    first.wait()
    assert subprocess.run(command, env={**environment, "STEPWISE_FAKE_DELAY": "0"}).returncode == 0
