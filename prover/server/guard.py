"""What stands before every request of the HTTP API: who may ask, how much, and how many at once."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 1_000_000
"""Of a request's body."""
BODY_S = 30.0
"""Seconds in which a body must have arrived."""
PAGE = ("GET", "/")
"""What needs no token: the page, which asks for one."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Guard:
    """An ASGI application in front of another.

    A request is refused with a JSON object of `error` and `hint` where its token is wrong (401), where a browser was
    led here under another name than this server's (403), where its body is too large (413) or does not come (408),
    and where too many are in flight (429).

    Args:
        token: what `Authorization: Bearer …` must say; empty where nobody is asked.
        hosts: the names under which the server may be addressed; empty for any.
        most_at_once: requests in flight.
    """

    def __init__(self, app: App, *, token: str, hosts: frozenset[str], most_at_once: int = 64) -> None:
        self._app, self._token, self._hosts = app, token, hosts
        self._most, self._in_flight = most_at_once, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        if self._hosts and _name(headers.get(b"host", b"")) not in self._hosts:
            await _refuse(send, 403, "This server does not go by that name.", "Address it as 127.0.0.1 or localhost.")
        elif not self._allowed(scope, headers):
            await _refuse(send, 401, "The token is missing or wrong.", "Send it as `Authorization: Bearer TOKEN`.")
        elif self._in_flight >= self._most:
            await _refuse(send, 429, "Too many requests are in flight.", "Ask again later.")
        else:
            self._in_flight += 1
            try:
                await self._with_body(scope, receive, send, headers)
            finally:
                self._in_flight -= 1

    def _allowed(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        if not self._token or (scope["method"], scope["path"]) == PAGE:
            return True
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token.encode())

    async def _with_body(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > MOST_BYTES:
            await _refuse(send, 413, "The body is too large.", f"At most {MOST_BYTES} bytes are read.")
            return
        body = b""
        try:
            async with asyncio.timeout(BODY_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    body += message.get("body", b"")
                    if len(body) > MOST_BYTES:
                        await _refuse(send, 413, "The body is too large.", f"At most {MOST_BYTES} bytes are read.")
                        return
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            await _refuse(send, 408, "The body did not come in time.", "Send it whole.")
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


def _name(host: bytes) -> str:
    """The host's name without its port."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0]


async def _refuse(send: Send, status: int, error: str, hint: str) -> None:
    body = json.dumps({"error": error, "hint": hint}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 429:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
