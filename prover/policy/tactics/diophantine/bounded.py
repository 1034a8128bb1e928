"""Variables with few values, between two numbers or as divisors of one: go through them all.

Core Lean has no `interval_cases`. Two substitutes: a disjunction of the values that `omega` proves, split and finished
off value by value; and the whole statement as a bounded quantification that the kernel evaluates, whose bounds may
need nonlinear arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from prover.policy.tactics.diophantine.boxes import denied, interval
from prover.policy.tactics.diophantine.value_tables import computable, value_table
from prover.policy.tactics.kernel import EVALUATE, inside_range, one_of_divisors
from prover.policy.tactics.polynomials import (
    Polynomial,
    divided,
    divisors_of,
    of_term,
    text_of,
)
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import INT, NAT, Proposal, View, mentions, put, seq

_MOST_CASES = 40
_MOST_POINTS = 10_000
# From here on a list of the values is worth its longer text.
_MANY = 200


def propose(view: View) -> Iterator[Proposal]:
    yield from _universal(view)
    names = [n for n in view.of_type(NAT | INT) if mentions(view.facts, n)]
    if not names:
        return
    for n, size in re.findall(r"([\w'₀-₉]+)\.natAbs (?:≤|<) (\d{1,4})", view.facts)[:2]:
        if n in view.of_type(INT) and not re.search(rf"-{size} ≤ {re.escape(n)}", view.facts):
            yield f"have {view.fresh('hb')} : -{size} ≤ {n} ∧ {n} ≤ {size} := by omega", 0.4
    for n in names[:4]:
        low, high = interval(view, n)
        if low is not None and high is not None and 0 <= high - low < _MOST_CASES:
            yield from _cases(view, n, low, high)
        yield from _factors(view, n)
    yield from value_table(view, names)
    if (refuted := denied(view.target)) is not None:
        yield from value_table(view, names, refuted)
    yield from _two_factors(view, names)
    yield from _units(view, names)


def _universal(view: View) -> Iterator[Proposal]:
    """`∀ n, n < number → p n`, where there are too many values for the decision procedure of `<`."""
    match = re.match(r"∀ (?:\(([\w']+) : (?:Nat|ℕ)\), \1 (<|≤) (\d{3,4}) →|([\w']+) (<|≤) (\d{3,4}),) ", view.target)
    if match is not None and _MANY <= int(match[3] or match[6]) <= _MOST_POINTS:
        n, relation, number = match[1] or match[4], match[2] or match[5], match[3] or match[6]
        body = view.target[match.end() :]
        if any(mentions(body, h.name) for h in view.goal.hypotheses) or re.search("[∃ℝℚ✝]", body):
            return
        less = "hn" if relation == "<" else "(Nat.lt_succ_of_le hn)"
        claim = f"∀ {n} {inside_range(int(number) + (relation == '≤'))}, {body}"
        yield f"exact fun {n} hn => (show {claim} by {EVALUATE}) {n} (List.mem_range.2 {less})", 0.99


def _cases(view: View, n: str, low: int, high: int) -> Iterator[Proposal]:
    h = view.fresh("hv")
    values = " ∨ ".join(f"{n} = {value}" for value in range(low, high + 1))
    arms = " | ".join(["rfl"] * (high - low + 1))
    weight = 0.3 if high - low < 15 else 0.15
    known, split = f"have {h} : {values} := by omega", f"rcases {h} with {arms}"
    yield seq(known, f"{split} <;> omega"), weight
    yield seq(known, f"{split} <;> simp_all <;> omega"), weight
    yield seq(known, f"{split} <;> grind"), weight * 0.4
    yield seq(known, split), weight * 0.3


def _factors(view: View, n: str) -> Iterator[Proposal]:
    """A factor of a known number is one of its divisors."""
    for h in view.props:
        found = _cofactor(h.type, n) if n in view.of_type(NAT) else None
        if found is None:
            continue
        rest, number = found
        divisors = divisors_of(number)
        if number == 1 or len(divisors) > _MOST_CASES:
            continue
        hd, hv = view.fresh("hd"), view.fresh("hv")
        steps = (
            f"have {hd} : {n} ∣ {number} := ⟨{rest}, by first | exact {h.name}.symm | grind⟩",
            f"have {hv} := {one_of_divisors(number, n, hd)}",
            f"clear {hd}; rcases {hv} with {' | '.join(['rfl'] * len(divisors))}",
        )
        yield seq(*steps[:2], f"{steps[2]} <;> omega"), 0.3
        yield seq(*steps[:2], f"{steps[2]} <;> simp_all <;> omega"), 0.15
        yield seq(*steps), 0.06


def _units(view: View, names: list[str]) -> Iterator[Proposal]:
    """The factors of 1 are 1."""
    for h in view.props:
        if not h.type.endswith(" = 1"):
            continue
        found = {n: part[0] for n in names if n in view.of_type(NAT) and (part := _cofactor(h.type, n)) is not None}
        if not found:
            continue
        fresh = view.namer()
        units = {n: (fresh("hu"), rest) for n, rest in found.items()}
        steps = [
            f"have {hu} : {n} = 1 := Nat.eq_one_of_dvd_one ⟨{rest}, by first | exact {h.name}.symm | grind⟩"
            for n, (hu, rest) in units.items()
        ]
        steps.append(f"subst {' '.join(hu for hu, _ in units.values())}")
        yield seq(*steps, "first | omega | (simp_all; done) | grind"), 0.6
        yield seq(*steps), 0.3


def _two_factors(view: View, names: list[str]) -> Iterator[Proposal]:
    """`a * b = number`: each divisor `a` with its cofactor, as one decidable statement."""
    for h in view.props:
        for a in names:
            found = _cofactor(h.type, a)
            if found is None or found[0] not in names or found[0] == a or not {a, found[0]} <= set(view.of_type(NAT)):
                continue
            b, number = found
            others = [p for p in view.props if p.name != h.name and computable(p.type, [a, b])]
            if not computable(view.target, [a, b]) or not (others or mentions(view.target, a)):
                continue
            texts = [put(text, b, f"({number} / {a})") for text in (*(p.type for p in others), view.target)]
            claim = " → ".join(f"({text})" for text in texts)
            fresh = view.namer()
            hk, hd, hl = fresh("hk"), fresh("hd"), fresh("hl")
            steps = (
                f"have {hk} : ∀ {a} {inside_range(number + 1)}, {a} ∣ {number} → {claim} := by {EVALUATE}",
                f"have {hd} : {a} ∣ {number} := ⟨{b}, by first | exact {h.name}.symm | grind⟩",
                f"have {hl} := Nat.le_of_dvd (by decide) {hd}",
                f"obtain rfl : {b} = {number} / {a} :=\n"
                f"  (Nat.div_eq_of_eq_mul_right (Nat.pos_of_dvd_of_pos {hd} (by decide))\n"
                f"    (by first | exact {h.name}.symm | grind)).symm",
                f"exact {hk} {a} (List.mem_range.2 (by omega)) {hd} {' '.join(p.name for p in others)}",
            )
            yield seq(*steps), 0.33
            return


def _cofactor(text: str, n: str) -> tuple[str, int] | None:
    """For `n * rest = number`, in any order of the factors, the rest and the number."""
    found = _known_product(text)
    rest = divided(found[0], Polynomial.variable(n)) if found is not None else None
    return (text_of(rest), found[1]) if found is not None and rest is not None and rest.integral else None


@lru_cache(maxsize=256)
def _known_product(text: str) -> tuple[Polynomial, int] | None:
    """The product of variables of which a hypothesis says that it is a number, with that number."""
    term = read(text) if " = " in text else None
    if term is None or term.op != "=" or term.args[1].op != "num" or not 0 < len(term.args[1].name) < 5:
        return None
    product = of_term(term.args[0], minus=False)
    if product is None or len(product.terms) != 1 or product.degree < 2 or term.args[1].name == "0":
        return None
    return product, int(term.args[1].name)
