"""The AND/OR hypergraph of one search: what was tried, what it led to, what is proved, dead or needed.

Equal states are one node (transposition). Each node but the root has a `parent`: the last edge of its cheapest known
path from the root, which ranks it and which prompts quote. Proofs do not follow parents but `Node.proof`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search.needed import Needed, revive
from prover.search.node import Edge, Node
from prover.search.proof import Proof, extract
from prover.search.proved import spread, withdraw

LEAST_LOGPROB = -1e4
"""What a log-probability below it (or none at all, NaN) counts as, so that sums stay numbers."""


class Graph:
    """All the nodes and edges of one search.

    Args:
        root: the state to prove. Its owner gives it back; no state list that is returned here holds it.
        transpositions: without them every state is a node of its own, and the graph is a tree.
    """

    def __init__(self, root: State, *, transpositions: bool = True) -> None:
        self.root = Node(0, root, None, 0.0, 0)
        self.nodes = [self.root]
        self.transpositions = transpositions
        self.fresh = [self.root]
        """Open nodes that no queue has seen since they were made, moved or opened again."""
        self.expansions = 0
        """Nodes that were asked for."""
        self._by_hash = {root.hash: self.root} if transpositions else {}
        self._needed = Needed()

    def find(self, state: State) -> Node | None:
        """The node of an equal state; without transpositions none."""
        return self._by_hash.get(state.hash)

    def needed(self, node: Node) -> bool:
        """Could expanding the node lead to a proof of the root that does not exist yet? False for dead, proved and
        released nodes, for the siblings of dead ones, and for what is only below such nodes."""
        return self._needed(node)

    def held(self) -> list[State]:
        """The states that were not given back, without the root's."""
        return [node.state for node in self.nodes[1:] if node.held]

    def proof(self) -> Proof | None:
        """The shortest known proof of the root."""
        return extract(self.root) if self.root.proof is not None else None

    def tell(self, node: Node, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> list[State]:
        """Record what the candidates did to the node; see `Search.tell`. A step to a dead goal, or back to the node
        itself, is not worth an edge."""
        drop: list[State] = []
        edges = list(node.edges)
        proving: list[Edge] = []
        own = node.state.hash
        by_hash, transpositions = self._by_hash, self.transpositions
        nodes, fresh = self.nodes, self.fresh
        logprob, depth = node.logprob, node.depth + 1
        for candidate, outcome in zip(candidates, outcomes, strict=False):
            states = outcome.states
            if outcome.kind != "open" or not states:
                drop.extend(states)
                if outcome.kind == "proved":
                    edges.append(Edge(node, candidate.tactic, _bounded(candidate.logprob)))
                    proving.append(edges[-1])
                continue
            if len(states) == 1 and (key := states[0].hash) not in by_hash and key != own:
                # What nearly every tactic does, without the general case's detours
                edge = Edge(node, candidate.tactic, _bounded(candidate.logprob))
                child = Node(len(nodes), states[0], edge, logprob + edge.logprob, depth)
                edge.children = (child,)
                nodes.append(child)
                fresh.append(child)
                edges.append(edge)
                if transpositions:
                    by_hash[key] = child
                continue
            if any(state.hash == own or self._is_dead(state) for state in states):
                drop.extend(states)
                continue
            edge = Edge(node, candidate.tactic, _bounded(candidate.logprob))
            for state in states:
                edge.children += (self._child(edge, state, drop),)
            edges.append(edge)
            if edge.proved:
                proving.append(edge)
        node.living += len(edges) - len(node.edges)
        node.edges = edges
        node.tried += tuple([candidate.tactic for candidate in candidates[: len(outcomes)]])
        if proving and spread(proving):
            self._needed.epoch += 1
        if len(outcomes) >= len(candidates):
            node.stage = "expanded"
            if node.held and node is not self.root:
                node.held = False
                drop.append(node.state)
            if not node.living and not node.dead:
                self._bury(node, drop)
        elif node.proof is not None:
            # What is left is tried when the proof is refused: then the node comes back
            node.stage = "open"
        return drop

    def reject(self, edge: Edge) -> list[State]:
        """Take an edge out of all proofs, and mend what was proved by it; returns the states that can go."""
        drop: list[State] = []
        if edge.rejected:
            return drop
        edge.rejected = True
        self._needed.epoch += 1
        if not edge.alive:
            return drop
        edge.alive = False
        edge.node.living -= 1
        lost = withdraw(edge)
        self.fresh.extend(node for node in lost if node.stage == "open")
        self.fresh.extend(revive(child for node in lost for way in node.edges if way.alive for child in way.children))
        for child in edge.children:
            self._release(child, drop)
        if not edge.node.living and edge.node.stage == "expanded":
            self._bury(edge.node, drop)
        return drop

    def _is_dead(self, state: State) -> bool:
        node = self._by_hash.get(state.hash)
        return node is not None and node.dead

    def _child(self, edge: Edge, state: State, drop: list[State]) -> Node:
        """The node of a state that the edge leaves; the state's handle is dropped unless the node is held by it."""
        node = self._by_hash.get(state.hash)
        if node is None:
            above = edge.node
            node = Node(len(self.nodes), state, edge, above.logprob + edge.logprob, above.depth + 1)
            self.nodes.append(node)
            self.fresh.append(node)
            if self.transpositions:
                self._by_hash[state.hash] = node
            return node
        if any(child is node for child in edge.children):
            drop.append(state)
            return node
        if node.more is None:
            node.more = []
        node.more.append(edge)
        if node.stage == "open" and not node.held:
            # Its own state was given back; it goes on with this one
            node.state, node.held = state, True
            self._move(node, edge)
        else:
            if state.id != node.state.id:
                drop.append(state)
            if state.goals != node.state.goals:
                edge.exact = False
            elif node.parent is not None and edge.node.logprob + edge.logprob > node.logprob:
                self._move(node, edge)
        self.fresh.extend(revive((node,)))
        return node

    def _move(self, node: Node, edge: Edge) -> None:
        """Make the edge that was added last the node's parent, and bring the path sums at and below it up to date.

        A path moves only where the goals are printed alike, and only to a strictly cheaper one, or from a dead one
        before anything is below it. Log-probabilities never grow along a path, so no descendant is cheaper than its
        ancestor, and the parents stay free of cycles.
        """
        assert node.parent is not None and node.more is not None
        node.more[-1] = node.parent
        node.parent = edge
        stack = [(node, edge)]
        while stack:
            at, way = stack.pop()
            logprob, depth = way.node.logprob + way.logprob, way.node.depth + 1
            if (logprob, depth) == (at.logprob, at.depth) and at is not node:
                continue
            at.logprob, at.depth = logprob, depth
            if at.stage == "open":
                self.fresh.append(at)
            stack.extend((child, below) for below in at.edges for child in below.children if child.parent is below)

    def _bury(self, node: Node, drop: list[State]) -> None:
        """Let death spread upwards from an expanded node none of whose edges is alive.

        Expanded nodes that lead only to each other keep each other alive; that costs nothing, since none of them waits
        in a queue.
        """
        stack = [node]
        while stack:
            at = stack.pop()
            at.dead = True
            for way in at.ways():
                if not way.alive:
                    continue
                way.alive = False
                way.node.living -= 1
                if len(way.children) > 1:
                    self._needed.epoch += 1
                    for sibling in way.children:
                        self._release(sibling, drop)
                if not way.node.living and way.node.stage == "expanded":
                    stack.append(way.node)

    def _release(self, node: Node, drop: list[State]) -> None:
        """Give back the state of an open node when no living edge leads to it: a new one would bring its own."""
        if (
            node.held
            and node.stage == "open"
            and not node.edges
            and node is not self.root
            and not any(way.alive for way in node.ways())
        ):
            node.held = False
            drop.append(node.state)


def _bounded(logprob: float) -> float:
    if LEAST_LOGPROB <= logprob <= 0.0:
        return logprob
    return 0.0 if logprob > 0.0 else LEAST_LOGPROB
