"""What the commands do: `prover.cli` reads the command line and calls these."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lean_env.errors import UsageError
from prover import config as c
from prover.cli import DONE, FAILED, INTERRUPTED, NOT_PROVED
from prover.config import RunConfig

if TYPE_CHECKING:
    from rich.console import Console

    from prover.run import RunResult
    from prover.service import Service

T = TypeVar("T")
_WHY = {
    "expansions": "every expansion of the budget is spent",
    "exhausted": "no state is left to expand",
    "timeout": "its time is over",
    "not_elaborated": "Lean rejects the statement",
}


def config_from(target: str, options: Mapping[str, Any]) -> RunConfig:
    """The configuration that a command line asks for.

    Raises:
        UsageError: an option cannot be read, or its value is not allowed.
    """
    given = {key: value for key, value in options.items() if value is not None and value != ()}
    values: dict[str, Any] = {}
    if "budget" in given:
        values["budget"] = c.parse_budget(given["budget"])
    if "policy" in given:
        values["policies"] = given["policy"]
    if "shard" in given:
        values["shard"] = c.parse_shard(given["shard"])
    for key, least, most in (
        ("limit", 1, c.MAX_COUNT),
        ("seed", 0, c.MAX_SEED),
        ("workers", 1, c.MAX_WORKERS),
        ("slots", 1, c.MAX_SLOTS),
    ):
        if key in given:
            values[key] = c.parse_integer(f"--{key}", given[key], least, most)
    if "temperature" in given:
        values["temperatures"] = c.parse_temperatures(given["temperature"])
    if "top_p" in given:
        values["top_p"] = c.parse_top_p(given["top_p"])
    if "hours" in given:
        values["hours"] = c.parse_hours(given["hours"])
    for key in ("timeout", "tactic_timeout"):
        if key in given:
            values[f"{key}_s"] = c.parse_seconds(f"--{key.replace('_', '-')}", given[key])
    for key in ("prompt", "decoding", "search", "critic", "split", "fresh", "negate", "minimise", "ray"):
        if key in given:
            values[key] = given[key]
    for key in ("data", "out"):
        if key in given:
            values[key] = _path(f"--{key}", given[key])
    lean, project = lean_choice(given.get("lean"), given.get("project"))
    if values.get("data") is not None and not values["data"].exists():
        raise UsageError(f"--data {values['data']} does not exist.", "Name the folder of a benchmark's checkout.")
    return RunConfig(target, lean=lean, project=project, **values)


def lean_choice(lean: str | None, project: str | None) -> tuple[str | None, Path | None]:
    """The options that say which Lean to use.

    Raises:
        UsageError: one is empty, or the project is not a folder.
    """
    if lean is not None:
        _path("--lean", lean)
    path = None if project is None else _path("--project", project)
    if path is not None and not path.is_dir():
        raise UsageError(f"--project {path} is not a folder.", "Name the folder of a Lake project.")
    return lean, path


def run_command(config: RunConfig, *, as_json: bool, quiet: bool) -> int:
    """`prove run`; the exit status."""
    from prover.display import Display
    from prover.events import Events, Silent
    from prover.prepare import prepare
    from prover.run import run

    _log_if_debugging()
    display = None if quiet else Display(_console(stderr=True))
    events: Events = display or Silent()
    try:
        with _sigterm_interrupts():
            prepared = prepare(config, events=events)
            with display.shown() if display else contextlib.nullcontext():
                result = _wait(run(config, events=events, prepared=prepared))
    except KeyboardInterrupt:
        click.echo("error: Interrupted.", err=True)
        click.echo(f"hint: What is done is in {config.folder()}; the same command goes on from there.", err=True)
        return INTERRUPTED
    if as_json:
        click.echo(json.dumps(result.summary.as_json(), ensure_ascii=False))
    elif len(result.problems) != 1:
        from prover.report import show

        show(result.summary, str(config.folder()), _console())
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

    _log_if_debugging()
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

    with _sigterm_interrupts():
        parts = real_parts()
        toolchain = parts.resolve(lean, project, start_folder(target), lambda line: click.echo(line, err=True))
        checks = checks_of(target, mathlib=bool(toolchain.mathlib))
        accepted = _wait(judge()) if checks else 0
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

    _log_if_debugging()
    timeout_s = c.parse_seconds("--timeout", options.get("timeout") or "30")
    chosen = {key: value for key, value in options.items() if key != "timeout"}
    make_server(config_from("an editor", chosen), real_parts(), timeout_s=timeout_s).start_io()
    return DONE


def _service(options: Mapping[str, Any]) -> Service:
    """What the servers stand on; the Lean is found here, so that what is wrong with it shows at once."""
    from prover.parts import real_parts
    from prover.service import Service

    _log_if_debugging()
    config, parts = config_from("a server", options), real_parts()
    toolchain = parts.resolve(config.lean, config.project, Path.cwd(), lambda line: click.echo(line, err=True))
    return Service(config, toolchain, parts)


def report_command(folder: str, *, as_json: bool) -> int:
    """`prove report`; the exit status."""
    from prover.report import read_report, show

    path = _path("RUN", folder)
    summary = read_report(path).summary
    if as_json:
        click.echo(json.dumps(summary.as_json(), ensure_ascii=False))
    else:
        show(summary, str(path), _console())
    return DONE


def status_command(folder: str, *, as_json: bool) -> int:
    """`prove status`; the exit status."""
    from prover.status import as_json as values
    from prover.status import read_status, show

    status = read_status(_path("RUN", folder))
    if as_json:
        click.echo(json.dumps(values(status), ensure_ascii=False))
    else:
        show(status, _console())
    return DONE


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; SIGINT, SIGTERM and SIGHUP cancel it, so that everything it started is ended.

    Raises:
        KeyboardInterrupt: one of these came.
    """

    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as nohup sets it
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def _sigterm_interrupts() -> Any:
    """SIGTERM is an interrupt wherever no event loop is there to take it."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, emoji=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, emoji=False, width=160)


def _path(option: str, text: str) -> Path:
    if not text.strip():
        raise UsageError(f"{option} is empty.", "Give a path.")
    if "\0" in text:
        raise UsageError(f"{option} holds a NUL character.", "Give a path.")
    return Path(text)


def _log_if_debugging() -> None:
    context = click.get_current_context(silent=True)
    if context is not None and context.params.get("debug"):
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
        for name in ("prover", "lean_env"):
            logging.getLogger(name).setLevel(logging.DEBUG)
