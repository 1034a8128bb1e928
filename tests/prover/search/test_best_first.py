from __future__ import annotations

import pytest

from lean_env.errors import UsageError
from prover.search import SEARCHES, make
from tests.prover.search.model import World, explore
from tests.prover.search.test_graph import begin, leaves, state, told


def test_the_better_state_comes_first_and_ties_go_by_goals_depth_and_age() -> None:
    search, root = begin()
    steps = [
        ("a", -1.0, leaves(state(1, "x", "y"))),
        ("b", -1.0, leaves(state(2, "z"))),
        ("c", -1.0, leaves(state(3, "w"))),
        ("d", -0.5, leaves(state(4, "v"))),
    ]
    assert told(search, root, *steps) == []
    assert [node.parent.tactic for node in search.ask(9) if node.parent] == ["d", "b", "c", "a"]
    assert search.ask(1) == []


@pytest.mark.parametrize(
    ("alpha", "order"),
    [
        (0.0, [0, 1, 2, 3, 4]),  # sums: 1 at -1, 2 at -1.6, 3 at -2, 4 at -2.2
        (1.0, [0, 1, 3, 4, 2]),  # means: 3 at -1, 4 at -0.73, both before 2 at -1.6
        (0.5, [0, 1, 3, 4, 2]),  # 3 at -1.41, 4 at -1.27
    ],
)
def test_alpha_decides_between_the_long_and_the_broad(alpha: float, order: list[int]) -> None:
    weights = {(0, 0): -1.0, (0, 1): -1.6, (1, 0): -1.0, (3, 0): -0.2}
    world = World([[(1,), (2,)], [(3,)], [], [(4,)], []], lambda key, place: weights[key, place])
    search = make("best-first", world.root(), alpha=alpha)
    assert explore(search, world) is None
    assert world.order == order


def test_a_cheaper_path_gives_a_node_its_place_and_the_old_one_is_stale() -> None:
    search, root = begin()
    told(
        search,
        root,
        ("a", -1.0, leaves(state(1, "x"))),
        ("b", -3.0, leaves(state(2, "y"))),
        ("c", -2.0, leaves(state(3, "z"))),
    )
    (x,) = search.ask(1)
    told(search, x, ("d", -0.2, leaves(state(4, "y"))))
    assert [node.state.hash for node in search.ask(9)] == ["y", "z"]


def test_a_path_can_be_cheaper_and_rank_lower_for_it_is_shorter() -> None:
    search = make("best-first", state(0, "root"), alpha=1.0)
    (root,) = search.ask(1)
    told(
        search,
        root,
        ("a", -0.1, leaves(state(1, "x"))),
        ("b", -0.2, leaves(state(2, "w"))),
        ("c", -1.5, leaves(state(3, "z"))),
    )
    x, w = search.ask(2)
    told(search, x, ("d", -2.0, leaves(state(4, "y"))))
    y = search.graph.nodes[-1]
    assert y.logprob / y.depth == pytest.approx(-1.05)
    told(search, w, ("e", -1.7, leaves(state(5, "y"))))
    assert y.logprob / y.depth == pytest.approx(-0.95)
    told(search, root, ("f", -1.8, leaves(state(6, "y"))))
    assert y.logprob / y.depth == -1.8
    assert [node.state.hash for node in search.ask(9)] == ["z", "y"]


def test_an_unknown_search_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="worst-first") as caught:
        make("worst-first", state(0, "root"))
    assert all(name in str(caught.value) for name in SEARCHES)
