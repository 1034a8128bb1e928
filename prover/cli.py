"""The `prove` command. What it runs is imported when it runs: `prove --help` loads click and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from lean_env.errors import StepwiseError, UsageError
from prover.exits import DONE, FAILED, INTERRUPTED, USAGE

F = TypeVar("F", bound=Callable[..., Any])
_TARGETS = ("minif2f", "proofnet", "lean-workbook", "core", "stdlib")


class Commands(click.Group):
    """Subcommands; a first word that names none is the target of `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before anything that is not a subcommand, help or the version."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help", "--version"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete targets where subcommands are completed."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, incomplete)
        return found + [CompletionItem(name) for name in _TARGETS if name.startswith(incomplete)]


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"prove {version('stepwise-prover')}")
        except PackageNotFoundError:
            click.echo("prove (not installed)")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def cli() -> None:
    """Prove Lean 4 theorems by search, each proof verified by a fresh Lean.

    `prove TARGET` is short for `prove run TARGET`; see `prove run --help` for its options.

    Exit status: 0 done (of a single statement: proved), 1 failure, 2 usage, 3 a single statement not proved or a text
    rejected by verify, 130 interrupted.
    """


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_lean_options: Callable[[F], F] = _options(
    click.option("--lean", metavar="bundled|project|PATH|repl:PATH|dojo:DIR", help="Which Lean to use."),
    click.option("--project", metavar="DIR", help="The Lake project whose imports to use."),
)
_debug = click.option("--debug", is_flag=True, help="Show a traceback with an error.")


@cli.command(short_help="Prove a benchmark, a file, a folder or a statement.")
@click.argument("target", metavar="TARGET", nargs=-1)
@click.option("--budget", metavar="PxS[xK]", help="Passes x samples a state x expansions; default 1x32x100.")
@click.option(
    "--policy",
    metavar="SPEC",
    multiple=True,
    help="What proposes tactics: auto (default), tactics, hf:PATH_OR_ID, vllm:PATH_OR_ID, openai:URL#MODEL. Several "
    "are mixed; SPEC@0.3 gives one its share.",
)
@click.option(
    "--prompt", metavar="NAME|FILE.toml", help="How a model is asked; guessed from the model's name by default."
)
@click.option("--decoding", metavar="NAME", help="How a model answers: sample, greedy, beam; else as its authors say.")
@click.option("--temperature", metavar="T[,T…]", help="Temperature of samples, default 1; several take turns.")
@click.option(
    "--top-p", metavar="P", help="Samples are drawn from the likeliest tokens of this probability; default 1."
)
@click.option(
    "--search",
    metavar="NAME",
    help="best-first (default), critic, hybrid (half each), hybrid-interleaved (in turns), mcts, whole-proof.",
)
@click.option(
    "--critic",
    metavar="SPEC",
    help="What scores states: none (default), size, logprob, constant, hf:MODEL, distance:MODEL.",
)
@click.option("--negate", is_flag=True, help="Also try to prove the negation; a proof of it is a disproof.")
@click.option("--minimise", is_flag=True, help="Shorten each proof while it is still accepted.")
@click.option("--split", metavar="NAME", help="Only this part of a benchmark, such as test.")
@click.option("--limit", metavar="N", help="Only the first N problems.")
@click.option("--shard", metavar="i/n", help="Only the i-th of n equal parts, counted from 1.")
@click.option("--seed", metavar="N", help="Seed of the run; default 0.")
@click.option("--timeout", metavar="S", help="Seconds for an attempt at one problem; default 300.")
@click.option("--tactic-timeout", metavar="S", help="Seconds for one tactic; default 5.")
@click.option("--workers", metavar="N", help="Lean processes; as many as the machine takes by default.")
@click.option("--slots", metavar="N", help="Attempts that share one Lean process; default 4.")
@click.option("--data", metavar="DIR", help="Where a benchmark's checkout is; else what `prove data get` fetched.")
@click.option(
    "--ray",
    metavar="[ADDRESS]",
    is_flag=False,
    flag_value="auto",
    help="Spread over the Ray cluster at ADDRESS, or over this machine's.",
)
@click.option("--hours", metavar="H", help="Spend H hours, on what is likeliest to be proved; default: no limit.")
@_lean_options
@click.option("--out", metavar="DIR", help="The run's folder; default runs/TARGET-…. The same command resumes.")
@click.option("--fresh", is_flag=True, help="Delete what the run's folder holds, and start over.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output.")
@click.option("--quiet", is_flag=True, help="No progress.")
@_debug
def run(target: tuple[str, ...], as_json: bool, quiet: bool, debug: bool, **options: Any) -> int:
    """Prove minif2f, proofnet, lean-workbook, core, stdlib, FILE.lean, FILE.jsonl, a FOLDER or "theorem …"."""
    from prover.options import config_from
    from prover.running import run_command

    return run_command(config_from(_only(target, "prove run"), options), as_json=as_json, quiet=quiet)


@cli.command(short_help="Suggest proofs and next tactics for the holes of a file.")
@click.argument("target", metavar="FILE.lean[:LINE[:COL]]", nargs=-1)
@click.option("--apply", is_flag=True, help="Write the verified proofs into the file.")
@click.option("--watch", is_flag=True, help="Go on whenever the file is saved.")
@click.option("--timeout", metavar="S", help="Seconds for each goal; default 30.")
@click.option("--limit", metavar="N", help="At most N suggestions for each goal; default 5.")
@click.option("--policy", metavar="SPEC", multiple=True, help="What proposes tactics; see `prove run --help`.")
@click.option("--prompt", metavar="NAME|FILE.toml", help="How a model is asked.")
@_lean_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output; with --watch one a line.")
@_debug
def suggest(target: tuple[str, ...], apply: bool, watch: bool, as_json: bool, debug: bool, **options: Any) -> int:
    """Suggest what to write where FILE.lean has a `sorry`, or an error in a proof.

    Verified proofs come first, else the most promising tactics with the goals that they leave. LINE and COL count from
    1. With a place and no proof, --apply writes the best tactic, and `sorry` for what it leaves. Exit status 3 if there
    was one goal and no proof of it.
    """
    from prover.suggest.command import suggest_command

    return suggest_command(_only(target, "prove suggest"), options, apply=apply, watch=watch, as_json=as_json)


@cli.command(short_help="Verify the proofs in a file, a folder or a run.")
@click.argument("target", metavar="TARGET", nargs=-1)
@_lean_options
@click.option("--workers", metavar="N", help="Lean processes; as many as the machine takes by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@_debug
def verify(target: tuple[str, ...], as_json: bool, debug: bool, **options: Any) -> int:
    """Verify the proofs in FILE.lean, FILE.jsonl, a FOLDER of .lean files, or the folder of a RUN.

    A line of FILE.jsonl has formal_statement, and proof (what stands after `:= by`) or code (the whole text). Each
    verdict tells apart what the kernel, a fresh Lean process and, where one is installed, an independent checker
    said. Exit status 0 if all are accepted, 3 if not.
    """
    from prover.running import verify_command

    return verify_command(_only(target, "prove verify"), options, as_json=as_json)


@cli.command()
@click.argument("folder", metavar="RUN", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@_debug
def report(folder: tuple[str, ...], as_json: bool, debug: bool) -> int:
    """Print what a RUN came to so far. Needs no Lean."""
    from prover.running import report_command

    return report_command(_only(folder, "prove report"), as_json=as_json)


@cli.command()
@click.argument("folder", metavar="RUN", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="The status as JSON.")
@_debug
def status(folder: tuple[str, ...], as_json: bool, debug: bool) -> int:
    """Say how a RUN is going: rate, time left, what each host does, failures. Needs no Lean."""
    from prover.running import status_command

    return status_command(_only(folder, "prove status"), as_json=as_json)


@cli.group()
def data() -> None:
    """Fetch benchmarks."""


@data.command("get")
@click.argument("name", metavar="NAME", nargs=-1)
@_debug
def data_get(name: tuple[str, ...], debug: bool) -> int:
    """Fetch the benchmark NAME into the cache: minif2f, proofnet or lean-workbook."""
    from prover.data import get

    click.echo(get(_only(name, "prove data get"), progress=lambda line: click.echo(line, err=True)))
    return DONE


_service_options: Callable[[F], F] = _options(
    click.option("--policy", metavar="SPEC", multiple=True, help="What proposes tactics; as in `prove run`."),
    click.option("--prompt", metavar="NAME|FILE.toml", help="How a model is asked; as in `prove run`."),
    click.option("--search", metavar="NAME", help="What is searched with where a request does not say; best-first."),
    click.option("--critic", metavar="SPEC", help="What scores states; as in `prove run`."),
    click.option("--tactic-timeout", metavar="S", help="Seconds for one tactic; default 5."),
    click.option("--workers", metavar="N", help="Lean processes; as many as the machine takes by default."),
    click.option("--slots", metavar="N", help="Requests that share one Lean process; default 4."),
    _lean_options,
    _debug,
)


@cli.command(short_help="An HTTP API, and a page that shows searches.")
@click.option("--host", metavar="NAME", default="127.0.0.1", help="Address to serve on; default 127.0.0.1.")
@click.option("--port", metavar="N", default="8642", help="Port; default 8642, 0 for any that is free.")
@_service_options
def serve(host: str, port: str, debug: bool, **options: Any) -> int:
    """Serve an HTTP API with jobs, and a page that shows searches, until interrupted.

    The API describes itself at /openapi.json. On another address than the loopback's every request needs a token: that
    of the environment variable STEPWISE_TOKEN, or one that is made up and printed.
    """
    from prover.running import serve_command

    return serve_command(host, port, options)


@cli.command(short_help="A language server that suggests proofs in your editor.")
@click.option("--timeout", metavar="S", help="Seconds for each goal; default 30.")
@click.option("--stdio", is_flag=True, help="Speak on standard streams, as it does anyway: editors like to say it.")
@_service_options
def lsp(stdio: bool, debug: bool, **options: Any) -> int:
    """Speak the Language Server Protocol on standard input and output, beside Lean's own server."""
    from prover.running import lsp_command

    return lsp_command(options)


@cli.command(short_help="The prover as tools for coding agents (MCP).")
@_service_options
def mcp(debug: bool, **options: Any) -> int:
    """Speak the Model Context Protocol on standard input and output: the prover as tools for coding agents."""
    from prover.running import mcp_command

    return mcp_command(options)


@cli.command(short_help="Say which Lean is used, and what is missing.")
@_lean_options
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@_debug
def doctor(as_json: bool, lean: str | None, project: str | None, debug: bool) -> int:
    """Say which Lean is used and why, whether Mathlib is there, and what is missing."""
    from prover.doctor import run as examine
    from prover.options import lean_choice

    return examine(as_json, *lean_choice(lean, project))


@cli.command()
@click.argument("shell", metavar="SHELL", nargs=-1)
@_debug
def completion(shell: tuple[str, ...], debug: bool) -> int:
    """Print the completion script of SHELL: bash, zsh or fish.

    For example, in ~/.bashrc: eval "$(prove completion bash)"
    """
    from click.shell_completion import get_completion_class

    from prover.config import one_of

    name = one_of("prove completion", _only(shell, "prove completion"), ("bash", "zsh", "fish"))
    found = get_completion_class(name)
    if found is None:
        raise UsageError(f"There is no completion for {name}.", "Choose from: bash, zsh, fish.")
    click.echo(found(cli, {}, "prove", "_PROVE_COMPLETE").source())
    return DONE


def _only(words: tuple[str, ...], command: str) -> str:
    """The one argument of a command."""
    named = {"report": "RUN", "status": "RUN", "data get": "NAME", "completion": "SHELL", "suggest": "FILE.lean"}
    what = named.get(command.removeprefix("prove "), "TARGET")
    if not words:
        raise UsageError(f"{command} needs a {what}.", f"See `{command} --help`.")
    if len(words) > 1:
        from prover.wording import nearest, shown

        near = nearest(words[0], cli.commands) if command == "prove run" else ""
        guess = f"{near.split('?')[0]}? " if "?" in near else ""
        raise UsageError(
            f"{command} takes one {what}, not {shown(words[0])} and {shown(words[1])}.",
            f"{guess}Put quotation marks around a statement.",
        )
    return words[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the exit status. Errors go to standard error as a sentence and a hint."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a proof must not fail for the terminal's encoding
    try:
        if not arguments and "_PROVE_COMPLETE" not in os.environ:
            raise UsageError("prove needs a TARGET.", "For example: prove core. See `prove --help`.")
        status = cli.main(arguments, prog_name="prove", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else DONE
    except StepwiseError as error:
        return _fail(error.message, error.hint, error.exit_status, debug)
    except click.UsageError as error:
        return _fail(*_sentence(error), USAGE, debug)
    except (KeyboardInterrupt, click.Abort, EOFError):
        return _fail("Interrupted.", "The same command goes on from there.", INTERRUPTED, False)
    except BrokenPipeError:
        _close_stdout()
        return FAILED
    except click.ClickException as error:
        return _fail(error.format_message(), "", FAILED, debug)
    except OSError as error:
        _close_stdout()
        return _fail(f"The system refused: {error}.", "", FAILED, debug)
    except Exception as error:
        return _fail(f"Something unexpected happened: {type(error).__name__}: {error}.", _BUG, FAILED, debug)


_BUG = "This is a bug: please report it with what --debug prints."


def _sentence(error: click.UsageError) -> tuple[str, str]:
    """What click says, as a sentence and a hint."""
    command = error.ctx.command_path if error.ctx is not None else "prove"
    see = f"See `{command} --help`."
    if isinstance(error, click.NoSuchOption):
        import difflib

        near = difflib.get_close_matches(error.option_name, error.possibilities or (), n=1)
        return f"There is no option {error.option_name}.", (f"Did you mean {near[0]}? " if near else "") + see
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return f"{command} needs a subcommand.", see
    message = error.format_message()
    return message if message.endswith((".", "?", "!")) else f"{message}.", see


def _fail(message: str, hint: str, status: int, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    text = " ".join(message.split())
    try:
        click.echo(f"error: {text}" + (f"\nhint: {' '.join(hint.split())}" if hint else ""), err=True)
    except OSError:  # standard error is gone too
        return status
    return status


def _close_stdout() -> None:
    """Let the interpreter's last flush go nowhere: its failure has been reported."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        try:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        except (OSError, ValueError):
            return
