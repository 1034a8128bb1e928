"""Primes given by their divisors: core Lean has no `Nat.Prime`, so statements bring a definition of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.goal import bare
from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import IDENT, NAT, Proposal, View, seq

_DIVISORS = re.compile(
    r"(?P<before>.+ ∧ )?\(?∀ \(?(?P<d>[\w'₀-₉]+)(?: : (?:Nat|ℕ)\))?, (?P=d) ∣ (?P<p>.+) → "
    r"(?P=d) = (?:1 ∨ (?P=d) = (?P=p)|(?P=p) ∨ (?P=d) = 1)\)?"
)
_NAMED = re.compile(r"[\w'₀-₉.]*[pP]rime[\w'₀-₉]* (?P<p>[\w'₀-₉]+|\(.+\))")
_PRODUCT = re.compile(r"(?P<p>[\w'₀-₉]+) ∣ (?P<a>[\w'₀-₉]+|\(.+\)) \* (?P<b>[\w'₀-₉]+|\(.+\))")
_MOST_PRIMES = 2


def propose(view: View) -> Iterator[Proposal]:
    yield from _forms(view)
    for p, divisors in _primes(view)[:_MOST_PRIMES]:
        yield from _products(view, p, divisors)
        known = [f"have {view.fresh(f'hp{n}')} := {divisors} {n}" for n in (2, 3, 5)]
        for count in (1, 2, 3):
            yield seq(*known[:count], "omega"), 0.45


def _stated(view: View) -> list[tuple[str, str]]:
    """Terms with the proofs that they have no divisors but 1 and themselves, as far as names and shapes tell."""
    found = []
    for h in view.props:
        if match := _DIVISORS.fullmatch(h.type):
            found.append((bare(match["p"]), f"{h.name}{'.2' * (match['before'] or '').count(' ∧ ')}"))
        elif match := _NAMED.fullmatch(h.type):
            found.append((bare(match["p"]), f"{h.name}.2"))
    return found


def _primes(view: View) -> list[tuple[str, str]]:
    """The variables among them."""
    return [(text, divisors) for text, divisors in _stated(view) if IDENT.fullmatch(text)]


def _forms(view: View) -> Iterator[Proposal]:
    """`p` and terms in `p` are prime, and modulo a small prime `q` one of them is always 0: so that one is `q`."""
    forms = [(text, divisors) for text, divisors in _stated(view) if text not in view.of_type(NAT)]
    forms = [(p, divisors) for p, divisors in _primes(view) if p in view.of_type(NAT)][:1] + forms
    terms = [(term, divisors) for text, divisors in forms if (term := read(text)) is not None]
    polynomials = [(of_term(term, minus=False), divisors) for term, divisors in terms]
    p = forms[0][0] if forms else ""
    if len(forms) < 2 or any(poly is None or poly.names != [p] or not poly.integral for poly, _ in polynomials):
        return
    for q in (3, 5, 2, 7):
        zeros = [[by for poly, by in polynomials if poly is not None and poly.at({p: r}) % q == 0] for r in range(q)]
        arms = [found[0] for found in zeros if found]
        if len(arms) < q:
            continue
        hr, hd = view.fresh("hr"), view.fresh("hd")
        cases = " ∨ ".join(f"{p} % {q} = {r}" for r in range(q))
        low = [f"try have {view.fresh(f'hl{i}')} := {by.split('.')[0]}.1" for i, (_, by) in enumerate(forms)]
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
