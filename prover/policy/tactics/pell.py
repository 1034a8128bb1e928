"""Pell's equation has solutions as large as one likes: from each the next, by Brahmagupta's identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isqrt

from prover.goal import split_top
from prover.policy.tactics.polynomials import Polynomial, of_term
from prover.policy.tactics.terms import read
from prover.policy.tactics.view import NAT, Proposal, View, seq

_LARGER = re.compile(r"(?P<n>[\w'₀-₉]+) < (?P<v>[\w'₀-₉]+)|(?P<v2>[\w'₀-₉]+) > (?P<n2>[\w'₀-₉]+)")
_LARGEST = 2_000


def propose(view: View) -> Iterator[Proposal]:
    """`∃ x y, N < y ∧ x ^ 2 = d * y ^ 2 + 1`, in any order of its parts, by induction on `N`."""
    match = re.fullmatch(r"∃ ([\w'₀-₉]+) ([\w'₀-₉]+), (.*)", view.target)
    parts = split_top(match[3], " ∧ ") if match is not None else []
    if match is None or len(parts) != 2:
        return
    bound = next((found for part in parts if (found := _LARGER.fullmatch(part))), None)
    names = (match[1], match[2])
    equation = next((read_off for part in parts if (read_off := _equation(part, names)) is not None), None)
    if bound is None or equation is None:
        return
    n, large = bound["n"] or bound["n2"], bound["v"] or bound["v2"]
    x, y, d = equation
    least = next(((isqrt(d * b * b + 1), b) for b in range(1, _LARGEST) if _is_square(d * b * b + 1)), None)
    if least is None or n not in view.of_type(NAT) or large not in (x, y):
        return
    a, b = least
    fresh = view.namer()
    ih, h, hp = fresh("ih"), [fresh(f"h{x}{y}") for _ in parts], fresh("hp")
    after = {x: f"{a} * {x} + {d * b} * {y}", y: f"{b} * {x} + {a} * {y}"}
    first = ", ".join(str({x: a, y: b}[v]) for v in names)
    proofs = ", ".join(["?_"] * len(parts))
    yield (
        seq(
            f"induction {n} with\n| zero => exact ⟨{first}, by decide⟩\n| succ {n} {ih} =>\n"
            f"  obtain ⟨{match[1]}, {match[2]}, {', '.join(h)}⟩ := {ih}\n"
            f"  have {hp} : 0 < {x} := by\n    rcases Nat.eq_zero_or_pos {x} with hz | hz\n    · subst hz; simp at *\n"
            f"    · exact hz\n"
            f"  refine ⟨{after[match[1]]}, {after[match[2]]}, {proofs}⟩ <;> first | omega | grind"
        ),
        0.88,
    )


def _is_square(number: int) -> bool:
    return isqrt(number) ** 2 == number


def _equation(part: str, names: tuple[str, str]) -> tuple[str, str, int] | None:
    """x, y and d of `x ^ 2 = d * y ^ 2 + 1`, for a d that is no square."""
    term = read(part)
    sides = [of_term(side, minus=False) for side in term.args] if term is not None and term.op == "=" else []
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return None
    for left, right in (sides, sides[::-1]):
        for x, y in (names, names[::-1]):
            if left != Polynomial.variable(x) ** 2 or right is None:
                continue
            d = int(right.terms.get(((y, 2),), 0))
            square = Polynomial.variable(y) ** 2
            if d > 1 and right == square * d + Polynomial.constant(1) and not _is_square(d):
                return x, y, d
    return None


__all__ = ["propose"]
