"""llmstep: goal and proof step between marks (arXiv:2310.18457)."""

from __future__ import annotations

from prover.interfaces import Query
from prover.policy.generation import Prompt
from prover.policy.prompts.adapter import TacticAdapter
from prover.policy.prompts.reading import state_text, tactic

_GOAL, _STEP = "[GOAL]", "[PROOFSTEP]"


def prompt(query: Query) -> Prompt:
    """The goal; the step's prefix, which the editor's users can give, is empty."""
    return f"{_GOAL}{state_text(query.state)}{_STEP}"


def parse(answer: str) -> str | None:
    """What comes before the next mark."""
    return tactic(answer.removeprefix(_STEP).split(_GOAL)[0].split(_STEP)[0])


LLMSTEP = TacticAdapter("llmstep", prompt, parse, stop=(_GOAL, _STEP))
