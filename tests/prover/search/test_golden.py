"""Trees that a search built once are built again. To store new ones: delete the files and run this test.

`scripted` is a small world written out here; the others are drawn from a seed, some with refused proofs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.search import SEARCHES, Proof, make
from tests.prover.search.model import World, accounted, explore, grown, random_world

GOLDEN = Path(__file__).parent / "golden"


def scripted() -> World:
    """`0` splits into 1 and 2, or goes on to 3. 1 is proved in two steps, by way of 4; the cheap way to prove 2 ends in
    a cycle (5 and 6), the dear one in 4, which is known by then. 3 is a dead end with a dead sibling."""
    table: list[list[tuple[int, ...] | None]] = [
        [(1, 2), (3,), None],
        [(4,), (7, 8)],
        [(5,), None, (4,)],
        [(7, 8)],
        [None, ()],
        [(6,)],
        [(5,)],
        [None],
        [(6,)],
    ]
    return World(table, lambda key, place: -0.5 - 0.7 * place - 0.1 * (key % 3))


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("case", ["scripted", "seed-2", "seed-9-refused", "seed-29-refused"])
def test_the_same_tree_grows(name: str, case: str) -> None:
    def verify(proof: Proof) -> int | None:
        return len(proof.edges) - 1 if case.endswith("refused") else None

    world = scripted() if case == "scripted" else random_world(int(case.split("-")[1]), 30, cases=True)
    search = make(name, world.root(), expansions=12, seed=5)
    explore(search, world, expansions=12, verify=verify, score=lambda key: (key * 37 % 11) / 11)
    accounted(search, world)
    tree = grown(search, world)
    path = GOLDEN / f"{name}_{case}.json"
    if not path.exists():
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(json.dumps(tree, ensure_ascii=False).replace('{"id"', '\n{"id"') + "\n", encoding="utf-8")
        pytest.fail(f"stored a new golden tree: {path.name}")
    assert tree == json.loads(path.read_text(encoding="utf-8"))
