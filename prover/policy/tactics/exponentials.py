"""Equations between powers of numbers with variable exponents, and squares: few solutions, and none modulo some number.

`a ^ x = b ^ y + c` and `b ^ n + c = m ^ 2`: remainders and the distances of squares bound the exponents, and what is
below the bounds is a table that the kernel computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import isqrt

from prover.policy.tactics.bounded import EVALUATE, inside_range
from prover.policy.tactics.polynomials import Polynomial, of_term
from prover.policy.tactics.squares import below_square, each_root
from prover.policy.tactics.terms import names_of, read
from prover.policy.tactics.view import NAT, Proposal, View, case, have, seq

_FACTORS = (1, 3, 5, 7, 11, 13, 17, 4, 9, 16, 19, 31, 37, 41, 73)
_MODULI = (3, 4, 5, 7, 8, 9, 11, 13, 16, 17)
_MOST_EXPONENT = 12
_MOST_PAIRS = 64
_LARGEST_MODULUS = 20_000
_LARGEST_DISTANCE = 10_000
_POWER = re.compile(r"\((\d{1,2}) \^ ([\w'₀-₉]+)\)")


@dataclass(frozen=True, slots=True)
class Power:
    """A number to the power of a variable."""

    base: int
    exponent: str


def propose(view: View) -> Iterator[Proposal]:
    naturals = set(view.of_type(NAT))
    target = read(view.target)
    asked = names_of(target) - {"False"} if target is not None else naturals
    for h in view.props:
        if " = " not in h.type or "^" not in h.type or "↑" in h.type:
            continue
        term = read(h.type)
        if term is None or term.op != "=":
            continue
        left, right = (of_term(side, atoms=True, minus=False) for side in term.args)
        parts = _parts(left - right, naturals) if left is not None and right is not None else None
        if parts is None or not asked <= names_of(term):
            continue
        (first, second), c = parts
        if isinstance(first, Power) and isinstance(second, Power):
            yield from _two_powers(view, h.name, first, second, c)
        elif isinstance(second, Power) and isinstance(first, str):
            yield from _near_square(view, h.name, first, second, c)
        elif isinstance(first, Power) and isinstance(second, str):
            yield from _near_square(view, h.name, second, first, -c)


def _parts(difference: Polynomial, naturals: set[str]) -> tuple[tuple[Power | str, Power | str], int] | None:
    """p, q and c of an equation `p = q + c`, each of p and q a power or, by its root, a square."""
    sides: dict[int, Power | str] = {}
    c = int(difference.terms.get((), 0))
    for monomial, factor in difference.terms.items():
        if not monomial:
            continue
        name, power = monomial[0]
        match = _POWER.fullmatch(name)
        if len(monomial) > 1 or abs(factor) != 1:
            return None
        if match is not None and power == 1 and match[2] in naturals and int(match[1]) > 1:
            sides[int(factor)] = Power(int(match[1]), match[2])
        elif name in naturals and power == 2:
            sides[int(factor)] = name
        else:
            return None
    if sides.keys() != {1, -1} or len(difference.terms) > 3 or abs(c) > _LARGEST_DISTANCE:
        return None
    return (sides[1], sides[-1]), -c


def _two_powers(view: View, h: str, first: Power, second: Power, c: int) -> Iterator[Proposal]:
    """From some exponent on, `second + c` is no power of the first base: its remainders are others."""
    if first.exponent == second.exponent:
        return
    ways = [(second, first, c), (first, second, -c)]
    found = [(way, known) for way in ways if (known := _least(way[0].base, way[1].base, way[2])) is not None]
    if not found:
        return
    (small, other, _), (_, least, q) = min(found, key=lambda each: each[1])
    fresh = view.namer()
    t, p, r, ha, hb, hx, hy, hc = (fresh(name) for name in ("t", "p", "r", "ha", "hb", "hx", "hy", "hc"))
    a, x, b, y = other.base, other.exponent, small.base, small.exponent
    most = next(e for e in range(10_000) if a**e > b**least + abs(c))
    lines = [
        f"apply Nat.lt_of_not_ge; intro {hc}",
        f"obtain ⟨{t}, rfl⟩ : ∃ {t}, {y} = {least} + {t} := ⟨{y} - {least}, by omega⟩",
        f"rw [Nat.pow_add] at {h}",
        *_remainders_of(Power(a, x), b**least * q, ha),
        *_remainders_of(Power(b, t), q, hb),
        f"generalize {a} ^ {x} = {p} at *; generalize {b} ^ {t} = {r} at *",
        f"rcases {ha} with {_arms(ha, _remainders(a, b**least * q))} <;> omega",
    ]
    below = [
        f"apply Nat.lt_of_not_ge; intro {hc}",
        f"have {ha} := Nat.pow_le_pow_right (show 0 < {a} by decide) {hc}",
        f"have {hb} := Nat.pow_le_pow_right (show 0 < {b} by decide) (Nat.le_of_lt {hy})",
        "omega",
    ]
    yield (
        seq(have(hy, f"{y} < {least}", lines), have(hx, f"{x} < {most}", below), _table(view, {x: most, y: least})),
        0.9,
    )


def _table(view: View, ends: dict[str, int]) -> str:
    """The target, for all values below the ends for which the hypotheses about these variables hold."""
    facts = [h for h in view.props if (term := read(h.type)) is not None and names_of(term) <= ends.keys()]
    claim = " → ".join(f"({text})" for text in (*(h.type for h in facts), view.target))
    binders = "".join(f"∀ {n} {inside_range(end)}, " for n, end in ends.items())
    inside = " ".join(f"{n} (List.mem_range.2 (by omega))" for n in ends)
    return f"exact (show {binders}{claim} by {EVALUATE}) {inside} {' '.join(h.name for h in facts)}"


def _least(base: int, other: int, c: int) -> tuple[int, int, int] | None:
    """An exponent e and a modulus q, so that `base ^ n + c` is no power of the other base from `n = e` on, modulo
    `base ^ e * q`. Before them, how many pairs of remainders that takes."""
    found: list[tuple[int, int, int]] = []
    for least, q in product(range(1, _MOST_EXPONENT), _FACTORS):
        whole = base**least * q
        if whole > _LARGEST_MODULUS:
            continue
        values, others = _remainders(other, whole), _remainders(base, q)
        pairs = len(values) * len(others)
        if pairs <= _MOST_PAIRS and not {(base**least * r + c) % whole for r in others} & set(values):
            found.append((pairs, least, q))
    return min(found, default=None)


def _remainders(base: int, q: int) -> list[int]:
    """Those of all powers of the base; too many are cut off."""
    found: list[int] = []
    power = 1 % q
    while power not in found and len(found) <= _MOST_PAIRS:
        found.append(power)
        power = power * base % q
    return sorted(found)


def _remainders_of(power: Power, q: int, name: str) -> list[str]:
    """A fact of that name, which remainders the power can leave."""
    n, remainders = power.exponent, _remainders(power.base, q)
    claim = " ∨ ".join(f"{power.base} ^ {n} % {q} = {r}" for r in remainders)
    step = f"rw [Nat.pow_succ]; rcases ih with {_arms('ih', remainders)} <;> omega"
    lines = [f"intro {n}; induction {n} with", "| zero => simp", f"| succ {n} ih => {step}"]
    return [have(name, f"∀ {n} : Nat, {claim}", lines), f"have {name} := {name} {n}"]


def _near_square(view: View, h: str, m: str, power: Power, c: int) -> Iterator[Proposal]:
    """`m ^ 2 = b ^ n + c`: for odd `n` there is no solution modulo some number; for even `n` both are squares, and from
    some `n` on those lie further apart than `c`."""
    b, n = power.base, power.exponent
    odd = {q: sorted({pow(b, e, q) for e in range(1, 2 * q + 1, 2)}) for q in _MODULI}
    modulus = next((q for q in _MODULI if not set(odd[q]) & {(s * s - c) % q for s in range(q)}), None)
    # squares of p and of its neighbour are 2 p + 1 (or 2 p - 1) apart
    most = next((k for k in range(_MOST_EXPONENT) if 2 * b**k + (1 if c > 0 else -1) > abs(c)), None)
    if not c or m == n or modulus is None or most is None:
        return
    fresh = view.namer()
    k, p, q, hn, hk, hp, hl, hm = (fresh(name) for name in ("k", "p", "q", "hn", "hk", "hp", "hl", "hm"))
    hc = fresh("hc")
    squared = below_square(hc)
    if c > 0:
        apart = [f"have {hl} : {p} < {m} := by {squared}", f"have {hl} := Nat.mul_le_mul {hl} {hl}"]
    else:
        apart = [
            f"have {hl} : {m} < {p} := by {squared}",
            f"obtain ⟨{q}, rfl⟩ : ∃ {q}, {p} = {q} + 1 := ⟨{p} - 1, by omega⟩",
            f"have {hl} := Nat.mul_le_mul (Nat.le_of_lt_succ {hl}) (Nat.le_of_lt_succ {hl})",
        ]
    below = [
        f"apply Nat.lt_of_not_ge; intro {hc}",
        f"have {hp} := Nat.pow_le_pow_right (show 0 < {b} by decide) {hc}",
        f"generalize {b} ^ {k} = {p} at *",
        *apart,
        "grind",
    ]
    values = " ∨ ".join(f"{k} = {value}" for value in range(most))
    root = isqrt(max(b ** (2 * max(most - 1, 0)) + c, 0)) + 1
    even = [
        f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {k} * 2 := ⟨{n} / 2, by omega⟩",
        f"rw [Nat.pow_mul] at {h}",
        have(hk, f"{k} < {most}", below),
        f"rcases (show {values} by omega) with {_arms('rfl', range(most))}"
        f" <;> (have {hm} : {m} < {root} := by ({squared})) <;> ({each_root(h, m, root)})",
    ]
    yield (
        seq(
            f"rcases (show {n} % 2 = 0 ∨ {n} % 2 = 1 by omega) with {hn} | {hn}",
            case(even),
            case(_odd_exponent(power, m, modulus, odd[modulus], (k, p, hp, hm))),
        ),
        0.9,
    )


def _odd_exponent(power: Power, m: str, q: int, odd: list[int], names: tuple[str, str, str, str]) -> list[str]:
    """Powers with an odd exponent and squares leave remainders that do not fit."""
    k, p, hp, hm = names
    b, n = power.base, power.exponent
    claim = " ∨ ".join(f"{b} ^ (2 * {k} + 1) % {q} = {r}" for r in odd)
    step = f"rw [show 2 * ({k} + 1) + 1 = (2 * {k} + 1) + 2 by omega, Nat.pow_add]; omega"
    squares = " ∨ ".join(f"{m} ^ 2 % {q} = {r}" for r in sorted({s * s % q for s in range(q)}))
    cases = " ∨ ".join(f"{m} % {q} = {r}" for r in range(q))
    by_cases = f"rcases (show {cases} by omega) with {_arms('h', range(q))} <;> simp [Nat.pow_mod, h]"
    return [
        have(hp, f"∀ {k}, {claim}", [f"intro {k}; induction {k} with", "| zero => simp", f"| succ {k} ih => {step}"]),
        f"have {hp} := {hp} ({n} / 2)",
        f"rw [show 2 * ({n} / 2) + 1 = {n} by omega] at {hp}",
        have(hm, squares, [by_cases]),
        f"generalize {b} ^ {n} = {p} at *",
        "omega",
    ]


def _arms(name: str, cases: range | list[int]) -> str:
    return " | ".join([name] * len(cases))


__all__ = ["propose"]
