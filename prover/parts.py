"""What a run is made of: the Lean, the problems, the policy and the attempt, as callables that tests replace.

The Protocols say what a run needs of each, and no more. `real_parts` imports the real ones when a run first asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, cast

from lean_env.library import Library
from lean_env.verify import Verdict
from prover.interfaces import Attempt, Critic, Environment, Policy, Problem, ProofPolicy, Retriever, Verifier
from prover.method import Memory, Method
from prover.search.graph import Graph

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain
    from prover.config import RunConfig
    from prover.goal_search import Clock
    from prover.policy.generation import Decoding, Generator
    from prover.policy.spec import PolicySpec


_PATIENCE_S = 3.0
"""Seconds in which a library that is in the cache is read and indexed."""


class LeanPool(Protocol):
    """Lean workers with slots (`lean_env.pool.Pool`)."""

    @property
    def capacity(self) -> int: ...
    @property
    def workers(self) -> int: ...
    @property
    def busy(self) -> int: ...
    @property
    def lean_s(self) -> float: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def warm(self, attempts: int) -> None: ...
    def session(self, *, split: bool = True, full: bool = False) -> AbstractAsyncContextManager[Environment]: ...
    async def known_tactics(self, words: Sequence[str], *, text: str = "") -> frozenset[str]: ...
    async def library(self, text: str) -> Library: ...
    async def verify(
        self,
        original: str,
        candidate: str,
        *,
        left: int = 0,
        before: str = "",
        negated: bool = False,
        independent: bool = False,
    ) -> Verdict: ...


class AttemptFunction(Protocol):
    """One pass over one problem (`prover.attempt.attempt`)."""

    async def __call__(
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
        clock: Callable[[float], Clock] = ...,
    ) -> Attempt: ...


class ExpandFunction(Protocol):
    """One problem for each `sorry` of a file (`prover.attempt.expand`)."""

    async def __call__(self, problem: Problem, env: Environment) -> list[Problem]: ...


class ResolveFunction(Protocol):
    """Which Lean to use (`lean_env.toolchain.resolve`)."""

    def __call__(
        self, lean: str | None, project: Path | None, start: Path, progress: Callable[[str], None]
    ) -> Toolchain: ...


class LoadFunction(Protocol):
    """The problems that a target names (`prover.problems.load`)."""

    def __call__(
        self, target: str, *, data: Path | None, split: str | None, mathlib: bool, cache: Path | None
    ) -> list[Problem]: ...


class PoolFunction(Protocol):
    """Workers on a Lean, started when they are first used (`lean_env.pool.Pool`)."""

    def __call__(self, toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool: ...


class PolicyFunction(Protocol):
    """The policy that a run asks for, for these problems on these workers."""

    async def __call__(
        self, config: RunConfig, pool: LeanPool, problems: Sequence[Problem]
    ) -> Policy | ProofPolicy: ...


class RetrieverFunction(Protocol):
    """Finds library lemmas for the states of these problems, where the Lean tells of its library."""

    async def __call__(self, pool: LeanPool, problems: Sequence[Problem]) -> Retriever | None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The callables that a run is made of."""

    check: Callable[[str], object]
    """Raises `UsageError` or `DataError` where a target is none; quick, and asked before anything that is not."""
    resolve: ResolveFunction
    load: LoadFunction
    pool: PoolFunction
    policy: PolicyFunction
    critic: Callable[[str], Critic | None]
    retriever: RetrieverFunction
    attempt: AttemptFunction
    expand: ExpandFunction


def real_parts() -> Parts:
    """The parts of a real run."""
    from lean_env.backends import pool, resolve
    from prover.attempt import attempt, expand
    from prover.critic import make as make_critic
    from prover.problems import load
    from prover.problems.targets import classify

    return Parts(classify, resolve, load, pool, make_policy, make_critic, make_retriever, attempt, expand)


async def make_policy(
    config: RunConfig,
    pool: LeanPool,
    problems: Sequence[Problem],
    *,
    generator: Callable[[PolicySpec], Generator] | None = None,
) -> Policy | ProofPolicy:
    """The policy that a run asks for. Models are loaded in a thread, since that takes long.

    Args:
        generator: opens a model that is elsewhere.
    """
    from prover.policy import make
    from prover.policy.tactics.mathlib import WORDS

    imports = imports_of(problems)
    available = await pool.known_tactics(sorted(WORDS), text=imports) if imports else frozenset()
    return await asyncio.to_thread(
        make,
        config.policies,
        prompt=config.prompt,
        decoding=cast("Decoding | None", config.decoding),
        temperatures=config.temperatures,
        top_p=config.top_p,
        available=available,
        learning=config.ablation.learning,
        uniform=config.ablation.uniform_priors,
        generator=generator,
    )


async def make_retriever(pool: LeanPool, problems: Sequence[Problem]) -> Retriever | None:
    """A retriever over the library that the problems import. Where the library is not in the cache yet, which takes a
    Lean to list it, the run does not wait for it."""
    from prover.retrieval import LateRetriever, LemmaRetriever

    async def index() -> Retriever:
        library = await pool.library(problems[0].text() if problems else "")
        return await asyncio.to_thread(LemmaRetriever, library)

    late = LateRetriever(asyncio.create_task(index()))
    await late.wait(_PATIENCE_S)
    return late


def imports_of(problems: Sequence[Problem]) -> str:
    """The imports of a run's problems, which are those of the first: as a rule all import the same."""
    lines = problems[0].text().split("\n") if problems else []
    return "\n".join(line for line in lines if line.startswith("import "))
