"""A command and the terminal that it was given in: signals, where it prints, its log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


def wait(work: Coroutine[Any, Any, T]) -> T:
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
def sigterm_interrupts() -> Any:
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


def console(*, stderr: bool = False) -> Console:
    """Where a command prints; wide where that is no terminal."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, emoji=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, emoji=False, width=160)


def log_if_debugging() -> None:
    """Print the log on standard error where the command was given `--debug`."""
    context = click.get_current_context(silent=True)
    if context is not None and context.params.get("debug"):
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
        for name in ("prover", "lean_env"):
            logging.getLogger(name).setLevel(logging.DEBUG)
