"""What divides several terms divides the number that is left when their variables are eliminated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement
from math import lcm

from prover.goal import split_top
from prover.policy.tactics.kernel import one_of_divisors
from prover.policy.tactics.polynomials import (
    Monomial,
    Polynomial,
    combination,
    divisors_of,
    of_term,
    text_of,
    times,
)
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import INT, NAT, Proposal, View, mentions, seq

_MOST_DIVISORS = 24
_LARGEST = 20_000
_MOST_FACTS = 5
_MOST_MULTIPLES = 40

Multiple = tuple[str, Polynomial]
"""A proof that a divisor divides a term, or what is one but for a cast, and the term."""


def propose(view: View) -> Iterator[Proposal]:
    for d in (*view.of_type(NAT), *view.of_type(INT)):
        facts = list(_multiples(view, d))[:_MOST_FACTS] if mentions(view.facts, d) else []
        if len(facts) > 1 and (found := _eliminated([p for _, p in facts])) is not None:
            yield from _one_of(view, d, facts, *found)


def _multiples(view: View, d: str) -> Iterator[Multiple]:
    """What the hypotheses say that the variable divides: `d ∣ p`, or `p % d = number`."""
    signed = d in view.of_type(INT)
    for h in view.props:
        parts = split_top(h.type, " ∧ ")
        for i, part in enumerate(parts):
            proof = h.name + ".2" * i + (".1" if i < len(parts) - 1 else "")
            term = read(part)
            if term is None or term.op not in ("∣", "="):
                continue
            if term.op == "∣" and term.args[0].op == "var" and term.args[0].name == d:
                dividend, rest = of_term(term.args[1], minus=signed), Polynomial()
            elif term.op == "=" and term.args[0].op == "%" and term.args[0].args[1].name == d:
                dividend, remainder = of_term(term.args[0].args[0], minus=signed), of_term(term.args[1], minus=signed)
                if remainder is None:
                    continue
                rest = remainder
            else:
                continue
            if dividend is not None and dividend.integral and rest.integral and d not in dividend.names:
                yield proof, dividend - rest


def _eliminated(terms: Sequence[Polynomial]) -> tuple[int, list[Polynomial]] | None:
    """A number and the multipliers by which the terms add up to it."""
    names = sorted({n for p in terms for n in p.names})
    factors: list[Monomial] = [()]
    for size in (1, 2):
        factors += [_product(chosen) for chosen in combinations_with_replacement(names, size)]
    given = [(i, m) for m in factors for i in range(len(terms))][:_MOST_MULTIPLES]
    for most in (len(terms), len(given)):
        products = [terms[i] * Polynomial({m: 1}) for i, m in given[:most]]
        numbers = combination(Polynomial.constant(1), products)
        if numbers is None:
            continue
        scale = lcm(*(c.denominator for c in numbers))
        multipliers = [Polynomial() for _ in terms]
        for (i, m), c in zip(given, numbers, strict=False):
            multipliers[i] = multipliers[i] + Polynomial({m: c * scale})
        return scale, multipliers
    return None


def _product(names: Sequence[str]) -> Monomial:
    product: Monomial = ()
    for name in names:
        product = times(product, ((name, 1),))
    return product


def _one_of(
    view: View, d: str, facts: Sequence[Multiple], number: int, multipliers: Sequence[Polynomial]
) -> Iterator[Proposal]:
    """The variable is one of the divisors of the number."""
    divisors = divisors_of(number) if number <= _LARGEST else []
    if not 0 < len(divisors) <= _MOST_DIVISORS:
        return
    nats = set(view.of_type(NAT))
    fresh = view.namer()

    def text(p: Polynomial) -> str:
        for n in p.names:
            if n in nats:
                p = p.replaced(n, Polynomial.variable(f"({n} : Int)"))
        return text_of(p)

    of, steps, terms, proofs = (d if d not in nats else f"({d} : Int)"), [], [], []
    for (known, p), multiplier in zip(facts, multipliers, strict=True):
        if not multiplier:
            continue
        h = fresh("hd")
        ways = "exact hc | exact Int.dvd_of_emod_eq_zero hc | exact Int.dvd_self_sub_of_emod_eq hc | omega"
        cast = f"have hc := {known}; have hz := congrArg (Nat.cast (R := Int)) {known}"
        steps.append(
            f"have {h} : {of} ∣ {text(p)} := by\n"
            f"  first\n"
            f"    | (have hc := {known}; first | {ways})\n"
            f"    | (have hc : {of} ∣ _ := Int.natCast_dvd_natCast.mpr {known}; push_cast at hc; first | {ways})\n"
            f"    | ({cast}; push_cast at hz; replace hc := hz; first | {ways})"
        )
        terms.append(f"({text(p)}) * ({text(multiplier)})")
        proofs.append(f"(Int.dvd_trans {h} (Int.dvd_mul_right _ _))")
    total, proof = terms[0], proofs[0]
    for term, other in zip(terms[1:], proofs[1:], strict=True):
        total, proof = f"{total} + {term}", f"(Int.dvd_add {proof} {other})"
    he, hz, hn, hv = fresh("he"), fresh("hz"), fresh("hn"), fresh("hv")
    size, known = (d, f"by exact_mod_cast {hz}") if d in nats else (f"{d}.natAbs", f"Int.natAbs_dvd_natAbs.mpr {hz}")
    steps += [
        f"have {he} : ({total} : Int) = {number} := by grind",
        f"have {hz} : {of} ∣ ({number} : Int) := by\n  rw [← {he}]\n  exact {proof}",
        f"have {hn} : {size} ∣ {number} := {known}",
        f"have {hv} := {one_of_divisors(number, '_', hn)}",
    ]
    arms = " | ".join([hv] * len(divisors))
    yield seq(*steps, f"rcases {hv} with {arms} <;> first | omega | (simp_all; done) | grind"), 0.86
    yield seq(*steps), 0.2
