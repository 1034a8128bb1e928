"""Nodes and edges of the AND/OR hypergraph, as in HyperTree Proof Search (arXiv:2205.11491).

A node is a state, and any one of its edges proves it (OR). An edge is a tactic with the states that it left, and all
of them must be proved (AND); an edge without children closes its node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from lean_env.protocol import State

Stage = Literal["open", "asked", "expanded"]
Status = Literal["open", "asked", "expanded", "proved", "dead"]


class Edge:
    """A tactic that led from a node to its children."""

    __slots__ = ("alive", "children", "exact", "logprob", "node", "rejected", "tactic", "written")

    def __init__(self, node: Node, tactic: str, logprob: float, children: tuple[Node, ...] = ()) -> None:
        self.node = node
        self.tactic = tactic
        self.written = tactic
        """The same as a proof writes it: it may say less where it was found out that less is enough."""
        self.logprob = logprob
        """Its log-probability under the policy, at most 0."""
        self.children = children
        """One for each goal in Lean's order; a goal that was left twice stands there twice."""
        self.alive = True
        """Can it still become part of a proof? False once rejected, or when a child is dead."""
        self.rejected = False
        """Verification blamed it for a proof that failed."""
        self.exact = True
        """Were the children's goals printed here as their nodes have them? If not, a script found for a child can name
        what has another name here."""

    @property
    def proved(self) -> bool:
        """Does it, as things stand, prove its node?"""
        return self.alive and all(child.proof is not None for child in self.children)


class Node:
    """A state in the search: one goal, or several that depend on each other."""

    __slots__ = (
        "checked",
        "dead",
        "depth",
        "edges",
        "held",
        "id",
        "living",
        "logprob",
        "more",
        "parent",
        "proof",
        "score",
        "size",
        "skipped",
        "stage",
        "state",
        "tried",
    )

    def __init__(self, id: int, state: State, parent: Edge | None, logprob: float, depth: int) -> None:
        self.id = id
        """Its place in `Graph.nodes`: nodes are numbered in the order in which they were found."""
        self.state = state
        self.stage: Stage = "open"
        """`open`: not all its candidates are known; `asked`: is being expanded; `expanded`: was."""
        self.parent = parent
        """The edge of its cheapest known path from the root; None for the root."""
        self.logprob = logprob
        """Sum over that path, at most 0."""
        self.depth = depth
        """Edges on that path."""
        self.more: list[Edge] | None = None
        """Every other edge that leads here."""
        self.edges: Sequence[Edge] = ()
        """The edges from here, in the order in which they were told."""
        self.living = 0
        """How many of them are alive."""
        self.dead = False
        """Expanded, and none of its edges is alive."""
        self.proof: Edge | None = None
        """The edge of its shortest known proof."""
        self.size = 0
        """Steps of that proof, those of a child that it uses twice counted twice; 0 without one."""
        self.held = True
        """Has its state not been given back?"""
        self.skipped = False
        """Was it seen that nobody needs it? See `prover.search.needed`."""
        self.checked = 0
        """The last epoch in which it was seen to be needed."""
        self.score: float | None = None
        """What the critic says: from 0 to 1, an estimate of whether it can be proved."""
        self.tried: tuple[str, ...] = ()
        """The tactics that were tried on it."""

    @property
    def status(self) -> Status:
        """Its stage, unless more is known than that."""
        if self.proof is not None:
            return "proved"
        return "dead" if self.dead else self.stage

    def ways(self) -> Iterator[Edge]:
        """The edges that lead here, that of the cheapest path first."""
        if self.parent is not None:
            yield self.parent
        if self.more is not None:
            yield from self.more
