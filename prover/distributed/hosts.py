"""The actor in which attempts are made: a `LocalWorkplace` on some node of the cluster."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ray

from lean_env.errors import LeanNotFound
from prover.config import RunConfig
from prover.distributed.models import Servers, with_servers
from prover.events import Silent
from prover.interfaces import Attempt, Problem
from prover.method import Memory
from prover.ordering import Job
from prover.parts import Parts
from prover.prepare import start_folder
from prover.workplace import LocalWorkplace, Place

log = logging.getLogger("prover")

CLOSE_S = 10.0
"""Seconds that a host gets to end its workers by itself."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a host says of itself."""

    place: Place
    shares: Mapping[str, float]


class LeanHost:
    """Lean workers, slots and a policy on one node; opened when it is first asked, also after a restart.

    Args:
        config: that of the run, with the number of workers of this host.
        identity: the Lean that the run is made with. A node that has another is of no use.
        loaded: some of the run's problems, for their imports.
        servers: the models that run elsewhere.
    """

    def __init__(
        self,
        config: RunConfig,
        parts: Parts,
        identity: Mapping[str, object],
        loaded: Sequence[Problem],
        servers: Servers,
    ) -> None:
        _wait_for_own_children()
        self._config, self._identity, self._loaded = config, identity, loaded
        self._parts = with_servers(parts, servers)
        self._opening = asyncio.Lock()
        self._here: LocalWorkplace | None = None

    async def where(self) -> str:
        """The node that it runs on."""
        return f"{ray.util.get_node_ip_address()}/{ray.get_runtime_context().get_node_id()[:6]}"

    async def ready(self) -> int:
        """Open it; how many attempts can be under way at once.

        Raises:
            StepwiseError: there is no such Lean here, or it does not start, or a model cannot be loaded.
        """
        return (await self._open()).capacity

    async def attempt(self, job: Job, memory: Memory | None) -> tuple[Attempt, frozenset[tuple[str, str]]]:
        """Make an attempt. What it found out, beyond what it was told, comes back with it."""
        here = await self._open()
        known = memory.pairs() if memory is not None else frozenset()
        made = await here.attempt(job, memory)
        return made, memory.pairs() - known if memory is not None else frozenset()

    async def apart(self, problem: Problem) -> list[Problem]:
        """See `prover.workplace.Workplace.apart`."""
        return await (await self._open()).apart(problem)

    async def seen(self) -> Seen:
        """How it is doing."""
        name = await self.where()
        if self._here is None:
            return Seen(Place(name, "starting", 0, 0, 0, 0, 0, 0), {})
        (place,) = self._here.places()
        return Seen(replace(place, name=name), self._here.shares())

    async def close(self) -> None:
        """End everything that it started."""
        if self._here is not None:
            here, self._here = self._here, None
            await here.__aexit__(None, None, None)

    async def _open(self) -> LocalWorkplace:
        async with self._opening:
            if self._here is None:
                config = self._config
                start = start_folder(config.target)
                # What is missing here (the bundled Lean, say) is fetched once for all hosts of the node, under a lock
                toolchain = await asyncio.to_thread(
                    self._parts.resolve, config.lean, config.project, start, lambda line: log.info("%s", line)
                )
                if dict(toolchain.identity()) != dict(self._identity):
                    raise LeanNotFound(
                        f"The node {await self.where()} has another Lean than the run: {_short(toolchain.identity())}, "
                        f"not {_short(self._identity)}.",
                        "Set up the same Lean, and the same project, on every node of the cluster.",
                    )
                async with contextlib.AsyncExitStack() as stack:
                    here = LocalWorkplace(config, self._parts, toolchain, self._loaded, Silent())
                    await stack.enter_async_context(here)
                    await here.prepare(self._loaded)
                    stack.pop_all()
                self._here = here
            return self._here


def _wait_for_own_children() -> None:
    """Undo that this process ignores SIGCHLD, as it does where raylets reap what workers leave behind: the system then
    forgets how a child has ended, and every fresh Lean would seem to have failed."""
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        ctypes.CDLL(None).signal(int(signal.SIGCHLD), ctypes.c_void_p(0))  # this may not be the main thread


def _short(identity: Mapping[str, object]) -> str:
    return ", ".join(str(value) for value in identity.values() if value)
