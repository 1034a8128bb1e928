"""What the commands do: `prover.cli` reads the command line and calls these."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lean_env.errors import UsageError
from prover import config as c
from prover.config import RunConfig
from prover.exits import DONE, FAILED, INTERRUPTED, NOT_PROVED
from prover.options import config_from, lean_choice, path_of
from prover.terminal import console, log_if_debugging, sigterm_interrupts, wait

if TYPE_CHECKING:
    from prover.run import RunResult
    from prover.service import Service

_WHY = {
    "expansions": "every expansion of the budget is spent",
    "exhausted": "no state is left to expand",
    "timeout": "its time is over",
    "not_elaborated": "Lean rejects the statement",
}


def run_command(config: RunConfig, *, as_json: bool, quiet: bool) -> int:
    """`prove run`; the exit status."""
    from prover.display import Display
    from prover.events import Events, Silent
    from prover.prepare import prepare
    from prover.run import run

    log_if_debugging()
    display = None if quiet else Display(console(stderr=True))
    events: Events = display or Silent()
    try:
        with sigterm_interrupts():
            prepared = prepare(config, events=events)
            with display.shown() if display else contextlib.nullcontext():
                result = wait(run(config, events=events, prepared=prepared))
    except KeyboardInterrupt:
        click.echo("error: Interrupted.", err=True)
        click.echo(f"hint: What is done is in {config.folder()}; the same command goes on from there.", err=True)
        return INTERRUPTED
    if as_json:
        click.echo(json.dumps(result.summary.as_json(), ensure_ascii=False))
    elif len(result.problems) != 1:
        from prover.report import show

        show(result.summary, str(config.folder()), console())
    return _status(result, config.folder(), as_json)


def _status(result: RunResult, folder: Path, as_json: bool) -> int:
    """The exit status of a run; of a single statement, say on the way what became of it."""
    summary = result.summary
    if len(result.problems) != 1:
        if summary.problems and summary.errors == summary.problems:
            click.echo(f"error: Every attempt failed; the first: {result.attempts[0].error}", err=True)
            return FAILED
        return DONE
    name = result.problems[0].name
    if summary.proved:
        if not as_json:
            click.echo(result.proofs[name].rstrip("\n"))
        click.echo(f"proved {name}: {folder / summary.proofs[name]}", err=True)
        return DONE
    if summary.disproved:
        if not as_json:
            click.echo(result.disproofs[name].rstrip("\n"))
        click.echo(f"disproved {name}: {folder / summary.disproofs[name]}", err=True)
        return NOT_PROVED
    last = result.attempts_at(name)[-1]
    if last.result == "error":
        click.echo(f"error: The attempt at {name} failed: {last.error}", err=True)
        click.echo("hint: The same command tries again.", err=True)
        return FAILED
    why = _WHY.get(last.stop, last.stop) + (f": {last.error}" if last.error else "")
    click.echo(f"not proved {name}: {why}", err=True)
    return NOT_PROVED


def verify_command(target: str, options: Mapping[str, Any], *, as_json: bool) -> int:
    """`prove verify`; the exit status."""
    from prover.checking import checks_of, kind_of, verdict_json, verdict_line, verdicts
    from prover.parts import real_parts
    from prover.prepare import start_folder

    log_if_debugging()
    lean, project = lean_choice(options.get("lean"), options.get("project"))
    workers = options.get("workers")
    count = None if workers is None else c.parse_integer("--workers", workers, 1, c.MAX_WORKERS)
    kind_of(target)

    async def judge() -> int:
        accepted = 0
        # Lines that go elsewhere do not tell a person at the terminal how far it is
        unseen = sys.stderr.isatty() and not sys.stdout.isatty()
        async with parts.pool(toolchain, workers=count, slots=1) as pool:
            done = 0
            async for check, verdict in verdicts(checks, pool):
                done += 1
                accepted += verdict.accepted
                click.echo(verdict_json(check, verdict) if as_json else verdict_line(check, verdict))
                if unseen:
                    click.echo(f"\r{done} of {len(checks)}", err=True, nl=done == len(checks))
                if verdict.caveat:
                    caveats.add(verdict.caveat)
        return accepted

    caveats: set[str] = set()

    with sigterm_interrupts():
        parts = real_parts()
        toolchain = parts.resolve(lean, project, start_folder(target), lambda line: click.echo(line, err=True))
        checks = checks_of(target, mathlib=bool(toolchain.mathlib))
        accepted = wait(judge()) if checks else 0
    for note in caveats:
        click.echo(note, err=True)
    click.echo(f"{accepted} of {len(checks)} accepted", err=True)
    return DONE if accepted == len(checks) else NOT_PROVED


def serve_command(host: str, port: str, options: Mapping[str, Any]) -> int:
    """`prove serve`; the exit status."""
    from prover.server.serving import serve

    number = c.parse_integer("--port", port, 0, 65535)
    serve(_service(options), host=host, port=number, say=lambda line: click.echo(line, err=True))
    return DONE


def mcp_command(options: Mapping[str, Any]) -> int:
    """`prove mcp`; the exit status."""
    try:
        from prover.mcp_server import make_server
    except ImportError as error:
        raise UsageError(
            f"`prove mcp` needs a package that is not here: {error.name}.", "pip install 'stepwise-prover[servers]'"
        ) from None
    make_server(_service(options)).run("stdio")
    return DONE


def lsp_command(options: Mapping[str, Any]) -> int:
    """`prove lsp`; the exit status."""
    try:
        from prover.lsp.server import make_server
    except ImportError as error:
        raise UsageError(
            f"`prove lsp` needs a package that is not here: {error.name}.", "pip install 'stepwise-prover[servers]'"
        ) from None
    from prover.parts import real_parts

    log_if_debugging()
    timeout_s = c.parse_seconds("--timeout", options.get("timeout") or "30")
    chosen = {key: value for key, value in options.items() if key != "timeout"}
    make_server(config_from("an editor", chosen), real_parts(), timeout_s=timeout_s).start_io()
    return DONE


def _service(options: Mapping[str, Any]) -> Service:
    """What the servers stand on; the Lean is found here, so that what is wrong with it shows at once."""
    from prover.parts import real_parts
    from prover.service import Service

    log_if_debugging()
    config, parts = config_from("a server", options), real_parts()
    toolchain = parts.resolve(config.lean, config.project, Path.cwd(), lambda line: click.echo(line, err=True))
    return Service(config, toolchain, parts)


def report_command(folder: str, *, as_json: bool) -> int:
    """`prove report`; the exit status."""
    from prover.report import read_report, show

    path = path_of("RUN", folder)
    summary = read_report(path).summary
    if as_json:
        click.echo(json.dumps(summary.as_json(), ensure_ascii=False))
    else:
        show(summary, str(path), console())
    return DONE


def status_command(folder: str, *, as_json: bool) -> int:
    """`prove status`; the exit status."""
    from prover.status import as_json as values
    from prover.status import read_status, show

    status = read_status(path_of("RUN", folder))
    if as_json:
        click.echo(json.dumps(values(status), ensure_ascii=False))
    else:
        show(status, console())
    return DONE
