"""What tells one search from another: the order in which open nodes are expanded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prover.search.node import Node


class Queue(Protocol):
    """An order of the open nodes. It need not know which of them are needed."""

    def push(self, nodes: Sequence[Node]) -> None:
        """Take in nodes that are open: new ones, and known ones that were moved or opened again."""
        ...

    def scored(self, nodes: Sequence[Node]) -> None:
        """Take in that a critic has scored the nodes."""
        ...

    def pop(self) -> Node | None:
        """The first of the open nodes; None when there is none left. The one that asks changes its stage before it
        asks again, or else does not want to see the node until it is pushed once more."""
        ...

    def unscored(self) -> list[Node]:
        """Nodes that were pushed since the last `pop` and that the order would like a critic to score."""
        ...
