from __future__ import annotations

from lean_env.protocol import Hole, State
from prover.script import fill
from prover.search import Edge, Node, Proof
from tests.prover.search.model import as_tree
from tests.prover.search.test_graph import CLOSED, begin, leaves, state, told


def proof(*steps: tuple[str, int]) -> Proof:
    """A proof of which only the tactics and the numbers of their goals count."""
    node = Node(0, State(0, ("⊢ p",), "p"), None, 0.0, 0)
    return Proof(tuple(Edge(node, tactic, -1.0, (node,) * goals) for tactic, goals in steps))


def test_a_script_without_branches_is_its_tactics() -> None:
    assert proof(("intro h", 1), ("simp", 1), ("exact h", 0)).script() == ("intro h", "simp", "exact h")


def test_each_of_several_goals_gets_a_block() -> None:
    steps = proof(("constructor", 2), ("simp", 1), ("rfl", 0), ("omega", 0))
    assert steps.script() == ("constructor", "· simp\n  rfl", "· omega")


def test_blocks_within_blocks_and_tactics_of_several_lines() -> None:
    cases = "rcases h with a | b\n\n  all_goals skip\n"
    steps = proof(
        ("intro h", 1), (cases, 2), ("constructor", 2), ("calc a\n  _ = b := c", 0), ("rfl", 0), (cases, 1), ("rfl", 0)
    )
    assert steps.script() == (
        "intro h",
        "rcases h with a | b\n\n  all_goals skip",
        "· constructor\n  · calc a\n      _ = b := c\n  · rfl",
        "· rcases h with a | b\n\n    all_goals skip\n  rfl",
    )


def test_a_script_is_what_fill_takes() -> None:
    text = "theorem t : p ∧ q := by\n  sorry"
    hole = Hole(State(0, ("⊢ p",), "p"), "tactic", "t", 2, 2, 2, 7)
    filled = fill(text, hole, proof(("constructor", 2), ("simp\n  [h]", 1), ("rfl", 0), ("omega", 0)).script())
    assert filled == "theorem t : p ∧ q := by\n  constructor\n  · simp\n      [h]\n    rfl\n  · omega"


def test_the_tree_is_plain_data() -> None:
    search, root = begin()
    told(search, root, ("both", -1.0, leaves(state(1, "x"), state(2, "y"))), ("no", -2.0, leaves(state(3, "z"))))
    x, y = search.ask(2)
    told(search, x, ("rfl", -0.5, CLOSED))
    search.score([y], [0.25])
    told(search, y)
    common = {"parent": 0, "depth": 1, "score": None}
    assert as_tree(search.graph) == [
        {
            "id": 0,
            "parent": None,
            "tactic": "",
            "logprob": 0.0,
            "depth": 0,
            "status": "expanded",
            "score": None,
            "goals": ["root"],
            "edges": [
                {"tactic": "both", "logprob": -1.0, "children": [1, 2], "status": "dead"},
                {"tactic": "no", "logprob": -2.0, "children": [3], "status": "alive"},
            ],
        },
        {
            **common,
            "id": 1,
            "tactic": "both",
            "logprob": -1.0,
            "status": "proved",
            "goals": ["x"],
            "edges": [{"tactic": "rfl", "logprob": -0.5, "children": [], "status": "alive"}],
        },
        {
            **common,
            "id": 2,
            "tactic": "both",
            "logprob": -1.0,
            "status": "dead",
            "score": 0.25,
            "goals": ["y"],
            "edges": [],
        },
        {**common, "id": 3, "tactic": "no", "logprob": -2.0, "status": "open", "goals": ["z"], "edges": []},
    ]
