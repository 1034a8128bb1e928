"""`prove suggest`: suggestions for the holes of a file, once or whenever it is saved."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from lean_env.errors import StepwiseError, UsageError, WorkerError
from lean_env.protocol import Place
from prover import config as c
from prover.config import RunConfig
from prover.edits import TextEdit, apply_edit, as_lean_sees
from prover.exits import DONE, INTERRUPTED, NOT_PROVED
from prover.imported import policy_maker
from prover.options import lean_choice
from prover.parts import LeanPool, real_parts
from prover.problems.leantext import sorries
from prover.suggest.files import LeanFile, Target, parse_target, read, write
from prover.suggest.holes import FileHole, hole_at
from prover.suggest.show import hole_json, show_hole
from prover.suggest.suggester import LIMIT, TIMEOUT_S, Suggester
from prover.suggest.suggestion import Suggestion, Suggestions, edit_for
from prover.terminal import console, log_if_debugging, sigterm_interrupts, wait

if TYPE_CHECKING:
    from rich.console import Console

MOST_SUGGESTIONS = 100
SLOTS = 6
"""Holes that are worked on at once, on one worker: most of the time goes into verification, which has its own."""

Found = list[tuple[FileHole, Suggestions]]


@dataclass(slots=True)
class Asked:
    """What the command line asks for, and what it takes to answer."""

    target: Target
    pool: LeanPool
    suggester: Suggester
    timeout_s: float
    limit: int
    apply: bool
    as_json: bool
    console: Console
    known: dict[tuple[str, Place], Suggestions] = field(default_factory=dict)
    """What was found for holes of the round before, by the text up to the end of their command."""


def suggest_command(word: str, options: Mapping[str, Any], *, apply: bool, watch: bool, as_json: bool) -> int:
    """`prove suggest`; the exit status."""
    from prover.prepare import start_folder

    log_if_debugging()
    target = parse_target(word)
    timeout, limit = options.get("timeout"), options.get("limit")
    timeout_s = TIMEOUT_S if timeout is None else c.parse_seconds("--timeout", timeout)
    most = LIMIT if limit is None else c.parse_integer("--limit", limit, 1, MOST_SUGGESTIONS)
    lean, project = lean_choice(options.get("lean"), options.get("project"))
    policies = tuple(options.get("policy") or ("auto",))
    policy = policy_maker(RunConfig("suggestions", policies=policies, prompt=options.get("prompt")))
    file = read(target.path)

    async def work() -> int:
        async with parts.pool(toolchain, workers=1, slots=SLOTS) as pool, Suggester(pool, policy=policy) as suggester:
            asked = Asked(target, pool, suggester, timeout_s, most, apply, as_json, console())
            return await (watch_file(asked) if watch else once(asked, file))

    try:
        with sigterm_interrupts():
            parts = real_parts()
            toolchain = parts.resolve(
                lean, project, start_folder(str(target.path)), lambda line: click.echo(line, err=True)
            )
            return wait(work())
    except KeyboardInterrupt:
        if watch:
            return DONE
        click.echo("error: Interrupted.", err=True)
        return INTERRUPTED


async def once(asked: Asked, file: LeanFile) -> int:
    """One round: look, search, print, apply; the exit status."""
    holes, elaborated, commands = await _looked_at(asked, file)
    found = await _searched(asked, file, holes)
    applied = await _applied(asked, file, found) if asked.apply else 0
    if asked.as_json:
        record = {
            "file": str(file.path),
            "holes": [hole_json(file.text, hole, each) for hole, each in found],
            "applied": applied,
            "commands": commands,
            "elaborated": elaborated,
        }
        click.echo(json.dumps(record, ensure_ascii=False))
    elif not holes:
        click.echo(f"{file.path} has nothing left to prove.", err=True)
    elif asked.apply:
        click.echo(f"{applied} of {len(holes)} written to {file.path}", err=True)
    return NOT_PROVED if len(found) == 1 and found[0][1].proof is None else DONE


async def _looked_at(asked: Asked, file: LeanFile) -> tuple[Sequence[FileHole], int, int]:
    target = asked.target
    survey = await asked.suggester.survey(file.text, line=target.line)
    holes = survey.holes
    if target.line is not None:
        if target.column is not None:
            meant = hole_at(holes, target.line, target.column)
            holes = () if meant is None else (meant,)
        if not holes:
            raise UsageError(
                f"{target.path} has nothing left to prove on line {target.line}.",
                "Name the line of a `sorry` or of an error in a proof, or only the file.",
            )
    return holes, survey.elaborated, survey.commands


async def _searched(asked: Asked, file: LeanFile, holes: Sequence[FileHole]) -> Found:
    """What is found for each hole, several at once, printed in their order."""
    turns = asyncio.Semaphore(max(1, asked.pool.capacity - 1))

    async def search(hole: FileHole) -> Suggestions:
        key = _key(hole)
        if key in asked.known:
            return asked.known[key]
        async with turns:
            async for each in asked.suggester.suggest(hole, timeout_s=asked.timeout_s, limit=asked.limit):
                last = each
        return last

    tasks = [asyncio.create_task(search(hole)) for hole in holes]
    found: Found = []
    try:
        for hole, task in zip(holes, tasks, strict=True):
            found.append((hole, await task))
            if not asked.as_json:
                show_hole(asked.console, str(file.path), file.text, *found[-1])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    asked.known = {_key(hole): each for hole, each in found}
    return found


def _key(hole: FileHole) -> tuple[str, Place]:
    """What decides what is found for a hole: all that comes before it, and its command."""
    return hole.text.rstrip(), hole.place


async def _applied(asked: Asked, file: LeanFile, found: Found) -> int:
    """Write verified proofs; where one hole was named that has none, its best step, with `sorry` for what it leaves.

    Raises:
        StepwiseError: the file has changed, cannot be written, or the proofs do not go together.
    """
    chosen: list[tuple[FileHole, Suggestion, TextEdit]] = []
    for hole, each in found:
        best = each.proof
        if best is None and asked.target.line is not None and len(found) == 1 and each.suggestions:
            best = each.suggestions[0]
        if best is not None:
            edit = edit_for(file.text, hole, best)
            if not chosen or chosen[-1][2].end <= edit.start:
                chosen.append((hole, best, edit))
    if not chosen:
        return 0
    text = file.text
    for _, _, edit in reversed(chosen):
        text = apply_edit(text, edit)
    if len(chosen) > 1 or not chosen[0][1].verified:
        # an `example` is nothing that whole texts are compared by: that it compiles has to do
        examples = all(hole.keyword == "example" for hole, _, _ in chosen)
        await _go_together(asked, file.text, text, verify=not examples)
    write(file, text)
    return len(chosen)


async def _go_together(asked: Asked, before: str, after: str, *, verify: bool) -> None:
    """Each proof was verified by itself: see that all of them together make no new error, and prove what they say."""
    original, candidate = as_lean_sees(before), as_lean_sees(after)
    async with asked.pool.session() as env:
        errors = [sum(m.severity == "error" for m in (await env.open(text)).messages) for text in (original, candidate)]
    reasons: tuple[str, ...] = ()
    if errors[1] > errors[0]:
        reasons = ("together they lead to an error",)
    elif verify and not errors[0]:
        verdict = await asked.pool.verify(original, candidate, left=sorries(candidate))
        reasons = verdict.reasons
    if reasons:
        raise StepwiseError(
            f"The suggestions do not go together: {reasons[0]}.", "Nothing was written; apply them one by one."
        )


async def watch_file(asked: Asked) -> int:
    """A round whenever the file is saved; one that is under way ends when the next begins."""
    running: asyncio.Task[None] | None = None
    try:
        async for file in _saved(asked.target):
            if running is not None:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            running = asyncio.create_task(_told(asked, file))
    finally:
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return DONE


async def _told(asked: Asked, file: LeanFile) -> None:
    """One round; what goes wrong in it is told, since the next save may mend it."""
    try:
        await once(asked, file)
    except (UsageError, WorkerError, StepwiseError) as error:
        click.echo(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""), err=True)


async def _saved(target: Target) -> AsyncIterator[LeanFile]:
    """The file now, and whenever its content has changed."""
    from watchfiles import awatch

    path = target.path.resolve()
    last = read(target.path)
    yield last
    # the folder, since editors put another file in the place of the one that was there
    async with contextlib.aclosing(awatch(path.parent, recursive=False)) as changes:
        async for changed in changes:
            if not any(name == str(path) for _, name in changed):
                continue
            with contextlib.suppress(StepwiseError):  # as it is being written
                now = read(target.path)
                if now.content != last.content:
                    last = now
                    yield now
