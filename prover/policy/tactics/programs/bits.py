"""Finite and machine types: `Fin`, bit vectors, machine integers, characters, arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import Proposal, View, mentions, seq

_MACHINE = re.compile(r"U?Int(?:8|16|32|64)|USize|ISize")
_WIDTH = re.compile(r"BitVec (\d+)$")
# An equation by operations that bit vectors have by the same names; of signed ones not those of division.
_OPERATIONS = re.compile(r"[\w'₀-₉ +*/%&|^~<>=()-]+")
_APPLIED = re.compile(r"[\w')] [\w(]")
# Values in all that a `decide` may go through.
_MOST_VALUES = 1 << 12
_SIZES = {"Bool": 2, "UInt8": 256, "Int8": 256}


def propose(view: View) -> Iterator[Proposal]:
    yield from _decided(view)
    kinds = [v.type for v in view.vars]
    text = view.facts
    if "BitVec" in text or any(kind.startswith("BitVec") for kind in kinds):
        yield from _bit_vectors(view)
    machine = {match[0] for kind in (*kinds, text) for match in _MACHINE.finditer(kind)}
    if machine:
        yield from _as_bit_vectors(view)
    for name in sorted(machine)[:1]:
        yield f"apply {name}.toBitVec_inj.mp <;> simp", 0.25
        yield f"simp [← {name}.toBitVec_inj]", 0.2
        yield f"simp [← {name}.toNat_inj]", 0.15
        yield f"simp [{name}.lt_iff_toNat_lt, {name}.le_iff_toNat_le] at *", 0.1
    if "Fin " in "".join(kinds) and re.search("[∀∃]", text):
        yield "simp [Fin.exists_fin_succ, Fin.forall_fin_succ] at * <;> grind", 0.3
        yield "simp [Fin.exists_fin_succ, Fin.forall_fin_succ] at * <;> omega", 0.2
    if any(kind.startswith("Fin ") for kind in kinds):
        parts = view.connective
        if parts and parts[0] == "=":
            yield "apply Fin.ext <;> simp", 0.15
            yield "apply Fin.ext <;> simp <;> omega", 0.15
        yield "simp [Fin.lt_def, Fin.le_def, Fin.ext_iff] at *", 0.1
        yield "simp [Fin.lt_def, Fin.le_def, Fin.ext_iff] at * <;> omega", 0.15
    for v in view.vars:
        if v.type.startswith("Array ") and mentions(view.facts, v.name):
            yield f"cases {v.name} <;> simp_all", 0.2
            yield f"rcases {v.name} with ⟨{view.fresh('xs')}⟩", 0.1
    parts = view.connective
    if parts and parts[0] == "=" and any(kind.startswith("Array ") for kind in kinds):
        yield "apply Array.ext <;> simp_all", 0.1
        yield "ext i <;> simp_all", 0.1


def _as_bit_vectors(view: View) -> Iterator[Proposal]:
    """An equation of machine integers as the same equation of their bit vectors, to which the goal is equal by
    definition."""
    parts = view.connective
    variables = [v for v in view.vars if v.value is None and mentions(view.facts, v.name)]
    kinds = {v.type for v in variables}
    kind = kinds.pop() if len(kinds) == 1 else ""
    if not parts or parts[0] != "=" or not _MACHINE.fullmatch(kind) or not _OPERATIONS.fullmatch(view.target):
        return
    unsigned = kind.startswith("U")
    if _APPLIED.search(view.target) or (not unsigned and re.search("[/%]", view.target)):
        return
    pattern = "⟨{}⟩" if unsigned else "⟨⟨{}⟩⟩"
    cases = [f"rcases {v.name} with {pattern.format(v.name)}" for v in variables]
    same = seq(*cases, f"refine congrArg {kind}.ofBitVec (show {view.target} from ?_)")
    yield same, 0.5
    yield seq(same, "first | exact? | (simp; done) | grind"), 0.45


def _decided(view: View) -> Iterator[Proposal]:
    """By going through all values, where they are few."""
    values = 1
    for v in view.vars:
        if not mentions(view.facts, v.name):
            continue
        size = _size(v.type)
        if size is None:
            return
        values *= size
        if values > _MOST_VALUES:
            return
    if values > 1:
        yield "decide +revert", 0.5 if values <= 300 else 0.2


def _size(kind: str) -> int | None:
    if kind in _SIZES:
        return _SIZES[kind]
    if match := re.fullmatch(r"Fin (\d{1,4})", kind):
        return int(match[1])
    if (match := _WIDTH.match(kind)) and int(match[1]) <= 12:
        return int(1 << int(match[1]))
    return None


def _bit_vectors(view: View) -> Iterator[Proposal]:
    parts = view.connective
    yield "bv_omega", 0.5
    if parts and parts[0] == "=":
        i, hi = view.fresh("i"), view.fresh("hi")
        yield seq(f"ext {i} {hi}", "simp"), 0.3
        yield seq(f"ext {i} {hi}", "simp", "grind"), 0.3
        if "<<<" in view.target or ">>>" in view.target:
            powers = "Nat.shiftLeft_eq, Nat.shiftRight_eq_div_pow, Nat.mul_two, Nat.pow_succ"
            yield seq("apply BitVec.eq_of_toNat_eq", f"simp [{powers}]"), 0.3
            yield seq("apply BitVec.eq_of_toNat_eq", f"simp [{powers}]", "first | omega | grind"), 0.3
        yield "apply BitVec.eq_of_toNat_eq <;> simp", 0.15
        yield "apply BitVec.eq_of_toNat_eq <;> simp <;> omega", 0.1
    yield "simp [BitVec.lt_def, BitVec.le_def] at *", 0.1
    if "toNat" in view.target:
        yield "simp [BitVec.toNat_and, BitVec.toNat_or, Nat.and_le_left, Nat.and_le_right, Nat.left_le_or]", 0.2


__all__ = ["propose"]
