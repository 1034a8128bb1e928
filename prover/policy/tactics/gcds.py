"""Greatest common divisors and least common multiples: Euclid's algorithm on terms, and the product of the two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import lcm

from prover.policy.tactics.divisibility import signed_of
from prover.policy.tactics.polynomials import Polynomial, of_term, written
from prover.policy.tactics.terms import Term, read, show
from prover.policy.tactics.view import INT, Proposal, View, seq

_MOST_DIVISORS = 12


def propose(view: View) -> Iterator[Proposal]:
    if "gcd" in view.target or "Coprime" in view.target:
        target = read(view.target)
        if target is not None:
            yield from _common_divisor(view, target)
    if "gcd" in view.facts or "lcm" in view.facts:
        yield from _product(view)


def _common_divisor(view: View, target: Term) -> Iterator[Proposal]:
    """`gcd a b = 1`, `gcd a b ≤ c`, `gcd a b ∣ c`: a combination of `a` and `b` is a number, by Euclid's algorithm on
    terms of one variable, and what divides both divides it."""
    left, right = target, Term("num", name="1")
    if target.op in ("=", "≤", "<", "∣"):
        left, right = target.args
    elif target.op in ("≥", ">"):
        right, left = target.args
    elif target.op != "app":
        return
    if left.op != "app" or not left.args[0].name.endswith(("gcd", "Coprime")) or len(left.args) != 3:
        return
    a, b = left.args[1:]
    if right == Term("num", name="1") and target.op in ("=", "app"):
        yield from _products(a, b)
    pa, pb = of_term(a, minus=False), of_term(b, minus=False)
    if pa is None or pb is None or right.op != "num" or signed_of(view, a, b) is not False:
        return
    found = _bezout(pa, pb)
    if found is None:
        return
    u, v, number, less = found
    one, two = (f"{u} * ({show(a)})", f"{v} * ({show(b)})")
    ga, gb = f"Nat.gcd_dvd_left ({show(a)}) ({show(b)})", f"Nat.gcd_dvd_right ({show(a)}) ({show(b)})"
    da, db = f"(Nat.dvd_mul_left_of_dvd h1 ({u}))", f"(Nat.dvd_mul_left_of_dvd h2 ({v}))"
    if less:
        one, two, da, db = two, one, db, da
    steps = [
        f"have h1 := {ga}",
        f"have h2 := {gb}",
        f"have h3 := Nat.dvd_sub {da} {db}",
        f"have h4 : {one} - {two} = {number} := by first | omega | grind",
        "rw [h4] at h3",
    ]
    if target.op == "∣":
        yield seq(*steps, f"exact Nat.dvd_trans h3 (by decide : {number} ∣ {right.name})"), 0.92
        return
    # which of the number's divisors it can be, the terms themselves decide
    divisors = [d for d in range(1, number + 1) if number % d == 0]
    if len(divisors) > _MOST_DIVISORS:
        return
    either = " ∨ ".join(f"g = {d}" for d in divisors)
    steps += [
        f"have h5 : ∀ g < {number + 1}, g ∣ {number} → {either} := by decide",
        "have h6 := h5 _ (Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) h3)) h3",
        f"rcases h6 with {' | '.join(['h6'] * len(divisors))} <;> (rw [h6] at h1 h2; first | exact h6 | omega)",
    ]
    yield seq(*steps), 0.92


def _products(a: Term, b: Term) -> Iterator[Proposal]:
    """What has no divisor in common with the factors has none with the product."""
    if a.op == "^" or b.op == "^":
        yield "apply Nat.Coprime.pow", 0.6
        yield "apply Nat.Coprime.pow_left" if a.op == "^" else "apply Nat.Coprime.pow_right", 0.4
    for term, lemma in ((b, "Nat.Coprime.mul_right"), (a, "Nat.Coprime.mul_left")):
        if term.op == "*":
            yield f"(apply {lemma} <;> simp_all [Nat.Coprime, Nat.gcd_comm])", 0.7
            yield f"apply {lemma}", 0.5


def _bezout(a: Polynomial, b: Polynomial) -> tuple[str, str, int, bool] | None:
    """Factors u, v without signs, the number that is `v*b - u*a` (True) or `u*a - v*b` (False), and which it is."""
    names = sorted({*a.names, *b.names})
    if len(names) != 1:
        return None
    n = names[0]
    for u, v in _euclid(a, b, n):
        scale = lcm(*(c.denominator for c in (*u.terms.values(), *v.terms.values())))
        for sign in (1, -1):
            x, y = u * sign * scale, v * -sign * scale
            if (tx := written(x, signed=False)) is not None and (ty := written(y, signed=False)) is not None:
                number = (x * a - y * b).value or Fraction(0)
                return tx, ty, abs(int(number)), number < 0
    return None


def _euclid(a: Polynomial, b: Polynomial, n: str) -> Iterator[tuple[Polynomial, Polynomial]]:
    """Pairs (u, v) with u*a + v*b = 1, by Euclid over the rationals."""
    one, zero = Polynomial.constant(1), Polynomial()
    r0, r1, s0, s1, t0, t1 = a, b, one, zero, zero, one
    for _ in range(12):
        if not r1:
            break
        quotient = _divmod(r0, r1, n)
        r0, r1, s0, s1, t0, t1 = r1, r0 - quotient * r1, s1, s0 - quotient * s1, t1, t0 - quotient * t1
    if r0.value:
        yield s0 * (1 / r0.value), t0 * (1 / r0.value)


def _divmod(a: Polynomial, b: Polynomial, n: str) -> Polynomial:
    """The quotient of polynomials in one variable over the rationals."""
    quotient, rest = Polynomial(), a

    def lead(p: Polynomial) -> tuple[int, Fraction]:
        powers = p.in_one(n)
        top = max(powers)
        return top, powers[top].value or Fraction(0)

    high, below = lead(b)
    while rest and (top := lead(rest))[0] >= high:
        term = Polynomial({((n, top[0] - high),) if top[0] > high else (): top[1] / below})
        quotient, rest = quotient + term, rest - term * b
    return quotient


def _product(view: View) -> Iterator[Proposal]:
    """`gcd a b * lcm a b = a * b`, for every pair that occurs, with what is known of the two."""
    pairs: list[tuple[str, str]] = []
    for text in (*(h.type for h in view.props), view.target):
        term = read(text)
        for each in _pairs(term) if term is not None else []:
            pair = (show(each.args[1]), show(each.args[2]))
            if pair not in pairs and pair[::-1] not in pairs:
                pairs.append(pair)
    if not pairs or not ("lcm" in view.facts and "gcd" in view.facts):
        if pairs and "gcd" in view.facts:
            a, b = pairs[0]
            hints = f"have hg1 := Nat.gcd_dvd_left ({a}) ({b})\n have hg2 := Nat.gcd_dvd_right ({a}) ({b})"
            known = [h.name for h in view.props if "gcd" in h.type and " = " in h.type]
            if known and not view.of_type(INT):
                yield f"({hints}\n simp only [{', '.join(known)}] at hg1 hg2\n omega)", 0.3
                yield (
                    (
                        f"({hints}\n simp only [{', '.join(known)}] at hg1 hg2\n obtain ⟨u, hu⟩ := hg1\n"
                        " obtain ⟨v, hv⟩ := hg2)"
                    ),
                    0.1,
                )
        return
    a, b = pairs[0]
    facts = [h.name for h in view.props if re.search(r"gcd|lcm", h.type) and re.search(r" = ", h.type)]
    rewrite = f"rw [{', '.join(facts)}] at hm" if facts else "skip"
    others = [h.name for h in view.props if re.fullmatch(r"[\w'₀-₉]+ = \d+", h.type)]
    values = f"try simp only [{', '.join(others)}] at hm" if others else "skip"
    head = seq(f"have hm := Nat.gcd_mul_lcm ({a}) ({b})", f"try {rewrite}", values)
    for finish in ("omega", "grind", "simp_all"):
        yield seq(f"have hm := Nat.gcd_mul_lcm ({a}) ({b})", f"try {rewrite}", values, finish), 0.91
    yield head, 0.2


def _pairs(term: Term) -> list[Term]:
    found = [term] if term.op == "app" and len(term.args) == 3 and re.search(r"gcd|lcm", term.args[0].name) else []
    for arg in term.args:
        found += _pairs(arg)
    return found
