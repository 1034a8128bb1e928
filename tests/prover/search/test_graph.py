from __future__ import annotations

import pytest

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search import Graph, Node, Search, make
from prover.search.invariants import check
from prover.search.proof import tactics

NO = Outcome("error", (), "no", 1.0)
CLOSED = Outcome("proved", (), "", 1.0)


def state(handle: int, *goals: str, key: str = "") -> State:
    return State(handle, goals, key or "|".join(goals))


def leaves(*states: State) -> Outcome:
    return Outcome("open", states, "", 1.0)


def told(search: Search, node: Node, *steps: tuple[str, float, Outcome]) -> list[State]:
    """Tell all candidates of a node, and check the graph."""
    candidates = [Candidate(tactic, logprob) for tactic, logprob, _ in steps]
    drop = search.tell(node, candidates, [outcome for _, _, outcome in steps])
    check(search.graph)
    return drop


def begin() -> tuple[Search, Node]:
    search = make("best-first", state(0, "root"))
    (root,) = search.ask(1)
    return search, root


def asked(search: Search, key: str) -> Node:
    """The node of that hash, which must be next."""
    (node,) = search.ask(1)
    assert node.state.hash == key
    return node


def test_an_equal_state_is_one_node_and_its_second_handle_is_given_back() -> None:
    search, root = begin()
    again = state(2, "x")
    assert told(search, root, ("a", -2.0, leaves(state(1, "x"))), ("b", -1.0, leaves(again))) == [again]
    (node,) = search.ask(2)
    assert tactics(node) == ("b",), "the cheaper path"
    assert [edge.tactic for edge in node.ways()] == ["b", "a"]


def test_without_transpositions_equal_states_are_two_nodes() -> None:
    search = make("best-first", state(0, "root"), transpositions=False)
    (root,) = search.ask(1)
    steps = ("a", -2.0, leaves(state(1, "x"))), ("b", -1.0, leaves(state(2, "x"), state(3, "x")))
    assert told(search, root, *steps) == []
    assert [tactics(node) for node in search.ask(9)] == [("b",), ("b",), ("a",)]
    assert search.graph.find(state(4, "x")) is None


def test_a_goal_that_is_left_twice_is_one_node_and_two_goals_of_the_script() -> None:
    search, root = begin()
    assert told(search, root, ("both", -1.0, leaves(state(1, "x"), state(2, "x")))) == [state(2, "x")]
    told(search, asked(search, "x"), ("rfl", -1.0, CLOSED))
    proof = search.proof()
    assert proof is not None and proof.script() == ("both", "· rfl", "· rfl")
    assert root.size == 3


def test_a_path_does_not_move_where_the_goals_are_printed_otherwise() -> None:
    search, root = begin()
    one, other = state(1, "case a\n⊢ x", key="x"), state(2, "case b\n⊢ x", key="x")
    told(search, root, ("a", -2.0, leaves(one)), ("b", -1.0, leaves(other)))
    node = asked(search, "x")
    assert tactics(node) == ("a",)
    assert [edge.exact for edge in root.edges] == [True, False]


def test_a_cheaper_path_moves_what_is_below() -> None:
    search, root = begin()
    told(search, root, ("far", -3.0, leaves(state(1, "x"))), ("near", -1.0, leaves(state(2, "y"))))
    near, far = search.ask(2)
    told(search, far, ("down", -1.0, leaves(state(3, "z"))))
    told(search, near, ("over", -0.5, leaves(state(4, "x"))))
    node = asked(search, "z")
    assert tactics(node) == ("near", "over", "down")
    assert node.logprob == pytest.approx(-2.5) and node.depth == 3


def test_a_way_back_to_an_ancestor_is_an_edge_and_makes_no_proof() -> None:
    search, root = begin()
    told(search, root, ("a", 0.0, leaves(state(1, "x"))))
    node = asked(search, "x")
    drop = told(search, node, ("back", 0.0, leaves(state(2, "root"))), ("skip", 0.0, leaves(state(3, "x"))))
    assert {each.id for each in drop} == {1, 2, 3}
    assert [edge.tactic for edge in node.edges] == ["back"], "a step to the node itself is not worth an edge"
    assert search.ask(1) == [] and search.proof() is None


def test_a_proof_is_well_founded_though_its_nodes_lead_to_each_other() -> None:
    search, root = begin()
    told(search, root, ("both", -1.0, leaves(state(1, "x"), state(2, "y"))))
    x, y = search.ask(2)
    told(search, x, ("to y", -1.0, leaves(state(3, "y"))))
    told(search, y, ("to x", -1.0, leaves(state(4, "x"))), ("to z", -1.0, leaves(state(5, "z"))))
    assert search.proof() is None, "x and y would prove each other"
    told(search, asked(search, "z"), ("rfl", -1.0, CLOSED))
    proof = search.proof()
    assert proof is not None
    assert proof.script() == ("both", "· to y\n  to z\n  rfl", "· to z\n  rfl")


def test_death_spreads_upwards_and_the_sibling_of_a_dead_goal_is_given_back() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"), state(2, "y"))), ("b", -9.0, leaves(state(3, "z"))))
    x = asked(search, "x")
    assert told(search, x, ("no", -1.0, NO)) == [state(1, "x"), state(2, "y")]
    assert [edge.alive for edge in root.edges] == [False, True]
    z = asked(search, "z")
    told(search, z)
    assert (x.status, z.status, root.status) == ("dead", "dead", "dead")


def test_a_state_that_was_given_back_returns_with_its_next_handle() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"), state(2, "y"))), ("b", -2.0, leaves(state(3, "z"))))
    assert state(2, "y") in told(search, asked(search, "x"), ("no", -1.0, NO))
    assert search.held() == [state(3, "z")]
    again = state(4, "y'", key="y")
    assert told(search, asked(search, "z"), ("c", -1.0, leaves(again))) == [state(3, "z")]
    y = asked(search, "y")
    assert (y.state, tactics(y), y.logprob) == (again, ("b", "c"), -3.0)


def test_what_is_below_a_proved_goal_is_skipped_until_its_proof_is_rejected() -> None:
    search, root = begin()
    told(search, root, ("both", 0.0, leaves(state(1, "x"), state(2, "y"))))
    x, y = search.ask(2)
    told(search, x, ("on", -0.1, leaves(state(3, "w"))), ("rfl", -2.0, CLOSED))
    assert not search.graph.needed(search.graph.nodes[3])
    told(search, y, ("late", -1.0, leaves(state(4, "z"))))
    asked_z = asked(search, "z")
    assert search.held() == [state(3, "w"), state(4, "z")], "w is not needed now and can be again"
    told(search, asked_z, ("rfl", -1.0, CLOSED))
    proof = search.proof()
    assert proof is not None and search.ask(1) == []
    assert search.reject(proof, step=1) == []
    check(search.graph)
    assert search.proof() is None and (x.status, y.status) == ("expanded", "proved")
    told(search, asked(search, "w"), ("rfl", -1.0, CLOSED))
    proof = search.proof()
    assert proof is not None and proof.script() == ("both", "· on\n  rfl", "· late\n  rfl")


def test_a_skipped_node_comes_back_by_a_new_edge_above_it() -> None:
    search, root = begin()
    told(search, root, ("a", 0.0, leaves(state(1, "x"), state(2, "y"))), ("b", -9.0, leaves(state(3, "z"))))
    x, y = search.ask(2)
    told(search, y, ("deep", -1.0, leaves(state(4, "w"))))
    told(search, x)
    z = asked(search, "z")
    assert search.ask(1) == [] and search.graph.nodes[4].skipped
    told(search, z, ("to y", -1.0, leaves(state(5, "y"))))
    assert asked(search, "w").id == 4


def test_a_node_proved_before_all_was_tried_comes_back_when_its_proof_is_rejected() -> None:
    search, root = begin()
    candidates = [Candidate("a", -1.0), Candidate("b", -2.0)]
    assert search.tell(root, candidates, [CLOSED]) == []
    check(search.graph)
    assert search.ask(1) == []
    proof = search.proof()
    assert proof is not None and proof.steps() == [(root, "a")]
    assert search.reject(proof) == search.reject(proof) == []
    check(search.graph)
    assert search.ask(1) == [root]
    assert search.untried(root, candidates) == candidates[1:]
    assert "a" in root.tried and "b" not in root.tried
    told(search, root, ("b", -2.0, NO))
    assert root.status == "dead"


def test_rejection_blames_the_last_step_unless_one_before_was_printed_otherwise() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "case a\n⊢ x", key="x"))), ("b", -5.0, leaves(state(2, "w"))))
    x = asked(search, "x")
    told(search, asked(search, "w"), ("c", -1.0, leaves(state(3, "case b\n⊢ x", key="x"))))
    told(search, x, ("rfl", -1.0, CLOSED))
    first = search.proof()
    assert first is not None and first.script() == ("a", "rfl")
    search.reject(first, step=0)
    second = search.proof()
    assert second is not None and second.script() == ("b", "c", "rfl")
    search.reject(second)
    check(search.graph)
    assert search.proof() is None and x.status == "proved", "c led to a goal of another name; rfl is not to blame"


def test_what_is_only_below_a_rejected_step_is_given_back_or_skipped() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"), state(2, "y"))))
    x, y = search.ask(2)
    told(search, x, ("rfl", -1.0, CLOSED))
    told(search, y, ("on", -0.5, leaves(state(3, "w"))), ("rfl", -1.0, CLOSED))
    proof = search.proof()
    assert proof is not None
    search.reject(proof, step=2)
    w = asked(search, "w")
    search.put_back(w)
    assert search.reject(proof, step=0) == []
    check(search.graph)
    assert search.ask(1) == [] and w.skipped, "y could come back, and w with it"

    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"), state(2, "y"))), ("b", -2.0, leaves(state(3, "y"))))
    told(search, asked(search, "x"), ("rfl", -1.0, CLOSED))
    (a, b) = root.edges
    assert search.graph.reject(b) == []
    assert search.graph.reject(a) == [state(2, "y")]
    check(search.graph)


def test_a_node_that_has_edges_keeps_its_state_as_long_as_it_is_open() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"), state(2, "y"))), ("b", -3.0, leaves(state(3, "z"))))
    x, y = search.ask(2)
    half = [Candidate("on", -1.0), Candidate("rfl", -1.0), Candidate("more", -1.0)]
    search.tell(x, half, [leaves(state(4, "w")), CLOSED])
    assert told(search, y) == [state(2, "y")], "x is proved, open and has no living way"
    z = asked(search, "z")
    told(search, z, ("c", -1.0, leaves(state(5, "x"))))
    proof = search.proof()
    assert proof is not None and proof.script() == ("b", "c", "rfl")
    search.reject(proof)
    check(search.graph)
    assert [node.state for node in search.ask(2)] == [state(1, "x"), state(4, "w")]


def test_the_shortest_of_several_proofs_comes_first_and_the_next_after_it() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"))), ("b", -1.5, leaves(state(2, "y"), state(3, "z"))))
    x, y, z = search.ask(3)
    told(search, y, ("rfl", -1.0, CLOSED))
    told(search, z, ("rfl", -1.0, CLOSED))
    long = search.proof()
    told(search, x, ("rfl", -1.0, CLOSED))
    short = search.proof()
    assert long is not None and long.script() == ("b", "· rfl", "· rfl")
    assert short is not None and short.script() == ("a", "rfl")
    search.reject(short)
    check(search.graph)
    assert search.proof() == long


def test_a_node_that_nobody_needs_any_more_can_be_put_back() -> None:
    search, root = begin()
    told(search, root, ("a", -1.0, leaves(state(1, "x"))), ("b", -2.0, leaves(state(2, "y"))))
    x, y = search.ask(2)
    told(search, x, ("rfl", -1.0, CLOSED))
    assert not search.graph.needed(y)
    search.put_back(y)
    assert search.graph.expansions == 2
    proof = search.proof()
    assert proof is not None
    search.reject(proof)
    assert search.ask(1) == [y]


def test_untried_leaves_out_repetitions_and_what_was_tried() -> None:
    search, root = begin()
    a, b = Candidate("a", -1.0), Candidate("b", -2.0)
    assert search.untried(root, [a, b, Candidate("a", -3.0)]) == [a, b]
    search.tell(root, [a, b], [NO])
    assert root.status == "asked"
    assert search.untried(root, [a, b]) == [b]


@pytest.mark.parametrize(("logprob", "counted"), [(0.5, 0.0), (float("-inf"), -1e4), (float("nan"), -1e4)])
def test_log_probabilities_are_kept_within_bounds(logprob: float, counted: float) -> None:
    search, root = begin()
    told(search, root, ("a", logprob, leaves(state(1, "x"))), ("b", logprob, leaves(state(2, "y"), state(3, "z"))))
    assert [node.logprob for node in search.ask(3)] == [counted] * 3


def test_a_graph_deeper_than_the_stack() -> None:
    search, node = begin()
    deep = 5000
    for depth in range(deep):
        search.tell(node, [Candidate("go", -0.001)], [leaves(state(depth + 1, f"{depth}"))])
        (node,) = search.ask(1)
    search.tell(node, [Candidate("rfl", -0.1), Candidate("no", -0.2)], [CLOSED])
    proof = search.proof()
    assert proof is not None and len(proof.script()) == deep + 1
    assert len(tactics(node)) == deep
    search.reject(proof)
    assert search.ask(1) == [node]
    search.tell(node, [Candidate("no", -0.2)], [NO])
    assert search.graph.root.status == "dead"


def test_a_checker_that_sees_what_is_wrong() -> None:
    def broken(graph: Graph) -> None:
        with pytest.raises(AssertionError):
            check(graph)

    def grown() -> Graph:
        search, root = begin()
        told(search, root, ("a", -1.0, leaves(state(1, "x"), state(2, "y"))), ("b", -2.0, leaves(state(3, "z"))))
        x, y = search.ask(2)
        told(search, x, ("rfl", -1.0, CLOSED))
        told(search, y, ("down", -1.0, leaves(state(4, "z"))))
        return search.graph

    graph = grown()
    graph.nodes[1].proof = None
    broken(graph)
    graph = grown()
    graph.nodes[3].held = False
    broken(graph)
    graph = grown()
    graph.nodes[3].skipped = True
    broken(graph)
    graph = grown()
    graph.nodes[0].dead = True
    broken(graph)
    graph = grown()
    graph.nodes[2].depth += 1
    broken(graph)
    graph = grown()
    graph.nodes[0].edges[1].alive = False
    broken(graph)
    graph = grown()
    graph.nodes[3].more = None
    broken(graph)
