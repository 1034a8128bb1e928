"""Theorems of the file, and lemmas of the library that were retrieved for the state (`Query.lemmas`), put to use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import proved
from prover.policy.tactics.view import Proposal, View

_APPLIED = 12
_REWRITES = 4
_TOGETHER = 8
# The time of `grind` grows steeply with the lemmas that it instantiates, and one that it cannot use is an error.
_INSTANTIATED = 4
# Lemmas that do not rewrite to something simpler; as arguments of `simp` they make it search, or run in circles.
_NO_REWRITE = re.compile(
    r"(?:^|[._])(?:trans|symm|comm|refl|elim|imp|antisymm|assoc|intro|rec|rec_on|ind|induction|casesOn|of|choice|"
    r"left_comm|right_comm|axiomOfChoice|em|dest|and_ge)(?:[._']|$)"
)
# Applied by themselves they leave goals about what is not there yet.
_ELIMINATOR = re.compile(r"\.(?:elim|rec|recOn|casesOn|by_cases)$")


def propose(view: View) -> Iterator[Proposal]:
    lemmas = (*proved(view), *view.lemmas)
    if not lemmas:
        return
    # Each takes a millisecond or two, and the first that fits is enough: one candidate for all.
    yield "first | " + " | ".join(f"(apply {name} <;> assumption)" for name in lemmas[:_APPLIED]), 0.6
    rewrites = [name for name in lemmas if not _NO_REWRITE.search(name)]
    if rewrites:
        yield f"simp [{', '.join(rewrites[:_TOGETHER])}]", 0.55
    few = dict.fromkeys(", ".join(lemmas[:n]) for n in (_INSTANTIATED, 1))
    early = len(view.history) < 2  # it takes a tenth of a second and more where it fails
    yield "first | " + " | ".join(f"grind [{names}]" for names in few), 0.4 if early else 0.06
    for index, name in enumerate([name for name in lemmas if not _ELIMINATOR.search(name)][:_REWRITES]):
        near = 0.9**index
        yield f"rw [{name}]", 0.2 * near
        yield f"apply {name}", 0.15 * near
        yield f"rw [← {name}]", 0.05 * near
