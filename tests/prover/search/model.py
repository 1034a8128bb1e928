"""A world for searches in place of Lean: a table says what each tactic does to each state."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search import Node, Proof, Search
from prover.search.graph import Graph
from prover.search.invariants import check

Result = tuple[int, ...] | None
"""What a tactic leaves: the numbers of states, each to be proved by itself; none closes the goal; None is an error."""


@dataclass
class World:
    """States are numbers, state 0 is the root, and tactic `t3` is the fourth of a state's row."""

    table: list[list[Result]]
    logprobs: Callable[[int, int], float] = lambda key, place: -1.0 - place
    cases: bool = False
    """Is each state printed with a case name of its own, which hashes leave out?"""
    handles: int = 0
    dropped: set[int] = field(default_factory=set)
    order: list[int] = field(default_factory=list)
    """The numbers of the states in the order in which they were expanded."""

    def state(self, key: int) -> State:
        self.handles += 1
        name = f"case c{self.handles}\n" if self.cases else ""
        return State(self.handles, (f"{name}⊢ {key}",), f"#{key}")

    def root(self) -> State:
        return self.state(0)

    def candidates(self, node: Node) -> list[Candidate]:
        key = number(node.state)
        return [Candidate(f"t{place}", self.logprobs(key, place)) for place in range(len(self.table[key]))]

    def apply(self, state: State, candidates: Sequence[Candidate]) -> list[Outcome]:
        """As Lean's worker does it: stops after the first that leaves no goal."""
        assert state.id not in self.dropped, f"state {state.id} was given back and is used"
        outcomes = []
        for candidate in candidates:
            result = self.table[number(state)][int(candidate.tactic[1:])]
            if result is None:
                outcomes.append(Outcome("error", (), "no", 1.0))
            elif result:
                outcomes.append(Outcome("open", tuple(self.state(key) for key in result), "", 1.0))
            else:
                outcomes.append(Outcome("proved", (), "", 1.0))
                break
        return outcomes

    def drop(self, states: Sequence[State]) -> None:
        for state in states:
            assert state.id not in self.dropped, f"state {state.id} was given back twice"
            assert state.id != 1, "the root's state was given back"
            self.dropped.add(state.id)

    def provable(self, refused: Callable[[int, int], bool] = lambda key, place: False) -> set[int]:
        """The states that can be proved, by going round until nothing changes."""
        proved: set[int] = set()
        while True:
            more = {
                key
                for key, row in enumerate(self.table)
                for place, result in enumerate(row)
                if result is not None and not refused(key, place) and all(each in proved for each in result)
            }
            if more == proved:
                return proved
            proved = more

    def hopeless(self) -> set[int]:
        """The states that are dead once everything is expanded; a step from a state to itself counts for nothing."""
        dead: set[int] = set()
        while True:
            more = {
                key
                for key, row in enumerate(self.table)
                if all(result is None or any(each in dead or each == key for each in result) for result in row)
            }
            if more == dead:
                return dead
            dead = more

    def replay(self, script: Sequence[str]) -> bool:
        """Does the script, as lines of text with blocks behind dots, close the root?"""
        lines = [line for step in script for line in step.split("\n")]
        return self._run(lines, (0,)) == ()

    def _run(self, lines: list[str], goals: tuple[int, ...]) -> tuple[int, ...]:
        while lines:
            assert goals, f"{lines[0]!r} comes after the last goal"
            if lines[0].startswith("· "):
                rest = next((place for place in range(1, len(lines)) if not lines[place].startswith("  ")), len(lines))
                block = [line[2:] for line in lines[:rest]]
                assert self._run(block, goals[:1]) == (), "a block leaves goals"
                lines, goals = lines[rest:], goals[1:]
                continue
            result = self.table[goals[0]][int(lines[0][1:])]
            assert result is not None, f"{lines[0]!r} is an error"
            lines, goals = lines[1:], result + goals[1:]
        return goals


def number(state: State) -> int:
    return int(state.hash[1:])


def explore(
    search: Search,
    world: World,
    *,
    expansions: int = 1000,
    batch: int = 1,
    chunk: int = 100,
    verify: Callable[[Proof], int | None] = lambda proof: None,
    blame: bool = True,
    score: Callable[[int], float] | None = None,
) -> Proof | None:
    """Drive a search as an attempt does, and check everything after every step.

    Args:
        verify: the place of the step for which a proof is refused; None accepts it, which ends the search.
        blame: is the search told the place?
        score: the critic's value of a state.
    """

    def refused() -> Proof | None:
        while (proof := search.proof()) is not None:
            assert world.replay(proof.script()), "the script proves nothing"
            assert sum(1 for _ in proof.steps()) == search.graph.root.size
            if (place := verify(proof)) is None:
                return proof
            world.drop(search.reject(proof, place if blame else None))
            check(search.graph)
        return None

    while len(world.order) < expansions and (nodes := search.ask(batch)):
        assert len({node.id for node in nodes}) == len(nodes) <= batch
        for node in nodes:
            if not search.graph.needed(node):
                search.put_back(node)
                continue
            world.order.append(number(node.state))
            candidates = search.untried(node, world.candidates(node))
            if not candidates:
                world.drop(search.tell(node, [], []))
            while candidates:
                outcomes = world.apply(node.state, candidates[:chunk])
                world.drop(search.tell(node, candidates, outcomes))
                check(search.graph)
                if (proof := refused()) is not None:
                    return proof
                if node.status == "proved":
                    break
                candidates = candidates[len(outcomes) :]
        if score is not None and (new := search.needs_scores()):
            search.score(new, [score(number(node.state)) for node in new])
    return None


def accounted(search: Search, world: World) -> None:
    """Every state but the root was given back, or is held."""
    held = [state.id for state in search.held()]
    assert len(set(held)) == len(held)
    assert not world.dropped & set(held), "a state was given back and is held"
    assert world.dropped | set(held) == set(range(2, world.handles + 1)), "a state was lost"


def grown(search: Search, world: World) -> dict[str, Any]:
    """What a golden file holds: the order of expansions, and the graph."""
    return {"order": world.order, "nodes": as_tree(search.graph)}


def random_world(seed: int, size: int, cases: bool = False, acyclic: bool = False) -> World:
    """Four tactics a state: errors, closed goals now and then, one, two or three goals."""
    dice = random.Random(seed)

    def result(key: int) -> Result:
        drawn = dice.random()
        if drawn < 0.4:
            return None
        if drawn < 0.5:
            return ()
        first = key + 1 if acyclic else 0
        if first >= size:
            return None
        return tuple(dice.randrange(first, size) for _ in range(1 if drawn < 0.75 else dice.randint(2, 3)))

    table = [[result(key) for _ in range(4)] for key in range(size)]
    weights = [[-round(dice.uniform(0.05, 4), 3) for _ in range(4)] for _ in range(size)]
    return World(table, lambda key, place: weights[key][place], cases)


def as_tree(graph: Graph) -> list[dict[str, Any]]:
    """The nodes as JSON values, in the order in which they were found, each with its edges."""
    return [
        {
            "id": node.id,
            "parent": node.parent.node.id if node.parent else None,
            "tactic": node.parent.tactic if node.parent else "",
            "logprob": round(node.logprob, 6),
            "depth": node.depth,
            "status": node.status,
            "score": node.score,
            "goals": list(node.state.goals),
            "edges": [
                {
                    "tactic": edge.tactic,
                    "logprob": round(edge.logprob, 6),
                    "children": [child.id for child in edge.children],
                    "status": "rejected" if edge.rejected else "alive" if edge.alive else "dead",
                }
                for edge in node.edges
            ],
        }
        for node in graph.nodes
    ]
