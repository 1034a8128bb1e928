"""A Lean, a policy and attempts that are none: what becomes of a problem is written in its name.

    easy…        proved at its first pass             hard…     never proved
    late2…       proved at pass 2 (from 0)            bad…      does not elaborate
    crash…       the attempt raises                   dead…     the attempt is an `error` record
    false…       disproved where negations are tried, else never proved
    flaky…       raises once, is proved when tried again (by the file `flaky.txt` in STEPWISE_FAKE_LOG's folder)

`python -m tests.prover.fakes ARGUMENTS` is `prove ARGUMENTS` with these parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from lean_env.errors import WorkerStartError
from lean_env.library import Library
from lean_env.protocol import Limits, Opened, Outcome, OutcomeKind, State, Symbols
from lean_env.verify import Verdict
from prover.goal_search import Clock
from prover.interfaces import (
    Attempt,
    Candidate,
    Critic,
    Environment,
    Policy,
    Problem,
    ProofPolicy,
    Query,
    Retriever,
    Usage,
    Verifier,
)
from prover.method import Memory, Method
from prover.parts import LeanPool, Parts
from prover.search.graph import Graph

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain
    from prover.config import RunConfig


@dataclass(frozen=True)
class FakeToolchain:
    """A Lean that is not there."""

    kind: str = "fake"
    version: str = "4.99.0"
    mathlib: bool = False

    def identity(self) -> dict[str, object]:
        return {"kind": self.kind, "version": self.version}


class FakeEnvironment:
    """A slot without a worker."""

    async def open(self, text: str, before: str = "") -> Opened:
        return Opened((), (), 1.0)

    async def symbols(self, state: State) -> Symbols:
        return Symbols((), ())

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        return [Outcome("error", (), "no", 1.0) for _ in tactics]

    async def drop(self, states: Sequence[State]) -> None:
        return


class FakePool:
    """Slots that are counted; `starts=False` is a Lean whose workers never become ready."""

    def __init__(self, capacity: int = 4, starts: bool = True, env: Environment | None = None) -> None:
        self.capacity, self.starts, self.env = capacity, starts, env
        self.workers, self.busy, self.lean_s = 2, 0, 0.0
        self.opened = self.closed = self.most = 0

    async def __aenter__(self) -> Self:
        self.opened += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.closed += 1

    @contextlib.asynccontextmanager
    async def session(self, *, split: bool = True, full: bool = False) -> AsyncIterator[Environment]:
        if not self.starts:
            raise WorkerStartError("The Lean worker did not start.", "Run `prove doctor`.")
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            yield self.env or FakeEnvironment()
        finally:
            self.busy -= 1

    def warm(self, attempts: int) -> None:
        return

    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]:
        return frozenset()

    async def library(self, text: str) -> Library:
        return Library((), ())

    async def verify(
        self,
        original: str,
        candidate: str,
        *,
        left: int = 0,
        before: str = "",
        negated: bool = False,
        independent: bool = False,
    ) -> Verdict:
        await asyncio.sleep(0)
        reasons: tuple[str, ...] = ("it uses sorry",) if "sorry" in candidate else ()
        if original and original.split(":=")[0] not in candidate:
            reasons += ("the statement differs",)
        return Verdict(not reasons, reasons, ("propext",), "fake 4.99.0")


class FakePolicy:
    """Proposes nothing."""

    name = "fake"

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        return [[] for _ in queries]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        return

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        return


@dataclass
class World:
    """What the fake parts do, and what was asked of them."""

    problems: list[Problem] = field(default_factory=list)
    pool: FakePool = field(default_factory=FakePool)
    toolchain: FakeToolchain = field(default_factory=FakeToolchain)
    delay_s: float = 0.0
    log: Path | None = None
    """Gets a line for each attempt that begins."""
    begun: list[tuple[str, int, int]] = field(default_factory=list)
    """Problem, pass and seed of each attempt that began."""
    before: Callable[[Problem, int], None] = lambda problem, pass_index: None

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
        watch: Callable[[Graph], None] | None = None,
        clock: Callable[[float], Clock] = Clock,
    ) -> Attempt:
        self.begun.append((problem.name, pass_index, seed))
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{problem.name} {pass_index}\n")
        self.before(problem, pass_index)
        await asyncio.sleep(self.delay_s)
        usage = Usage(expansions=1, tactics=8, lean_s=0.5, policy_s=0.25, verify_s=0.125, wall_s=1.0)
        made = Attempt(problem.name, pass_index, "not_proved", "expansions", seed, usage=usage)
        late = re.match(r"late(\d+)", problem.name)
        if problem.name.startswith("crash"):
            raise RuntimeError("boom\nsecond line")
        if problem.name.startswith("flaky") and self.log is not None:
            mark = self.log.with_name("flaky.txt")
            if not mark.exists():
                mark.write_text("tried")
                raise RuntimeError("once")
        if problem.name.startswith("bad"):
            return replace(made, result="not_elaborated", stop="not_elaborated", error="1:0: unknown identifier")
        if problem.name.startswith("dead"):
            return replace(made, result="error", stop="error", error="The worker died.")
        if problem.name.startswith(("easy", "flaky")) or (late and pass_index >= int(late[1])):
            text = problem.text().replace("sorry", "trivial")
            return replace(made, result="proved", stop="proved", tactics=("trivial",), text=text, axioms=("propext",))
        if problem.name.startswith("false") and method.negate:
            text = problem.text().replace(" : True", ".negation : ¬ True").replace("sorry", "trivial")
            return replace(made, result="disproved", stop="disproved", tactics=("trivial",), text=text)
        return made

    async def expand(self, problem: Problem, env: Environment) -> list[Problem]:
        """As many problems as the text has the word `sorry`."""
        found = problem.statement.count("sorry")
        return [replace(problem, name=f"{problem.name}_{index}", hole=index) for index in range(found)]

    def load(
        self, target: str, *, data: Path | None, split: str | None, mathlib: bool, cache: Path | None
    ) -> list[Problem]:
        if target == "core":
            return self.problems
        from prover.problems import load

        return load(target, data=data, split=split, mathlib=mathlib, cache=cache)

    def check(self, target: str) -> object:
        from prover.problems.targets import classify

        return classify(target)

    def resolve(
        self, lean: str | None, project: Path | None, start: Path, progress: Callable[[str], None]
    ) -> Toolchain:
        return cast("Toolchain", self.toolchain)

    def open_pool(self, toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool:
        return self.pool

    async def policy(self, config: RunConfig, pool: LeanPool, problems: Sequence[Problem]) -> Policy | ProofPolicy:
        return FakePolicy()

    def critic(self, spec: str) -> Critic | None:
        return None

    async def retriever(self, pool: LeanPool, problems: Sequence[Problem]) -> Retriever | None:
        return None

    def parts(self) -> Parts:
        return Parts(
            self.check,
            self.resolve,
            self.load,
            self.open_pool,
            self.policy,
            self.critic,
            self.retriever,
            self.attempt,
            self.expand,
        )


def problem(name: str) -> Problem:
    """A problem of that name, whose statement is true."""
    return Problem(name, f"theorem {name} : True := by sorry\n")


def problems(*names: str) -> list[Problem]:
    return [problem(name) for name in names]


def many(count: int) -> list[Problem]:
    """Problems of every quick kind, in turn."""
    kinds = ("easy", "hard", "late1_", "bad")
    return [problem(f"{kinds[index % len(kinds)]}{index}") for index in range(count)]


def install(world: World) -> None:
    """Make the program use these parts."""
    import prover.parts
    import prover.prepare

    prover.parts.real_parts = prover.prepare.real_parts = world.parts  # type: ignore[attr-defined]


if __name__ == "__main__":
    from prover.cli import main

    log = os.environ.get("STEPWISE_FAKE_LOG")
    install(
        World(
            problems=many(int(os.environ.get("STEPWISE_FAKE_PROBLEMS", "24"))),
            delay_s=float(os.environ.get("STEPWISE_FAKE_DELAY", "0")),
            log=Path(log) if log else None,
        )
    )
    sys.exit(main())
