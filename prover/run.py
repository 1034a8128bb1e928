"""A run: problems times passes, many at once, each written down as it ends, and gone on with where it stopped.

`prover.ordering` says which attempt comes next, a workplace makes it (`prover.workplace`: this machine, or a cluster),
and this module writes down what came of it. It alone writes, so an attempt counts once however often it was begun. A
problem's first proof ends it, but passes below the one that proved it are still made, so that pass@k does not depend on
which attempt was quicker. A statement that does not elaborate gets one record. An attempt that failed is recorded as
`error`, does not stop the run, and is made again when the same command is given again; the later record counts."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lean_env.errors import DataError, ResultsError, UsageError
from prover.config import RunConfig
from prover.events import Events, Silent
from prover.interfaces import Attempt, Problem
from prover.method import WHOLE_PROOF, Memory
from prover.ordering import ROUNDS, WHOLE, Job, Order
from prover.prepare import Prepared, prepare, run_record, select
from prover.progress import Progress
from prover.report import Summary, summarise
from prover.results import RunFolder, open_folder
from prover.workplace import LocalWorkplace, Workplace

if TYPE_CHECKING:
    from prover.distributed import Cluster


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
    if config.minimise and config.effective_search == WHOLE_PROOF:
        events.note("whole proofs stay as they were written: --minimise shortens those of tactics")
    with contextlib.closing(open_folder(config.folder(), fresh=config.fresh)) as folder:
        folder.begin(run_record(config, prepared))
        return await _Run(config, prepared, folder, events).go()


class _Run:
    """What changes while a run goes on."""

    def __init__(self, config: RunConfig, prepared: Prepared, folder: RunFolder, events: Events) -> None:
        self.config, self.prepared, self.folder, self.events = config, prepared, folder, events
        self.workplace: Workplace | None = None
        self.stack = contextlib.AsyncExitStack()
        self.progress = Progress(folder.path, config.hours)
        self.flying: dict[asyncio.Task[Attempt], Job] = {}
        self.landed: deque[asyncio.Task[Attempt]] = deque()
        self.news = asyncio.Event()
        """Something has ended, or there is room for more."""
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
            busy = self.workplace.shares() if self.workplace is not None else {}
        attempts = tuple(self.folder.attempts.values())
        summary = summarise(
            problems,
            attempts,
            passes=self.config.budget.passes,
            budget=str(self.config.budget),
            policy=",".join(self.config.policies),
            critic=self.config.critic,
            search=self.config.effective_search,
            lean=dict(self.prepared.toolchain.identity()),
            busy=busy,
        )
        self.folder.summarise(summary.as_json())
        return RunResult(summary, tuple(problems), attempts, self.folder.path)

    async def _expanded(self) -> list[Problem]:
        """The problems with each file's `sorry`s apart, in order, under names that differ."""
        from prover.problems.naming import unique_names

        loaded = self.prepared.problems
        workplace = await self._open() if any(problem.hole is None for problem in loaded) else None

        async def apart(problem: Problem) -> list[Problem]:
            return [problem] if problem.hole is not None or workplace is None else await workplace.apart(problem)

        tasks = [asyncio.create_task(apart(problem)) for problem in loaded]
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
        rounds = WHOLE if self.config.hours is None else ROUNDS
        order = Order(problems, self.config.budget.passes, self.folder.attempts, rounds)
        job = order.take()
        if job is None or self.progress.over:
            return
        workplace = await self._open()
        await workplace.prepare(problems)
        try:
            # With a time limit, what is under way when it is over is given up
            async with asyncio.timeout(self.progress.left_s):
                await self._work(workplace, order, job)
        except TimeoutError:
            if not self.progress.over:
                raise
            self.events.note(f"--hours {self.config.hours:g} are over; the same command with more of them goes on")
        finally:
            await self._land(order)

    async def _work(self, workplace: Workplace, order: Order, job: Job | None) -> None:
        self.progress.watch(workplace)
        self.stack.push_async_callback(self.progress.close)
        while True:
            while job is not None and len(self.flying) < workplace.capacity:
                self._begin(workplace, job)
                job = order.take()
            if job is None:
                if not self.flying:
                    return
                workplace.last()
            await self.news.wait()
            self.news.clear()
            while self.landed:
                self._record(order, self.landed.popleft())
            while job is not None and not order.wanted(job):
                job = order.take()
            job = job or order.take()

    def _begin(self, workplace: Workplace, job: Job) -> None:
        remembers = self.config.budget.passes > 1 and self.config.ablation.memory
        memory = self.memories.setdefault(job.problem.name, Memory()) if remembers else None
        if job.share < 1:
            memory = copy.deepcopy(memory)  # its next round tries the same again
        self.events.began(*job.key)
        task = asyncio.create_task(workplace.attempt(job, memory))
        self.flying[task] = job
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[Attempt]) -> None:
        self.landed.append(task)
        self.news.set()

    def _record(self, order: Order, task: asyncio.Task[Attempt]) -> None:
        job = self.flying.pop(task, None)
        if job is None:
            return
        if task.cancelled():
            self.events.ended(*job.key, None)
            return
        attempt = task.result()
        self.folder.append(attempt)
        order.tell(attempt)
        self.progress.tell(attempt)
        if self.config.budget.passes > 1 and order.decided(attempt.problem):
            self.memories.pop(attempt.problem, None)
            for other, flying in self.flying.items():
                if flying.problem.name == attempt.problem and not order.wanted(flying):
                    other.cancel()
        self.events.ended(*job.key, attempt)

    async def _land(self, order: Order) -> None:
        """End what still runs, and write down what ended meanwhile: a proof must not be lost to another's error."""
        for task in self.flying:
            task.cancel()
        await asyncio.gather(*self.flying, return_exceptions=True)
        for task in list(self.flying):
            if not task.cancelled() and task.exception() is None:
                with contextlib.suppress(ResultsError):
                    self._record(order, task)

    async def _open(self) -> Workplace:
        """The workplace, opened and seen to have a worker that starts, when Lean is first needed."""
        if self.workplace is None:
            prepared = self.prepared
            kind: Callable[..., Workplace] = LocalWorkplace if self.config.ray is None else _cluster()
            self.workplace = await self.stack.enter_async_context(
                kind(self.config, prepared.parts, prepared.toolchain, prepared.problems, self.events, self.news.set)
            )
        return self.workplace


def _cluster() -> type[Cluster]:
    try:
        from prover.distributed import Cluster
    except ImportError as error:
        raise UsageError("--ray needs Ray, which is not installed.", "pip install 'stepwise-prover[ray]'") from error
    return Cluster
