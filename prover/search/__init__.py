"""Searches: which state to expand next. Pure: no clock, no model, no await.

A search is asked for nodes to expand (`ask`) and told what became of the tactics tried on them (`tell`). Critic-guided
and Monte-Carlo searches fit behind the same Protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lean_env.errors import UsageError
from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search.best_first import BestFirst
from prover.search.graph import Graph, Node

__all__ = ["SEARCHES", "BestFirst", "Graph", "Node", "Search", "make"]


class Search(Protocol):
    """Decides which state is expanded next, and remembers what was tried."""

    graph: Graph

    def ask(self, n: int) -> list[Node]:
        """At most `n` open nodes, the most promising first; empty when the search is exhausted."""
        ...

    def untried(self, node: Node, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that are worth trying on the node: distinct, and not tried on an equal state before."""
        ...

    def tell(self, node: Node, candidates: Sequence[Candidate], outcomes: Sequence[Outcome]) -> list[State]:
        """Record what the candidates did to the node, and return the states that nobody needs any more.

        Outcomes answer the candidates in order. Fewer outcomes than candidates mean that the rest was not tried yet,
        and the node keeps its state until it is told about them.
        """
        ...

    def mark_rejected(self, node: Node) -> list[State]:
        """Verification refused the proof that ends in `node`: the search goes on without it."""
        ...


SEARCHES = ("best-first",)


def make(name: str, root: State) -> Search:
    """The search of that name, with `root` as its only open node."""
    if name == "best-first":
        return BestFirst(root)
    raise UsageError(f"There is no search named {name!r}.", f"Choose one of: {', '.join(SEARCHES)}.")
