"""Polynomials with rational coefficients: exact, small, and only as much as the rules ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import isqrt, lcm

from prover.policy.tactics.simplex import eliminate
from prover.policy.tactics.terms import Term, show

Monomial = tuple[tuple[str, int], ...]
"""Variables (or atoms, by their text) with exponents, in the order of their names; empty for 1."""

_MOST_TERMS = 400
_MOST_BITS = 20_000
_LARGEST_POWER = 12
# Of the first and the last coefficient, where rational roots are looked for.
_LARGEST_END = 10**5


class Polynomial:
    """A map from monomials to coefficients that are not 0."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Monomial, Fraction | int] | None = None) -> None:
        self.terms = {m: Fraction(c) for m, c in (terms or {}).items() if c}

    @classmethod
    def constant(cls, value: Fraction | int) -> Polynomial:
        return cls({(): value})

    @classmethod
    def variable(cls, name: str) -> Polynomial:
        return cls({((name, 1),): 1})

    def __add__(self, other: Polynomial) -> Polynomial:
        terms = dict(self.terms)
        for monomial, coefficient in other.terms.items():
            terms[monomial] = terms.get(monomial, Fraction(0)) + coefficient
        return Polynomial(terms)

    def __neg__(self) -> Polynomial:
        return Polynomial({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Polynomial | Fraction | int) -> Polynomial:
        if not isinstance(other, Polynomial):
            return Polynomial({m: c * other for m, c in self.terms.items()})
        terms: dict[Monomial, Fraction] = {}
        for a, c in self.terms.items():
            for b, d in other.terms.items():
                monomial = times(a, b)
                terms[monomial] = terms.get(monomial, Fraction(0)) + c * d
        return Polynomial(terms)

    def __pow__(self, exponent: int) -> Polynomial:
        result = Polynomial.constant(1)
        for _ in range(exponent):
            result = result * self
        return result

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def names(self) -> list[str]:
        """The variables that occur, by name."""
        return sorted({name for monomial in self.terms for name, _ in monomial})

    @property
    def degree(self) -> int:
        return max((degree(monomial) for monomial in self.terms), default=0)

    @property
    def value(self) -> Fraction | None:
        """The number that it is, or None where variables occur."""
        return self.terms.get((), Fraction(0)) if not self.terms.keys() - {()} else None

    @property
    def homogeneous(self) -> bool:
        """Are there terms, all of one degree?"""
        return len({degree(monomial) for monomial in self.terms}) == 1

    @property
    def integral(self) -> bool:
        return all(c.denominator == 1 for c in self.terms.values())

    def in_one(self, name: str) -> dict[int, Polynomial]:
        """As a polynomial in one variable: the coefficient of each of its powers."""
        parts: dict[int, dict[Monomial, Fraction]] = {}
        for monomial, c in self.terms.items():
            power = dict(monomial).get(name, 0)
            rest = tuple(pair for pair in monomial if pair[0] != name)
            parts.setdefault(power, {})[rest] = c
        return {power: Polynomial(terms) for power, terms in parts.items()}

    def replaced(self, name: str, by: Polynomial) -> Polynomial:
        """With a variable replaced by a polynomial."""
        result = Polynomial()
        for power, coefficient in self.in_one(name).items():
            result = result + coefficient * by**power
        return result

    def at(self, values: Mapping[str, Fraction | int]) -> Fraction:
        """Its value; every variable needs one."""
        total = Fraction(0)
        for monomial, c in self.terms.items():
            for name, power in monomial:
                c = c * Fraction(values[name]) ** power
            total += c
        return total


def derivative_at(p: Polynomial, name: str, at: Mapping[str, Fraction]) -> Fraction:
    """The derivative by one variable, at a point."""
    total = Fraction(0)
    for power, c in p.in_one(name).items():
        if power:
            total += c.at(at) * power * at[name] ** (power - 1)
    return total


def bits(number: Fraction | int) -> int:
    """How many binary digits a number has, at least 1."""
    return max(1, number.numerator.bit_length() + number.denominator.bit_length())


def primitive(polynomial: Polynomial) -> Polynomial:
    """The polynomial with its denominators cleared."""
    return polynomial * lcm(*(c.denominator for c in polynomial.terms.values()))


def degree(monomial: Monomial) -> int:
    return sum(power for _, power in monomial)


def times(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    if not a or not b:
        return a or b
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(powers.items()))


def of_term(term: Term, *, division: bool = False, atoms: bool = False, minus: bool = True) -> Polynomial | None:
    """The polynomial that a term is.

    Args:
        division: is `/` that of a field? By a number other than 0 only.
        atoms: are unknown subterms (applications, powers with a variable exponent) variables named by their text?
        minus: may there be subtraction? False for natural numbers, whose subtraction stops at 0.
    """

    def recur(t: Term) -> Polynomial | None:
        return of_term(t, division=division, atoms=atoms, minus=minus)

    def atom() -> Polynomial | None:
        return Polynomial.variable(show(term, 1024)) if atoms else None

    match term.op:
        case "num":
            return Polynomial.constant(int(term.name)) if len(term.name) < 40 else None
        case "var":
            return Polynomial.variable(term.name)
        case "app" | "%":
            return atom()
        case "inv":
            below = recur(term.args[0])
            if division and below is not None and (number := below.value):
                return Polynomial.constant(1 / number)
            return atom()
        case "↑":
            return recur(term.args[0]) if not term.args[0].args else atom()
        case "neg":
            inner = recur(term.args[0])
            return None if inner is None or not minus else -inner
        case "^":
            base, exponent = recur(term.args[0]), recur(term.args[1])
            power = exponent.value if exponent is not None else None
            if base is None or power is None or power.denominator != 1 or power < 0:
                return atom()
            if base.value is not None and power <= 200 and bits(base.value) * power <= _MOST_BITS:
                return Polynomial.constant(base.value ** int(power))
            small = power <= _LARGEST_POWER and (
                len(base.terms) == 1 or len(base.terms) ** int(power) <= _MOST_TERMS * 4
            )
            return base ** int(power) if small else atom()
        case "+" | "-" | "*" | "/":
            left, right = recur(term.args[0]), recur(term.args[1])
            if left is None or right is None:
                return None
            if term.op == "/":
                number = right.value
                if division and number:
                    return left * (1 / number)
                inverse = recur(Term("inv", (term.args[1],))) if division and atoms else None
                return left * inverse if inverse is not None else atom()
            if term.op == "-":
                return left - right if minus else atom()
            if term.op == "+":
                return left + right
            return left * right if len(left.terms) * len(right.terms) <= _MOST_TERMS * 4 else None
    return None


def difference(relation: Term, *, division: bool = False, atoms: bool = False, minus: bool = True) -> Polynomial | None:
    """The left side of a relation minus the right one; None where a side is none. Arguments as for `of_term`."""
    left, right = (of_term(side, division=division, atoms=atoms, minus=minus) for side in relation.args)
    return left - right if left is not None and right is not None else None


def divided(dividend: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """The quotient of an exact division, or None."""
    quotients = reduced(dividend, [divisor]) if divisor else None
    return quotients[0] if quotients else None


def reduced(dividend: Polynomial, divisors: list[Polynomial]) -> list[Polynomial] | None:
    """Quotients whose products with the divisors add up to the dividend; None where division fails."""
    found = _division(dividend, divisors, exact=True)
    return found[0] if found is not None else None


def division(dividend: Polynomial, divisor: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder, no term of which is a multiple of the divisor's leading one (but where that takes too
    long: the dividend itself remains). Both are linear in the dividend."""
    found = _division(dividend, [divisor], exact=False)
    return (found[0][0], found[1]) if found is not None else (Polynomial(), dividend)


def parted(polynomial: Polynomial) -> tuple[Polynomial, Polynomial]:
    """What is added and what is taken away, with positive coefficients only."""
    signs = ({m: abs(c) for m, c in polynomial.terms.items() if (c < 0) == negative} for negative in (False, True))
    added, taken = map(Polynomial, signs)
    return added, taken


def _division(
    dividend: Polynomial, divisors: list[Polynomial], *, exact: bool
) -> tuple[list[Polynomial], Polynomial] | None:
    """Quotients and what is left, by the leading terms in the lexical order of the names; None where it takes long, or
    where something is left of what should be exact."""
    order = sorted({*dividend.names, *(name for p in divisors for name in p.names)})

    def key(monomial: Monomial) -> tuple[int, ...]:
        powers = dict(monomial)
        return tuple(powers.get(name, 0) for name in order)

    leads = [max(p.terms, key=key) if p else None for p in divisors]
    quotients = [Polynomial() for _ in divisors]
    rest, left = dividend, Polynomial()
    for _ in range(_MOST_TERMS):
        if not rest:
            return quotients, left
        top = max(rest.terms, key=key)
        for i, lead in enumerate(leads):
            powers = dict(top)
            if lead is None or any(powers.get(name, 0) < power for name, power in lead):
                continue
            for name, power in lead:
                powers[name] -= power
            monomial = tuple(sorted((name, power) for name, power in powers.items() if power))
            term = Polynomial({monomial: rest.terms[top] / divisors[i].terms[lead]})
            quotients[i], rest = quotients[i] + term, rest - term * divisors[i]
            break
        else:
            if exact:
                return None
            term = Polynomial({top: rest.terms[top]})
            rest, left = rest - term, left + term
    return None


def combination(wanted: Polynomial, given: list[Polynomial]) -> list[Fraction] | None:
    """Numbers whose products with the given polynomials add up to the wanted one; None where there are none."""
    monomials = sorted({m for p in (wanted, *given) for m in p.terms})
    rows = [[*(p.terms.get(m, Fraction(0)) for p in given), wanted.terms.get(m, Fraction(0))] for m in monomials]
    pivots = eliminate(rows, len(given))
    if any(row[-1] for row in rows[len(pivots) :]):
        return None
    numbers = [Fraction(0)] * len(given)
    for i, column in enumerate(pivots):
        numbers[column] = rows[i][-1]
    return numbers


def written(polynomial: Polynomial, *, signed: bool = True) -> str | None:
    """Lean text of a polynomial with integer coefficients; None where it has others, or unwanted signs.

    Args:
        signed: may there be subtraction?
    """
    if not polynomial.integral or (not signed and any(c < 0 for c in polynomial.terms.values())):
        return None
    return text_of(polynomial)


def text_of(polynomial: Polynomial) -> str:
    """Lean text, with fractions where there are any; terms of high degree first, what is added before what is taken."""
    parts: list[str] = []
    ordered = sorted(polynomial.terms.items(), key=lambda item: (item[1] < 0, -degree(item[0]), item[0]))
    for monomial, coefficient in ordered:
        size = abs(coefficient)
        number = str(size.numerator) if size.denominator == 1 else f"({size.numerator} / {size.denominator})"
        factors = [name if power == 1 else f"{name} ^ {power}" for name, power in monomial]
        text = " * ".join(factors if size == 1 and factors else [number, *factors])
        if coefficient < 0:
            parts.append(f"- {text}" if parts else f"-({text})" if "*" in text or "^" in text else f"-{text}")
        else:
            parts.append(f"+ {text}" if parts else text)
    return " ".join(parts) or "0"


def literal(value: Fraction) -> str:
    """Lean text of a number."""
    return text_of(Polynomial.constant(value))


def linear_solution(equations: Iterable[Polynomial]) -> dict[str, Polynomial]:
    """Gauss: variables that linear equations `p = 0` fix, in terms of the others (a constant where one number fits).

    Equations of a higher degree are left out; contradictory ones give what was found before them.
    """
    solved: dict[str, Polynomial] = {}
    for equation in equations:
        for name, value in solved.items():
            equation = equation.replaced(name, value) if name in equation.names else equation
        if equation.degree != 1:
            continue
        name = next(iter(sorted(equation.names, key=lambda n: (abs(equation.terms[((n, 1),)]) != 1, n))))
        coefficient = equation.terms[((name, 1),)]
        value = (equation - Polynomial({((name, 1),): coefficient})) * (-1 / coefficient)
        solved = {other: known.replaced(name, value) for other, known in solved.items()}
        solved[name] = value
    return solved


@lru_cache(maxsize=512)
def rational_roots(polynomial: Polynomial) -> list[Fraction]:
    """The rational roots of a polynomial in one variable, each once, integers first; only 0 where the coefficients at
    its ends are huge."""
    (name,) = polynomial.names
    p = primitive(polynomial)
    parts = {power: int(c.value or 0) for power, c in p.in_one(name).items()}
    last, lead = parts[min(parts)], parts[max(parts)]
    found = {Fraction(0)} if min(parts) else set()
    if max(abs(last), abs(lead)) <= _LARGEST_END:
        numbers = [parts.get(power, 0) for power in range(max(parts), -1, -1)]
        tried = {Fraction(a, b) for a in divisors_of(abs(last)) for b in divisors_of(abs(lead))}
        found |= {root for q in tried for root in (q, -q) if _vanishes(numbers, root)}
    return sorted(found, key=lambda root: (root.denominator, abs(root), root < 0))


def _vanishes(numbers: Sequence[int], at: Fraction) -> bool:
    """Is it a root of the polynomial with these coefficients, that of the highest power first?"""
    value, power = 0, 1
    for number in numbers:
        value = value * at.numerator + number * power
        power *= at.denominator
    return value == 0


def divisors_of(number: int) -> list[int]:
    """The positive divisors of a positive number, in order."""
    small = [d for d in range(1, isqrt(number) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})


def rational_root(number: Fraction, k: int = 2) -> Fraction | None:
    """The root of that order, where it is rational; none of a number below 0."""
    if number < 0:
        return None
    top, bottom = (_whole_root(n, k) for n in (number.numerator, number.denominator))
    return Fraction(top, bottom) if top**k == number.numerator and bottom**k == number.denominator else None


def _whole_root(n: int, k: int) -> int:
    """The largest integer whose k-th power is at most `n`, by Newton's method."""
    if n < 2 or k == 1:
        return n
    if k == 2:
        return isqrt(n)
    root = 1 << -(-n.bit_length() // k)
    while (better := ((k - 1) * root + n // root ** (k - 1)) // k) < root:
        root = better
    return root


def halved(monomial: Monomial) -> Monomial | None:
    """What the monomial is the square of."""
    if any(power % 2 for _, power in monomial):
        return None
    return tuple((name, power // 2) for name, power in monomial)


def square_root(p: Polynomial) -> Polynomial | None:
    """The polynomial whose square it is, with a positive leading coefficient; None where there is none."""

    names = p.names

    def leading(q: Polynomial) -> Monomial:
        return max(q.terms, key=lambda m: (degree(m), [dict(m).get(name, 0) for name in names]))

    if not p:
        return p
    first = leading(p)
    c = Fraction(p.terms[first])
    number, half = rational_root(c), halved(first)
    if number is None or half is None:
        return None
    head = Polynomial({half: number})
    root = head
    for _ in range(len(p.terms) + 1):
        rest = p - root * root
        if not rest:
            return root
        monomial = leading(rest)
        term = divided(Polynomial({monomial: rest.terms[monomial]}), head * 2)
        if term is None:
            return None
        root = root + term
    return None
