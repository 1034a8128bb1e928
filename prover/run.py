"""A run: problems times passes, many at once, each written down as it ends, and gone on with where it stopped.

The order is pass by pass: every problem gets its first attempt before any gets its second. A problem's first proof ends
it, but passes below the one that proved it are still made, so that pass@k does not depend on which attempt was quicker.
A statement that does not elaborate gets one record. An attempt that failed is recorded as `error`, does not stop the
run, and is made again when the same command is given again; the later record counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lean_env.errors import (
    BundleError,
    DataError,
    LeanNotFound,
    PolicyError,
    ResultsError,
    UsageError,
    WorkerError,
    WorkerStartError,
)
from lean_env.protocol import Limits
from prover.config import RunConfig
from prover.events import Events, Silent
from prover.interfaces import Attempt, Problem, Retriever
from prover.method import Memory, Method
from prover.parts import LeanPool
from prover.prepare import Prepared, prepare, run_record, select
from prover.report import Summary, summarise
from prover.results import RunFolder, open_folder
from prover.utilisation import Utilisation

log = logging.getLogger("prover")

# These say that no other attempt can do better.
_FATAL = (ResultsError, LeanNotFound, BundleError, UsageError, DataError, PolicyError)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to, with everything that it left."""

    summary: Summary
    problems: tuple[Problem, ...]
    attempts: tuple[Attempt, ...]
    folder: Path | None
    """None where nothing was to be kept (`prover.prove` without `out`)."""

    def attempts_at(self, problem: str) -> tuple[Attempt, ...]:
        """The attempts at one problem, in the order of their passes."""
        return tuple(sorted((a for a in self.attempts if a.problem == problem), key=lambda a: a.pass_index))

    @property
    def proofs(self) -> dict[str, str]:
        """The whole verified Lean text of each proof, by problem."""
        return {a.problem: a.text for a in reversed(self.attempts) if a.result == "proved"}

    @property
    def disproofs(self) -> dict[str, str]:
        """The whole verified Lean text of each proof of a negation, by problem."""
        return {a.problem: a.text for a in reversed(self.attempts) if a.result == "disproved"}


async def run(config: RunConfig, *, events: Events | None = None, prepared: Prepared | None = None) -> RunResult:
    """Make every attempt that is not yet in the run's folder, and sum them up.

    Cancelling it is safe at any moment: what has ended is written down, and the same call goes on from there.

    Raises:
        UsageError: the folder holds another run.
        ResultsError: the folder is in use, or cannot be written; what was recorded before is whole.
        PolicyError: a model cannot be loaded or asked; what was recorded before is whole, and the same call goes on.
        StepwiseError: what `prepare` raises, or no Lean worker starts at all.
    """
    events = events or Silent()
    prepared = prepared or prepare(config, events=events)
    if config.effective_search != config.search:
        events.note(f"{', '.join(config.policies)} writes whole proofs: --search is {config.effective_search}")
    with contextlib.closing(open_folder(config.folder(), fresh=config.fresh)) as folder:
        folder.begin(run_record(config, prepared))
        return await _Run(config, prepared, folder, events).go()


def seed_for(seed: int, problem: str, pass_index: int) -> int:
    """The seed of one attempt, 0 to 2^32 - 1, made from the run's seed, the problem's name and the pass alone.

    It is 0 for the first pass of a run with seed 0: there a policy proposes in its own order, unvaried.
    """
    if seed == 0 and pass_index == 0:
        return 0
    digest = hashlib.sha256(f"{seed}\0{pass_index}\0{problem}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big")


class _Run:
    """What changes while a run goes on."""

    def __init__(self, config: RunConfig, prepared: Prepared, folder: RunFolder, events: Events) -> None:
        self.config, self.parts, self.toolchain = config, prepared.parts, prepared.toolchain
        self.loaded, self.folder, self.events = prepared.problems, folder, events
        self.lean: LeanPool | None = None
        self.stack = contextlib.AsyncExitStack()
        self.flying: dict[asyncio.Task[Attempt], tuple[str, int]] = {}
        self.any_worker = False
        self.decided: dict[str, int] = {}
        self.lookup: asyncio.Task[Retriever | None] | None = None
        self.utilisation = Utilisation()
        self.memories: dict[str, Memory] = {}
        """What earlier passes found out, by problem."""

    async def go(self) -> RunResult:
        async with self.stack:
            problems = self.folder.problems()
            if problems is None:
                problems = select(await self._expanded(), self.config.limit, self.config.shard)
            self.folder.pose(problems)
            made = tuple(self.folder.attempts.values())
            self.events.opened(self.folder.path, problems, made, self.config.budget.passes)
            await self._attempts(problems)
            busy = self.utilisation.shares()
        attempts = tuple(self.folder.attempts.values())
        summary = summarise(
            problems,
            attempts,
            passes=self.config.budget.passes,
            budget=str(self.config.budget),
            policy=",".join(self.config.policies),
            critic=self.config.critic,
            search=self.config.effective_search,
            lean=dict(self.toolchain.identity()),
            busy=busy,
        )
        self.folder.summarise(summary.as_json())
        return RunResult(summary, tuple(problems), attempts, self.folder.path)

    async def _expanded(self) -> list[Problem]:
        """The problems with each file's `sorry`s apart, in order, under names that differ."""
        from prover.problems.naming import unique_names
        from prover.problems.stdlib import problems as library_problems
        from prover.problems.stdlib import stands_for_library

        pool = await self._pool() if any(problem.hole is None for problem in self.loaded) else None

        async def apart(problem: Problem) -> list[Problem]:
            if problem.hole is not None or pool is None:
                return [problem]
            if stands_for_library(problem):
                library = await pool.library(problem.header)
                limit, seed = self.config.limit, self.config.seed
                return library_problems(library.theorems, limit, seed, problem.split, header=problem.header)
            try:
                async with pool.session() as env:
                    return await self.parts.expand(problem, env)
            except WorkerError as error:
                log.debug("expanding %s: %s", problem.name, error)
                return [replace(problem, hole=0)]  # its attempt will say what is wrong

        tasks = [asyncio.create_task(apart(problem)) for problem in self.loaded]
        try:
            expanded = [problem for found in await asyncio.gather(*tasks) for problem in found]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not expanded:
            raise DataError(f"{self.config.target} has no sorry to prove.", "Write `sorry` where a proof is missing.")
        return unique_names(expanded)

    async def _attempts(self, problems: Sequence[Problem]) -> None:
        jobs = self._jobs(problems)
        method: Method | None = None
        try:
            while True:
                job = next(jobs, None) if self.lean is None or len(self.flying) < self.lean.capacity else None
                if job is not None:
                    pool = await self._pool()
                    method = method or await self._method(pool, problems)
                    task = asyncio.create_task(self._attempt(pool, method, *job))
                    self.flying[task] = (job[0].name, job[1])
                elif self.flying:
                    ended, _ = await asyncio.wait(self.flying, return_when=asyncio.FIRST_COMPLETED)
                    for task in [each for each in self.flying if each in ended]:  # in the order of their beginning
                        self._record(task)
                else:
                    return
        finally:
            await self._land()

    async def _method(self, pool: LeanPool, problems: Sequence[Problem]) -> Method:
        config = self.config
        policy = await self.parts.policy(config, pool, problems)
        critic = self.parts.critic(config.critic)
        for name, model in (("policy", policy), ("critic", critic)):
            self.utilisation.watch_model(name, model)
            if close := getattr(model, "close", None):
                self.stack.push_async_callback(close)
            if load := getattr(model, "load", None):
                await load()
        self.events.busy(self.utilisation)
        return Method(
            policy=policy,
            search=config.effective_search,
            budget=config.budget,
            limits=Limits(ms=max(1, round(config.tactic_timeout_s * 1000))),
            timeout_s=config.timeout_s,
            critic=critic,
            retriever=None if self.lookup is None else await self.lookup,
            negate=config.negate,
            minimise=config.minimise,
            ablation=config.ablation,
        )

    def _jobs(self, problems: Sequence[Problem]) -> Iterator[tuple[Problem, int]]:
        """What is left to do, pass by pass; looked at when there is room for it, so what is decided is left out."""
        retry = {key for key, attempt in self.folder.attempts.items() if attempt.result == "error"}
        for attempt in self.folder.attempts.values():
            self._decide(attempt)
        for pass_index in range(self.config.budget.passes):
            for problem in problems:
                key = (problem.name, pass_index)
                recorded = key in self.folder.attempts and key not in retry
                if not recorded and self.decided.get(problem.name, pass_index) >= pass_index:
                    yield problem, pass_index

    def _decide(self, attempt: Attempt) -> None:
        """Note the pass after which its problem needs no more: its first proof, or none if it does not elaborate."""
        if attempt.result == "not_elaborated":
            self.decided[attempt.problem] = -1
        elif attempt.result in ("proved", "disproved"):
            first = self.decided.get(attempt.problem, attempt.pass_index)
            self.decided[attempt.problem] = min(first, attempt.pass_index)

    async def _attempt(self, pool: LeanPool, method: Method, problem: Problem, pass_index: int) -> Attempt:
        seed = seed_for(self.config.seed, problem.name, pass_index)
        remembers = self.config.budget.passes > 1 and method.ablation.memory
        memory = self.memories.setdefault(problem.name, Memory()) if remembers else None
        self.events.began(problem.name, pass_index)
        try:
            async with pool.session(split=method.ablation.and_or) as env:
                return await self.parts.attempt(
                    problem, method, env=env, verify=pool.verify, seed=seed, pass_index=pass_index, memory=memory
                )
        except _FATAL:
            raise
        except Exception as error:
            if isinstance(error, WorkerStartError) and not self.any_worker:
                raise  # no worker ever started here, and none will for the next attempt
            log.debug("attempt %s, pass %d", problem.name, pass_index, exc_info=True)
            said = " ".join(f"{type(error).__name__}: {error}".split())[:500]
            return Attempt(problem.name, pass_index, "error", "error", seed, error=said)

    def _record(self, task: asyncio.Task[Attempt]) -> None:
        problem, pass_index = self.flying.pop(task)
        if task.cancelled():
            self.events.ended(problem, pass_index, None)
            return
        attempt = task.result()
        self.any_worker = self.any_worker or attempt.result != "error"
        self.folder.append(attempt)
        self._decide(attempt)
        if problem in self.decided:
            self.memories.pop(problem, None)
        self.events.ended(problem, pass_index, attempt)
        for other, (name, other_pass) in self.flying.items():
            if name == problem and other_pass > self.decided.get(problem, other_pass):
                other.cancel()

    async def _land(self) -> None:
        """End what still runs, and write down what ended meanwhile: a proof must not be lost to another's error."""
        for task in self.flying:
            task.cancel()
        if self.lookup is not None:
            self.lookup.cancel()
        await asyncio.gather(*self.flying, return_exceptions=True)
        for task in list(self.flying):
            if not task.cancelled() and task.exception() is None:
                with contextlib.suppress(ResultsError):
                    self._record(task)

    async def _pool(self) -> LeanPool:
        """The pool, opened and seen to have a worker that starts, when Lean is first needed."""
        if self.lean is None:
            pool = self.parts.pool(self.toolchain, workers=self.config.workers, slots=self.config.slots)
            await self.stack.enter_async_context(pool)
            self.lean = pool
            self.events.lean(pool)
            self.utilisation.watch("lean", lambda: pool.lean_s, pool.workers)
            pool.warm(len(self.loaded))
            if self.config.ablation.retrieval:  # while workers start
                self.lookup = asyncio.create_task(self.parts.retriever(pool, self.loaded))
            # attempts make records of workers that fail; a Lean that does not start at all must end the run instead
            async with pool.session() as env:
                await env.open("")
        return self.lean
