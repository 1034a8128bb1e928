"""What a run is made of: the Lean, the problems, the policy and the attempt, as callables that tests replace.

The Protocols say what a run needs of each, and no more. `real_parts` imports the real ones when a run first asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lean_env.protocol import Limits
from lean_env.verify import Verdict
from prover.interfaces import Attempt, Budget, Environment, Policy, Problem, Verifier


class Toolchain(Protocol):
    """Which Lean is used (`lean_env.toolchain.Toolchain`)."""

    @property
    def kind(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def mathlib(self) -> object: ...
    def identity(self) -> Mapping[str, object]: ...


class LeanPool(Protocol):
    """Lean workers with slots (`lean_env.pool.Pool`)."""

    @property
    def capacity(self) -> int: ...
    @property
    def stats(self) -> object: ...
    async def __aenter__(self) -> LeanPool: ...
    async def __aexit__(self, *exc: object) -> object: ...
    def session(self) -> AbstractAsyncContextManager[Environment]: ...
    async def verify(self, original: str, candidate: str) -> Verdict: ...


class AttemptFunction(Protocol):
    """One pass over one problem (`prover.attempt.attempt`)."""

    async def __call__(
        self,
        problem: Problem,
        *,
        env: Environment,
        policy: Policy,
        search_name: str,
        budget: Budget,
        limits: Limits,
        timeout_s: float,
        seed: int,
        pass_index: int,
        verify: Verifier,
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


@dataclass(frozen=True, slots=True)
class Parts:
    """The callables that a run is made of."""

    resolve: ResolveFunction
    load: LoadFunction
    pool: PoolFunction
    policy: Callable[[Sequence[str]], Policy]
    """A policy from its specs, such as `("auto",)`."""
    attempt: AttemptFunction
    expand: ExpandFunction
