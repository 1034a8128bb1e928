"""Tactics that were refused for what comes too late: what is made of them, and what is not tried again."""

from __future__ import annotations

import pytest

from prover.interfaces import Candidate
from prover.repairs import Repairs


def late(name: str, of: str = "List.foo") -> str:
    return f"uses {name}, which comes after {of}"


@pytest.mark.parametrize(
    ("tactic", "name", "expected"),
    [
        ("simp", "List.length_take", "simp [-List.length_take]"),
        ("simp [List.take]", "List.length_take", "simp [List.take, -List.length_take]"),
        ("simp_all", "List.drop_eq_nil_iff._simp_1", "simp_all [-List.drop_eq_nil_iff]"),
        ("simp [List.bar, ← List.baz]", "List.bar", "simp [← List.baz, -List.bar]"),
        ("induction l <;> simp_all <;> simp", "A.b", "induction l <;> simp_all [-A.b] <;> simp [-A.b]"),
        ("simp only [List.take] <;> simp", "A.b", "simp only [List.take] <;> simp [-A.b]"),
        ("simp at h", "A.b", "simp [-A.b] at h"),
        ("simp [-A.b]", "A.b", None),
        ("simp [-A.b_of]", "A.b", "simp [-A.b_of, -A.b]"),
        ("simp +arith [foo[0], bar]", "A.b", "simp +arith [foo[0], bar, -A.b]"),
        ("simp only [List.take]", "A.b", None),
        ("rw [A.b]", "A.b", None),
    ],
)
def test_simp_is_told_what_to_leave_out(tactic: str, name: str, expected: str | None) -> None:
    assert Repairs().repaired(tactic, late(name)) == expected


def test_only_what_comes_too_late_is_repaired() -> None:
    repairs = Repairs()
    assert repairs.repaired("simp", "`simp` made no progress") is None
    assert repairs.repaired("simp", "uses List.foo, which is to be proved") == "simp [-List.foo]"
    assert not repairs.late


def test_a_late_tool_is_not_asked_again() -> None:
    repairs = Repairs()
    candidates = [Candidate(tactic, -1.0) for tactic in ("omega", "grind", "induction n <;> grind [a]", "rfl")]
    assert [each.tactic for each in repairs.usable(candidates)] == [each.tactic for each in candidates]
    assert repairs.repaired("grind", late("Lean.Grind.eq_mp")) is None
    assert [each.tactic for each in repairs.usable(candidates)] == [
        *("omega", "simp_all", "induction n <;> simp_all [a]", "rfl"),
    ]
    assert repairs.repaired("simp <;> omega", late("Lean.Omega.LinearCombo.sub_eval")) is None
    assert repairs.late == {"grind", "omega"}
    other = [
        Candidate(tactic, -1.0) for tactic in ("grind [= f, cases Bar]", "first | (apply a <;> assumption) | omega")
    ]
    assert [each.tactic for each in repairs.usable(other)] == ["simp_all", "first | (apply a <;> assumption)"]
    assert [each.tactic for each in repairs.usable(candidates)] == ["simp_all", "induction n <;> simp_all [a]", "rfl"]


def test_a_tool_is_not_late_for_what_another_uses() -> None:
    repairs = Repairs()
    repairs.repaired("simp", late("Lean.Grind.eq_mp"))
    repairs.repaired("omega", late("Nat.sub_lt"))
    assert not repairs.late
