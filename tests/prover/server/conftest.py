"""A server on fakes, spoken to without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

import httpx
import pytest
from fastapi import FastAPI

from lean_env.toolchain import Toolchain
from prover.config import RunConfig
from prover.server.app import make_app
from prover.server.guard import LOOPBACK, Guard
from prover.service import Service
from tests.prover.fakes import World

Served = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


def fake_app(world: World) -> FastAPI:
    """The application, on a Lean that is not there."""
    return make_app(Service(RunConfig("a server"), cast("Toolchain", world.toolchain), world.parts()))


@pytest.fixture
def served() -> Served:
    """A client of a server on these fakes, as `async with served(world)`."""

    @asynccontextmanager
    async def serve(world: World, *, token: str = "", most: int = 64) -> AsyncIterator[httpx.AsyncClient]:
        app = fake_app(world)
        guard = Guard(app, token=token, hosts=LOOPBACK, most_at_once=most)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=guard)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8642") as client:
                yield client

    return serve
