"""Searches: which state to expand next. Pure: no clock, no model, no await.

A search is asked for nodes to expand (`ask`) and told what became of the tactics tried on them (`tell`). All searches
grow the same AND/OR hypergraph (`Graph`), and differ in the order of its open nodes (`Queue`).
"""

from __future__ import annotations

from lean_env.errors import UsageError
from lean_env.protocol import State
from prover.search.best_first import BestFirst
from prover.search.critic import CriticGuided
from prover.search.graph import Graph
from prover.search.hybrid import Hybrid
from prover.search.mcts import Mcts
from prover.search.node import Edge, Node
from prover.search.proof import Proof
from prover.search.queue import Queue
from prover.search.search import Search

__all__ = [
    "SEARCHES",
    "BestFirst",
    "CriticGuided",
    "Edge",
    "Graph",
    "Hybrid",
    "Mcts",
    "Node",
    "Proof",
    "Queue",
    "Search",
    "make",
]

SEARCHES = ("best-first", "critic", "hybrid", "hybrid-interleaved", "mcts")


def make(
    name: str,
    root: State,
    *,
    alpha: float = 0.5,
    transpositions: bool = True,
    expansions: int = 100,
    seed: int = 0,
) -> Search:
    """The search of that name, with `root` as its only open node.

    Args:
        alpha: how much best-first forgives longer paths.
        transpositions: are equal states one node?
        expansions: the budget, of which `hybrid` spends the first half on best-first.
        seed: of the noise with which `mcts` explores; the other searches draw nothing.

    Raises:
        UsageError: there is no search of that name.
    """
    graph = Graph(root, transpositions=transpositions)
    queue: Queue
    if name == "best-first":
        queue = BestFirst(graph.nodes, alpha)
    elif name == "critic":
        queue = CriticGuided(graph.nodes)
    elif name == "hybrid":
        queue = Hybrid(graph, alpha, best_first=(expansions + 1) // 2)
    elif name == "hybrid-interleaved":
        queue = Hybrid(graph, alpha, best_first=None)
    elif name == "mcts":
        queue = Mcts(graph, seed)
    else:
        raise UsageError(f"There is no search named {name!r}.", f"Choose one of: {', '.join(SEARCHES)}.")
    return Search(graph, queue)
