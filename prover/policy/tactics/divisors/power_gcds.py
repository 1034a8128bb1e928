"""Greatest common divisors of powers less a number: as linear terms, and by Euclid's algorithm on the exponents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from prover.goal import Hypothesis
from prover.policy.tactics.divisors.gcds import GCDS, common_divisor
from prover.policy.tactics.polynomials import Polynomial, of_term, written
from prover.policy.tactics.terms import Term, read, show
from prover.policy.tactics.view import NAME, NAT, Proposal, View, have, seq

_LARGEST_SHIFT = 20
_POWER_DIFFERENCES = re.compile(
    rf"\(({NAME}|\d+) \^ {NAME} - 1\)\.gcd \(\1 \^ {NAME} - 1\) = \1 \^ (?:\3\.gcd \4|\4\.gcd \3) - 1"
)


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if "^" in view.target and ("gcd" in view.target or "Coprime" in view.target) else None
    if target is not None:
        yield from _of_powers(view, target)
        yield from _of_power_differences(view)


def _of_power_differences(view: View) -> Iterator[Proposal]:
    """`gcd (b ^ m - 1) (b ^ n - 1) = b ^ gcd m n - 1`, as Euclid's algorithm goes on the exponents."""
    match = _POWER_DIFFERENCES.fullmatch(view.target)
    if match is None:
        return
    b, fresh = match[1], view.namer()
    key, m, n, hm, ih, q, t, ht, he = (fresh(each) for each in ("hkey", "m", "n", "hm", "ih", "q", "t", "ht", "he"))
    rest, less = f"{b} ^ ({n} % {m})", f"({b} ^ {m} - 1)"
    positive = f"Nat.pow_pos (show 0 < {b} by omega)"
    power = [
        f"intro {q}",
        f"have hp : 0 < {b} ^ {m} := {positive}",
        f"induction {q} with",
        "| zero => exact ⟨0, by simp⟩",
        f"| succ {q} ih =>",
        f"  obtain ⟨{t}, {ht}⟩ := ih",
        f"  refine ⟨{t} * ({b} ^ {m}) + 1, ?_⟩",
        f"  rw [Nat.pow_succ, {ht}, Nat.add_mul, Nat.one_mul, Nat.mul_add, Nat.mul_one, Nat.mul_assoc]",
        "  omega",
    ]
    equal = [
        f"have h1 : {b} ^ {n} = {rest} * ({b} ^ {m}) ^ ({n} / {m}) := by"
        f" rw [← Nat.pow_mul, ← Nat.pow_add, Nat.mod_add_div]",
        f"have h2 : 0 < {rest} := {positive}",
        f"rw [h1, {ht}, Nat.mul_add, Nat.mul_one, Nat.mul_left_comm]",
        "omega",
    ]
    step = [
        *have("hpower", f"∀ {q}, ∃ {t}, ({b} ^ {m}) ^ {q} = {less} * {t} + 1", power).split("\n"),
        f"obtain ⟨{t}, {ht}⟩ := hpower ({n} / {m})",
        *have(he, f"{b} ^ {n} - 1 = {rest} - 1 + {less} * ({rest} * {t})", equal).split("\n"),
        f"rw [Nat.gcd_rec {m} {n}, ← {ih}, {he}, Nat.gcd_add_mul_left_right, Nat.gcd_comm]",
    ]
    lines = [
        f"intro {m} {n}",
        f"induction {m}, {n} using Nat.gcd.induction with",
        f"| H0 {n} => simp",
        f"| H1 {m} {n} {hm} {ih} =>\n  " + "\n  ".join(step),
    ]
    claim = f"∀ {m} {n}, Nat.gcd {less} ({b} ^ {n} - 1) = {b} ^ Nat.gcd {m} {n} - 1"
    yield seq(have(key, claim, lines), f"exact {key} _ _"), 0.9


def _of_powers(view: View, target: Term) -> Iterator[Proposal]:
    """`gcd (2 ^ n - 1) (2 ^ (n + 1) - 1)`: with `2 ^ n = t + 1` these are linear in `t`."""
    left = target.args[0] if target.op == "=" else target
    terms = left.args[1:] if left.op == "app" and left.args[0].name in GCDS and len(left.args) == 3 else ()
    powers = {(base, n) for term in terms for _, base, n, _ in _shifted(term)}
    if len(powers) != 1:
        return
    ((base, n),) = powers
    fresh = view.namer()
    t, ht, hp = fresh("t"), fresh("ht"), fresh("hp")
    values = [_at_power(term, n, t) for term in terms]
    texts = [written(value, signed=False) if value is not None else None for value in values]
    if None in texts or n not in view.of_type(NAT):
        return
    reduced = f"Nat.gcd ({texts[0]}) ({texts[1]})" + (f" = {show(target.args[1])}" if target.op == "=" else " = 1")
    inner = read(reduced)
    goal = replace(view.goal, target=reduced, hypotheses=(*view.goal.hypotheses, Hypothesis(t, "Nat")))
    ends = common_divisor(replace(view, goal=goal), inner) if inner is not None else iter(())
    end = next((tactic for tactic, weight in ends if weight > 0.9), None)
    steps = [
        f"have {hp} : 0 < {base} ^ {n} := Nat.pow_pos (by decide)",
        f"obtain ⟨{t}, {ht}⟩ : ∃ {t}, {base} ^ {n} = {t} + 1 := ⟨{base} ^ {n} - 1, by omega⟩",
        *(
            f"rw [show {show(term)} = {text} by first | omega | (simp only [Nat.pow_add, Nat.pow_succ, {ht}]; omega)]"
            for term, text in zip(terms, texts, strict=True)
        ),
        f"clear {ht} {hp}",
    ]
    yield seq(*steps, *([end] if end else [])), 0.9 if end else 0.6


def _shifted(term: Term) -> Iterator[tuple[Term, int, str, int]]:
    """The powers `b ^ (n + k)` of numbers in a term, with `b`, `n` and `k`."""
    p = of_term(term.args[1], minus=False) if term.op == "^" and term.args[0].op == "num" else None
    if p is not None and len(p.names) == 1 and p.degree == 1 and p.terms[((p.names[0], 1),)] == 1:
        shift = int(p.terms.get((), 0))
        if shift <= _LARGEST_SHIFT and len(term.args[0].name) <= 3:
            yield term, int(term.args[0].name), p.names[0], shift
    for arg in term.args:
        yield from _shifted(arg)


def _at_power(term: Term, n: str, t: str) -> Polynomial | None:
    """A term as a polynomial in `t` and variables other than `n`, where the power of its number is `t + 1`."""
    value = of_term(term, atoms=True)
    for power, base, _, shift in _shifted(term):
        whole = (Polynomial.variable(t) + Polynomial.constant(1)) * base**shift
        value = value.replaced(show(power, 1024), whole) if value is not None else None
    return value if value is not None and all(name.isidentifier() and name != n for name in value.names) else None


__all__ = ["propose"]
