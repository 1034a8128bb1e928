"""Any instruction model: asked for one tactic, or for a whole proof. No published format: these words are ours."""

from __future__ import annotations

from prover.interfaces import ProofQuery, Query
from prover.policy.generation import Message, Prompt
from prover.policy.prompts.adapter import ProofAdapter, TacticAdapter
from prover.policy.prompts.proofs import repairs, script, statement
from prover.policy.prompts.reading import state_text, tactic_of_chat

_SYSTEM = "You are an expert in Lean 4."
_TACTIC = "Give one Lean 4 tactic that is a good next step. Answer with the tactic alone, in a ```lean code block."
_PROOF = (
    "Prove the theorem: replace its sorry, and change nothing else. Do not use sorry or axioms. "
    "Answer with the whole text in one ```lean4 code block."
)
_REPAIR = "Lean does not accept this proof. It says:\n\n{errors}\n\nGive the whole corrected text in one code block."


def tactic_prompt(query: Query) -> Prompt:
    """The state, the tactics that led to it, and lemmas that may help."""
    parts = [f"Lean 4 tactic state:\n```lean\n{state_text(query.state)}\n```"]
    if query.tactics:
        before = "\n".join(query.tactics)
        parts.append(f"Tactics so far:\n```lean\n{before}\n```")
    if query.lemmas:
        parts.append(f"Lemmas of the library that may help: {', '.join(query.lemmas)}.")
    return (Message("system", _SYSTEM), Message("user", "\n\n".join([*parts, _TACTIC])))


def proof_prompt(query: ProofQuery) -> Prompt:
    """The whole text with its `sorry`, and what failed."""
    text = f"```lean4\n{statement(query)}\n```\n\n{_PROOF}"
    return (Message("system", _SYSTEM), Message("user", text), *repairs(query, _REPAIR))


CHAT = TacticAdapter("chat", tactic_prompt, tactic_of_chat, max_tokens=512)
WHOLE_PROOF = ProofAdapter("whole-proof", proof_prompt, script, max_tokens=4096)
