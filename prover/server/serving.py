"""`prove serve`: which address, which token, and the server's life."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable

from lean_env.errors import StepwiseError, UsageError
from prover.service import Service

TOKEN = "STEPWISE_TOKEN"
"""The environment variable that holds the token, so that no list of processes shows it."""
_LOCAL = ("127.0.0.1", "localhost", "::1")
_SHUTDOWN_S = 5


class ServerError(StepwiseError):
    """The server cannot be started."""


def serve(service: Service, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted.

    On any address but the loopback's, every request needs the token of `STEPWISE_TOKEN`, or one that is made up and
    said here.

    Args:
        port: 0 for any that is free.

    Raises:
        UsageError: the packages that it needs are not installed.
        ServerError: the address is taken, or not this machine's.
    """
    try:
        import uvicorn

        from prover.server.app import make_app
        from prover.server.guard import LOOPBACK, Guard
    except ImportError as error:
        raise UsageError(
            f"The server needs a package that is not here: {error.name}.", "pip install 'stepwise-prover[servers]'"
        ) from None
    local = host in _LOCAL
    token = os.environ.get(TOKEN, "") or ("" if local else secrets.token_urlsafe(24))
    listener = _listen(host, port)
    app = Guard(make_app(service), token=token, hosts=LOOPBACK if local else frozenset())
    address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    say(f"serving on {address}")
    if token and TOKEN not in os.environ:
        say(f"token: {token}")
    settings = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_SHUTDOWN_S, lifespan="on")
    uvicorn.Server(settings).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise ServerError(
            f"Nothing can be served on {host}, port {port}: {error.strerror or error}.", "Choose another with --port."
        ) from None
    return listener
