"""What must hold of a search graph between any two calls; on in tests, not in use."""

from __future__ import annotations

from prover.search.graph import Graph, Node


def check(graph: Graph) -> None:
    """Raise AssertionError, with the node, at the first thing that does not hold."""
    seen: dict[str, Node] = {}
    assert graph.root.parent is None, "the root has a parent"
    assert graph.root.depth == 0
    for place, node in enumerate(graph.nodes):
        where = f"node {node.id}"
        assert node.id == place, f"{where} is at place {place}"
        _check_path(graph, node, where)
        _check_status(node, where)
        if node.state.goals:
            assert node.state.hash not in seen, f"{where} and node {seen[node.state.hash].id} are one state"
            seen[node.state.hash] = node
            assert graph.find(node.state) is node, f"{where} cannot be found by its hash"
        for child in node.children:
            assert any(parent is node for parent in child.parents), f"{where} is not a parent of its child {child.id}"
        for parent in node.parents:
            assert any(child is node for child in parent.children), f"{where} is not a child of its parent {parent.id}"


def _check_path(graph: Graph, node: Node, where: str) -> None:
    if node is graph.root:
        return
    assert node.parent is not None, f"{where} has no parent"
    assert any(parent is node.parent for parent in node.parents), f"the parent of {where} is not among its parents"
    assert node.depth == node.parent.depth + 1, f"depth of {where}"
    assert abs(node.logprob - (node.parent.logprob + node.edge_logprob)) < 1e-9, f"logprob of {where}"
    assert node.edge_logprob <= 0, f"{where} is more than certain"
    steps, at = 0, node
    while at.parent is not None:
        steps, at = steps + 1, at.parent
        assert steps <= len(graph.nodes), f"the path of {where} is a cycle"
    assert at is graph.root, f"the path of {where} does not begin at the root"


def _check_status(node: Node, where: str) -> None:
    assert bool(node.state.goals) != (node.status in ("proved", "rejected")), f"{where} is {node.status}"
    if node.status == "open":
        assert not node.children, f"{where} is open and has children"
    if node.status == "dead":
        assert not any(child.alive for child in node.children), f"{where} is dead over a living child"
    if node.status == "expanded":
        assert any(child.alive for child in node.children), f"{where} is alive over dead children"
