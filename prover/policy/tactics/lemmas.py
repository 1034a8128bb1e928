"""Lemmas of the library that were retrieved for the state (`Query.lemmas`), best first, put to use."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.view import Proposal, View

_APPLIED = 12
_REWRITES = 4
_TOGETHER = 8
# The time of `grind` grows steeply with the lemmas that it instantiates, and one that it cannot use is an error.
_INSTANTIATED = 4


def propose(view: View) -> Iterator[Proposal]:
    lemmas = view.lemmas
    if not lemmas:
        return
    # Each takes a millisecond or two, and the first that fits is enough: one candidate for all.
    yield "first | " + " | ".join(f"(apply {name} <;> assumption)" for name in lemmas[:_APPLIED]), 0.6
    yield f"simp [{', '.join(lemmas[:_TOGETHER])}]", 0.55
    few = dict.fromkeys(", ".join(lemmas[:n]) for n in (_INSTANTIATED, 1))
    yield "first | " + " | ".join(f"grind [{names}]" for names in few), 0.4
    for index, name in enumerate(lemmas[:_REWRITES]):
        near = 0.9**index
        yield f"rw [{name}]", 0.2 * near
        yield f"apply {name}", 0.15 * near
        yield f"rw [← {name}]", 0.05 * near
