"""Runs with everything of ours in them, over a Lean that is simulated (`tests.lean_env.scripted_worker`).

    python -m tests.chaos.simulated OUT [PROBLEMS]   one run in a process of its own, to be killed

Half of the problems' names begin with `easy`: proved at their first pass, in three steps. The others are never proved.
Everything that the simulated processes are started with names OUT, so that those that are left over can be found.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psutil

from lean_env.errors import StepwiseError
from lean_env.pool import Pool
from lean_env.toolchain import Command, Toolchain
from prover.attempt import attempt
from prover.config import RunConfig
from prover.interfaces import Attempt, Budget, Candidate, Policy, Problem, Query
from prover.journal import decode
from prover.parts import Parts
from prover.prepare import prepare
from prover.run import run
from tests.prover.fakes import FakePolicy, World, problem

if TYPE_CHECKING:
    from prover.parts import LeanPool

HERE = Path(__file__).parent
WORKER = HERE.parent / "lean_env" / "scripted_worker.py"
# Says of each theorem that it stands on no axiom, and prints what the last command of the text asks for
CHECKER = """\
import json, sys
lines = sys.stdin.read().rstrip().split(chr(10))
for number, line in enumerate(lines, 1):
    said = None
    if line.startswith('#print axioms '):
        said = "'" + line.split()[-1] + "' does not depend on any axioms"
    elif line.startswith('#print "'):
        said = line.split('"')[1]
    if said is not None:
        print(json.dumps({'data': said, 'severity': 'information', 'pos': {'line': number, 'column': 0}}), flush=True)
"""
PASSES = 2


@dataclass(frozen=True)
class Simulated:
    """Stands in for a toolchain; each of its processes is behind the shim where there is a plan for its boundary."""

    folder: Path
    kind: str = "path"
    bundle: None = None
    version: str = "4.99.0"
    mathlib: bool = False

    def identity(self) -> dict[str, object]:
        return {"kind": self.kind, "version": self.version}

    def worker(self, source: Path) -> Command:
        return self._behind("worker", sys.executable, str(WORKER), str(self.folder))

    def checker(self) -> Command:
        return self._behind("checker", sys.executable, "-c", CHECKER, str(self.folder))

    def _behind(self, boundary: str, *argv: str) -> Command:
        if (self.folder / f"{boundary}.plan").exists():
            argv = (sys.executable, str(HERE / "shim.py"), str(self.folder), boundary, *argv)
        return Command(argv, dict(os.environ), None)


class Steps(FakePolicy):
    """Knows the three steps to an easy problem's proof, and nothing for the others."""

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        return [self._for(query) for query in queries]

    def _for(self, query: Query) -> list[Candidate]:
        useful = "fail" if not query.problem.startswith("easy") else "more" if len(query.tactics) < 2 else "finish"
        return [Candidate("fail", -0.5), Candidate(useful, -1.0)]


class Simulation(World):
    """Fake problems, a simulated Lean; the run, the attempts, the search and the pool are ours."""

    def __init__(self, folder: Path, count: int, policy: Policy | None = None) -> None:
        super().__init__(problems=posed(count))
        self.folder, self.guide = plans(folder), policy or Steps()

    def parts(self) -> Parts:
        return replace(super().parts(), attempt=attempt)

    def resolve(self, *_: Any) -> Toolchain:
        return cast(Toolchain, Simulated(self.folder))

    def open_pool(self, toolchain: Toolchain, *, workers: int | None, slots: int) -> LeanPool:
        return Pool(toolchain, workers=1, slots=4)

    async def policy(self, *_: Any) -> Policy:
        return self.guide


@dataclass(frozen=True)
class Tally:
    """What became of a run that was disturbed."""

    owed: int
    """Attempts that it had to make."""
    lost: int
    """Of these, the ones that are missing at the end, or were recorded and are not any more, or came out otherwise."""
    doubled: int
    """Attempts that were recorded again although they had ended well."""
    commands: int = 1
    """How often the same command was given until nothing was left to do."""
    orphans: int = 0
    """Processes that were left over."""
    leftovers: int = 0
    """Files that do not belong to a run."""

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.orphans or self.leftovers)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def plans(out: Path) -> Path:
    """Where the plans of faults for a run are: beside its folder, which may hold nothing else."""
    return out.with_name(out.name + ".plans")


def posed(count: int) -> list[Problem]:
    return [problem(f"{('easy', 'hard')[index % 2]}{index}") for index in range(count)]


def config(out: Path) -> RunConfig:
    return RunConfig("core", out=out, budget=Budget(PASSES, 4, 8), tactic_timeout_s=0.2, workers=1)


def once(world: Simulation, out: Path) -> None:
    """Give the command once.

    Raises:
        StepwiseError: it fails.
    """
    made = config(out)
    asyncio.run(run(made, prepared=prepare(made, parts=world.parts())))


def until_done(world: Simulation, out: Path, most: int = 8) -> int:
    """Give the command until every attempt has ended well, and return how often that was."""
    for times in range(1, most + 1):
        try:
            once(world, out)
        except StepwiseError:
            continue
        if not any(made.result == "error" for made in last_records(out).values()):
            return times
    return most


def recorded(out: Path) -> list[Attempt]:
    """Every whole record of a journal, in order, those that a later one replaces included."""
    path = out / "attempts.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [decode(line) for line in lines]


def last_records(out: Path) -> dict[tuple[str, int], Attempt]:
    return {(made.problem, made.pass_index): made for made in recorded(out)}


def tally(out: Path, count: int, earlier: Iterable[Attempt] = (), commands: int = 1) -> Tally:
    """Compare what a run left with what it had to do.

    Args:
        earlier: records that were seen in its journal before it was disturbed.
    """
    records, last = recorded(out), last_records(out)
    expected = {(each.name, 0): "proved" for each in posed(count) if each.name.startswith("easy")}
    hard = [each.name for each in posed(count) if each.name.startswith("hard")]
    expected |= {(name, index): "not_proved" for name in hard for index in range(PASSES)}
    lost = sum(1 for key, result in expected.items() if key not in last or last[key].result != result)
    lost += sum(1 for made in earlier if made not in records)
    proofs = out / "proofs"
    written = {path.stem for path in proofs.iterdir() if path.read_text().strip()} if proofs.exists() else set()
    lost += len({name for name, index in expected if name.startswith("easy")} - written)
    times = Counter((made.problem, made.pass_index) for made in records if made.result != "error")
    known = {"run.json", "problems.jsonl", "attempts.jsonl", "summary.json", "status.json", "proofs", ".lock"}
    left = [path for path in out.iterdir() if path.name not in known]
    left += [path for path in proofs.iterdir() if path.suffix != ".lean"] if proofs.exists() else []
    return Tally(len(expected), lost, sum(n - 1 for n in times.values()), commands, remain(out), len(left))


def remain(out: Path, within_s: float = 5.0) -> int:
    """Processes of a run that are still there so long after it has ended."""
    deadline = time.monotonic() + within_s
    while (found := len(orphans(out))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def orphans(out: Path) -> list[int]:
    """Processes, other than this one, whose command names the folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        mine = process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE
        if mine and any(str(out) in word for word in words):
            found.append(process.pid)
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    once(Simulation(folder, int(sys.argv[2])), folder)
