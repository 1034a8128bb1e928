"""Numbers that a function of the file gives one after the other: above powers as factorials are, multiples as in
Fibonacci's sequence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NAME, NAT, Proposal, View, seq

_FARTHEST = 24


def above_powers(view: View, names: list[str]) -> Iterator[Proposal]:
    """`3 ^ n < f n` from some number on, where `f (n + 1) = (n + 1) * f n` as for factorials."""
    match = re.fullmatch(rf"(\d{{1,6}}) \^ {NAME} (<|≤) (\S+) \2", view.target)
    if match is None or match[4] not in names or match[2] not in view.of_type(NAT):
        return
    base, n, relation = match[1], match[2], match[3]
    for h in view.props:
        bound = re.fullmatch(rf"(\d{{1,6}}) (≤|<) {re.escape(n)}|{re.escape(n)} (≥|>) (\d{{1,6}})", h.type)
        if bound is None:
            continue
        first = int(bound[1] or bound[4]) + ((bound[2] or bound[3]) in "<>")
        fresh = view.namer()
        k, ih, h1, h2 = (fresh(wish) for wish in ("k", "ih", "h1", "h2"))
        here = f"{k} + {first}"
        rule, last = (
            ("mul_lt_mul_of_pos_left", "lt_of_le_of_lt") if relation == "<" else ("mul_le_mul_left", "le_trans")
        )
        larger = f"{ih} (show 0 < {here} + 1 by omega)" if relation == "<" else f"({here} + 1) {ih}"
        yield (
            (
                f"(obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {here} := ⟨{n} - {first}, by omega⟩\n clear {h.name}\n"
                f" induction {k} with\n | zero => decide\n | succ {k} {ih} =>\n"
                f"   have {h1} := Nat.mul_le_mul_right ({base} ^ ({here})) (show {base} ≤ {here} + 1 by omega)\n"
                f"   have {h2} := Nat.{rule} {larger}\n"
                f"   rw [show {k} + 1 + {first} = ({here}) + 1 by omega, Nat.pow_succ, Nat.mul_comm]\n"
                f"   exact Nat.{last} {h1} {h2})"
            ),
            0.5,
        )
        return


def multiples(view: View, names: list[str]) -> Iterator[Proposal]:
    """`5 ∣ f (5 * n)` where `f (n + 2) = f (n + 1) + f n`: five further on it is `5 * f (n + 1) + 3 * f n`."""
    match = re.fullmatch(rf"(\d{{1,6}}) ∣ (\S+) \((?:(\d{{1,3}}) \* {NAME}|{NAME} \* (\d{{1,3}}))\)", view.target)
    n, apart = (match[4] or match[5], int(match[3] or match[6])) if match is not None else ("", 0)
    if match is None or match[2] not in names or n not in view.of_type(NAT) or not 1 < apart <= _FARTHEST:
        return
    first, second = 1, 1
    for _ in range(apart - 2):
        first, second = second, first + second
    if int(match[1]) == 0 or second % int(match[1]):
        return
    f, fresh = match[2], view.namer()
    key, m, ih = (fresh(wish) for wish in ("key", "m", "ih"))
    yield (
        seq(
            f"have {key} : ∀ {m}, {f} ({m} + {apart}) = {second} * {f} ({m} + 1) + {first} * {f} {m} := by\n"
            f"  intro {m}\n  simp only [{f}]\n  omega",
            f"rw [show {match[0].partition('(')[2][:-1]} = {apart} * {n} by omega]",
            f"induction {n} with\n| zero => decide\n| succ {n} {ih} =>\n"
            f"  rw [show {apart} * ({n} + 1) = {apart} * {n} + {apart} by omega, {key}]\n  omega",
        ),
        0.5,
    )


__all__ = ["above_powers", "multiples"]
