"""Quadratic equations in two unknowns with solutions as large as one likes, Pell's among them: from each the next, by a
map that small solutions tell (Brahmagupta's identity gives it for Pell's equation)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache

from prover.goal import split_top
from prover.policy.tactics.polynomials import Polynomial, of_term, text_of
from prover.policy.tactics.solutions import solutions
from prover.policy.tactics.terms import Term, read
from prover.policy.tactics.view import NAT, Proposal, View, seq

_LARGER = re.compile(r"(?P<n>[\w'₀-₉]+) < (?P<v>[\w'₀-₉]+)|(?P<v2>[\w'₀-₉]+) > (?P<n2>[\w'₀-₉]+)")
_MOST_POINTS = 3_000
_MOST_SOLUTIONS = 12
# No variable of a goal is called so.
_OTHER = "the other"
Pair = tuple[int, int]
_Ladder = tuple[Pair, tuple[Polynomial, Polynomial]]


def propose(view: View) -> Iterator[Proposal]:
    """`∃ x y, N < y ∧ x ^ 2 = d * y ^ 2 + 1` and its kin, in any order of the parts, by induction on `N`."""
    match = re.fullmatch(r"∃ ([\w'₀-₉]+) ([\w'₀-₉]+), (.*)", view.target)
    parts = split_top(match[3], " ∧ ") if match is not None else []
    if match is None or len(parts) != 2:
        return
    bound = next((found for part in parts if (found := _LARGER.fullmatch(part))), None)
    equation = next((term for part in parts if " = " in part and (term := read(part)) is not None), None)
    if bound is None or equation is None or equation.op != "=":
        return
    names = (str(match[1]), str(match[2]))
    n, large = bound["n"] or bound["n2"], bound["v"] or bound["v2"]
    if n not in view.of_type(NAT) or large not in names:
        return
    ladder = _ladder(equation, names, names.index(large))
    if ladder is None:
        return
    first, after = ladder
    fresh = view.namer()
    ih, h = fresh("ih"), [fresh(f"h{names[0]}{names[1]}") for _ in parts]
    proofs = ", ".join(["?_"] * len(parts))
    yield (
        seq(
            f"induction {n} with\n| zero => exact ⟨{first[0]}, {first[1]}, by decide⟩\n| succ {n} {ih} =>\n"
            f"  obtain ⟨{names[0]}, {names[1]}, {', '.join(h)}⟩ := {ih}\n"
            f"  refine ⟨{text_of(after[0])}, {text_of(after[1])}, {proofs}⟩ <;> first | omega | grind"
        ),
        0.88,
    )


@lru_cache(maxsize=32)
def _ladder(equation: Term, names: tuple[str, str], large: int) -> _Ladder | None:
    """A solution whose variable of that place is positive, and linear polynomials that make of any solution one where
    that variable is larger."""
    left, right = (of_term(side, minus=False) for side in equation.args)
    if left is None or right is None or (zero := left - right).degree != 2 or set(zero.names) != set(names):
        return None
    found = sorted(
        {(at[names[0]], at[names[1]]) for at in solutions(names, [equation], _MOST_POINTS)}, key=lambda s: s[large]
    )[:_MOST_SOLUTIONS]
    for apart in (1, 2, 3):
        chain = found[::apart]
        after = _map(chain, names)
        if after is None:
            continue
        rising = after[large].terms.get(((names[large], 1),), 0) > 1 or after[large].terms.get((), 0) > 0
        # both at once: what is put in must not be replaced again
        moved = zero.replaced(names[0], Polynomial.variable(_OTHER)).replaced(names[1], after[1])
        moved = moved.replaced(_OTHER, after[0])
        first = next((s for s in chain if s[large] > 0), None)
        if rising and first is not None and moved == zero:
            return first, after
    return None


def _map(chain: Sequence[Pair], names: tuple[str, str]) -> tuple[Polynomial, Polynomial] | None:
    """The linear map, in natural numbers, that takes each of three pairs to the next."""
    if len(chain) < 4:
        return None
    made = []
    for place in (0, 1):
        rows = [[Fraction(x), Fraction(y), Fraction(1)] for x, y in chain[:3]]
        solved = _solved(rows, [Fraction(pair[place]) for pair in chain[1:4]])
        if solved is None or any(c.denominator != 1 or c < 0 for c in solved):
            return None
        x, y = (Polynomial.variable(name) for name in names)
        made.append(x * solved[0] + y * solved[1] + Polynomial.constant(solved[2]))
    return made[0], made[1]


def _solved(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """The solution of three linear equations, by Cramer's rule."""
    whole = _determinant(rows)
    if not whole:
        return None
    found = []
    for j in range(3):
        replaced = [[*row[:j], b, *row[j + 1 :]] for row, b in zip(rows, right, strict=True)]
        found.append(_determinant(replaced) / whole)
    return found


def _determinant(m: list[list[Fraction]]) -> Fraction:
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


__all__ = ["propose"]
