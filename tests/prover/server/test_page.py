"""The page, in a headless Chromium, on a real Lean."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lean_env.pool import Pool
from lean_env.toolchain import Toolchain
from prover.server.app import make_app
from prover.server.guard import LOOPBACK, Guard
from tests.prover.test_service import on

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.lean,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH"),
]
STATEMENT = "theorem both (p q r : Prop) (h : p ∨ q) (hp : p → r) (hq : q → r) : r ∧ (q ∨ p) := by sorry"


@pytest_asyncio.fixture(loop_scope="session")
async def address(lean: Pool, bundled: Toolchain) -> AsyncIterator[str]:
    """A server on a free port."""
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    app = Guard(make_app(on(lean, bundled)), token="secret", hosts=LOOPBACK)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    await serving


async def test_a_statement_is_pasted_its_search_grows_and_its_proof_can_be_copied(address: str) -> None:
    from playwright.async_api import async_playwright, expect

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(address)
        await expect(page.locator("#lean")).to_contain_text("token")
        await page.fill("#token", "secret")
        await page.dispatch_event("#token", "change")
        await expect(page.locator("#lean")).to_contain_text("bundled Lean")
        await page.fill("#statement", STATEMENT)
        await page.click("#go")
        await expect(page.locator("#verdict")).to_contain_text("proved, and verified", timeout=120_000)
        assert await page.locator("#tree .node.proved").count() >= 1
        await page.locator("#tree .node circle").first.click()
        await expect(page.locator("#state")).to_contain_text("⊢ r ∧ (q ∨ p)")
        await page.click("#next")
        await page.click("#copy")
        await expect(page.locator("#copy")).to_have_text("Copied")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("theorem both") and "sorry" not in copied
        await page.fill("#statement", "theorem bad : nonsense := by sorry")
        await page.click("#go")
        await expect(page.locator("#verdict")).to_contain_text("Lean rejects the statement", timeout=60_000)
        await browser.close()
    assert wrong == []
