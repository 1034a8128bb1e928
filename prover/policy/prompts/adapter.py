"""What a prompt adapter is: how a model is asked for a tactic, or for a whole proof, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prover.interfaces import ProofQuery, Query
from prover.policy.generation import Decoding, Prompt


@dataclass(frozen=True, slots=True)
class TacticAdapter:
    """The prompt format of a model that proposes the next tactic."""

    name: str
    prompt: Callable[[Query], Prompt]
    parse: Callable[[str], str | None]
    """The tactic in an answer; None where there is none (garbage)."""
    stop: tuple[str, ...] = ()
    """Texts that end an answer."""
    max_tokens: int = 256
    decoding: Decoding = "sample"
    """How the model's authors draw its answers; what is used where the user does not say."""


@dataclass(frozen=True, slots=True)
class ProofAdapter:
    """The prompt format of a model that writes whole proofs."""

    name: str
    prompt: Callable[[ProofQuery], Prompt]
    parse: Callable[[str, ProofQuery], tuple[str, ...] | None]
    """What stands after `:= by` in the proof that an answer holds, as `prover.script.fill` takes it; None where there
    is none."""
    stop: tuple[str, ...] = ()
    max_tokens: int = 2048
    decoding: Decoding = "sample"


Adapter = TacticAdapter | ProofAdapter
