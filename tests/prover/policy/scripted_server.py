"""A server with an OpenAI-compatible API that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    body: Any = None
    """Sent as JSON; bytes are sent as they are."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0


Answer = Callable[[Request], Reply]


def completion(request: Request, *, logprobs: bool = True, end: str = "stop") -> Reply:
    """A proper answer to a text or a chat: as many choices as were asked for, each of two tokens."""
    choices: list[dict[str, Any]] = []
    for index in range(request.get("n", 1)):
        text = f"tactic {index}"
        scores = [-0.5 - index, -0.25]
        if "messages" in request:
            records: Any = {
                "content": [{"token": "t", "logprob": score, "bytes": None, "top_logprobs": []} for score in scores]
            }
            choice: dict[str, Any] = {"message": {"role": "assistant", "content": text}, "logprobs": records}
        else:
            choice = {"text": text, "logprobs": {"tokens": ["t", "t"], "token_logprobs": scores}}
        if not logprobs or not request.get("logprobs"):
            choice["logprobs"] = None
        choices.append({"index": index, "finish_reason": end, **choice})
    return Reply({"id": "x", "object": "text_completion", "created": 0, "model": "m", "choices": choices})


def refusal(status: int, message: str = "no", **headers: str) -> Reply:
    return Reply({"error": {"message": message, "type": "x", "code": None}}, status, headers)


class ScriptedServer:
    """Answers with the replies of its script first, then with `otherwise`; keeps what it was asked."""

    def __init__(self, *script: Reply | Answer, otherwise: Answer = completion) -> None:
        self.script = list(script)
        self.otherwise = otherwise
        self.requests: list[Request] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.asked = threading.Event()
        self.at_once = self._now = 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with outer._lock:
                    outer.requests.append(request)
                    outer.paths.append(self.path)
                    outer.keys.append(self.headers["authorization"])
                    outer._now += 1
                    outer.asked.set()
                    outer.at_once = max(outer.at_once, outer._now)
                    answer = outer.script.pop(0) if outer.script else outer.otherwise
                reply = answer if isinstance(answer, Reply) else answer(request)
                time.sleep(reply.after_s)
                with outer._lock:
                    outer._now -= 1
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                headers = {"content-type": "application/json", "content-length": str(len(body))} | reply.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(*script: Reply | Answer, otherwise: Answer = completion) -> Iterator[ScriptedServer]:
    server = ScriptedServer(*script, otherwise=otherwise)
    server.start()
    try:
        yield server
    finally:
        server.stop()
