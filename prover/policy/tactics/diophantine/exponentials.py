"""Equations between powers of numbers with variable exponents, and squares: few solutions, and none modulo some number.

`a ^ x = b ^ y + c` and `b ^ n + c = m ^ 2`: remainders and the distances of squares bound the exponents, and what is
below the bounds is a table that the kernel computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, isqrt, lcm

from prover.policy.tactics.diophantine.squares import below_square, each_root
from prover.policy.tactics.kernel import EVALUATE, inside_range
from prover.policy.tactics.polynomials import Polynomial, difference
from prover.policy.tactics.terms import Term, names_of, read
from prover.policy.tactics.view import NAT, Proposal, View, case, have, seq

_MODULI = (3, 4, 5, 7, 8, 9, 11, 13, 16, 17)
_MOST_EXPONENT = 12
_LARGEST_MODULUS = 400
_LARGEST_TABLE = 20_000
_LARGEST_DISTANCE = 10_000
_LARGEST_SQUARED = 32
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
        zero = difference(term, atoms=True, minus=_less(term))
        parts = _parts(zero, naturals) if zero is not None else None
        if parts is None or not asked <= names_of(term):
            continue
        (first, second), c = parts
        if isinstance(first, Power) and isinstance(second, Power):
            yield from _two_powers(view, h.name, first, second, c)
        elif isinstance(second, Power) and isinstance(first, str) and not _less(term):
            yield from _near_square(view, h.name, first, second, c)
        elif isinstance(first, Power) and isinstance(second, str) and not _less(term):
            yield from _near_square(view, h.name, second, first, -c)


def _less(equation: Term) -> bool:
    """Is it `p - q = 7`, which says as much as `p = q + 7`?"""
    left, right = equation.args
    return left.op == "-" and right.op == "num" and right.name != "0" and left.args[0].op == left.args[1].op == "^"


def _parts(zero: Polynomial, naturals: set[str]) -> tuple[tuple[Power | str, Power | str], int] | None:
    """p, q and c of an equation `p = q + c`, each of p and q a power or, by its root, a square."""
    sides: dict[int, Power | str] = {}
    c = int(zero.terms.get((), 0))
    for monomial, factor in zero.terms.items():
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
    if sides.keys() != {1, -1} or len(zero.terms) > 3 or abs(c) > _LARGEST_DISTANCE:
        return None
    return (sides[1], sides[-1]), -c


def _two_powers(view: View, h: str, first: Power, second: Power, c: int) -> Iterator[Proposal]:
    """From some exponent on, `second + c` is no power of the first base: the remainders are others."""
    if first.exponent == second.exponent:
        return
    ways = [(second, first, c), (first, second, -c)]
    found = [(way, known) for way in ways if (known := _impossible(way[0].base, way[1].base, way[2])) is not None]
    if not found:
        return
    (small, other, c), known = min(found, key=lambda each: each[1].size)
    fresh = view.namer()
    i, j, k, ha, hb, hp, hx, hy, hc = (fresh(name) for name in ("i", "j", "k", "ha", "hb", "hp", "hx", "hy", "hc"))
    a, x, b, y = other.base, other.exponent, small.base, small.exponent
    least, m, q = known.least, b**known.least, known.modulus
    more, less = max(c, 0), max(-c, 0)
    most = next(e for e in range(10_000) if a**e > b**least + abs(c))
    table = (
        f"∀ {i} {inside_range(known.period)}, ∀ {j} {inside_range(known.other_period)}, "
        f"({a} ^ {j} % {m} + {less}) % {m} = {more} % {m} → "
        f"({a} ^ {j} % {q} + {less}) % {q} ≠ ({b} ^ {i} % {q} + {more}) % {q}"
    )
    inside = "(List.mem_range.2 (Nat.mod_lt _ (by decide)))"
    period = [
        "intro b p m h n; conv => lhs; rw [← Nat.div_add_mod n p, Nat.pow_add, Nat.pow_mul]",
        "rw [Nat.mul_mod, Nat.pow_mod, h, ← Nat.pow_mod, Nat.one_pow, ← Nat.mul_mod, Nat.one_mul]",
    ]
    lines = [
        f"apply Nat.lt_of_not_ge; intro {hc}",
        have(hp, "∀ b p m : Nat, b ^ p % m = 1 % m → ∀ n, b ^ n % m = b ^ (n % p) % m", period),
        f"obtain ⟨{k}, {hb}⟩ : {m} ∣ {b} ^ {y} := Nat.pow_dvd_pow {b} {hc}",
        f"have {ha} := (show {table} by {EVALUATE}) ({y} % {known.period}) {inside} "
        f"({x} % {known.other_period}) {inside}",
        f"rw [← {hp} {b} {known.period} {q} (by decide +kernel) {y}, "
        f"← {hp} {a} {known.other_period} {m} (by decide +kernel) {x}, "
        f"← {hp} {a} {known.other_period} {q} (by decide +kernel) {x}] at {ha}",
        "omega",
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


@dataclass(frozen=True, slots=True)
class _Impossible:
    """From `least` on, `base ^ n + c` is no power of the other base: modulo `base ^ least` and modulo another number,
    where the powers have these periods."""

    least: int
    modulus: int
    period: int
    other_period: int

    @property
    def size(self) -> int:
        return self.period * self.other_period


@lru_cache(maxsize=64)
def _impossible(base: int, other: int, c: int) -> _Impossible | None:
    """The one with the smallest table."""
    if gcd(base, other) > 1:
        return None
    best: _Impossible | None = None
    periods = {
        q: (_period(base, q), _period(other, q)) for q in range(1, _LARGEST_MODULUS) if gcd(q, base * other) == 1
    }
    for least in range(1, _MOST_EXPONENT):
        whole = base**least
        own = _period(other, whole)
        if own > _LARGEST_TABLE:
            break
        allowed = [j for j in range(own) if (pow(other, j, whole) - c) % whole == 0]
        for q, (period, apart) in periods.items():
            known = _Impossible(least, q, period, lcm(own, apart))
            if known.size > (best.size - 1 if best is not None else _LARGEST_TABLE):
                continue
            powers = {pow(base, i, q) for i in range(period)}
            every = (j + k for j in allowed for k in range(0, known.other_period, own))
            if not any((pow(other, j, q) - c) % q in powers for j in every):
                best = known
    return best


def _period(base: int, q: int) -> int:
    """The least exponent above 0 whose power leaves 1."""
    power, exponent = base % q, 1
    while power != 1 % q:
        power, exponent = power * base % q, exponent + 1
    return exponent


def _near_square(view: View, h: str, m: str, power: Power, c: int) -> Iterator[Proposal]:
    """`m ^ 2 = b ^ n + c`: for odd `n` there is no solution modulo some number; for even `n` both are squares, and from
    some `n` on those lie further apart than `c`."""
    b, n = power.base, power.exponent
    odd = {q: sorted({pow(b, e, q) for e in range(1, 2 * q + 1, 2)}) for q in _MODULI}
    modulus = next((q for q in _MODULI if not set(odd[q]) & {(s * s - c) % q for s in range(q)}), None)
    # squares of p and of its neighbour are 2 p + 1 (or 2 p - 1) apart
    most = next((k for k in range(_MOST_EXPONENT) if 2 * b**k + (1 if c > 0 else -1) > abs(c)), None)
    if c and m != n and (low := _no_square_from(b, c)) is not None:
        yield from _few_exponents(view, h, m, power, c, low)
        return
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


def _no_square_from(b: int, c: int) -> int | None:
    """From which exponent on the power plus the number is no square, as it leaves the remainder of none."""
    for least in range(1, _MOST_EXPONENT):
        whole = b**least
        if whole > _LARGEST_SQUARED:
            return None
        if c % whole not in {s * s % whole for s in range(whole)}:
            return least
    return None


def _few_exponents(view: View, h: str, m: str, power: Power, c: int, least: int) -> Iterator[Proposal]:
    """`m ^ 2 = b ^ n + c`, where that has no solution modulo a power of the base: the exponent is below it."""
    b, n, q = power.base, power.exponent, power.base**least
    fresh = view.namer()
    t, ht, hn, hm, hc = (fresh(name) for name in ("t", "ht", "hn", "hm", "hc"))
    squares = sorted({s * s % q for s in range(q)})
    by_cases = f"rcases (show {' ∨ '.join(f'{m} % {q} = {r}' for r in range(q))} by omega) with {_arms('h', range(q))}"
    below = [
        f"apply Nat.lt_of_not_ge; intro {hc}",
        f"obtain ⟨{t}, {ht}⟩ : {q} ∣ {b} ^ {n} := Nat.pow_dvd_pow {b} {hc}",
        have(hm, " ∨ ".join(f"{m} ^ 2 % {q} = {r}" for r in squares), [f"{by_cases} <;> simp [Nat.pow_mod, h]"]),
        "omega",
    ]
    root = isqrt(max(b ** (least - 1) + c, 0)) + 1
    values = " ∨ ".join(f"{n} = {value}" for value in range(least))
    yield (
        seq(
            have(hn, f"{n} < {least}", below),
            f"rcases (show {values} by omega) with {_arms('rfl', range(least))}"
            f" <;> (have {hm} : {m} < {root} := by ({below_square(hc)})) <;> ({each_root(h, m, root)})",
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
