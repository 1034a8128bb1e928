"""Statements about variables with few values as one table, a bounded quantification that the kernel evaluates.

That the variables are below the bounds of the table may need nonlinear arguments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from prover.policy.tactics.diophantine.boxes import box, interval
from prover.policy.tactics.estimates.quadratics import SQUARE
from prover.policy.tactics.evaluate import compiled, statement
from prover.policy.tactics.kernel import EVALUATE, inside_range
from prover.policy.tactics.polynomials import Polynomial, difference, of_term, parted, text_of
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import NAT, NUMBERS, Proposal, View, identifiers, mentions, numerals, put, seq

_MOST_POINTS = 10_000
_MOST_DIGITS = 200
_FEW_POINTS = 1_000


@dataclass(slots=True)
class _Table:
    """A statement about all values of some variables below bounds, as it is put together."""

    view: View
    used: list[str]
    """The variables that are gone through."""
    ends: Mapping[str, int]
    """What each is below."""
    shifts: Mapping[str, int]
    """What makes an index, from 0 on, of an integer; 0 for natural numbers."""
    texts: list[str]
    """The hypotheses and the target, in which integers are replaced by their indices."""
    proofs: list[str]
    """Of the hypotheses."""
    binders: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    """Tactics before the table is applied."""
    domain: dict[str, int] = field(default_factory=dict)

    @property
    def points(self) -> int:
        return math.prod(self.ends[n] + self.shifts[n] for n in self.used) if all(self.ends.values()) else 0

    def without(self, n: str, dividend: str, divisor: int) -> None:
        """Take a variable to be a quotient, where that is exact."""
        self.used = [other for other in self.used if other != n]
        quotient = f"(({dividend}) / {divisor})"
        self.texts = [f"({dividend}) % {divisor} = 0", *(put(text, n, quotient) for text in self.texts)]
        self.opened.append(f"obtain rfl : {n} = ({dividend}) / {divisor} := by omega")
        self.proofs.insert(0, "(by omega)")

    def go_through(self, n: str, below: str, *, natural: bool, low: bool) -> None:
        """Take all values of a variable, by a proof that it is below its end.

        Args:
            low: is a lower bound known?
        """
        end, shift = self.ends[n], self.shifts[n]
        if natural:
            self.domain[n] = end
            self.binders.append(f"∀ {n} {inside_range(end)}, ")
            self.arguments.append(f"{n} (List.mem_range.2 (by {below}))")
            return
        index = self.view.fresh(f"k{n}")
        self.domain[index] = end + shift
        self.binders.append(f"∀ {index} {inside_range(end + shift)}, ")
        self.texts = [put(text, n, f"(({index} : Int) - {shift})") for text in self.texts]
        if not low:
            above = _above(n, end, self.used)
            self.opened.append(f"have {self.view.fresh('hl' + n)} : -{end} < {n} := by {above}")
        self.opened.append(f"have {self.view.fresh('hu' + n)} : {n} < {end} := by {below}")
        self.opened.append(f"obtain ⟨{index}, hi{n}⟩ := Int.eq_ofNat_of_zero_le (show 0 ≤ {n} + {shift} by omega)")
        self.opened.append(f"obtain rfl : {n} = {index} - {shift} := by omega")
        self.arguments.append(f"{index} (List.mem_range.2 (by omega))")

    def steps(self, before: Sequence[str], refuted: str) -> list[str]:
        """The table and its use."""
        hb = self.view.fresh("hb")
        claim = "".join(self.binders) + " → ".join(self.texts)
        applied = " ".join([hb, *self.arguments, *self.proofs])
        table, opened = f"have {hb} : {claim} := by {EVALUATE}", [*before, *self.opened]
        if refuted:
            hn = self.view.fresh("hn")
            return [table, "apply Classical.byContradiction", f"intro {hn}", *opened, f"exact {hn} ({applied})"]
        return [table, *opened, f"exact {applied}"]


def value_table(view: View, names: list[str], refuted: str = "") -> Iterator[Proposal]:
    """Every hypothesis and the target as one decidable statement about all values below bounds.

    Args:
        refuted: the negation of the target, where that is what bounds the variables.
    """
    inside = [h for h in view.props if computable(h.type, names)]
    if view.target != "False" and not computable(view.target, names):
        return
    nats = view.of_type(NAT)
    used = [n for n in names if any(mentions(h.type, n) for h in inside) or mentions(view.target, n)]
    if not used or len(used) > 4 or not inside:
        return
    bounds = box(view, names, [refuted] if refuted else [])
    lows, highs = bounds.low, bounds.high
    if refuted and box(view, names).high.keys() >= {*used}:
        return  # the hypotheses do
    ends = {n: _guess(view, n, highs.get(n)) for n in used}
    if len(used) == 1 and not refuted and used[0] not in highs:
        ends = {used[0]: _tight(used[0], used[0] in nats, [h.type for h in inside], ends[used[0]])}
    shifts = {n: 0 if n in nats else end - 1 if (low := lows.get(n)) is None else -low for n, end in ends.items()}
    # Equations and conditions first: most points end there.
    inside.sort(key=lambda h: " = " not in h.type)
    texts = [*(f"({h.type})" for h in inside), f"({view.target})"]
    table = _Table(view, used, ends, shifts, texts, [h.name for h in inside])
    if (table.points > _FEW_POINTS or len(used) > 3) and set(used) <= set(nats):
        found = next((each for h in inside for n in used if (each := _isolated(h.type, n)) is not None), None)
        if found is not None:
            table.without(*found)
    if not 0 < table.points <= _MOST_POINTS or len(table.used) > 3:
        return
    for n in table.used:
        below = "omega" if highs.get(n) == ends[n] - 1 else _below(view, n, ends[n], table.used)
        table.go_through(n, below, natural=n in nats, low=n in lows)
    true = _true(tuple(table.texts), tuple(table.domain.items()))
    if true is False:
        return
    before = [
        f"have {view.fresh(f'hm{i}')} : {n} < {high + 1} := by {_below(view, n, high + 1, used)}"
        for i, (n, high) in enumerate(bounds.steps)
        if n in used and interval(view, n)[1] != high
    ]
    if true and all(n in highs for n in table.used):
        weight = 0.91 if table.points < 2 * _FEW_POINTS and set(table.used) <= set(nats) else 0.86
    else:
        weight = 0.32 if table.points <= 3000 else 0.2
    yield seq(*table.steps(before, refuted)), weight


@lru_cache(maxsize=64)
def _true(texts: tuple[str, ...], domain: tuple[tuple[str, int], ...]) -> bool | None:
    """Does the last statement hold wherever the others do, below these bounds? None where that cannot be computed."""
    kinds = dict.fromkeys((name for name, _ in domain), "Nat")
    terms = [read(text) for text in texts]
    tests = [compiled(term, kinds) if term is not None else None for term in terms]
    unknown = None in tests
    for row in product(*(range(end) for _, end in domain)):
        at = dict(zip(kinds, row, strict=True))
        # what cannot be computed at a point may go either way
        values = (test(at) if test is not None else None for test in tests)
        for value, last in zip(values, [False] * (len(tests) - 1) + [True], strict=True):
            if value is False:
                if last:
                    return None if unknown else False
                break
            unknown = unknown or value is None
    return None if unknown else True


def _isolated(equation: str, n: str) -> tuple[str, str, int] | None:
    """The variable, and of what quotient it is by a linear equation of natural numbers; its coefficient is as large as
    any."""
    term = read(equation) if " = " in equation else None
    if term is None or term.op != "=":
        return None
    zero = difference(term, minus=False)
    if zero is None or zero.degree != 1:
        return None
    coefficients = {m[0][0]: int(c) for m, c in zero.terms.items() if m}
    factor = coefficients.get(n, 0)
    if abs(factor) < max(map(abs, coefficients.values())):
        return None
    added, taken = parted((zero - Polynomial.variable(n) * factor) * (-1 if factor > 0 else 1))
    return n, f"({text_of(added)}) - ({text_of(taken)})", abs(factor)


def computable(text: str, names: list[str]) -> bool:
    """Only variables of ours, numbers and arithmetic: something that `decide` can evaluate."""
    if "↑" in text and "/" in text:
        return False  # a cast whose type is not printed, likely to a field
    rest = re.sub(r"[\w'₀-₉.]+", "", text)
    words = set(identifiers(text)) - NUMBERS
    known = {"Nat.gcd", "Nat.lcm", "Int.gcd", "Int.natAbs"}
    fields = {word for word in words if "." in word and word.split(".")[0] in names and word.split(".")[1] in _FIELDS}
    return words - fields <= {*names, *known} and not re.sub(r"[\s+*/%^()=<>≤≥≠∣∧∨¬↔→:↑-]", "", rest)


_FIELDS = frozenset({"gcd", "lcm", "natAbs", "succ", "mod", "toNat"})


def _guess(view: View, n: str, high: int | None) -> int:
    """A number that the variable stays below, or 0: from a bound, or from the numbers that it is equated with."""
    if high is not None:
        return max(1, high + 1)
    largest = 0
    name = re.escape(n)
    for h in view.props:
        if " = " not in h.type or not mentions(h.type, n):
            continue
        size = max([*numerals(h.type), *_literal_powers(h.type)], default=0)
        if re.search(rf"(?:^|[+(] ?){name} ?\^ ?[2468](?= [+=])", h.type):
            size = math.isqrt(size)
        elif base := re.search(rf"(\d+) ?\^ ?{name}(?![\w'])", h.type):
            size = int(math.log(max(size, 1), max(int(base[1]), 2)) + 1e-9)
        largest = size if largest == 0 else min(largest, size)
    return largest + 1 if largest else _beyond(view, n)


def _literal_powers(text: str) -> Iterator[int]:
    """The values of the powers of numbers in a text, as far as they are not too large."""
    for base, exponent in re.findall(r"(?<![\w.^] )(?<![\w.^])(\d+) ?\^ ?(\d+)(?![\w'])", text):
        if int(exponent) * len(base) < _MOST_DIGITS:
            yield int(base) ** int(exponent)


def _beyond(view: View, n: str) -> int:
    """A number beyond which an inequality between polynomials in the variable does not hold, or 0: Cauchy's bound of
    the roots."""
    for h in view.props:
        term = read(h.type) if re.search(" [≤<≥>] ", h.type) and mentions(h.type, n) else None
        ordered = term is not None and len(term.args) == 2
        p = difference(term, minus=n not in view.of_type(NAT)) if term is not None and ordered else None
        if term is None or p is None or p.names != [n]:
            continue
        p = -p if term.op in ("≤", "<") else p
        powers = {power: q.value for power, q in p.in_one(n).items()}
        lead = powers[max(powers)]
        if not lead or lead > 0 or max(powers) < 2 or (max(powers) % 2 and not _natural(view, n)):
            continue
        bound = 2 + max(abs(c) for c in powers.values() if c is not None) / -lead
        if bound < _MOST_POINTS // 2:
            return int(bound)
    return 0


def _natural(view: View, n: str) -> bool:
    """Is the variable not negative?"""
    low = interval(view, n)[0]
    return low is not None and low >= 0


def _tight(n: str, natural: bool, facts: list[str], end: int) -> int:
    """Just above the largest absolute value for which the facts hold: there a polynomial has its final sign."""
    names = frozenset({n})
    tests = [statement(fact, names if natural else frozenset(), frozenset() if natural else names) for fact in facts]
    if not 0 < end <= _MOST_POINTS or any(test is None for test in tests):
        return end
    values = range(0 if natural else -end, end)
    # What cannot be computed at a value, or is not false there, may hold.
    held = [v for v in values if all(test is None or test({n: v}) is not False for test in tests)]
    return max((abs(v) for v in held), default=0) + 1


def _below(view: View, n: str, end: int, used: list[str]) -> str:
    """A proof of `n < end`: linear, or by what a larger `n` would do to products and powers."""
    return f"first | omega | ({'; '.join(_if_not_below(view, n, end, used))})"


def _if_not_below(view: View, n: str, end: int, used: list[str]) -> list[str]:
    finish = "first | omega | grind"
    others = [other for other in used if other != n]
    if n not in view.of_type(NAT):
        power = _powers(f"{n} - {end}")
        square = f"have hs0 := Int.mul_nonneg (show 0 ≤ {n} - {end} by omega) (show 0 ≤ {n} + {end} by omega)"
        squares = [f"have {view.fresh(f'hs{i + 1}')} : 0 ≤ {other} ^ 2 := {SQUARE}" for i, other in enumerate(others)]
        products = [
            f"(have hp := Int.mul_nonneg (show 0 ≤ {n} - {end} by omega) (show 0 ≤ {other} by omega); {finish})"
            for other in others
        ]
        ways = [*products, power, f"({square}; {'; '.join([*squares, finish])})"]
        if re.search(rf"(?<![\w.']){re.escape(n)} ?\^ ?2(?!\d)", view.facts):
            ways = ways[::-1]
        last = " | ".join(["omega", *ways])
        return ["apply Int.lt_of_not_ge", "intro hc", f"first | {last}"]
    powers = re.findall(rf"(\d+) ?\^ ?{re.escape(n)}(?![\w'])", view.facts)
    facts = [f"have hp{i} := Nat.pow_le_pow_right (show 0 < {base} by decide) hc" for i, base in enumerate(powers[:1])]
    exponents = dict.fromkeys(re.findall(rf"(?<![\w.']){re.escape(n)} ?\^ ?(\d)(?!\d)", view.facts))
    facts += ["have hq := Nat.mul_le_mul hc hc"]
    powers_of_n = dict.fromkeys(["2", *list(exponents)[:3], *_exponents(view, n)])
    facts += [f"have hr{e} := Nat.pow_le_pow_left hc {e}" for e in powers_of_n]
    whole = "hp0"
    for other in others:
        if other not in view.of_type(NAT):
            continue
        base = re.search(rf"(\d+) ?\^ ?{re.escape(other)}(?![\w'])", view.facts)
        if base and powers:
            positive = f"(Nat.pow_pos (show 0 < {base[1]} by decide) : 0 < {base[1]} ^ {other})"
            if whole != "hp0":  # the product of all
                facts.append(f"have hw := Nat.mul_le_mul {whole} {positive}")
            facts.append(f"have ho := Nat.mul_le_mul hp0 {positive}")
            whole = "ho" if whole == "hp0" else "hw"
        elif not base:
            facts.append(f"rcases Nat.eq_zero_or_pos {other} with ho | ho")
            facts.append("(subst ho; first | omega | simp_all)")
            facts.append("have hm := Nat.mul_le_mul hc ho")
    return [
        "apply Nat.lt_of_not_ge",
        "intro hc",
        *facts,
        f"simp only [Nat.reducePow, Nat.mul_one, Nat.reduceMul] at *; {finish}"
        + (" | (simp only [Nat.mul_assoc, Nat.mul_comm, Nat.mul_left_comm] at *; omega)" if whole != "hp0" else ""),
    ]


def _exponents(view: View, n: str) -> list[str]:
    """The powers above the square that the variable has in equations of polynomials, once they are multiplied out."""
    found: set[int] = set()
    for h in view.props:
        term = read(h.type) if re.search(" [=≤<≥>] ", h.type) and mentions(h.type, n) else None
        relation = term is not None and term.op in ("=", "≤", "<", "≥", ">")
        sides = [of_term(side, minus=False) for side in term.args] if term is not None and relation else []
        found |= {power for p in sides if p is not None for m in p.terms for name, power in m if name == n}
    return [str(power) for power in sorted(found) if 2 < power < 7]


def _above(n: str, end: int, used: list[str]) -> str:
    """A proof of `-end < n` for an integer."""
    hints = [f"have hs := Int.mul_nonneg (show 0 ≤ -{n} - {end} by omega) (show 0 ≤ {end} - {n} by omega)"]
    hints += [f"have : 0 ≤ {other} ^ 2 := {SQUARE}" for other in used if other != n]
    squares = "; ".join([*hints, "first | omega | grind"])
    return f"first | omega | (apply Int.lt_of_not_ge; intro hc; first | {_powers(f'-{n} - {end}')} | ({squares}))"


def _powers(term: str) -> str:
    """The powers of a term that is not negative are not: enough for a polynomial, written around its bound."""
    known = f"have h1 : 0 ≤ {term} := (by omega)"
    return f"({known}; have h2 := Int.mul_nonneg h1 h1; have h3 := Int.mul_nonneg h2 h1; grind)"


__all__ = ["computable", "value_table"]
