"""The other end of the pipe, for tests: speaks the worker's protocol, and does on request what a worker must never do.

A state is a number of goals. Tactics: `more` adds a goal, `close` closes one, `finish` all, `split` leads to two
states, of one goal and of two (or to one of three, where splitting was not asked for), `fail` is an error, `count` is
one that says how many states are kept, `die` ends the process, `hang` never answers, `noise` prints prose and forged
replies first, `garbage` answers with something unreadable, `die-once PATH` ends the process and
`skip-once PATH` sends half of its reply unless the file is there, which they make.
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


def apply(request: dict[str, Any], states: list[int | None]) -> None:
    tactics = request["tactics"]
    for index, tactic in enumerate(tactics):
        n = states[request["state"]]
        if n is None:
            say({"id": request["id"], "end": True, "failure": "the state was dropped"})
            return
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
            print(json.dumps({"id": "1", "end": True, "kind": "proved", "states": [], "us": 1}), flush=True)
            print("{not json", flush=True)
        if word == "skip-once" and not Path(argument).exists():
            Path(argument).touch()
            print(json.dumps(reply)[:20], flush=True)
            continue
        if word == "garbage":
            say({"id": request["id"], "end": True, "kind": "proved", "states": "none"})
            return
        if word == "count":
            say(reply | {"kind": "error", "message": f"{sum(state is not None for state in states)} states"})
            continue
        if word == "fail":
            say(reply | {"kind": "error", "message": "no"})
            continue
        n += {"more": 1, "close": -1, "finish": -n}.get(word, 0)
        parts = [n] if n else []
        if word == "split":
            parts = [1, 2] if request["split"] else [3]
        next_states = [{"state": len(states) + i, "goals": goals(part), "hash": part} for i, part in enumerate(parts)]
        states += parts
        say(reply | {"kind": "open" if parts else "proved", "states": next_states, "end": reply["end"] or not parts})
        if not parts:
            return


def main() -> None:
    states: list[int | None] = []
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
        elif request["op"] == "symbols":
            target = ["Goals", str(states[request["state"]])]
            say({"id": request["id"], "end": True, "target": target, "context": []})
        elif request["op"] == "library":
            n = request["first"]
            module = {"name": f"Std.M{n}", "theorems": [[f"t{n}", 0, "Eq", 0, ["Eq"]]]}
            say({"id": request["id"], "end": True, "modules": [module], "next": n + 1 if n < 2 else None})
        elif request["op"] == "drop":
            for number in request["states"]:
                states[number] = None
        elif request["op"] == "tactics":
            answers = ["" if word == "close" else "<input>:1:1: unknown tactic" for word in request["words"]]
            say({"id": request["id"], "end": True, "answers": answers})
        elif request["op"] == "export":
            if "end-export" in request["text"]:
                os._exit(9)
            messages = (
                [{"severity": "error", "text": "no", "line": 1, "column": 0}] if "error" in request["text"] else []
            )
            constants = [["wrong" if "wrong" in request["text"] else "right"]]
            reply = {"messages": messages, "refused": "", "constants": constants, "may_sorry": [], "us": 1000}
            say(reply | {"id": request["id"], "end": True})
        elif request["op"] == "judge":
            original = request.get("original", "")
            if "end-judge" in original:
                os._exit(9)
            if "macro" in original and not request["trusted"]:
                say({"id": request["id"], "end": True, "untrusted": "macro", "us": 1000})
                continue
            bad = ["t is false"] if request["constants"] == [["wrong"]] else []
            keys = ("original_errors", "declared", "sorry", "axioms", "late", "differences")
            empty: dict[str, Any] = {key: [] for key in keys}
            if "pid" in original:
                empty["differences"] = [str(os.getpid())]
            say(empty | {"id": request["id"], "end": True, "targets": ["t"], "failed": bad, "us": 1000})


main()
