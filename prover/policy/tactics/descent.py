"""Infinite descent: `x ^ 2 = p * y ^ 2` for a prime `p` has no solution but 0."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NAT, Proposal, View, seq

_PRIMES = frozenset({"2", "3", "5", "7", "11", "13"})
_POWERS = re.compile(r"(?P<x>[\w'₀-₉]+) \^ 2 = (?P<p>\d+) \* (?P<y>[\w'₀-₉]+) \^ 2")
_POWERS_BACK = re.compile(r"(?P<p>\d+) \* (?P<y>[\w'₀-₉]+) \^ 2 = (?P<x>[\w'₀-₉]+) \^ 2")
_PRODUCTS = re.compile(
    r"(?P<x>[\w'₀-₉]+) \* (?P=x) = (?P<p>\d+) \* (?:\((?P<y>[\w'₀-₉]+) \* (?P=y)\)|(?P<z>[\w'₀-₉]+) \* (?P=z))"
)


def propose(view: View) -> Iterator[Proposal]:
    numbers = view.of_type(NAT)
    for h in view.props:
        match = _POWERS.fullmatch(h.type) or _POWERS_BACK.fullmatch(h.type) or _PRODUCTS.fullmatch(h.type)
        if match is None or match["p"] not in _PRIMES:
            continue
        found = match.groupdict()
        x, y = found["x"], found.get("y") or found["z"]
        if {x, y} <= set(numbers):
            name, square = view.fresh("hz"), view.fresh("hw")
            use = [
                f"have {square} : {x} ^ 2 = {match['p']} * {y} ^ 2 := by grind",
                f"have {name} := hd2 {y} {x} {square}",
            ]
            yield (
                seq(
                    *_descent(int(match["p"])),
                    *use,
                    f"first | exact {name} | omega | (subst {name}; simp_all; done) | grind",
                ),
                0.8,
            )


def _descent(p: int) -> list[str]:
    """The lemmas: such an `x` is a multiple of `p`; so is `y`, and a smaller solution is left."""
    remainders = " ∨ ".join(f"x % {p} = {r}" for r in range(p))
    return [
        f"have hd1 : ∀ x y : Nat, x ^ 2 = {p} * y → x % {p} = 0 := by\n"
        "  intro x y hx\n"
        f"  have hs : x ^ 2 % {p} = 0 := by\n    rw [hx]\n    exact Nat.mul_mod_right {p} y\n"
        f"  have hr : {remainders} := by omega\n"
        f"  rcases hr with {' | '.join(['hr'] * p)} <;> simp [Nat.pow_mod, hr] at hs ⊢",
        f"have hd2 : ∀ y x : Nat, x ^ 2 = {p} * y ^ 2 → y = 0 := by\n"
        "  intro y\n"
        "  induction y using Nat.strongRecOn with\n"
        "  | ind y ih =>\n"
        "    intro x hx\n"
        "    apply Classical.byContradiction\n"
        "    intro hy\n"
        f"    obtain ⟨c, rfl⟩ : ∃ c, x = {p} * c := ⟨x / {p}, by have := hd1 x _ hx; omega⟩\n"
        f"    have h2 : y ^ 2 = {p} * c ^ 2 := by grind\n"
        f"    obtain ⟨d, rfl⟩ : ∃ d, y = {p} * d := ⟨y / {p}, by have := hd1 y _ h2; omega⟩\n"
        f"    have h3 : c ^ 2 = {p} * d ^ 2 := by grind\n"
        "    have h4 := ih d (by omega) c h3\n"
        "    omega",
    ]


__all__ = ["propose"]
