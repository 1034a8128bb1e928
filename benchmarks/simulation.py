"""A Lean that is none, for measurements of what stands around it: attempts take a while, and their verdicts are fixed.

What becomes of a statement is a function of its name and the pass alone, so that any run of the same statements must
come to the same verdicts, wherever and however often its attempts are made. How long an attempt takes is drawn from
what was measured with the bundled Lean (`TACTIC_MS`) and a model of 0.3 s a call."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from lean_env.library import Library
from lean_env.protocol import Opened
from lean_env.verify import Verdict
from prover.interfaces import Attempt, Critic, Environment, Policy, Problem, ProofPolicy, Retriever, Usage, Verifier
from prover.method import Memory, Method
from prover.parts import LeanPool, Parts
from prover.policy import TacticsPolicy

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain
    from prover.config import RunConfig

MODEL_S = 0.3
"""Seconds of one call of the model, of which an expansion makes one."""
TACTICS = 32
TACTIC_MS = (0.2, 0.6, 0.9, 1.4, 2.2, 4.0, 6.7, 11.6, 23.7, 67.7, 756.0)
"""Quantiles, 0 % to 100 %, of the milliseconds of a tactic of the built-in policy on the bundled Lean: 2,124 tactics on
ten hard statements of miniF2F. The last is chosen so that the mean is the measured one, 50 ms; one took 5.1 s."""
OPEN_SHARE = 0.3
"""Of the tactics that are tried, so many leave goals; the others fail."""


def milliseconds(chance: random.Random) -> float:
    """The time of one tactic."""
    place = chance.random() * (len(TACTIC_MS) - 1)
    low = int(place)
    return TACTIC_MS[low] + (place - low) * (TACTIC_MS[low + 1] - TACTIC_MS[low])


@dataclass(frozen=True)
class NoToolchain:
    """A Lean that is not there."""

    kind: str = "simulated"
    version: str = "4.99.0"
    mathlib: bool = False

    def identity(self) -> dict[str, object]:
        return {"kind": self.kind, "version": self.version}


class SimulatedPool:
    """Slots of workers that only wait."""

    def __init__(self, workers: int, slots: int) -> None:
        self.workers, self.capacity = workers, workers * slots
        self.busy = 0
        self.lean_s = 0.0
        self._free = asyncio.Semaphore(self.capacity)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def warm(self, attempts: int) -> None: ...

    @asynccontextmanager
    async def session(self, *, split: bool = True) -> AsyncIterator[Environment]:
        async with self._free:
            self.busy += 1
            try:
                yield cast(Environment, _Nothing())
            finally:
                self.busy -= 1

    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]:
        return frozenset()

    async def library(self, text: str) -> Library:
        return Library((), ())

    async def verify(
        self, original: str, candidate: str, *, left: int = 0, before: str = "", negated: bool = False
    ) -> Verdict:
        raise AssertionError("the simulated attempt has its verdicts of its own")


class _Nothing:
    """The slot of an attempt that asks nothing of it."""

    async def open(self, text: str, before: str = "") -> Opened:
        return Opened((), (), 0.0)


@dataclass(frozen=True)
class Simulation:
    """The parts of a run without a Lean.

    Args:
        problems: what every target stands for.
        speed: how much faster than measured time passes.
        log: a file that gets a line for each attempt that begins.
    """

    problems: tuple[Problem, ...]
    speed: float = 1.0
    log: Path | None = None

    async def attempt(
        self,
        problem: Problem,
        method: Method,
        *,
        env: Environment,
        verify: Verifier,
        seed: int,
        pass_index: int,
        memory: Memory | None,
    ) -> Attempt:
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{problem.name} {pass_index}\n")
        made = verdict(problem, pass_index, seed)
        await asyncio.sleep(made.usage.wall_s / self.speed)
        return made

    async def expand(self, problem: Problem, env: Environment) -> list[Problem]:
        return [problem]

    def load(
        self, target: str, *, data: Path | None, split: str | None, mathlib: bool, cache: Path | None
    ) -> list[Problem]:
        return list(self.problems)

    def check(self, target: str) -> object:
        return None

    def resolve(
        self, lean: str | None, project: Path | None, start: Path, progress: Callable[[str], None]
    ) -> Toolchain:
        return cast("Toolchain", NoToolchain())

    def pool(self, toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool:
        return SimulatedPool(workers or 2, slots)

    async def policy(self, config: RunConfig, pool: LeanPool, problems: Sequence[Problem]) -> Policy | ProofPolicy:
        return TacticsPolicy(learning=False)

    def critic(self, spec: str) -> Critic | None:
        return None

    async def retriever(self, pool: LeanPool, problems: Sequence[Problem]) -> Retriever | None:
        return None

    def parts(self) -> Parts:
        return Parts(
            self.check,
            self.resolve,
            self.load,
            self.pool,
            self.policy,
            self.critic,
            self.retriever,
            self.attempt,
            self.expand,
        )


def statements(count: int) -> tuple[Problem, ...]:
    """Problems p0, p1, …"""
    return tuple(
        Problem(f"p{i}", f"theorem p{i} (a b : Nat) : a * b = b * a + {i} := by sorry\n") for i in range(count)
    )


def verdict(problem: Problem, pass_index: int, seed: int) -> Attempt:
    """What an attempt comes to, and what it takes: of the statements 2 % do not elaborate, 8 % are proved after a few
    expansions at their first pass, 5 % more at each later one; the others spend a budget of 40 expansions at most."""
    chance = _chance(f"{problem.name} {pass_index}")
    fate = _chance(problem.name).random()
    usage = Usage()
    made = Attempt(problem.name, pass_index, "not_proved", "expansions", seed, usage=usage)
    if fate < 0.02:
        usage.wall_s = 0.2
        return replace(made, result="not_elaborated", stop="not_elaborated", error="1:0: unknown identifier")
    proved = fate < 0.10 + 0.05 * pass_index
    expansions = chance.randrange(1, 12) if proved else chance.randrange(4, 41)
    for _ in range(expansions):
        lean_s = sum(milliseconds(chance) for _ in range(TACTICS)) / 1000
        usage.expansions += 1
        usage.tactics += TACTICS
        usage.lean_s += lean_s
        usage.policy_s += MODEL_S
    usage.wall_s = usage.lean_s + usage.policy_s
    if proved:
        text = problem.text().replace("sorry", "trivial")
        return replace(made, result="proved", stop="proved", tactics=("trivial",), text=text, axioms=("propext",))
    return made


def _chance(text: str) -> random.Random:
    return random.Random(hashlib.sha256(text.encode()).digest())
