"""The Protocols that the parts of the prover meet at, and the values that cross them.

`Environment` is a slot on a Lean worker (`lean_env.session.Session`), `Policy` proposes tactics, `Search` decides which
state comes next, `Verifier` has the last word. `prover.attempt` drives them; none of them knows another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from lean_env.protocol import Limits, Opened, Outcome, OutcomeKind, State, Symbols
from lean_env.verify import Verdict

Result = Literal["proved", "disproved", "not_proved", "not_elaborated", "error"]
StopReason = Literal["proved", "disproved", "expansions", "exhausted", "timeout", "not_elaborated", "error"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent on one problem, written `PASSESxSAMPLES[xEXPANSIONS]`."""

    passes: int = 1
    """Attempts, each with its own seed; none is begun after a proof. Later ones do not try again what failed before."""
    samples: int = 32
    """Tactics tried on each expanded state. A later pass asks the policy for as many more as failed there before."""
    expansions: int = 100
    """States expanded in one search; the search for the negation has as many of its own."""

    def __str__(self) -> str:
        return f"{self.passes}x{self.samples}x{self.expansions}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One statement to prove: a Lean text and which of its `sorry`s is meant."""

    name: str
    """Unique within a run; a file in `proofs/` is named after it."""
    statement: str
    """Lean text after the header, as its author wrote it, with its `sorry`."""
    header: str = ""
    """Imports, `open`s and options before it, as its author wrote them."""
    source: str = ""
    """Where it was read, `path:line`, for messages."""
    split: str = ""
    hole: int | None = 0
    """Which `sorry` of the text, in order of position; None stands for all of them (a file before it is expanded)."""
    before: str = ""
    """A library theorem that is proved again: neither it nor what is declared after it may be used."""

    def text(self) -> str:
        """The whole text that Lean elaborates."""
        return f"{self.header.rstrip()}\n\n{self.statement}" if self.header.strip() else self.statement


@dataclass(frozen=True, slots=True)
class Query:
    """A state for which a policy is asked to propose tactics."""

    state: State
    problem: str
    """The name of the theorem."""
    tactics: tuple[str, ...]
    """The tactics that led from the statement to the state."""
    seed: int
    """Seed of the attempt; the same seed gives the same proposals."""
    lemmas: tuple[str, ...] = ()
    """Names of library lemmas retrieved for the state (`prover.retrieval`), best first."""
    context: str = ""
    """The Lean text before the `sorry`: what the file defines and proves. Empty where it is not known."""
    constants: tuple[str, ...] = ()
    """Full names of the constants of the first goal's target, its head first; empty where they are not known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed tactic."""

    tactic: str
    logprob: float
    """Natural logarithm of its probability under the policy, at most 0."""
    patience: float = 1.0
    """How much of the time limit of a tactic it is worth, above 0: more than 1 for a whole proof that was computed."""


@dataclass(slots=True)
class Usage:
    """What an attempt has spent; times in seconds, never negative."""

    expansions: int = 0
    tactics: int = 0
    lean_s: float = 0.0
    """Inside Lean, as Lean measured it."""
    policy_s: float = 0.0
    verify_s: float = 0.0
    wall_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one pass over one problem came to: the record of the journal."""

    problem: str
    pass_index: int
    result: Result
    stop: StopReason
    seed: int
    tactics: tuple[str, ...] = ()
    """The proof, of the statement or of its negation, a tactic a step; empty unless proved or disproved."""
    text: str = ""
    """The whole verified Lean text, of the statement or of its negation; empty unless proved or disproved."""
    axioms: tuple[str, ...] = ()
    error: str = ""
    """One line: why it does not elaborate, or what went wrong; empty otherwise."""
    rejected: int = 0
    """Candidates (no goals left in the search) that verification did not accept."""
    usage: Usage = field(default_factory=Usage)
    share: float = 1.0
    """How much of its budget's expansions and time it was allowed; below 1 in the rounds of `--hours`."""
    promise: float | None = None
    """The critic's best value of a state that was left open; None without a critic."""


class Policy(Protocol):
    """Proposes tactics for a batch of states."""

    name: str

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        """At most `samples` distinct candidates for each query, most probable first."""
        ...

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        """What became of a tactic on the state of the query; called for every outcome, in order. May do nothing.

        Args:
            lean_ms: milliseconds that it took inside Lean.
        """
        ...

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        """The steps of a proof that verification accepted, each a state with its tactic. May do nothing."""
        ...


@dataclass(frozen=True, slots=True)
class FailedProof:
    """A proof that Lean did not accept."""

    script: tuple[str, ...]
    errors: tuple[str, ...]
    """Lean's messages, in order of position."""


@dataclass(frozen=True, slots=True)
class ProofQuery:
    """A statement for which whole proofs are asked, with what was tried."""

    state: State
    problem: Problem
    seed: int
    failed: tuple[FailedProof, ...] = ()
    """What failed in the last round; empty in the first."""


@runtime_checkable
class ProofPolicy(Protocol):
    """Writes whole proofs."""

    name: str

    async def complete(self, query: ProofQuery, samples: int) -> list[tuple[str, ...]]:
        """At most `samples` proofs, the most promising first; each the tactics that stand after `:= by`."""
        ...


@dataclass(frozen=True, slots=True)
class Reached:
    """A state that a search has reached, as a critic sees it."""

    state: State
    logprob: float
    """Sum of the natural log-probabilities of the tactics that led to it; at most 0."""
    depth: int
    """How many tactics that were."""


class Critic(Protocol):
    """Scores a batch of states."""

    name: str

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """A value between 0 and 1 for each state: higher is closer to `no goals`.

        Raises:
            PolicyError: its model cannot be run.
        """
        ...


class Retriever(Protocol):
    """Finds library lemmas for a state (`prover.retrieval`)."""

    @property
    def ready(self) -> bool:
        """Is it worth asking yet?"""
        ...

    def lemmas(self, symbols: Symbols, k: int, *, before: str = "") -> tuple[str, ...]:
        """Names of at most `k` lemmas, the best first; none that is declared after `before`, nor itself."""
        ...


class Environment(Protocol):
    """A place to try tactics in: one slot on a Lean worker. Its states survive the worker's death."""

    async def open(self, text: str, before: str = "") -> Opened:
        """Elaborate a text and make each of its `sorry`s a state.

        Args:
            before: a library theorem; tactics may use neither it nor what is declared after it.
        """
        ...

    async def symbols(self, state: State) -> Symbols:
        """The constants of the state's first goal."""
        ...

    async def apply(self, state: State, tactics: Sequence[str], limits: Limits) -> list[Outcome]:
        """Try each tactic on the state. Stops after the first that leaves no goal: the list may be shorter."""
        ...

    async def drop(self, states: Sequence[State]) -> None:
        """Forget these states."""
        ...


class Verifier(Protocol):
    """Re-elaborates whole texts; only its word makes a proof count (`lean_env.pool.Pool.verify`)."""

    async def __call__(
        self, original: str, candidate: str, *, left: int = 0, before: str = "", negated: bool = False
    ) -> Verdict:
        """Does `candidate` prove what `original` states with `sorry`?

        Args:
            left: how many of the original's `sorry`s may be left: those of other holes than the one that was filled.
            before: a library theorem; the proof may use neither it nor what is declared after it.
            negated: the candidate proves the negation instead, under the theorem's name with `.negation` after it.
        """
        ...
