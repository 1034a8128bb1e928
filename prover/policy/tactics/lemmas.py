"""Lemmas of the library that were retrieved for the state (`Query.lemmas`), best first, put to use."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.view import Proposal, View

_REWRITES = 4
_TOGETHER = 8


def propose(view: View) -> Iterator[Proposal]:
    lemmas = view.lemmas
    if not lemmas:
        return
    # Each alone costs a millisecond, and the first that fits is enough: one candidate for all.
    yield "first | " + " | ".join(f"exact {name} .." for name in lemmas), 0.85
    yield "first | " + " | ".join(f"(apply {name} <;> assumption)" for name in lemmas), 0.6
    few = lemmas[:_TOGETHER]
    yield f"simp [{', '.join(few)}]", 0.5
    yield "first | " + " | ".join(f"grind [{', '.join(few[:n])}]" for n in (4, 1) if n <= len(few)), 0.4
    for index, name in enumerate(lemmas[:_REWRITES]):
        near = 0.9**index
        yield f"rw [{name}]", 0.2 * near
        yield f"apply {name}", 0.15 * near
        yield f"rw [← {name}]", 0.05 * near
