"""What follows from numbers having no divisor in common: what divides a product, and products that divide."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.divisors.gcds import GCDS
from prover.policy.tactics.terms import Term, conjuncts, names_of, read, show
from prover.policy.tactics.view import INT, NAME, Proposal, View, have, seq

_MOST = 6
_EQUAL_REMAINDERS = re.compile(rf"{NAME} \* {NAME} % {NAME} = \1 \* {NAME} % \3")


def propose(view: View) -> Iterator[Proposal]:
    if not re.search("gcd|Coprime", view.facts) or not re.search(r"[∣*^]", view.facts):
        return
    known = _coprime(view)
    target = read(view.target)
    if not known:
        return
    if target is not None and (pair := pair_of(target)) is not None:
        yield from _of_products(pair, known)
    yield from _cancelled(view, known)
    fresh = view.namer()
    steps = [f"have {fresh('hd')} := {proof}" for proof in _divisors(view, known)][:_MOST]
    if target is not None and target.op == "∣" and target.args[0].op == "*":
        a, b = (show(arg) for arg in target.args[0].args)
        if (proof := known.get((a, b))) is not None:
            end = "first | assumption | grind"
            yield seq(*steps, f"exact {proof}.mul_dvd_of_dvd_of_dvd (by {end}) (by {end})"), 0.9
    if steps:
        yield seq(*steps, "first | assumption | omega | grind"), 0.88
        yield seq(*steps), 0.2


def pair_of(term: Term) -> tuple[Term, Term] | None:
    """The two numbers that a statement says have no divisor in common."""
    if term.op == "=" and term.args[1] == Term("num", name="1"):
        term = term.args[0]
    elif term.op == "=":
        return None
    if term.op == "app" and len(term.args) == 3 and term.args[0].name in GCDS:
        return term.args[1], term.args[2]
    return None


def _coprime(view: View) -> dict[tuple[str, str], str]:
    """Pairs of natural numbers without a common divisor, both ways round, with Lean terms of `Nat.Coprime`."""
    found: dict[tuple[str, str], str] = {}
    for h in view.props:
        term = read(h.type) if "gcd" in h.type or "Coprime" in h.type else None
        pair = pair_of(term) if term is not None else None
        if pair is not None and "Int." not in h.type and not names_of(Term("*", pair)) & set(view.of_type(INT)):
            a, b = map(show, pair)
            plain = f"(show Nat.Coprime ({a}) ({b}) from {h.name})"
            found.setdefault((a, b), plain)
            found.setdefault((b, a), f"{plain}.symm")
    return found


def _divisors(view: View, known: dict[tuple[str, str], str]) -> Iterator[str]:
    """What divides a factor of a product because it has nothing in common with the other factor."""
    for h in view.props:
        whole = read(h.type)
        for term in conjuncts(whole) if whole is not None else ():
            if term.op == "∣" and term.args[1].op == "*":
                proof = h.name if term is whole else f"(by grind : {show(term)})"
                yield from _of_divided(show(term.args[0]), term.args[1], proof, known)
            if term.op == "=" and all(side.op == "*" for side in term.args):
                for left, right in (term.args, term.args[::-1]):
                    for a, b in (left.args, left.args[::-1]):
                        divisor, other = show(a), show(b)
                        text = f"({divisor}) ∣ {show(right)}"
                        proof = f"(show {text} from ⟨{other}, by first | grind | (rw [Nat.mul_comm]; grind)⟩)"
                        yield from _of_divided(divisor, right, proof, known)


def _of_divided(divisor: str, whole: Term, proof: str, known: dict[tuple[str, str], str]) -> Iterator[str]:
    left, right = map(show, whole.args)
    if (coprime := known.get((divisor, left))) is not None:
        yield f"{coprime}.dvd_of_dvd_mul_left {proof}"
    if (coprime := known.get((divisor, right))) is not None:
        yield f"{coprime}.dvd_of_dvd_mul_right {proof}"


def _cancelled(view: View, known: dict[tuple[str, str], str]) -> Iterator[Proposal]:
    """`a * b % n = a * c % n` without the factor that has no divisor in common with `n`."""
    for h in view.props:
        equal = _EQUAL_REMAINDERS.fullmatch(h.type)
        proof = known.get((equal[3], equal[1])) if equal is not None else None
        if equal is None or proof is None:
            continue
        a, b, n, c = equal[1], equal[2], equal[3], equal[4]
        fresh = view.namer()
        hc, hx, hy, k, m, hk, hm, hr = (fresh(name) for name in ("hc", "hx", "hy", "k", "m", "hk", "hm", "hr"))
        divided = "Nat.dvd_of_mod_eq_zero (Nat.sub_mod_eq_zero_of_mod_eq {0})"
        lines = [
            f"have {hx} := {divided.format(h.name)}",
            f"have {hy} := {divided.format(h.name + '.symm')}",
            f"rw [← Nat.mul_sub] at {hx} {hy}",
            f"have {hc} : Nat.Coprime {n} {a} := {proof}",
            f"obtain ⟨{k}, {hk}⟩ := {hc}.dvd_of_dvd_mul_left {hx}",
            f"obtain ⟨{m}, {hm}⟩ := {hc}.dvd_of_dvd_mul_left {hy}",
            f"rcases Nat.le_total {b} {c} with {hr} | {hr}",
            f"· rw [show {c} = {b} + {n} * {m} by omega, Nat.add_mul_mod_self_left]",
            f"· rw [show {b} = {c} + {n} * {k} by omega, Nat.add_mul_mod_self_left]",
        ]
        yield seq(have(fresh("hcancel"), f"{b} % {n} = {c} % {n}", lines), "first | assumption | omega | grind"), 0.8


def _of_products(pair: tuple[Term, Term], known: dict[tuple[str, str], str]) -> Iterator[Proposal]:
    """Products and powers of numbers without a common divisor have none either."""
    proof = _built(*pair, known)
    if proof is not None:
        yield f"exact {proof}", 0.9


def _built(a: Term, b: Term, known: dict[tuple[str, str], str]) -> str | None:
    if (proof := known.get((show(a), show(b)))) is not None:
        return proof
    for term, other, left in ((a, b, True), (b, a, False)):
        if term.op == "*":
            first, second = ((arg, other) if left else (other, arg) for arg in term.args)
            one = _built(*first, known)
            two = _built(*second, known) if one is not None else None
            return f"(Nat.Coprime.mul_{'left' if left else 'right'} {one} {two})" if two is not None else None
        if term.op == "^":
            base = _built(*((term.args[0], other) if left else (other, term.args[0])), known)
            if base is not None:
                return f"(Nat.Coprime.pow_{'left' if left else 'right'} _ {base})"
    return None


__all__ = ["pair_of", "propose"]
