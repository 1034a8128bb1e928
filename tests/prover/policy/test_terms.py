from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.policy.tactics.polynomials import (
    Polynomial,
    divided,
    linear_solution,
    of_term,
    reduced,
    text_of,
    written,
)
from prover.policy.tactics.terms import applications, conjuncts, names_of, premises, read, show, substitute


@pytest.mark.parametrize(
    "text",
    [
        "a + b * c ^ 2 - 3 % n",
        "(a - b) * (c - (d - e))",
        "-x ^ 2 = -4 ∧ ¬x = 2 ∨ p → q ↔ r",
        "∀ (x : ℤ), ∃ (y : ℤ), x + y = 10",
        "f (n + 1) = 2 * f n",
        "(x - 3).natAbs = 5",
        "x⁻¹ * (x + 1)⁻¹ ≤ 1",
        "Nat.gcd (5 * n + 3) (7 * n + 4) = 1",
        "2 ^ (n + 1) ∣ ↑m",
        "(p → q) → r",
    ],
)
def test_what_is_read_is_shown_as_it_was(text: str) -> None:
    term = read(text)
    assert term is not None
    assert show(term) == text
    assert read(show(term)) == term


@pytest.mark.parametrize("text", ["", "a +", "a = b = c", "fun x => x", "(a", "if p then 1 else 2", "∑ i, f i", "3 x"])
def test_what_is_not_known_is_none(text: str) -> None:
    assert read(text) is None


def test_binders_with_conditions_are_implications() -> None:
    term = read("∀ n ≥ 5, p n")
    assert term is not None and term.name == "n"
    assert show(term.args[0]) == "n ≥ 5 → p n"
    many = read("∀ (a b : ℕ) (c : ℤ), a < b")
    assert many is not None and show(many) == "∀ (a : ℕ), ∀ (b : ℕ), ∀ (c : ℤ), a < b"


def test_parts_of_terms() -> None:
    term = read("f (n + 1) = 2 * f n ∧ n < m → q")
    assert term is not None
    hypotheses, conclusion = premises(term)
    assert [show(part) for h in hypotheses for part in conjuncts(h)] == ["f (n + 1) = 2 * f n", "n < m"]
    assert show(conclusion) == "q"
    assert names_of(term) == {"f", "n", "m", "q"}
    assert [show(each) for each in applications(term)] == ["f (n + 1)", "f n"]
    three = read("3")
    assert three is not None
    assert show(substitute(term, {"n": three})) == "f (3 + 1) = 2 * f 3 ∧ 3 < m → q"


def poly(text: str, *, division: bool = False) -> Polynomial:
    term = read(text)
    assert term is not None
    found = of_term(term, division=division, atoms=True)
    assert found is not None
    return found


small = st.integers(-4, 4)
polynomials = st.dictionaries(
    st.sampled_from([(), (("x", 1),), (("y", 1),), (("x", 2),), (("x", 1), ("y", 1)), (("y", 3),)]), small, max_size=4
).map(Polynomial)


@given(polynomials, polynomials, small, small)
def test_arithmetic_is_that_of_the_values(p: Polynomial, q: Polynomial, x: int, y: int) -> None:
    at = {"x": x, "y": y}
    assert (p + q).at(at) == p.at(at) + q.at(at)
    assert (p * q).at(at) == p.at(at) * q.at(at)
    assert p.replaced("x", q).at(at) == p.at({"x": q.at(at), "y": y})
    assert poly(text_of(p)) == p


@given(polynomials, polynomials)
def test_exact_division_undoes_multiplication(p: Polynomial, q: Polynomial) -> None:
    if q:
        assert divided(p * q, q) == p
        assert divided(p * q + Polynomial.constant(1), q) is None or q.value is not None


def test_polynomials_of_terms() -> None:
    assert poly("(x + 1) ^ 2 - x ^ 2") == poly("2 * x + 1")
    assert poly("x / 2 + x / 2", division=True) == poly("x")
    assert poly("a ^ n * a") == Polynomial({(("a", 1), ("a ^ n", 1)): 1}) or "a ^ n" in str(poly("a ^ n * a").names)
    assert written(poly("x - y"), signed=False) is None
    assert written(poly("x / 2", division=True)) is None
    term = read("x - 1")
    assert term is not None and of_term(term, minus=False) is None


def test_systems_and_combinations() -> None:
    solved = linear_solution([poly("x + y - 7"), poly("x - y - 1")])
    assert {name: value.value for name, value in solved.items()} == {"x": Fraction(4), "y": Fraction(3)}
    quotients = reduced(poly("3 * b - 5 * c + a * b"), [poly("b"), poly("c"), poly("a")])
    assert quotients is not None
    assert quotients[0] * poly("b") + quotients[1] * poly("c") + quotients[2] * poly("a") == poly(
        "3 * b - 5 * c + a * b"
    )
    assert reduced(poly("b + 1"), [poly("b")]) is None


@pytest.mark.parametrize("power", ["10 ^ 10", "1000000000", "2 ^ (2 ^ (2 ^ 9))", "200", "12"])
@pytest.mark.parametrize("base", ["(x + y)", "(x - 3)", "2", "99999999999999999999", "((7 ^ 200) ^ 200)"])
def test_powers_that_nobody_can_write_out_are_not(base: str, power: str) -> None:
    """As a number or a polynomial these have more digits or terms than there is memory."""
    term = read(f"{base} ^ ({power}) + 1")
    assert term is not None
    for atoms in (False, True):
        found = of_term(term, atoms=atoms)
        assert found is None or len(text_of(found)) < 100_000
