"""Variables with few values, between two numbers or as divisors of one: go through them all.

Core Lean has no `interval_cases`. Two substitutes: a disjunction of the values that `omega` proves, split and finished
off value by value; and the whole statement as a bounded quantification that the kernel evaluates, whose bounds may
need nonlinear arguments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

from prover.goal import split_top
from prover.policy.tactics.boxes import box, denied
from prover.policy.tactics.evaluate import compiled, statement
from prover.policy.tactics.polynomials import (
    Polynomial,
    difference,
    divided,
    divisors_of,
    of_term,
    parted,
    text_of,
)
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import INT, NAT, NUMBERS, Proposal, View, identifiers, mentions, numerals, put, seq

_MOST_CASES = 40
_MOST_POINTS = 10_000
_FEW_POINTS = 1_000
# Long statements need larger instances of `Decidable` than Lean looks for by itself.
EVALUATE = "set_option synthInstance.maxSize 2000 in decide +kernel"
SQUARE = "Lean.Grind.OrderedRing.sq_nonneg"
"""That a square is not negative, for integers and rationals alike."""
# From here on a list of the values is worth its longer text.
_MANY = 200
_NUMBER = r"(-?\d{1,6})"


def inside_range(end: int) -> str:
    """The bound of a variable that the kernel goes through: a list costs it a tenth of what `< end` costs, whose
    decision procedure is quadratic."""
    return f"∈ List.range {end}"


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
    yield from _table(view, names)
    if (refuted := denied(view.target)) is not None:
        yield from _table(view, names, refuted)
    yield from _two_factors(view, names)
    yield from _units(view, names)


def one_of_divisors(number: int, term: str, divides: str) -> str:
    """A proof term, from one that a term divides a number, that it is one of the number's divisors."""
    either = " ∨ ".join(f"d = {d}" for d in divisors_of(number))
    table = f"(show ∀ d {inside_range(number + 1)}, d ∣ {number} → {either} by {EVALUATE})"
    return f"{table} {term} (List.mem_range.2 (Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) {divides}))) {divides}"


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


def interval(view: View, n: str) -> tuple[int | None, int | None]:
    """The least and greatest value that the hypotheses name outright."""
    low: int | None = 0 if n in view.of_type(NAT) else None
    high: int | None = None
    name = rf"\(?{re.escape(n)}\)?"
    for h in view.props:
        for part in split_top(h.type, " ∧ "):
            for pattern, is_low, shift in (
                (rf"{_NUMBER} ≤ {name}", True, 0),
                (rf"{_NUMBER} < {name}", True, 1),
                (rf"{name} ≥ {_NUMBER}", True, 0),
                (rf"{name} > {_NUMBER}", True, 1),
                (rf"{name} ≤ {_NUMBER}", False, 0),
                (rf"{name} < {_NUMBER}", False, -1),
                (rf"{_NUMBER} ≥ {name}", False, 0),
                (rf"{_NUMBER} > {name}", False, -1),
            ):
                match = re.fullmatch(pattern, part)
                if not match:
                    continue
                value = int(match[1]) + shift
                if is_low:
                    low = value if low is None else max(low, value)
                else:
                    high = value if high is None else min(high, value)
    return low, high


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


def _table(view: View, names: list[str], refuted: str = "") -> Iterator[Proposal]:
    """Every hypothesis and the target as one decidable statement about all values below bounds.

    Args:
        refuted: the negation of the target, where that is what bounds the variables.
    """
    inside = [h for h in view.props if _computable(h.type, names)]
    if view.target != "False" and not _computable(view.target, names):
        return
    nats = view.of_type(NAT)
    used = [n for n in names if any(mentions(h.type, n) for h in inside) or mentions(view.target, n)]
    if not used or len(used) > 4 or not inside:
        return
    bounds = box(view, names, [refuted] if refuted else [])
    lows, highs = bounds.low, bounds.high
    if refuted and box(view, names).high.keys() >= {*used}:
        return  # the hypotheses do
    all_used = used
    ends = {n: _guess(view, n, highs.get(n)) for n in used}
    if len(used) == 1 and not refuted and used[0] not in highs:
        ends = {used[0]: _tight(used[0], used[0] in nats, [h.type for h in inside], ends[used[0]])}
    shifts = {n: 0 if n in nats else end - 1 if (low := lows.get(n)) is None else -low for n, end in ends.items()}
    points = math.prod(ends[n] + shifts[n] for n in used) if all(ends.values()) else 0
    # Equations and conditions first: most points end there.
    inside.sort(key=lambda h: " = " not in h.type)
    texts = [*(f"({h.type})" for h in inside), f"({view.target})"]
    binders, arguments, opened, proofs = [], [], [], [h.name for h in inside]
    if (points > _FEW_POINTS or len(used) > 3) and set(used) <= set(nats):
        found = next((each for h in inside for n in used if (each := _isolated(h.type, n)) is not None), None)
        if found is not None:
            n, dividend, divisor = found
            used = [other for other in used if other != n]
            points = math.prod(ends[other] for other in used)
            texts = [f"({dividend}) % {divisor} = 0", *(put(text, n, f"(({dividend}) / {divisor})") for text in texts)]
            opened.append(f"obtain rfl : {n} = ({dividend}) / {divisor} := by omega")
            proofs.insert(0, "(by omega)")
    if not 0 < points <= _MOST_POINTS or len(used) > 3:
        return
    domain: dict[str, int] = {}
    for n in used:
        end = ends[n]
        below = "omega" if highs.get(n) == end - 1 else _below(view, n, end, used)
        if n in nats:
            domain[n] = end
            binders.append(f"∀ {n} {inside_range(end)}, ")
            arguments.append(f"{n} (List.mem_range.2 (by {below}))")
            continue
        shift = shifts[n]
        index = view.fresh(f"k{n}")
        domain[index] = end + shift
        binders.append(f"∀ {index} {inside_range(end + shift)}, ")
        texts = [put(text, n, f"(({index} : Int) - {shift})") for text in texts]
        if n not in lows:
            opened.append(f"have {view.fresh('hl' + n)} : -{end} < {n} := by {_above(n, end, used)}")
        opened.append(f"have {view.fresh('hu' + n)} : {n} < {end} := by {below}")
        opened.append(f"obtain ⟨{index}, hi{n}⟩ := Int.eq_ofNat_of_zero_le (show 0 ≤ {n} + {shift} by omega)")
        opened.append(f"obtain rfl : {n} = {index} - {shift} := by omega")
        arguments.append(f"{index} (List.mem_range.2 (by omega))")
    true = _true(tuple(texts), tuple(domain.items()))
    if true is False:
        return
    certain = true and all(n in highs for n in used)
    hb = view.fresh("hb")
    claim = "".join(binders) + " → ".join(texts)
    applied = " ".join([hb, *arguments, *proofs])
    steps = [
        f"have {view.fresh(f'hm{i}')} : {n} < {high + 1} := by {_below(view, n, high + 1, all_used)}"
        for i, (n, high) in enumerate(bounds.steps)
        if n in all_used and interval(view, n)[1] != high
    ]
    steps += [*opened, f"exact {applied}"]
    if refuted:
        hn = view.fresh("hn")
        steps = ["apply Classical.byContradiction", f"intro {hn}", *steps[:-1], f"exact {hn} ({applied})"]
    steps.insert(0, f"have {hb} : {claim} := by {EVALUATE}")
    if certain:
        quick = points < 2 * _FEW_POINTS and set(used) <= set(nats)
        yield seq(*steps), 0.91 if quick else 0.86
    else:
        yield seq(*steps), 0.32 if points <= 3000 else 0.2


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


def _computable(text: str, names: list[str]) -> bool:
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
        size = max(numerals(h.type), default=0)
        if re.search(rf"(?:^|[+(] ?){name} ?\^ ?[2468](?= [+=])", h.type):
            size = math.isqrt(size)
        elif base := re.search(rf"(\d+) ?\^ ?{name}(?![\w'])", h.type):
            size = int(math.log(max(size, 1), max(int(base[1]), 2)) + 1e-9)
        largest = size if largest == 0 else min(largest, size)
    return largest + 1 if largest else _beyond(view, n)


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
    for other in others:
        if other not in view.of_type(NAT):
            continue
        base = re.search(rf"(\d+) ?\^ ?{re.escape(other)}(?![\w'])", view.facts)
        if base and powers:
            facts.append(
                f"have ho := Nat.mul_le_mul hp0 (Nat.pow_pos (show 0 < {base[1]} by decide) : 0 < {base[1]} ^ {other})"
            )
        elif not base:
            facts.append(f"rcases Nat.eq_zero_or_pos {other} with ho | ho")
            facts.append("(subst ho; first | omega | simp_all)")
            facts.append("have hm := Nat.mul_le_mul hc ho")
    return [
        "apply Nat.lt_of_not_ge",
        "intro hc",
        *facts,
        "simp only [Nat.reducePow, Nat.mul_one, Nat.reduceMul] at *; " + finish,
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
            others = [p for p in view.props if p.name != h.name and _computable(p.type, [a, b])]
            if not _computable(view.target, [a, b]) or not (others or mentions(view.target, a)):
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
