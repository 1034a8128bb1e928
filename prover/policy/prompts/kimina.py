"""Kimina-Prover, which thinks aloud and then writes a whole proof (model card; arXiv:2504.11354)."""

from __future__ import annotations

from prover.interfaces import ProofQuery
from prover.policy.generation import Message, Prompt
from prover.policy.prompts.adapter import ProofAdapter
from prover.policy.prompts.proofs import informal, opening, repairs, script

_SYSTEM = "You are an expert in mathematics and Lean 4."
_REPAIR = (
    "The proof is not correct. Lean says:\n\n{errors}\n\nThink about this and give the whole corrected Lean 4 code."
)


def prompt(query: ProofQuery) -> Prompt:
    """The problem in words, where its doc comment has them, and the formal statement up to its `by`."""
    words = informal(query)
    problem = f"# Problem:{words}\n" if words else ""
    asked = "Think about and solve the following problem step by step in Lean 4."
    text = f"{asked}\n{problem}# Formal statement:\n```lean4\n{opening(query)}\n```\n"
    return (Message("system", _SYSTEM), Message("user", text), *repairs(query, _REPAIR))


KIMINA = ProofAdapter("kimina-prover", prompt, script, max_tokens=8096)
