"""The MCP server, asked by the official client."""

from __future__ import annotations

import json
import sys
from typing import Any, cast

import mcp
import pytest

from lean_env.pool import Pool
from lean_env.toolchain import Toolchain
from prover.config import RunConfig
from prover.mcp_server import make_server
from prover.service import Service
from tests.prover.fakes import World
from tests.prover.test_service import on

EASY = "theorem easy : True := by sorry"


def server(world: World) -> Any:
    return make_server(Service(RunConfig("a server"), cast("Toolchain", world.toolchain), world.parts()))


def said(result: Any) -> Any:
    """What a tool answered, as JSON values."""
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


async def test_an_agent_finds_the_tools_with_what_they_take() -> None:
    async with mcp.Client(server(World())) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert {"prove_statement", "suggest", "apply_tactics", "verify", "search_lemmas"} == set(tools)
    assert all(tool.description for tool in tools.values())
    assert "context" not in tools["prove_statement"].input_schema["properties"]
    assert tools["prove_statement"].input_schema["required"] == ["statement"]


async def test_a_call_is_bounded_and_what_is_wrong_is_told() -> None:
    async with mcp.Client(server(World())) as client:
        proved = said(await client.call_tool("prove_statement", {"statement": EASY}))
        assert proved["verdict"] == "proved" and proved["lean"] == "fake Lean 4.99.0"
        for arguments, word in (
            ({"statement": EASY, "budget": "lots"}, "budget"),
            ({"statement": EASY, "timeout_s": 1e6}, "600"),
            ({"statement": EASY, "timeout_s": -1}, "greater"),
            ({}, "statement"),
        ):
            refused = await client.call_tool("prove_statement", arguments)
            assert refused.is_error and word in refused.content[0].text  # type: ignore[union-attr]
        assert (await client.call_tool("verify", {"statement": EASY, "proof": "sorry"})).is_error is False


@pytest.mark.lean
async def test_tools_on_a_real_lean(lean: Pool, bundled: Toolchain) -> None:
    statement = "theorem swap (p q : Prop) (h : p ∨ q) : q ∨ p := by sorry"
    news: list[float] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        news.append(progress)

    async with mcp.Client(make_server(on(lean, bundled))) as client:
        proved = said(await client.call_tool("prove_statement", {"statement": statement}, progress_callback=progress))
        assert proved["verdict"] == "proved"
        checked = said(await client.call_tool("verify", {"proof": proved["proof"], "statement": statement}))
        assert checked["accepted"] is True
        stepped = said(await client.call_tool("apply_tactics", {"statement": statement, "tactics": ["cases h"]}))
        assert len(stepped["steps"][0]["goals"]) == 2 and stepped["done"] is False
        text = f"namespace A\nvariable (p q : Prop)\n{statement}\nend A\n"
        found = said(await client.call_tool("suggest", {"text": text, "line": 3}))
        assert found["suggestions"][0]["verified"] is True and found["declaration"] == "A.swap"
        nothing = await client.call_tool("suggest", {"text": text, "line": 1})
        assert nothing.is_error and "nothing to prove" in nothing.content[0].text  # type: ignore[union-attr]
        lemmas = said(await client.call_tool("search_lemmas", {"statement": statement, "most": 4}))
        assert lemmas
    assert news


async def test_it_speaks_on_standard_streams_alone() -> None:
    script = (
        "import sys; from tests.prover import fakes; fakes.install(fakes.World());"
        "from prover.cli import main; sys.exit(main(['mcp']))"
    )
    params = mcp.StdioServerParameters(command=sys.executable, args=["-c", script])
    async with mcp.Client(params) as client:
        assert said(await client.call_tool("prove_statement", {"statement": EASY}))["verdict"] == "proved"
