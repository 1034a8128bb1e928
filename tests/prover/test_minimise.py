from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from prover.minimise import alternatives, attempts, merge, minimise, subtree, successful

Script = tuple[str, ...]


def counting(accepts: set[Script]) -> tuple[list[Script], Callable[[Script], Awaitable[bool]]]:
    asked: list[tuple[str, ...]] = []

    async def elaborates(script: tuple[str, ...]) -> bool:
        asked.append(script)
        return script in accepts

    return asked, elaborates


async def test_a_closer_that_does_it_alone_takes_the_place_of_everything() -> None:
    asked, elaborates = counting({("omega",)})
    assert await minimise((("intro h", 1), ("simp", 1), ("omega", 0)), elaborates) == ("omega",)
    assert asked == [("omega",)]


async def test_steps_are_dropped_and_merged_while_lean_accepts_the_rest() -> None:
    accepts = {("intro a", "intro b", "omega"), ("intro a b", "omega")}
    _, elaborates = counting(accepts)
    found = await minimise((("intro a", 1), ("intro b", 1), ("skip", 1), ("omega", 0)), elaborates)
    assert found == ("intro a b", "omega")


async def test_within_a_case_of_several() -> None:
    steps = (("constructor", 2), ("simp", 1), ("rfl", 0), ("intro h", 1), ("exact h", 0))
    assert subtree(steps, 0) == 5
    assert subtree(steps, 1) == 3
    assert subtree(steps, 3) == 5
    _, elaborates = counting({("constructor", "· rfl", "· intro h\n  exact h")})
    assert await minimise(steps, elaborates) == ("constructor", "· rfl", "· intro h\n  exact h")


async def test_what_cannot_be_shorter_stays_and_the_number_of_tries_is_kept() -> None:
    steps = (*((f"step {i}", 1) for i in range(20)), ("omega", 0))
    asked, elaborates = counting(set())
    script = tuple(tactic for tactic, _ in steps)
    assert await minimise(steps, elaborates, tries=7) == script
    assert len(asked) == 7
    asked.clear()
    assert await minimise((("omega", 0),), elaborates) == ("omega",)
    assert asked == []


def test_only_tactics_of_one_kind_are_merged() -> None:
    assert merge("intro a b", "intro c") == "intro a b c"
    assert merge("rw [h]", "rw [← g]") == "rw [h, ← g]"
    assert merge("rw [h] at k", "rw [g] at k") == "rw [h, g] at k"
    assert merge("rw [h]", "rw [g] at k") is None
    assert merge("simp [h]", "rw [g]") is None
    assert merge("intro ⟨a, b⟩", "intro c") is None


@pytest.mark.parametrize(
    ("tactic", "expected"),
    [
        ("simp", []),
        ("(first | omega | grind)", []),
        ("first | omega | grind [a, b]", ["omega", "grind [a, b]"]),
        ("first | (apply f <;> assumption) | rfl", ["apply f", "apply f <;> assumption", "rfl"]),
        ("first\n | (have h : p := by\n      simp\n    omega)\n | rfl", ["(have h : p := by\n   simp\n omega)", "rfl"]),
        ("first | (simp) <;> (omega)", ["(simp) <;> (omega)"]),
        ("first | (intro h; exact h) | exact ⟨a | b⟩", ["(intro h; exact h)", "exact ⟨a | b⟩"]),
    ],
)
def test_alternatives_are_tactics_of_their_own(tactic: str, expected: list[str]) -> None:
    assert alternatives(tactic) == expected


EXPLORED = (
    "(try have h0 : p := by simp\n try have h1 : q := by omega\n try have h2 : r := by rfl\n first | simp | skip)"
)


def test_of_attempts_those_that_failed_are_left_out() -> None:
    assert (
        attempts(EXPLORED) == "(try have h0 : p := by simp\n try have h1 : q := by omega\n try have h2 : r := by rfl)"
    )
    before, after = "x : Nat\n⊢ s", "x : Nat\nh1 : q\nh2 h3 : r\n⊢ s"
    assert (
        successful(EXPLORED, before, after) == "(have h1 : q := by omega\n have h2 : r := by rfl\n first | simp | skip)"
    )
    assert successful(EXPLORED, before, before) == "(first | simp | skip)"
    assert successful(EXPLORED, "h1 : t\n⊢ s", "h1 : t\n⊢ s") == EXPLORED  # nobody knows which h1 it is


@pytest.mark.parametrize(
    "tactic", ["simp", "(simp\n omega)", "(try have h : p := by simp)", "try have h : p := by simp"]
)
def test_other_tactics_have_no_attempts(tactic: str) -> None:
    assert attempts(tactic) is None
    assert successful(tactic, "⊢ s", "⊢ s") == tactic
