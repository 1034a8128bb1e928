"""What is read off a search: a proof as a script, the path to a node, and the whole graph as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.search.node import Edge, Node

if TYPE_CHECKING:
    pass

Step = tuple[str, int]
"""A tactic, and how many goals it leaves; the steps that prove these come after it, in order."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that the search found: a tree of steps, which verification has not seen yet."""

    edges: tuple[Edge, ...]
    """The steps in the order of the script: a step, then the proof of each of its goals."""

    def steps(self) -> list[tuple[Node, str]]:
        """Each step as the node on which the tactic is run, and the tactic as it was proposed."""
        return [(edge.node, edge.tactic) for edge in self.edges]

    def shape(self) -> tuple[Step, ...]:
        """Each step as the tactic as it is written, and how many goals it leaves."""
        return tuple((edge.written, len(edge.children)) for edge in self.edges)

    def script(self) -> tuple[str, ...]:
        """The tactics at top level; see `script_of`."""
        return script_of(self.shape())


def script_of(steps: Sequence[Step]) -> tuple[str, ...]:
    """The tactics at top level. Where a tactic leaves several goals, the proof of each is one block of lines behind a
    `· `, set in by two columns; further lines of a tactic are set in with its first."""
    blocks: list[list[str]] = []
    goals = [(0, "")]  # the next goals, the first one last: the column of its tactics, and the dot before them
    for step, left in steps:
        column, dot = goals.pop()
        tactic = step.strip("\n").rstrip()
        pad = " " * column
        text = "\n".join(pad + line if line else line for line in tactic.split("\n"))
        if dot:
            text = pad[2:] + dot + text[column:]
        if column == 0 or (dot and column == 2):
            blocks.append([])
        blocks[-1].append(text)
        goals.extend((column + 2, "· ") if left > 1 else (column, "") for _ in range(left))
    return tuple("\n".join(lines) for lines in blocks)


def extract(node: Node) -> Proof:
    """The shortest known proof of a proved node."""
    edges: list[Edge] = []
    stack = [node]
    while stack:
        edge = stack.pop().proof
        assert edge is not None, "extract is for proved nodes"
        edges.append(edge)
        stack.extend(reversed(edge.children))
    return Proof(tuple(edges))


def tactics(node: Node) -> tuple[str, ...]:
    """The tactics on the cheapest known path from the root to the node, in order. What closes the goals beside the
    path is not among them."""
    path = []
    at = node
    while at.parent is not None:
        path.append(at.parent.tactic)
        at = at.parent.node
    return tuple(reversed(path))
