"""Do Lean and a slow model work at the same time? A policy that takes its time, on a real or a simulated Lean.

    python -m benchmarks.pipeline [--lean real|simulated] [--problems 16] [--workers N] [--slots N]
        [--latency 0.3] [--most 64] [--expansions 12] [--json]

The policy is the built-in one behind a simulated model: a call answers at most `--most` prompts and takes `--latency`
seconds, one call at a time. The statements are false ones, so that every attempt spends all its expansions. Our
attempts share calls of the model; then the published loop (`published_loop.py`) makes the same attempts on the same
Lean with the same model, one prompt a call and one tactic a request. It makes a sixth of the expansions: rates are
compared.

A simulated Lean answers each tactic after a time drawn from the quantiles that were measured on the bundled Lean with
the built-in policy; its states are made up.

What is printed, for each of the two loops:

- *busy*: the share of the time in which workers had something to do (mean over workers), and in which the model had.
  Only the middle counts: from when all attempts have begun until the first has ended;
- *expansions a second*: in that middle, all attempts together.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from benchmarks import published_loop
from benchmarks.simulation import OPEN_SHARE, NoToolchain, milliseconds
from lean_env.library import Library
from lean_env.protocol import Hole, Limits, Opened, Outcome, OutcomeKind, State, Symbols
from lean_env.toolchain import Toolchain
from lean_env.verify import Verdict
from prover.batching import Batcher
from prover.config import RunConfig
from prover.events import Silent, Workers
from prover.interfaces import Attempt, Budget, Candidate, Problem, Query
from prover.method import Ablation
from prover.parts import LeanPool, Parts, real_parts
from prover.policy import TacticsPolicy
from prover.prepare import Prepared
from prover.run import run


class SlowModel:
    """The built-in policy, behind a model that takes its time."""

    name = "slow"

    def __init__(self, latency_s: float, most: int) -> None:
        self._inner = TacticsPolicy(learning=False)
        self._latency_s = latency_s
        self.expansions = 0
        self.batcher: Batcher[tuple[Query, int], list[Candidate]] = Batcher(self._answer, most=most)

    @property
    def busy_s(self) -> float:
        return self.batcher.busy_s

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        found = await self.batcher.ask([(query, samples) for query in queries])
        self.expansions += len(queries)
        return found

    async def _answer(self, asked: Sequence[tuple[Query, int]]) -> list[list[Candidate]]:
        until = time.monotonic() + self._latency_s
        found = [self._inner.candidates(query, samples) for query, samples in asked]
        await asyncio.sleep(until - time.monotonic())
        return found

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None: ...
    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None: ...


class SimulatedLean:
    """A pool of workers that answer after a while, and never prove anything."""

    def __init__(self, workers: int, slots: int) -> None:
        self.workers, self.capacity = workers, workers * slots
        self._locks = [asyncio.Lock() for _ in range(workers)]
        self._sessions = 0
        self.lean_s = 0.0

    @property
    def busy(self) -> int:
        return sum(lock.locked() for lock in self._locks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def warm(self, attempts: int) -> None: ...

    @contextlib.asynccontextmanager
    async def session(self, *, split: bool = True) -> AsyncIterator[SimulatedSession]:
        self._sessions += 1
        yield SimulatedSession(self, self._locks[self._sessions % self.workers], random.Random(self._sessions))

    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]:
        return frozenset()

    async def library(self, text: str) -> Library:
        return Library((), ())

    async def verify(
        self, original: str, candidate: str, *, left: int = 0, before: str = "", negated: bool = False
    ) -> Verdict:
        raise AssertionError("nothing is ever proved here")


class SimulatedSession:
    """A slot on a simulated worker."""

    def __init__(self, pool: SimulatedLean, lock: asyncio.Lock, chance: random.Random) -> None:
        self._pool, self._lock, self._chance = pool, lock, chance
        self._states = 0

    async def open(self, text: str, before: str = "") -> Opened:
        return Opened((Hole(self._state(), "tactic", "t", 1, 0, 1, 5),), (), 1.0)

    async def symbols(self, state: State) -> Symbols:
        return Symbols((), ())

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        times = [milliseconds(self._chance) for _ in tactics]
        async with self._lock:
            await asyncio.sleep(sum(times) / 1000)
        self._pool.lean_s += sum(times) / 1000
        return [
            Outcome("open", (self._state(),), lean_ms=ms)
            if self._chance.random() < OPEN_SHARE
            else Outcome("error", message="no", lean_ms=ms)
            for ms in times
        ]

    async def drop(self, states: Sequence[State]) -> None: ...

    def _state(self) -> State:
        self._states += 1
        number = self._chance.randrange(10**9)
        return State(self._states, (f"a b : Nat\nh : a = {number}\n⊢ a * b = b + {number}",), f"{number}")


@dataclass(slots=True)
class Middle(Silent):
    """Looks at who is busy while every attempt is under way."""

    attempts: int
    model: SlowModel
    pool: Workers | None = None
    begun: int = 0
    looks: list[float] = field(default_factory=list)
    """The share of workers that were busy, every few milliseconds."""
    started: float = 0.0
    ended_at: float = 0.0
    model_busy: float = 0.0
    expansions: int = 0
    _task: asyncio.Task[None] | None = None

    def lean(self, pool: Workers) -> None:
        self.pool = pool

    def began(self, problem: str, pass_index: int) -> None:
        self.begun += 1
        if self.begun == self.attempts:
            self._task = asyncio.create_task(self._look())

    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
        if not self.ended_at:
            self.ended_at = time.monotonic()
            self.model_busy = self.model.busy_s - self.model_busy
            self.expansions = self.model.expansions - self.expansions
            if self._task is not None:
                self._task.cancel()

    async def _look(self) -> None:
        assert self.pool is not None
        # Until every attempt has been at its first state
        while self.model.expansions < self.attempts:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        self.started = time.monotonic()
        self.model_busy, self.expansions = self.model.busy_s, self.model.expansions
        while True:
            self.looks.append(self.pool.busy / self.pool.workers)
            await asyncio.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Row:
    """What one loop came to."""

    loop: str
    seconds: float
    lean_busy: float
    model_busy: float
    expansions_a_second: float


def statements(count: int) -> list[Problem]:
    """False statements about which there is much to say."""
    return [
        Problem(
            f"p{i}",
            f"theorem p{i} (a b c : Nat) (f : Nat → Nat) (h : f a = b + {i}) (h2 : b ≤ f c) : "
            f"f b + a * c = f c * b + {i + 3} := by sorry",
        )
        for i in range(count)
    ]


async def measure(options: argparse.Namespace, *, published: bool) -> Row:
    """One run with one of the loops."""
    real = real_parts()
    model = SlowModel(options.latency, 1 if published else options.most)
    pools: list[SimulatedLean] = []

    async def policy(config: RunConfig, pool: LeanPool, problems: Sequence[Problem]) -> SlowModel:
        return model

    def pool(toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool:
        if options.lean == "real":
            return real.pool(toolchain, workers=workers, slots=slots)
        pools.append(SimulatedLean(workers or 32, slots))
        return pools[-1]

    parts: Parts = replace(real, policy=policy, pool=pool)
    if published:
        parts = replace(parts, attempt=published_loop.attempt)
    problems = statements(options.problems)
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(
            "pipeline.jsonl",
            budget=Budget(1, 32, max(2, options.expansions // 6) if published else options.expansions),
            workers=options.workers,
            slots=options.slots,
            timeout_s=3600,
            out=Path(folder) / "run",
            ablation=Ablation(retrieval=False, and_or=not published),
        )
        toolchain = cast("Toolchain", NoToolchain())
        if options.lean == "real":
            toolchain = real.resolve(None, None, Path.cwd(), lambda line: print(line, file=sys.stderr))
        middle = Middle(len(problems), model)
        await run(config, prepared=Prepared(parts, toolchain, tuple(problems)), events=middle)
    seconds = middle.ended_at - middle.started
    return Row(
        "published" if published else "ours",
        round(seconds, 2),
        round(sum(middle.looks) / max(1, len(middle.looks)), 3),
        round(middle.model_busy / seconds, 3),
        round(middle.expansions / seconds, 2),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lean", choices=("real", "simulated"), default="simulated")
    parser.add_argument("--problems", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--most", type=int, default=64)
    parser.add_argument("--expansions", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ours, published = (asyncio.run(measure(options, published=which)) for which in (False, True))
    ratio = round(ours.expansions_a_second / published.expansions_a_second, 2)
    if options.json:
        rows = [dataclasses.asdict(row) for row in (ours, published)]
        print(json.dumps({"rows": rows, "times_published": ratio}))
        return
    for row in (ours, published):
        print(
            f"{row.loop:9}  Lean busy {100 * row.lean_busy:5.1f} %  model busy {100 * row.model_busy:5.1f} %  "
            f"{row.expansions_a_second:8.2f} expansions/s over {row.seconds:.1f} s"
        )
    print(f"{ratio} times the published loop's expansions a second")


if __name__ == "__main__":
    main()
