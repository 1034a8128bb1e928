"""The ask/tell loop that all searches share: a graph, and an order of its open nodes."""

from __future__ import annotations

from collections.abc import Sequence

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search.graph import Graph
from prover.search.node import Node
from prover.search.proof import Proof
from prover.search.queue import Queue


class Search:
    """Decides which state is expanded next, and remembers what was tried."""

    def __init__(self, graph: Graph, queue: Queue) -> None:
        self.graph = graph
        self._queue = queue
        self._push()

    def ask(self, n: int) -> list[Node]:
        """At most `n` open nodes that somebody needs, the most promising first; empty when the search is exhausted, or
        has a proof that waits for its verification."""
        nodes: list[Node] = []
        while len(nodes) < n and (node := self._queue.pop()) is not None:
            if self.graph.needed(node):
                node.stage = "asked"
                self.graph.expansions += 1
                nodes.append(node)
        return nodes

    def untried(self, node: Node, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that are worth trying on the node: distinct, and not tried on it before."""
        seen = set(node.tried)
        untried = []
        for candidate in candidates:
            if candidate.tactic not in seen:
                seen.add(candidate.tactic)
                untried.append(candidate)
        return untried

    def tell(self, node: Node, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> list[State]:
        """Record what the candidates did to the node, and return the states that nobody needs any more.

        Outcomes answer the candidates in order. Fewer outcomes than candidates mean that the rest was not tried yet,
        and the node keeps its state. It may be told about the rest later; a node that is proved need not be, for
        `ask` gives it again, should its proof be rejected.
        """
        drop = self.graph.tell(node, candidates, outcomes)
        self._push()
        return drop

    def proof(self) -> Proof | None:
        """The shortest known proof of the root that was not rejected."""
        return self.graph.proof()

    def reject(self, proof: Proof, step: int | None = None) -> list[State]:
        """Verification refused the proof: the search goes on without one of its steps. Returns states that can go.

        Args:
            step: which of `proof.edges` is to blame. By default the first that led to goals which were printed
                otherwise where their proof was found, since its script may name what is not there; else the last.
        """
        if step is None:
            inexact = (place for place, edge in enumerate(proof.edges) if not edge.exact)
            step = next(inexact, len(proof.edges) - 1)
        drop = self.graph.reject(proof.edges[step])
        self._push()
        return drop

    def put_back(self, node: Node) -> None:
        """Open a node again that was asked for and not told about, as when nobody needs it any more."""
        if node.stage == "asked":
            node.stage = "open"
            self.graph.expansions -= 1
            self._queue.push([node])

    def held(self) -> list[State]:
        """The states that were not given back, without the root's."""
        return self.graph.held()

    def needs_scores(self) -> list[Node]:
        """The nodes that a critic should score before the next `ask`; none where the order asks for no scores."""
        return self._queue.unscored()

    def score(self, nodes: Sequence[Node], values: Sequence[float]) -> None:
        """What the critic says of the nodes: from 0 to 1, an estimate of whether each can be proved. Where only the
        order counts (critic-guided search), any increasing function of it will do."""
        for node, value in zip(nodes, values, strict=True):
            node.score = value
        self._queue.scored(nodes)

    def _push(self) -> None:
        if self.graph.fresh:
            self._queue.push(self.graph.fresh)
            self.graph.fresh = []
