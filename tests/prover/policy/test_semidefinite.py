"""Sums of squares: what is found adds up exactly, and nothing is found where there is nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.policy.tactics.estimates.facts import Fact, Question, negation_of
from prover.policy.tactics.estimates.semidefinite import decomposed
from prover.policy.tactics.estimates.sums_of_squares import sum_of_squares
from prover.policy.tactics.polynomials import Polynomial, of_term
from prover.policy.tactics.terms import read

ONE = Polynomial.constant(1)


def poly(text: str) -> Polynomial:
    term = read(text)
    found = of_term(term, division=True) if term is not None else None
    assert found is not None
    return found


def variables(names: str) -> list[Polynomial]:
    return [Polynomial.variable(name) for name in names]


def question(claim: str, positive: str = "", equations: tuple[str, ...] = (), *, strict: bool = False) -> Question:
    facts = tuple(Fact(p, True, p.names[0], f"h{p.names[0]}") for p in variables(positive))
    return Question("Rat", poly(claim), strict, facts, tuple((poly(text), text) for text in equations), ())


@pytest.mark.parametrize(
    ("claim", "forms"),
    [
        ("x ^ 2 - 2 * x * y + y ^ 2", variables("xy")),
        ("2 * x ^ 2 + 2 * x * y + y ^ 2", variables("xy")),
        ("x ^ 2 + 2 * x + 2", [ONE, *variables("x")]),
        ("(a - 2 * b) ^ 2 + (b - 3 * c) ^ 2", variables("abc")),  # sharp along a line, which rounding alone misses
    ],
)
def test_the_squares_add_up_to_the_claim(claim: str, forms: list[Polynomial]) -> None:
    found = decomposed(poly(claim), [(ONE, forms)], [], [])
    assert found is not None
    total = Polynomial()
    for square in found.squares:
        assert square.weight > 0
        total = total + square.form * square.form * square.weight
    assert total == poly(claim)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.integers(-4, 4), min_size=3, max_size=3), min_size=1, max_size=4))
def test_every_sum_of_squares_of_small_forms_is_found(rows: list[list[int]]) -> None:
    names = variables("abc")
    claim = Polynomial()
    for row in rows:
        form = Polynomial()
        for c, name in zip(row, names, strict=True):
            form = form + name * c
        claim = claim + form * form
    found = decomposed(claim, [(ONE, names)], [], []) if claim else None
    assert found is not None or not claim
    total = Polynomial()
    for square in found.squares if found is not None else ():
        total = total + square.form * square.form * square.weight
    assert total == claim


@pytest.mark.parametrize(
    "asked",
    [
        question("x ^ 2 - y"),  # false
        question("x ^ 3"),
        question("x ^ 4 * y ^ 2 + x ^ 2 * y ^ 4 - 3 * x ^ 2 * y ^ 2 + 1"),  # Motzkin's: true, and no sum of squares
        question("a - b", "ab"),
        question("x ^ 2 - 2 * x * y + y ^ 2", strict=True),
    ],
)
def test_nothing_is_found_where_there_is_nothing(asked: Question) -> None:
    assert sum_of_squares(asked, negation_of(asked)) is None


@pytest.mark.parametrize(
    "asked",
    [
        question("a ^ 3 + b ^ 3 + c ^ 3 - 3 * a * b * c", "abc"),
        question("a ^ 2 + b ^ 2 + c ^ 2 + a * b * c - 4", "abc", ("a + b + c - 3",)),
        question("9 / 8 - a ^ 4 - a * b - b ^ 4", "", ("a ^ 2 + b ^ 2 - 1",)),
        question("a + b", "ab", strict=True),
    ],
)
def test_facts_and_equations_add_up_to_the_claim(asked: Question) -> None:
    found = sum_of_squares(asked, negation_of(asked))
    assert found is not None
    facts, multiples, weights = found
    total = Polynomial()
    for fact, weight in zip(facts, weights, strict=False):
        assert weight > 0
        total = total + fact.polynomial * weight
    equations = {text: p for p, text in asked.equations}
    for multiple, weight in zip(multiples, weights[len(facts) :], strict=True):
        total = total + equations[multiple.equation] * Polynomial({multiple.monomial: Fraction(weight)})
    claim = asked.claim
    assert claim is not None
    assert total == claim or total.value == 0  # beside the claim's negation
    assert not asked.strict or any(fact.strict for fact in facts)
