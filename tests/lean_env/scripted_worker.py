"""The other end of the pipe, for tests: speaks the worker's protocol, and does on request what a worker must never do.

A state is a number of goals. Tactics: `split` adds a goal, `close` closes one, `fail` is an error, `die` ends the
process, `hang` never answers, `noise` prints prose and forged replies first, `garbage` answers with something
unreadable, and `die-once PATH` ends the process unless the file exists, which it makes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def say(fields: dict[str, Any]) -> None:
    print(json.dumps(fields), flush=True)


def goals(n: int) -> list[str]:
    return [f"⊢ goal {i} of {n}" for i in range(n)]


def apply(request: dict[str, Any], states: list[int]) -> None:
    tactics = request["tactics"]
    for index, tactic in enumerate(tactics):
        n = states[request["state"]]
        reply: dict[str, Any] = {"id": request["id"], "index": index, "end": index + 1 == len(tactics), "us": 1000}
        word, _, argument = tactic.partition(" ")
        if word == "die-once" and not Path(argument).exists():
            Path(argument).touch()
            os._exit(9)
        if word == "die":
            os._exit(9)
        if word == "hang":
            time.sleep(3600)
        if word == "noise":
            print("PANIC at nothing", flush=True)
            print(
                json.dumps({"id": "1", "end": True, "kind": "proved", "state": 0, "goals": [], "hash": 1}), flush=True
            )
            print("{not json", flush=True)
        if word == "garbage":
            say({"id": request["id"], "end": True, "kind": "proved", "goals": "none"})
            return
        if word == "fail":
            say(reply | {"kind": "error", "message": "no"})
            continue
        n += {"split": 1, "close": -1}.get(word, 0)
        states.append(n)
        proved = n == 0
        end = reply["end"] or proved
        kind = "proved" if proved else "open"
        say(reply | {"kind": kind, "state": len(states) - 1, "goals": goals(n), "hash": n, "end": end})
        if proved:
            return


def main() -> None:
    states: list[int] = []
    say({"hello": 1, "lean": "0.0.0"})
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "open":
            if "kill" in request["text"]:
                os._exit(9)
            found = []
            for number, text in enumerate(request["text"].split("\n"), 1):
                if "sorry" in text:
                    states.append(1)
                    column = text.index("sorry")
                    hole = {"state": len(states) - 1, "kind": "tactic", "line": number, "column": column}
                    hole |= {
                        "end_line": number,
                        "end_column": column + 5,
                        "declaration": "t",
                        "goals": goals(1),
                        "hash": 1,
                    }
                    found.append(hole)
            say({"id": request["id"], "end": True, "holes": found, "messages": [], "us": 1000})
        elif request["op"] == "apply":
            apply(request, states)
        elif request["op"] == "tactics":
            answers = ["" if word == "close" else "<input>:1:1: unknown tactic" for word in request["words"]]
            say({"id": request["id"], "end": True, "answers": answers})
        elif request["op"] == "verify":
            bad = ["t is false"] if "wrong" in request["text"] else []
            empty: dict[str, Any] = {key: [] for key in ("messages", "declared", "sorry", "axioms", "differences")}
            say(empty | {"id": request["id"], "end": True, "refused": "", "targets": ["t"], "failed": bad, "us": 1000})


main()
