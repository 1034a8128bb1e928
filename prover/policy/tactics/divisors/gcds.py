"""Greatest common divisors and least common multiples: Euclid's algorithm on terms, and the product of the two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import gcd, lcm

from prover.policy.tactics.divisors import divisibility, elimination
from prover.policy.tactics.divisors.divisibility import signed_of
from prover.policy.tactics.kernel import one_of_divisors
from prover.policy.tactics.polynomials import (
    Polynomial,
    division,
    divisors_of,
    of_term,
    written,
)
from prover.policy.tactics.terms import Term, applications, read, show
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq, view_of

_MOST_DIVISORS = 12
_LARGEST_COMBINATION = 2_000
# What other rules weigh that they were made for.
_MADE_FOR_IT = 0.8
GCDS = ("Nat.gcd", ".gcd", "gcd", "Nat.Coprime", "Coprime", ".Coprime")
_PAIRS = ("Nat.gcd", ".gcd", "gcd", "Nat.lcm", ".lcm", "lcm")


def propose(view: View) -> Iterator[Proposal]:
    if "gcd" in view.target or "Coprime" in view.target:
        target = read(view.target)
        if target is not None:
            yield from common_divisor(view, target)
    if "gcd" in view.facts or "lcm" in view.facts:
        yield from _of_known_numbers(view)
        yield from _product_with_lcm(view)
        yield from _with_a_number(view)


def common_divisor(view: View, target: Term) -> Iterator[Proposal]:
    """`gcd a b = 1`, `gcd a b ≤ c`, `gcd a b ∣ c`: a combination of `a` and `b` is a number, by Euclid's algorithm on
    terms of one variable, and what divides both divides it."""
    left, right = target, Term("num", name="1")
    if target.op in ("=", "≤", "<", "∣"):
        left, right = target.args
    elif target.op in ("≥", ">"):
        right, left = target.args
    elif target.op != "app":
        return
    if left.op != "app" or left.args[0].name not in GCDS or len(left.args) != 3:
        return
    a, b = left.args[1:]
    if signed_of(view, a, b) is not False or right.op != "num":
        return
    if right.name == "1" and target.op in ("=", "app"):
        yield from _of_factors(a, b)
    pa, pb = of_term(a, minus=False), of_term(b, minus=False)
    if pa is None or pb is None:
        return
    found = _bezout(pa, pb)
    if found is None:
        yield from _divisor_of_both(view, show(a), show(b), target.op, right.name)
        return
    u, v, number, less = found
    one, two = (f"({u}) * ({show(a)})", f"({v}) * ({show(b)})")
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
        if len(right.name) < 20 and int(right.name) % number == 0:
            yield seq(*steps, f"exact Nat.dvd_trans h3 (by decide : {number} ∣ {right.name})"), 0.92
        return
    # which of the number's divisors it can be, the terms themselves decide
    divisors = divisors_of(number) if number <= _LARGEST_COMBINATION else []
    if not 0 < len(divisors) <= _MOST_DIVISORS:
        return
    steps += [
        f"have h6 := {one_of_divisors(number, '_', 'h3')}",
        f"rcases h6 with {' | '.join(['h6'] * len(divisors))} <;> (rw [h6] at h1 h2; first | exact h6 | omega)",
    ]
    yield seq(*steps), 0.92


def _divisor_of_both(view: View, a: str, b: str, op: str, right: str) -> Iterator[Proposal]:
    """The greatest common divisor as any divisor of both: the rules for these may need integers."""
    fresh = view.namer()
    h1, h2, d = fresh("h1"), fresh("h2"), fresh("d")
    names = " ".join(view.of_type(NAT))
    inner = view_of((f"{names} {d} : ℕ\n{h1} : {d} ∣ {a}\n{h2} : {d} ∣ {b}\n⊢ {d} {op} {right}",), ())
    found = (
        (each for rule in (divisibility.propose, elimination.propose) for each in rule(inner)) if inner else iter(())
    )
    end = next((tactic for tactic, weight in found if weight >= _MADE_FOR_IT), None)
    if end is not None and op in ("∣", "=", "≤", "<"):
        known = [f"have {h1} := Nat.gcd_dvd_left ({a}) ({b})", f"have {h2} := Nat.gcd_dvd_right ({a}) ({b})"]
        yield seq(*known, f"generalize Nat.gcd ({a}) ({b}) = {d} at *", end), 0.9


def _of_factors(a: Term, b: Term) -> Iterator[Proposal]:
    """What has no divisor in common with the factors has none with the product."""
    if a.op == "^" and b.op == "^":
        yield "apply Nat.Coprime.pow", 0.6
    elif a.op == "^" or b.op == "^":
        yield "apply Nat.Coprime.pow_left" if a.op == "^" else "apply Nat.Coprime.pow_right", 0.6
    for term, lemma in ((b, "Nat.Coprime.mul_right"), (a, "Nat.Coprime.mul_left")):
        if term.op == "*":
            yield f"(apply {lemma} <;> simp_all [Nat.Coprime, Nat.gcd_comm])", 0.7
            yield f"apply {lemma}", 0.5


def _bezout(a: Polynomial, b: Polynomial) -> tuple[str, str, int, bool] | None:
    """Factors u, v without signs, the number that is `v*b - u*a` (True) or `u*a - v*b` (False), and which it is."""
    found = _euclid(a, b) if len({*a.names, *b.names}) == 1 else None
    if found is None:
        return None
    u, v = found
    scale = lcm(*(c.denominator for c in (*u.terms.values(), *v.terms.values())))
    for sign in (1, -1):
        x, y = u * sign * scale, v * -sign * scale
        if (tx := written(x, signed=False)) is not None and (ty := written(y, signed=False)) is not None:
            return tx, ty, scale, sign < 0
    return None


def _euclid(a: Polynomial, b: Polynomial) -> tuple[Polynomial, Polynomial] | None:
    """u and v with u*a + v*b = 1, by Euclid over the rationals, for polynomials in one variable."""
    one, zero = Polynomial.constant(1), Polynomial()
    r0, r1, s0, s1, t0, t1 = a, b, one, zero, zero, one
    for _ in range(12):
        if not r1:
            break
        quotient, rest = division(r0, r1)
        r0, r1, s0, s1, t0, t1 = r1, rest, s1, s0 - quotient * s1, t1, t0 - quotient * t1
    return (s0 * (1 / r0.value), t0 * (1 / r0.value)) if r0.value else None


def _of_known_numbers(view: View) -> Iterator[Proposal]:
    """`lcm a b` is a number, and with it `gcd a b` or one of the two: `a` and `b` are among its divisors."""
    known: dict[str, dict[tuple[str, str], tuple[str, int]]] = {"gcd": {}, "lcm": {}}
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        if term is None or term.op != "=" or term.args[1].op != "num" or term.args[0] not in _pairs(term):
            continue
        a, b = (show(arg) for arg in term.args[0].args[1:])
        if {a, b} <= {*view.of_type(NAT), *(arg.name for arg in term.args[0].args[1:] if arg.op == "num")}:
            known[term.args[0].args[0].name[-3:]][a, b] = (h.name, int(term.args[1].name))
    for (a, b), (of_lcm, multiple) in known["lcm"].items():
        greatest = known["gcd"].get((a, b)) or known["gcd"].get((b, a))
        if a == b or (a.isdigit() and b.isdigit()):
            continue
        if 0 < multiple <= _LARGEST_COMBINATION and (a.isdigit() or b.isdigit() or greatest is not None):
            yield _each_divisor(view, a, b, of_lcm, multiple, greatest), 0.9


def _each_divisor(view: View, a: str, b: str, of_lcm: str, multiple: int, greatest: tuple[str, int] | None) -> str:
    """The divisors of the least common multiple, one by one, for one of the two; their product tells the other."""
    fresh = view.namer()
    hm, hd, hv = fresh("hm"), fresh("hd"), fresh("hv")
    x, y, side = (b, a, "right") if a.isdigit() else (a, b, "left")
    steps = [f"have {hd} : {x} ∣ {multiple} := {of_lcm} ▸ Nat.dvd_lcm_{side} {a} {b}"]
    divisors = divisors_of(multiple)
    finish, arms = "first | omega | decide | (simp_all; done)", []
    if y.isdigit():
        fits = [lcm(d, int(y)) == multiple for d in divisors]
        arms = [finish if fit else f"exact absurd {of_lcm} (by decide)" for fit in fits]
    elif greatest is not None:
        of_gcd, common = fresh("hg"), greatest[1]
        same = f"first | exact {greatest[0]} | (rw [Nat.gcd_comm]; exact {greatest[0]})"
        steps += [
            f"have {of_gcd} : Nat.gcd {a} {b} = {common} := by {same}",
            f"have {hm} := Nat.gcd_mul_lcm {a} {b}",
            f"rw [{of_gcd}, {of_lcm}] at {hm}",
        ]
        for d in divisors:
            other, rest = divmod(common * multiple, d)
            known = f"obtain rfl : {y} = {other} := by omega"
            arms.append("omega" if rest else f"{known}\n  {finish}")
            if not rest and (gcd(d, other) != common or lcm(d, other) != multiple):
                arms[-1] = f"{known}\n  first | exact absurd {of_gcd} (by decide) | exact absurd {of_lcm} (by decide)"
    steps += [
        f"have {hv} := {one_of_divisors(multiple, x, hd)}",
        f"clear {hd}; rcases {hv} with {' | '.join(['rfl'] * len(divisors))}",
    ]
    return seq(*steps, *(f"· {arm}" for arm in arms))


def _with_a_number(view: View) -> Iterator[Proposal]:
    """Hypotheses on `gcd n d` and `lcm n d` with a number `d`: the first is one of its divisors, and fixes the rest."""
    terms = [term for h in view.props if (term := read(h.type)) is not None]
    pairs = dict.fromkeys(each.args[1:] for term in terms for each in _pairs(term))
    for a, b in pairs:
        n, number = (b, a) if a.op == "num" else (a, b)
        if number.op != "num" or n.op != "var" or n.name not in view.of_type(NAT) or len(number.name) > 4:
            continue
        divisors = divisors_of(int(number.name)) if int(number.name) else []
        if not 0 < len(divisors) <= _MOST_DIVISORS:
            continue
        fresh = view.namer()
        hm, of_n, of_d, g, m, hg, hl = (fresh(name) for name in ("hm", "hn", "hd", "g", "m", "hg", "hl"))
        first, second = (of_d, of_n) if a.op == "num" else (of_n, of_d)
        both = f"({show(a)}) ({show(b)})"
        yield (
            seq(
                f"have {hm} := Nat.gcd_mul_lcm {both}",
                f"have {first} := Nat.gcd_dvd_left {both}",
                f"have {second} := Nat.gcd_dvd_right {both}",
                f"generalize {hg} : Nat.gcd {both} = {g} at *",
                f"generalize {hl} : Nat.lcm {both} = {m} at *",
                f"rcases {one_of_divisors(int(number.name), g, of_d)} with {' | '.join(['rfl'] * len(divisors))}"
                " <;> first | omega | grind",
            ),
            0.85,
        )


def _product_with_lcm(view: View) -> Iterator[Proposal]:
    """`gcd a b * lcm a b = a * b`, for the first pair that occurs, with what is known of the two."""
    pairs: list[tuple[str, str]] = []
    for text in (*(h.type for h in view.props), view.target):
        term = read(text)
        for each in _pairs(term) if term is not None else []:
            pair = (show(each.args[1]), show(each.args[2]))
            if signed_of(view, *each.args[1:]) is not False:
                continue
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
    """The greatest common divisors and least common multiples in a term."""
    return [each for each in applications(term) if len(each.args) == 3 and each.args[0].name in _PAIRS]
