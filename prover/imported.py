"""What is made once for all texts with the same imports, by whoever serves many of them: the policy, and the lemmas."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Protocol

from lean_env.library import header, imports_of
from prover.config import RunConfig
from prover.interfaces import Policy, Problem, ProofPolicy, Retriever
from prover.parts import LeanPool, PolicyFunction, make_policy
from prover.retrieval import LateRetriever, LemmaRetriever

KEPT = 8
"""Sets of imports for which policy and lemmas are kept."""


class PolicyMaker(Protocol):
    """Makes the policy for texts that begin with these imports."""

    async def __call__(self, pool: LeanPool, imports: str) -> Policy | ProofPolicy: ...


def policy_maker(config: RunConfig, make: PolicyFunction = make_policy) -> PolicyMaker:
    """The policy that a configuration asks for. A model is loaded once; the built-in policy goes by what is imported.

    Args:
        make: makes the policy for problems with some imports.

    Raises:
        UsageError: a spec cannot be read.
    """
    from prover.policy.spec import parse_specs

    shared = any(spec.is_model for spec in parse_specs(config.policies))
    loading: list[asyncio.Task[Policy | ProofPolicy]] = []

    async def policy(pool: LeanPool, imports: str) -> Policy | ProofPolicy:
        if not shared:
            return await make(config, pool, [Problem("imports", imports)])
        if not loading or (loading[0].done() and (loading[0].cancelled() or loading[0].exception())):
            loading[:] = [asyncio.create_task(make(config, pool, [Problem("imports", imports)]))]
        return await asyncio.shield(loading[0])

    return policy


class PerImports:
    """Policies and indexes of lemmas, by the imports that they are for.

    Args:
        lemmas: look up lemmas in the library that a text imports.
    """

    def __init__(self, pool: LeanPool, make_policy: PolicyMaker, *, lemmas: bool = True) -> None:
        self._pool, self._make_policy, self._lemmas = pool, make_policy, lemmas
        self._policies: OrderedDict[str, asyncio.Task[Policy | ProofPolicy]] = OrderedDict()
        self._retrievers: OrderedDict[str, LateRetriever] = OrderedDict()
        self._indexing: set[asyncio.Task[Retriever]] = set()

    async def policy(self, text: str) -> Policy | ProofPolicy:
        """The policy for a text.

        Raises:
            StepwiseError: it cannot be made; the next request tries again.
        """
        imports = header(imports_of(text))
        if imports not in self._policies:
            self._policies[imports] = asyncio.create_task(self._make_policy(self._pool, imports))
            _keep(self._policies)
        self._policies.move_to_end(imports)
        making = self._policies[imports]
        try:
            return await asyncio.shield(making)
        except Exception:
            self._policies.pop(imports, None)  # it may be well next time
            raise

    def retriever(self, text: str) -> LateRetriever | None:
        """Finds lemmas for a text, as soon as its library is indexed."""
        if not self._lemmas:
            return None
        imports = header(imports_of(text))
        if imports not in self._retrievers:
            indexing = asyncio.create_task(self._index(imports))
            self._indexing.add(indexing)
            indexing.add_done_callback(self._indexing.discard)
            self._retrievers[imports] = LateRetriever(indexing)
            _keep(self._retrievers)
        self._retrievers.move_to_end(imports)
        return self._retrievers[imports]

    async def close(self) -> None:
        """End what is still being made."""
        tasks = [*self._policies.values(), *self._indexing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _index(self, imports: str) -> Retriever:
        library = await self._pool.library(imports)
        return await asyncio.to_thread(LemmaRetriever, library)


def _keep(known: OrderedDict[str, Any]) -> None:
    while len(known) > KEPT:
        known.popitem(last=False)
