"""Which nodes somebody needs: those with a way up to the root through living edges and unproved nodes.

Asked lazily, of a node whose turn it is. That a node is needed is believed for an epoch, which ends when a node is
proved or an edge with other children dies. That it is not is written down (`skipped`) in it and in all the unproved
nodes above it, and holds until a new edge, or the rejection of a proof, opens a way to one of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from prover.search.node import Node


class Needed:
    """Answers for one graph, whose root is the one node that is needed for its own sake."""

    def __init__(self) -> None:
        self.epoch = 1

    def __call__(self, node: Node) -> bool:
        """Could expanding the node (which is not dead) lead to a proof of the root that does not exist yet?"""
        if node.skipped or node.proof is not None:
            return False
        return self._by_parents(node) or self._by_any_way(node)

    def _by_parents(self, node: Node) -> bool:
        """Is the cheapest path such a way? It almost always is."""
        epoch = self.epoch
        at = node
        while at.checked != epoch and at.parent is not None:
            if not at.parent.alive:
                return False
            at = at.parent.node
            if at.skipped or at.proof is not None:
                return False
        end = at
        at = node
        while at is not end and at.parent is not None:
            at.checked = epoch
            at = at.parent.node
        end.checked = epoch
        return True

    def _by_any_way(self, node: Node) -> bool:
        below: dict[Node, Node | None] = {node: None}
        stack = [node]
        while stack:
            at = stack.pop()
            if at.checked == self.epoch or at.parent is None:
                seen: Node | None = at
                while seen is not None:
                    seen.checked = self.epoch
                    seen = below[seen]
                return True
            for way in at.ways():
                up = way.node
                if way.alive and up.proof is None and not up.skipped and up not in below:
                    below[up] = at
                    stack.append(up)
        for at in below:
            at.skipped = True
        return False


def revive(nodes: Iterable[Node]) -> list[Node]:
    """Take back that the nodes and what is below them are skipped; returns those of them that are open.

    A skipped node has only skipped ones above it, so whatever must be taken back is reached through skipped nodes.
    """
    opened: list[Node] = []
    stack = [node for node in nodes if node.skipped]
    while stack:
        at = stack.pop()
        if not at.skipped:
            continue
        at.skipped = False
        if at.stage == "open":
            opened.append(at)
        stack.extend(child for edge in at.edges if edge.alive for child in edge.children if child.skipped)
    return opened
