"""What a divisor that is linear in a variable divides: the number that is left of a polynomial, which bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from prover.policy.tactics.kernel import one_of_divisors
from prover.policy.tactics.polynomials import Polynomial, divided, divisors_of, of_term, text_of
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq

_MOST_VALUES = 60
# Of what a larger number is divided by: how many, and the number itself.
_MOST_DIVISORS, _LARGEST = 24, 3_000
_MOST_DEGREE = 6


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        term = read(h.type) if " ∣ " in h.type and "↑" not in h.type else None
        if term is None or term.op != "∣":
            continue
        for n in (*view.of_type(NAT), *view.of_type(INT)):
            signed = n not in view.of_type(NAT)
            divisor, dividend = (of_term(side, minus=signed) for side in term.args)
            if divisor is not None and dividend is not None:
                yield from _bounded(view, h.name, n, divisor, dividend, signed=signed)


def _bounded(
    view: View, h: str, n: str, divisor: Polynomial, dividend: Polynomial, *, signed: bool
) -> Iterator[Proposal]:
    """`a * n + b ∣ p n` gives `a * n + b ∣ a ^ deg p * p (-b / a)`; of the values that are left each is looked at."""
    if divisor.names != [n] or dividend.names != [n] or divisor.degree != 1 or dividend.degree > _MOST_DEGREE:
        return
    if not divisor.integral or not dividend.integral:
        return
    parts = divisor.in_one(n)
    a, b = (int(parts[power].value or 0) if power in parts else 0 for power in (1, 0))
    scale = a**dividend.degree
    rest = int((dividend * scale).at({n: Fraction(-b, a)}))
    quotient = divided(dividend * scale - Polynomial.constant(rest), divisor)
    if rest == 0 or quotient is None or not quotient.integral:
        return
    sign = 1 if rest > 0 else -1
    low, high = sorted((Fraction(-abs(rest) - b, a), Fraction(abs(rest) - b, a)))
    values = range(ceil(low) if signed else max(0, ceil(low)), floor(high) + 1)
    if not values or any(f"∣ {abs(rest)}" in prop.type for prop in view.props):  # the last: it is done already
        return
    whole = n if signed else f"({n} : Int)"
    fresh = view.namer()
    k, hk, hd, hl = fresh("k"), fresh("hk"), fresh("hd"), fresh("hl")
    d, q = (text_of(each.replaced(n, Polynomial.variable(whole))) for each in (divisor, quotient))
    cast = "" if signed else f"have hc := congrArg (Nat.cast (R := Int)) {hk}; "
    factor = f"{sign * scale} * {k if signed else f'({k} : Int)'} - {sign} * ({q})"
    bound = seq(
        f"have {hd} : ({d}) ∣ ({abs(rest)} : Int) := by\n"
        f"  obtain ⟨{k}, {hk}⟩ := {h}\n  exact ⟨{factor}, by {cast}grind⟩",
        f"have {hl} := Int.le_of_dvd (by decide) {hd}",
        f"have {hk} := Int.le_of_dvd (by decide) (Int.neg_dvd.mpr {hd})",
    )
    if high - low > _MOST_VALUES:
        yield seq(bound, "omega"), 0.85
        divisors = divisors_of(abs(rest)) if not signed and a > 0 and b >= 0 and abs(rest) <= _LARGEST else []
        if 0 < len(divisors) <= _MOST_DIVISORS:
            hn, hv, written = fresh("hn"), fresh("hv"), text_of(divisor)
            each = f"rcases {hv} with {' | '.join([hv] * len(divisors))} <;> first | omega | (simp_all; done) | grind"
            cast = f"first | exact Int.ofNat_dvd.mp {hd} | exact_mod_cast {hd}"
            known = f"have {hn} : ({written}) ∣ {abs(rest)} := by {cast}"
            one_of = f"have {hv} := {one_of_divisors(abs(rest), f'({written})', hn)}"
            yield seq(bound, known, one_of, f"clear {hd} {hl} {hk} {hn}", each), 0.84
        return
    one_of = " ∨ ".join(f"{n} = {x}" for x in values)
    arms = " | ".join(["rfl"] * len(values))
    close = f"first | omega | (simp_all; done) | (revert {h}; decide) | grind"
    yield seq(bound, f"rcases (show {one_of} by omega) with {arms} <;> ({close})"), 0.85
    yield bound, 0.3
