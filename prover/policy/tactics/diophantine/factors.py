"""Equations whose sides factor: a product that is 0, and integers whose product is a known number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations, product
from math import gcd, isqrt

from prover.policy.tactics.estimates.facts import Question
from prover.policy.tactics.estimates.quadratics import SQUARE, completed
from prover.policy.tactics.estimates.univariate import by_pieces
from prover.policy.tactics.integers import as_integers
from prover.policy.tactics.kernel import one_of_divisors
from prover.policy.tactics.polynomials import (
    Polynomial,
    difference,
    divided,
    divisors_of,
    linear_solution,
    primitive,
    rational_roots,
    text_of,
)
from prover.policy.tactics.terms import conjuncts, names_of, read
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View, case, have, mentions, seq

_LARGEST_PRODUCT = 1_000
_MOST_DIVISORS = 40
_MOST_LEMMAS = 12
_SMALL = 6
_MOST_CONSTANT, _LARGEST_CONSTANT = 30, 10_000
_CLOSE = "first | omega | grind"


def propose(view: View) -> Iterator[Proposal]:
    kind = "Int" if view.of_type(INT) else "Rat" if view.of_type(RAT) else "Nat" if view.of_type(NAT) else ""
    if not kind or " = " not in view.facts:
        return
    if kind == "Nat":
        yield from as_integers(view, propose)
        return
    found = equations(view, kind)
    for equation in found[:4]:
        yield from _zero_product(view, equation, kind, [])
        if kind == "Int":
            yield from _known_product(view, equation)
    yield from _combined(view, found, kind)
    for step, equation in _quotients(view, found):
        yield from _zero_product(view, equation, kind, [step])
    solution = {
        name: value
        for name, value in linear_solution(equations(view, kind, 1)).items()
        if value.value is None and (kind == "Rat" or value.integral)
    }
    if not solution:
        return
    solver = "grind" if kind == "Rat" else "omega"
    steps = [f"obtain rfl : {name} = {text_of(value)} := by {solver}" for name, value in solution.items()]
    for equation in found[:3]:
        for name, value in solution.items():
            equation = equation.replaced(name, value)
        if 2 <= equation.degree <= 6:
            yield from _zero_product(view, equation, kind, steps)


def equations(view: View, kind: str, exact: int = 0) -> list[Polynomial]:
    """The hypotheses `p = q` of that degree (of any above 1 when it is 0), as polynomials that are 0."""
    variables = set(view.of_type(INT if kind == "Int" else RAT))
    found = []
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        for part in conjuncts(term) if term is not None else []:
            if part.op != "=" or not names_of(part) <= variables:
                continue
            p = difference(part, division=kind == "Rat")
            if p is None or len(p.names) > 4:
                continue
            if p.degree == exact if exact else 2 <= p.degree <= 6:
                found.append(primitive(p))
    return found


def _quotients(view: View, equations: Sequence[Polynomial]) -> Iterator[tuple[str, Polynomial]]:
    """One known product divided by another: `a * r ^ 2 = 12` and `a * r ^ 5 = 324` say what `r ^ 3` is."""
    products = [
        (m, -p.terms.get((), Fraction(0)) / c) for p in equations for m, c in p.terms.items() if m and len(p.terms) == 2
    ]
    for (m, small), (n, large) in permutations(products, 2):
        rest = divided(Polynomial({n: 1}), Polynomial({m: 1}))
        if rest is not None and rest.value is None and small and len(rest.names) == 1:
            equation = primitive(rest * small - Polynomial.constant(large))
            yield f"have {view.fresh('hq')} : {text_of(equation)} = 0 := by grind", equation
            return


def _combined(view: View, equations: Sequence[Polynomial], kind: str) -> Iterator[Proposal]:
    """Sums of two quadratic equations that factor, as `x ^ 2 + y ^ 2 + 2 * x * y - 49`; two of them at once."""
    quadratic = [p for p in equations if p.degree == 2 and len(p.names) == 2][:3]
    found: dict[Polynomial, list[Polynomial]] = {}
    for (p, q), k in product(permutations(quadratic, 2), (1, 2, -1, -2)):
        whole = p + q * k
        if len(found) < 2 and _is_degenerate(whole) and len(factors := _linear_factors(whole)) == 2:
            found.setdefault(whole, factors)
    if not found:
        return
    fresh = view.namer()
    names, steps = [], []
    for u, v in found.values():
        names.append(fresh("hz"))
        steps.append(f"have {names[-1]} : ({text_of(u)}) * ({text_of(v)}) = 0 := by grind")
    split = " <;> ".join(f"rcases {kind}.mul_eq_zero.mp {n} with {n} | {n}" for n in names)
    yield seq(*steps, f"({split}) <;> ({_CLOSE})"), 0.9


def _is_degenerate(p: Polynomial) -> bool:
    """Could it be a product of two linear polynomials in two variables, by the determinant of its conic?"""
    if p.degree != 2 or len(p.names) != 2:
        return False
    x, y = p.names
    places = ((x, 2),), ((x, 1), (y, 1)), ((y, 2),), ((x, 1),), ((y, 1),), ()
    a, b, c, d, e, f = (p.terms.get(place, Fraction(0)) for place in places)
    return 4 * a * c * f + b * d * e - a * e * e - c * d * d - f * b * b == 0


def _zero_product(view: View, p: Polynomial, kind: str, steps: list[str]) -> Iterator[Proposal]:
    """Factors one of which is 0, and the cases that this makes."""
    found = _linear_factors(p)
    factors = [text_of(factor) for factor in found]
    if not factors:
        return
    product = factors[0] if len(factors) == 1 else factors[-1]
    for factor in factors[-2::-1]:
        product = f"{factor}) * ({product}"
    if len(factors) == 1:
        return
    h = view.fresh("hz")
    known = f"have {h} : ({product}) = 0 := by grind"
    # A quadratic factor without roots is a square and something more.
    squares = [f"({text_of(form)}) ^ 2" for factor in found if factor.degree == 2 for form in completed(factor)][:3]
    positive = [f"have {view.fresh(f'hs{i}')} : 0 ≤ {each} := {SQUARE}" for i, each in enumerate(squares)]
    positive += _without_roots(view, [factor for factor in found if factor.degree > 2], kind)
    # a * (b * c) = 0, a factor at a time
    lines, inner = [*steps, known, *positive], h
    opened = f"rcases {kind}.mul_eq_zero.mp {inner} with {h} | {h}"
    finish = f"({_CLOSE})"
    for _ in factors[2:]:
        finish = f"first | ({_CLOSE}) | (rcases {kind}.mul_eq_zero.mp {h} with {h} | {h} <;> {finish})"
    yield seq(*lines, f"{opened} <;> {finish}"), 0.915
    if len(factors) == 2:
        yield seq(*lines, opened), 0.2


def _without_roots(view: View, factors: Sequence[Polynomial], kind: str) -> Iterator[str]:
    """Of polynomials in one variable that have no root: on which side of 0 they are."""
    for i, factor in enumerate(factors):
        for side in (factor, -factor):
            proof = by_pieces(Question(kind, side, True, (), (), ()))
            if proof is not None:
                yield have(view.fresh(f"hr{i}"), f"0 < {text_of(side)}", proof)


def _linear_factors(p: Polynomial) -> list[Polynomial]:
    """Linear factors over the integers, and what is left of the polynomial; one entry when there are none."""
    found: list[Polynomial] = []
    for form in _candidates(p):
        while p.degree > 1 and (rest := divided(p, form)) is not None:
            found.append(form)
            p = rest
    if p.degree >= 1:
        found.append(p)
    return found


def _candidates(p: Polynomial) -> Iterator[Polynomial]:
    """Linear polynomials that could divide it: by its rational roots, or with small coefficients."""
    names = p.names
    if len(names) == 1:
        x = Polynomial.variable(names[0])
        yield from (x * root.denominator - Polynomial.constant(root.numerator) for root in rational_roots(p))
    elif len(names) == 2:
        x, y = (Polynomial.variable(name) for name in names)
        last = p.terms.get((), Fraction(0))
        sizes = divisors_of(abs(int(last))) if 0 < abs(last) <= _LARGEST_CONSTANT else range(_SMALL + 1)
        constants = [c for size in sizes if size <= _MOST_CONSTANT for c in {size, -size} if not c or last % c == 0]
        constants = [c for c in constants if c or not last]
        if p.homogeneous:
            constants = [0]
        for a in range(0, 4):
            for b in range(-3, 4):
                if (a, b) != (0, 0) and gcd(a, b) == 1 and (a or b > 0):
                    for c in constants:
                        form = x * a + y * b + Polynomial.constant(c)
                        if _vanishes(p, form, names):
                            yield form
    elif len(names) == 3 and p.homogeneous:
        for numbers in product(range(-2, 3), repeat=3):
            first = next((c for c in numbers if c), 0)
            form = Polynomial({((name, 1),): c for name, c in zip(names, numbers, strict=True)})
            if first > 0 and gcd(*numbers) == 1 and _vanishes(p, form, names):
                yield form


def _vanishes(p: Polynomial, form: Polynomial, names: list[str]) -> bool:
    """Is the polynomial 0 at two points where the form is? Cheap, and rarely true by accident."""
    last = next(name for name in reversed(names) if ((name, 1),) in form.terms)
    for point in ((7, 5), (-11, 3)):
        others = [name for name in names if name != last]
        at = {name: Fraction(value) for name, value in zip(others, point, strict=False)} | {last: Fraction(0)}
        at[last] = -form.at(at) / form.terms[((last, 1),)]
        if p.at(at) != 0:
            return False
    return True


def _known_product(view: View, p: Polynomial) -> Iterator[Proposal]:
    """`u * v = N` for linear u, v, or linear in squares: u is a divisor of N, and the rest is linear."""
    squares = len(p.names) == 2 and all(power == 2 for m in p.terms for _, power in m)
    found = _split(_in_squares(p)) if squares else None
    squares = found is not None
    found = found or _split(p) or _split_cubic(p) or _variable_factor(p, view.target)
    if found is None:
        return
    u, v, number = found
    positive = [n for n in p.names if any(h.type in (f"0 < {n}", f"{n} > 0") for h in view.props)][:3]
    products = [
        f"have {view.fresh(f'hm{i}')} := Int.mul_pos (show 0 < {a} by omega) (show 0 < {b} by omega)"
        for i, (a, b) in enumerate(combinations(positive, 2))
    ]
    close = f"first | omega | grind | ({'; '.join(products)}; grind)" if products else _CLOSE
    if number < 0:
        v, number = -v, -number
    if not 0 < number <= _LARGEST_PRODUCT:
        return
    divisors = divisors_of(number)
    if 2 * len(divisors) > _MOST_DIVISORS:
        return
    left, right = text_of(u), text_of(v)
    hp, hd, hk, hc = (view.fresh(name) for name in ("hp", "hd", "hk", "hc"))
    cases = [((u, d), (v, number // d)) for size in divisors for d in (size, -size)]
    lemmas, ends = _by_squares(view, p.names, cases, close) if squares else ([], [_at(pair, close) for pair in cases])
    steps = [
        *lemmas,
        f"have {hp} : ({left}) * ({right}) = {number} := by grind",
        f"have {hd} : ({left}).natAbs ∣ {number} := by\n"
        f"  have h : ({left}) ∣ {number} := ⟨_, {hp}.symm⟩\n  exact Int.natAbs_dvd_natAbs.mpr h",
        f"rcases {one_of_divisors(number, '_', hd)} with {' | '.join([hk] * len(divisors))}",
    ]
    for d, *pair in zip(divisors, ends[::2], ends[1::2], strict=True):
        both = [case([f"rw [{hc}] at {hp}", end]) for end in pair]
        steps.append(case([f"rcases (show {left} = {d} ∨ {left} = -{d} by omega) with {hc} | {hc}", *both]))
    if len(lemmas) <= _MOST_LEMMAS:
        yield seq(*steps), 0.9


def _at(pair: Sequence[tuple[Polynomial, int]], close: str) -> str:
    """What ends a case of linear equations `p = number`: the only values that solve them are put in."""
    values = linear_solution(p - Polynomial.constant(number) for p, number in pair)
    if (end := _quadratic(pair, values)) is not None:
        return end
    numbers = {name: value for name, p in values.items() if (value := p.value) is not None}
    if len(numbers) < 2 or any(value.denominator > 1 for value in numbers.values()):
        return close
    steps = [f"obtain rfl : {name} = {value} := (by omega)" for name, value in numbers.items()]
    put_in = f"({'; '.join(steps)}; first | omega | (simp_all; done))"
    return close.replace("first | omega |", f"first | omega | {put_in} |", 1)


def _in_squares(p: Polynomial) -> Polynomial:
    """A polynomial in squares as one in variables that are called `x ^ 2`."""
    return Polynomial({tuple((f"{name} ^ 2", 1) for name, _ in m): c for m, c in p.terms.items()})


def _by_squares(
    view: View, names: list[str], cases: Sequence[tuple[tuple[Polynomial, int], ...]], close: str
) -> tuple[list[str], list[str]]:
    """Lemmas about squares, and what ends each of the cases, each two equations `a * x ^ 2 + c = number`: most ask for
    a square to be what none is."""
    fresh = view.namer()
    lemmas = [f"have {fresh('hs')} : 0 ≤ {name} ^ 2 := Lean.Grind.OrderedRing.sq_nonneg" for name in names]
    for h in view.props:
        x = next((name for name in names if h.type in (f"{name} ≠ 0", f"0 ≠ {name}", f"¬{name} = 0")), None)
        if x is not None:
            signs = "rcases Int.lt_or_gt_of_ne h with h | h"
            below = f"have := Int.mul_pos (show 0 < -{x} by omega) (show 0 < -{x} by omega); grind"
            apart = f"{h.name}.symm" if h.type.startswith("0") else h.name
            proof = f"by\n  have h : {x} ≠ 0 := {apart}\n  {signs}\n  · {below}\n  · have := Int.mul_pos h h; grind"
            lemmas.append(f"have {fresh('hs')} : 0 < {x} ^ 2 := {proof}")
    known: dict[tuple[str, int], str] = {}
    ends = []
    for pair in cases:
        end = close
        for p, number in pair:
            factor = p.terms.get(((p.names[0], 1),)) if len(p.names) == 1 and p.degree == 1 else None
            if factor is None or not p.names[0].endswith(" ^ 2"):
                continue
            value = (number - p.terms.get((), Fraction(0))) / factor
            if value.denominator != 1 or value < 0:
                end = "omega"
                break
            square = p.names[0], int(value)
            if isqrt(square[1]) ** 2 != square[1]:
                if square not in known:
                    known[square] = fresh("hn")
                    lemmas.append(f"have {known[square]} : {square[0]} ≠ {square[1]} := {_no_square(*square)}")
                end = f"exact ({known[square]} (by omega)).elim"
                break
        ends.append(end)
    return lemmas, ends


def _no_square(square: str, value: int) -> str:
    """A proof that `x ^ 2` is not a number between two squares."""
    x, r = square.removesuffix(" ^ 2"), isqrt(value)
    nonnegative = "have h1 := Int.mul_nonneg (show 0 ≤ {} by omega) (show 0 ≤ {} by omega); grind"
    return (
        f"by\n  intro h0\n  rcases (show {x} ≤ -{r + 1} ∨ (-{r} ≤ {x} ∧ {x} ≤ {r}) ∨ {r + 1} ≤ {x} by omega) with "
        f"h1 | h1 | h1\n"
        f"  · {nonnegative.format(f'-{x} - {r + 1}', f'-{x} + {r + 1}')}\n"
        f"  · {nonnegative.format(f'{x} + {r}', f'{r} - {x}')}\n"
        f"  · {nonnegative.format(f'{x} - {r + 1}', f'{x} + {r + 1}')}"
    )


def _quadratic(pair: Sequence[tuple[Polynomial, int]], values: Mapping[str, Polynomial]) -> str | None:
    """What ends a case of a linear equation and a quadratic one: that leaves the square of a linear term."""
    quadratic = next((p - Polynomial.constant(number) for p, number in pair if p.degree == 2), None)
    if quadratic is None or len(values) != 1:
        return None
    ((name, value),) = values.items()
    left = quadratic.replaced(name, value)
    if not value.integral or len(left.names) != 1 or left.degree != 2:
        return None
    (y,), powers = left.names, left.in_one(left.names[0])
    a, b, c = (int(powers[i].value or 0) if i in powers else 0 for i in (2, 1, 0))
    square, number = f"({text_of(Polynomial({((y, 1),): 2 * a, (): b}))})", b * b - 4 * a * c
    steps = [
        f"obtain rfl : {name} = {text_of(value)} := (by omega)",
        f"have hs : {square} ^ 2 = {number} := (by grind)",
    ]
    root = isqrt(max(0, number))
    if number < 0:
        steps += [f"have hq : 0 ≤ {square} ^ 2 := {SQUARE}", "omega"]
    elif root * root == number:
        steps += [f"have hs : ({square} - {root}) * ({square} + {root}) = 0 := (by grind)"]
        steps += ["rcases Int.mul_eq_zero.mp hs with hs | hs <;> first | omega | (simp_all; omega) | grind"]
    else:
        steps += [f"generalize {square} = s at hs", f"exact absurd hs ({_no_square('s ^ 2', number)})"]
    return "\n".join(step.replace("\n", "\n  ") for step in steps)


def _split_cubic(p: Polynomial) -> tuple[Polynomial, Polynomial, int] | None:
    """A linear u and a quadratic v in two variables, and a number, with `p = 0` when `u * v = number`."""
    if len(p.names) != 2 or p.degree != 3 or not p.integral:
        return None
    number = p.terms.get((), Fraction(0))
    rest = p - Polynomial.constant(number)
    for u in _candidates(rest) if number else ():
        v = divided(rest, u)
        if v is not None and v.integral and any(abs(c) == 1 for c in u.terms.values()):
            return u, v, -int(number)
    return None


def _split(p: Polynomial) -> tuple[Polynomial, Polynomial, int] | None:
    """Linear u, v and a number with `p = 0` when `u * v = number`, up to a factor."""
    names = p.names
    if len(names) != 2 or p.degree != 2 or not p.integral:
        return None
    x, y = names
    c = {m: int(value) for m, value in p.terms.items()}
    xy, xx, yy = c.get(((x, 1), (y, 1)), 0), c.get(((x, 2),), 0), c.get(((y, 2),), 0)
    cx, cy, c0 = c.get(((x, 1),), 0), c.get(((y, 1),), 0), c.get((), 0)
    vx, vy = Polynomial.variable(x), Polynomial.variable(y)
    if xy and not xx and not yy:
        # (a x + c) (a y + b) = b c - a d
        g = gcd(gcd(xy, cx), gcd(cy, c0))
        a, b, cc, d = xy // g, cx // g, cy // g, c0 // g
        if b % a == 0:
            # (a x + c) (y + b / a) = (b c - a d) / a
            number = b * cc - a * d
            return (
                (vx * a + Polynomial.constant(cc), vy + Polynomial.constant(b // a), number // a)
                if not number % a
                else None
            )
        if cc % a == 0:
            number = b * cc - a * d
            return (
                (vy * a + Polynomial.constant(b), vx + Polynomial.constant(cc // a), number // a)
                if not number % a
                else None
            )
        return vx * a + Polynomial.constant(cc), vy * a + Polynomial.constant(b), b * cc - a * d
    if not (xx and yy):
        return None
    if not xy and not cx % xx and not cy % yy:  # the squares are completed, those of twice a variable if need be
        if cx // xx % 2 or cy // yy % 2:
            p, vx, vy, cx, cy = p * 4, vx * 2, vy * 2, cx * 2, cy * 2
        vx, vy = vx + Polynomial.constant(cx // (2 * xx)), vy + Polynomial.constant(cy // (2 * yy))
    square = vx * vx * xx + vx * vy * xy + vy * vy * yy
    rest = (p - square).value
    if rest is None:
        return None
    for a in range(1, _SMALL + 1):
        for b in range(-_SMALL, _SMALL + 1):
            u = vx * a + vy * b
            if b and gcd(a, b) == 1 and (v := divided(square, u)) is not None and v.integral:
                return u, v, int(-rest)
    return None


def _variable_factor(p: Polynomial, target: str) -> tuple[Polynomial, Polynomial, int] | None:
    """A variable that divides all but the constant (one of the target's first), the rest, and what they make."""
    constant = p.terms.get((), Fraction(0))
    if not constant or not p.integral:
        return None
    for name in sorted(p.names, key=lambda name: not mentions(target, name)):
        rest = divided(p - Polynomial.constant(constant), Polynomial.variable(name))
        if rest is not None:
            return Polynomial.variable(name), rest, -int(constant)
    return None


__all__ = ["equations", "propose"]
