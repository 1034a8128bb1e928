"""Trees that a search built once are built again. To store new ones: delete the files and run this test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.search import make
from prover.search.proof import as_tree
from tests.prover.search.fake_tree import World, explore

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(("seed", "refuse"), [(1, False), (2, False), (3, True)])
def test_the_same_tree_grows(seed: int, refuse: bool) -> None:
    world = World(seed)
    search = make("best-first", world.state(0))
    order, _ = explore(search, world, 25, refuse)
    grown = {"order": order, "nodes": as_tree(search.graph)}
    path = GOLDEN / f"best_first_{seed}.json"
    if not path.exists():
        path.write_text(json.dumps(grown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        pytest.fail(f"stored a new golden tree: {path.name}")
    assert grown == json.loads(path.read_text(encoding="utf-8"))
