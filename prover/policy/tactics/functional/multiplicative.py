"""Multiplicative and strictly increasing functions of natural numbers: one that fixes a number above 1 is the identity.

Its values lie at least as far apart as its arguments; it fixes the powers of the number, and every other number lies
below one of these (Erdős, 1946; the case of natural values).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NAT, WORD, Proposal, View, have, mentions, seq

_MULTIPLIES = re.compile(
    rf"∀ \((?P<a>{WORD}) (?P<b>{WORD}) : (?:ℕ|Nat)\), "
    rf"(?P<f>{WORD}) \((?P=a) \* (?P=b)\) = (?P=f) (?P=a) \* (?P=f) (?P=b)"
)


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        law = _MULTIPLIES.fullmatch(h.type)
        if law is None:
            continue
        f = law["f"]
        if not mentions(view.target, f) or not any(v.name == f and _of_numbers(v.type) for v in view.vars):
            continue
        grows = next((rule for other in view.props if (rule := _grows(other.name, other.type, f)) is not None), None)
        fixed = [(o.name, k[1]) for o in view.props if (k := re.fullmatch(rf"{re.escape(f)} (\d{{1,6}}) = \1", o.type))]
        for name, number in fixed:
            if grows is not None and int(number) > 1:
                yield _identity(view, f, h.name, grows, int(number), name), 0.9
                break


def _of_numbers(kind: str) -> bool:
    return set(kind.split(" → ")) <= NAT


def _grows(name: str, text: str, f: str) -> str | None:
    """A proof of `f n < f (n + 1)` for a variable `n` from what the hypothesis says; None where it does not say so."""
    f = re.escape(f)
    if re.fullmatch(rf"∀ \(({WORD}) : (?:ℕ|Nat)\), {f} \1 < {f} \(\1 \+ 1\)", text):
        return f"{name} _"
    if re.fullmatch(rf"∀ \(({WORD}) ({WORD}) : (?:ℕ|Nat)\), \1 < \2 → {f} \1 < {f} \2", text):
        return f"{name} _ _ (Nat.lt_succ_self _)"
    return None


def _identity(view: View, f: str, law: str, grows: str, base: int, value: str) -> str:
    fresh = view.namer()
    gap, one, powers, all_ = (fresh(wish) for wish in ("hgap", "hone", "hpow", "hall"))
    n, d, ih, h1, h2 = (fresh(wish) for wish in ("n", "d", "ih", "h1", "h2"))
    step = f"have {h1} : {f} ({n} + {d}) < {f} ({n} + ({d} + 1)) := {grows}"
    return seq(
        have(
            gap,
            f"∀ {d} {n}, {f} {n} + {d} ≤ {f} ({n} + {d})",
            [
                f"intro {d} {n}",
                f"induction {d} with",
                "| zero => exact Nat.le_refl _",
                f"| succ {d} {ih} => {step}; omega",
            ],
        ),
        have(one, f"{f} 1 = 1", [f"have {h1} := {law} {base} 1", f"simp only [Nat.mul_one, {value}] at {h1}", "omega"]),
        have(
            powers,
            f"∀ {n} : Nat, {f} ({base} ^ {n}) = {base} ^ {n}",
            [
                f"intro {n}",
                f"induction {n} with",
                f"| zero => simpa using {one}",
                f"| succ {n} {ih} => rw [Nat.pow_succ, {law}, {ih}, {value}]",
            ],
        ),
        have(
            all_,
            f"∀ {n} : Nat, {f} {n} = {n}",
            [
                f"intro {n}",
                f"have {h1} := {gap} {n} 0",
                f"have {d} := Nat.lt_pow_self (show 1 < {base} by decide) (n := {n})",
                f"have {h2} := {gap} ({base} ^ {n} - {n}) {n}",
                f"rw [Nat.add_sub_cancel' (Nat.le_of_lt {d}), {powers}] at {h2}",
                f"simp only [Nat.zero_add] at {h1}",
                "omega",
            ],
        ),
        f"first | exact {all_} | exact {all_} _ | (simp only [{all_}]; first | done | omega) | simp [{all_}]",
    )


__all__ = ["propose"]
