"""Theorems of the file, and lemmas of the library that were retrieved for the state (`Query.lemmas`), put to use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prover.policy.tactics.definitions import proved
from prover.policy.tactics.view import Proposal, View, to_introduce

_TOGETHER = 8
# Those of which the premises may take a solver, and those that may make goals of their own.
_SOLVED = 6
_ALONE = 3
_EARLY = 2
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
    # Of `False`, and of a letter, the library says nothing that fits this goal rather than any other.
    bare = view.target == "False" or any(view.target == h.name for h in view.goal.hypotheses)
    lemmas = (*proved(view), *(() if bare else view.lemmas))
    if not lemmas:
        return
    # Each takes a millisecond or two, and the first that fits is enough: one candidate for all.
    if to_introduce(view):  # of these, what is about the whole
        yield _rewritten(lemmas), 0.12
        return
    yield _first(f"(apply {name} <;> assumption)" for name in lemmas), 0.6
    early = view.steps < _EARLY
    if early:
        yield (
            _first(f"(apply {name} <;> first | assumption | omega | (simp_all; done))" for name in lemmas[:_SOLVED]),
            0.3,
        )
    parts = view.connective
    if parts and parts[0] == "=":
        yield _first(f"(symm; apply {name} <;> assumption)" for name in lemmas), 0.3
    elif not parts or parts[0] not in ("↔", "→"):
        yield _first(f"(refine ({name} ..).{way} ?_; assumption)" for name in lemmas for way in ("mp", "mpr")), 0.2
    if any(not _NO_REWRITE.search(name) for name in lemmas):
        yield _rewritten(lemmas), 0.55
    few = dict.fromkeys(", ".join(lemmas[:n]) for n in (_INSTANTIATED, 1))
    # It takes a tenth of a second and more where it fails.
    yield _first(f"grind [{names}]" for names in few), 0.4 if early else 0.06
    for index, name in enumerate([name for name in lemmas if not _ELIMINATOR.search(name)][:_ALONE]):
        near = 0.9**index
        yield f"rw [{name}]", 0.2 * near
        yield f"apply {name}", 0.15 * near


def _rewritten(lemmas: Iterable[str]) -> str:
    return f"simp [{', '.join([name for name in lemmas if not _NO_REWRITE.search(name)][:_TOGETHER])}]"


def _first(tactics: Iterable[str]) -> str:
    return "first | " + " | ".join(tactics)
