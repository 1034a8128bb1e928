"""Every attack is refused, on the real Lean and for the right reason; every honest proof is accepted."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from lean_env.pool import Pool
from lean_env.verify import Verdict
from tests.adversarial.attacks import ATTACKS, HONEST, Attack, Honest

pytestmark = pytest.mark.lean


def stopped_as_expected(attack: Attack, verdict: Verdict) -> bool:
    """Was it rejected at the stage that must stop it, with the words that say why?"""
    said = zip(verdict.stages, verdict.reasons, strict=True)
    return not verdict.accepted and any(stage == attack.stage and re.search(attack.words, why) for stage, why in said)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.kind}: {attack.name}")
async def test_an_attack_is_refused_for_the_right_reason(lean: Pool, attack: Attack) -> None:
    verdict = await lean.verify(attack.original, attack.candidate)
    assert not verdict.accepted
    assert stopped_as_expected(attack, verdict), list(zip(verdict.stages, verdict.reasons, strict=True))


@pytest.mark.parametrize("proof", HONEST, ids=lambda proof: proof.name)
async def test_an_honest_proof_is_accepted(lean: Pool, proof: Honest) -> None:
    verdict = await lean.verify(proof.original, proof.candidate)
    assert verdict.accepted, verdict.reasons
    assert verdict.checks is not None and (verdict.checks.kernel, verdict.checks.fresh) == ("passed", "passed")
    assert "pre-release" in verdict.caveat, "the bundled Lean says what it is"


def test_the_suite_is_large_and_its_names_are_distinct() -> None:
    assert len(ATTACKS) >= 80 and len(HONEST) >= 15
    assert max(Counter((attack.kind, attack.name) for attack in ATTACKS).values()) == 1
    assert max(Counter((attack.original, attack.candidate) for attack in ATTACKS).values()) == 1
