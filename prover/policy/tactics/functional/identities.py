"""Identities that hold for all values of a variable: at a few numbers they are equations between coefficients."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from prover.policy.tactics.evaluate import canonical, compiled
from prover.policy.tactics.functional.equations import as_argument
from prover.policy.tactics.patterns import universal
from prover.policy.tactics.terms import names_of, read
from prover.policy.tactics.view import NUMBERS, Proposal, View, seq

_MOST_POINTS = 5
_VALUES = (0, 1, -1, 2, -2, 3, -3, 4, 5)
_PREMISE = " (by first | decide | grind)"


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        if not h.type.startswith("∀") or " = " not in h.type:
            continue
        points = _points(view, h.type)
        if points:
            fresh = view.namer()
            proofs = _PREMISE * len(universal(h.type).premises)
            known = [f"have {fresh('hx')} := {h.name} {as_argument(value)}{proofs}" for value in points]
            yield seq(*known, "first | omega | grind"), 0.9
            yield seq(*known), 0.2


def _points(view: View, text: str) -> list[int]:
    """Numbers at which an identity says something of other numbers of the context, as many as these and one more."""
    parts = universal(text)
    conclusion = read(parts.conclusion)
    if len(parts.binders) != 1 or not parts.explicit[0] or conclusion is None or conclusion.op != "=":
        return []
    x, kind = parts.binders[0]
    kinds = {v.name: v.type for v in view.vars if v.type in NUMBERS}
    coefficients = names_of(conclusion) - {x}
    if not coefficients or not coefficients <= kinds.keys() or x not in names_of(conclusion):
        return []
    kind = canonical(kind or kinds[min(coefficients)])
    tests = [(term, compiled(term, {x: kind})) for premise in parts.premises if (term := read(premise)) is not None]
    if len(tests) < len(parts.premises) or any(test is None for _, test in tests):
        return []
    values = [v for v in _VALUES if v >= 0 or kind != "Nat"]
    wanted = min(_MOST_POINTS, len(coefficients) + 1)
    found = []
    for value in values:
        at = {x: Fraction(value) if kind == "Rat" else value}
        if all(test is not None and test(at) is True for _, test in tests):
            found.append(value)
    return found[:wanted]


__all__ = ["propose"]
