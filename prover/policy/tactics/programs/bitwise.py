"""Sums and bitwise operations together: `and` plus `or` is the sum, `xor` plus `and` is `or`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NAT, Proposal, View, numerals, seq

_NAME = r"(?<![\w.'~])([^\W\d][\w'₀-₉]*)(?![\w'.✝])"
_PAIR = re.compile(rf"{_NAME} (?:&&&|\|\|\||\^\^\^) {_NAME}")
_ARITHMETIC = re.compile(r" [+*≤<≥>-] |-[^\W\d]")
_WIDTH = re.compile(r"BitVec (\d{1,2})")
_MOST_PAIRS = 3
# By induction on halves: the last bits, and what holds of the rest.
_LEMMA = """have {ho} : ∀ a b : Nat, (a &&& b) + (a ||| b) = a + b ∧ (a ^^^ b) + (a &&& b) = (a ||| b) := by
  intro a
  induction a using Nat.strongRecOn with
  | ind a ih =>
    intro b
    by_cases ha : a = 0
    · subst ha; simp
    have h1 := ih (a / 2) (by omega) (b / 2)
    rw [← Nat.and_div_two, ← Nat.or_div_two, ← Nat.xor_div_two] at h1
    have m1 := Nat.and_mod_two_eq_one (a := a) (b := b)
    have m2 := Nat.or_mod_two_eq_one (a := a) (b := b)
    have m3 := Nat.xor_mod_two_eq_one (a := a) (b := b)
    generalize a &&& b = x at *
    generalize a ||| b = y at *
    generalize a ^^^ b = z at *
    clear ih
    rcases Nat.mod_two_eq_zero_or_one a with h | h <;> rcases Nat.mod_two_eq_zero_or_one b with h' | h' <;>
      simp [h, h'] at m1 m2 m3 <;> omega"""
_TO_NAT = ", ".join(
    f"BitVec.{name}"
    for name in (
        *(f"toNat_{operation}" for operation in ("add", "sub", "mul", "and", "or", "xor", "not", "neg", "ofNat")),
        "le_def",
        "lt_def",
    )
)
_SHIFTS = "BitVec.toNat_shiftLeft, BitVec.toNat_ushiftRight, Nat.shiftLeft_eq, Nat.shiftRight_eq_div_pow"


def propose(view: View) -> Iterator[Proposal]:
    pairs = list(dict.fromkeys(_PAIR.findall(view.facts)))[:_MOST_PAIRS]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    kinds = {{v.name: v.type for v in view.vars}.get(name, "") for name in names}
    if not pairs or len(kinds) != 1 or not _ARITHMETIC.search(view.target):
        return
    (kind,) = kinds
    ho = view.fresh("ho")
    lemma = _LEMMA.format(ho=ho)
    if kind in NAT:
        facts = [fact for a, b in pairs for fact in _facts(view, ho, a, b)]
        yield seq(lemma, *(f"have {view.fresh(f'hb{i}')} := {fact}" for i, fact in enumerate(facts)), "omega"), 0.5
    elif match := _WIDTH.fullmatch(kind):
        yield _as_numbers(view, pairs, names, int(match[1]), ho, lemma), 0.4


def _facts(view: View, ho: str, a: str, b: str) -> list[str]:
    """What is known of two natural numbers."""
    below = [f"Nat.and_le_{side} (n := {a}) (m := {b})" for side in ("left", "right")]
    return [f"{ho} ({a}) ({b})", *(below if re.search("[≤<≥>]", view.target) else [])]


def _as_numbers(view: View, pairs: list[tuple[str, str]], names: list[str], width: int, ho: str, lemma: str) -> str:
    """The same of the numbers that bit vectors of that width are."""
    fresh = view.namer()
    steps = [lemma, "try apply BitVec.eq_of_toNat_eq"]
    literals = []
    for number in dict.fromkeys(n for n in numerals(view.facts) if n < 1 << width):
        literals.append(fresh("hl"))
        steps.append(f"have {literals[-1]} : BitVec.toNat ({number} : BitVec {width}) = {number} := by rfl")
    for a, b in pairs:
        steps += [f"have {fresh('hb')} := {fact}" for fact in _facts(view, ho, f"{a}.toNat", f"{b}.toNat")]
        steps += [f"have {fresh('hb')} := ({a} {operation} {b}).isLt" for operation in ("&&&", "|||", "^^^")]
    steps += [f"have {fresh('hb')} := {name}.isLt" for name in names]
    equations = [h.name for h in view.props if " = " in h.type and _PAIR.search(h.type)]
    steps += [f"have {fresh('hb')} := congrArg BitVec.toNat {name}" for name in equations]
    shifts = [_SHIFTS] if "<<<" in view.facts or ">>>" in view.facts else []
    return seq(*steps, f"simp only [{', '.join([_TO_NAT, *shifts, *literals])}] at *", "omega")
