"""Faults of what is fetched or asked over a network: a policy's server, and a benchmark's download."""

from __future__ import annotations

import contextlib
import http.server
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest import mock

from lean_env.errors import StepwiseError
from prover.data import SOURCES, fetch, get
from prover.interfaces import Candidate, Query
from prover.policy.generation import Message, Sampling
from prover.policy.openai_server import OpenAIGenerator
from prover.problems import load
from tests.chaos.simulated import Simulation, Steps, Tally, tally, until_done
from tests.prover.policy.scripted_server import Reply, Request, completion, refusal, serving

COUNT = 12
BODY = b'[{"formal_statement": "theorem lean_workbook_1 : 1 = 1 := by sorry"}]'

AT_SERVER = {
    "kill": Reply(b"", headers={"content-length": "100", "connection": "close"}),  # the connection breaks
    "stop": Reply(after_s=2.0, status=500),
    "slow": Reply({"choices": []}, after_s=0.3, status=503),
    "garbage": Reply(b"\xff\xfe<html>"),
    "truncated": Reply(b'{"choices": [{"text": "m', headers={"content-length": "500", "connection": "close"}),
    "half": Reply(b'{"choices": [{"te'),
    "oversized": Reply({"choices": [{"index": 0, "text": "x" * 5_000_000}]}),
    "refused": refusal(429, **{"retry-after": "0"}),
    "fails": refusal(500),
}
AT_DOWNLOAD = ("kill", "stop", "slow", "garbage", "truncated", "refused", "full disk")


class Asked(Steps):
    """Asks a model's server before it proposes, as a model does; what it proposes is known."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        asked = OpenAIGenerator([self.url], "m", pause_s=0.01, timeout_s=1.0)
        try:
            prompts = [(Message("user", query.state.goals[0]),) for query in queries]
            await asked.generate(prompts, Sampling(samples=1), [query.seed for query in queries])
        finally:
            await asked.close()
        return await super().propose(queries, samples)


def at_server(fault: str, out: Path, chance: random.Random) -> Tally:
    """Three answers of a policy's server go wrong."""
    struck = [chance.randrange(first, first + 8) for first in (1, 10, 20)]
    asked = 0

    def answer(request: Request) -> Reply:
        nonlocal asked
        asked += 1
        return AT_SERVER[fault] if asked in struck else completion(request)

    settings = {"OPENAI_API_KEY": "none", "NO_PROXY": "127.0.0.1"}
    with mock.patch.dict(os.environ, settings), serving(otherwise=answer) as server:
        commands = until_done(Simulation(out, COUNT, Asked(server.url)), out)
    return tally(out, COUNT, commands=commands)


def at_download(fault: str, out: Path, chance: random.Random) -> Tally:
    """A download goes wrong; after it nothing is there, and the same command gets the whole."""
    with contextlib.ExitStack() as stack:
        url, site = stack.enter_context(_site(fault, chance))
        stack.enter_context(mock.patch.dict(os.environ, {"no_proxy": "*"}))
        stack.enter_context(mock.patch.object(fetch, "_SILENCE_SECONDS", 0.5))
        stack.enter_context(mock.patch.dict(SOURCES, {"lean-workbook": fetch.Source(url, "abc", "lean_workbook.json")}))
        wrong = fault not in ("slow", "garbage")  # what is whole but nonsense is refused when it is read
        failed = False
        try:
            get("lean-workbook", out)
            load("lean-workbook", data=None, split=None, mathlib=False, cache=out)
        except StepwiseError:
            failed = True
        left = [path for path in out.iterdir() if path.suffix != ".lock"]
        lost = int(failed != (fault != "slow")) + (len(left) if wrong else 0)
        site.broken = False
        if fault == "garbage":
            for path in (out / "lean-workbook").iterdir():
                path.unlink()
        get("lean-workbook", out)
        found = load("lean-workbook", data=None, split=None, mathlib=False, cache=out)
        lost += int([problem.name for problem in found] != ["lean_workbook_1"])
    return Tally(1, lost, 0, 2, 0, len([path for path in out.iterdir() if path.name.startswith(".")]))


class _Site(http.server.ThreadingHTTPServer):
    broken = True


@contextlib.contextmanager
def _site(fault: str, chance: random.Random) -> Iterator[tuple[str, _Site]]:
    part = BODY[: chance.randrange(1, len(BODY) - 1)]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            broken = site.broken
            if broken and fault == "refused":
                self.send_error(503)
                return
            self.send_response(200)
            body = b"\xff\xfe\x00" + part if broken and fault == "garbage" else BODY
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if broken and fault in ("kill", "truncated"):
                body = b"" if fault == "kill" else part
            elif broken and fault in ("stop", "slow"):
                gone.wait(2.0 if fault == "stop" else 0.2)
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    gone = threading.Event()
    with _Site(("127.0.0.1", 0), Handler) as site, contextlib.ExitStack() as stack:
        if fault == "full disk":
            stack.enter_context(mock.patch.object(fetch, "_download", _no_space(site)))
        threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{site.server_address[1]}", site
        gone.set()
        site.shutdown()


def _no_space(site: _Site) -> Callable[[fetch.Source, Path, str, fetch.Progress], None]:
    real = fetch._download

    def download(source: fetch.Source, folder: Path, hint: str, say: fetch.Progress) -> None:
        real(source, folder, hint, say)
        if site.broken:
            raise OSError(28, os.strerror(28))

    return download
