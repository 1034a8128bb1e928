"""Best-first and critic-guided search on one graph, half the expansions each: InternLM2.5-StepProver's BF+CG
(arXiv:2410.15700), its best published setting, where the two halves are searches of their own."""

from __future__ import annotations

from collections.abc import Sequence

from prover.search.best_first import BestFirst
from prover.search.critic import CriticGuided
from prover.search.graph import Graph
from prover.search.node import Node


class Hybrid:
    """Takes the next node from one of two orders of the same open nodes.

    Args:
        best_first: how many expansions are best-first before the rest are critic-guided; None to alternate, the first
            best-first.
    """

    def __init__(self, graph: Graph, alpha: float, best_first: int | None) -> None:
        self._graph = graph
        self._best_first = BestFirst(graph.nodes, alpha)
        self._critic = CriticGuided(graph.nodes)
        self._first = best_first

    def push(self, nodes: Sequence[Node]) -> None:
        self._best_first.push(nodes)
        self._critic.push(nodes)

    def scored(self, nodes: Sequence[Node]) -> None:
        self._critic.scored(nodes)

    def pop(self) -> Node | None:
        return self._critic.pop() if self._critic_is_next() else self._best_first.pop()

    def unscored(self) -> list[Node]:
        """None in a first half that is best-first; what is open at its end is scored then, all together."""
        return self._critic.unscored() if self._first is None or self._critic_is_next() else []

    def _critic_is_next(self) -> bool:
        done = self._graph.expansions
        return done % 2 == 1 if self._first is None else done >= self._first
