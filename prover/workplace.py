"""Where the attempts of a run are made: on this machine (`LocalWorkplace`), or on a cluster (`prover.distributed`).

A run decides what is attempted next and writes down what came of it; a workplace has the Lean, the policy and the
critic, and makes one attempt when it is told to. A cluster's workplace has a local one on each of its machines."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

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
from prover.events import Events
from prover.interfaces import Attempt, Problem, Retriever
from prover.method import Memory, Method
from prover.ordering import Job
from prover.utilisation import Utilisation

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain
    from prover.config import RunConfig
    from prover.parts import LeanPool, Parts

log = logging.getLogger("prover")

# These say that no other attempt can do better.
_FATAL = (ResultsError, LeanNotFound, BundleError, UsageError, DataError, PolicyError)


@dataclass(frozen=True, slots=True)
class Place:
    """One of a workplace's machines, or parts of them, as `prove status` shows it."""

    name: str
    state: str
    """`working`; `waiting` for a node, or `starting`; or `away`: it does not answer, and is waited for."""
    workers: int
    busy: int
    """Workers that have something to do now."""
    slots: int
    """Attempts that it can have under way."""
    flying: int
    """Attempts that it has under way."""
    ended: int
    """Attempts that it has ended."""
    failed: int
    """Of those, the ones that failed."""


class Workplace(Protocol):
    """Makes attempts. An asynchronous context manager: nothing that it started outlives it."""

    @property
    def capacity(self) -> int:
        """Attempts that can be under way at once; it may change."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    async def prepare(self, problems: Sequence[Problem]) -> None:
        """Make ready for attempts at these problems: load models, look at the library.

        Raises:
            PolicyError: a model cannot be loaded.
        """
        ...

    async def apart(self, problem: Problem) -> list[Problem]:
        """One problem for each `sorry` of a text, or for each theorem where it stands for a library."""
        ...

    async def attempt(self, job: Job, memory: Memory | None) -> Attempt:
        """Make an attempt. One that fails is a record too.

        Args:
            memory: what earlier passes over the problem found out; added to.

        Raises:
            StepwiseError: no other attempt can do better.
        """
        ...

    def last(self) -> None:
        """No attempt is left but those under way: what idles may help them."""
        ...

    def shares(self) -> dict[str, float]:
        """How busy Lean and the models have been, by part, from 0 to 1."""
        ...

    def places(self) -> list[Place]:
        """Its machines."""
        ...


def seed_for(seed: int, problem: str, pass_index: int) -> int:
    """The seed of one attempt, 0 to 2^32 - 1, made from the run's seed, the problem's name and the pass alone.

    It is 0 for the first pass of a run with seed 0: there a policy proposes in its own order, unvaried.
    """
    if seed == 0 and pass_index == 0:
        return 0
    digest = hashlib.sha256(f"{seed}\0{pass_index}\0{problem}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big")


def failed(job: Job, seed: int, error: BaseException) -> Attempt:
    """The record of an attempt that failed."""
    said = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return Attempt(job.problem.name, job.pass_index, "error", "error", seed, error=said, share=job.share)


class LocalWorkplace:
    """Lean workers, a policy and a critic on this machine.

    Args:
        loaded: the problems as the target names them; their number and imports are looked at.
        changed: called when `capacity` changes, which here it never does.
    """

    def __init__(
        self,
        config: RunConfig,
        parts: Parts,
        toolchain: Toolchain,
        loaded: Sequence[Problem],
        events: Events,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.config, self.parts, self.loaded, self.events = config, parts, loaded, events
        self.pool: LeanPool = parts.pool(toolchain, workers=config.workers, slots=config.slots)
        self.flying = self.ended = self.failed = 0
        self._stack = contextlib.AsyncExitStack()
        self._method: Method | None = None
        self._lookup: asyncio.Task[Retriever | None] | None = None
        self._any_worker = False
        self._utilisation = Utilisation()

    @property
    def capacity(self) -> int:
        """Attempts that can be under way at once."""
        return self.pool.capacity

    async def __aenter__(self) -> Self:
        """Start workers, and see that one does start: attempts make records of workers that fail, but a Lean that does
        not start at all must end the run instead."""
        pool = self.pool
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(pool)
            stack.push_async_callback(self._end_lookup)
            self.events.lean(pool)
            self._utilisation.watch("lean", lambda: pool.lean_s, pool.workers)
            pool.warm(len(self.loaded))
            if self.config.ablation.retrieval:  # while workers start
                self._lookup = asyncio.create_task(self.parts.retriever(pool, self.loaded))
            async with pool.session() as env:
                await env.open("")
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def prepare(self, problems: Sequence[Problem]) -> None:
        """Load the models, and wait for the library where that is worth it."""
        config = self.config
        policy = await self.parts.policy(config, self.pool, problems)
        critic = self.parts.critic(config.critic)
        for name, model in (("policy", policy), ("critic", critic)):
            self._utilisation.watch_model(name, model)
            if close := getattr(model, "close", None):
                self._stack.push_async_callback(close)
            if load := getattr(model, "load", None):
                await load()
        self.events.busy(self._utilisation)
        self._method = Method(
            policy=policy,
            search=config.effective_search,
            budget=config.budget,
            limits=Limits(ms=max(1, round(config.tactic_timeout_s * 1000))),
            timeout_s=config.timeout_s,
            critic=critic,
            retriever=None if self._lookup is None else await self._lookup,
            negate=config.negate,
            minimise=config.minimise,
            ablation=config.ablation,
        )

    async def apart(self, problem: Problem) -> list[Problem]:
        """One problem for each `sorry` of a text, or for each theorem where it stands for a library."""
        from prover.problems.stdlib import problems as library_problems
        from prover.problems.stdlib import stands_for_library

        if stands_for_library(problem):
            library = await self.pool.library(problem.header)
            limit, seed = self.config.limit, self.config.seed
            return library_problems(library.theorems, limit, seed, problem.split, header=problem.header)
        try:
            async with self.pool.session() as env:
                return await self.parts.expand(problem, env)
        except WorkerError as error:
            log.debug("expanding %s: %s", problem.name, error)
            return [replace(problem, hole=0)]  # its attempt will say what is wrong

    async def attempt(self, job: Job, memory: Memory | None) -> Attempt:
        """Make an attempt."""
        assert self._method is not None, "prepare comes first"
        seed = seed_for(self.config.seed, job.problem.name, job.pass_index)
        method = with_share(self._method, job.share)
        self.flying += 1
        try:
            async with self.pool.session(split=method.ablation.and_or) as env:
                made = await self.parts.attempt(
                    job.problem,
                    method,
                    env=env,
                    verify=self.pool.verify,
                    seed=seed,
                    pass_index=job.pass_index,
                    memory=memory,
                )
            if job.share != 1:
                made = replace(made, share=job.share)
        except _FATAL:
            raise
        except Exception as error:
            if isinstance(error, WorkerStartError) and not self._any_worker:
                raise  # no worker ever started here, and none will for the next attempt
            log.debug("attempt %s, pass %d", job.problem.name, job.pass_index, exc_info=True)
            made = failed(job, seed, error)
        finally:
            self.flying -= 1
        self.ended += 1
        self.failed += made.result == "error"
        self._any_worker = self._any_worker or made.result != "error"
        return made

    def last(self) -> None:
        """Every worker takes part in what is left as it is."""

    def shares(self) -> dict[str, float]:
        """How busy Lean and the models have been."""
        return self._utilisation.shares()

    def places(self) -> list[Place]:
        """This machine."""
        pool = self.pool
        name = platform.node() or "this machine"
        here = Place(name, "working", pool.workers, pool.busy, pool.capacity, self.flying, self.ended, self.failed)
        return [here]

    async def _end_lookup(self) -> None:
        if self._lookup is not None:
            self._lookup.cancel()
            await asyncio.gather(self._lookup, return_exceptions=True)


def with_share(method: Method, share: float) -> Method:
    """The method with a share of its budget's expansions and time."""
    if share == 1:
        return method
    budget = replace(method.budget, expansions=max(1, math.ceil(method.budget.expansions * share)))
    return replace(method, budget=budget, timeout_s=method.timeout_s * share)
