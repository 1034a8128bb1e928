"""Constants that a functional equation is to be solved with: `∃ c, ∀ x, f x = x + c` at 0 and 1 tells what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.policy.tactics.functional import combinations
from prover.policy.tactics.polynomials import Polynomial, text_of
from prover.policy.tactics.terms import Term, read, show, substitute
from prover.policy.tactics.view import INT, RAT, Proposal, View, seq

_POINTS = ("0", "1")
_MOST = 2


def propose(view: View) -> Iterator[Proposal]:
    claim = read(view.target) if view.target.startswith("∃") else None
    constants = []
    while claim is not None and claim.op == "∃" and claim.kind in INT | RAT | {""}:
        constants.append(claim.name)
        claim = claim.args[0]
    if claim is None or not 0 < len(constants) <= _MOST or claim.op != "∀" or claim.kind not in INT | RAT:
        return
    equation = claim.args[0]
    functions = {v.name: v.type in combinations.OF_FRACTIONS for v in view.vars if v.type in combinations.FUNCTIONS}
    found = _solved(equation, claim.name, constants, functions) if equation.op == "=" else None
    if found is None or set(constants) & {h.name for h in view.goal.hypotheses}:
        return
    values = {name: value for name in constants if (value := read(text_of(found[name]))) is not None}
    witness = f"refine ⟨{', '.join(text_of(found[name]) for name in constants)}, ?_⟩"
    target = Term("∀", (substitute(equation, values),), claim.name, claim.kind)
    for tactic, weight in combinations.propose(replace(view, goal=replace(view.goal, target=show(target)))):
        yield seq(witness, tactic), weight
    yield witness, 0.45


def _solved(
    equation: Term, variable: str, constants: Sequence[str], functions: dict[str, bool]
) -> dict[str, Polynomial] | None:
    """The constants as values of the function and numbers, from the equation at a few points."""
    found: dict[str, Polynomial] = {}
    for point in _POINTS:
        at = substitute(equation, {variable: Term("num", name=point)})
        p = combinations.polynomial(Term("-", at.args), functions)
        if p is None:
            return None
        for name, value in found.items():
            p = p.replaced(name, value)
        unknown = [name for name in constants if name in p.names]
        parts = p.in_one(unknown[0]) if len(unknown) == 1 else {}
        factor = parts[1].value if set(parts) <= {0, 1} and 1 in parts else None
        if factor in (1, -1) or (factor and functions and all(functions.values())):
            found[unknown[0]] = parts.get(0, Polynomial()) * (-1 / factor)
    return found if len(found) == len(constants) else None


__all__ = ["propose"]
