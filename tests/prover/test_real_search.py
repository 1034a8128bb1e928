"""What the searches, the negation, shorter proofs, whole proofs and the library's theorems come to on a real Lean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from lean_env.pool import Pool
from lean_env.protocol import OutcomeKind
from prover.attempt import attempt
from prover.checking import checks_of, verdicts
from prover.config import RunConfig
from prover.critic import SizeCritic
from prover.interfaces import Attempt, Budget, Candidate, Policy, Problem, Query
from prover.method import WHOLE_PROOF, Memory, Method
from prover.parts import PoolFunction, real_parts
from prover.policy import TacticsPolicy, make
from prover.prepare import prepare
from prover.run import run
from prover.search import SEARCHES
from tests.prover.test_real import Borrowed

pytestmark = pytest.mark.lean

CASES = (
    "theorem t (p q r s : Prop) (h : p ∨ q) (hp : p → r ∧ s) (hq : q → r ∧ s) : (r ∨ p) ∧ (s ∨ q) ∧ (r ∧ s) := by sorry"
)
FALSE = "theorem f (a b : Nat) (h : a < b) : a + 1 < b := by sorry"


@dataclass
class Small:
    """A policy of small steps, so that there is something to search."""

    tactics: tuple[str, ...] = (
        *("constructor", "assumption", "rcases h with h | h", "have hr := hp h", "have hq' := hq h"),
        *("exact hr.1", "exact hr.2", "exact hq'.1", "exact hq'.2", "left", "right"),
    )
    name: str = "small"

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        return [[Candidate(t, -1.0 - i / 20) for i, t in enumerate(self.tactics)][:samples] for _ in queries]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        return

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        return


async def attempted(lean: Pool, statement: str, policy: Policy | None = None, **options: Any) -> Attempt:
    method = Method(policy or make("tactics"), **{"timeout_s": 300.0, **options})
    async with lean.session() as env:
        return await attempt(
            Problem("t", statement), method, env=env, verify=lean.verify, seed=0, pass_index=0, memory=Memory()
        )


@pytest.mark.parametrize("search", SEARCHES)
async def test_each_search_proves_a_statement_of_many_steps(lean: Pool, search: str) -> None:
    critic = None if search == "best-first" else SizeCritic()
    record = await attempted(lean, CASES, Small(), search=search, critic=critic, budget=Budget(expansions=60))
    assert record.result == "proved", record
    assert "· " in record.text and record.usage.expansions > 3


INSERTION_SORT = """
def ins (a : Nat) : List Nat → List Nat
  | [] => [a]
  | b :: l => if a ≤ b then a :: b :: l else b :: ins a l

def isort : List Nat → List Nat
  | [] => []
  | a :: l => ins a (isort l)

theorem isort_length (l : List Nat) : (isort l).length = l.length := by sorry
"""
REVERSE = """
inductive Chain (α : Type) where
  | nil : Chain α
  | cons : α → Chain α → Chain α

def Chain.app {α : Type} : Chain α → Chain α → Chain α
  | .nil, ys => ys
  | .cons x xs, ys => .cons x (Chain.app xs ys)

def Chain.rev {α : Type} : Chain α → Chain α
  | .nil => .nil
  | .cons x xs => Chain.app (Chain.rev xs) (.cons x .nil)

theorem rev_rev {α : Type} (l : Chain α) : Chain.rev (Chain.rev l) = l := by sorry
"""


class OfGoals(TacticsPolicy):
    """The built-in policy, without the file."""

    def candidates(self, query: Query, samples: int) -> list[Candidate]:
        return super().candidates(replace(query, context=""), samples)


@pytest.mark.parametrize("statement", [INSERTION_SORT, REVERSE])
async def test_a_lemma_is_found_by_generalization(lean: Pool, statement: str) -> None:
    """The induction is stuck at what another induction proves of something more general."""
    record = await attempted(lean, statement.lstrip(), OfGoals(), budget=Budget(expansions=40))
    assert record.result == "proved", record
    assert "generalize" in record.text


@pytest.mark.parametrize("statement", [INSERTION_SORT, REVERSE])
async def test_a_lemma_is_found_by_exploration(lean: Pool, statement: str) -> None:
    record = await attempted(lean, statement.lstrip(), budget=Budget(expansions=5))
    assert record.result == "proved", record
    assert "generalize" not in record.text


async def test_a_false_statement_is_disproved(lean: Pool) -> None:
    record = await attempted(lean, FALSE, negate=True)
    assert record.result == "disproved", record
    assert "theorem f.negation : ¬ (∀ (a b : Nat) (h : a < b), a + 1 < b)" in record.text
    assert (await lean.verify(FALSE, record.text, negated=True)).accepted
    assert not (await lean.verify(FALSE, record.text)).accepted
    true = FALSE.replace("<", "≤")
    assert not (await lean.verify(true, record.text, negated=True)).accepted


async def test_a_true_statement_is_proved_beside_its_negation(lean: Pool) -> None:
    record = await attempted(lean, "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := by sorry", negate=True)
    assert (record.result, record.text.count("negation")) == ("proved", 0)


async def test_a_proof_becomes_shorter_and_stays_one(lean: Pool) -> None:
    slow = Small(("intro p", "intro q", "intro h", "skip", "exact h.1", "have g := h.2", "exact And.left h"))
    statement = "theorem t : ∀ p q : Prop, p ∧ q → p := by sorry"
    long = await attempted(lean, statement, Small(("intro p", "intro q", "intro h", "have g := h.2", "exact h.1")))
    short = await attempted(lean, statement, slow, minimise=True)
    assert long.result == short.result == "proved"
    assert len(short.tactics) == 2 < len(long.tactics), (short, long)
    assert (await lean.verify(statement, short.text)).accepted


async def test_of_alternatives_the_one_that_holds_is_kept(lean: Pool) -> None:
    first = Small(("first | omega | (apply hp <;> assumption) | (exact h.1) | simp_all",))
    record = await attempted(lean, "theorem t (p q : Prop) (hp : q → p) (h : p ∧ q) : p := by sorry", first)
    assert (record.result, record.tactics) == ("proved", ("exact h.1",))


async def test_whole_proofs_are_repaired_with_what_lean_says(lean: Pool) -> None:
    statement = "theorem t (p q r : Prop) (hp : p) (h : p → q ∧ r) : r ∨ q := by sorry"
    policy = Small(("left", "exact (h hp).1", "exact (h hp).2"))
    record = await attempted(lean, statement, policy, search=WHOLE_PROOF, budget=Budget(1, 8, 3))
    assert (record.result, record.tactics, record.usage.expansions) == ("proved", ("left", "exact (h hp).2"), 2)


async def test_whole_proofs_cannot_run_programs(lean: Pool) -> None:
    evil = Small(('run_tac Lean.logInfo "x"', "sorry", "native_decide"))
    record = await attempted(lean, "theorem t : 2 + 2 = 4 := by sorry", evil, search=WHOLE_PROOF)
    assert record.result == "not_proved"


async def test_theorems_of_the_library_are_proved_again_without_themselves(lean: Pool, tmp_path: Path) -> None:
    parts = replace(real_parts(), pool=cast(PoolFunction, lambda *_, **__: Borrowed(lean)))
    config = RunConfig("stdlib", split="Init.Data.Option", limit=4, seed=1, timeout_s=150, out=tmp_path, lean="bundled")
    result = await run(config, prepared=prepare(config, parts=parts))
    assert result.summary.elaborated == 4, result.attempts
    assert result.summary.proved >= 1
    before = {problem.name: problem.before for problem in result.problems}
    assert all(name.startswith("Option.") for name in before.values())
    checks = checks_of(str(tmp_path), mathlib=False)
    assert [verdict.accepted async for _, verdict in verdicts(checks, Borrowed(lean))] == [True] * result.summary.proved


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("List.length_take_le'", "-List.length_take"),  # `simp` knows what came later
        ("List.dropWhile_append", "[List.dropWhile"),  # nothing is known yet but the definition
        ("UInt8.neg_add", "UInt8.ofBitVec"),  # what is true of bit vectors
    ],
)
async def test_a_theorem_of_the_library_is_proved_by_what_came_before_it(lean: Pool, name: str, sign: str) -> None:
    problem = Problem("t", f"theorem t : type_of% @{name} := by sorry", before=name)
    method = Method(TacticsPolicy(), budget=Budget(expansions=12), timeout_s=120)
    async with lean.session() as env:
        record = await attempt(problem, method, env=env, verify=lean.verify, seed=0, pass_index=0, memory=Memory())
    assert record.result == "proved", record
    assert sign in record.text


async def test_a_theorem_of_the_library_cannot_be_proved_by_itself(lean: Pool) -> None:
    statement = "theorem t : type_of% @Nat.gcd_comm := by sorry"
    problem = Problem("t", statement, before="Nat.gcd_comm")
    cheat = Small(("exact Nat.gcd_comm", "intro a b", "exact Nat.gcd_comm a b", "rw [Nat.gcd_comm]"))
    async with lean.session() as env:
        record = await attempt(
            problem, Method(cheat), env=env, verify=lean.verify, seed=0, pass_index=0, memory=Memory()
        )
    assert (record.result, record.rejected) == ("not_proved", 0)
    text = statement.replace("sorry", "exact Nat.gcd_comm")
    assert (await lean.verify(statement, text)).accepted
    verdict = await lean.verify(statement, text, before="Nat.gcd_comm")
    assert not verdict.accepted and "Nat.gcd_comm" in " ".join(verdict.reasons)
