"""The inequality of the arithmetic and the geometric mean, for positive numbers whose product is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import prod

from prover.policy.tactics.estimates.facts import Fact, Question
from prover.policy.tactics.polynomials import Polynomial, rational_root, text_of
from prover.policy.tactics.view import chained

_MOST_PRODUCTS = 6


def of_products(question: Question) -> Iterator[tuple[list[str], tuple[Fact, ...]]]:
    """What the mean inequality makes known of variables whose product is the square or cube of a known number.

    Yields:
        The tactics that prove the inequality, by the name `hmean`, and facts that stand on it; more of them each time.
    """
    kind = question.kind
    positive = {f.text: f for f in question.facts if f.strict}
    for equation, _ in question.equations:
        root = _product(equation)
        if root is None or not root[0] <= positive.keys():
            continue
        names, r = sorted(root[0]), root[1]
        proofs = [positive[name].proof for name in names]
        number = text_of(Polynomial.constant(r))
        if len(names) == 2:
            yield _two(kind), (_fact(kind, names, proofs, number, Polynomial.constant(2 * r)),)
            continue
        sums = _fact(kind, names, proofs, number, Polynomial.constant(3 * r))
        yield _three(kind), (sums,)
        products = [f"{a} * {b}" for a, b in zip(names, [*names[1:], names[0]], strict=True)]
        pairs = [f"({kind}.mul_pos {a} {b})" for a, b in zip(proofs, [*proofs[1:], proofs[0]], strict=True)]
        square = text_of(Polynomial.constant(r * r))
        yield _three(kind), (sums, _fact(kind, products, pairs, square, Polynomial.constant(3 * r * r)))
        if weighted := tuple(_weighted(question, dict(zip(names, proofs, strict=True)), r)):
            yield _three(kind), weighted


def _weighted(question: Question, positive: Mapping[str, str], r: Fraction) -> Iterator[Fact]:
    """Means of three of the claim's products, two of them equal, whose product is a cube as `x * y * z = r ^ 3`."""
    claim = question.claim.terms if question.claim is not None else {}
    large = [m for m, c in claim.items() if c > 0 and len(m) > 1 and {name for name, _ in m} <= positive.keys()]
    for first, second in permutations(large[:_MOST_PRODUCTS], 2):
        powers = [2 * dict(first).get(name, 0) + dict(second).get(name, 0) for name in positive]
        common = min(powers)
        if any((power - common) % 3 for power in powers):
            continue
        root = {name: (power - common) // 3 for name, power in zip(positive, powers, strict=True) if power > common}
        least = Polynomial({tuple(sorted(root.items())): r**common})
        terms, proofs = [], []
        for monomial in (first, first, second):
            factors = [name for name, power in monomial for _ in range(power)]
            terms.append(" * ".join(factors))
            proofs.append(chained(f"{question.kind}.mul_pos", [positive[name] for name in factors]))
        signs = [positive[name] for name, power in root.items() for _ in range(power)]
        above = f"have hp := {chained(f'{question.kind}.mul_pos', signs)}; " if signs else ""
        yield _fact(question.kind, terms, proofs, text_of(least), least * 3, above)


def without_inverses(question: Question) -> tuple[Question, list[str]]:
    """Where the product of variables is known, the inverse of each is a product of the others; with the steps that put
    these into the target."""
    claim, steps = question.claim, list[str]()
    for equation, _ in question.equations:
        found = _product(equation)
        for name in sorted(found[0]) if found is not None and claim is not None else []:
            inverse = f"{name}⁻¹"
            if found is None or claim is None or inverse not in claim.names:
                continue
            names = sorted(found[0] - {name})
            others = prod(map(Polynomial.variable, names), start=Polynomial.constant(1 / found[1] ** len(found[0])))
            claim = claim.replaced(inverse, others)
            steps.append(f"have hi{len(steps)} : {inverse} = {text_of(others)} := by grind")
    if not steps:
        return question, []
    inverses = [f"hi{i}" for i in range(len(steps))]
    steps += [f"simp only [Rat.div_def, {', '.join(inverses)}]", f"clear {' '.join(inverses)}"]
    equations = tuple(each for each in question.equations if not _inverts(each[0]))
    facts = tuple(each for each in question.facts if not _inverts(each.polynomial))
    return replace(question, claim=claim, equations=equations, facts=facts), steps


def _inverts(p: Polynomial) -> bool:
    return any(name.endswith("⁻¹") for name in p.names)


def _product(equation: Polynomial) -> tuple[frozenset[str], Fraction] | None:
    """The variables of `x * y - k` or `x * y * z - k`, and the root of `k` of that order, where it is rational."""
    constant = equation.terms.get((), Fraction(0))
    monomials = [m for m in equation.terms if m]
    if len(monomials) != 1 or not constant or len(monomials[0]) not in (2, 3):
        return None
    if any(power != 1 for _, power in monomials[0]):
        return None
    value = -constant / equation.terms[monomials[0]]
    root = rational_root(value, len(monomials[0])) if value > 0 else None
    return (frozenset(name for name, _ in monomials[0]), root) if root is not None else None


def _fact(
    kind: str, terms: Sequence[str], proofs: Sequence[str], root: str, least: Polynomial, positive: str = ""
) -> Fact:
    total = -least
    for term in terms:
        total = total + prod(map(Polynomial.variable, term.split(" * ")), start=Polynomial.constant(1))
    text = text_of(total)
    arguments = " ".join(f"({term})" for term in terms)
    known = f"hmean {arguments} ({root}) {' '.join(proofs)} (by {positive}grind) (by grind)"
    return Fact(total, False, text, f"(by have hm := {known}; grind : 0 ≤ {text})")


def _two(kind: str) -> list[str]:
    return [
        f"have hmean : ∀ x y r : {kind}, 0 < x → 0 < y → 0 < r → x * y = r ^ 2 → 2 * r ≤ x + y := by\n"
        "  intro x y r hx hy hr h\n"
        "  apply Classical.byContradiction\n"
        "  intro hn\n"
        f"  have h1 := {kind}.mul_pos (by grind : 0 < 2 * r - (x + y)) (by grind : 0 < 2 * r + (x + y))\n"
        "  have h2 : 0 ≤ (x - y) ^ 2 := Lean.Grind.OrderedRing.sq_nonneg\n"
        "  grind"
    ]


def _three(kind: str) -> list[str]:
    """The cube of a sum is at least 27 times the product: squares, times the numbers or the sum, are the difference."""
    square = "Lean.Grind.OrderedRing.sq_nonneg"
    squares = "((x - y) ^ 2 + ((y - z) ^ 2 + (z - x) ^ 2))"
    return [
        f"have hmean : ∀ x y z r : {kind}, 0 < x → 0 < y → 0 < z → 0 < r → x * y * z = r ^ 3 → "
        "3 * r ≤ x + y + z := by\n"
        "  intro x y z r hx hy hz hr h\n"
        "  apply Classical.byContradiction\n"
        "  intro hn\n"
        "  have hs : 0 < x + y + z := by grind\n"
        "  have hd : 0 < 3 * r - (x + y + z) := by grind\n"
        f"  have h1 := {kind}.mul_pos hd ({kind}.mul_pos hs hs)\n"
        f"  have h2 := {kind}.mul_pos ({kind}.mul_pos hd hs) hr\n"
        f"  have h3 := {kind}.mul_pos hd ({kind}.mul_pos hr hr)\n"
        f"  have h4 : 0 ≤ x * (y - z) ^ 2 := {kind}.mul_nonneg ({kind}.le_of_lt hx) {square}\n"
        f"  have h5 : 0 ≤ y * (z - x) ^ 2 := {kind}.mul_nonneg ({kind}.le_of_lt hy) {square}\n"
        f"  have h6 : 0 ≤ z * (x - y) ^ 2 := {kind}.mul_nonneg ({kind}.le_of_lt hz) {square}\n"
        f"  have h7 : 0 ≤ (x + y + z) * {squares} := {kind}.mul_nonneg ({kind}.le_of_lt hs)\n"
        f"    ({kind}.add_nonneg {square} ({kind}.add_nonneg {square} {square}))\n"
        "  grind"
    ]
