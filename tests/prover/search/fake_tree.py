"""A seeded world for searches: what a tactic does to a state follows from the two and the seed alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search import Search
from prover.search.graph import Graph
from prover.search.invariants import check

WORDS = ("simp", "omega", "intro h", "cases h", "constructor", "rw [h]", "induction n", "grind")


@dataclass
class World:
    """States are numbers below `size`, written as goals; one in `proofs` steps leaves none."""

    seed: int
    size: int = 40
    proofs: int = 60
    handles: int = 0

    def state(self, value: int | None) -> State:
        self.handles += 1
        if value is None:
            return State(self.handles, (), "done")
        goals = tuple(f"⊢ goal {value}.{part}" for part in range(1 + value % 3))
        return State(self.handles, goals, f"hash {value}")

    def candidates(self, state: State) -> list[Candidate]:
        dice = random.Random(f"{self.seed}|{state.goals}")
        words = dice.sample(WORDS, 4)
        return sorted((Candidate(word, -round(dice.uniform(0.1, 3), 3)) for word in words), key=lambda c: -c.logprob)

    def outcome(self, state: State, tactic: str) -> Outcome:
        dice = random.Random(f"{self.seed}|{state.goals}|{tactic}")
        if dice.randrange(self.proofs) == 0:
            return Outcome("proved", self.state(None), "", 1.0)
        if dice.random() < 0.5:
            return Outcome("error", None, "no", 1.0)
        return Outcome("open", self.state(dice.randrange(self.size)), "", 1.0)

    def apply(self, state: State, candidates: list[Candidate]) -> list[Outcome]:
        outcomes = []
        for candidate in candidates:
            outcomes.append(self.outcome(state, candidate.tactic))
            if outcomes[-1].kind == "proved":
                break
        return outcomes


def explore(search: Search, world: World, expansions: int, refuse: bool) -> tuple[list[int], set[int]]:
    """Drive a search; gives the order of expansion and the handles that it dropped. Proofs are refused, or end it."""
    order: list[int] = []
    dropped: set[int] = set()

    def drop(states: list[State]) -> None:
        for state in states:
            assert state.id not in dropped, f"state {state.id} was dropped twice"
            dropped.add(state.id)

    while len(order) < expansions and (nodes := search.ask(1)):
        node = nodes[0]
        order.append(node.id)
        candidates = search.untried(node, world.candidates(node.state))
        while True:
            outcomes = world.apply(node.state, candidates)
            found = len(search.graph.nodes)
            drop(search.tell(node, candidates, outcomes))
            check(search.graph)
            leaves = [each for each in search.graph.nodes[found:] if each.status == "proved"]
            if leaves and not refuse:
                return order, dropped
            for leaf in leaves:
                drop(search.mark_rejected(leaf))
                check(search.graph)
            candidates = candidates[len(outcomes) :]
            if not candidates:
                break
    return order, dropped


def held(graph: Graph) -> set[int]:
    """The handles that a search still needs."""
    return {node.state.id for node in graph.nodes if node.status in ("open", "asked")}
