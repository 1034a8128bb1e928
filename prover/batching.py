"""Requests that come one by one, from many attempts, and are answered in batches."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Batcher(Generic[Request, Answer]):
    """Collects requests and has them answered together.

    One batch runs at a time. Whatever comes meanwhile waits and makes the next batch, so under load batches fill by
    themselves; a request that finds nothing running waits at most `latency_s` for company.

    Args:
        answer: answers a batch: as many answers, in the same order. An exception goes to all who asked in that batch.
        most: requests in a batch at most.
        latency_s: how long the first request of a batch may wait for others when nothing is running, in seconds.
    """

    def __init__(
        self, answer: Callable[[Sequence[Request]], Awaitable[Sequence[Answer]]], *, most: int, latency_s: float = 0.01
    ) -> None:
        self._answer = answer
        self.most = most
        self.latency_s = latency_s
        self._waiting: deque[tuple[Request, asyncio.Future[Answer]]] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.batches = 0
        self.requests = 0
        self.busy_s = 0.0
        """Seconds in which a batch was being answered."""

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers, in order; they may come from several batches. Cancelling it takes back what still waits."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Answer]] = [loop.create_future() for _ in requests]
        self._waiting.extend(zip(requests, futures, strict=True))
        self._arrived.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        try:
            return list(await asyncio.gather(*futures))
        except BaseException:
            for future in futures:
                future.cancel()
            await asyncio.gather(*futures, return_exceptions=True)  # read what failed beside the first
            raise

    async def _work(self) -> None:
        idle = True
        while self._waiting:
            if idle and len(self._waiting) < self.most:
                await self._company()
            batch = self._next()
            if not batch:
                continue
            begun = time.monotonic()
            try:
                answers = await self._answer([request for request, _ in batch])
                if len(answers) != len(batch):
                    raise RuntimeError(f"{len(answers)} answers to {len(batch)} requests")
            except asyncio.CancelledError:
                for _, future in batch:
                    future.cancel()
                raise
            except BaseException as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(batch, answers, strict=True):
                    if not future.done():
                        future.set_result(answer)
            finally:
                self.busy_s += time.monotonic() - begun
                self.batches += 1
                self.requests += len(batch)
            idle = not self._waiting
            if idle:
                await asyncio.sleep(0)  # those who were just answered may ask again at once

    async def _company(self) -> None:
        """Wait until a batch is full, or the time for that is over."""
        until = time.monotonic() + self.latency_s
        while len(self._waiting) < self.most and (left := until - time.monotonic()) > 0:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                return

    def _next(self) -> list[tuple[Request, asyncio.Future[Answer]]]:
        batch: list[tuple[Request, asyncio.Future[Answer]]] = []
        while self._waiting and len(batch) < self.most:
            request, future = self._waiting.popleft()
            if not future.done():
                batch.append((request, future))
        return batch
