"""Which nodes are proved: the least fixed point, kept up to date, with the shortest proof of each.

A node is proved when all children of one of its living edges are. Only what follows from edges without children counts,
so no node takes part in its own proof: along `proof` the sizes fall strictly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from prover.search.node import Edge, Node


def spread(edges: Iterable[Edge]) -> bool:
    """Take in edges whose children are all proved, and what follows upwards. Was a node proved that was not?

    Sizes only fall, so an edge is looked at again only where a shorter proof was found below it.
    """
    new = False
    queue = deque(edges)
    while queue:
        edge = queue.popleft()
        node = edge.node
        size = 1
        for child in edge.children:
            size += child.size
        if node.proof is not None and node.size <= size:
            continue
        new = new or node.proof is None
        node.proof, node.size = edge, size
        queue.extend(way for way in node.ways() if way.proved)
    return new


def withdraw(edge: Edge) -> list[Node]:
    """Forget every proof that stands on an edge which is no longer alive; returns the nodes that are unproved by it."""
    lost: list[Node] = []
    stack = [edge]
    while stack:
        at = stack.pop()
        if at.node.proof is not at:
            continue
        at.node.proof, at.node.size = None, 0
        lost.append(at.node)
        stack.extend(at.node.ways())
    spread(way for node in lost for way in node.edges if way.proved)
    return [node for node in lost if node.proof is None]
