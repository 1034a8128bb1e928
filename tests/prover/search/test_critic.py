from __future__ import annotations

import math

import pytest

from prover.search import Node, Search, make
from prover.search.critic import promise
from tests.prover.search.model import World, explore
from tests.prover.search.test_graph import begin, leaves, state, told


def three(name: str, expansions: int = 100) -> tuple[Search, list[Node]]:
    """A search whose root was expanded to three nodes of falling probability."""
    search = make(name, state(0, "root"), expansions=expansions)
    (root,) = search.ask(1)
    steps = [(tactic, -1.0 - place, leaves(state(1 + place, tactic))) for place, tactic in enumerate("abc")]
    told(search, root, *steps)
    return search, search.graph.nodes[1:]


def test_without_a_score_a_node_promises_the_mean_probability_of_its_path() -> None:
    search, root = begin()
    assert promise(root) == 1.0
    told(search, root, ("a", -1.0, leaves(state(1, "x"))))
    (x,) = search.ask(1)
    told(search, x, ("b", -2.0, leaves(state(2, "y"))))
    (y,) = search.ask(1)
    assert promise(y) == pytest.approx(math.exp(-1.5))
    y.score = 0.875
    assert promise(y) == 0.875


def test_the_highest_value_comes_first_whatever_the_policy_says() -> None:
    search, (a, b, c) = three("critic")
    assert search.needs_scores() == [a, b, c]
    search.score([a, b, c], [0.1, 0.4, 0.4])
    assert search.needs_scores() == []
    assert search.ask(9) == [b, c, a], "of equal values the one that was found first"


def test_values_need_not_be_probabilities() -> None:
    search, (a, b, c) = three("critic")
    search.score([a, b, c], [-7.5, 12.0, -3.0])
    assert search.ask(3) == [b, c, a]


def test_a_score_that_comes_late_counts_as_soon_as_it_comes() -> None:
    search, (a, b, c) = three("critic")
    assert search.ask(1) == [a]
    search.score([c], [0.9])
    assert search.ask(2) == [c, b]


def test_without_a_critic_it_is_best_first_by_the_mean() -> None:
    weights = {(0, 0): -1.0, (0, 1): -1.6, (1, 0): -1.0, (3, 0): -0.2}
    table = [[(1,), (2,)], [(3,)], [], [(4,)], []]
    orders = []
    for name in ("critic", "best-first"):
        world = World([list(row) for row in table], lambda key, place: weights[key, place])
        explore(make(name, world.root(), alpha=1.0), world)
        orders.append(world.order)
    assert orders[0] == orders[1] == [0, 1, 3, 4, 2]


def test_the_first_half_of_the_hybrid_is_best_first_and_asks_for_no_scores() -> None:
    search, (a, b, c) = three("hybrid", expansions=4)
    assert search.needs_scores() == []
    assert search.ask(1) == [a]
    told(search, a, ("d", -5.0, leaves(state(9, "d"))))
    d = search.graph.nodes[-1]
    assert search.needs_scores() == [b, c, d], "what is open when the second half begins"
    search.score([b, c, d], [0.1, 0.2, 0.3])
    assert search.ask(2) == [d, c]


def test_the_interleaved_hybrid_takes_turns() -> None:
    search, (a, b, c) = three("hybrid-interleaved")
    assert search.needs_scores() == [a, b, c]
    search.score([a, b, c], [0.1, 0.2, 0.3])
    assert search.ask(1) == [c], "the root was best-first's"
    assert search.ask(1) == [a], "best-first"
    assert search.ask(1) == [b]
