"""`prove mcp`: the prover as tools for coding agents, over the Model Context Protocol on standard input and output."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from lean_env.errors import StepwiseError
from prover.config import parse_budget
from prover.search.graph import Graph
from prover.service import Ask, Service

LONGEST_S = 600.0
"""Seconds that one call may ask for."""
INSTRUCTIONS = (
    "Proves Lean 4 theorems. A statement is Lean text such as `theorem t (a b : Nat) : a + b = b + a := by sorry`; "
    "imports, `open`s and definitions may stand before it. What `prove_statement` and `verify` call proved has been "
    "checked by a fresh Lean process against the statement, without `sorry` or unusual axioms. `apply_tactics` shows "
    "the goals after each tactic, for proofs made step by step."
)

Statement = Annotated[str, Field(max_length=200_000, description="Lean text; its last theorem is meant.")]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_S, description="Time limit in seconds.")]


def make_server(service: Service) -> MCPServer[None]:
    """The MCP server on a service, which it enters and leaves with its own life."""

    @asynccontextmanager
    async def lifespan(_server: MCPServer[None]) -> AsyncIterator[None]:
        async with service:
            warming = asyncio.create_task(service.try_to_warm())
            try:
                yield
            finally:
                warming.cancel()

    server: MCPServer[None] = MCPServer("stepwise", instructions=INSTRUCTIONS, lifespan=lifespan)

    @server.tool()
    async def prove_statement(
        statement: Statement,
        context: Context[Any, Any],
        budget: Annotated[str, Field(description="PASSESxSAMPLESxEXPANSIONS")] = "1x32x100",
        timeout_s: Seconds = 60.0,
        negate: Annotated[bool, Field(description="Also try to prove that the statement is false.")] = False,
    ) -> dict[str, Any]:
        """Prove a Lean theorem by search. Verdicts: proved, disproved, not_proved, not_elaborated (see `error`)."""
        news: asyncio.Queue[int] = asyncio.Queue()

        def watch(graph: Graph) -> None:
            news.put_nowait(graph.expansions)

        ask = Ask(statement, _budget(budget), timeout_s, negate=negate)
        reporting = asyncio.create_task(_report(context, news, ask.budget.expansions))
        try:
            attempt = await _answered(service.prove(ask, watch=watch))
        finally:
            reporting.cancel()
        return {
            "verdict": attempt.result,
            "tactics": list(attempt.tactics),
            "proof": attempt.text,
            "axioms": list(attempt.axioms),
            "stop": attempt.stop,
            "error": attempt.error,
            "lean": f"{service.toolchain.kind} Lean {service.toolchain.version}",
            "seconds": round(attempt.usage.wall_s, 2),
        }

    @server.tool()
    async def suggest(
        text: Annotated[str, Field(max_length=1_000_000, description="A whole Lean file.")],
        line: Annotated[int, Field(ge=1, description="Line of a `sorry`, of a failing tactic or of unsolved goals.")],
        column: Annotated[int | None, Field(ge=1, description="Column in characters, from 1.")] = None,
        timeout_s: Seconds = 30.0,
    ) -> dict[str, Any]:
        """Suggest what to write at a place of a Lean file, in the file's own context. A `complete` one that is
        `verified` proves the goal; a `step` leaves the goals that stand beside it."""
        hole, found = await _answered(service.suggest(text, line, column, timeout_s=timeout_s))
        return {
            "goals": list(hole.goals),
            "declaration": hole.declaration,
            "suggestions": [
                {"kind": s.kind, "tactics": list(s.tactics), "verified": s.verified, "goals": list(s.goals)}
                for s in found.suggestions
            ],
            "seconds": round(found.elapsed_s, 2),
        }

    @server.tool()
    async def apply_tactics(
        statement: Statement,
        tactics: Annotated[list[str], Field(min_length=1, max_length=256, description="In order, each one step.")],
    ) -> dict[str, Any]:
        """Run tactics on a theorem, one after the other up to the first that fails, and see the goals after each.
        `done` says that no goals are left: have it verified before you rely on it."""
        tries = await _answered(service.apply(statement, tactics))
        return {"goals": list(tries.goals), "steps": [asdict(step) for step in tries.steps], "done": tries.done}

    @server.tool()
    async def verify(
        proof: Annotated[str, Field(max_length=200_000, description="What stands after `:= by`, or the whole text.")],
        statement: Statement = "",
        timeout_s: Seconds = 300.0,
    ) -> dict[str, Any]:
        """Check a proof of a statement, or every theorem of a whole Lean text, in a fresh Lean process."""
        verdict = await _answered(service.verify(statement, proof, timeout_s=timeout_s))
        return {
            "accepted": verdict.accepted,
            "reasons": list(verdict.reasons),
            "axioms": list(verdict.axioms),
            "lean": verdict.lean,
        }

    @server.tool()
    async def search_lemmas(
        statement: Statement, most: Annotated[int, Field(ge=1, le=64)] = 16
    ) -> list[dict[str, str]]:
        """Find theorems of the imported library that fit the goal of a theorem, best first."""
        return [asdict(lemma) for lemma in await _answered(service.lemmas(statement, most))]

    return server


def _budget(text: str) -> Any:
    try:
        return parse_budget(text)
    except StepwiseError as error:
        raise ToolError(f"{error.message} {error.hint}") from None


async def _answered(work: Any) -> Any:
    """The answer, or what is wrong as an error that the agent is told."""
    try:
        return await work
    except StepwiseError as error:
        raise ToolError(f"{error.message} {error.hint}".strip()) from None
    except TimeoutError:
        raise ToolError("That took too long. Allow more time.") from None


async def _report(context: Context[Any, Any], news: asyncio.Queue[int], most: int) -> None:
    while True:
        await context.report_progress(await news.get(), most)
