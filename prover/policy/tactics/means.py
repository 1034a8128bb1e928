"""The inequality of the arithmetic and the geometric mean, for positive numbers whose product is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

from prover.policy.tactics.certificates import Fact, Question
from prover.policy.tactics.polynomials import Polynomial, rational_root, text_of


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


def _fact(kind: str, terms: Sequence[str], proofs: Sequence[str], root: str, least: Polynomial) -> Fact:
    total = Polynomial.constant(-least.terms[()])
    for term in terms:
        total = total + prod(map(Polynomial.variable, term.split(" * ")), start=Polynomial.constant(1))
    text = text_of(total)
    arguments = " ".join(f"({term})" for term in terms)
    known = f"hmean {arguments} ({root}) {' '.join(proofs)} (by grind) (by grind)"
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
