"""Numbers that a set closed under addition contains, as sums of the numbers it is known to contain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import gcd

from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_NAME = r"[^\W\d][\w'₀-₉.]*"
_CLOSED = re.compile(rf"∀ \((\S+) (\S+) : (?:Nat|ℕ)\), (?P<S>{_NAME}) \1 → (?P=S) \2 → (?P=S) \(\1 \+ \2\)")
_LARGEST = 60


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        law = _CLOSED.fullmatch(h.type)
        if law is None:
            continue
        s = law["S"]
        member = re.compile(rf"{re.escape(s)} (\d{{1,4}})")
        known = {int(m[1]): each.name for each in view.props if (m := member.fullmatch(each.type))}
        goal = re.fullmatch(rf"{re.escape(s)} ([\w'₀-₉]+)", view.target)
        known.pop(0, None)
        if goal is None or not known or goal[1] not in view.of_type(NAT) or gcd(*known) > 1:
            continue
        sums = _sums(known, h.name)
        step = min(known)
        first = next((n for n in range(1, _LARGEST) if all(n + i in sums for i in range(step))), None)
        if first is not None:
            yield _from(view, s, goal[1], h.name, known[step], step, first, sums), 0.85


def _sums(known: dict[int, str], law: str) -> dict[int, str]:
    """Proofs that sums of the known numbers are in the set."""
    proofs = dict(known)
    for n in range(1, _LARGEST * 2):
        for size in sorted(known):
            if n not in proofs and n - size in proofs:
                proofs[n] = f"({law} {n - size} {size} {proofs[n - size]} {known[size]})"
    return {n: proof for n, proof in proofs.items() if len(proof) < 2_000}


def _from(view: View, s: str, n: str, law: str, base: str, step: int, first: int, sums: dict[int, str]) -> str:
    """By induction that goes back by the least number; what is below the first of so many in a row is looked at."""
    fresh = view.namer()
    key, k, ih, hk, hl, hs = (fresh(name) for name in ("hkey", "k", "ih", "hk", "hl", "hs"))
    row = range(first, first + step)
    values = " ∨ ".join(f"{k} = {value}" for value in row)
    lines = [
        f"intro {k}",
        f"induction {k} using Nat.strongRecOn with",
        f"| _ {k} {ih} =>",
        f"  intro {hk}",
        f"  rcases Nat.lt_or_ge {k} {first + step} with {hl} | {hl}",
        f"  · rcases (show {values} by omega) with {' | '.join('rfl' for _ in row)}",
        *(f"    · exact {sums[value]}" for value in row),
        f"  · have {hs} := {law} _ _ ({ih} ({k} - {step}) (by omega) (by omega)) {base}",
        f"    rwa [show {k} - {step} + {step} = {k} by omega] at {hs}",
    ]
    claim = have(key, f"∀ {k}, {first} ≤ {k} → {s} {k}", lines)
    small = [value for value in range(1, first) if value in sums]
    below = "omega"
    if small:
        either = " ∨ ".join(f"{n} = {value}" for value in small)
        arms = " | ".join("rfl" for _ in small)
        below = (
            f"(rcases (show {either} by omega) with {arms} <;> first | {' | '.join(f'exact {sums[v]}' for v in small)})"
        )
    return seq(claim, f"rcases Nat.lt_or_ge {n} {first} with {hk} | {hk}", f"· {below}", f"· exact {key} {n} {hk}")


__all__ = ["propose"]
