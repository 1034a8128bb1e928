"""Inequalities between quotients of rational numbers: the denominators, which are positive, are multiplied away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from prover.policy.tactics.polynomials import Polynomial, of_term, text_of
from prover.policy.tactics.terms import Term, names_of, read, show
from prover.policy.tactics.view import RAT, Proposal, View, seq

_SIGNS = {"≤": (0, 1, False), "<": (0, 1, True), "≥": (1, 0, False), ">": (1, 0, True)}
_MOST_FACTORS = 6
_MOST_TERMS = 60


@dataclass(frozen=True, slots=True)
class Quotient:
    """A polynomial over a product of polynomials, each with its power."""

    above: Polynomial
    below: Counter[Polynomial]

    def over(self, below: Counter[Polynomial]) -> Polynomial:
        """The numerator over a common multiple of the denominator."""
        return self.above * _product(below - self.below)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`0 ≤ difference` or `0 < difference`."""

    difference: str
    quotient: Quotient
    strict: bool


def propose(view: View) -> Iterator[Proposal]:
    variables = set(view.of_type(RAT))
    goal = _comparison(view.target, variables)
    if goal is None or not variables:
        return
    known = [(h.name, found) for h in view.props if "/" in h.type and (found := _comparison(h.type, variables))]
    if not goal.quotient.below and not known:
        return
    fresh = view.namer()
    steps: list[str] = []
    for name, found in known:
        positive = _positive(found.quotient.below)
        if positive is None or not found.quotient.below:
            continue
        steps += _cleared(found, positive, fresh(f"hc{name}"), name)
    if goal.quotient.below:
        positive = _positive(goal.quotient.below)
        if positive is None:
            return
        hn, hd, hl, hk = (fresh(wish) for wish in ("hn", "hd", "hl", "hk"))
        sign = "<" if goal.strict else "≤"
        below, above = text_of(_product(goal.quotient.below)), text_of(goal.quotient.above)
        steps += [
            f"have {hd} : 0 < {below} := by\n  have hp := {positive}\n  grind",
            f"suffices {hn} : 0 {sign} {above} by\n"
            f"  have {hk} : ({goal.difference}) * ({below}) = {above} := by grind\n"
            f"  refine Classical.byContradiction fun {hl} => ?_\n"
            + (
                f"  have {hl} := Rat.mul_nonneg (show 0 ≤ -({goal.difference}) by grind) (Rat.le_of_lt {hd})\n  grind"
                if goal.strict
                else f"  have {hl} := Rat.mul_pos (show 0 < -({goal.difference}) by grind) {hd}\n  grind"
            ),
            f"clear {hd}",
        ]
    if steps:
        yield seq(*steps), 0.93


def _cleared(found: Comparison, positive: str, name: str, old: str) -> list[str]:
    """What a hypothesis says without its denominators, in its place."""
    below, above = text_of(_product(found.quotient.below)), text_of(found.quotient.above)
    sign, rule = ("<", "Rat.mul_pos") if found.strict else ("≤", "Rat.mul_nonneg")
    weak = "hd" if found.strict else "(Rat.le_of_lt hd)"
    return [
        f"have {name} : 0 {sign} {above} := by\n"
        f"  have hp := {positive}\n"
        f"  have hd : 0 < {below} := by grind\n"
        f"  have hm := {rule} (show 0 {sign} {found.difference} by grind) {weak}\n"
        f"  have hk : ({found.difference}) * ({below}) = {above} := by grind\n"
        "  grind",
        f"clear {old}",
    ]


def _comparison(text: str, variables: set[str]) -> Comparison | None:
    term = read(text)
    if term is None or term.op not in _SIGNS or not names_of(term) <= variables:
        return None
    low, high, strict = _SIGNS[term.op]
    less, more = term.args[low], term.args[high]
    quotient = _quotient(Term("-", (more, less)))
    if quotient is None:
        return None
    return Comparison(f"({show(more)}) - ({show(less)})", quotient, strict)


def _quotient(term: Term) -> Quotient | None:
    """A term as one quotient; None for what is none, or a large one."""
    found = _large_quotient(term)
    small = found is not None and len(found.above.terms) <= _MOST_TERMS and found.below.total() <= _MOST_FACTORS
    return found if small else None


def _large_quotient(term: Term) -> Quotient | None:
    if (whole := of_term(term, division=True)) is not None:
        return Quotient(whole, Counter())
    if term.op not in ("+", "-", "*", "/", "neg", "inv", "^"):
        return None
    parts = [_quotient(arg) for arg in term.args[: 1 if term.op == "^" else 2]]
    if any(part is None for part in parts):
        return None
    first, *rest = (part for part in parts if part is not None)
    match term.op:
        case "neg":
            return Quotient(-first.above, first.below)
        case "inv":
            return _inverse(first)
        case "^":
            exponent = of_term(term.args[1])
            power = exponent.value if exponent is not None else None
            if power is None or power.denominator != 1 or not 0 <= power <= 4:
                return None
            return Quotient(first.above ** int(power), Counter({p: n * int(power) for p, n in first.below.items()}))
        case "+" | "-":
            below = first.below | rest[0].below
            more = rest[0].over(below)
            return Quotient(first.over(below) + (more if term.op == "+" else -more), below)
    second = rest[0] if term.op == "*" else _inverse(rest[0])
    return second and Quotient(first.above * second.above, first.below + second.below)


def _inverse(quotient: Quotient) -> Quotient | None:
    below: Counter[Polynomial] = Counter()
    above, number = quotient.above, quotient.above.value
    if not above:
        return None
    if number is not None:
        return Quotient(_product(quotient.below) * (1 / number), below)
    if len(above.terms) == 1:  # of a product each factor by itself
        ((monomial, coefficient),) = above.terms.items()
        below.update({Polynomial.variable(name): power for name, power in monomial})
        return Quotient(_product(quotient.below) * (1 / coefficient), below)
    below[above] = 1
    return Quotient(_product(quotient.below), below)


def _product(factors: Counter[Polynomial]) -> Polynomial:
    result = Polynomial.constant(1)
    for factor, power in factors.items():
        result = result * factor**power
    return result


def _positive(factors: Counter[Polynomial]) -> str | None:
    """A proof that the product of the factors is positive."""
    proof = ""
    for factor in factors.elements():
        if factor.degree > 1 and any(power % 2 for monomial in factor.terms for _, power in monomial):
            return None
        used = factor.names if factor.degree > 1 else []
        squares = "".join(f"have := (Lean.Grind.OrderedRing.sq_nonneg : 0 ≤ {name} ^ 2); " for name in used)
        one = f"(show 0 < {text_of(factor)} by {squares}grind)"
        proof = f"(Rat.mul_pos {proof} {one})" if proof else one
    return proof or None


__all__ = ["propose"]
