"""Tactics that only environments with Mathlib have, offered where they exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from prover.policy.tactics.arithmetic import squared
from prover.policy.tactics.view import NUMBERS, Proposal, View, mentions

WORDS = frozenset(
    {
        *("aesop", "bound", "field_simp", "fin_cases", "gcongr", "interval_cases", "linarith", "linear_combination"),
        *("nlinarith", "norm_num", "polyrith", "positivity", "push_neg", "qify", "rify", "ring", "ring_nf", "tauto"),
        "zify",
    }
)
_WORD = re.compile(r"(?:^|;|<;>|\(|\bby)\s*([a-z_]+[?'!]?)(?![\w.'])")


def words(tactic: str) -> frozenset[str]:
    """The words at which the tactics inside of a tactic begin, as far as text shows."""
    return frozenset(_WORD.findall(tactic)) if tactic[:1] == "(" or "<;>" in tactic else frozenset({_first(tactic)})


def _first(tactic: str) -> str:
    match = re.match(r"[\w'?!]+", tactic)
    return match[0] if match else ""


def propose(view: View) -> Iterator[Proposal]:
    yield "norm_num", 0.93
    yield "ring", 0.9
    yield "linarith", 0.9
    yield "positivity", 0.6
    yield "nlinarith", 0.6
    yield "norm_num at *", 0.2
    yield "field_simp", 0.25
    yield "ring_nf", 0.2
    yield "ring_nf at *", 0.1
    yield "push_neg", 0.08
    yield "aesop", 0.5
    yield "tauto", 0.3
    numbers = [v.name for v in view.vars if v.type in NUMBERS and v.value is None and mentions(view.facts, v.name)][:4]
    squares = [f"sq_nonneg ({term})" for term in squared(view.target)[:3]]
    squares += [f"sq_nonneg ({a} - {b})" for a, b in combinations(numbers, 2)]
    if squares:
        yield f"nlinarith [{', '.join(squares[:6])}]", 0.55
        yield f"nlinarith [{', '.join([*squares[:6], *(f'sq_nonneg ({n} - 1)' for n in numbers)])}]", 0.2
    products = [f"mul_pos {g.name} {h.name}" for g, h in combinations([h for h in view.props if "0 < " in h.type], 2)]
    if products:
        yield f"nlinarith [{', '.join([*products[:4], *squares[:4]])}]", 0.4
    for n in numbers[:2]:
        yield f"interval_cases {n}", 0.15
        yield f"interval_cases {n} <;> simp_all", 0.2
        yield f"interval_cases {n} <;> omega", 0.18
    for h in view.props[-3:]:
        yield f"norm_num at {h.name}", 0.08
        yield f"field_simp at {h.name}", 0.06
    if view.props:
        yield f"linear_combination {view.props[-1].name}", 0.1
