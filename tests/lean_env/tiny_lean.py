"""As much of Lean as the conformance suite needs, for programs that are scripted: one theorem, and a few tactics on it.

Run as a script, it is a REPL that talks as the community's does, by its documented protocol.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

CONTEXT = "p q : Prop\nhp : p\nhq : q\n"
ROOT = (f"{CONTEXT}⊢ p ∧ q",)


def step(goals: tuple[str, ...], tactic: str) -> tuple[str, ...] | str:
    """The goals that a tactic leaves, or what Lean says against it."""
    target, rest = goals[0].rsplit("⊢ ", 1)[1], goals[1:]
    if tactic == "skip":
        return goals
    if tactic == "constructor" and target == "p ∧ q":
        return (f"case left\n{CONTEXT}⊢ p", f"case right\n{CONTEXT}⊢ q", *rest)
    if (tactic, target) in (("exact hp", "p"), ("exact hq", "q"), ("exact ⟨hp, hq⟩", "p ∧ q")):
        return rest
    return f"tactic '{tactic}' failed"


@dataclass(frozen=True)
class TacticState:
    pp: str
    id: int = field(compare=False)
    message: str | None = None


@dataclass(frozen=True)
class ProofFinished:
    tactic_state_id: int
    message: str | None = None


@dataclass(frozen=True)
class LeanError:
    error: str


class Dojo:
    """What `lean_dojo.Dojo` is for the theorem; `deaths` crashes are left in it."""

    deaths = 0
    opened = 0

    def __init__(self, file: str, name: str, limit_s: int) -> None:
        assert (file, name, limit_s) == ("Conf/And.lean", "conf_and", 30)
        self._states: list[tuple[str, ...]] = []

    def __enter__(self) -> tuple[Dojo, TacticState]:
        Dojo.opened += 1
        return self, self._state(ROOT)

    def __exit__(self, *what: object) -> None:
        self._states.clear()

    def run_tac(self, state: TacticState, tactic: str) -> TacticState | ProofFinished | LeanError:
        goals = self._states[state.id]
        if tactic == "die":
            self._states.clear()
            raise RuntimeError("Unexpected EOF")
        found = step(goals, tactic)
        if isinstance(found, str):
            return LeanError(found)
        return self._state(found) if found else ProofFinished(len(self._states))

    def _state(self, goals: tuple[str, ...]) -> TacticState:
        self._states.append(goals)
        return TacticState("\n\n".join(goals), len(self._states) - 1)


def answer(request: dict[str, Any], states: list[tuple[str, ...]], environments: list[str]) -> dict[str, Any]:
    """What the REPL says to a request."""
    if "cmd" in request:
        text = request["cmd"]
        if "env" in request and not 0 <= request["env"] < len(environments):
            return {"message": "Unknown environment."}
        environments.append(text)
        number = len(environments) - 1
        if "unknown_type" in text:
            at = {"line": text[: text.index("unknown_type")].count("\n") + 1, "column": 20}
            said = {"severity": "error", "pos": at, "endPos": at, "data": "unknown identifier 'unknown_type'"}
            return {"messages": [said], "env": number}
        if "sorry" not in text:
            return {"env": number}
        before = text[: text.index("sorry")]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
        states.append(ROOT)
        at = {"line": line, "column": column}
        hole = {"proofState": len(states) - 1, "pos": at, "goal": ROOT[0], "endPos": {**at, "column": column + 5}}
        said = {"severity": "warning", "pos": at, "endPos": at, "data": "declaration uses 'sorry'"}
        return {"sorries": [hole], "messages": [said], "env": number}
    if not 0 <= request["proofState"] < len(states):
        return {"message": "Unknown proof state."}
    if request["tactic"] == "die":
        sys.exit(1)
    if request["tactic"] == "hang":
        time.sleep(3600)
    found = step(states[request["proofState"]], request["tactic"])
    if isinstance(found, str):
        return {"message": f"Lean error:\n{found}"}
    states.append(found)
    status = "Incomplete: open goals remain" if found else "Completed"
    return {"proofStatus": status, "proofState": len(states) - 1, "goals": list(found)}


def main() -> None:
    states: list[tuple[str, ...]] = []
    environments: list[str] = []
    lines: list[str] = []
    for line in sys.stdin:
        if line.strip():
            lines.append(line)
        elif lines:
            request, lines = json.loads("".join(lines)), []
            print(json.dumps(answer(request, states, environments), indent=1, ensure_ascii=False) + "\n", flush=True)


if __name__ == "__main__":
    main()
