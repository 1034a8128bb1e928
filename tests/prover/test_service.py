"""The service on a real Lean: what MCP and HTTP hand on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import pytest
import pytest_asyncio

from lean_env.errors import UsageError
from lean_env.pool import Pool
from lean_env.toolchain import Toolchain
from prover.config import RunConfig
from prover.interfaces import Budget
from prover.parts import LeanPool, real_parts
from prover.search.graph import Graph
from prover.service import Ask, Service

pytestmark = pytest.mark.lean

OR = "theorem swap (p q : Prop) (h : p ∨ q) : q ∨ p := by sorry"


class Shared:
    """The tests' pool, which no service may close."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> object:
        return getattr(self._pool, name)

    async def __aenter__(self) -> Shared:
        return self

    async def __aexit__(self, *_: object) -> None:
        return


def on(pool: Pool, toolchain: Toolchain) -> Service:
    """A service on the tests' pool."""
    parts = replace(real_parts(), pool=lambda *_args, **_kwargs: cast("LeanPool", Shared(pool)))
    return Service(RunConfig("a server"), toolchain, parts)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def service(lean: Pool, bundled: Toolchain) -> AsyncIterator[Service]:
    async with on(lean, bundled) as service:
        yield service


async def test_a_statement_is_proved_and_its_search_watched(service: Service) -> None:
    seen: list[tuple[int, int]] = []

    def watch(graph: Graph) -> None:
        seen.append((graph.expansions, len(graph.nodes)))

    attempt = await service.prove(Ask(OR), watch=watch)
    assert attempt.result == "proved" and "theorem swap" in attempt.text
    assert seen[0] == (0, 1) and seen[-1][0] >= 1


async def test_a_bare_proposition_is_disproved_on_request(service: Service) -> None:
    attempt = await service.prove(Ask("∀ n : ℕ, n < n", Budget(1, 32, 5), negate=True))
    assert attempt.result == "disproved" and "negation" in attempt.text


async def test_a_proof_is_verified_from_its_tactics_or_whole(service: Service) -> None:
    assert (await service.verify(OR, "exact h.symm")).accepted
    assert (await service.verify(OR, OR.replace("sorry", "exact h.symm"))).accepted
    assert not (await service.verify(OR, "exact h")).accepted
    assert not (await service.verify(OR, "theorem swap (p : Prop) (h : p) : p := h")).accepted
    assert (await service.verify("", "theorem own : 1 = 1 := rfl")).accepted


async def test_tactics_are_run_up_to_the_first_that_fails(service: Service) -> None:
    both = "theorem both (a : Nat) (h : a = 1) : 1 = a ∧ a = a := by sorry"
    tries = await service.apply(both, ["constructor", "omega", "rfl", "never reached"])
    assert [step.kind for step in tries.steps] == ["open", "open", "proved"] and tries.done
    assert [len(step.goals) for step in tries.steps] == [2, 1, 0]
    tries = await service.apply(both, ["constructor", "exact nothing", "rfl"])
    assert [step.kind for step in tries.steps] == ["open", "error"] and not tries.done
    assert "nothing" in tries.steps[-1].error
    refused = await service.apply(both, ['run_tac Lean.logInfo m!""'])
    assert refused.steps[0].kind == "refused"
    with pytest.raises(UsageError, match="Lean rejects"):
        await service.apply("theorem bad : nonsense := by sorry", ["simp"])


async def test_lemmas_come_with_what_they_state(service: Service) -> None:
    found = await service.lemmas("theorem x (a b c : Nat) (h : a ∣ b) : a ∣ b * c := by sorry", 8)
    assert len(found) == 8 and any("∣" in lemma.statement for lemma in found)
    assert all(lemma.name and lemma.statement for lemma in found)


async def test_the_policy_answers_for_a_state_that_is_only_text(service: Service) -> None:
    tactics = [each.tactic for each in await service.propose("a b : Nat\nh : a = b\n⊢ b = a", 8)]
    assert "omega" in tactics and len(tactics) == 8


async def test_an_answer_that_nobody_waits_for_leaves_no_slot_taken(service: Service) -> None:
    hard = (
        "theorem fermat (n a b c : Nat) (h : 2 < n) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : "
        "a ^ n + b ^ n ≠ c ^ n := by sorry"
    )
    asking = asyncio.create_task(service.prove(Ask(hard)))
    await asyncio.sleep(2.0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    for _ in range(600):  # Lean ends the tactic that it is at
        if service.lean.busy == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the worker stays busy")
