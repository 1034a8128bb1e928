from __future__ import annotations

import pytest

from prover.policy.tactics.evaluate import statement

N, Z = frozenset({"n", "m"}), frozenset({"x", "y"})


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("x ^ 2 - 6 * y ^ 2 = 1", {"x": 5, "y": 2}, True),
        ("n - m = 0", {"n": 2, "m": 5}, True),
        ("x - y = -3", {"x": 2, "y": 5}, True),
        ("x % 3 = 2 ∧ x / 3 = -1", {"x": -1}, True),
        ("n / 0 = 0 ∧ n % 0 = n", {"n": 7}, True),
        ("3 ∣ n → n = 6 ∨ ¬n < 9", {"n": 6}, True),
        ("(n + 1) * 2 = 8 ↔ n = 3", {"n": 3}, True),
        ("-x ^ 2 = -4", {"x": 2}, True),
        ("2 ^ n > n", {"n": 10}, True),
        ("2 ^ (2 ^ n) > n", {"n": 60}, None),
    ],
)
def test_statements(text: str, values: dict[str, int], expected: bool | None) -> None:
    known = statement(text, N, Z)
    assert known is not None
    assert known(values) is expected


@pytest.mark.parametrize("text", ["f n = 1", "n =", "∀ k, k = n", "n + 1", "(n = 1", "n = 1)", "", "x = √2"])
def test_what_cannot_be_read(text: str) -> None:
    assert statement(text, N, Z) is None
