"""BFS-Prover and BFS-Prover-V2: the state and three colons (model cards; arXiv:2502.03438, arXiv:2509.06493)."""

from __future__ import annotations

from prover.interfaces import Query
from prover.policy.generation import Prompt
from prover.policy.prompts.adapter import TacticAdapter
from prover.policy.prompts.reading import state_text, tactic

_MARK = ":::"


def prompt(query: Query) -> Prompt:
    """The state with the mark that asks for a tactic."""
    return state_text(query.state) + _MARK


def parse(answer: str) -> str | None:
    """The tactic; where the state is repeated before it, what stands behind the mark."""
    return tactic(answer.rpartition(_MARK)[2])


BFS_PROVER = TacticAdapter("bfs-prover", prompt, parse)
