"""Equal powers whose exponents have no common divisor are powers of one number: `a ^ 5 = b ^ 4` with `a = t ^ 4`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import gcd

from prover.policy.tactics.view import NAME, NAT, Proposal, View, have, seq

_EQUAL = re.compile(rf"{NAME} \^ (\d) = {NAME} \^ (\d)")
_DIFFERENCE = re.compile(r"([^-=∧∨→]+) - ([^-=∧∨→]+) = ([1-9]\d{0,8})")


def propose(view: View) -> Iterator[Proposal]:
    naturals = set(view.of_type(NAT))
    fresh = view.namer()
    steps = []
    gone: set[str] = set()
    for h in view.props:
        match = _EQUAL.fullmatch(h.type)
        if match is None or not {match[1], match[3]} <= naturals or match[1] == match[3]:
            continue
        if gone & {match[1], match[3]}:
            continue
        p, q = int(match[2]), int(match[4])
        if min(p, q) < 2 or gcd(p, q) > 1:
            continue
        gone |= {match[1], match[3]}
        t, hr = fresh("t"), fresh("hr")
        steps += [
            have(hr, f"∀ a b : Nat, a ^ {p} = b ^ {q} → ∃ t, a = t ^ {q} ∧ b = t ^ {p}", _root(p, q)),
            f"obtain ⟨{t}, rfl, rfl⟩ := {hr} _ _ {h.name}",
            f"clear {hr} {h.name}",
        ]
    if not steps:
        return
    for h in view.props:
        if (match := _DIFFERENCE.fullmatch(h.type)) is not None:
            steps.append(f"try replace {h.name} := Nat.eq_add_of_sub_eq (by omega) {h.name}")
    yield seq(*steps), 0.9
    yield seq(*steps, "first | exact ⟨_, rfl, rfl⟩ | omega | grind"), 0.88


def _root(p: int, q: int) -> list[str]:
    """Euclid's algorithm on the exponents: the number with the smaller one is the other times a number."""
    if q == 1:
        return ["intro a b h", "exact ⟨a, by simp, by simpa using h.symm⟩"]
    if p == 1:
        return ["intro a b h", "exact ⟨b, by simpa using h, by simp⟩"]
    if p < q:
        return [
            "intro a b h",
            have("hs", f"∀ a b : Nat, a ^ {q} = b ^ {p} → ∃ t, a = t ^ {p} ∧ b = t ^ {q}", _root(q, p)),
            "obtain ⟨t, hb, ha⟩ := hs _ _ h.symm",
            "exact ⟨t, ha, hb⟩",
        ]
    rest = p - q
    return [
        have("hs", f"∀ a b : Nat, a ^ {rest} = b ^ {q} → ∃ t, a = t ^ {q} ∧ b = t ^ {rest}", _root(rest, q)),
        "intro a b h",
        f"have hp : a ^ {p} = a ^ {q} * a ^ {rest} := Nat.pow_add a {q} {rest}",
        "rcases Nat.eq_zero_or_pos a with ha | ha",
        "· subst ha; exact ⟨0, by simp, by simpa using h.symm⟩",
        f"· obtain ⟨k, rfl⟩ : a ∣ b := (Nat.pow_dvd_pow_iff (by decide : {q} ≠ 0)).mp ⟨a ^ {rest}, by rw [← h, hp]⟩",
        "  rw [Nat.mul_pow, hp] at h",
        "  obtain ⟨t, rfl, rfl⟩ := hs a k (Nat.eq_of_mul_eq_mul_left (Nat.pow_pos ha) h)",
        f"  exact ⟨t, rfl, (Nat.pow_add t {q} {rest}).symm⟩",
    ]


__all__ = ["propose"]
