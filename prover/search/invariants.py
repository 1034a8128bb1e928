"""What must hold of a search graph between any two calls; on in tests, not in use.

Everything that the graph keeps up to date step by step is worked out here again from nothing.
"""

from __future__ import annotations

from prover.search.graph import Graph
from prover.search.node import Edge, Node


def check(graph: Graph) -> None:
    """Raise AssertionError, with the node, at the first thing that does not hold."""
    assert graph.root.parent is None, "the root has a parent"
    assert (graph.root.depth, graph.root.logprob) == (0, 0.0)
    hashes: dict[str, Node] = {}
    for place, node in enumerate(graph.nodes):
        assert node.id == place, f"node {node.id} is at place {place}"
        if graph.transpositions:
            assert node.state.hash not in hashes, f"{_name(node)} and {_name(hashes[node.state.hash])} are one state"
            hashes[node.state.hash] = node
            assert graph.find(node.state) is node, f"{_name(node)} cannot be found by its hash"
        _check_edges(node)
        _check_path(graph, node)
    sizes, dead, needed = proof_sizes(graph), dead_nodes(graph), needed_nodes(graph)
    for node in graph.nodes:
        assert node.size == sizes.get(node, 0), f"{_name(node)} is proved in {sizes.get(node, 0)}, not {node.size}"
        assert (node.proof is not None) == (node in sizes), f"{_name(node)} and its proof"
        assert node.dead == (node in dead), f"{_name(node)} is {'' if node.dead else 'not '}marked dead"
        assert not (node.skipped and node in needed), f"{_name(node)} is skipped and needed"
        _check_proof(node)
        if node.stage != "expanded" and node in needed:
            assert node.held, f"{_name(node)} is needed and its state is gone"
        if node.stage == "expanded" and node is not graph.root:
            assert not node.held, f"{_name(node)} is done and its state is kept"


def proof_sizes(graph: Graph) -> dict[Node, int]:
    """The proved nodes, with the steps of their shortest proofs: the least fixed point, by going round."""
    sizes: dict[Node, int] = {}
    changed = True
    while changed:
        changed = False
        for node in graph.nodes:
            for edge in node.edges:
                if not edge.alive or any(child not in sizes for child in edge.children):
                    continue
                size = 1 + sum(sizes[child] for child in edge.children)
                if node not in sizes or size < sizes[node]:
                    sizes[node] = size
                    changed = True
    return sizes


def dead_nodes(graph: Graph) -> set[Node]:
    """The dead nodes: the least fixed point."""
    dead: set[Node] = set()
    changed = True
    while changed:
        changed = False
        for node in graph.nodes:
            if node.stage == "expanded" and node not in dead and not any(_lives(edge, dead) for edge in node.edges):
                dead.add(node)
                changed = True
    return dead


def needed_nodes(graph: Graph) -> set[Node]:
    """The unproved nodes to which unproved nodes and living edges lead from the root."""
    if graph.root.proof is not None or graph.root.dead:
        return set()
    needed = {graph.root}
    stack = [graph.root]
    while stack:
        for edge in stack.pop().edges:
            for child in edge.children if edge.alive else ():
                if child.proof is None and child not in needed:
                    needed.add(child)
                    stack.append(child)
    return needed


def _lives(edge: Edge, dead: set[Node]) -> bool:
    return not edge.rejected and not any(child in dead for child in edge.children)


def _check_edges(node: Node) -> None:
    assert node.living == sum(edge.alive for edge in node.edges), f"the count of living edges of {_name(node)}"
    if node.stage == "open":
        assert not node.edges or node.tried, f"{_name(node)} was never asked for and has edges"
    for edge in node.edges:
        assert edge.node is node, f"an edge of {_name(node)} is another's"
        assert edge.logprob <= 0, f"{edge.tactic!r} at {_name(node)} is more than certain"
        assert edge.tactic in node.tried, f"{edge.tactic!r} was not tried on {_name(node)}"
        alive = not edge.rejected and not any(child.dead for child in edge.children)
        assert edge.alive == alive, f"{edge.tactic!r} at {_name(node)} is {'' if edge.alive else 'not '}alive"
        for child in edge.children:
            assert sum(way is edge for way in child.ways()) == 1, f"{_name(child)} and its way from {_name(node)}"
    for way in node.ways():
        assert any(child is node for child in way.children), f"{_name(node)} is no child of {_name(way.node)}"
        assert any(edge is way for edge in way.node.edges), f"{_name(way.node)} has lost its edge to {_name(node)}"


def _check_path(graph: Graph, node: Node) -> None:
    if node.parent is None:
        assert node is graph.root, f"{_name(node)} has no parent"
        return
    above = node.parent.node
    assert node.depth == above.depth + 1, f"the depth of {_name(node)}"
    assert node.logprob == above.logprob + node.parent.logprob, f"the path sum of {_name(node)}"
    steps, at = 0, node
    while at.parent is not None:
        steps, at = steps + 1, at.parent.node
        assert steps <= len(graph.nodes), f"the path of {_name(node)} is a cycle"
    assert at is graph.root, f"the path of {_name(node)} does not begin at the root"


def _check_proof(node: Node) -> None:
    if node.proof is None:
        return
    assert node.proof.node is node and node.proof.proved, f"{_name(node)} has another's proof, or none"
    assert all(child.size < node.size for child in node.proof.children), f"{_name(node)} proves itself"
    assert node.size == 1 + sum(child.size for child in node.proof.children), f"the size of {_name(node)}"


def _name(node: Node) -> str:
    return f"node {node.id}"
