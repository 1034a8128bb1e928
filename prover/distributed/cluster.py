"""A run's workplace on a Ray cluster: hosts that come and go, and the attempts that they have under way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import ray
from ray.exceptions import ActorDiedError, RayError, RayTaskError

from lean_env.errors import (
    BundleError,
    DataError,
    LeanNotFound,
    PolicyError,
    StepwiseError,
    UsageError,
    WorkerStartError,
)
from lean_env.footprint import footprint
from prover.config import RunConfig
from prover.distributed.flights import Copy, Flight, Host
from prover.distributed.hosts import CLOSE_S, LeanHost, Seen
from prover.distributed.joining import connect, shape
from prover.distributed.metrics import Metrics
from prover.distributed.models import Servers, serve
from prover.events import Events
from prover.interfaces import Attempt, Problem
from prover.method import Memory
from prover.ordering import Job
from prover.parts import Parts
from prover.workplace import Place, failed, seed_for

if TYPE_CHECKING:
    from lean_env.toolchain import Toolchain

log = logging.getLogger("prover")

LOOK_S = 2.0
"""Seconds between two looks at a host."""
AWAY_S = 20.0
"""A host that says nothing for so long is away: it gets nothing new, and others do what it has under way."""
SLOW_S = 5.0
"""At the end of a run, an attempt that has taken twice the usual time, and at least this, is made elsewhere as well."""
OVERDUE_S = 900.0
"""Seconds beyond twice its time limit after which an attempt's host is started again: verifications, and a start of
Lean, are not in that limit."""
RETRIES = 3
"""How often Ray repeats an attempt whose host was lost, and how often we then turn to another host; an attempt that has
lost more than that may be the reason."""

# What says, from one host, that the run as a whole cannot go on
_FATAL = (UsageError, DataError, PolicyError)


class Cluster:
    """Hosts on a Ray cluster (`prover.workplace.Workplace`).

    Args:
        loaded: the problems as the target names them.
        changed: called when there may be more room.
    """

    def __init__(
        self,
        config: RunConfig,
        parts: Parts,
        toolchain: Toolchain,
        loaded: Sequence[Problem],
        events: Events,
        changed: Callable[[], None],
    ) -> None:
        self.config, self.parts, self.toolchain = config, parts, toolchain
        self.loaded, self.events, self._changed = loaded, events, changed
        self._hosts: list[Host] = []
        self._flights: dict[Flight, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers = Servers()
        self._room = asyncio.Event()
        self._shares: dict[Host, Seen] = {}
        self._took_s: deque[float] = deque([SLOW_S], maxlen=200)
        self._wanted = math.inf
        """Attempts that are left at most."""
        self._last = False
        self._faults: list[StepwiseError] = []
        self._ours = False
        self._asked: dict[str, Any] = {}
        self._metrics: Metrics | None = None

    # -- Workplace

    @property
    def capacity(self) -> int:
        """Attempts that the hosts that answer can have at once, with those that wait there for a slot."""
        return sum(host.most for host in self._hosts)

    @property
    def workers(self) -> int:
        """Lean workers."""
        return sum(place.workers for place in self.places())

    @property
    def busy(self) -> int:
        """Workers that have something to do, as of the last look."""
        return sum(place.busy for place in self.places())

    async def __aenter__(self) -> Self:
        """Join the cluster, or start one here, and wait until the first host is ready."""
        self._ours = connect(self.config.ray or "auto")
        try:
            workers = shape(ray.nodes(), footprint(self.toolchain).expected, self.config.workers)
            self._asked = {"num_cpus": workers, "memory": workers * footprint(self.toolchain).expected}
            self._host_config = replace(self.config, workers=workers, ray=None, hours=None)
            self._servers = serve(self.config)
            self._metrics = Metrics(self.config.folder().name)
            self.events.lean(self)
            self._wanted = len(self.loaded) * self.config.budget.passes
            self._grow()
            self._spawn(self._watch())
            began = time.monotonic()
            while not self.capacity:
                if self._faults and not any(host.place.state == "starting" for host in self._hosts):
                    raise self._faults[0]
                if time.monotonic() - began > 30:
                    need = f"{workers} CPUs and {self._asked['memory'] / 2**30:.1f} GiB"
                    self.events.note(f"waiting for the first host, which needs a node with {need} (see `ray status`)")
                    began = math.inf
                self._room.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._room.wait()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        closing = asyncio.gather(
            *(host.handle.close.remote() for host in self._hosts if host.place.workers), return_exceptions=True
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await closing
        for handle in (*(host.handle for host in self._hosts), *(server.handle for server in self._servers.all)):
            with contextlib.suppress(Exception):
                ray.kill(handle)
        self._hosts.clear()
        if self._ours:
            ray.shutdown()

    async def prepare(self, problems: Sequence[Problem]) -> None:
        """Load the models that have servers of their own; hosts have loaded theirs when they are ready."""
        self._wanted = len(problems) * self.config.budget.passes
        self._grow()
        try:
            await asyncio.gather(*(server.handle.load.remote() for server in self._servers.one_of_each))
        except RayTaskError as error:
            raise error.cause from None

    async def apart(self, problem: Problem) -> list[Problem]:
        """See `prover.workplace.Workplace.apart`."""
        try:
            found: list[Problem] = await (await self._freest(set())).handle.apart.remote(problem)
            return found
        except RayTaskError as error:
            raise error.cause from None

    async def attempt(self, job: Job, memory: Memory | None) -> Attempt:
        """Make an attempt on the host with the most room. The first verdict counts, whoever makes it."""
        self._last = False
        loop = asyncio.get_running_loop()
        flight = Flight(job, memory, loop.create_future(), time.monotonic())
        self._flights[flight] = None
        try:
            self._fly(flight, await self._freest(set()))
            made = await flight.verdict
            self._took_s.append(time.monotonic() - flight.began)
            if self._metrics is not None:
                self._metrics.ended(made)
            return made
        finally:
            del self._flights[flight]
            for copy in list(flight.copies):
                if copy.task is not None:
                    copy.task.cancel()

    def last(self) -> None:
        """From now on hosts with room make again what takes long elsewhere; no more hosts are waited for."""
        self._last = True

    def shares(self) -> dict[str, float]:
        """How busy Lean and the hosts' models are, as the hosts last said, by their workers."""
        said = [(seen.place.workers, seen.shares) for seen in self._shares.values() if seen.place.workers]
        names = {name: None for _, shares in said for name in shares}
        workers = sum(count for count, _ in said)
        return {name: sum(count * shares.get(name, 0.0) for count, shares in said) / workers for name in names}

    def places(self) -> list[Place]:
        """The hosts, those that wait for a node among them."""
        return [replace(host.place, flying=len(host.flying)) for host in self._hosts]

    # -- attempts

    async def _freest(self, not_on: set[str]) -> Host:
        """The host with the most room, once there is one."""
        while True:
            host = self._roomiest(not_on)
            if host is not None:
                return host
            self._room.clear()
            await self._room.wait()

    def _roomiest(self, not_on: set[str]) -> Host | None:
        free = [host for host in self._hosts if host.room > 0 and host.place.name not in not_on]
        return max(free, key=lambda host: host.room / host.most, default=None)

    def _fly(self, flight: Flight, host: Host) -> None:
        copy = Copy(flight, host, time.monotonic())
        host.flying.add(copy)
        flight.copies.add(copy)
        copy.task = self._spawn(self._copy(copy))

    async def _copy(self, copy: Copy) -> None:
        """See one copy of an attempt to its end."""
        flight, host = copy.flight, copy.host
        ref = host.handle.attempt.remote(flight.job, flight.memory)
        made: Attempt | None = None
        fault: BaseException | None = None
        learned: frozenset[tuple[str, str]] = frozenset()
        try:
            made, learned = await ref
        except asyncio.CancelledError:
            ray.cancel(ref)
            raise
        except RayTaskError as error:
            fault = error.cause
        except RayError as error:
            fault = error
        finally:
            host.flying.discard(copy)
            flight.copies.discard(copy)
            self._room.set()
            self._changed()
        if flight.verdict.done():
            return
        if isinstance(fault, _FATAL):
            flight.verdict.set_exception(fault)
            return
        if fault is not None:
            # The node or the Lean failed, not the attempt: elsewhere it may succeed
            elsewhere = isinstance(fault, RayError | LeanNotFound | BundleError | WorkerStartError)
            if elsewhere and not flight.copies and flight.lost < RETRIES:
                flight.lost += 1
                await asyncio.sleep(LOOK_S)  # by then it is known that the host is gone
                self._fly(flight, await self._freest(set()))
                return
            seed = seed_for(self.config.seed, *flight.job.key)
            made = failed(flight.job, seed, fault)
        assert made is not None
        if made.result == "error" and flight.copies:
            return  # another copy may still come to something
        for state_hash, tactic in learned:
            if flight.memory is not None:
                flight.memory.fails(state_hash, tactic)
        flight.verdict.set_result(made)

    # -- hosts

    def _grow(self) -> None:
        """Have a few hosts wait for a place, as long as there is work for them."""
        slots = self._host_config.slots * (self._host_config.workers or 1)
        most = math.ceil(self._wanted / slots)
        if self.config.workers is not None:
            most = min(most, self.config.workers // (self._host_config.workers or 1))
        placed = sum(host.place.state != "waiting" for host in self._hosts)
        waiting = len(self._hosts) - placed
        if self._last or len(self._faults) > 2 + placed:
            return
        for _ in range(min(most - len(self._hosts), max(2, placed // 2) - waiting)):
            # A few statements will do: they are asked for their imports, and how many workers to start at once
            some = tuple(self.loaded[: self._host_config.workers])
            identity = dict(self.toolchain.identity())
            handle = (
                ray.remote(LeanHost)
                .options(
                    max_restarts=-1,
                    max_task_retries=RETRIES,
                    max_concurrency=slots + 16,
                    scheduling_strategy="SPREAD",
                    enable_task_events=False,
                    **self._asked,
                )
                .remote(self._host_config, self.parts, identity, some, self._servers)
            )
            host = Host(handle, Place("no node yet", "waiting", 0, 0, 0, 0, 0, 0))
            self._hosts.append(host)
            self._spawn(self._tend(host))

    async def _tend(self, host: Host) -> None:
        """Follow a host from its first place on."""
        try:
            name = await host.handle.where.remote()
            host.place = replace(host.place, name=name, state="starting")
            self._grow()
            while True:
                await host.handle.ready.remote()
                while await self._look(host):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)
        except RayTaskError as error:
            cause = error.cause
            log.debug("a host failed", exc_info=error)
            self._faults.append(
                cause if isinstance(cause, StepwiseError) else WorkerStartError(f"A host failed: {cause!r}.")
            )
        except RayError as error:
            self._faults.append(WorkerStartError(f"A host was lost: {' '.join(str(error).split())[:300]}."))
        self._hosts.remove(host)
        self._shares.pop(host, None)
        with contextlib.suppress(Exception):
            ray.kill(host.handle)
        self._grow()
        self._room.set()

    async def _look(self, host: Host) -> bool:
        """How a host is doing. False where it has to be opened again, since Ray has started it again.

        Raises:
            ActorDiedError: it will not come back.
        """
        before = host.place.state
        try:
            async with asyncio.timeout(AWAY_S):  # and not `wait_for`, which may swallow that this task is cancelled
                seen: Seen = await host.handle.seen.options(max_task_retries=0).remote()
        except ActorDiedError:
            raise
        except (TimeoutError, RayError):
            host.place = replace(host.place, state="away", busy=0)
        else:
            if seen.place.workers:
                host.place = seen.place
                self._shares[host] = seen
            else:
                host.place = replace(host.place, name=seen.place.name, state="starting", busy=0)
        if host.place.state != before:
            self._room.set()
            self._changed()
            self._grow()
        return host.place.state != "starting"

    async def _watch(self) -> None:
        """See to attempts that are late."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            usual = statistics.median(self._took_s)
            for flight in list(self._flights):
                self._help(flight, now, usual)
            if self._metrics is not None:
                self._metrics.look(self.places(), len(self._flights))

    def _help(self, flight: Flight, now: float, usual: float) -> None:
        """Make an attempt elsewhere as well where its host is away or, at the end of the run, slow; end a host on which
        it is overdue, so that Ray starts it again and repeats what it had."""
        limit = 2 * self.config.timeout_s * flight.job.share + OVERDUE_S
        for copy in flight.copies:
            if now - copy.began > limit:
                log.info("%s is overdue on %s, which is started again", flight.job.key, copy.host.place.name)
                copy.began = now
                ray.kill(copy.host.handle, no_restart=False)
        if len(flight.copies) != 1:
            return
        (copy,) = flight.copies
        late = self._last and (copy.host.idle < 0 or now - copy.began > max(SLOW_S, 2 * usual))
        if late or copy.host.place.state != "working":
            elsewhere = self._roomiest({copy.host.place.name})
            if elsewhere is not None and elsewhere.idle > 0:
                self._fly(flight, elsewhere)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
