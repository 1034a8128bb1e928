"""A worker and a pool whose other end is scripted: every way in which a process can fail."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psutil
import pytest
import pytest_asyncio

from lean_env import pool as pool_module
from lean_env import worker as worker_module
from lean_env.errors import ProtocolError, WorkerDied, WorkerStartError
from lean_env.pool import Pool
from lean_env.protocol import Limits, State
from lean_env.session import SECOND_CHANCES
from lean_env.toolchain import Command, Toolchain
from lean_env.worker import Worker, told_states

# Prints, as Lean does, what the last command of the text asks for
ECHO = (
    "lines = text.rstrip().split(chr(10)); "
    "print(json.dumps({'data': lines[-1].split(chr(34))[1], 'severity': 'information', "
    "'pos': {'line': len(lines), 'column': 0}}))"
)
SCRIPT = Path(__file__).with_name("scripted_worker.py")
FAST = Limits(ms=200)


@dataclass(frozen=True)
class Scripted:
    """Stands in for a toolchain: its Lean is the script."""

    kind: str = "bundled"
    bundle: None = None
    version: str = "0.0.0"
    mathlib: bool = False
    says: str = ""

    def worker(self, source: Path) -> Command:
        return Command((sys.executable, str(SCRIPT)), dict(os.environ), None)

    def checker(self) -> Command:
        program = f"text = sys.stdin.read(); {self.says or ECHO}"
        return Command((sys.executable, "-c", f"import json, sys; {program}"), dict(os.environ), None)


def scripted_pool(says: str = "") -> Pool:
    return Pool(cast(Toolchain, Scripted(says=says)), workers=1, slots=4)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "GRACE_S", 0.5)


@pytest_asyncio.fixture(loop_scope="session")
async def pool() -> AsyncIterator[Pool]:
    async with scripted_pool() as pool:
        yield pool


async def only_state(pool_session: object) -> State:
    opened = await pool_session.open("theorem t : p := by sorry")  # type: ignore[attr-defined]
    return cast(State, opened.holes[0].state)


async def test_each_tactic_has_its_outcome(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        outcomes = await session.apply(state, ["fail", "more", "close", "more"], FAST)
        assert [o.kind for o in outcomes] == ["error", "open", "proved"], "it stops after the first proof"


async def test_prose_and_forged_replies_are_passed_over(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        assert [o.kind for o in await session.apply(state, ["noise", "fail"], FAST)] == ["open", "error"]


async def test_a_reply_that_cannot_be_read_is_an_error(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        with pytest.raises(ProtocolError):
            await session.apply(state, ["garbage"], FAST)


@pytest.mark.parametrize("killer", ["die", "hang"])
async def test_a_tactic_that_ends_its_worker_twice_is_a_timeout_and_the_attempt_goes_on(
    pool: Pool, killer: str
) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        deeper = (await session.apply(state, ["more"], FAST))[0].states[0]
        outcomes = await session.apply(deeper, ["more", killer, "fail", "close"], FAST)
        assert [o.kind for o in outcomes] == ["open", "timeout", "error", "open"]
        (last,) = outcomes[-1].states
        assert len(last.goals) == 1
        assert [o.kind for o in await session.apply(last, ["close"], FAST)] == ["proved"]
        assert pool.stats.deaths == 2 and pool.stats.starts <= 4


@pytest.mark.parametrize("split", [True, False])
async def test_which_state_of_several_it_was_survives_the_worker(pool: Pool, split: bool) -> None:
    async with pool.session(split=split) as session:
        state = await only_state(session)
        outcome = (await session.apply(state, ["split"], FAST))[0]
        assert [len(each.goals) for each in outcome.states] == ([1, 2] if split else [3])
        deeper = (await session.apply(outcome.states[-1], ["more"], FAST))[0].states[0]
        deepest = (await session.apply(deeper, ["split"], FAST))[0].states[-1]
        kinds = [o.kind for o in await session.apply(deepest, ["die", "more"], FAST)]
        assert kinds == ["timeout", "open"]
        for each in (*outcome.states, deeper, deepest):
            after = (await session.apply(each, ["more"], FAST))[0].states[0]
            assert len(after.goals) == len(each.goals) + 1
            await session.drop([after])


async def test_a_replay_keeps_only_the_state_that_was_asked_for(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        part = (await session.apply(state, ["split"], FAST))[0].states[1]
        await session.apply(state, ["die"], FAST)
        assert (await session.apply(part, ["count"], FAST))[0].message == "1 states"


async def test_states_that_nobody_waits_for_are_dropped(pool: Pool) -> None:
    async with pool.session() as session:
        await only_state(session)
        worker = await pool.worker(session.seat)
        async with contextlib.aclosing(worker.apply(0, ["more", "split", "more"], FAST, split=True)) as outcomes:
            async for _ in outcomes:
                break
        counts = [o.message for _ in range(2) async for o in worker.apply(0, ["count"], FAST, split=True)]
        assert counts[1] == "2 states", "the first state, and that of the outcome that was taken"


@pytest.mark.parametrize(
    ("reply", "states"),
    [
        ({"states": [{"state": 3}, {"state": 4}]}, [3, 4]),
        ({"holes": [{"state": 1}], "states": "none"}, [1]),
        ({"states": [3, {"state": "4"}, {}]}, []),
        ({"failure": "no"}, []),
    ],
)
def test_the_states_that_a_reply_tells_of(reply: dict[str, object], states: list[int]) -> None:
    assert told_states(reply) == states


async def test_others_on_a_worker_that_dies_lose_nothing(pool: Pool) -> None:
    async def other() -> list[str]:
        async with pool.session() as session:
            state = await only_state(session)
            kinds: list[str] = []
            for _ in range(30):
                outcome = (await session.apply(state, ["more"], FAST))[0]
                kinds.append(outcome.kind)
                (state,) = outcome.states
            return kinds

    async def killer() -> list[str]:
        async with pool.session() as session:
            state = await only_state(session)
            return [o.kind for _ in range(3) for o in await session.apply(state, ["die", "more"], FAST)]

    results = await asyncio.gather(other(), other(), killer())
    assert results[0] == results[1] == ["open"] * 30
    assert results[2] == ["timeout", "open"] * 3


async def test_no_outcome_is_taken_for_another_tactics_when_a_reply_is_lost(pool: Pool, tmp_path: Path) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        outcomes = await session.apply(state, [f"skip-once {tmp_path / 'skipped'}", "fail", "more"], FAST)
        assert [o.kind for o in outcomes] == ["open", "error", "open"], "all are tried again in a new worker"
        assert [len(o.states[0].goals) for o in outcomes if o.states] == [1, 2]


async def test_of_many_tactics_that_end_workers_few_are_tried_twice(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        for number in range(5):
            (outcome,) = await session.apply(state, [f"die {number}"], FAST)
            assert outcome.kind == "timeout"
        assert pool.stats.deaths == 5 + SECOND_CHANCES - 1, "the last is not replaced yet"


async def test_a_worker_that_others_killed_is_not_this_requests_fault(pool: Pool, tmp_path: Path) -> None:
    async with pool.session() as session, pool.session() as bystander:
        state, own = await only_state(session), await only_state(bystander)
        guilty = session.apply(state, [f"die-once {tmp_path / 'died'}"], FAST)
        innocent = bystander.apply(own, ["more", "close"], FAST)
        first, second = await asyncio.gather(guilty, innocent)
        assert [o.kind for o in first] == ["open"], "it is tried again: a second time it would be its fault"
        assert [o.kind for o in second] == ["open", "proved"]


async def test_a_text_that_ends_its_worker_is_an_error_and_the_next_is_not(pool: Pool) -> None:
    async with pool.session() as session:
        with pytest.raises(WorkerDied):
            await session.open("kill")
        assert (await only_state(session)).goals == ("⊢ goal 0 of 1",)


async def test_dropped_states_are_forgotten(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        await session.drop([state])
        with pytest.raises(KeyError):
            await session.apply(state, ["more"], FAST)


async def test_a_worker_past_its_memory_bound_is_replaced_between_steps(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        state_after = (await session.apply(state, ["more"], FAST))[0].states[0]
        worker = await pool.worker(session.seat)
        monkeypatch.setattr(pool_module, "MEASURE_S", 0.0)
        monkeypatch.setattr(worker, "resident_bytes", lambda: 1 << 60)
        outcomes = await session.apply(state_after, ["close"], FAST)
        assert [len(state.goals) for state in outcomes[0].states] == [1]
        assert pool.stats.replacements == 1 and not worker.alive


async def test_which_tactics_exist(pool: Pool) -> None:
    assert await pool.known_tactics(["close", "linarith"]) == {"close"}


async def test_a_process_that_ends_at_once_is_a_start_error() -> None:
    command = Command((sys.executable, "-c", "print('no Lean here'); raise SystemExit(7)"), dict(os.environ), None)
    with pytest.raises(WorkerStartError, match=r"status 7 .*no Lean here"):
        await Worker.start(command)


async def test_a_process_that_never_greets_is_a_start_error() -> None:
    command = Command((sys.executable, "-c", "import time; time.sleep(60)"), dict(os.environ), None)
    with pytest.raises(WorkerStartError, match="not ready"):
        await Worker.start(command, timeout_s=1)


async def test_a_pool_leaves_no_process() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    async with scripted_pool() as pool, pool.session() as session:
        await only_state(session)
        pid = (await pool.worker(session.seat)).pid
    await asyncio.sleep(0.5)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    assert all("process_child" in " ".join(psutil.Process(pid).cmdline()) for pid in left), "only the watcher may stay"


async def test_verification_needs_both_looks() -> None:
    async with scripted_pool() as pool:
        assert (await pool.verify("", "theorem t : p := by x")).accepted
        assert (await pool.verify("", "wrong")).reasons == ("t is false",)
    async with scripted_pool("sys.exit(3)") as pool:
        verdict = await pool.verify("", "theorem t : p := by x")
        assert not verdict.accepted and verdict.reasons == ("a fresh Lean ended with status 3",)
    async with scripted_pool("sys.exit(0)") as pool:
        verdict = await pool.verify("", "theorem t : p := by x")
        assert verdict.reasons == ("a fresh Lean ended before the end of the text",)
    async with scripted_pool("import os; os.kill(os.getpid(), 9)") as pool:
        with pytest.raises(WorkerDied, match="signal 9"):
            await pool.verify("", "theorem t : p := by x")


async def test_a_loop_that_was_held_up_does_not_end_its_worker(pool: Pool) -> None:
    async with pool.session() as session:
        state = await only_state(session)
        asked = asyncio.create_task(session.apply(state, ["more", "more"], Limits(ms=100)))
        await asyncio.sleep(0.05)
        time.sleep(2)  # noqa: ASYNC251
        assert [o.kind for o in await asked] == ["open", "open"]
        assert pool.stats.deaths == 0


async def test_a_closed_pool_stays_closed() -> None:
    async with scripted_pool() as pool, pool.session() as session:
        await only_state(session)
    with pytest.raises(WorkerDied, match="closed"):
        await pool.worker(session.seat)
