"""What is read off a search: the tactics of a proof, and the tree as plain data."""

from __future__ import annotations

from typing import Any

from prover.search.graph import Graph, Node


def tactics(node: Node) -> tuple[str, ...]:
    """The tactics that lead from the root to the node, in order."""
    path = []
    at = node
    while at.parent is not None:
        path.append(at.tactic)
        at = at.parent
    return tuple(reversed(path))


def as_tree(graph: Graph) -> list[dict[str, Any]]:
    """The nodes as JSON values, in the order in which they were found; a parent always comes by its id."""
    return [
        {
            "id": node.id,
            "parent": node.parent.id if node.parent else None,
            "tactic": node.tactic,
            "logprob": round(node.logprob, 6),
            "depth": node.depth,
            "status": node.status,
            "goals": list(node.state.goals),
        }
        for node in graph.nodes
    ]
