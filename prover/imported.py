"""What is made once for all texts with the same imports, by whoever serves many of them: the policy, and the lemmas."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Protocol

from lean_env.library import header, imports_of
from prover.interfaces import Policy, Retriever
from prover.parts import LeanPool
from prover.retrieval import LateRetriever, LemmaRetriever
from prover.whole_proof import ProofPolicy

KEPT = 8
"""Sets of imports for which policy and lemmas are kept."""


class PolicyMaker(Protocol):
    """Makes the policy for texts that begin with these imports."""

    async def __call__(self, pool: LeanPool, imports: str) -> Policy | ProofPolicy: ...


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
