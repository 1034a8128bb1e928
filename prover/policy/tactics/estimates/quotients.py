"""Inequalities between quotients of rational numbers: the denominators, which are positive, are multiplied away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm

from prover.goal import Hypothesis
from prover.policy.tactics.estimates import inequalities
from prover.policy.tactics.estimates.signs import above_zero_in, at_least_zero_in, positive_product
from prover.policy.tactics.polynomials import Polynomial, difference, divided, of_term, text_of
from prover.policy.tactics.terms import Term, names_of, read, show
from prover.policy.tactics.view import RAT, Proposal, View, chained, seq

_SIGNS = {"≤": (0, 1, "≤"), "<": (0, 1, "<"), "≥": (1, 0, "≤"), ">": (1, 0, "<")}
_MOST_FACTORS = 6
# Weight of what was computed as a whole proof.
_SURE = 0.9
_MOST_TERMS = 60
_MOST_DEGREE = 9


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
    """`0 ≤ difference`, `0 < difference` or `0 = difference`."""

    difference: str
    quotient: Quotient
    sign: str

    @property
    def strict(self) -> bool:
        return self.sign == "<"

    @property
    def numerator(self) -> str:
        """The same of the numerator alone, as it is with positive denominators."""
        return _against_zero(self.sign, self.quotient.above)


def propose(view: View) -> Iterator[Proposal]:
    variables, above_zero = set(view.of_type(RAT)), above_zero_in(view)
    yield from _equation(view, variables, above_zero)
    steps, end = _cleared_goal(view, variables, above_zero)
    if steps and end is not None:
        yield seq(*steps, end), 0.935
    if steps:
        yield seq(*steps), 0.93 if end is None else 0.5


def proof(view: View) -> str | None:
    """A tactic that proves an inequality between quotients, where a certificate is found."""
    variables, above_zero = set(view.of_type(RAT)), above_zero_in(view)
    steps, end = _cleared_goal(view, variables, above_zero)
    return seq(*steps, end) if steps and end is not None else None


def _cleared_goal(view: View, variables: set[str], above_zero: set[str]) -> tuple[list[str], str | None]:
    """Steps that multiply the denominators of goal and hypotheses away, and what proves the goal that is left."""
    goal = comparison(view.target, variables)
    if goal is None or not variables:
        return [], None
    known = [(h.name, found) for h in view.props if "/" in h.type and (found := comparison(h.type, variables, "="))]
    if not goal.quotient.below and not known:
        return [], None
    fresh = view.namer()
    steps: list[str] = []
    left = view.target
    hypotheses = list(view.goal.hypotheses)
    for name, found in known:
        positive = positive_product(found.quotient.below, above_zero)
        if positive is None or not found.quotient.below:
            continue
        cleared = fresh("hc")
        steps += _cleared(found, positive, cleared, name)
        hypotheses = [h for h in hypotheses if h.name != name] + [Hypothesis(cleared, found.numerator)]
    elsewhere = any("/" in h.type or "⁻¹" in h.type for h in view.props if h.name not in {name for name, _ in known})
    at_least_zero = at_least_zero_in(view)
    unit = _unit(view, above_zero)
    named = _named(goal, above_zero, at_least_zero, unit, fresh) if goal.quotient.below and not elsewhere else None
    if named is not None:
        lines, left = named
        steps += lines
    elif goal.quotient.below:
        positive = positive_product(goal.quotient.below, above_zero, at_least_zero)
        if positive is None:
            return [], None
        left = goal.numerator
        steps += _without_denominators(goal, positive, fresh)
    return steps, _end(view, left, hypotheses) if steps else None


def _equation(view: View, variables: set[str], above_zero: set[str]) -> Iterator[Proposal]:
    """An equation between quotients: `grind` multiplies by denominators that it knows to be positive."""
    term = read(view.target) if " = " in view.target and "/" in view.target else None
    if term is None or term.op != "=" or not names_of(term) <= variables:
        return
    denominators = {p for each in _denominators(term) if (p := of_term(each, division=True)) and len(p.terms) > 1}
    fresh = view.namer()
    steps = []
    for below in sorted(denominators, key=text_of):
        if below.degree < 2 or (positive := positive_product(Counter([below]), above_zero)) is None:
            continue
        steps.append(f"have {fresh('hp')} : 0 < {text_of(below)} := by\n  have hp := {positive}\n  grind")
    if steps:
        yield seq(*steps, "grind"), 0.9


def _denominators(term: Term) -> Iterator[Term]:
    if term.op in ("/", "inv"):
        yield term.args[-1]
    for arg in term.args:
        yield from _denominators(arg)


def _without_denominators(goal: Comparison, positive: str, fresh: Callable[[str], str]) -> list[str]:
    """Steps that leave the numerator of the goal."""
    hn, hd, hl, hk = (fresh(wish) for wish in ("hn", "hd", "hl", "hk"))
    below, above = text_of(_product(goal.quotient.below)), text_of(goal.quotient.above)
    contradiction = (
        f"Rat.mul_nonneg (show 0 ≤ -({goal.difference}) by grind) (Rat.le_of_lt {hd})"
        if goal.strict
        else f"Rat.mul_pos (show 0 < -({goal.difference}) by grind) {hd}"
    )
    return [
        f"have {hd} : 0 < {below} := by\n  have hp := {positive}\n  grind",
        f"suffices {hn} : {goal.numerator} by\n"
        f"  have {hk} : ({goal.difference}) * ({below}) = {above} := by grind\n"
        f"  refine Classical.byContradiction fun {hl} => ?_\n"
        f"  have {hl} := {contradiction}\n  grind",
        f"clear {hd}",
    ]


def _end(view: View, target: str, hypotheses: Sequence[Hypothesis]) -> str | None:
    """What proves the inequality that is left, where a certificate is found."""
    term = read(target)
    number = difference(term, division=True) if term is not None else None
    if term is not None and number is not None and number.value is not None:
        true = number.value < 0 or (number.value == 0 and term.op == "≤")
        return "decide" if true else None
    goal = replace(view.goal, target=target, hypotheses=tuple(hypotheses))
    return next((tactic for tactic, weight in inequalities.proofs(replace(view, goal=goal)) if weight >= _SURE), None)


def _against_zero(sign: str, p: Polynomial) -> str:
    return f"{'0' if p.names else '(0 : Rat)'} {sign} {text_of(p)}"


def _named(
    goal: Comparison,
    above_zero: set[str],
    at_least_zero: set[str],
    unit: Polynomial | None,
    fresh: Callable[[str], str],
) -> tuple[list[str], str] | None:
    """Steps to the goal without denominators, and that goal, where it is linear in its quotients: each gets a name and
    its equation, which is far less work than arithmetic with inverses."""
    term = read(goal.difference)
    found = summed(term) if term is not None else None
    if found is None or not found[0]:
        return None
    printed, rest = merged(found[0]), found[1]
    scale = lcm(*(c.denominator for p in (rest, *(one.factor for one in printed)) for c in p.terms.values()))
    rest, printed = rest * scale, [replace(one, factor=one.factor * scale) for one in printed]
    terms = [_raised(one, unit, rest) if unit is not None else one for one in printed]
    known = {p: fresh("hp") for p in dict.fromkeys(p for one in (*terms, *printed) for p in one.factors)}
    positive = {p: positive_product(Counter([p]), above_zero, at_least_zero) for p in known}
    whole: Counter[Polynomial] = Counter()
    for one in terms:
        whole |= Counter(one.factors)
    everything = _product(whole)
    if None in positive.values() or len(terms) > _MOST_FACTORS or everything.degree > _MOST_DEGREE:
        return None
    steps = [f"have {name} : 0 < {text_of(p)} := {positive[p]}" for p, name in known.items()]
    names = [fresh("q") for _ in printed]
    equations = [fresh("he") for _ in printed]
    steps += _equations_of(printed, terms, known, names, equations)
    above = rest * everything
    for one in terms:
        above = above + one.factor * one.above * _product(whole - Counter(one.factors))
    left = _against_zero("<" if goal.strict else "≤", above)
    steps += _multiplied(goal.strict, left, terms, rest, whole, known, names, equations, fresh)
    return steps, left


def _equations_of(
    printed: Sequence[Ratio],
    terms: Sequence[Ratio],
    known: Mapping[Polynomial, str],
    names: Sequence[str],
    equations: Sequence[str],
) -> Iterator[str]:
    """Steps that put a name in the place of each quotient, with the equation `name * (denominator) = numerator`.

    Args:
        printed: the quotients as the goal has them.
        terms: the same, raised and shortened.
        known: names of what says that the factors of denominators are positive.
    """
    for one, equation in zip(printed, equations, strict=True):
        cancel = "Rat.inv_mul_cancel _" if one.inverse else "Rat.div_mul_cancel"
        other = f"exact (Rat.ne_of_lt {chained('Rat.mul_pos', [known[p] for p in one.factors])}).symm"
        if one.divisor != one.divided_by:
            other = f"(rw [show {one.divisor} = {one.divided_by} by grind]; {other})"
        cancelled = f"{one.text} * ({one.divisor}) = {one.dividend}"
        yield f"have {equation} : {cancelled} := {cancel} (by first | {other} | grind)"
    for one, name in zip(printed, names, strict=True):
        yield f"generalize {one.text} = {name} at *"
    for old, one, name, equation in zip(printed, terms, names, equations, strict=True):
        below = one.divided_by
        stated = f"replace {equation} : {name} * ({below}) = {one.dividend} := "
        if one is not old:
            yield f"{stated}by grind"
        elif one.divisor != below:
            yield f"{stated}(congrArg ({name} * ·) (show {below} = {one.divisor} by grind)).trans {equation}"


def _multiplied(
    strict: bool,
    left: str,
    terms: Sequence[Ratio],
    rest: Polynomial,
    whole: Counter[Polynomial],
    known: Mapping[Polynomial, str],
    names: Sequence[str],
    equations: Sequence[str],
    fresh: Callable[[str], str],
) -> Iterator[str]:
    """Steps from the sum of named quotients to its numerator: times the common denominator, by an identity in which
    each factor of it is a letter."""
    hd, hk, hl, hn = (fresh(wish) for wish in ("hd", "hk", "hl", "hn"))
    letters = {p: fresh("d") for p in whole}
    below = _times(text_of(p) for p in whole.elements())
    yield f"have {hd} : 0 < {below} := {chained('Rat.mul_pos', [known[p] for p in whole.elements()])}"
    difference = rest
    multiplied = _times(letters[p] for p in whole.elements())
    parts = [f"({text_of(rest)}) * ({multiplied})"] if rest else []
    for one, name in zip(terms, names, strict=True):
        difference = difference + one.factor * Polynomial.variable(name)
        beside = [f"({text_of(one.factor)})", *(letters[p] for p in (whole - Counter(one.factors)).elements())]
        parts.append(f"{' * '.join(beside)} * ({name} * ({_times(letters[p] for p in one.factors)}))")
    alone = f"clear {' '.join([hd, *equations, *known.values()])}"
    rule, bound = ("lt_of_mul_lt_mul_right", f"(Rat.le_of_lt {hd})") if strict else ("le_of_mul_le_mul_right", hd)
    shown = f"(c := {below}) (by rw [Rat.zero_mul, {hk}]; clear {hk}; {alone}; grind) {bound}"
    yield (
        f"have {hk} := (show ∀ {' '.join(letters.values())} : Rat, ({text_of(difference)}) * ({multiplied}) = "
        f"{' + '.join(parts)} by {alone}; intros; grind) {' '.join(f'({text_of(each)})' for each in letters)}"
    )
    yield f"conv at {hk} => rhs; rw [{', '.join(equations)}]"
    yield (
        f"suffices {hn} : {left} by\n"
        f"  have {hl} : 0 {'<' if strict else '≤'} {text_of(difference)} := Rat.{rule} {shown}\n"
        f"  clear {hk} {hn}\n  {alone}\n  grind"
    )
    yield f"clear {hd} {hk} {' '.join(equations)} {' '.join(names)}"


def _unit(view: View, above_zero: set[str]) -> Polynomial | None:
    """A product of positive variables that the hypotheses say is 1."""
    for h in view.props:
        term = read(h.type) if h.type.endswith(" = 1") else None
        p = of_term(term.args[0]) if term is not None and term.op == "=" else None
        if p is not None and len(p.terms) == 1 and p.degree > 1 and set(p.names) <= above_zero:
            return p if set(p.terms.values()) == {1} else None
    return None


def _raised(one: Ratio, unit: Polynomial, rest: Polynomial) -> Ratio:
    """The quotient times a power of what is 1, so that its degree is that of what it is compared with; shortened."""
    wanted = rest.degree if rest.homogeneous or rest.value is not None else -1
    power, left = divmod(wanted - one.above.degree + one.below.degree, unit.degree)
    if wanted < 0 or left or not 0 < power <= 2 or not (one.above.homogeneous and one.below.homogeneous):
        return one
    above = one.above * unit**power
    common = Polynomial(
        {tuple((n, p) for n in one.below.names if (p := min(_least_power(q, n) for q in (above, one.below)))): 1}
    )
    shorter, below = divided(above, common), divided(one.below, common)
    if shorter is None or below is None or below.value is not None:
        return one
    text = text_of(below)
    return replace(one, above=shorter, below=below, factors=(below,), dividend=text_of(shorter), divisor=text)


def _least_power(p: Polynomial, name: str) -> int:
    return min(dict(monomial).get(name, 0) for monomial in p.terms)


@dataclass(frozen=True, slots=True)
class Ratio:
    """`factor * (above / below)`."""

    factor: Polynomial
    above: Polynomial
    below: Polynomial
    factors: tuple[Polynomial, ...]
    """What the denominator is a product of."""
    text: str
    """The quotient as it is printed."""
    dividend: str
    divisor: str
    inverse: bool
    """Is it printed as an inverse?"""

    @property
    def divided_by(self) -> str:
        """The denominator as Lean text, by its factors."""
        return _times(map(text_of, self.factors)) if len(self.factors) > 1 else text_of(self.below)


def merged(terms: list[Ratio]) -> list[Ratio]:
    """Each quotient once."""
    found: dict[str, Ratio] = {}
    for one in terms:
        before = found.get(one.text)
        found[one.text] = one if before is None else replace(one, factor=before.factor + one.factor)
    return list(found.values())


def summed(term: Term) -> tuple[list[Ratio], Polynomial] | None:
    """A term as a sum of fractions and a polynomial; None for what is none."""
    if (whole := of_term(term, division=True)) is not None:
        return [], whole
    parts = [summed(arg) for arg in term.args] if term.op in ("+", "-", "*", "neg") else []
    if any(part is None for part in parts):
        return None
    one = Polynomial.constant(1)
    match term.op, [part for part in parts if part is not None]:
        case "neg", [(terms, rest)]:
            return [replace(each, factor=-each.factor) for each in terms], -rest
        case "+", [(first, p), (second, q)]:
            return [*first, *second], p + q
        case "-", [(first, p), (second, q)]:
            return [*first, *(replace(each, factor=-each.factor) for each in second)], p - q
        case "*", [([], p), (terms, rest)] | [(terms, rest), ([], p)]:
            return [replace(each, factor=each.factor * p) for each in terms], rest * p
        case "/", _:
            above, below = (of_term(arg, division=True) for arg in term.args)
            if above is not None and below is not None and below.value is None:
                factors = _factors(term.args[1], below)
                texts = (show(term), show(term.args[0]), show(term.args[1]))
                return [Ratio(one, above, below, factors, *texts, False)], Polynomial()
        case "inv", _:
            below = of_term(term.args[0], division=True)
            if below is not None and below.value is None:
                factors = _factors(term.args[0], below)
                return [Ratio(one, one, below, factors, show(term), "1", show(term.args[0]), True)], Polynomial()
    return None


def _factors(term: Term, whole: Polynomial) -> tuple[Polynomial, ...]:
    """What a denominator is written as a product of; the whole where a factor is a number."""
    if term.op == "*":
        parts = [of_term(arg, division=True) for arg in term.args]
        if all(part is not None and part.value is None for part in parts):
            return tuple(p for arg, part in zip(term.args, parts, strict=True) if part for p in _factors(arg, part))
    base = of_term(term.args[0], division=True) if term.op == "^" and term.args[1].op == "num" else None
    if base is not None and base.value is None and term.args[1].name in ("2", "3"):
        return _factors(term.args[0], base) * int(term.args[1].name)
    return (whole,)


def _times(factors: Iterable[str]) -> str:
    return " * ".join(f"({factor})" for factor in factors)


def _cleared(found: Comparison, positive: str, name: str, old: str) -> list[str]:
    """What a hypothesis says without its denominators, in its place."""
    below, above = text_of(_product(found.quotient.below)), text_of(found.quotient.above)
    known = f"(show 0 {found.sign} {found.difference} by grind)"
    multiplied = {
        "<": f"have hm := Rat.mul_pos {known} hd",
        "≤": f"have hm := Rat.mul_nonneg {known} (Rat.le_of_lt hd)",
        "=": f"have hm := congrArg (· * ({below})) {known}; simp only at hm",
    }
    return [
        f"have {name} : {found.numerator} := by\n"
        f"  have hp := {positive}\n"
        f"  have hd : 0 < {below} := by grind\n"
        f"  {multiplied[found.sign]}\n"
        f"  have hk : ({found.difference}) * ({below}) = {above} := by grind\n"
        "  grind",
        f"clear {old}",
    ]


def comparison(text: str, variables: set[str], equations: str = "") -> Comparison | None:
    """A relation as a comparison with 0; an equation only where its sign is among those that may be."""
    term = read(text)
    if term is None or term.op not in (*_SIGNS, *equations) or not names_of(term) <= variables:
        return None
    low, high, sign = _SIGNS.get(term.op, (1, 0, "="))
    less, more = term.args[low], term.args[high]
    difference = quotient(Term("-", (more, less)))
    return Comparison(f"({show(more)}) - ({show(less)})", difference, sign) if difference is not None else None


def quotient(term: Term) -> Quotient | None:
    """A term as one quotient; None for what is none, or a large one."""
    found = _large_quotient(term)
    small = found is not None and len(found.above.terms) <= _MOST_TERMS and found.below.total() <= _MOST_FACTORS
    return found if small else None


def _large_quotient(term: Term) -> Quotient | None:
    if (whole := of_term(term, division=True)) is not None:
        return Quotient(whole, Counter())
    if term.op not in ("+", "-", "*", "/", "neg", "inv", "^"):
        return None
    parts = [quotient(arg) for arg in term.args[: 1 if term.op == "^" else 2]]
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
    factors = [rest[0]] if term.op == "*" else _inverses(term.args[1], rest[0])
    for second in factors:
        if second is None:
            return None
        first = Quotient(first.above * second.above, first.below + second.below)
    return first


def _inverses(term: Term, fraction: Quotient) -> list[Quotient | None]:
    """The inverse of a term, for what it is a product of each by itself."""
    if fraction.below or fraction.above.value is not None:
        return [_inverse(fraction)]
    return [_inverse(Quotient(p, Counter())) for p in _factors(term, fraction.above)]


def _inverse(fraction: Quotient) -> Quotient | None:
    below: Counter[Polynomial] = Counter()
    above, number = fraction.above, fraction.above.value
    if not above:
        return None
    if number is not None:
        return Quotient(_product(fraction.below) * (1 / number), below)
    if len(above.terms) == 1:  # of a product each factor by itself
        ((monomial, coefficient),) = above.terms.items()
        below.update({Polynomial.variable(name): power for name, power in monomial})
        return Quotient(_product(fraction.below) * (1 / coefficient), below)
    below[above] = 1
    return Quotient(_product(fraction.below), below)


def _product(factors: Counter[Polynomial]) -> Polynomial:
    result = Polynomial.constant(1)
    for factor, power in factors.items():
        result = result * factor**power
    return result


__all__ = ["proof", "propose"]
