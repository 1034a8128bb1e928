from __future__ import annotations

import pytest

from prover.search import Graph, Mcts, Node, Search, mcts
from tests.prover.search.model import World, explore, number
from tests.prover.search.test_graph import CLOSED, NO, leaves, state, told


@pytest.fixture(autouse=True)
def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcts, "NOISE", 0.0)


def search_of(world: World, exploration: float = 1.25) -> Search:
    graph = Graph(world.root())
    return Search(graph, Mcts(graph, exploration=exploration))


def test_without_exploration_it_follows_the_value() -> None:
    world = World([[(1,), (2,)], [(3,)], [(4,)], [], []], lambda key, place: -0.7)
    explore(search_of(world, exploration=0.0), world, score=lambda key: [0.5, 0.2, 0.8, 0.9, 0.7][key])
    # 2 is better than 1; its child 4 takes the mean behind its edge from 0.8 to 0.7, still above 1's 0.2
    assert world.order == [0, 2, 4, 1, 3]


def test_exploration_turns_to_what_was_not_visited() -> None:
    world = World([[(1,), (2,)], [(3,)], [(4,)], [(5,)], [(6,)], [], []], lambda key, place: -0.7)
    explore(search_of(world), world, expansions=5, score=lambda key: 0.5)
    assert world.order == [0, 1, 2, 3, 4], "equal in all, so each in turn"


def test_the_probable_edge_is_visited_first_and_oftener() -> None:
    row: list[tuple[int, ...] | None] = [(1,), (2,)]
    rows: list[list[tuple[int, ...] | None]] = [[(key + 2,)] for key in range(1, 41)]
    world = World([row, *rows, [], []], lambda key, place: (-0.1, -2.4)[place])
    explore(search_of(world), world, expansions=20, score=lambda key: 0.5)
    odd = sum(key % 2 for key in world.order)
    assert world.order[1] == 1 and odd > 12


def test_of_the_goals_of_an_edge_the_least_promising_is_first() -> None:
    world = World([[(1, 2, 3)], [()], [()], [()]])
    proof = explore(search_of(world), world, score=lambda key: [1, 0.6, 0.3, 0.9][key])
    assert world.order == [0, 2, 1, 3] and proof is not None


def test_a_dead_goal_costs_its_edge_all_further_visits() -> None:
    world = World([[(1, 2), (3,)], [(4,)], [None], [], []], lambda key, place: (-0.1, -3.0)[place])
    explore(search_of(world), world, score=lambda key: [1, 0.9, 0.5, 0.01, 0.9][key])
    assert world.order == [0, 2, 3], "1 and 4 are needed by nobody after 2 has died"


def test_nodes_asked_for_together_lie_apart() -> None:
    table: list[list[tuple[int, ...] | None]] = [[(1,), (2,)], [(3,), (4,)], [(5,), (6,)], [], [], [], []]
    world = World(table, lambda key, place: -0.7)
    search = search_of(world)
    explore(search, world, expansions=3, score=lambda key: 0.5)
    first, second = search.ask(2)
    assert {first.state.hash, second.state.hash} in ({"#3", "#5"}, {"#4", "#6"}, {"#3", "#6"}, {"#4", "#5"})


def test_few_visits_look_at_few_edges() -> None:
    graph = Graph(state(0, "root"))
    search = Search(graph, Mcts(graph))
    (root,) = search.ask(1)
    told(search, root, *[(f"t{place}", -0.01 * place, leaves(state(1 + place, f"{place}"))) for place in range(40)])
    search.score(graph.nodes[1:], [0.0] * 39 + [1.0])
    (node,) = search.ask(1)
    assert node.id <= 8, "the best of all is the last, beyond the first edges"
    told(search, node, ("no", -1.0, NO))
    seen = 0
    while search.ask(1) != [graph.nodes[-1]]:
        seen += 1
    assert 10 < seen < 39, "but it comes into view as visits grow"


def test_a_cycle_is_no_trap() -> None:
    world = World([[(1,), (3,)], [(2,)], [(1,), (0,)], [()]], lambda key, place: (-0.01, -6.0)[place])
    proof = explore(search_of(world), world, score=lambda key: [1, 1, 1, 0][key])
    assert world.order == [0, 1, 2, 3] and proof is not None


def test_ways_that_end_in_a_cycle_are_tried_less_and_less(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    select = Mcts._select

    def counted(self: Mcts, frame: mcts._Frame, seen: set[Node]) -> Node | None:
        looked.append(number(frame.node.state))
        return select(self, frame, seen)

    monkeypatch.setattr(Mcts, "_select", counted)
    ring = 30
    rows: list[list[tuple[int, ...] | None]] = [[(key % ring + 1,)] for key in range(1, ring + 1)]
    chain: list[list[tuple[int, ...] | None]] = [[(key,)] for key in range(ring + 2, 2 * ring + 2)]
    world = World([[(1,), (ring + 1,)], *rows, *chain, []], lambda key, place: -0.7)
    explore(search_of(world), world, score=lambda key: 0.9 if key <= ring else 0.1)
    assert len(world.order) == 2 * ring + 2
    # The last node of the ring is met once it is expanded, and then only to be left again
    assert 2 < looked.count(ring) < 10


def test_a_node_that_is_put_back_counts_for_nothing() -> None:
    world = World([[(1,), (2,)], [], []], lambda key, place: -0.7)
    search = search_of(world)
    explore(search, world, expansions=1, score=lambda key: 0.5)
    (node,) = search.ask(1)
    search.put_back(node)
    assert search.ask(1) == [node]


def test_a_score_for_a_node_that_was_visited_comes_too_late() -> None:
    orders = []
    for late in (False, True):
        rows: list[list[tuple[int, ...] | None]] = [[(key + 2,)] for key in range(1, 21)]
        world = World([[(1,), (2,)], *rows, [], []], lambda key, place: -0.7)
        search = search_of(world)
        explore(search, world, expansions=7, score=lambda key: 0.6 if key % 2 else 0.5)
        if late:
            search.score(search.graph.nodes[:3], [0.0, 0.0, 0.0])
        explore(search, world, expansions=20, score=lambda key: 0.6 if key % 2 else 0.5)
        orders.append(world.order)
    assert orders[0] == orders[1]


def test_what_is_below_a_proof_is_open_again_when_it_is_rejected() -> None:
    graph = Graph(state(0, "root"))
    search = Search(graph, Mcts(graph))
    (root,) = search.ask(1)
    told(search, root, ("on", -1.0, leaves(state(1, "x"))), ("rfl", -2.0, CLOSED))
    assert search.ask(1) == []
    proof = search.proof()
    assert proof is not None
    search.reject(proof)
    assert [node.state.hash for node in search.ask(1)] == ["x"]


def test_the_noise_comes_from_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcts, "NOISE", 0.25)

    def order(seed: int) -> list[int]:
        world = World([[(key,) for key in range(1, 30)], *[[] for _ in range(29)]], lambda key, place: -3.0)
        graph = Graph(world.root())
        explore(Search(graph, Mcts(graph, seed)), world, expansions=12)
        return world.order

    assert order(1) == order(1) != order(2)
