"""Functional equations: the instances of which the claim is a combination, found by linear algebra.

Values of the function at polynomials, `f (x + 1)`, are unknowns, the same where the polynomials are; so each instance
is a polynomial in them, and the claim is sought as a sum of these with numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product

from prover.policy.tactics.polynomials import Polynomial, combination, degree, of_term, text_of
from prover.policy.tactics.terms import Term, applications, conjuncts, names_of, read, show, substitute
from prover.policy.tactics.view import INT, RAT, Proposal, View, have, seq

OF_FRACTIONS = ("ℚ → ℚ", "Rat → Rat")
FUNCTIONS = (*OF_FRACTIONS, "ℤ → ℤ", "Int → Int")
_MOST_PLACES = 9
_MOST_INSTANCES = 60
_MOST_TERMS = 24
_LARGEST = 60


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target)
    if target is None or "∀" not in view.facts:
        return
    kinds = {v.name: v.type for v in view.vars}
    functions = {f: kind in OF_FRACTIONS for f, kind in kinds.items() if kind in FUNCTIONS}
    bound = []
    while target.op == "∀" and target.kind in INT | RAT:
        bound.append(target.name)
        target = target.args[0]
    parts = conjuncts(target)
    if target.op == "∧" and target.args[0].op == "∧":
        return
    called = {a.args[0].name for a in applications(target)} & functions.keys()
    if not called or any(part.op != "=" for part in parts):
        return
    rules = [(h.name, body) for h in view.props if (term := read(h.type)) is not None and (body := _rule(term))]
    rules = [(name, body) for name, body in rules if {a.args[0].name for a in applications(body[1])} & called]
    if not any(body[0] for _, body in rules):
        return
    claims = [polynomial(Term("-", part.args), functions) for part in parts]
    instances = _instances(view, rules, functions, target, bound) if None not in claims else []
    if set(bound) & {h.name for h in view.goal.hypotheses}:
        return
    fresh = view.namer(bound)
    steps, names = [], []
    for part, claim in zip(parts, claims, strict=True):
        used = combination(claim, [p for _, p in instances]) if claim is not None else None
        if used is None:
            return
        chosen = [text for (text, _), number in zip(instances, used, strict=True) if number]
        lines = [f"have {fresh('e')} := {text}" for text in chosen]
        alone = [f"clear {name}" for name, body in rules if body[0]]
        names.append(fresh("hg"))
        steps.append(have(names[-1], show(part), [*lines, *alone, "grind"]))
    entered = [f"intro {' '.join(bound)}"] if bound else []
    yield seq(*entered, *steps, f"exact {names[0] if len(names) == 1 else '⟨' + ', '.join(names) + '⟩'}"), 0.86


def _rule(term: Term) -> tuple[tuple[str, ...], Term] | None:
    """The variables and the equation of a law, or of a value that is known."""
    names = []
    while term.op == "∀":
        if term.kind not in INT | RAT:
            return None
        names.append(term.name)
        term = term.args[0]
    return (tuple(names), term) if term.op == "=" and len(names) <= 2 else None


def polynomial(term: Term, functions: Mapping[str, bool]) -> Polynomial | None:
    """The term as a polynomial whose unknowns are variables and values of functions at polynomials.

    Args:
        functions: with whether they are of fractions, which can be divided.
    """
    return of_term(_canonical(term, functions), division=all(functions.values()), atoms=True)


def _canonical(term: Term, functions: Mapping[str, bool]) -> Term:
    """With the arguments of the functions multiplied out and in order."""
    args = tuple(_canonical(arg, functions) for arg in term.args)
    if term.op == "app" and term.args[0].name in functions and len(args) == 2:
        at = of_term(args[1], division=functions[term.args[0].name], atoms=True)
        if at is not None:
            return Term("app", (args[0], Term("var", name=f"({text_of(at)})")))
    return Term(term.op, args, term.name, term.kind)


def _places(view: View, target: Term, functions: Mapping[str, bool], bound: Sequence[str]) -> list[Term]:
    """What the laws may be asked at: 0, the variables and the arguments of the claim, their opposites, 1, values."""
    variables = [v.name for v in view.vars if v.type in INT | RAT and v.value is None and v.name in names_of(target)]
    atoms = [Term("var", name=name) for name in (*bound, *variables)]
    zero, one = (Term("num", name=digit) for digit in "01")
    found = [zero, *atoms]
    for call in applications(target):
        if call.args[0].name in functions:
            at = of_term(call.args[1])
            found += _up_to(at) if at is not None and at.degree == 1 else [call.args[1]]
    found += [Term("neg", (atom,)) for atom in atoms] + [one]
    found += [Term("app", (Term("var", name=f), x)) for f in sorted(functions) for x in (*atoms, zero)]
    distinct: dict[Polynomial | Term, Term] = {}
    for term in found:
        distinct.setdefault(polynomial(term, functions) or term, term)
    return list(distinct.values())[:_MOST_PLACES]


def _up_to(at: Polynomial) -> Iterator[Term]:
    """For `3 * x` also `2 * x` and `x`."""
    ((monomial, c),) = at.terms.items() if len(at.terms) == 1 else (((), Fraction(0)),)
    multiples = range(1, int(c)) if monomial and c.denominator == 1 and 1 < c <= 4 else ()
    for p in (*(Polynomial({monomial: k}) for k in multiples), at):
        if (term := read(text_of(p))) is not None:
            yield term


def _instances(
    view: View,
    rules: Sequence[tuple[str, tuple[tuple[str, ...], Term]]],
    functions: Mapping[str, bool],
    target: Term,
    bound: Sequence[str],
) -> list[tuple[str, Polynomial]]:
    """Laws at places, as Lean terms and as polynomials that are 0; the simplest places first."""
    places = list(enumerate(_places(view, target, functions, bound)))
    found: dict[Polynomial, str] = {}
    for name, (variables, equation) in rules:
        ordered = sorted(product(places, repeat=len(variables)), key=lambda at: (sum(i for i, _ in at), at[:1]))
        for at in islice(ordered, _MOST_INSTANCES):
            terms = [term for _, term in at]
            p = polynomial(Term("-", substitute(equation, dict(zip(variables, terms, strict=True))).args), functions)
            small = p is not None and len(p.terms) <= _MOST_TERMS and all(degree(m) <= 6 for m in p.terms)
            if p and small and all(abs(c.numerator) <= _LARGEST**3 for c in p.terms.values()):
                found.setdefault(p, " ".join([name, *(show(term, 1024) for term in terms)]))
    return [(text, p) for p, text in found.items()][:_MOST_INSTANCES]


__all__ = ["FUNCTIONS", "OF_FRACTIONS", "polynomial", "propose"]
