"""The driver's books: its hosts, the attempts that are under way, and where."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field

from prover.distributed.models import Handle
from prover.interfaces import Attempt
from prover.method import Memory
from prover.ordering import Job
from prover.workplace import Place


@dataclass(eq=False, slots=True)
class Host:
    """An actor, wherever it is at the moment."""

    handle: Handle
    place: Place
    flying: set[Copy] = field(default_factory=set)

    @property
    def most(self) -> int:
        """Attempts that it may have: its slots, and a few that wait there, so that no slot waits for the driver."""
        return self.place.slots + math.ceil(self.place.slots / 8) if self.place.state == "working" else 0

    @property
    def room(self) -> int:
        """How many more it may have."""
        return self.most - len(self.flying)

    @property
    def idle(self) -> int:
        """Slots that have nothing to do."""
        return self.place.slots - len(self.flying) if self.place.state == "working" else 0


@dataclass(eq=False, slots=True)
class Flight:
    """An attempt that is under way, in one copy or in two."""

    job: Job
    memory: Memory | None
    verdict: asyncio.Future[Attempt]
    began: float
    copies: set[Copy] = field(default_factory=set)
    lost: int = 0
    """Copies whose host was lost, again and again."""


@dataclass(eq=False, slots=True)
class Copy:
    """One of an attempt's copies, on one host."""

    flight: Flight
    host: Host
    began: float
    task: asyncio.Task[None] | None = None
