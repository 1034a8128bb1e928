"""Quadratic equations in two unknowns with solutions as large as one likes, Pell's among them: from each the next, by a
map that small solutions tell (Brahmagupta's identity gives it for Pell's equation)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from prover.goal import split_top
from prover.policy.tactics.polynomials import Polynomial, difference, linear_solution, text_of
from prover.policy.tactics.solutions import solutions
from prover.policy.tactics.terms import Term, read
from prover.policy.tactics.view import NAT, Proposal, View, seq

_LARGER = re.compile(r"(?P<n>[\w'₀-₉]+) < (?P<v>[\w'₀-₉]+)|(?P<v2>[\w'₀-₉]+) > (?P<n2>[\w'₀-₉]+)")
_MOST_POINTS = 3_000
_MOST_SOLUTIONS = 12
# No variable of a goal is called so.
_OTHER = "the other"
_UNKNOWN = ("a", "b", "c")
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
    zero = difference(equation, minus=False)
    if zero is None or zero.degree != 2 or set(zero.names) != set(names):
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
    x, y = (Polynomial.variable(name) for name in names)
    unknown = [Polynomial.variable(name) for name in _UNKNOWN]
    made = []
    for place in (0, 1):
        solution = linear_solution(
            unknown[0] * before[0] + unknown[1] * before[1] + unknown[2] - Polynomial.constant(after[place])
            for before, after in pairwise(chain[:4])
        )
        numbers = [value.value for name in _UNKNOWN if (value := solution.get(name)) is not None]
        if len(numbers) < 3 or any(c is None or c.denominator != 1 or c < 0 for c in numbers):
            return None
        a, b, c = (Polynomial.constant(number) for number in numbers if number is not None)
        made.append(x * a + y * b + c)
    return made[0], made[1]


__all__ = ["propose"]
