"""Monte-Carlo tree search on the AND/OR hypergraph: selection by PUCT as in AlphaZero, on the graph of HyperTree Proof
Search (arXiv:2205.11491), but with one leaf a simulation instead of a whole hypertree.

A simulation goes down from the root. At a node it takes the edge of the highest

    Q + exploration * P * sqrt(N of the node) / (1 + N of the edge)

where P is the policy's probability of the edge's tactic among the edges of the node, and Q the mean of the values that
came up through it. Of the unproved children of an edge it goes to the one of lowest value: all of them must be proved,
and the one most likely to fail decides soonest whether that is worth while. At an open node it ends; when that was
expanded, its value (1 if proved, 0 if dead, else the best of its edges) is counted on it; and on every edge and node of
the way up the edge's value, which is the product of what its children have come to.

Values are estimates from 0 to 1 that a node can be proved. A new node has the critic's, or without one `promise`'s.
"""

from __future__ import annotations

import math
import random
import sys
from array import array
from collections.abc import Sequence

from prover.search.critic import promise
from prover.search.graph import Graph
from prover.search.node import Edge, Node

EXPLORATION = 1.25
"""AlphaZero's constant."""
NOISE, NOISE_SHAPE = 0.25, 0.3
"""The share of Dirichlet noise in the probabilities at the root, and its parameter: AlphaZero's, for chess."""
WIDENING, WIDENING_POWER = 4.0, 0.5
"""So many edges of a node, times a power of its visits, take part in the selection, the most probable first."""


class _Arms:
    """The edges of an expanded node, the most probable first, and what simulations found behind each."""

    __slots__ = ("edges", "failures", "priors", "rests", "totals", "virtual", "visits")

    def __init__(self, node: Node) -> None:
        self.edges: list[Edge] = sorted(node.edges, key=lambda edge: -edge.logprob)
        weights = [math.exp(edge.logprob - self.edges[0].logprob) for edge in self.edges]
        total = sum(weights)
        self.priors = array("d", [weight / total for weight in weights])
        self.totals = array("d", bytes(8 * len(weights)))
        self.visits = array("q", bytes(8 * len(weights)))
        self.virtual = array("q", bytes(8 * len(weights)))
        """Simulations that went this way and whose leaf is still being expanded; they count as visits of value 0, so
        that nodes asked for together lie apart."""
        self.failures = array("q", bytes(8 * len(weights)))
        """How often in a row nothing open was found behind it."""
        self.rests = array("q", bytes(8 * len(weights)))
        """Until the node has so many visits, the edge is taken only when there is no other; twice as long after each
        failure, so that a large part of the graph with nothing open in it is not gone through again and again."""

    def fail(self, arm: int, visits: int) -> None:
        self.failures[arm] += 1
        self.rests[arm] = visits + (1 << min(62, self.failures[arm]))


class _Frame:
    """A node on the way down."""

    __slots__ = ("arm", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.arm = -1


class Mcts:
    """Expands the open node at which the next simulation ends.

    Args:
        seed: of the noise at the root, by which the attempts of several passes differ.
    """

    def __init__(self, graph: Graph, seed: int = 0, exploration: float = EXPLORATION) -> None:
        self._graph = graph
        self._dice = random.Random(seed)
        self._exploration = exploration
        self._arms: dict[Node, _Arms] = {}
        self._totals = array("d")
        self._visits = array("q")
        self._pending: dict[int, Node] = {}
        self._running: dict[Node, list[tuple[Node, int]]] = {}
        """Leaves that are being expanded, each with the way to it."""

    def push(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._pending[node.id] = node

    def scored(self, nodes: Sequence[Node]) -> None:
        self.push(nodes)

    def unscored(self) -> list[Node]:
        return [node for node in self._pending.values() if node.score is None and node.stage == "open"]

    def pop(self) -> Node | None:
        self._take_in()
        self._back_up()
        frames = self._descend()
        if not frames:
            return None
        leaf = frames.pop().node
        way = [(frame.node, frame.arm) for frame in frames]
        for node, arm in way:
            arms = self._arms[node]
            arms.virtual[arm] += 1
            arms.failures[arm] = 0
        self._running[leaf] = way
        return leaf

    def _value(self, node: Node) -> float:
        if node.proof is not None:
            return 1.0
        return 0.0 if node.dead else self._totals[node.id] / self._visits[node.id]

    def _edge_value(self, edge: Edge) -> float:
        value = 1.0 if edge.alive else 0.0
        for child in edge.children:
            value *= self._value(child)
        return value

    def _take_in(self) -> None:
        """First values; what a critic says of a node counts as one visit."""
        missing = len(self._graph.nodes) - len(self._visits)
        self._totals.frombytes(bytes(8 * missing))
        self._visits.frombytes(bytes(8 * missing))
        for node in self._pending.values():
            if self._visits[node.id] <= 1:
                self._visits[node.id] = 1
                self._totals[node.id] = min(1.0, max(0.0, promise(node)))
        self._pending.clear()

    def _back_up(self) -> None:
        """Count the simulations whose leaves were expanded. One that was put back leaves no trace."""
        for leaf in [node for node in self._running if node.stage != "asked"]:
            way = self._running.pop(leaf)
            counts = leaf.stage == "expanded" or leaf.proof is not None
            if counts:
                self._count(leaf, max(map(self._edge_value, leaf.edges), default=0.0))
            for node, arm in reversed(way):
                arms = self._arms[node]
                arms.virtual[arm] -= 1
                if counts:
                    value = self._edge_value(arms.edges[arm])
                    arms.visits[arm] += 1
                    arms.totals[arm] += value
                    self._count(node, value)

    def _count(self, node: Node, value: float) -> None:
        self._visits[node.id] += 1
        self._totals[node.id] += value

    def _descend(self) -> list[_Frame]:
        """The way to an open node; empty when no way leads to one.

        Below a node that is not dead there can still be nothing open: only proved goals, nodes that are being expanded,
        and ways back. Such a node is left upwards, and the next best edge is taken, so that an open node is found where
        one is needed.
        """
        root = self._graph.root
        if root.proof is not None or root.stage == "asked":
            return []
        seen = {root}
        frames = [_Frame(root)]
        while frames:
            frame = frames[-1]
            if frame.node.stage == "open":
                return frames
            child = self._select(frame, seen)
            if child is not None:
                seen.add(child)
                frames.append(_Frame(child))
                continue
            frames.pop()
            if frames:
                above = frames[-1]
                self._arms[above.node].fail(above.arm, self._visits[above.node.id])
        return []

    def _select(self, frame: _Frame, seen: set[Node]) -> Node | None:
        """The child to go on to, with `frame.arm` the edge that leads there."""
        node = frame.node
        arms = self._arms.get(node)
        if arms is None:
            arms = self._arms[node] = _Arms(node)
            if node is self._graph.root:
                self._add_noise(arms)
        return self._best(frame, seen, arms, self._visits[node.id]) or self._best(frame, seen, arms, sys.maxsize)

    def _best(self, frame: _Frame, seen: set[Node], arms: _Arms, rested: int) -> Node | None:
        """The same among the edges whose rest is over after so many visits."""
        visits = self._visits[frame.node.id]
        explore = self._exploration * math.sqrt(visits)
        left = math.ceil(WIDENING * visits**WIDENING_POWER)
        best, chosen = -1.0, None
        for arm, edge in enumerate(arms.edges):
            if not edge.alive or arms.rests[arm] > rested or (child := self._hardest(edge, seen)) is None:
                continue
            tried = arms.visits[arm] + arms.virtual[arm]
            mean = arms.totals[arm] / tried if tried else self._edge_value(edge)
            bound = mean + explore * arms.priors[arm] / (1 + tried)
            if bound > best:
                best, chosen, frame.arm = bound, child, arm
            left -= 1
            if not left:
                break
        return chosen

    def _hardest(self, edge: Edge, seen: set[Node]) -> Node | None:
        """The unproved child of lowest value, the first of equal ones, among those that are no dead ends."""
        lowest, chosen = math.inf, None
        for child in edge.children:
            if child.proof is not None or child in seen or child.stage == "asked":
                continue
            value = self._value(child)
            if value < lowest:
                lowest, chosen = value, child
        return chosen

    def _add_noise(self, arms: _Arms) -> None:
        noise = [self._dice.gammavariate(NOISE_SHAPE, 1.0) for _ in arms.priors]
        total = sum(noise) or 1.0
        for arm, drawn in enumerate(noise):
            arms.priors[arm] = (1 - NOISE) * arms.priors[arm] + NOISE * drawn / total
