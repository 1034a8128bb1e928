"""One command, one table: every set, every configuration, every budget, each against the published loop.

    python -m benchmarks.table --data DIR --out DIR [--sets core,false] [--configs default,published]
        [--budget 1x32x100 --budget 8x32x300] [--timeout S] [--sample N] [--seed S] [--workers N] [--slots N]
        [--markdown FILE] [--json]

Each cell is a run in a folder of its own under `--out`, made one after the other; the same command goes on where it
stopped, makes nothing twice, and prints the table of what is there. A cell that fails is said to have failed, the
others are made, and the exit status is 1.

A line of the table:

- *elaborated*: statements that this Lean accepts, those of which every attempt failed left out;
- *Lean s*: seconds inside Lean, by Lean's own clock, of all attempts, those that found nothing among them, without
  verification, which costs every configuration the same for each proof. What an earlier cell of the same command has
  put to Lean is not put to it again: the answer counts with the seconds that it took (`benchmarks/replay.py`);
- *a result*: the same divided by what was proved and disproved;
- *× published*: what was proved and disproved, and Lean seconds a result, each divided by the published loop's on the
  same problems with the same budget (`benchmarks/published_loop.py`); more is better of the first, less of the second.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import functools
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import published_loop
from benchmarks.replay import Account, Record, remembering
from lean_env.errors import StepwiseError, UsageError
from prover.config import RunConfig, parse_budget
from prover.events import Silent
from prover.interfaces import Attempt, Budget, Problem
from prover.method import Ablation
from prover.parts import Parts, real_parts
from prover.prepare import Prepared, prepare
from prover.results import write_whole
from prover.run import run
from prover.search import SEARCHES
from prover.wording import nearest

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Set:
    """Statements that the configurations are compared on."""

    name: str
    target: str
    split: str | None = None
    negate: bool = False
    """Search for the negation beside."""
    limit: int | None = None
    """For a set that is itself a sample by the run's seed: its size where none is asked for."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way to search."""

    name: str
    search: str = "best-first"
    ablation: Ablation = field(default_factory=Ablation)
    published: bool = False
    """The published loop in place of our attempt."""


SETS = (
    Set("minif2f-valid", "minif2f", "valid"),
    Set("lean-workbook", "lean-workbook"),
    Set("core", "core"),
    Set("stdlib", "stdlib", limit=300),
    Set("false", str(HERE / "false.jsonl"), negate=True),
)
CONFIGURATIONS = (
    Configuration("default"),
    *(Configuration(name, search=name) for name in SEARCHES if name != "best-first"),
    Configuration("no-retrieval", ablation=Ablation(retrieval=False)),
    Configuration("no-and-or", ablation=Ablation(and_or=False)),
    Configuration("no-transpositions", ablation=Ablation(transpositions=False)),
    Configuration("uniform-priors", ablation=Ablation(uniform_priors=True)),
    Configuration("no-memory", ablation=Ablation(memory=False)),
    Configuration("no-learning", ablation=Ablation(learning=False)),
    Configuration("published", ablation=Ablation(retrieval=False, and_or=False), published=True),
)
BUDGETS = ("1x32x100", "8x32x300")


@dataclass(frozen=True, slots=True)
class Row:
    """What one cell came to; Lean's time in seconds."""

    set: str
    budget: str
    configuration: str
    problems: int = 0
    elaborated: int = 0
    proved: int = 0
    disproved: int = 0
    errors: int = 0
    """Problems of which every attempt failed for a reason that is not Lean's verdict."""
    lean_s: float = 0.0
    failed: str = ""
    """Why there is nothing, where the cell itself failed."""

    @property
    def results(self) -> int:
        return self.proved + self.disproved

    @property
    def lean_s_a_result(self) -> float | None:
        return self.lean_s / self.results if self.results else None


def figures(problems: Sequence[Problem], attempts: Sequence[Attempt]) -> dict[str, Any]:
    """The counts of a row, and its Lean seconds. Each problem falls into one class by all of its attempts."""
    seen: dict[str, set[str]] = {problem.name: set() for problem in problems}
    for attempt in attempts:
        seen[attempt.problem].add(attempt.result)
    order = ("proved", "disproved", "not_elaborated", "not_proved", "error")
    verdicts = [next((result for result in order if result in results), "pending") for results in seen.values()]
    return {
        "problems": len(verdicts),
        "elaborated": sum(verdict in ("proved", "disproved", "not_proved") for verdict in verdicts),
        "proved": verdicts.count("proved"),
        "disproved": verdicts.count("disproved"),
        "errors": verdicts.count("error"),
        "lean_s": sum(attempt.usage.lean_s for attempt in attempts),
    }


def ratios(rows: Sequence[Row]) -> dict[Row, tuple[float | None, float | None]]:
    """For each row, its results and its Lean seconds a result over those of the published loop in the same place.

    None where there is no such row, where it failed, or where a side has no results to divide by.
    """
    base = {(row.set, row.budget): row for row in rows if row.configuration == "published" and not row.failed}
    found: dict[Row, tuple[float | None, float | None]] = {}
    for row in rows:
        other = base.get((row.set, row.budget))
        if other is None or row.failed or not other.results:
            found[row] = (None, None)
            continue
        cost, least = row.lean_s_a_result, other.lean_s_a_result
        found[row] = (row.results / other.results, cost / least if cost is not None and least else None)
    return found


def markdown(rows: Sequence[Row], about: str) -> str:
    """The table, with a line on how it was made."""
    heads = ["set", "budget", "configuration", "problems", "elaborated", "proved", "disproved", "errors", "Lean s"]
    heads += ["a result", "× published: results", "Lean s a result"]
    against = ratios(rows)
    lines = [about, "", f"| {' | '.join(heads)} |", "|---|---|---|" + "---:|" * (len(heads) - 3)]
    for row in rows:
        cells: list[object] = [row.set, row.budget, row.configuration]
        if row.failed:
            cells += [f"failed: {row.failed}", *[""] * (len(heads) - 4)]
        else:
            cells += [row.problems, row.elaborated, row.proved, row.disproved, row.errors, f"{row.lean_s:.1f}"]
            cells += [_number(row.lean_s_a_result), *map(_number, against[row])]
        lines.append(f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def sample(problems: Sequence[Problem], count: int | None, seed: int) -> list[Problem]:
    """So many of the problems by chance, the same for the same seed, in the order of their source; all if None."""
    if count is None or count >= len(problems):
        return list(problems)
    places = sorted(random.Random(seed).sample(range(len(problems)), count))
    return [problems[place] for place in places]


def run_config(which: Set, how: Configuration, budget: Budget, out: Path, options: argparse.Namespace) -> RunConfig:
    """The run of one cell."""
    return RunConfig(
        target=which.target,
        budget=budget,
        search=how.search,
        split=which.split,
        seed=options.seed,
        limit=which.limit and (options.sample or which.limit),
        timeout_s=options.timeout,
        workers=options.workers,
        slots=options.slots,
        lean=options.lean,
        project=options.project,
        data=options.data,
        out=out,
        negate=which.negate and not how.published,
        ablation=how.ablation,
    )


def parts_of(how: Configuration, parts: Parts) -> Parts:
    """What a run of this configuration is made of."""
    attempt = published_loop.attempt if how.published else parts.attempt
    return replace(parts, attempt=functools.partial(attempt, clock=Account))


@dataclass(slots=True)
class Progress(Silent):
    """How far a cell is, a line at its beginning and its end."""

    def note(self, text: str) -> None:
        say(text)


@dataclass(slots=True)
class Table:
    """The cells that were asked for, and what has become of them."""

    options: argparse.Namespace
    parts: Parts
    record: Record
    """What Lean has said about the set under way."""
    rows: list[Row] = field(default_factory=list)
    prepared: dict[str, Prepared] = field(default_factory=dict)

    def prepare(self) -> None:
        """Load and sample every set before any cell is made, so that nothing is missing hours later.

        Raises:
            StepwiseError: the data of a set are not there, or no Lean can be used.
        """
        for which in self.options.sets:
            config = RunConfig(
                which.target,
                split=which.split,
                data=self.options.data,
                lean=self.options.lean,
                project=self.options.project,
            )
            loaded = prepare(config, parts=self.parts, events=Progress())
            count = None if which.limit else self.options.sample
            chosen = sample(loaded.problems, count, self.options.seed)
            self.prepared[which.name] = replace(loaded, problems=tuple(chosen))

    async def fill(self) -> None:
        """Make every cell."""
        for which in self.options.sets:
            self.record.clear()
            for budget in self.options.budgets:
                for how in self.options.configurations:
                    self.rows.append(await self._cell(which, how, budget))

    async def _cell(self, which: Set, how: Configuration, budget: Budget) -> Row:
        chosen = f"-{self.options.sample}" if self.options.sample else ""
        place = self.options.out / f"{which.name}{chosen}-seed{self.options.seed}" / f"{how.name}-{budget}"
        row = Row(which.name, str(budget), how.name)
        say(f"{which.name}, {budget}, {how.name} …")
        try:
            config = run_config(which, how, budget, place, self.options)
            prepared = replace(self.prepared[which.name], parts=parts_of(how, self.parts))
            result = await run(config, prepared=prepared, events=Progress())
        except StepwiseError as error:
            say(f"  failed: {error.message}")
            return replace(row, failed=error.message)
        row = replace(row, **figures(result.problems, result.attempts))
        say(f"  {row.proved} proved, {row.disproved} disproved of {row.elaborated}; {row.lean_s:.1f} Lean s")
        return row


def as_json(rows: Sequence[Row], about: str) -> str:
    """The rows with their quotients, as one JSON object."""
    against = ratios(rows)
    records = [
        {
            **dataclasses.asdict(row),
            "lean_s_a_result": row.lean_s_a_result,
            "results_to_published": against[row][0],
            "lean_s_a_result_to_published": against[row][1],
        }
        for row in rows
    ]
    return json.dumps({"about": about, "rows": records}, indent=2, ensure_ascii=False)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line.

    Raises:
        UsageError: it names a set or a configuration that is none, or a budget that cannot be read.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(each.name for each in SETS), help="default: %(default)s")
    parser.add_argument(
        "--configs", default=",".join(each.name for each in CONFIGURATIONS), help="default: %(default)s"
    )
    parser.add_argument("--budget", action="append", help=f"may be given again; default: {' and '.join(BUDGETS)}")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for one attempt; default: %(default)s")
    parser.add_argument("--sample", type=int, help="so many problems of each set, by chance; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the samples and of the runs")
    parser.add_argument("--workers", type=int)
    parser.add_argument(
        "--slots",
        type=int,
        default=1,
        help="attempts at once on a worker; with one, nobody waits for another",
    )
    parser.add_argument("--data", type=Path, help="a folder with the checkouts of the published sets")
    parser.add_argument("--lean")
    parser.add_argument("--project", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/table"))
    parser.add_argument("--markdown", type=Path, help="write the table to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(arguments)
    if options.sample is not None and options.sample < 1:
        raise UsageError(f"--sample cannot be {options.sample}.", "It is at least 1.")
    options.sets = _named("--sets", options.sets, {each.name: each for each in SETS})
    options.configurations = _named("--configs", options.configs, {each.name: each for each in CONFIGURATIONS})
    options.budgets = list(dict.fromkeys(parse_budget(each) for each in options.budget or BUDGETS))
    return options


def _named(option: str, text: str, known: dict[str, Any]) -> list[Any]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UsageError(f"{option} does not know {name!r}.", nearest(name, known))
    if not names:
        raise UsageError(f"{option} is empty.", f"Choose from: {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)]


def about_line(table: Table) -> str:
    """What a reader must know of how the table was made."""
    lean = next(iter(table.prepared.values())).toolchain.identity()
    options = table.options
    chosen = f"a sample of {options.sample} of each set" if options.sample else "all problems of each set"
    chosen += "".join(f" ({each.name}: {each.limit})" for each in options.sets if each.limit and not options.sample)
    workers = f"{options.workers} workers" if options.workers else "as many workers as the machine takes"
    return (
        f"{lean.get('kind')} Lean {lean.get('version')}; {chosen}, seed {options.seed}; "
        f"{options.timeout:g} s an attempt; {workers}."
    )


def main(arguments: Sequence[str] | None = None, parts: Parts | None = None) -> int:
    """Make the table; the exit status: 0, 1 where a cell failed, 2 for usage, 130 when interrupted."""
    try:
        parts = parts or real_parts()
        options, record = read_options(arguments), Record()
        table = Table(options, replace(parts, pool=remembering(parts.pool, record)), record)
        table.prepare()
        asyncio.run(table.fill())
    except StepwiseError as error:
        say(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""))
        return error.exit_status
    except KeyboardInterrupt:
        say("error: Interrupted.\nhint: The same command goes on from there.")
        return 130
    about = about_line(table)
    text = markdown(table.rows, about)
    if table.options.markdown is not None:
        write_whole(table.options.markdown, text)
    print(as_json(table.rows, about) if table.options.json else text, end="" if not table.options.json else "\n")
    return 1 if any(row.failed for row in table.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
