"""Best-first search with a length-normalised priority, as BFS-Prover ranks states (arXiv:2502.03438)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search.graph import Graph, Node

Rank = tuple[float, int, int, int]


def priority(logprob: float, depth: int, alpha: float) -> float:
    """`sum(log p) / length**alpha`: 0 ranks by the sum (the released InternLM2.5 script), 1 by the average."""
    return logprob / depth**alpha if depth else 0.0


class BestFirst:
    """Expands the open node of highest priority.

    Args:
        root: the state to prove.
        alpha: how much longer paths are forgiven; BFS-Prover uses 0.5 at test time.
    """

    def __init__(self, root: State, alpha: float = 0.5) -> None:
        self.graph = Graph(root)
        self.alpha = alpha
        self._queue: list[Rank] = []
        self._push(self.graph.root)

    # Order of the queue: highest priority first. Among equals the state with fewer goals, since each goal costs at
    # least a tactic more; then the one nearer to the root, which keeps proofs short; then the one found first, which
    # is the order of the policy and makes the search deterministic.
    def _rank(self, node: Node) -> Rank:
        return (-priority(node.logprob, node.depth, self.alpha), len(node.state.goals), node.depth, node.id)

    def _push(self, node: Node) -> None:
        heapq.heappush(self._queue, self._rank(node))

    def ask(self, n: int) -> list[Node]:
        """The `n` best open nodes; fewer when there are not so many."""
        nodes: list[Node] = []
        while self._queue and len(nodes) < n:
            rank = heapq.heappop(self._queue)
            node = self.graph.nodes[rank[3]]
            # A node whose path became cheaper is in the queue twice: its old rank is stale.
            if node.status == "open" and rank == self._rank(node):
                node.status = "asked"
                nodes.append(node)
        return nodes

    def untried(self, node: Node, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates without repetitions and without what was tried on an equal state."""
        first = {candidate.tactic: candidate for candidate in reversed(candidates)}
        return [
            candidate
            for candidate in candidates
            if first[candidate.tactic] is candidate and not self.graph.was_tried(node, candidate.tactic)
        ]

    def tell(self, node: Node, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> list[State]:
        """Record the outcomes. Once every candidate is answered, the node is done and its state can go."""
        drop: list[State] = []
        for candidate, outcome in zip(candidates, outcomes, strict=False):
            self.graph.remember(node, candidate.tactic)
            if outcome.state is None or outcome.kind not in ("open", "proved"):
                continue
            logprob = min(0.0, candidate.logprob)
            known = self.graph.find(outcome.state) if outcome.state.goals else None
            if known is None:
                child = self.graph.add(node, candidate.tactic, logprob, outcome.state)
                if child.status == "open":
                    self._push(child)
                else:
                    drop.append(outcome.state)
                continue
            for moved in self.graph.link(node, candidate.tactic, logprob, known, outcome.state):
                if moved.status == "open":
                    self._push(moved)
            if outcome.state.id != known.state.id:
                drop.append(outcome.state)
        if len(outcomes) >= len(candidates):
            node.status = "expanded"
            if node is not self.graph.root:
                drop.append(node.state)
            self.graph.bury(node)
        return drop

    def mark_rejected(self, node: Node) -> list[State]:
        """A proof that verification refused is a dead end; its state was given back when it was told."""
        node.status = "rejected"
        self.graph.bury(node)
        return []
