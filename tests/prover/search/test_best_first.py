from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lean_env.errors import UsageError
from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search import BestFirst, make
from prover.search.best_first import priority
from prover.search.invariants import check
from prover.search.proof import as_tree, tactics
from tests.prover.search.fake_tree import World, explore, held


def state(handle: int, *goals: str, key: str = "") -> State:
    return State(handle, goals, key or "|".join(goals))


def leads_to(to: State) -> Outcome:
    return Outcome("open" if to.goals else "proved", to, "", 1.0)


NO = Outcome("error", None, "no", 1.0)


def test_priority_forgives_length_by_alpha() -> None:
    assert priority(-4.0, 4, 0.5) == -2.0
    assert priority(-4.0, 4, 0.0) == -4.0
    assert priority(-4.0, 4, 1.0) == -1.0
    assert priority(0.0, 0, 0.5) == 0.0


def test_the_better_state_comes_first_and_ties_go_by_goals_then_age() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    candidates = [Candidate("a", -1.0), Candidate("b", -1.0), Candidate("c", -1.0), Candidate("d", -0.5)]
    outcomes = [leads_to(state(1, "x", "y")), leads_to(state(2, "z")), leads_to(state(3, "w")), leads_to(state(4, "v"))]
    assert search.tell(root, candidates, outcomes) == []
    assert [node.tactic for node in search.ask(9)] == ["d", "b", "c", "a"]
    assert search.ask(1) == []


def test_an_equal_state_is_one_node_and_its_second_handle_is_dropped() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    again = state(2, "x")
    drop = search.tell(root, [Candidate("a", -2.0), Candidate("b", -1.0)], [leads_to(state(1, "x")), leads_to(again)])
    assert drop == [again]
    (node,) = search.ask(2)
    assert tactics(node) == ("b",), "the cheaper way is the way of the script"
    check(search.graph)


def test_a_cheaper_way_is_not_taken_where_the_goals_are_printed_otherwise() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    outcomes = [leads_to(state(1, "case a\n⊢ x", key="x")), leads_to(state(2, "case b\n⊢ x", key="x"))]
    search.tell(root, [Candidate("a", -2.0), Candidate("b", -1.0)], outcomes)
    (node,) = search.ask(2)
    assert tactics(node) == ("a",)


def test_a_cheaper_way_moves_what_is_below() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    search.tell(
        root, [Candidate("far", -3.0), Candidate("near", -1.0)], [leads_to(state(1, "x")), leads_to(state(2, "y"))]
    )
    near, far = search.ask(2)
    search.tell(far, [Candidate("down", -1.0)], [leads_to(state(3, "z"))])
    search.tell(near, [Candidate("over", -0.5)], [leads_to(state(4, "x"))])
    check(search.graph)
    (node,) = search.ask(1)
    assert tactics(node) == ("near", "over", "down")
    assert node.logprob == pytest.approx(-2.5)


def test_a_way_back_to_an_ancestor_makes_no_cycle() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    search.tell(root, [Candidate("a", 0.0)], [leads_to(state(1, "x"))])
    (node,) = search.ask(1)
    drop = search.tell(
        node, [Candidate("back", 0.0), Candidate("skip", 0.0)], [leads_to(state(2, "root")), leads_to(state(3, "x"))]
    )
    assert {each.id for each in drop} == {1, 2, 3}
    check(search.graph)
    assert search.ask(1) == []


def test_death_spreads_upwards() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    search.tell(root, [Candidate("a", -1.0)], [leads_to(state(1, "x"))])
    (node,) = search.ask(1)
    search.tell(node, [Candidate("b", -1.0)], [NO])
    assert (node.status, root.status) == ("dead", "dead")


def test_a_refused_proof_leaves_the_rest_of_its_candidates_to_be_tried() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    candidates = [Candidate("a", -1.0), Candidate("b", -2.0)]
    assert search.tell(root, candidates, [leads_to(state(1))]) == [state(1)]
    assert root.status == "asked"
    leaf = search.graph.nodes[-1]
    search.mark_rejected(leaf)
    check(search.graph)
    search.tell(root, candidates[1:], [leads_to(state(2, "x"))])
    assert (leaf.status, root.status) == ("rejected", "expanded")
    check(search.graph)


def test_untried_leaves_out_repetitions_and_what_was_tried() -> None:
    search = BestFirst(state(0, "root"))
    (root,) = search.ask(1)
    a, b = Candidate("a", -1.0), Candidate("b", -2.0)
    assert search.untried(root, [a, b, Candidate("a", -3.0)]) == [a, b]
    search.tell(root, [a], [NO])
    assert search.untried(root, [a, b]) == [b]


def test_the_tree_is_plain_data() -> None:
    search = BestFirst(state(0, "root"))
    assert as_tree(search.graph) == [
        {"id": 0, "parent": None, "tactic": "", "logprob": 0.0, "depth": 0, "status": "open", "goals": ["root"]}
    ]


def test_an_unknown_search_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="best-first"):
        make("worst-first", state(0, "root"))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 60), refuse=st.booleans())
def test_invariants_hold_and_no_state_is_lost(seed: int, size: int, refuse: bool) -> None:
    world = World(seed, size, proofs=20)
    root = world.state(0)
    search = make("best-first", root)
    _, dropped = explore(search, world, 40, refuse)
    made = set(range(1, world.handles + 1))
    assert made - dropped - held(search.graph) <= {root.id}, "a state was neither dropped nor kept for use"
