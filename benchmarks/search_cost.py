"""What a search itself costs, without Lean and without a policy: time an expansion, and memory a node.

    python -m benchmarks.search_cost [--search NAME]... [--nodes 10000,100000,1000000] [--json]

An expansion is `ask`, `untried`, `tell` (and `score`, where the search asks for scores) of 34 tactics: 28 lead to a
new goal, 2 to two new goals each, and 4 to goals that are known, from anywhere in the graph, half of them by a cheaper
path. On every tenth node all tactics fail, so that goals die and their siblings are skipped; such expansions are
counted in the time of those that make 32 nodes. Goals are strings of 150 characters.

Times are of the CPU, the mean over the last fifth of the way to each size. Machines are shared and noisy, so each is
also given as a multiple of a plain loop, timed right after it at the same size, that puts 32 new keys into a dict and
32 tuples into a heap and takes one out. Bytes are what the process grew by (RSS) for a node with its edges, its state
with goals and hash, its tactic and its place in the queue.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil

from lean_env.protocol import Outcome, State
from prover.interfaces import Candidate
from prover.search import SEARCHES, Node, Search, make

FRESH, SPLITS, REPEATS = 28, 2, 4
ROUND = FRESH + 2 * SPLITS
GOAL = "a b c : Nat\nh₀ : a + b = c\nh₁ : b * c ≤ a ^ 2\nh₂ : ∀ x, x < a → x + b < c + a\n⊢ a * b + {:>9} ≤ a ^ 3"


@dataclass(slots=True)
class World:
    """Makes up what tactics do."""

    dice: random.Random
    states: int = 0

    def state(self) -> State:
        self.states += 1
        return State(
            self.states, (GOAL.format(self.states).ljust(150),), f"{self.states * 0x9E3779B97F4A7C15:024x}"[-24:]
        )

    def again(self, nodes: list[Node]) -> State:
        self.states += 1
        known = nodes[self.dice.randrange(1, len(nodes))].state
        return State(self.states, known.goals, known.hash)

    def expansion(self, nodes: list[Node]) -> tuple[list[Candidate], list[Outcome]]:
        dice = self.dice
        fails = len(nodes) > 1 and dice.random() < 0.1
        candidates, outcomes = [], []
        for place in range(FRESH + SPLITS + REPEATS):
            candidates.append(Candidate(f"simp [lemma_{dice.getrandbits(40)}]", -0.2 - 6 * dice.random()))
            if fails:
                outcomes.append(Outcome("error", (), "no", 1.0))
            elif place < FRESH:
                outcomes.append(Outcome("open", (self.state(),), "", 1.0))
            elif place < FRESH + SPLITS:
                outcomes.append(Outcome("open", (self.state(), self.state()), "", 1.0))
            elif len(nodes) > 1:
                outcomes.append(Outcome("open", (self.again(nodes),), "", 1.0))
            else:
                outcomes.append(Outcome("error", (), "no", 1.0))
        return candidates, outcomes


class Plain:
    """The loop that times are compared with."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.heap: list[tuple[float, int]] = []

    def round(self, keys: list[str], ranks: list[float]) -> None:
        for key, rank in zip(keys, ranks, strict=True):
            self.seen[key] = len(self.seen)
            heapq.heappush(self.heap, (rank, len(self.seen)))
        heapq.heappop(self.heap)


def expand(search: Search, world: World) -> float:
    """One expansion; returns the seconds that the search took."""
    begun = time.thread_time()
    nodes = search.ask(1)
    taken = time.thread_time() - begun
    for node in nodes:
        candidates, outcomes = world.expansion(search.graph.nodes)
        begun = time.thread_time()
        untried = search.untried(node, candidates)
        search.tell(node, untried, outcomes)
        new = search.needs_scores()
        taken += time.thread_time() - begun
        values = [world.dice.random() for _ in new]
        if values:
            begun = time.thread_time()
            search.score(new, values)
            taken += time.thread_time() - begun
    return taken


def measure(name: str, sizes: list[int]) -> list[dict[str, Any]]:
    """The figures of one search at each size, in this process."""
    process = psutil.Process()
    dice = random.Random(1)
    world = World(dice)
    plain = Plain()
    gc.collect()
    before = process.memory_info().rss
    search = make(name, world.state(), expansions=sizes[-1] // ROUND)
    graph = search.graph
    rows = []
    for size in sizes:
        start = size * 4 // 5
        while len(graph.nodes) < start:
            expand(search, world)
        taken, first = 0.0, len(graph.nodes)
        while len(graph.nodes) < size:
            taken += expand(search, world)
        us = 1e6 * taken / (len(graph.nodes) - first) * ROUND
        grown = process.memory_info().rss - before
        us_plain = 1e6 * _plain(plain, dice, size)
        before += process.memory_info().rss - before - grown
        rows.append(
            {
                "search": name,
                "nodes": len(graph.nodes),
                "expansions": graph.expansions,
                "us_an_expansion": us,
                "us_plain": us_plain,
                "times_plain": us / us_plain,
                "bytes_a_node": grown / len(graph.nodes),
                "depth": max(node.depth for node in graph.nodes),
                "open": sum(node.stage == "open" for node in graph.nodes),
            }
        )
    return rows


def _plain(plain: Plain, dice: random.Random, size: int) -> float:
    """Grow the plain loop to that size; seconds a round."""
    taken, rounds = 0.0, 0
    while len(plain.seen) < size:
        keys = [f"{dice.getrandbits(96):024x}" for _ in range(ROUND)]
        ranks = [dice.random() for _ in range(ROUND)]
        begun = time.thread_time()
        plain.round(keys, ranks)
        if len(plain.seen) > size * 4 // 5:
            taken += time.thread_time() - begun
            rounds += 1
    return taken / rounds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--search", action="append", choices=SEARCHES)
    parser.add_argument("--nodes", default="10000,100000,1000000")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = sorted(int(size) for size in options.nodes.split(","))
    names = options.search or list(SEARCHES)
    if options.here:
        print(json.dumps(measure(names[0], sizes)))
        return
    rows: list[dict[str, Any]] = []
    for name in names:
        # A process of its own each, or the memory of one search would be counted as the next one's
        command = [sys.executable, __file__, "--here", "--search", name, "--nodes", options.nodes]
        rows += json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'search':20}{'nodes':>9}{'µs an expansion':>17}{'x plain loop':>14}{'bytes a node':>14}{'depth':>7}")
    for row in rows:
        print(
            f"{row['search']:20}{row['nodes']:9}{row['us_an_expansion']:17.0f}{row['times_plain']:14.1f}"
            f"{row['bytes_a_node']:14.0f}{row['depth']:7}"
        )


if __name__ == "__main__":
    main()
