"""How the problems of a run are attempted: what all of its attempts have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lean_env.protocol import Limits
from prover.interfaces import Budget, Critic, Policy, Retriever

if TYPE_CHECKING:
    from prover.whole_proof import ProofPolicy

WHOLE_PROOF = "whole-proof"
"""The name under which whole-proof mode stands beside the searches of `prover.search`."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """Parts of the method that can be left out, to measure what they are worth."""

    retrieval: bool = True
    """Look up library lemmas for each state."""
    and_or: bool = True
    """Search independent goals of a state apart."""
    transpositions: bool = True
    """Treat equal states as one."""
    memory: bool = True
    """Never try again, in a later pass, what failed in an earlier one."""
    learning: bool = True
    """Let the policy learn from what has worked so far in the run."""
    uniform_priors: bool = False
    """The policy's candidates, each with the same probability."""

    def changed(self) -> tuple[str, ...]:
        """What is not as it is by default, in words such as `no transpositions`."""
        without = ("retrieval", "and_or", "transpositions", "memory", "learning")
        words = [f"no {name.replace('_', '/')}" for name in without if not getattr(self, name)]
        return (*words, *(["uniform priors"] if self.uniform_priors else []))


@dataclass(frozen=True, slots=True)
class Method:
    """Everything that an attempt is made with, but the problem, the place and the seed."""

    policy: Policy | ProofPolicy
    search: str = "best-first"
    """A policy that writes whole proofs has one way only, whatever this says."""
    budget: Budget = field(default_factory=Budget)
    limits: Limits = field(default_factory=Limits)
    timeout_s: float = 300.0
    """Wall-clock seconds for one attempt."""
    critic: Critic | None = None
    retriever: Retriever | None = None
    negate: bool = False
    """Search for a proof of the negation beside."""
    minimise: bool = False
    """Drop and merge the steps of a proof while verification holds."""
    batch: int = 1
    """States expanded together, and so proposed for in one call of the policy; 1 is strict best-first."""
    ablation: Ablation = field(default_factory=Ablation)


@dataclass(slots=True)
class Memory:
    """What earlier passes over the same problem found out."""

    failed: set[tuple[str, str]] = field(default_factory=set)
    """Hashes of states, each with a tactic that does nothing for it."""

    def failures_at(self, state_hash: str) -> int:
        """How many tactics are known to fail on a state."""
        return self._counts.get(state_hash, 0)

    def fails(self, state_hash: str, tactic: str) -> None:
        """Remember that the tactic is of no use on the state."""
        if (state_hash, tactic) not in self.failed:
            self.failed.add((state_hash, tactic))
            self._counts[state_hash] = self._counts.get(state_hash, 0) + 1

    _counts: dict[str, int] = field(default_factory=dict)
