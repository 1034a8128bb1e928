"""Witnesses for `∃`: terms of the context, small numbers, and values for which the statement computes to true."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import product

from prover.goal import split_top, top_level
from prover.policy.tactics.evaluate import canonical, compiled, number, statement
from prover.policy.tactics.patterns import bound_names
from prover.policy.tactics.polynomials import (
    Polynomial,
    difference,
    of_term,
    rational_roots,
    square_root,
    text_of,
)
from prover.policy.tactics.solutions import MOST_POINTS, solutions
from prover.policy.tactics.terms import Term, names_of, read, show
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View, identifiers, mentions, numerals, put

_MOST_NAMES = 5
_LONGEST_PERIOD = 60
# Types and predicates: nobody means them by a witness whose type is not told.
_KIND = re.compile(r"Type|Sort|Prop|.*→ Prop$")

_ROOTS = frozenset("23456789")
# Powers of products and powers, the exponents in one order.
_POWERS = (
    "(simp [Nat.mul_pow, Int.mul_pow, ← Nat.pow_mul, ← Int.pow_mul, Nat.mul_comm]; done) | "
    "(simp only [Nat.mul_comm, Nat.pow_mul, Int.pow_mul, Nat.mul_pow, Int.mul_pow]; grind)"
)


def propose(view: View) -> Iterator[Proposal]:
    if not view.target.startswith("∃"):
        return
    names, kinds, body = _open(view.target)
    if not names:
        return
    yield "exact ⟨_, rfl⟩", 0.6
    yield "exact ⟨_, fun _ => rfl⟩", 0.3
    yield "exact ⟨_, by assumption⟩", 0.3
    for values in _solutions(names, kinds, body) or _by_equation(tuple(names), tuple(kinds), body):
        found = ", ".join(str(value) for value in values)
        yield f"exact ⟨{found}, by decide⟩", 0.89
        yield f"exact ⟨{found}, by simp⟩", 0.4
        yield f"refine ⟨{found}, ?_⟩", 0.3
    terms = [v.name for v in view.vars if (v.type in kinds or not kinds[0]) and not _KIND.match(v.type)]
    rationals = [term for term in terms if term in view.of_type(RAT)][:2]
    if len(names) == 1:
        for term in terms[:4]:
            yield f"exact ⟨{term}, by simp_all⟩", 0.2
            yield f"refine ⟨{term}, ?_⟩", 0.2
            if kinds[0] in NAT | INT:
                yield f"refine ⟨{term} + 1, ?_⟩", 0.06
                yield f"refine ⟨{term} ^ 2, ?_⟩", 0.02
            if term in view.of_type(RAT):
                near = (f"{term} / 2", f"{term} + 1", f"{term} - 1", f"2 * {term}")
                yield "first | " + " | ".join(f"exact ⟨{value}, by grind⟩" for value in near), 0.35
        whole = [term for term in terms if term in view.of_type(NAT | INT)][:2]
        if len(whole) == 2 and re.search(" [≤<≥>] ", body):
            a, b = whole
            yield f"first | exact ⟨max {a} {b} + 1, by omega⟩ | exact ⟨min {a} {b} - 1, by omega⟩", 0.4
        if len(rationals) == 2:
            a, b = rationals
            between = (f"({a} + {b}) / 2", f"(2 * {a} + {b}) / 3", f"({a} + 2 * {b}) / 3")
            yield "first | " + " | ".join(f"exact ⟨{value}, by grind⟩" for value in between), 0.4
    if len(names) == 2 and len(rationals) == 2 and re.search(" [≤<≥>] ", body):
        a, b = rationals
        third, other = f"(2 * {a} + {b}) / 3", f"({a} + 2 * {b}) / 3"
        yield f"first | exact ⟨{third}, {other}, by grind⟩ | exact ⟨{other}, {third}, by grind⟩", 0.5
    yield from _parts(view, names, body)
    if len(names) == 1:
        yield from _often(view, names[0], body)
    if len(names) > 1 and len(terms) >= len(names):
        chosen = ", ".join(terms[: len(names)])
        yield f"exact ⟨{chosen}, by grind⟩", 0.35
        yield f"refine ⟨{chosen}, ?_⟩", 0.15
    if all(kind in NAT | INT | {""} for kind in kinds) and identifiers(body):
        for number in range(3):
            yield f"refine ⟨{', '.join([str(number)] * len(names))}, ?_⟩", 0.08 - 0.02 * number
    integers = all(kind in INT or (not kind and "Int" in view.constants) for kind in kinds)
    if len(names) == 2 and integers and (pair := _combination(names, body)) is not None:
        yield f"exact ⟨{pair}, by omega⟩", 0.88
    if "Rat" in view.constants and (root := _rational_root(names, body)) is not None:
        yield f"exact ⟨{root}, by first | decide | grind⟩", 0.88
    if len(names) == 2 and (pair := _coins(names, body)) is not None:
        yield f"exact ⟨{pair}, by omega⟩", 0.87
    if len(names) == 2 and (division := re.match(r"\(?([\w']+) = ([\w']+) \* (\w+) \+ (\w+) ∧ ", body)):
        a, b, *both = division.groups()
        if both == names:
            yield f"exact ⟨{a} / {b}, {a} % {b}, (Nat.div_add_mod {a} {b}).symm, Nat.mod_lt {a} (by omega)⟩", 0.7
        yield f"refine ⟨{a} / {b}, {a} % {b}, ?_⟩", 0.2
    for part in split_top(body, " ∧ "):
        if len(names) == 1 and (value := _solved(part, names[0]) or _isolated(view, part, names[0])):
            yield f"exact ⟨{value}, by first | omega | grind⟩", 0.88
            yield f"refine ⟨{value}, ?_⟩", 0.25
    if len(names) == 1:
        if (rest := _remainder(body, names[0])) is not None:
            yield rest, 0.6
        for part in split_top(body, " ∧ "):
            if (value := _quotient(part, names[0])) is not None:
                yield f"exact ⟨{value}, by omega⟩", 0.84
        multiple = _multiple(body, names[0])
        if multiple is not None:
            yield f"show {multiple}", 0.6
        if (root := _root_of(body, names[0])) is not None:
            yield f"exact ⟨{root}, by first | grind | {_POWERS}⟩", 0.87
        yield from _least(view, names[0], kinds[0], body)
        for value in _general(view, names[0], kinds[0], body):
            yield f"exact ⟨{value}, by first | omega | grind⟩", 0.86


def _often(view: View, n: str, body: str) -> Iterator[Proposal]:
    """A number above another, for what holds again and again: `N < n ∧ 7 ∣ n * 2 ^ n + 1` at `21 * N + r`."""
    parts = split_top(body, " ∧ ")
    bounds = [
        m for part in parts if (m := re.fullmatch(rf"([\w'₀-₉]+) < {re.escape(n)}|{re.escape(n)} > ([\w'₀-₉]+)", part))
    ]
    if len(parts) != 2 or len(bounds) != 1:
        return
    low = bounds[0][1] or bounds[0][2]
    claim = next(part for part in parts if part != bounds[0][0])
    holds = statement(claim, frozenset({n}), frozenset()) if low in view.of_type(NAT) else None
    if holds is None:
        return
    true = [holds({n: value}) is True for value in range(_LONGEST_PERIOD * 5)]
    for period in range(1, _LONGEST_PERIOD + 1):
        rest = next((r for r in range(1, period + 1) if all(true[r::period])), None)
        if rest is not None:
            multiple = f"{period} * {low}" if period > 1 else low
            order = "by omega, ?_" if parts[0] == bounds[0][0] else "?_, by omega"
            yield f"refine ⟨{multiple} + {rest}, {order}⟩", 0.7
            return


def _parts(view: View, names: list[str], body: str) -> Iterator[Proposal]:
    """A list as two that are put together, after a number of its members or its first half."""
    match = re.match(r"([\w'₀-₉]+) = ([\w'₀-₉]+) \+\+ ([\w'₀-₉]+)(?: ∧ |$)", body)
    if match is None or [match[2], match[3]] != names:
        return
    xs = match[1]
    for place in (*view.of_type(NAT)[:2], f"({xs}.length / 2)"):
        split = f"{xs}.take {place}, {xs}.drop {place}, (List.take_append_drop {place} {xs}).symm"
        if match.end() == len(body):
            yield f"exact ⟨{split}⟩", 0.5
            continue
        yield f"(refine ⟨{split}, ?_⟩; first | (simp; omega) | grind | (simp_all; done))", 0.5
        yield f"refine ⟨{split}, ?_⟩", 0.2


def _open(target: str) -> tuple[list[str], list[str], str]:
    """The names that `∃` binds, their types where printed, and the statement about them."""
    names: list[str] = []
    kinds: list[str] = []
    while target.startswith("∃") and (comma := top_level(target, ", ")) is not None:
        binder = target[1:comma].strip()
        new = [name for name, _ in bound_names(binder)]
        kind = re.search(r": ([^():]+)", binder)
        names += new
        kinds += [kind[1].strip() if kind else ""] * len(new)
        target = target[comma + 2 :].strip()
    return names, kinds, target


def _solutions(names: list[str], kinds: list[str], body: str) -> list[tuple[int, ...]]:
    """The first values near 0 that make the statement true, where it is about nothing else."""
    nats = frozenset(n for n, kind in zip(names, kinds, strict=True) if kind in NAT)
    ints = frozenset(n for n, kind in zip(names, kinds, strict=True) if kind in INT or not kind)
    holds = statement(body, nats, ints) if nats | ints == set(names) else None
    if holds is None:
        return []
    if len(names) > 2 * _MOST_NAMES:
        return []
    size = max(2, int(MOST_POINTS ** (1 / len(names))))
    near = [sorted(range(-size // 2, size // 2), key=abs) if n in ints else list(range(size)) for n in names]
    for index, values in enumerate(sorted(product(*near), key=lambda v: (sum(map(abs, v)), -sum(v)))):
        if index > MOST_POINTS:
            break
        if holds(dict(zip(names, values, strict=True))):
            return [values]
    return []


@lru_cache(maxsize=64)
def _by_equation(names: tuple[str, ...], kinds: tuple[str, ...], body: str) -> list[tuple[int, ...]]:
    """Values further away that make the statement true: one variable is the root of what an equation leaves for it."""
    nats = frozenset(n for n, kind in zip(names, kinds, strict=True) if kind in NAT)
    holds = statement(body, nats, frozenset(names) - nats) if 2 <= len(names) <= _MOST_NAMES else None
    if holds is None or not all(kind in NAT | INT | {""} for kind in kinds):
        return []
    equations = [term for part in split_top(body, " ∧ ") if " = " in part and (term := read(part)) is not None]
    found = next((at for at in solutions(names, equations) if holds(at) is True), None)
    return [tuple(found[n] for n in names)] if found is not None else []


def _solved(part: str, name: str) -> str | None:
    """For `x = t` or `t = x`, without `x` in `t`, the term."""
    left, found, right = part.partition(" = ")
    for side, other in ((left, right), (right, left)):
        if found and side.strip() == name and name not in identifiers(other):
            return other.strip()
    return None


def _isolated(view: View, part: str, name: str) -> str | None:
    """For an equation that is linear in `x`, with a coefficient that divides the rest, what `x` is."""
    term = read(part)
    if term is None or term.op != "=":
        return None
    zero = difference(term, division=not view.of_type(NAT | INT))
    if zero is None:
        return None
    powers = zero.in_one(name)
    factor = powers[1].value if powers.keys() <= {0, 1} and 1 in powers else None
    if not factor:
        return None
    value = powers.get(0, Polynomial()) * (-1 / factor)
    return text_of(value) if value.integral or not view.of_type(NAT | INT) else None


def _remainder(body: str, name: str) -> str | None:
    """`P = c * x + r` as `P % c = r`, which is for the rules on remainders."""
    term = read(body)
    sides = [of_term(side) for side in term.args] if term is not None and term.op == "=" else []
    for index, side in enumerate(sides):
        other = sides[1 - index]
        if term is None or side is None or other is None or name in other.names or set(side.names) != {name}:
            continue
        powers = side.in_one(name)
        c = powers[1].value if powers.keys() <= {0, 1} and 1 in powers else None
        r = powers.get(0, Polynomial()).value or 0
        if c is None or not 1 < c < 10_000 or not 0 <= r < c:
            return None
        p = show(term.args[1 - index])
        return f"suffices hs : ({p}) % {c} = {r} by exact ⟨({p}) / {c}, by omega⟩"
    return None


def _quotient(part: str, name: str) -> str | None:
    """For an equation that is linear in `x`, with a number as coefficient, what `x` is if the division is exact."""
    term = read(part)
    zero = difference(term) if term is not None and term.op == "=" else None
    if zero is None:
        return None
    powers = zero.in_one(name)
    factor = powers[1].value if powers.keys() <= {0, 1} and 1 in powers else None
    if factor is None or abs(factor) < 2 or not powers.get(0, Polynomial()).names:
        return None
    value = powers.get(0, Polynomial()) * (-1 if factor > 0 else 1)
    return f"({text_of(value)}) / {abs(factor)}" if value.integral else None


def _coins(names: list[str], body: str) -> str | None:
    """`n = p * a + q * b` for numbers p and q without a common divisor: b from the remainder of n by p, then a."""
    term = read(body)
    sides = [of_term(side, minus=False) for side in term.args] if term is not None and term.op == "=" else []
    for side, other in (sides, sides[::-1]) if len(sides) == 2 else ():
        if side is None or other is None or set(names) & set(other.names) or set(side.names) != set(names):
            continue
        p, q = (side.terms.get(((name, 1),)) for name in names)
        if p is None or q is None or len(side.terms) > 2 or not 1 < p < 1000 or math.gcd(int(p), int(q)) != 1:
            continue
        inverse = pow(int(q), -1, int(p))
        n = text_of(other)
        b = f"({inverse} * ({n})) % {p}"
        return f"(({n}) - {q} * ({b})) / {p}, {b}"
    return None


def _combination(names: list[str], body: str) -> str | None:
    """`n = p * a + q * b` for integers, p and q without a common divisor: multiples of n, by Euclid's algorithm."""
    term = read(body)
    zero = difference(term) if term is not None and term.op == "=" else None
    if zero is None or not zero.integral:
        return None
    p, q = (zero.terms.get(((name, 1),), Fraction(0)) for name in names)
    rest = zero - Polynomial.variable(names[0]) * p - Polynomial.variable(names[1]) * q
    if not p or not q or set(names) & set(rest.names) or math.gcd(int(p), int(q)) != 1:
        return None
    inverse = pow(int(p), -1, abs(int(q))) if abs(q) > 1 else 0
    other = (1 - inverse * p) / q
    return f"{text_of(rest * -inverse)}, {text_of(rest * -other)}"


def _rational_root(names: list[str], body: str) -> str | None:
    """A fraction for which the statement about one number holds, among the roots of an equation in it."""
    if len(names) != 1:
        return None
    (name,) = names
    term = read(body)
    holds = compiled(term, {name: "Rat"}) if term is not None else None
    if holds is None:
        return None
    for part in split_top(body, " ∧ "):
        equation = read(part)
        zero = difference(equation, division=True) if equation is not None and equation.op == "=" else None
        if zero is None or zero.names != [name]:
            continue
        for root in rational_roots(zero):
            if holds({name: root}) is True:
                return text_of(Polynomial.constant(root))
    return None


def _root_of(body: str, name: str) -> str | None:
    """For `x ^ k = t`, the term whose k-th power `t` is, where its powers and factors show one."""
    term = read(body)
    if term is None or term.op != "=":
        return None
    for power, other in (term.args, term.args[::-1]):
        if power.op == "^" and power.args[0] == Term("var", name=name) and power.args[1].name in _ROOTS:
            root = _root(other, int(power.args[1].name))
        elif power.op == "*" and power.args == (Term("var", name=name),) * 2:
            root = _root(other, 2)
        else:
            continue
        square = power.op == "*" or power.args[1].name == "2"
        if root is None and square and (p := of_term(other)) is not None and (whole := square_root(p)) is not None:
            return text_of(whole) if name not in whole.names else None
        return show(root) if root is not None and name not in names_of(root) else None
    return None


def _root(term: Term, k: int) -> Term | None:
    if term.op == "num" and len(term.name) < 10:
        root = round(int(term.name) ** (1 / k))
        return Term("num", name=str(root)) if root**k == int(term.name) else None
    if term.op == "*":
        if k == 2 and term.args[0] == term.args[1]:
            return term.args[0]
        left, right = (_root(arg, k) for arg in term.args)
        return Term("*", (left, right)) if left is not None and right is not None else None
    if term.op != "^":
        return None
    base, exponent = term.args
    inner = _root(base, k)
    if inner is not None:
        return Term("^", (inner, exponent))
    p = of_term(exponent, minus=False)
    if p is None or not (p * Fraction(1, k)).integral:
        return None
    quotient = text_of(p * Fraction(1, k))
    if quotient == "1":
        return base
    rest = read(quotient)
    return Term("^", (base, rest)) if rest is not None else None


def _least(view: View, name: str, kind: str, body: str) -> Iterator[Proposal]:
    """`∃ m, P m ∧ ∀ k, P k → m ≤ k` where some `P n` is known: the well-ordering of the natural numbers."""
    parts = split_top(body, " ∧ ")
    minimal = re.fullmatch(r"\(?∀ (?:\()?([\w']+)(?: : \w+\))?(?:, | < \w+, )(.*)", parts[-1])
    if len(parts) < 2 or minimal is None or not (kind in NAT or kind == ""):
        return
    holds = " ∧ ".join(parts[:-1])
    for h in view.props:
        found = re.fullmatch(r"∃ ([\w']+), (.*)", h.type)
        if found and put(found[2], found[1], name) == holds:
            n, hn, ih, k = (view.fresh(wish) for wish in ("n", "hn", "ih", "k"))
            at_k = put(holds, name, k)
            yield (
                f"(obtain ⟨{n}, {hn}⟩ := {h.name}\n induction {n} using Nat.strongRecOn with\n | ind {n} {ih} =>\n"
                f"   by_cases hc : ∃ {k}, {k} < {n} ∧ ({at_k})\n"
                f"   · obtain ⟨{k}, hk, hp⟩ := hc\n     exact {ih} {k} hk hp\n"
                f"   · first\n     | exact ⟨{n}, {hn}, fun {k} hk => Nat.le_of_not_lt fun hl => hc ⟨{k}, hl, hk⟩⟩\n"
                f"     | exact ⟨{n}, {hn}, fun {k} hl hk => hc ⟨{k}, hl, hk⟩⟩\n"
                f"     | exact ⟨{n}, {hn}, by grind⟩)",
                0.88,
            )


def _multiple(body: str, name: str) -> str | None:
    """`a = c * x`, without `x` elsewhere, as `c ∣ a`, which it is by definition."""
    term = read(body)
    if term is None or term.op != "=" or term.args[1].op != "*":
        return None
    divisor, variable = term.args[1].args
    if variable != Term("var", name=name) or name in names_of(term.args[0]) | names_of(divisor):
        return None
    return f"{show(divisor, 51)} ∣ {show(term.args[0], 51)}"


def _general(view: View, name: str, kind: str, body: str) -> list[str]:
    """A term in the numbers of the context that makes the statement true at small values of these."""
    variables = [n for n in view.of_type(NAT | INT) if mentions(body, n)][:2]
    kinds = {v.name: v.type for v in view.vars if v.name in variables}
    term = read(body)
    own = kind or (next(iter(kinds.values())) if kinds else "")
    if not variables or term is None or canonical(own) not in ("Nat", "Int") or len({*kinds.values(), own}) != 1:
        return []
    holds = compiled(term, {**kinds, name: own})
    given = [compiled(t, kinds) for h in view.props if (t := read(h.type)) is not None]
    if holds is None:
        return []
    base = [0, 1, 2, 3, 7, 10] if canonical(own) == "Nat" else [0, 1, 2, -1, -3, 5]
    places = [dict(zip(variables, values, strict=True)) for values in product(base, repeat=len(variables))]
    places = [at for at in places if all(test is None or test(at) is not False for test in given)]
    for text in _terms(variables, [n for n in numerals(body) if n < 100][:3]):
        candidate = read(text)
        code = number(candidate, kinds, own) if candidate is not None else None
        if places and code is not None and all(holds({**at, name: code(at)}) is True for at in places):
            return [text]
    return []


def _terms(variables: list[str], numbers: list[int]) -> Iterator[str]:
    """Terms in the variables that often do: near them, above all of them, with a remainder by a number."""
    total = " + ".join(variables)
    factors = [n for n in dict.fromkeys((2, 3, *numbers, math.prod(numbers))) if 1 < n < 1000]
    shifts = [*range(13), *(n for n in numbers if n > 12)]
    for v in [*variables, *([total] if len(variables) > 1 else [])]:
        yield from (f"{v} + {c}" if c else v for c in shifts)
        yield from (f"{factor} * ({v}) + {c}" for factor in factors for c in range(13))
        yield from (f"({v}) ^ 2 + {c}" for c in range(3))
    if len(variables) == 2:
        a, b = variables
        yield from (f"{a} * {b}", f"{a} * {b} + 1", f"{a} - {b}", f"{b} - {a}")
