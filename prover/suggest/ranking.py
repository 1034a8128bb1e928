"""Which steps are the most promising."""

from __future__ import annotations

from prover.search.graph import Graph
from prover.search.node import Edge
from prover.suggest.suggestion import Suggestion


def steps(graph: Graph, limit: int) -> list[Suggestion]:
    """The best tactics that lead from the root to goals from which a proof is still possible.

    Least first: minus the tactic's log-probability, plus how large its goals are together, in sizes of the root's, plus
    one for each goal beyond the first, plus two for each that has become `False`; what the critic thinks of the goals,
    where there is one, weighs as much as a size. A goal that is proved costs nothing.
    """
    size = max(1, _size(graph.root.state.goals))
    ranked = []
    for order, edge in enumerate(graph.root.edges):
        if edge.alive and edge.children and not edge.proved:
            ranked.append((_cost(edge, size), order, edge))
    ranked.sort(key=lambda each: each[:2])
    return [Suggestion("step", (edge.tactic,), _goals(edge)) for _, _, edge in ranked[:limit]]


def _cost(edge: Edge, size: int) -> float:
    cost = -edge.logprob - 1.0
    for child in edge.children:
        if child.proof is None:
            cost += 1.0 + _size(child.state.goals) / size
            cost += 2.0 * (_is_false(child.state.goals) and not _is_false(edge.node.state.goals))
            if child.score is not None:
                cost += 1.0 - child.score
    return cost


def _goals(edge: Edge) -> tuple[str, ...]:
    return tuple(goal for child in edge.children for goal in child.state.goals)


def _is_false(goals: tuple[str, ...]) -> bool:
    return bool(goals) and goals[0].endswith("⊢ False")


def _size(goals: tuple[str, ...]) -> int:
    return sum(len(goal) for goal in goals)
