"""Best-first search with a length-normalised priority, as BFS-Prover ranks states (arXiv:2502.03438)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from prover.search.node import Node

Rank = tuple[float, int, int, int]


class BestFirst:
    """Expands the open node of highest priority, which is `sum(log p) / length**alpha` over its cheapest path.

    Args:
        alpha: how much longer paths are forgiven: not at all by 0, the sum, as in the released InternLM2.5 script; 1 is
            the average, as in its paper (arXiv:2410.15700); BFS-Prover uses 0.5 at test time.
    """

    def __init__(self, nodes: Sequence[Node], alpha: float = 0.5) -> None:
        self.alpha = alpha
        self._nodes = nodes
        self._heap: list[Rank] = []

    # Highest priority first. Among equals the state with fewer goals, since each goal costs at least a tactic more;
    # then the one nearer to the root, which keeps proofs short; then the one found first, which is the order of the
    # policy and of Lean's goals and makes the search deterministic.
    def _rank(self, node: Node) -> Rank:
        depth = node.depth
        priority = node.logprob / depth**self.alpha if depth else 0.0
        return (-priority, len(node.state.goals), depth, node.id)

    def push(self, nodes: Sequence[Node]) -> None:
        heap, rank = self._heap, self._rank
        for node in nodes:
            heapq.heappush(heap, rank(node))

    def pop(self) -> Node | None:
        while self._heap:
            rank = heapq.heappop(self._heap)
            node = self._nodes[rank[3]]
            # A node whose path became cheaper is in the heap twice: its old rank is stale
            if node.stage == "open" and rank == self._rank(node):
                return node
        return None

    def scored(self, nodes: Sequence[Node]) -> None:
        """Scores count for nothing here."""

    def unscored(self) -> list[Node]:
        return []
