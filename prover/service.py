"""One Lean kept warm, and what the servers ask of it: proofs, tactics, verdicts, lemmas, proposals.

`prove mcp` and `prove serve` are two doors to it. Everything that arrives here comes from a client, so a text is only
ever a Lean text: never the name of a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from lean_env.errors import StepwiseError, UsageError
from lean_env.protocol import Limits, Opened, State
from lean_env.toolchain import Toolchain
from lean_env.verify import Verdict
from prover.config import RunConfig
from prover.imported import PerImports, policy_maker
from prover.interfaces import Attempt, Budget, Candidate, Critic, Policy, Problem, ProofPolicy, Query
from prover.method import Memory, Method
from prover.parts import LeanPool, Parts, imports_of
from prover.problems.targets import statement_problem
from prover.proofs import whole_text
from prover.search.graph import Graph
from prover.suggest import FileHole, Suggester, Suggestions, hole_at
from prover.workplace import seed_for

MOST_LEMMAS = 64
INDEX_S = 120.0
"""Seconds in which the index of the library is waited for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A statement to prove, and what may be spent on it."""

    statement: str
    """A Lean text whose last theorem is to be proved, with or without `:= by sorry`; or a proposition."""
    budget: Budget = field(default_factory=Budget)
    timeout_s: float = 60.0
    """Wall-clock seconds for all passes together."""
    search: str = "best-first"
    negate: bool = False
    """Try the negation beside."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """What one tactic of a script did."""

    tactic: str
    kind: str
    """`open`, `proved`, `error`, `timeout` or `refused`."""
    goals: tuple[str, ...]
    """What is left to prove after it, the goal that the next tactic acts on first."""
    error: str


@dataclass(frozen=True, slots=True)
class Tries:
    """What became of a script, tactic by tactic, up to the first that fails."""

    goals: tuple[str, ...]
    """What there was to prove before the first tactic."""
    steps: tuple[Tried, ...]

    @property
    def done(self) -> bool:
        """Are no goals left? That is a candidate, not yet a verified proof."""
        return bool(self.steps) and self.steps[-1].kind == "proved"


@dataclass(frozen=True, slots=True)
class Lemma:
    """A theorem of the library."""

    name: str
    statement: str
    """What it states, as Lean prints it; empty if it did not."""


class Service:
    """One Lean with its policy and its critic, for any number of requests at once. Use it with `async with`.

    Args:
        config: which policy, critic, Lean workers and tactic time limit; its target is not looked at.
        toolchain: the Lean.
        parts: what it is made of.
    """

    def __init__(self, config: RunConfig, toolchain: Toolchain, parts: Parts) -> None:
        self.config, self.toolchain, self._parts = config, toolchain, parts
        self._stack = contextlib.AsyncExitStack()
        self._critic: Critic | None = None
        self._lean: LeanPool | None = None
        self._shared: PerImports | None = None
        self._suggester: Suggester | None = None
        self._limits = Limits(ms=max(1, round(config.tactic_timeout_s * 1000)))

    async def __aenter__(self) -> Self:
        pool = self._parts.pool(self.toolchain, workers=self.config.workers, slots=self.config.slots)
        self._lean = await self._stack.enter_async_context(pool)
        self._critic = self._parts.critic(self.config.critic)
        await self._own(self._critic)
        self._shared = PerImports(self._lean, policy_maker(self.config, self._make_policy))
        self._stack.push_async_callback(self._shared.close)
        self._suggester = Suggester(
            self._lean,
            imported=self._shared,
            search=self.config.search,
            critic=self._critic,
            budget=self.config.budget,
            tactic_ms=self._limits.ms,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def lean(self) -> LeanPool:
        """The workers."""
        if self._lean is None:
            raise RuntimeError("The service is used with `async with`.")
        return self._lean

    @property
    def suggester(self) -> Suggester:
        """Finds what to write in a text."""
        if self._suggester is None:
            raise RuntimeError("The service is used with `async with`.")
        return self._suggester

    async def warm(self) -> None:
        """Start a worker, and load the models, now rather than with the first request.

        Raises:
            WorkerStartError: no worker starts.
        """
        async with self.lean.session() as env:
            await env.open("")
        await self._own_imports.policy("")

    async def try_to_warm(self) -> None:
        """The same; where it fails, whoever asks next is told."""
        with contextlib.suppress(StepwiseError):
            await self.warm()

    async def prove(self, ask: Ask, *, watch: Callable[[Graph], None] | None = None) -> Attempt:
        """Prove a statement: the first pass that decides it, or the last.

        Args:
            watch: is shown what the search has found so far, after each expansion.

        Raises:
            DataError: the text states nothing.
            WorkerError: no worker starts.
            PolicyError: the policy's model cannot be asked.
        """
        problem = self._problem(ask.statement)
        policy = await self._own_imports.policy(problem.text())
        memory = Memory()
        deadline = time.monotonic() + ask.timeout_s
        for pass_index in range(ask.budget.passes):
            method = Method(
                policy=policy,
                search=ask.search,
                budget=ask.budget,
                limits=self._limits,
                timeout_s=max(0.0, deadline - time.monotonic()),
                critic=self._critic,
                retriever=self._own_imports.retriever(problem.text()),
                negate=ask.negate,
            )
            seed = seed_for(ask.seed, problem.name, pass_index)
            async with self.lean.session() as env:
                attempt = await self._parts.attempt(
                    problem,
                    method,
                    env=env,
                    verify=self.lean.verify,
                    seed=seed,
                    pass_index=pass_index,
                    memory=memory,
                    watch=watch,
                )
            if attempt.result != "not_proved" or time.monotonic() >= deadline:
                break
        return attempt

    async def verify(self, statement: str, proof: str, *, timeout_s: float = 300.0) -> Verdict:
        """Does the proof prove the statement?

        Args:
            statement: the text with `sorry` in place of the proof; empty to check every theorem of `proof` by itself.
            proof: what stands after `:= by`; or, where it declares something itself, the whole text.

        Raises:
            DataError: the statement states nothing.
            WorkerError: no worker starts, or verification took too long, which says nothing about the proof.
        """
        original = self._problem(statement).text() if statement.strip() else ""
        whole = not original or _declares(proof)
        candidate = proof if whole else whole_text(original, proof)
        return await asyncio.wait_for(self.lean.verify(original, candidate), timeout_s)

    async def apply(self, statement: str, tactics: Sequence[str]) -> Tries:
        """Run tactics on a statement, one after the other, up to the first that fails.

        Raises:
            DataError: the text states nothing, or Lean rejects it.
            WorkerError: no worker starts.
        """
        problem = self._problem(statement)
        async with self.lean.session(split=False, full=True) as env:
            opened = await env.open(problem.text())
            state = _state_of(problem, opened)
            begun, steps = state.goals, []
            for tactic in tactics:
                (outcome,) = await env.apply(state, [tactic], self._limits)
                goals = outcome.states[0].goals if outcome.states else ()
                steps.append(Tried(tactic, outcome.kind, goals, outcome.message))
                if outcome.kind != "open":
                    break
                state = outcome.states[0]
            await env.drop([hole.state for hole in opened.holes])
        return Tries(begun, tuple(steps))

    async def lemmas(self, statement: str, most: int = 16) -> tuple[Lemma, ...]:
        """Theorems of the library that fit the statement's goal, best first, at most `MOST_LEMMAS`.

        Raises:
            DataError: the text states nothing, or Lean rejects it.
            WorkerError: no worker starts.
        """
        problem = self._problem(statement)
        retriever = self._own_imports.retriever(problem.text())
        if retriever is None:
            return ()
        await retriever.wait(INDEX_S)
        async with self.lean.session() as env:
            state = _state_of(problem, await env.open(problem.text()))
            symbols = await env.symbols(state)
            names = retriever.lemmas(symbols, max(0, min(most, MOST_LEMMAS)))
            checks = "\n".join(f"#check {name}" for name in names)
            imports = imports_of([problem])
            said = await env.open(f"{imports}\n{checks}") if names else None
        first = imports.count("\n") + 2
        printed = {m.line - first: m.text for m in said.messages if m.severity == "info"} if said else {}
        return tuple(Lemma(name, _stated(name, printed.get(place, ""))) for place, name in enumerate(names))

    async def propose(self, goals: str, samples: int) -> list[Candidate]:
        """What the policy would try on a state that is only known as text: nothing of it has been tried in Lean.

        Args:
            goals: as Lean prints them, with an empty line between two.

        Raises:
            UsageError: the policy writes whole proofs, which no state asks for.
        """
        policy = await self._own_imports.policy("")
        if isinstance(policy, ProofPolicy):
            raise UsageError("The policy writes whole proofs, not tactics.", "Start the server with one of tactics.")
        texts = tuple(part.strip("\n") for part in goals.split("\n\n") if part.strip())
        state = State(0, texts, hashlib.sha256(goals.encode()).hexdigest())
        (candidates,) = await policy.propose([Query(state, "", (), self.config.seed)], samples)
        return candidates

    async def suggest(
        self, text: str, line: int, column: int | None = None, *, timeout_s: float = 30.0, most: int = 5
    ) -> tuple[FileHole, Suggestions]:
        """What to write where a file has something left to prove.

        Args:
            text: the whole file.
            line: from 1.
            column: from 1, in code points; None for the first hole on the line.

        Raises:
            UsageError: there is nothing to prove at that place.
            WorkerError: Lean cannot elaborate the text.
        """
        holes = await self.suggester.holes(text, line=line)
        hole = hole_at(holes, line, None if column is None else column - 1)
        if hole is None:
            raise UsageError(f"There is nothing to prove on line {line}.", "Name the line of a `sorry` or of an error.")
        stream = self.suggester.suggest(hole, timeout_s=timeout_s, limit=most)
        async with contextlib.aclosing(stream):
            async for found in stream:
                latest = found
        return hole, latest

    def _problem(self, text: str) -> Problem:
        problem = statement_problem(text, mathlib=bool(self.toolchain.mathlib))
        return replace(problem, hole=problem.hole or 0)

    @property
    def _own_imports(self) -> PerImports:
        if self._shared is None:
            raise RuntimeError("The service is used with `async with`.")
        return self._shared

    async def _make_policy(
        self, config: RunConfig, pool: LeanPool, problems: Sequence[Problem]
    ) -> Policy | ProofPolicy:
        policy = await self._parts.policy(config, pool, problems)
        await self._own(policy)
        return policy

    async def _own(self, model: Policy | ProofPolicy | Critic | None) -> None:
        """Load what has to be loaded, and see to it that it is closed."""
        if close := getattr(model, "close", None):
            self._stack.push_async_callback(close)
        if load := getattr(model, "load", None):
            await load()


def _state_of(problem: Problem, opened: Opened) -> State:
    """What the problem asks for.

    Raises:
        UsageError: Lean rejects it.
    """
    hole = problem.hole or 0
    if opened.error is not None or hole >= len(opened.holes):
        raise UsageError(f"Lean rejects the statement: {opened.error or 'it has no `sorry`'}.")
    return opened.holes[hole].state


def _declares(text: str) -> bool:
    from prover.problems.leantext import STATEMENTS, commands

    return any(command.kind in STATEMENTS for command in commands(text.strip()))


def _stated(name: str, printed: str) -> str:
    """What `#check NAME` printed, on one line, without the name."""
    text = " ".join(printed.split())
    return text.removeprefix(name).strip()
