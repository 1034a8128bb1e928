"""How long an editor waits for a suggestion, with Lean warm, and what the time goes into.

    python -m benchmarks.suggest_time [--commands 40] [--rounds 3] [--verify] [--json]

A file with some commands has a `sorry` at its end that one tactic closes. Each round edits the last command, as typing
does, asks for the holes, and then for suggestions. Milliseconds of wall time: `survey` is until the holes are known,
`lean` what Lean's clock says of that, `first` from there to the first complete proof, `answer` both together;
`verified` (with --verify) is from the request until a fresh Lean has accepted it. `elaborated` says how many commands
Lean went through again, of `commands`. The first request of all, in which Lean sees the file for the first time, is
told apart. Each request finds Lean at rest: what an abandoned verification still takes of a worker is waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from typing import Any

from lean_env.pool import Pool
from lean_env.toolchain import resolve
from prover.suggest import Suggester

GOALS = (
    "(n : Nat) : n + 0 = n",
    "(p q : Prop) (hp : p) (_ : q) : p",
    "(a b : Nat) (h : a < b) : a ≤ b + 1",
    "(xs : List Nat) : (xs ++ []).length = xs.length",
    "(p q : Prop) (h : p ∧ q) : q ∧ p",
    "(a b c : Nat) : a * (b + c) = a * b + a * c",
    ": 17 * 19 = 323",
    "(n : Nat) (h : n % 4 = 3) : n % 2 = 1",
)


def file_with(goal: str, commands: int, change: int) -> str:
    """A file that is `change` edits away from its first form."""
    head = "".join(f"theorem before_{i} (n : Nat) : n + {i} = {i} + n := by\n  omega\n\n" for i in range(commands))
    edits = "".join(f"  have : {i} = {i} := rfl\n" for i in range(change))
    return f"{head}theorem goal {goal} := by\n{edits}  sorry\n"


async def ask(pool: Pool, suggester: Suggester, text: str, verify: bool) -> dict[str, float]:
    """One request, and when what came."""
    while pool.busy:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    begun, lean = time.monotonic(), pool.lean_s
    survey = await suggester.survey(text)
    looked, lean = time.monotonic(), pool.lean_s - lean
    first = verified = float("nan")
    stream = suggester.suggest(survey.holes[0], timeout_s=60)
    try:
        async for found in stream:
            if found.suggestions and found.suggestions[0].kind == "complete" and first != first:
                first = time.monotonic()
                if not verify:
                    break
            if found.proof is not None:
                verified = time.monotonic()
    finally:
        await stream.aclose()
    return {
        "survey": 1000 * (looked - begun),
        "lean": 1000 * lean,
        "first": 1000 * (first - looked),
        "answer": 1000 * (first - begun),
        "verified": 1000 * (verified - begun),
        "elaborated": survey.elaborated,
        "commands": survey.commands,
    }


async def measure(commands: int, rounds: int, verify: bool) -> dict[str, Any]:
    """All goals, some rounds each."""
    cold: list[dict[str, float]] = []
    warm: list[dict[str, float]] = []
    async with Pool(resolve("bundled"), workers=1, slots=4) as pool, Suggester(pool) as suggester:
        await suggester.warm()
        for goal in GOALS:
            for change in range(rounds + 1):
                taken = await ask(pool, suggester, file_with(goal, commands, change), verify)
                (warm if change else cold).append(taken)
    return {
        "first sight": _summary(cold[:1]),
        "after an edit": _summary(warm),
        "within 1 s": f"{sum(each['answer'] <= 1000 for each in warm)} of {len(warm)}",
    }


def _summary(taken: list[dict[str, float]]) -> dict[str, str]:
    shown = {}
    for key in taken[0]:
        values = [each[key] for each in taken if each[key] == each[key]]
        if values:
            shown[key] = f"{statistics.median(values):.0f} (most {max(values):.0f})"
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.commands, options.rounds, options.verify))
    if options.json:
        print(json.dumps(found))
        return
    for name, values in found.items():
        print(name, values if isinstance(values, str) else "")
        for key, value in values.items() if isinstance(values, dict) else ():
            print(f"  {key:12} {value}")


if __name__ == "__main__":
    main()
