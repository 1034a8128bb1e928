"""Inequalities between polynomials, read from a goal; `certificates.py` finds what proves them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import gcd

from prover.policy.tactics.estimates.certificates import HIGHEST_DEGREE, certificate_of
from prover.policy.tactics.estimates.facts import NEGATED, Fact, Question
from prover.policy.tactics.estimates.means import of_products, without_inverses
from prover.policy.tactics.estimates.orderings import by_order
from prover.policy.tactics.estimates.quadratics import squares_of
from prover.policy.tactics.estimates.reductions import in_pairs, said, without_factor
from prover.policy.tactics.estimates.univariate import by_pieces
from prover.policy.tactics.integers import as_integers
from prover.policy.tactics.polynomials import (
    Polynomial,
    degree,
    difference,
    linear_solution,
    of_term,
    primitive,
    text_of,
)
from prover.policy.tactics.terms import Term, conjuncts, names_of, read, show
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View, have, seq

# The highest degree of what is made homogeneous.
_HOMOGENEOUS = 4
# So many tactics into a proof, sums of squares take longer than they are worth.
_EARLY = 3
_ORDER = frozenset({"≤", "<", "≥", ">"})


def propose(view: View) -> Iterator[Proposal]:
    """What is linear is left to `omega` and `grind`."""
    if re.search(r"[≤<≥>=]|False", view.target) and re.search(r"[*^/]|⁻¹", view.facts):
        yield from proofs(view)


def proofs(view: View) -> Iterator[Proposal]:
    """Tactics for the inequality, the surest first."""
    kind = "Int" if view.of_type(INT) else "Rat" if view.of_type(RAT) else "Nat" if view.of_type(NAT) else ""
    target = read(view.target)
    if kind in ("Int", "Rat"):
        yield from _zero_squares(view, kind)
    if not kind or target is None:
        return
    if kind == "Nat":
        yield from as_integers(view, propose)
        return
    if target.op == "=":
        yield from _equality(view, target, kind)
    if len(conjuncts(target)) > 1:
        return
    plain, _ = _question(view, target, kind, False)
    early = view.steps < _EARLY
    for substitution in (False, True):
        question, steps = _question(view, target, kind, True) if substitution else (plain, [])
        if question is None or (substitution and not steps):
            continue
        question, without = without_factor(view, question)
        steps = [*steps, *without]
        paired = in_pairs(view, question)
        if paired is not None and (certificate := certificate_of(paired[0], squares=early)) is not None:
            yield seq(*steps, *paired[1], *certificate), 0.915
            return
        certificate = certificate_of(question, squares=early)
        if certificate is not None:
            yield seq(*steps, *certificate), 0.915
            return
        if (pieces := by_pieces(question)) is not None:
            yield seq(*steps, *pieces), 0.912
            return
        denied = _denied(question)
        certificate = certificate_of(denied, squares=False) if denied is not None else None
        if certificate is not None:
            yield seq(*steps, "apply Classical.byContradiction", f"intro {NEGATED}", *certificate), 0.91
            return
    if plain is not None:
        yield from _lower(view, plain)
        yield from _by_means(plain)
        if (cases := by_order(view, plain)) is not None:
            yield cases, 0.9
        yield from _made_homogeneous(view, plain)
        yield from _by_known_product(view, plain)


def _denied(question: Question) -> Question | None:
    """A linear claim as a contradiction: what denies it is a fact, to be multiplied by the others."""
    claim = question.claim
    if claim is None or claim.degree != 1:
        return None
    field = question.kind == "Rat"
    other = -claim if field or question.strict else -claim - Polynomial.constant(1)
    strict = field and not question.strict
    fact = Fact(other, strict, text_of(other), f"(by grind : 0 {'<' if strict else '≤'} {text_of(other)})")
    return replace(question, claim=None, strict=False, facts=(*question.facts, fact))


def _lower(view: View, question: Question) -> Iterator[Proposal]:
    """The claim without its terms of the highest degree, where an equation has these too."""
    claim = question.claim
    if claim is None:
        return
    for equation, _ in question.equations:
        top = max(equation.terms, key=degree)
        left = claim - equation * (claim.terms.get(top, Fraction(0)) / equation.terms[top])
        if 0 < left.degree < claim.degree:
            certificate = certificate_of(replace(question, claim=left))
            if certificate is not None:
                yield seq(f"suffices {view.fresh('hlow')} : {said(question, left)} by grind", *certificate), 0.91
                return


def _made_homogeneous(view: View, question: Question) -> Iterator[Proposal]:
    """The claim times powers of a sum that is known, as `x + y + z = 1`, so that all its terms are of one degree."""
    claim = question.claim
    known = [p for p, _ in question.equations if p.degree == 1 and p.terms.get(())]
    if claim is None or not known or claim.homogeneous:
        return
    whole = known[0].terms[()]
    one = (known[0] - Polynomial.constant(whole)) * (-1 / whole)
    if any(c < 0 for c in one.terms.values()) or not set(claim.names) <= set(one.names) or claim.degree > _HOMOGENEOUS:
        return
    raised = Polynomial()
    for monomial, c in claim.terms.items():
        raised = raised + Polynomial({monomial: c}) * one ** (claim.degree - degree(monomial))
    facts = tuple(f for f in question.facts if f.polynomial.homogeneous)
    asked = replace(question, claim=raised, facts=facts, equations=())
    certificate = certificate_of(asked, squares=False)
    end = seq(*certificate) if certificate is not None else by_order(view, asked)
    if end is not None:
        ((name, value),) = linear_solution(known[:1]).items()
        substituted = f"  obtain rfl : {name} = {text_of(value)} := by grind\n  grind"
        yield seq(f"suffices {view.fresh('hsame')} : {said(question, raised)} by\n{substituted}", end), 0.9


def _by_known_product(view: View, question: Question) -> Iterator[Proposal]:
    """The claim with terms of a lower degree times a product that is known, as `a * b * c * d = 1`."""
    claim = question.claim
    for equation, _ in question.equations if claim is not None and not claim.homogeneous else ():
        constant = equation.terms.get((), Fraction(0))
        if claim is None or len(equation.terms) != 2 or not constant or equation.degree < 2:
            continue
        one = (equation - Polynomial.constant(constant)) * (-1 / constant)
        raised = Polynomial()
        for monomial, c in claim.terms.items():
            power, left = divmod(claim.degree - degree(monomial), equation.degree)
            raised = raised + Polynomial({monomial: c}) * one ** (0 if left else power)
        if not raised.homogeneous:
            continue
        facts = tuple(f for f in question.facts if f.polynomial.homogeneous)
        certificate = certificate_of(replace(question, claim=raised, facts=facts, equations=()), squares=False)
        if certificate is not None:
            yield seq(f"suffices {view.fresh('hsame')} : {said(question, raised)} by grind", *certificate), 0.9
            return


def _by_means(question: Question) -> Iterator[Proposal]:
    question, inverses = without_inverses(question)
    for steps, facts in of_products(question):
        certificate = certificate_of(replace(question, facts=(*facts, *question.facts)), squares=False)
        if certificate is not None:
            yield seq(*inverses, *steps, *certificate), 0.9
            return


def _equality(view: View, target: Term, kind: str) -> Iterator[Proposal]:
    """Equal because the square of the difference is not positive, where a sum of squares is known."""
    variables = set(view.of_type(RAT if kind == "Rat" else INT))
    squares = any(" = " in h.type and "^ 2" in h.type for h in view.props)
    if not squares or not all(side.op in ("var", "num") for side in target.args) or not names_of(target) <= variables:
        return
    left, right = (show(side) for side in target.args)
    claim = read(f"({left} - {right}) ^ 2 ≤ 0")
    question = _question(view, claim, kind, False)[0] if claim is not None else None
    certificate = certificate_of(question) if question is not None else None
    if certificate is None or any(NEGATED in step for step in certificate):
        return
    square = f"({left} - {right}) ^ 2"
    yield (
        seq(
            have("hle", f"{square} ≤ 0", certificate),
            f"have hge : 0 ≤ {square} := Lean.Grind.OrderedRing.sq_nonneg",
            f"have hq := {kind}.le_antisymm hle hge",
            f"have hz : ({left} - {right}) * ({left} - {right}) = 0 := by grind",
            f"rcases {kind}.mul_eq_zero.mp hz with hz | hz <;> grind",
        ),
        0.88,
    )


def _zero_squares(view: View, kind: str) -> Iterator[Proposal]:
    """Where squares add up to 0 each of them is 0: `x ^ 2 + 5 * y ^ 2 + 1 = 4 * x * y + 2 * y` has one solution."""
    variables = set(view.of_type(RAT if kind == "Rat" else INT))
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        if term is None or term.op != "=" or not names_of(term) <= variables:
            continue
        p = difference(term, division=kind == "Rat")
        if p is None or p.degree != 2 or len(p.names) < 2:
            continue
        found, rest = min((squares_of(q) for q in (p, -p)), key=lambda each: not each[0])
        if len(found) < 2 or rest:
            continue
        fresh = view.namer()
        forms = [text_of(_without_content(form)) for _, form in found]
        squares, zeros = ([fresh(wish) for _ in forms] for wish in ("hs", "hz"))
        steps = [
            f"have {s} : 0 ≤ ({form}) ^ 2 := Lean.Grind.OrderedRing.sq_nonneg"
            for s, form in zip(squares, forms, strict=True)
        ]
        for z, s, form in zip(zeros, squares, forms, strict=True):
            product = f"({form}) * ({form}) = 0"
            steps.append(
                f"have {z} : {form} = 0 := by\n  have h := {kind}.le_antisymm (by grind : ({form}) ^ 2 ≤ 0) {s}\n"
                f"  rcases {kind}.mul_eq_zero.mp (by grind : {product}) with h | h <;> exact h"
            )
        yield seq(*steps, f"clear {' '.join(squares)}", "first | omega | grind"), 0.9
        yield seq(*steps, f"clear {' '.join(squares)}"), 0.2
        return


def _question(view: View, target: Term, kind: str, substitute: bool) -> tuple[Question | None, list[str]]:
    """What is asked, read from a view; after solving linear equations, where wanted, with the tactics for that."""
    variables = set(view.of_type(RAT if kind == "Rat" else INT))
    field = kind == "Rat"

    def polynomial(term: Term) -> Polynomial | None:
        return of_term(term, division=field, atoms=True) if names_of(term) <= variables else None

    known: list[tuple[Term, str]] = []
    """The hypotheses, their conjunctions taken apart, each with the name of one that says it and no more."""
    for h in view.props:
        term = read(h.type)
        parts = conjuncts(term) if term is not None else []
        known += [(part, h.name if len(parts) == 1 else "") for part in parts]
    equations = []
    for part, _ in known:
        if part.op == "=" and (p := _difference(part, polynomial)) is not None and p:
            equations.append((p, f"({show(part.args[0])}) - ({show(part.args[1])})"))
    steps: list[str] = []
    solution: dict[str, Polynomial] = {}
    if substitute:
        solution = {
            name: value
            for name, value in linear_solution(p for p, _ in equations if p.degree == 1).items()
            if name in variables and value.value is None and (field or value.integral)
        }
        if not solution:
            return None, []
        solver = "grind" if field else "omega"
        steps = [f"obtain rfl : {name} = {text_of(value)} := by {solver}" for name, value in solution.items()]

    def reduced(p: Polynomial) -> Polynomial:
        for name, value in solution.items():
            p = p.replaced(name, value)
        return p

    facts: list[Fact] = []
    for part, name in known:
        if part.op in _ORDER and (p := _difference(part, polynomial)) is not None:
            p, strict = reduced(p if part.op in ("≥", ">") else -p), part.op in ("<", ">")
            plain = name and kind == "Rat" and {side.op for side in part.args} == {"var", "num"}
            plain = plain and p.terms == {((p.names[0], 1),): 1}
            facts += [Fact(p, strict, text_of(p), name)] if plain else _facts(p, strict, kind)
    claim, strict = None, False
    if target.op in _ORDER:
        p = _difference(target, polynomial)
        if p is None:
            return None, []
        claim, strict = reduced(p if target.op in ("≥", ">") else -p), target.op in ("<", ">")
    elif target != Term("var", name="False"):
        return None, []
    squared = [
        reduced(p)
        for term in (target, *(part for part, _ in known))
        for base in _squares(term)
        if (p := polynomial(base)) is not None
    ]
    for pair in _factor_pairs(target):
        u, v = (polynomial(factor) for factor in pair)
        if u is not None and v is not None and u.value is None and v.value is None and max(u.degree, v.degree) < 4:
            u, v = _without_content(reduced(u)), _without_content(reduced(v))
            squared += [u - v, u + v]
    rest = tuple((q, text) for p, text in equations if (q := reduced(p)))
    facts += _inverses(claim, rest, facts, field)
    inverse_equations = _inverse_equations(claim, facts) if field else ()
    names = tuple(h.name for h in view.props)
    return Question(kind, claim, strict, tuple(facts), (*rest, *inverse_equations), tuple(squared), names), steps


def _difference(term: Term, polynomial: Callable[[Term], Polynomial | None]) -> Polynomial | None:
    left, right = polynomial(term.args[0]), polynomial(term.args[1])
    return None if left is None or right is None else left - right


def _facts(p: Polynomial, strict: bool, kind: str) -> list[Fact]:
    if not p or p.degree > HIGHEST_DEGREE:
        return []
    solver = "grind" if kind == "Rat" else "omega" if p.degree <= 1 else "grind"

    def fact(q: Polynomial, positive: bool) -> Fact:
        text = text_of(q)
        return Fact(q, positive, text, f"(by {solver} : {'0 <' if positive else '0 ≤'} {text})")

    if kind == "Rat" or not strict:
        return [fact(p, strict)]
    return [fact(p, False), fact(p - Polynomial.constant(1), False)]


def _inverses(
    claim: Polynomial | None,
    equations: Sequence[tuple[Polynomial, str]],
    facts: Sequence[Fact],
    field: bool,
) -> list[Fact]:
    """The inverses that occur are positive where what they invert is: one of the facts, or a sum of positive ones."""
    if not field:
        return []
    positive = {f.text for f in facts if f.strict}
    found = []
    claims = [] if claim is None else [claim]
    for atom in _atoms([*claims, *(f.polynomial for f in facts), *(p for p, _ in equations)]):
        inner = _inverted(atom)
        if inner is None:
            continue
        whole = all(c > 0 and all(name in positive for name, _ in m) for m, c in inner.terms.items())
        if whole or text_of(inner) in positive:
            proof = f"(Rat.inv_pos.mpr (by grind : 0 < {atom.removesuffix('⁻¹')}))"
            found.append(Fact(Polynomial.variable(atom), True, atom, proof))
    return found


def _inverse_equations(claim: Polynomial | None, facts: Sequence[Fact]) -> tuple[tuple[Polynomial, str], ...]:
    atoms = _atoms([*([claim] if claim is not None else []), *(f.polynomial for f in facts)])
    found = []
    for atom in atoms:
        inner = _inverted(atom)
        if inner is not None:
            one = Polynomial.constant(1)
            found.append((inner * Polynomial.variable(atom) - one, f"({text_of(inner)}) * {atom} - 1"))
    return tuple(found)


def _atoms(polynomials: Sequence[Polynomial]) -> list[str]:
    return sorted({name for p in polynomials for name in p.names if name.endswith("⁻¹")})


def _inverted(atom: str) -> Polynomial | None:
    term = read(atom)
    return of_term(term.args[0], division=True) if term is not None and term.op == "inv" else None


def _factor_pairs(term: Term) -> list[tuple[Term, Term]]:
    """The factors of products of sums: the square of their sum or difference may be what it takes."""
    sums = term.op == "*" and any(arg.op in ("+", "-", "*") for arg in term.args)
    found = [(term.args[0], term.args[1])] if sums else []
    return found + [pair for arg in term.args for pair in _factor_pairs(arg)]


def _without_content(p: Polynomial) -> Polynomial:
    """The polynomial divided by what divides all of its coefficients."""
    p = primitive(p)
    return p * Fraction(1, gcd(*(int(c) for c in p.terms.values())) or 1)


def _squares(term: Term) -> list[Term]:
    """The bases of even powers in a term, products of a term with itself among them."""
    found = []
    if term.op == "^" and term.args[1].op == "num" and int(term.args[1].name[:3]) % 2 == 0:
        found.append(term.args[0])
    for arg in term.args:
        found += _squares(arg)
    return found
