"""Claims made smaller before certificates are looked for: common factors divided out, products of two in new names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from prover.policy.tactics.estimates.facts import Fact, Question, cleared
from prover.policy.tactics.polynomials import Monomial, Polynomial, divided, text_of
from prover.policy.tactics.view import View, chained


def said(question: Question, claim: Polynomial) -> str:
    """Another claim in the place of the one that is asked."""
    return f"0 {'<' if question.strict else '≤'} {text_of(claim)}"


def without_factor(view: View, question: Question) -> tuple[Question, list[str]]:
    """Without the variables that divide all terms of the claim, where they are known to be positive; and the steps."""
    claim = question.claim
    powers = [dict(monomial) for monomial in claim.terms] if claim is not None else []
    common = {n: min(each.get(n, 0) for each in powers) for n in powers[0]} if len(powers) > 1 else {}
    proofs = {f.polynomial: f.proof for f in question.facts if f.strict}
    factors = [n for n, power in common.items() if power and Polynomial.variable(n) in proofs for _ in range(power)]
    if claim is None or not factors:
        return question, []
    monomial = Polynomial({tuple(sorted(Counter(factors).items())): 1})
    rest = divided(claim, monomial)
    if rest is None:
        return question, []
    hc, rule = view.fresh("hcommon"), "mul_pos" if question.strict else "mul_nonneg"
    positive = chained(f"{question.kind}.mul_pos", [proofs[Polynomial.variable(n)] for n in factors])
    positive = positive if question.strict else f"({question.kind}.le_of_lt {positive})"
    product = f"0 {'<' if question.strict else '≤'} {' * '.join(factors)}"
    step = f"have hm : {product} := {positive}\n  have hm := {question.kind}.{rule} hm {hc}\n  grind"
    return replace(question, claim=rest), [f"suffices {hc} : {said(question, rest)} by\n  {step}"]


def in_pairs(view: View, question: Question) -> tuple[Question, list[str]] | None:
    """A claim about three positive numbers that speaks of the products of two only, as one about three such products,
    of half the degree; and the steps to it."""
    claim = question.claim
    names = claim.names if claim is not None else []
    proofs = {f.polynomial: f.proof for f in question.facts if f.strict}
    variables = [Polynomial.variable(n) for n in names]
    if claim is None or len(names) != 3 or claim.degree < 4 or question.kind != "Rat" or not {*variables} <= {*proofs}:
        return None
    new = ("x", "y", "z")
    terms: dict[Monomial, Fraction] = {}
    for monomial, c in claim.terms.items():
        powers = [dict(monomial).get(n, 0) for n in names]
        half, odd = divmod(sum(powers), 2)
        if odd or max(powers) > half:
            return None
        terms[tuple((n, half - power) for n, power in zip(new, powers, strict=True) if half > power)] = c
    a, b, c1 = names
    p, q, r = (proofs[v] for v in variables)
    inner = Polynomial(terms)
    facts = tuple(Fact(Polynomial.variable(n), True, n, f"h{n}") for n in new)
    pairs = f"({b} * {c1}) ({c1} * {a}) ({a} * {b}) (Rat.mul_pos {q} {r}) (Rat.mul_pos {r} {p}) (Rat.mul_pos {p} {q})"
    whole = f"∀ x y z : Rat, 0 < x → 0 < y → 0 < z → {said(question, inner)}"
    hp = view.fresh("hpairs")
    steps = [f"suffices {hp} : {whole} by\n  have {hp} := {hp} {pairs}\n  grind", *cleared(question)]
    return Question("Rat", inner, question.strict, facts, (), ()), [*steps, "intro x y z hx hy hz"]


__all__ = ["in_pairs", "said", "without_factor"]
