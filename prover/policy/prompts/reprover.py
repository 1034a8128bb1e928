"""ReProver, an encoder and decoder on bytes (arXiv:2306.15626): the state, with retrieved premises or without.

The published models take premises with their statements. Here only their names are known (`Query.lemmas`), so they
stand in the model's marks for a premise's name, the best nearest to the state, as in its authors' code.
"""

from __future__ import annotations

import re

from prover.interfaces import Query
from prover.policy.generation import Prompt
from prover.policy.prompts.adapter import TacticAdapter
from prover.policy.prompts.reading import state_text, tactic

LONGEST = 2300
"""Bytes of a prompt at most; what is longer loses its end."""
_MARKS = re.compile(r"</?a>")


def prompt(query: Query) -> Prompt:
    """The state."""
    return _cut(state_text(query.state))


def retrieval_prompt(query: Query) -> Prompt:
    """As many premises as there is room for, then the state."""
    text = state_text(query.state)
    room = LONGEST - len(text.encode())
    for lemma in query.lemmas:
        premise = f"<a>{lemma}</a>\n\n"
        room -= len(premise.encode())
        if room < 0:
            break
        text = premise + text
    return _cut(text)


def parse(answer: str) -> str | None:
    """The tactic without the marks around premises."""
    return tactic(_MARKS.sub("", answer))


def _cut(text: str) -> str:
    return text.encode()[:LONGEST].decode(errors="ignore")


REPROVER = TacticAdapter("reprover", prompt, parse, max_tokens=512, decoding="beam")
REPROVER_RETRIEVAL = TacticAdapter("reprover-retrieval", retrieval_prompt, parse, max_tokens=512, decoding="beam")
