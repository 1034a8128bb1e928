"""Runs on a local Ray cluster of several raylets: what they come to is what they come to without Ray."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lean_env.errors import LeanNotFound, PolicyError, UsageError
from lean_env.protocol import State
from prover.config import RunConfig
from prover.interfaces import Attempt, Budget, Problem, Reached
from prover.policy.generation import Completion, Prompt, Sampling
from prover.prepare import prepare
from prover.run import RunResult, run
from prover.status import read_status
from tests.prover.fakes import FakeToolchain, World, many, problem, problems

ray = pytest.importorskip("ray")

from benchmarks import cluster_chaos as chaos  # noqa: E402
from prover.distributed import cluster as driver  # noqa: E402
from prover.distributed import models  # noqa: E402
from prover.distributed.joining import shape  # noqa: E402


@pytest.fixture(scope="module")
def raylets() -> Iterator[chaos.Chaos]:
    """A head without workers, and three nodes with two CPUs each."""
    made = chaos.Chaos(3, 2)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, so that tests are quick."""
    monkeypatch.setattr(driver, "LOOK_S", 0.2)
    monkeypatch.setattr(driver, "SLOW_S", 0.5)
    monkeypatch.setattr(driver, "AWAY_S", 3.0)


async def go(world: World, out: Path, **values: Any) -> RunResult:
    config = RunConfig(**{"target": "core", "out": out, "budget": Budget(2, 1, 1), "slots": 2, **values})
    return await run(config, prepared=prepare(config, parts=world.parts()))


def verdicts(result: RunResult) -> dict[tuple[str, int], str]:
    return {(a.problem, a.pass_index): a.result for a in result.attempts if a.pass_index == 0 or a.result == "proved"}


def records(out: Path) -> Counter[tuple[str, int]]:
    lines = [json.loads(line) for line in (out / "attempts.jsonl").read_text().splitlines()]
    return Counter((line["problem"], line["pass_index"]) for line in lines)


async def test_the_same_verdicts_as_without_ray(raylets: chaos.Chaos, tmp_path: Path) -> None:
    here = await go(World(many(40)), tmp_path / "here")
    there = await go(World(many(40), delay_s=0.02), tmp_path / "there", ray=raylets.address)
    assert verdicts(here) == verdicts(there) and here.summary.pass_at == there.summary.pass_at
    assert here.proofs == there.proofs
    assert set(records(tmp_path / "there").values()) == {1}
    status = read_status(tmp_path / "there")
    assert (status.state, status.problems, status.proved, status.attempts_left) == ("done", 40, 20, 0)
    working = [place for place in status.places if place["state"] == "working"]
    assert len({place["name"] for place in working}) >= 2
    again = await go(World(many(40)), tmp_path / "there", ray=raylets.address)
    assert again.summary == there.summary and set(records(tmp_path / "there").values()) == {1}


async def test_the_sorries_of_a_file_are_taken_apart_there(raylets: chaos.Chaos, tmp_path: Path) -> None:
    twice = Problem("easy", "theorem a : p := by sorry\ntheorem b : p := by sorry", hole=None)
    result = await go(World([twice]), tmp_path / "run", ray=raylets.address)
    assert [p.name for p in result.problems] == ["easy_0", "easy_1"] and result.summary.proved == 2


async def test_no_more_hosts_than_workers_were_asked_for(raylets: chaos.Chaos, tmp_path: Path) -> None:
    result = await go(World(many(12), delay_s=0.05), tmp_path / "run", ray=raylets.address, workers=2)
    assert result.summary.proved == 6
    assert len(read_status(tmp_path / "run").places) == 1


async def test_errors_that_no_other_attempt_can_mend_end_the_run(raylets: chaos.Chaos, tmp_path: Path) -> None:
    async def attempt(problem: Problem, method: Any, **asked: Any) -> Attempt:
        raise PolicyError("The server does not answer.", "Start it.")

    config = RunConfig("core", out=tmp_path / "run", ray=raylets.address)
    prepared = prepare(config, parts=replace(World(many(3)).parts(), attempt=attempt))
    with pytest.raises(PolicyError, match=r"The server does not answer\.") as raised:
        await run(config, prepared=prepared)
    assert raised.value.hint == "Start it."


async def test_nodes_with_another_lean_are_refused(raylets: chaos.Chaos, tmp_path: Path) -> None:
    config = RunConfig("core", out=tmp_path / "run", ray=raylets.address)
    other = World(many(3), toolchain=FakeToolchain(version="4.98.0"))
    prepared = replace(prepare(config, parts=World(many(3)).parts()), parts=other.parts())
    with pytest.raises(LeanNotFound, match=r"another Lean than the run: fake, 4\.98\.0, not fake, 4\.99\.0"):
        await run(config, prepared=prepared)


async def test_what_a_slow_host_has_is_made_elsewhere_at_the_end(raylets: chaos.Chaos, tmp_path: Path) -> None:
    """The first time that anybody begins `slow`, it takes an hour."""
    mark = tmp_path / "begun"

    async def attempt(posed: Problem, method: Any, **asked: Any) -> Attempt:
        if posed.name == "easy_slow" and not mark.exists():
            mark.write_text("")
            await asyncio.sleep(3600)
        await asyncio.sleep(0.05)
        return await World.attempt(World(), posed, method, **asked)

    config = RunConfig("core", out=tmp_path / "run", ray=raylets.address, slots=1)
    world = World([problem("easy_slow"), *many(12)])
    prepared = prepare(config, parts=replace(world.parts(), attempt=cast(Any, attempt)))
    result = await asyncio.wait_for(run(config, prepared=prepared), 60)
    assert result.attempts_at("easy_slow")[0].result == "proved"
    assert set(records(tmp_path / "run").values()) == {1}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_host_that_is_killed_or_hangs(raylets: chaos.Chaos, tmp_path: Path, number: signal.Signals) -> None:
    async def strike() -> None:
        journal = tmp_path / "run" / "attempts.jsonl"
        while not journal.exists() or journal.read_bytes().count(b"\n") < 8:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        raylets.strike("host" if number == signal.SIGKILL else "stop", random.Random(1))

    striking = asyncio.create_task(strike())
    result = await asyncio.wait_for(go(World(many(40), delay_s=0.2), tmp_path / "run", ray=raylets.address), 120)
    await striking
    raylets.let_go()
    assert (result.summary.proved, result.summary.errors) == (20, 0)
    assert set(records(tmp_path / "run").values()) == {1}


async def test_a_node_that_comes_during_a_run_is_used(raylets: chaos.Chaos, tmp_path: Path) -> None:
    began = time.monotonic()

    async def add() -> None:
        journal = tmp_path / "run" / "attempts.jsonl"
        while not journal.exists() or journal.read_bytes().count(b"\n") < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        raylets.add()

    adding = asyncio.create_task(add())
    world = World(many(160), delay_s=1.0)
    await asyncio.wait_for(go(world, tmp_path / "run", ray=raylets.address, budget=Budget(1, 1, 1)), 120)
    await adding
    ended = {p["name"]: p["ended"] for p in read_status(tmp_path / "run").places if p["state"] == "working"}
    assert len(ended) >= 4 and min(ended.values()) > 0, (ended, time.monotonic() - began)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 8])
def test_chaos(raylets: chaos.Chaos, seed: int) -> None:
    """Two of the seeds of `python -m benchmarks.cluster_chaos`: hosts, nodes and the driver die."""
    options = argparse.Namespace(statements=100, lean="simulated", faults=3, workers=2)
    _, _, wrong = chaos.trial(seed, raylets, options, chaos.expected(100))
    assert wrong == []


JOINS_AND_IS_TERMINATED = """
import asyncio, os, signal, sys
from prover.distributed.joining import connect
from prover.terminal import wait

async def work():
    connect(sys.argv[1])
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(60)

try:
    wait(work())
except KeyboardInterrupt:
    print("interrupted")
"""


def test_sigterm_interrupts_a_run_on_a_cluster_as_any_other(raylets: chaos.Chaos) -> None:
    command = [sys.executable, "-c", JOINS_AND_IS_TERMINATED, raylets.address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_the_size_of_a_host() -> None:
    def node(cpus: float, gib: float, alive: bool = True) -> dict[str, Any]:
        return {"Alive": alive, "Resources": {"CPU": cpus, "memory": gib * 2**30}}

    gib = 2**30
    assert shape([node(64, 256), node(16, 64)], gib, None) == 8
    assert shape([node(64, 256), node(4, 3)], gib, None) == 3
    assert shape([node(0, 256), node(4, 64), node(1, 8, alive=False)], gib, None) == 4
    assert shape([node(4, 64)], gib, 6) == 3 and shape([node(4, 64)], gib, 1) == 1
    assert shape([], gib, None) == shape([node(2, 0.5)], gib, None) == 1


async def test_an_address_where_no_cluster_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(**asked: Any) -> None:
        raise ConnectionError("Could not find any running Ray instance.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refuses)
    with pytest.raises(UsageError, match=r"--ray nowhere:1: there is no Ray cluster"):
        await go(World(problems("easy")), tmp_path / "run", ray="nowhere:1")


class Echo:
    """A model that answers with the prompt, and with how many prompts its call had."""

    name = "echo"

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        if "fail" in prompts:
            raise PolicyError("The model cannot be run.", "Use another.")
        return [
            [Completion(f"{each} {seed}", -float(len(prompts)), 1, True)]
            for each, seed in zip(prompts, seeds, strict=True)
        ]

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        return [each.depth / 10 for each in reached]


async def test_models_are_asked_in_batches_and_waited_for(
    raylets: chaos.Chaos, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its server is killed: Ray starts it again, and those who ask meanwhile get their answers later."""
    monkeypatch.setattr(models, "_PAUSE_S", 0.2)
    servers = models.start(Echo, gpus=0, spread=1, kinds=1)
    remote = models.RemoteGenerator("echo", servers)

    async def ask() -> list[list[list[Completion]]]:
        return await asyncio.gather(*(remote.generate([f"p{i}"], Sampling(samples=i % 2), [i]) for i in range(40)))

    found = await ask()
    assert [answers[0][0].text for answers in found] == [f"p{i} {i}" for i in range(40)]
    assert min(answers[0][0].logprob for answers in found) == -20  # two calls, one for each sampling
    ray.kill(servers[0].handle, no_restart=False)
    again = await asyncio.wait_for(ask(), 60)
    assert [answers[0][0].text for answers in again] == [f"p{i} {i}" for i in range(40)]
    with pytest.raises(PolicyError, match=r"The model cannot be run\.") as raised:
        await remote.generate(["fail"], Sampling(), [0])
    assert raised.value.hint == "Use another."
    critic = models.RemoteCritic("echo", servers)
    state = State(0, ("⊢ p",), "h")
    assert await critic.score([Reached(state, -1.0, 3), Reached(state, -1.0, 7)]) == [0.3, 0.7]
    for server in servers:
        ray.kill(server.handle)


class Host:
    """An actor that is given the servers when it is made."""

    def __init__(self, servers: models.Servers) -> None:
        self.servers = servers

    async def ask(self) -> str:
        remote = models.RemoteGenerator("echo", self.servers.policies["echo"])
        ((completion,),) = await remote.generate(["p"], Sampling(), [7])
        return completion.text


async def test_a_host_that_is_started_again_finds_the_models(
    raylets: chaos.Chaos, capfd: pytest.CaptureFixture[str]
) -> None:
    servers = models.Servers({"echo": models.start(Echo, gpus=0, spread=1, kinds=1)})
    host = ray.remote(Host).options(max_restarts=-1, max_task_retries=3).remote(servers)
    assert await host.ask.remote() == "p 7"
    ray.kill(host, no_restart=False)
    assert await asyncio.wait_for(host.ask.remote(), 60) == "p 7"
    assert "restart will fail" not in capfd.readouterr().err
    for handle in (host, servers.one_of_each[0].handle):
        ray.kill(handle)


async def test_a_model_that_stays_away_ends_the_run(raylets: chaos.Chaos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_PAUSE_S", 0.05)
    monkeypatch.setattr(models, "PATIENCE_S", 0.3)
    servers = models.start(Echo, gpus=0, spread=1, kinds=1)
    await servers[0].handle.load.remote()
    ray.kill(servers[0].handle)
    with pytest.raises(ray.exceptions.RayActorError):  # which takes it a while on a busy machine
        while True:
            await servers[0].handle.load.remote()
    with pytest.raises(PolicyError, match="No server of the model echo has answered"):
        await models.RemoteGenerator("echo", servers).generate(["p"], Sampling(), [0])
