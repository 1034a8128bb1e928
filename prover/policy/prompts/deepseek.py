"""DeepSeek-Prover-V1.5 and V2, and Goedel-Prover-V2, which all write whole proofs.

V1.5 (arXiv:2408.08152) goes on with an open code block. DeepSeek-Prover-V2 (arXiv:2504.21801) and Goedel-Prover-V2
(arXiv:2508.03613) are asked in a chat, as on their model cards, and plan before they prove. Goedel's rounds of repair
show the model its own proof and Lean's messages; DeepSeek's card has none, and gets the same.
"""

from __future__ import annotations

from prover.interfaces import ProofQuery
from prover.policy.generation import Message, Prompt
from prover.policy.prompts.adapter import ProofAdapter
from prover.policy.prompts.proofs import continuation, opening, repairs, script, statement

_TASK = "Complete the following Lean 4 code:\n\n```lean4\n"
_PLAN = (
    "Before producing the Lean 4 code to formally prove the given theorem, provide a detailed proof plan outlining the "
    "main proof steps and strategies.\nThe plan should highlight key ideas, intermediate lemmas, and proof structures "
    "that will guide the construction of the final formal proof."
)
_REPAIR = (
    "The proof is not correct. Following is the compilation error message.\n\n{errors}\n\nBefore producing the Lean 4 "
    "code to formally prove the given theorem, provide a detailed analysis of the error message."
)


def prompt_v1_5(query: ProofQuery) -> Prompt:
    """A text that ends below the statement's `by`; what failed before is not in it."""
    return f"{_TASK}{opening(query)}\n"


def prompt_v2(query: ProofQuery) -> Prompt:
    """A request for a plan and a proof, and for repairs of what failed."""
    return (Message("user", f"{_TASK}{statement(query)}\n```\n\n{_PLAN}"), *repairs(query, _REPAIR))


def prompt_goedel(query: ProofQuery) -> Prompt:
    """The same, but for the line break before the closing fence."""
    return (Message("user", f"{_TASK}{statement(query)}```\n\n{_PLAN}"), *repairs(query, _REPAIR))


DEEPSEEK_V1_5 = ProofAdapter("deepseek-prover-v1.5", prompt_v1_5, continuation, stop=("```",), max_tokens=2048)
DEEPSEEK_V2 = ProofAdapter("deepseek-prover-v2", prompt_v2, script, max_tokens=8192)
GOEDEL_V2 = ProofAdapter("goedel-prover-v2", prompt_goedel, script, max_tokens=32768)
