"""How a run is going, read from its folder while it goes on: `prove status`. Needs no Lean, and no Ray."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lean_env.errors import ResultsError
from prover.display import duration
from prover.interfaces import Attempt, Problem
from prover.ordering import is_final
from prover.progress import EVERY_S
from prover.report import Report, classes, read_report
from prover.results import RUN, STATUS, read_json

if TYPE_CHECKING:
    from rich.console import Console

SILENT_S = 12 * EVERY_S
"""A run that has not written for so long does not go on, whatever it wrote last."""


@dataclass(frozen=True, slots=True)
class Status:
    """A run at one moment."""

    folder: str
    state: str
    """`running`, `stopped` (the same command goes on), `silent` (it wrote nothing for a while), or `done`."""
    problems: int
    proved: int
    disproved: int
    decided: int
    """Problems of which no attempt is left: proved, disproved, not to be elaborated, or attempted to the end."""
    attempts: int
    """Attempts of which there is no more to say; an `error` is made again by the same command."""
    attempts_left: int
    """At most: a proof ends its problem."""
    attempts_a_minute: float
    """Over the last ten minutes of the command that is running or ran last."""
    seconds_left: float | None
    """An estimate, by that rate and, with `--hours`, by the time that is left; None where nothing is known."""
    spent_s: float
    """Wall-clock seconds of all commands of the run."""
    hours: float | None
    shares: Mapping[str, float]
    """How busy Lean and the models were."""
    places: Sequence[Mapping[str, Any]]
    """What each host does (`prover.workplace.Place`)."""
    errors: int
    failures: Sequence[Mapping[str, Any]]
    """The last attempts that failed: problem, pass, error."""


def read_status(folder: Path, now: float | None = None) -> Status:
    """Read how a run is going.

    Args:
        now: seconds since 1970.

    Raises:
        ResultsError: it is not the folder of a run, or cannot be read.
    """
    report = read_report(folder)
    passes = int(str((read_json(folder / RUN) or {}).get("config", {}).get("budget", "1")).split("x")[0] or 1)
    seen = read_json(folder / STATUS) or {}
    decided, left = _left(report.problems, report.attempts, passes)
    now = time.time() if now is None else now
    try:
        hours = None if seen.get("hours") is None else float(seen["hours"])
        recent, spent_s = dict(seen.get("recent", {})), float(seen.get("spent_s", 0.0))
        quiet_s = now - float(seen.get("time", 0.0))
        rate = float(recent.get("attempts", 0)) / max(1e-9, float(recent.get("seconds", 0)))
    except (TypeError, ValueError) as error:
        raise ResultsError(f"{folder / STATUS} cannot be read.", "The run writes it anew every few seconds.") from error
    errors = [attempt for attempt in report.attempts if attempt.result == "error"]
    running = bool(seen.get("running")) and quiet_s < SILENT_S
    if not left and not errors and report.problems:
        state = "running" if running else "done"
    else:
        state = "running" if running else "silent" if seen.get("running") else "stopped"
    return Status(
        folder=str(folder),
        state=state,
        problems=report.summary.problems,
        proved=report.summary.proved,
        disproved=report.summary.disproved,
        decided=decided,
        attempts=sum(is_final(attempt) and attempt.result != "error" for attempt in report.attempts),
        attempts_left=left,
        attempts_a_minute=round(60 * rate, 2),
        seconds_left=_seconds_left(left, rate, hours, spent_s),
        spent_s=spent_s,
        hours=hours,
        shares=dict(seen.get("shares", {})),
        places=list(seen.get("places", [])),
        errors=len(errors),
        failures=list(seen.get("failures", [])) or _failures(report),
    )


def show(status: Status, console: Console) -> None:
    """Print it."""
    console.print("\n".join(lines(status)), markup=False, highlight=False, soft_wrap=True)


def lines(status: Status) -> list[str]:
    """The status in words, a line each."""
    rate = 100 * status.proved / status.problems if status.problems else 0.0
    found = [
        f"{status.folder}: {status.state}",
        f"problems   {status.decided}/{status.problems} done with, {status.proved} proved ({rate:.1f} %)"
        + (f", {status.disproved} disproved" if status.disproved else ""),
        f"attempts   {status.attempts} made, at most {status.attempts_left} left, "
        f"{status.attempts_a_minute:.1f} a minute",
        f"time       {duration(status.spent_s)} gone"
        + (f" of {status.hours:g} h" if status.hours is not None else "")
        + (f", about {duration(status.seconds_left)} left" if status.seconds_left is not None else ""),
    ]
    if status.shares:
        busy = ", ".join(f"{name} {100 * share:.0f} %" for name, share in status.shares.items())
        found.append(f"busy       {busy}")
    waiting = sum(place.get("state") == "waiting" for place in status.places)
    for place in status.places:
        if place.get("state") != "waiting":
            found.append(
                f"  {place.get('name')}: {place.get('state')}, {place.get('busy')}/{place.get('workers')} workers busy"
                f", {place.get('flying')}/{place.get('slots')} slots taken"
                f", {place.get('ended')} attempts ended, {place.get('failed')} failed"
            )
    if waiting:
        found.append(f"  {waiting} more wait for a node")
    if status.errors:
        found.append(f"failed     {status.errors} attempts, made again by the same command; the last:")
        found += [f"  {each.get('problem')}, pass {each.get('pass')}: {each.get('error')}" for each in status.failures]
    return found


def as_json(status: Status) -> dict[str, Any]:
    """The status as JSON values."""
    return asdict(status)


def _left(problems: Sequence[Problem], attempts: Sequence[Attempt], passes: int) -> tuple[int, int]:
    """Problems that are done with, and the attempts that are left of the others."""
    verdicts = classes(problems, attempts)
    final = Counter(each.problem for each in attempts if is_final(each) and each.result != "error")
    left = {
        name: 0 if verdict in ("proved", "disproved", "not_elaborated") else max(0, passes - final[name])
        for name, verdict in verdicts.items()
    }
    return sum(not count for count in left.values()), sum(left.values())


def _seconds_left(left: int, rate: float, hours: float | None, spent_s: float) -> float | None:
    if not left:
        return None
    known = [round(left / rate, 1)] if rate > 0 else []
    known += [max(0.0, round(3600 * hours - spent_s, 1))] if hours is not None else []
    return min(known, default=None)


def _failures(report: Report) -> list[dict[str, Any]]:
    failed = [attempt for attempt in report.attempts if attempt.result == "error"]
    return [{"problem": each.problem, "pass": each.pass_index, "error": each.error} for each in failed[-5:]]
