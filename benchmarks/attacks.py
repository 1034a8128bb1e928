"""What stops each attack on verification, as a table: `python -m benchmarks.attacks [OUT.md]`.

Runs the suite of `tests/adversarial` on one worker of the bundled Lean. Times are wall seconds on a warm worker; they
say what an attack costs, not how fast Lean is.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path

from lean_env.pool import Pool
from lean_env.toolchain import resolve
from lean_env.verify import Verdict
from tests.adversarial.attacks import ATTACKS, HONEST, Attack
from tests.adversarial.test_attacks import stopped_as_expected

OUT = Path(__file__).parent / "results" / "attacks.md"


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def attack_row(attack: Attack, verdict: Verdict, seconds: float) -> str:
    """One line of the table: the reason shown is the first of the stage that was to stop it."""
    right = stopped_as_expected(attack, verdict)
    stages = ", ".join(dict.fromkeys(verdict.stages)) if right else "**accepted**" if verdict.accepted else "**wrong**"
    why = next((r for s, r in zip(verdict.stages, verdict.reasons, strict=True) if s == attack.stage), "")
    return row(
        attack.kind, attack.name, stages, why[:90].encode("ascii", "backslashreplace").decode(), f"{seconds:.2f}"
    )


async def measure() -> str:
    """The whole page."""
    attacks, honest, kinds, stopped = [], [], Counter[str](), 0
    toolchain = resolve("bundled", progress=lambda line: print(line, file=sys.stderr))
    async with Pool(toolchain, workers=1) as pool:
        for attack in ATTACKS:
            began = time.perf_counter()
            verdict = await pool.verify(attack.original, attack.candidate)
            attacks.append(attack_row(attack, verdict, time.perf_counter() - began))
            stopped += stopped_as_expected(attack, verdict)
            kinds[attack.stage] += 1
            print(attacks[-1], file=sys.stderr)
        for proof in HONEST:
            began = time.perf_counter()
            verdict = await pool.verify(proof.original, proof.candidate)
            seconds = time.perf_counter() - began
            honest.append(row(proof.name, "accepted" if verdict.accepted else "**rejected**", f"{seconds:.2f}"))
            print(honest[-1], file=sys.stderr)
    accepted = sum("| accepted |" in line for line in honest)
    lines = [
        "# Attacks on verification",
        "",
        f"Written by `python -m benchmarks.attacks` on the bundled Lean {toolchain.version}: {stopped} of "
        f"{len(attacks)} attacks stopped at the stage that is to stop them, {accepted} of {len(honest)} honest proofs "
        "accepted.",
        "",
        "By stage: " + ", ".join(f"{stage} {count}" for stage, count in kinds.most_common()) + ".",
        "",
        row("kind", "attack", "stopped by", "reason", "s"),
        row("---", "---", "---", "---", "---:"),
        *attacks,
        "",
        "## Honest proofs that look suspicious",
        "",
        row("proof", "verdict", "s"),
        row("---", "---", "---:"),
        *honest,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    page = asyncio.run(measure())
    (Path(sys.argv[1]) if len(sys.argv) > 1 else OUT).write_text(page, encoding="utf-8")
