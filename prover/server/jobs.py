"""Proof jobs of the HTTP API: they wait for their turn, run, can be watched and cancelled, and are kept for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from lean_env.errors import StepwiseError
from prover.interfaces import Attempt
from prover.search.graph import Graph
from prover.search.node import Node
from prover.service import Ask, Service

log = logging.getLogger(__name__)

JobState = Literal["waiting", "running", "done", "cancelled", "failed"]
ENDED: frozenset[JobState] = frozenset({"done", "cancelled", "failed"})
MOST_WAITING = 64
"""Jobs that may wait for their turn; more are turned away."""
MOST_KEPT = 256
"""Ended jobs that are kept; then the oldest are forgotten."""
MOST_NODES = 2_000
"""Nodes of a search tree that are shown; what is found after these is searched, but not shown."""
PULSE_S = 10.0
"""Seconds after which a watched job without news says that it is still there."""


class Busy(StepwiseError):
    """No more jobs are taken for now."""


@dataclass(slots=True)
class Job:
    """One statement that a client asked to have proved."""

    id: str
    ask: Ask
    state: JobState = "waiting"
    attempt: Attempt | None = None
    error: str = ""
    created: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    nodes: dict[int, dict[str, Any]] = field(default_factory=dict)
    """The search tree: each node with the revision in which it last changed."""
    revision: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None

    def as_json(self) -> dict[str, Any]:
        """What the API says of the job."""
        record: dict[str, Any] = {
            "id": self.id,
            "state": self.state,
            "statement": self.ask.statement,
            "created": self.created,
            "result": None,
            "error": self.error,
        }
        if self.attempt is not None:
            made = self.attempt
            record["result"] = {
                "verdict": made.result,
                "stop": made.stop,
                "tactics": list(made.tactics),
                "proof": made.text,
                "axioms": list(made.axioms),
                "error": made.error,
                "usage": asdict(made.usage),
            }
        return record


class Jobs:
    """The jobs of one server, as many at once as Lean has slots.

    Args:
        most_running: jobs under way at once.
    """

    def __init__(self, service: Service, *, most_running: int) -> None:
        self._service = service
        self._turns = asyncio.Semaphore(most_running)
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def submit(self, ask: Ask) -> Job:
        """Take a job.

        Raises:
            Busy: too many wait already.
        """
        if sum(job.state == "waiting" for job in self._jobs.values()) >= MOST_WAITING:
            raise Busy("Too many jobs are waiting.", "Ask again later.")
        job = Job(secrets.token_urlsafe(9), ask)
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))
        self._forget()
        return job

    def get(self, id: str) -> Job | None:
        """The job of that name, unless it is forgotten."""
        return self._jobs.get(id)

    def all(self) -> list[Job]:
        """The jobs that are known, the newest first."""
        return list(reversed(self._jobs.values()))

    async def cancel(self, job: Job) -> None:
        """End a job that has not ended yet, and wait until its worker is free."""
        if job.task is not None and not job.task.done():
            job.task.cancel()
            await asyncio.wait({job.task})
            if job.state not in ENDED:  # it had not begun
                await self._become(job, "cancelled")

    async def close(self) -> None:
        """Cancel what is under way."""
        for job in list(self._jobs.values()):
            await self.cancel(job)

    async def watch(self, job: Job) -> AsyncIterator[dict[str, Any]]:
        """The job's state and new nodes, as they come, until it has ended."""
        seen = -1
        while True:
            nodes = [node for node in job.nodes.values() if node["revision"] > seen]
            ended = job.state in ENDED
            seen = job.revision
            yield {"state": job.state, "nodes": nodes, "job": job.as_json() if ended else None}
            if ended:
                return
            async with job.changed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(
                        job.changed.wait_for(lambda: job.revision > seen or job.state in ENDED),  # noqa: B023
                        PULSE_S,
                    )

    async def _run(self, job: Job) -> None:
        try:
            async with self._turns:
                await self._become(job, "running")
                job.attempt = await self._service.prove(job.ask, watch=lambda graph: self._saw(job, graph))
            await self._become(job, "done")
        except asyncio.CancelledError:
            await self._become(job, "cancelled")
        except StepwiseError as error:
            job.error = f"{error.message} {error.hint}".strip()
            await self._become(job, "failed")
        except Exception as error:
            log.exception("job %s", job.id)
            job.error = f"Something unexpected happened: {type(error).__name__}."
            await self._become(job, "failed")

    async def _become(self, job: Job, state: JobState) -> None:
        job.state = state
        job.revision += 1
        async with job.changed:
            job.changed.notify_all()

    def _saw(self, job: Job, graph: Graph) -> None:
        job.revision += 1
        for node in graph.nodes[:MOST_NODES]:
            status = node.status
            known = job.nodes.get(node.id)
            parent = node.parent.node.id if node.parent else None
            if known is None or known["status"] != status or known["parent"] != parent:
                job.nodes[node.id] = _as_json(node, job.revision)
        asyncio.get_running_loop().create_task(_notify(job))

    def _forget(self) -> None:
        ended = [id for id, job in self._jobs.items() if job.state in ENDED]
        for id in ended[: max(0, len(ended) - MOST_KEPT)]:
            del self._jobs[id]


async def _notify(job: Job) -> None:
    async with job.changed:
        job.changed.notify_all()


def _as_json(node: Node, revision: int) -> dict[str, Any]:
    return {
        "id": node.id,
        "parent": node.parent.node.id if node.parent else None,
        "tactic": node.parent.tactic if node.parent else "",
        "closes": node.proof.tactic if node.proof is not None and not node.proof.children else "",
        "status": node.status,
        "depth": node.depth,
        "logprob": round(node.logprob, 3),
        "goals": list(node.state.goals),
        "revision": revision,
    }
