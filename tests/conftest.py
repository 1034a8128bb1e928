"""What all tests share: one real Lean for the whole session, and the benchmark data where it is on disk."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from lean_env.pool import Pool
from lean_env.toolchain import Toolchain

# Machines are shared and slow at times: what is tested is what is found, not how fast
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell that starts this in the background has it ignore Ctrl-C, and so would every process that the tests start
signal.signal(signal.SIGINT, signal.default_int_handler)
for ignored in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.SIG_DFL)


@pytest.fixture(scope="session")
def bundled() -> Toolchain:
    """The bundled Lean, fetched at its first use."""
    from lean_env.toolchain import resolve

    return resolve("bundled")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lean(bundled: Toolchain) -> AsyncIterator[Pool]:
    """One worker on a real Lean, shared by every test that asks for it. A start takes 25 s."""
    async with Pool(bundled, workers=1, slots=4) as pool:
        yield pool


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """A folder with checkouts of miniF2F, Lean-Workbook and ProofNet."""
    named = os.environ.get("STEPWISE_TEST_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no benchmark data on disk: set STEPWISE_TEST_DATA to a folder with the checkouts")
    return folder
