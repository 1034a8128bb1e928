"""Which policy proposes for a text. Models are loaded once; the built-in policy goes by what a text imports."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prover.config import RunConfig
from prover.imported import PolicyMaker
from prover.interfaces import Policy, Problem
from prover.parts import LeanPool, make_policy
from prover.whole_proof import ProofPolicy


def policy_maker(policies: Sequence[str] = ("auto",), prompt: str | None = None) -> PolicyMaker:
    """The policy that specs ask for (`prover.policy.spec`).

    Raises:
        UsageError: a spec cannot be read.
    """
    from prover.policy.spec import parse_specs

    config = RunConfig("suggestions", policies=tuple(policies), prompt=prompt)
    shared = any(spec.is_model for spec in parse_specs(policies))
    loading: list[asyncio.Task[Policy | ProofPolicy]] = []

    async def make(pool: LeanPool, imports: str) -> Policy | ProofPolicy:
        if not shared:
            return await make_policy(config, pool, [Problem("imports", imports)])
        if not loading or (loading[0].done() and (loading[0].cancelled() or loading[0].exception())):
            loading[:] = [asyncio.create_task(make_policy(config, pool, [Problem("imports", imports)]))]
        return await asyncio.shield(loading[0])

    return make
