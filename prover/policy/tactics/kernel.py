"""Statements about numbers below a bound, which Lean's kernel evaluates."""

from __future__ import annotations

from prover.policy.tactics.polynomials import divisors_of

# Long statements need larger instances of `Decidable` than Lean looks for by itself.
EVALUATE = "set_option synthInstance.maxSize 2000 in decide +kernel"


def inside_range(end: int) -> str:
    """The bound of a variable that the kernel goes through: a list costs it a tenth of what `< end` costs, whose
    decision procedure is quadratic."""
    return f"∈ List.range {end}"


def one_of_divisors(number: int, term: str, divides: str) -> str:
    """A proof term, from one that a term divides a number, that it is one of the number's divisors."""
    either = " ∨ ".join(f"d = {d}" for d in divisors_of(number))
    table = f"(show ∀ d {inside_range(number + 1)}, d ∣ {number} → {either} by {EVALUATE})"
    return f"{table} {term} (List.mem_range.2 (Nat.lt_succ_of_le (Nat.le_of_dvd (by decide) {divides}))) {divides}"


__all__ = ["EVALUATE", "inside_range", "one_of_divisors"]
