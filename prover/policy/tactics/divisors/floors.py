"""Quotients and remainders by numbers, of polynomials: by the remainders of the variables they are polynomials too.

With `n = 2 * q + 1`, `n ^ 2 / 4` is `q ^ 2 + q`: what is claimed of such quotients is an identity in each case.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import lcm

from prover.policy.tactics.polynomials import Polynomial, of_term, text_of
from prover.policy.tactics.terms import RELATIONS, Term, names_of, read, show, substitute
from prover.policy.tactics.view import INT, NAT, Proposal, View, case, seq

_MOST_CASES = 36
_LARGEST_MODULUS = 12
_MOST_VARIABLES = 2
_MOST_SUBTRACTED = 4
_LARGEST_POWER = 6


class _Unfit(Exception):
    """A term that is no polynomial here."""


def propose(view: View) -> Iterator[Proposal]:
    if " / " not in view.facts:
        return
    for kind, signed in ((NAT, False), (INT, True)):
        variables = set(view.of_type(kind))
        statements = [("", view.target), *((h.name, h.type) for h in view.props)]
        known = [(name, term) for name, text in statements if (term := _fit(text, variables)) is not None]
        if kind is NAT:
            yield from _bounds(view, known)
        if known and known[0][0] == "" and (text := _cases(view, known, signed=signed)) is not None:
            yield text


def _bounds(view: View, known: list[tuple[str, Term]]) -> Iterator[Proposal]:
    """`p / 6 = 385` as bounds of what is divided, which the rules for polynomials understand."""
    for name, term in known:
        quotient = term.args[0]
        if not name or term.op != "=" or quotient.op != "/" or term.args[1].op != "num" or quotient.args[1].op != "num":
            continue
        p, c, value = show(quotient.args[0]), int(quotient.args[1].name), int(term.args[1].name)
        dividend = of_term(quotient.args[0], minus=False)
        if dividend is None or dividend.degree < 2 or not c:
            continue
        fresh = view.namer()
        low, high = fresh("hlow"), fresh("hhigh")
        steps = [
            f"have {low} : {c * value} ≤ {p} := by have := Nat.div_add_mod ({p}) {c}; rw [{name}] at this; omega",
            f"have {high} : {p} < {c * (value + 1)} := by have h1 := Nat.div_add_mod ({p}) {c}; "
            f"have h2 := Nat.mod_lt ({p}) (show 0 < {c} by decide); rw [{name}] at h1; omega",
        ]
        yield seq(*steps, f"clear {name}"), 0.6


def _fit(text: str, variables: set[str]) -> Term | None:
    """A relation between terms in these variables, if numbers divide some of them."""
    term = read(text) if " / " in text or " % " in text else None
    if term is None or term.op not in RELATIONS or not names_of(term) <= variables:
        return None
    return term if _divided(term) else None


def _divided(term: Term) -> list[tuple[Term, int]]:
    """What is divided by a number, with the number."""
    found = [pair for arg in term.args for pair in _divided(arg)]
    if term.op in "/%" and names_of(term.args[0]) and term.args[1].op == "num" and (number := int(term.args[1].name)):
        found.append((term.args[0], number))
    return found


def _cases(view: View, known: list[tuple[str, Term]], *, signed: bool) -> Proposal | None:
    divided = _divided(known[0][1])
    variables = sorted({name for dividend, _ in divided for name in names_of(dividend)})
    if not divided or len(variables) > _MOST_VARIABLES:
        return None
    least = lcm(*(number for _, number in divided))
    first = 0 if signed else max((_subtracted(term) for _, term in known), default=0)
    for modulus in range(least, _LARGEST_MODULUS + 1, least):
        if modulus ** len(variables) > _MOST_CASES or first > _MOST_SUBTRACTED:
            break
        try:
            return _written(view, known, variables, modulus, first, signed=signed)
        except _Unfit:
            continue
    return None


def _subtracted(term: Term) -> int:
    """The largest number that is subtracted."""
    here = int(term.args[1].name) if term.op == "-" and term.args[1].op == "num" else 0
    return max(here, *(_subtracted(arg) for arg in term.args)) if term.args else here


def _written(
    view: View, known: list[tuple[str, Term]], variables: list[str], modulus: int, first: int, *, signed: bool
) -> Proposal:
    fresh = view.namer()
    quotients = {name: (fresh("q"), fresh("hn")) for name in variables}
    fact, lines, splits = fresh("e"), [], []
    for name, (q, named) in quotients.items():
        places = _places(q, modulus, first)
        claim = f"∃ {q} : {'Int' if signed else 'Nat'}, {' ∨ '.join(f'{name} = {place}' for place in places)}"
        whole = f"({name} - {first}) / {modulus}" if first else f"{name} / {modulus}"
        lines.append(f"obtain ⟨{q}, {named}⟩ : {claim} := ⟨{whole}, by omega⟩")
        splits.append(f"rcases {named} with {' | '.join(['rfl'] * len(places))}")
    lines.append(" <;> ".join(splits))
    holds, cases = True, []
    for chosen in product(*(_places(q, modulus, first) for q, _ in quotients.values())):
        values = {name: _read(place) for name, place in zip(variables, chosen, strict=True)}
        here = _Case([(name, substitute(term, values)) for name, term in known], fact, signed=signed)
        holds &= here.holds
        cases.append(case(here.lines()))
    return seq(*lines, *cases), 0.9 if holds else 0.4


def _places(q: str, modulus: int, first: int) -> list[str]:
    """What a number is: one of the first, or by its remainder."""
    rests = range(first, first + modulus)
    return [*map(str, range(first)), *(f"{modulus} * {q} + {rest}" if rest else f"{modulus} * {q}" for rest in rests)]


class _Case:
    """The statements for one remainder of each variable.

    Raises:
        _Unfit: a quotient in the target is no polynomial.
    """

    def __init__(self, known: list[tuple[str, Term]], fact: str, *, signed: bool) -> None:
        self._facts: dict[str, str] = {}
        """What the quotients are, inner ones first, with a proof of each."""
        self._known, self._fact, self._signed = known, fact, signed
        self._seen: dict[Term, Term] = {}
        self.holds = self._contradicts()
        """Is it a contradiction, or is the target an identity?"""
        if not self.holds:
            _, target = known[0]
            left, right = (self._value(side)[0] for side in target.args)
            self.holds = target.op == "=" and left == right

    def lines(self) -> list[str]:
        """The tactics that close the case."""
        lines = [f"have {self._fact}{i} : {claim} := by {by}" for i, (claim, by) in enumerate(self._facts.items())]
        if lines:
            facts = ", ".join(f"{self._fact}{i}" for i in range(len(lines)))
            where = " ".join([*(name for name, _ in self._known[1:]), "⊢"])
            lines.append(f"simp only [{facts}] at {where} <;> first | omega | grind")
        return lines or ["first | omega | grind"]

    def _contradicts(self) -> bool:
        """Reads the hypotheses; those that are unfit stay as they are."""
        for _, statement in self._known[1:]:
            try:
                left, right = (self._value(side)[0].value for side in statement.args)
            except _Unfit:
                continue
            if statement.op == "=" and left is not None and right is not None and left != right:
                return True
        return False

    def _value(self, term: Term) -> tuple[Polynomial, Term]:
        """What a term is, and how it is written once the steps are made."""
        if term.op in ("num", "var"):
            polynomial = of_term(term)
            if polynomial is None:
                raise _Unfit
            return polynomial, term
        parts = [self._value(arg) for arg in term.args]
        values = [value for value, _ in parts]
        term = Term(term.op, tuple(part for _, part in parts), term.name, term.kind)
        match term.op:
            case "+":
                return values[0] + values[1], term
            case "*":
                return values[0] * values[1], term
            case "^" if (power := values[1].value) is not None and power <= _LARGEST_POWER:
                return values[0] ** int(power), term
            case "neg" if self._signed:
                return -values[0], term
            case "-":
                return self._difference(*values), term
            case "/" | "%" if (divisor := values[1].value) is not None and divisor > 0:
                return self._divided(term, values[0], int(divisor))
        raise _Unfit

    def _difference(self, left: Polynomial, right: Polynomial) -> Polynomial:
        difference = left - right
        if self._signed or all(c > 0 for c in difference.terms.values()):
            return difference
        if any(c > 0 for c in difference.terms.values()):
            raise _Unfit
        return Polynomial()

    def _divided(self, term: Term, dividend: Polynomial, divisor: int) -> tuple[Polynomial, Term]:
        number = dividend.terms.get((), Fraction(0))
        if any(c % divisor for monomial, c in dividend.terms.items() if monomial):
            raise _Unfit
        rest = int(number % divisor)
        quotient = (dividend - Polynomial.constant(rest)) * Fraction(1, divisor)
        result = quotient if term.op == "/" else Polynomial.constant(rest)
        if term not in self._seen:
            self._seen[term] = _read(text_of(result))
            claim = f"{show(term)} = {text_of(result)}"
            whole = f"{show(term.args[0])} = {divisor} * ({text_of(quotient)}) + {rest}"
            by = "omega" if dividend.degree <= 1 else f"have {self._fact} : {whole} := (by grind); omega"
            self._facts[claim] = by
        return result, self._seen[term]


def _read(text: str) -> Term:
    term = read(text)
    assert term is not None
    return term


__all__ = ["propose"]
