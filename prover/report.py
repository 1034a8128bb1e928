"""What a run came to: counts, rates and the table at its end. Plain functions of problems and attempts.

Each problem falls into one class by all of its attempts: `proved` if one of them proved it; else `disproved` if one
proved its negation; else `not_elaborated` if Lean rejects its statement; else `not_proved` if an attempt ended without
a proof; else `errors` if all failed; else it was not attempted yet. The classes are disjoint, so that in a finished run
`problems = proved + disproved + not_proved + errors + len(not_elaborated)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lean_env.errors import ResultsError
from prover.interfaces import Attempt, Problem
from prover.journal import read_journal
from prover.proofs import proof_files
from prover.results import ATTEMPTS, PROOFS, RUN, SUMMARY, read_json, read_problems

if TYPE_CHECKING:
    from rich.console import Console

Class = Literal["proved", "disproved", "not_elaborated", "not_proved", "error", "pending"]

NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to; `as_json` of it is `summary.json`."""

    problems: int
    """The size of the benchmark as it was run, after `--limit` and `--shard`."""
    elaborated: int
    """Statements that Lean is known to accept: proved, disproved or attempted to the end."""
    proved: int
    disproved: int
    """Statements whose negation was proved, which is asked for by `--negate`."""
    not_proved: int
    errors: int
    """Problems of which every attempt failed for a reason that is not Lean's verdict; the same command tries again."""
    not_elaborated: tuple[str, ...]
    """Names of the statements that this Lean rejects."""
    pass_at: Mapping[int, float]
    """By k: the fraction of all problems that one of the first k passes proved."""
    usage: Mapping[str, float]
    """Sums over all attempts: `attempts`, `expansions`, `tactics`, and seconds in `lean_s`, `policy_s`, `verify_s`,
    `wall_s` (attempts run beside one another, so `wall_s` is more than the clock's)."""
    lean: Mapping[str, object]
    budget: str
    policy: str
    critic: str
    search: str
    proofs: Mapping[str, str]
    """Names of what was proved, each with its file inside the run's folder."""
    disproofs: Mapping[str, str]
    """Names of what was disproved, each with the file of its negation's proof."""
    busy: Mapping[str, float] = field(default_factory=dict, compare=False)
    """The share of the time of the last command in which Lean, the policy's model and the critic's were busy."""

    def as_json(self) -> dict[str, object]:
        """The summary as JSON values."""
        return {
            "problems": self.problems,
            "elaborated": self.elaborated,
            "proved": self.proved,
            "disproved": self.disproved,
            "not_proved": self.not_proved,
            "errors": self.errors,
            "not_elaborated": list(self.not_elaborated),
            "pass_at": {str(k): rate for k, rate in self.pass_at.items()},
            "usage": dict(self.usage),
            "lean": dict(self.lean),
            "budget": self.budget,
            "policy": self.policy,
            "critic": self.critic,
            "search": self.search,
            "proofs": dict(self.proofs),
            "disproofs": dict(self.disproofs),
            "busy": {name: round(share, 3) for name, share in self.busy.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A run's folder as it can be read without Lean, finished or not."""

    problems: tuple[Problem, ...]
    attempts: tuple[Attempt, ...]
    summary: Summary


def classify(attempts: Iterable[Attempt]) -> Class:
    """The class of one problem, by the attempts at it."""
    results = {attempt.result for attempt in attempts}
    for result in ("proved", "disproved", "not_elaborated", "not_proved", "error"):
        if result in results:
            return result
    return "pending"


def classes(problems: Sequence[Problem], attempts: Iterable[Attempt]) -> dict[str, Class]:
    """The class of each problem, by name."""
    by_problem: dict[str, list[Attempt]] = {problem.name: [] for problem in problems}
    for attempt in attempts:
        by_problem.get(attempt.problem, []).append(attempt)
    return {name: classify(made) for name, made in by_problem.items()}


def pass_at(problems: Sequence[Problem], attempts: Iterable[Attempt], passes: int) -> dict[int, float]:
    """By k = 1, 2, 4, … and `passes`: the fraction of all problems that one of the first k passes proved.

    This is the simple fraction over the benchmark's size, and not the unbiased estimator: a run stops at a problem's
    first proof, so the number of passes that would have proved it is not known. Statements that do not elaborate and
    attempts that failed count as not proved. It is 0 where there are no problems.
    """
    names = {problem.name for problem in problems}
    first: dict[str, int] = {}
    for attempt in attempts:
        if attempt.result == "proved" and attempt.problem in names:
            first[attempt.problem] = min(attempt.pass_index, first.get(attempt.problem, attempt.pass_index))
    ks = sorted({*(2**i for i in range(max(passes, 1).bit_length()) if 2**i <= passes), passes})
    return {k: _rate(sum(index < k for index in first.values()), len(names)) for k in ks}


def summarise(
    problems: Sequence[Problem],
    attempts: Sequence[Attempt],
    *,
    passes: int,
    budget: str,
    policy: str,
    critic: str,
    search: str,
    lean: Mapping[str, object],
    busy: Mapping[str, float] | None = None,
) -> Summary:
    """Count what the attempts came to. Attempts at other problems than these are left out."""
    verdicts = classes(problems, attempts)
    ours = [attempt for attempt in attempts if attempt.problem in verdicts]
    kinds = ("proved", "disproved", "not_proved", "error")
    count = {kind: sum(verdict == kind for verdict in verdicts.values()) for kind in kinds}
    files = proof_files([problem.name for problem in problems])
    proofs = {name: f"{PROOFS}/{files[name]}" for name in verdicts}
    return Summary(
        problems=len(verdicts),
        elaborated=count["proved"] + count["disproved"] + count["not_proved"],
        proved=count["proved"],
        disproved=count["disproved"],
        not_proved=count["not_proved"],
        errors=count["error"],
        not_elaborated=tuple(name for name, verdict in verdicts.items() if verdict == "not_elaborated"),
        pass_at=pass_at(problems, ours, passes),
        usage=_usage(ours),
        lean=lean,
        budget=budget,
        policy=policy,
        critic=critic,
        search=search,
        proofs={name: proofs[name] for name, verdict in verdicts.items() if verdict == "proved"},
        disproofs={name: proofs[name] for name, verdict in verdicts.items() if verdict == "disproved"},
        busy=dict(busy or {}),
    )


def read_report(path: Path) -> Report:
    """Read a run's folder, finished or not, and count again what its journal says.

    Raises:
        ResultsError: it is not the folder of a run, or it cannot be read.
    """
    run = read_json(path / RUN)
    if run is None:
        there = "is not the folder of a run" if path.is_dir() else "is not a folder"
        raise ResultsError(f"{path} {there}.", "Name the folder that `prove` wrote: the one with run.json in it.")
    config = run.get("config")
    config = config if isinstance(config, dict) else {}
    lean = run.get("lean")
    problems = read_problems(path) or []
    attempts = [*read_journal(path / ATTEMPTS)[0].values()]
    budget = str(config.get("budget", ""))
    passes = budget.split("x")[0]
    policy = config.get("policy")
    summary = summarise(
        problems,
        attempts,
        passes=int(passes) if passes.isdecimal() else 1,
        budget=budget,
        policy=",".join(map(str, policy)) if isinstance(policy, list) else str(policy or ""),
        critic=str(config.get("critic", "none")),
        search=str(config.get("search", "")),
        lean=lean if isinstance(lean, dict) else {},
        busy=_busy(read_json(path / SUMMARY)),
    )
    return Report(tuple(problems), tuple(attempts), summary)


def lines(summary: Summary, folder: str) -> list[tuple[str, str]]:
    """The table at the end of a run, as pairs of a label and what is said about it."""
    done = summary.elaborated + summary.errors + len(summary.not_elaborated)
    rows = [
        ("problems", str(summary.problems)),
        ("proved", _both(summary.proved, summary.problems, summary.elaborated)),
        ("not proved", str(summary.not_proved)),
    ]
    if summary.disproved:
        rows.append(("disproved", str(summary.disproved)))
    if summary.not_elaborated:
        rows.append(("do not elaborate", _named(summary.not_elaborated, f"{folder}/{ATTEMPTS}")))
    if summary.errors:
        rows.append(("errors", f"{summary.errors} (the same command tries them again; see {folder}/{ATTEMPTS})"))
    if done < summary.problems:
        rows.append(("not attempted yet", f"{summary.problems - done} (the same command goes on)"))
    for k, rate in summary.pass_at.items():
        if len(summary.pass_at) > 1:
            rows.append((f"pass@{k}", _both(round(rate * summary.problems), summary.problems, summary.elaborated)))
    usage = summary.usage
    spent = f"{usage.get('attempts', 0):.0f} attempts, {usage.get('expansions', 0):.0f} expansions, "
    spent += f"{usage.get('tactics', 0):.0f} tactics; seconds: {usage.get('lean_s', 0):.1f} Lean, "
    spent += f"{usage.get('policy_s', 0):.1f} policy, {usage.get('verify_s', 0):.1f} verification"
    rows.append(("usage", spent))
    if summary.busy.keys() - {"lean"}:
        shares = ", ".join(f"{name.capitalize()} {100 * share:.0f} %" for name, share in summary.busy.items())
        rows.append(("busy", f"{shares} of the last command's time"))
    rows.append(("settings", f"budget {summary.budget}, policy {summary.policy}, search {summary.search}"))
    rows.append(("lean", _lean(summary.lean)))
    rows.append(("run", folder))
    return rows


def show(summary: Summary, folder: str, console: Console) -> None:
    """Print the table at the end of a run."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in lines(summary, folder):
        table.add_row(Text(label, style="bold"), Text(value))
    console.print(table)


def _busy(written: Mapping[str, object] | None) -> dict[str, float]:
    """What a run's last summary says of how busy its parts were."""
    busy = (written or {}).get("busy")
    return {str(k): float(v) for k, v in busy.items() if isinstance(v, int | float)} if isinstance(busy, dict) else {}


def _usage(attempts: Sequence[Attempt]) -> dict[str, float]:
    return {
        "attempts": len(attempts),
        "expansions": sum(attempt.usage.expansions for attempt in attempts),
        "tactics": sum(attempt.usage.tactics for attempt in attempts),
        "lean_s": round(sum(attempt.usage.lean_s for attempt in attempts), 3),
        "policy_s": round(sum(attempt.usage.policy_s for attempt in attempts), 3),
        "verify_s": round(sum(attempt.usage.verify_s for attempt in attempts), 3),
        "wall_s": round(sum(attempt.usage.wall_s for attempt in attempts), 3),
    }


def _lean(identity: Mapping[str, object]) -> str:
    if not identity:
        return "not recorded"
    mathlib = f"with Mathlib {identity.get('mathlib_revision') or ''}" if identity.get("mathlib") else "without Mathlib"
    return f"{identity.get('kind', '')} Lean {identity.get('version', '')} {mathlib}".strip()


def _rate(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _both(part: int, problems: int, elaborated: int) -> str:
    """A count with its rate over the benchmark, and beside it the rate over what elaborates, where that differs."""
    if not problems:
        return str(part)
    text = f"{part} ({100 * _rate(part, problems):.1f} % of {problems}"
    return f"{text}; {100 * _rate(part, elaborated):.1f} % of the {elaborated} that elaborate)"


def _named(names: Sequence[str], where: str) -> str:
    more = len(names) - NAMES_SHOWN
    rest = f" and {more} more, all with Lean's reason in {where}" if more > 0 else f" (reasons in {where})"
    return f"{len(names)}: {', '.join(names[:NAMES_SHOWN])}{rest}"
