"""How the problems of a run are attempted: what all of its attempts have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from lean_env.protocol import Limits
from prover.interfaces import Budget, Critic, Policy, ProofPolicy, Retriever

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
    """Drop and merge the steps of a proof while Lean elaborates it; what is left has to be verified too."""
    ablation: Ablation = field(default_factory=Ablation)


@dataclass(slots=True)
class Memory:
    """What earlier passes over the same problem found out."""

    failed: dict[str, set[str]] = field(default_factory=dict)
    """By the hash of a state, tactics that do nothing for it."""

    @property
    def size(self) -> int:
        """How many failures are known."""
        return sum(map(len, self.failed.values()))

    def failed_at(self, state_hash: str) -> frozenset[str]:
        """The tactics that are known to fail on a state."""
        return frozenset(self.failed.get(state_hash, ()))

    def fails(self, state_hash: str, tactic: str) -> None:
        """Remember that the tactic is of no use on the state."""
        self.failed.setdefault(state_hash, set()).add(tactic)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Everything in one set, of pairs of a state's hash and a tactic."""
        return frozenset((state_hash, tactic) for state_hash, tactics in self.failed.items() for tactic in tactics)
