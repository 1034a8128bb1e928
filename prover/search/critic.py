"""Critic-guided search: the state of highest value first, as InternLM2.5-StepProver has it (arXiv:2410.15700)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from prover.search.node import Node


def promise(node: Node) -> float:
    """What the critic says of the node. Without that, the geometric mean of the probabilities of the tactics on its
    path: also from 0 to 1, and equal to ranking by their average log-probability."""
    if node.score is not None:
        return node.score
    return math.exp(node.logprob / node.depth) if node.depth else 1.0


class CriticGuided:
    """Expands the open node that promises most. It works without a critic too, and is then best-first with alpha 1."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._heap: list[tuple[float, int, int, int]] = []
        self._pending: dict[int, Node] = {}
        """Pushed since the last `pop`. They are ranked at the next, when their scores are known."""

    def push(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._pending[node.id] = node

    def scored(self, nodes: Sequence[Node]) -> None:
        self.push(nodes)

    # Highest promise first; ties as in best-first: fewer goals, nearer to the root, found first. A node that was
    # pushed twice, since it moved or was scored late, counts with the better of its ranks.
    def pop(self) -> Node | None:
        for node in self._pending.values():
            if node.stage == "open":
                heapq.heappush(self._heap, (-promise(node), len(node.state.goals), node.depth, node.id))
        self._pending.clear()
        while self._heap:
            node = self._nodes[heapq.heappop(self._heap)[3]]
            if node.stage == "open":
                return node
        return None

    def unscored(self) -> list[Node]:
        return [node for node in self._pending.values() if node.score is None and node.stage == "open"]
