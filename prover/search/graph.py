"""The graph of tactic states: nodes, the tactics between them, and what was tried in vain.

Equal states are one node (transposition), so what is stored is a graph, in which each node but the root has one
`parent`: its cheapest known way from the root, along which the script of a proof is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lean_env.protocol import State

Status = Literal["open", "asked", "expanded", "proved", "rejected", "dead"]


@dataclass(eq=False, slots=True)
class Node:
    """A tactic state in the search."""

    id: int
    """Its place in `Graph.nodes`: nodes are numbered in the order in which they were found."""
    state: State
    status: Status = "open"
    """`open`: waits in the queue; `asked`: is being expanded; `expanded`: was, and something below it is alive;
    `proved`: has no goals; `rejected`: has none, but verification refused the proof; `dead`: nothing can come of it."""
    parent: Node | None = None
    tactic: str = ""
    """The tactic that leads here from `parent`."""
    edge_logprob: float = 0.0
    """Its log-probability."""
    logprob: float = 0.0
    """Sum over the path from the root, at most 0."""
    depth: int = 0
    parents: list[Node] = field(default_factory=list)
    """Every node from which a tactic leads here, `parent` among them."""
    children: list[Node] = field(default_factory=list)
    """Every node to which a tactic leads, whichever `parent` they have."""

    @property
    def alive(self) -> bool:
        """Can a proof still be found at or below it?"""
        return self.status in ("open", "asked", "expanded", "proved")


class Graph:
    """All the nodes of one search."""

    def __init__(self, root: State) -> None:
        self.root = Node(0, root)
        self.nodes = [self.root]
        self._by_hash = {root.hash: self.root}
        self._tried: set[tuple[str, str]] = set()

    def find(self, state: State) -> Node | None:
        """The node of an equal state."""
        return self._by_hash.get(state.hash)

    def add(self, parent: Node, tactic: str, logprob: float, state: State) -> Node:
        """A new node, or for a state without goals always one of its own: each stands for another proof."""
        node = Node(
            len(self.nodes),
            state,
            "open" if state.goals else "proved",
            parent,
            tactic,
            logprob,
            parent.logprob + logprob,
            parent.depth + 1,
            [parent],
        )
        self.nodes.append(node)
        parent.children.append(node)
        if state.goals:
            self._by_hash[state.hash] = node
        return node

    def link(self, parent: Node, tactic: str, logprob: float, node: Node, state: State) -> list[Node]:
        """A second way to a known node; returns the nodes whose path became cheaper.

        The path moves only where the script stays valid: tactics below the node may name hypotheses and cases, so the
        two states must be printed alike, not only have equal hashes. Comparing sums of log-probabilities, which never
        grow along a path, keeps the parents free of cycles: no descendant is strictly cheaper than its ancestor.
        """
        if parent is node:
            return []
        if parent not in node.parents:
            node.parents.append(parent)
            parent.children.append(node)
        if node is self.root or parent.logprob + logprob <= node.logprob or state.goals != node.state.goals:
            return []
        node.parent, node.tactic, node.edge_logprob = parent, tactic, logprob
        return self._refresh(node)

    def _refresh(self, node: Node) -> list[Node]:
        """Bring path sums up to date at and below a node whose parent changed."""
        changed = []
        stack = [node]
        while stack:
            at = stack.pop()
            assert at.parent is not None  # the root has no parent to change
            at.logprob = at.parent.logprob + at.edge_logprob
            at.depth = at.parent.depth + 1
            changed.append(at)
            stack.extend(child for child in at.children if child.parent is at)
        return changed

    def remember(self, node: Node, tactic: str) -> None:
        """That the tactic was tried on this state, so that it is not tried on an equal one again."""
        self._tried.add((node.state.hash, tactic))

    def was_tried(self, node: Node, tactic: str) -> bool:
        return (node.state.hash, tactic) in self._tried

    def bury(self, node: Node) -> None:
        """Let death spread upwards from a node that was expanded in vain or rejected.

        A node below which only dead nodes are left is dead. Two expanded nodes that lead only to each other keep each
        other alive; that costs nothing, since neither waits in the queue.
        """
        stack = [node]
        while stack:
            at = stack.pop()
            if at.status == "expanded" and not any(child.alive for child in at.children):
                at.status = "dead"
            if not at.alive:
                stack.extend(parent for parent in at.parents if parent.status == "expanded")
