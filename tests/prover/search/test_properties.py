"""What holds of every search in every world. `explore` checks the graph after each step, scripts by replaying them, and
that no state is used after it was given back."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.search import SEARCHES, Proof, make
from prover.search.invariants import needed_nodes
from tests.prover.search.model import World, accounted, explore, number, random_world


@st.composite
def tables(draw: st.DrawFn, acyclic: bool = False) -> World:
    size = draw(st.integers(1, 7))

    def results(key: int) -> st.SearchStrategy[tuple[int, ...] | None]:
        first = key + 1 if acyclic else 0
        closes_or_fails = st.sampled_from([None, None, ()])
        if first >= size:
            return closes_or_fails
        goals = st.lists(st.integers(first, size - 1), min_size=1, max_size=3).map(tuple)
        return st.one_of(goals, goals, closes_or_fails)

    table = [draw(st.lists(results(key), max_size=4)) for key in range(size)]
    weights = draw(st.lists(st.floats(-4, 0), min_size=4, max_size=4))
    return World(table, lambda key, place: weights[(key + place) % 4], cases=draw(st.booleans()))


RUNS = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize("name", SEARCHES)
@given(world=tables(), batch=st.integers(1, 3), chunk=st.integers(1, 4), critic=st.booleans())
@RUNS
def test_proved_and_dead_as_the_fixed_points_say(name: str, world: World, batch: int, chunk: int, critic: bool) -> None:
    search = make(name, world.root(), expansions=6)
    values = random.Random(0)
    proof = explore(search, world, batch=batch, chunk=chunk, score=(lambda key: values.random()) if critic else None)
    assert (proof is not None) == (0 in world.provable())
    if proof is None:
        assert search.graph.root.dead == (0 in world.hopeless())
        assert not [node for node in needed_nodes(search.graph) if node.stage != "expanded"], "it stopped too soon"
    assert len(world.order) <= len(search.graph.nodes), "a node was expanded twice"
    accounted(search, world)


@pytest.mark.parametrize("name", SEARCHES)
@given(world=tables(), batch=st.integers(1, 3), chunk=st.integers(1, 4), bad=st.sets(st.integers(0, 27)))
@RUNS
def test_refused_steps_are_left_out_of_proofs(name: str, world: World, batch: int, chunk: int, bad: set[int]) -> None:
    search = make(name, world.root(), expansions=6)

    def verify(proof: Proof) -> int | None:
        places = (
            place for place, (node, tactic) in enumerate(proof.steps()) if is_bad(number(node.state), int(tactic[1:]))
        )
        return next(places, None)

    def is_bad(key: int, place: int) -> bool:
        return 4 * key + place in bad

    proof = explore(search, world, batch=batch, chunk=chunk, verify=verify)
    assert (proof is not None) == (0 in world.provable(refused=is_bad))
    if proof is None:
        assert not [node for node in needed_nodes(search.graph) if node.stage != "expanded"], "it stopped too soon"
    accounted(search, world)


@pytest.mark.parametrize("name", SEARCHES)
@given(world=tables(), chunk=st.integers(1, 4))
@RUNS
def test_a_search_whose_proofs_are_all_refused_ends(name: str, world: World, chunk: int) -> None:
    search = make(name, world.root(), expansions=6)
    assert explore(search, world, chunk=chunk, verify=lambda proof: 0, blame=False) is None
    assert search.ask(1) == [] and search.proof() is None
    accounted(search, world)


@pytest.mark.parametrize("name", SEARCHES)
@given(world=tables(acyclic=True))
@RUNS
def test_a_tree_proves_what_the_graph_proves(name: str, world: World) -> None:
    search = make(name, world.root(), transpositions=False, expansions=6)
    proof = explore(search, world, expansions=3000)
    assert (proof is not None) == (0 in world.provable())
    accounted(search, world)


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("seed", range(12))
def test_larger_worlds(name: str, seed: int) -> None:
    world = random_world(seed, 40, cases=seed % 2 == 0)
    dice = random.Random(seed)
    refuse = {(key, place) for key in range(40) for place in range(4) if dice.random() < 0.3}

    def verify(proof: Proof) -> int | None:
        steps = enumerate(proof.steps())
        return next((at for at, (node, tactic) in steps if (number(node.state), int(tactic[1:])) in refuse), None)

    search = make(name, world.root(), expansions=30, seed=seed)
    proof = explore(search, world, batch=1 + seed % 3, chunk=1 + seed % 4, verify=verify, score=lambda key: key / 40)
    assert (proof is not None) == (0 in world.provable(lambda key, place: (key, place) in refuse))
    accounted(search, world)


@given(world=tables(), seed=st.integers(0, 3))
@RUNS
def test_the_first_proof_of_an_exhausted_graph_is_the_shortest(world: World, seed: int) -> None:
    """`explore` compares sizes with the fixed point after each step; here all is expanded before a proof is read."""
    search = make("best-first", world.root())
    for _ in range(20):
        nodes = search.ask(1) or [node for node in search.graph.nodes if node.stage == "open" and node.held][:1]
        for node in nodes:
            candidates = search.untried(node, world.candidates(node))
            while candidates:
                outcomes = world.apply(node.state, candidates)
                world.drop(search.tell(node, candidates, outcomes))
                candidates = candidates[len(outcomes) :]
    proof = search.proof()
    assert (proof is not None) == (0 in world.provable())
    if proof is not None:
        assert len(proof.steps()) == _shortest(world)[0]


def _shortest(world: World) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for _ in range(100):
        for key, row in enumerate(world.table):
            known = [
                1 + sum(sizes[each] for each in result)
                for result in row
                if result is not None and all(each in sizes for each in result)
            ]
            if known:
                sizes[key] = min(known)
    return sizes
