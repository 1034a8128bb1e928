from __future__ import annotations

import pytest

from lean_env.errors import UsageError
from prover.search import SEARCHES, make
from prover.search.best_first import priority
from tests.prover.search.model import World, explore
from tests.prover.search.test_graph import begin, leaves, state, told


def test_priority_forgives_length_by_alpha() -> None:
    assert priority(-4.0, 4, 0.5) == -2.0
    assert priority(-4.0, 4, 0.0) == -4.0
    assert priority(-4.0, 4, 1.0) == -1.0
    assert priority(0.0, 0, 0.5) == 0.0


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


def test_an_unknown_search_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="worst-first") as caught:
        make("worst-first", state(0, "root"))
    assert all(name in str(caught.value) for name in SEARCHES)
