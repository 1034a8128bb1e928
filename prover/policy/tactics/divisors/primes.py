"""Primes given by their divisors: core Lean has no `Nat.Prime`, so statements bring a definition of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from prover.goal import Hypothesis, bare
from prover.policy.tactics.divisors import tables
from prover.policy.tactics.divisors.modular import without_difference
from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.terms import at_least, read
from prover.policy.tactics.view import IDENT, NAT, Proposal, View, seq, stands_in

_DIVISORS = re.compile(
    r"(?P<before>.+ ∧ )?\(?∀ \(?(?P<d>[\w'₀-₉]+)(?: : (?:Nat|ℕ)\))?, (?P=d) ∣ (?P<p>.+) → "
    r"(?P=d) = (?:1 ∨ (?P=d) = (?P=p)|(?P=p) ∨ (?P=d) = 1)\)?"
)
_NAMED = re.compile(r"[\w'₀-₉.]*[pP]rime[\w'₀-₉]* (?P<p>[\w'₀-₉]+|\(.+\))")
_PRODUCT = re.compile(r"(?P<p>[\w'₀-₉]+) ∣ (?P<a>[\w'₀-₉]+|\(.+\)) \* (?P<b>[\w'₀-₉]+|\(.+\))")
_MOST_PRIMES = 2


@dataclass(frozen=True, slots=True)
class Prime:
    """A term of which a hypothesis says that it has no divisors but 1 and itself, as far as names and shapes tell."""

    text: str
    hypothesis: str
    divisors: str
    """A Lean term of `∀ d, d ∣ p → d = 1 ∨ d = p`, in one of the two orders."""


def propose(view: View) -> Iterator[Proposal]:
    stated = _stated(view)
    yield from _forms(view, stated)
    for prime in [each for each in stated if IDENT.fullmatch(each.text)][:_MOST_PRIMES]:
        yield from _products(view, prime.text, prime.divisors)
        known = [f"have {view.fresh(f'hp{n}')} := {prime.divisors} {n}" for n in (2, 3, 5)]
        for count in (1, 2, 3):
            yield seq(*known[:count], "omega"), 0.45
        yield from _no_small_divisor(view, prime)


def _no_small_divisor(view: View, prime: Prime) -> Iterator[Proposal]:
    """A large prime is no multiple of a small one, which is what the tables of remainders want to know."""
    fresh, p = view.namer(), prime.text
    name = fresh("hr")
    if any(stands_in(h.type, f"{p} % 2") for h in view.props) or not re.search(r"[%∣]", view.target):
        return
    less = without_difference(view)
    tries = []
    bounds = [at_least(term, p) for h in view.props if (term := read(h.type)) is not None]
    least = max((bound for bound in bounds if bound is not None), default=0)
    for small in ((2, 3, 5), (2, 3), (2,)):
        if 0 < least <= small[-1]:  # it may be that prime itself
            continue
        instances = "; ".join(f"have {fresh('hp')} := {prime.divisors} {q}" for q in small)
        claim = " ∧ ".join(f"{p} % {q} ≠ 0" for q in small)
        tries.append(f"have {name} : {claim} := by ({instances}; omega)")
        hypotheses = (*view.goal.hypotheses, Hypothesis(name, claim))
        after = replace(view.goal, hypotheses=hypotheses, target=less[1] if less is not None else view.target)
        for table, _ in islice(tables.propose(replace(view, goal=after)), 1):
            yield seq(tries[-1], *([less[0]] if less is not None else []), table), 0.85
    if tries:
        yield "first | " + " | ".join(tries), 0.7


def _stated(view: View) -> list[Prime]:
    found = []
    for h in view.props:
        if match := _DIVISORS.fullmatch(h.type):
            last = ".2" * (match["before"] or "").count(" ∧ ")
            found.append(Prime(bare(match["p"]), h.name, f"{h.name}{last}"))
        elif match := _NAMED.fullmatch(h.type):
            found.append(Prime(bare(match["p"]), h.name, _of_definition(h.name, bare(match["p"]))))
    return found


def _of_definition(h: str, p: str) -> str:
    """The divisors, from the second part of a definition that speaks of them or of factors."""
    ways = [f"exact {h}.2 d hd", f"exact ({h}.2 d hd).symm"]
    ways += [
        f"(obtain ⟨k, hk⟩ := hd; rcases {h}.2 d k {equation} with h1 | h1 <;> simp_all)"
        for equation in ("hk", "hk.symm")
    ]
    return f"(show ∀ d : Nat, d ∣ {p} → d = 1 ∨ d = {p} from by intro d hd; first | {' | '.join(ways)})"


def _forms(view: View, stated: list[Prime]) -> Iterator[Proposal]:
    """`p` and terms in `p` are prime, and modulo a small prime `q` one of them is always 0: so that one is `q`."""
    numbers = view.of_type(NAT)
    variables = [prime for prime in stated if prime.text in numbers][:1]
    forms = [*variables, *(prime for prime in stated if prime.text not in numbers)]
    terms = [read(prime.text) for prime in forms]
    polynomials = [of_term(term, minus=False) if term is not None else None for term in terms]
    if not variables or len(forms) < 2 or any(poly is None or poly.names != [forms[0].text] for poly in polynomials):
        return
    p = forms[0].text
    both = [(poly, prime.divisors) for poly, prime in zip(polynomials, forms, strict=True) if poly is not None]
    for q in (3, 5, 2, 7):
        zeros = [[by for poly, by in both if poly.at({p: r}) % q == 0] for r in range(q)]
        arms = [found[0] for found in zeros if found]
        if len(arms) < q:
            continue
        hr, hd = view.fresh("hr"), view.fresh("hd")
        cases = " ∨ ".join(f"{p} % {q} = {r}" for r in range(q))
        low = [f"try have {view.fresh(f'hl{i}')} := {prime.hypothesis}.1" for i, prime in enumerate(forms)]
        exponents = sorted({power for poly, _ in both for m in poly.terms for _, power in m if power > 1})
        low += [
            f"try have {view.fresh(f'hw{e}')} := Nat.pow_le_pow_left (show 2 ≤ {p} by omega) {e}" for e in exponents
        ]
        divides = f"Nat.dvd_of_mod_eq_zero (by simp [Nat.add_mod, Nat.mul_mod, Nat.pow_mod, {hr}])"
        split = f"rcases (show {cases} by omega) with {' | '.join([hr] * q)}"
        each = [f"· have {hd} := {by} {q} ({divides})\n  first | omega | (simp_all; omega)" for by in arms]
        yield seq(*low, split, *each), 0.8
        return


def _products(view: View, p: str, divisors: str) -> Iterator[Proposal]:
    """Euclid's lemma: of a product that a prime divides it divides a factor, since its greatest common divisor with the
    other factor is 1 or the prime."""
    for h in view.props:
        match = _PRODUCT.fullmatch(h.type)
        if match is None or match["p"] != p:
            continue
        a, b = match["a"], match["b"]
        hg = view.fresh("hg")
        common = f"rcases {divisors} (Nat.gcd {p} ({a})) (Nat.gcd_dvd_left {p} ({a})) with {hg} | {hg}"
        one = f"exact Or.inr (Nat.Coprime.dvd_of_dvd_mul_left {hg} {h.name})"
        itself = f"exact Or.inl ({hg} ▸ Nat.gcd_dvd_right {p} ({a}))"
        proof = seq(f"{common} <;> first | {one} | {itself}")
        claim = f"{p} ∣ {a} ∨ {p} ∣ {b}"
        if view.target == claim:
            yield proof, 0.85
        else:
            name = view.fresh("hq")
            yield seq(f"have {name} : {claim} := by {proof}", f"rcases {name} with {name} | {name}"), 0.4
            yield seq(f"have {name} : {claim} := by {proof}", f"rcases {name} with {name} | {name} <;> simp_all"), 0.42


__all__ = ["propose"]
