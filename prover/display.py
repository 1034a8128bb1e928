"""What a run shows while it goes on: live lines on a terminal, plain lines elsewhere; all of it on standard error.

On a terminal that can move its cursor there are two lines that change: counts, rate, time left, workers busy, tactics a
second; and the problems under way. Elsewhere (a pipe, a log, `TERM=dumb`) there is a line for each problem that is done
with; those that come in quick succession share one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prover.interfaces import Attempt, Problem
from prover.report import Class, classify

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from prover.events import Workers
    from prover.utilisation import Utilisation

QUIET_S = 0.25
"""Seconds between two plain lines at least."""
_WORDS: dict[Class, str] = {
    "proved": "proved",
    "disproved": "disproved",
    "not_proved": "not proved",
    "not_elaborated": "does not elaborate",
    "error": "error",
    "pending": "pending",
}


class Display:
    """Shows a run's events (`prover.events.Events`).

    Args:
        console: where to; a rich console on standard error.
        clock: seconds that never go back.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console, self._clock = console, clock
        self.live = console.is_terminal and not console.is_dumb_terminal
        self.problems = self.done = self.proved = self.tactics = self.made = 0
        self._began = self._last_line = clock()
        self._passes = 1
        self._planned = 0
        self._held: list[str] = []
        self._attempts: dict[str, dict[int, Attempt]] = {}
        self._current: dict[tuple[str, int], float] = {}
        self._pool: Workers | None = None
        self._utilisation: Utilisation | None = None

    # -- events

    def note(self, text: str) -> None:
        """Print a line."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def opened(self, folder: Path, problems: Sequence[Problem], attempts: Sequence[Attempt], passes: int) -> None:
        """Say where the run is, and what an earlier command left there."""
        self.problems, self._passes = len(problems), passes
        self._attempts = {problem.name: {} for problem in problems}
        self._began = self._clock()
        for attempt in attempts:
            if attempt.result != "error" and attempt.problem in self._attempts:
                self._attempts[attempt.problem][attempt.pass_index] = attempt
        finished = [name for name in self._attempts if self._finished(name)]
        self.done = len(finished)
        self.proved = sum(self._class(name) == "proved" for name in finished)
        self._planned = self.problems - self.done
        plural = "problem" if self.problems == 1 else "problems"
        earlier = f"; {len(attempts)} attempts are there already (--fresh starts over)" if attempts else ""
        self.note(f"{self.problems} {plural}, results in {folder}{earlier}")

    def lean(self, pool: Workers) -> None:
        """Remember the workers, to show how many are busy. Their first start can take half a minute."""
        if not self.live:
            self.note("starting Lean …")
        self._pool = pool

    def busy(self, utilisation: Utilisation) -> None:
        """Remember what tells how busy models are."""
        self._utilisation = utilisation

    def began(self, problem: str, pass_index: int) -> None:
        """Show the problem as under way."""
        self._current[problem, pass_index] = self._clock()

    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
        """Count the attempt; a problem that is done with gets a line."""
        self._current.pop((problem, pass_index), None)
        if attempt is None or problem not in self._attempts:
            return
        self.tactics += attempt.usage.tactics
        self.made += 1
        before = self._finished(problem)
        self._attempts[problem][pass_index] = attempt
        if before or not self._finished(problem):
            return
        self.done += 1
        self.proved += self._class(problem) == "proved"
        if not self.live:
            self._line(attempt)

    # -- what is shown

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the live lines, on a terminal, for as long as the context lasts."""
        if not self.live:
            try:
                yield
            finally:
                self._flush()
            return
        from rich.live import Live

        with Live(
            console=self.console,
            get_renderable=self.render,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
        ):
            yield

    def render(self) -> RenderableType:
        """The lines that change."""
        from rich.console import Group
        from rich.text import Text

        if not self.problems:
            return Text("starting …")
        lines = [Text(self.counts(), no_wrap=True, overflow="ellipsis")]
        if current := self.current():
            lines.append(Text(current, no_wrap=True, overflow="ellipsis", style="dim"))
        return Group(*lines)

    def counts(self) -> str:
        """How far the run is; the less important is left out where the terminal is narrow."""
        elapsed = max(self._clock() - self._began, 1e-9)
        parts = [
            f"{self.done}/{self.problems} done",
            f"{self.proved} proved ({100 * self.proved / self.problems:.1f} %)",
        ]
        parts.append(f"{duration(elapsed)} gone")
        if (left := self.seconds_left()) is not None:
            parts.append(f"about {duration(left)} left")
        if self._pool is not None:
            parts.append(f"{self._pool.busy}/{self._pool.workers} workers busy")
        if self._utilisation is not None:
            shares = self._utilisation.shares()
            if set(shares) - {"lean"}:  # beside a model, what matters is which of the two waits for the other
                parts += [f"{name.capitalize()} {100 * share:.0f} %" for name, share in shares.items()]
        parts.append(f"{self.tactics / elapsed:.1f} tactics/s")
        while len(parts) > 1 and len(" · ".join(parts)) > self.console.width:
            parts.pop()
        return " · ".join(parts)

    def current(self) -> str:
        """The problems under way, the longest first."""
        names = [name for name, _ in sorted(self._current, key=lambda key: self._current[key])]
        return "now: " + ", ".join(dict.fromkeys(names)) if names else ""

    def seconds_left(self) -> float | None:
        """An estimate by the problems done with so far in this process; None where there are none."""
        here = self.done - (self.problems - self._planned)
        if here <= 0 or self.done >= self.problems:
            return None
        return (self._clock() - self._began) / here * (self.problems - self.done)

    # -- plain lines

    def _line(self, attempt: Attempt) -> None:
        verdict = self._class(attempt.problem)
        text = f"{_WORDS[verdict]} {attempt.problem} ({attempt.usage.wall_s:.1f} s"
        text += f", {len(attempt.tactics)} tactics)" if verdict == "proved" else f", {attempt.stop})"
        if attempt.error and verdict in ("error", "not_elaborated"):
            text += f": {attempt.error}"
        self._held.append(text)
        if self._clock() - self._last_line >= QUIET_S or self.done in (1, self.problems):
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        *others, last = self._held
        more = f" (and {len(others)} more)" if others else ""
        self.note(f"[{self.done}/{self.problems}, {self.proved} proved] {last}{more}")
        self._held.clear()
        self._last_line = self._clock()

    def _class(self, problem: str) -> Class:
        return classify(self._attempts[problem].values())

    def _finished(self, problem: str) -> bool:
        made = self._attempts[problem]
        return self._class(problem) in ("proved", "not_elaborated") or len(made) >= self._passes


def duration(seconds: float) -> str:
    """Seconds for people: `42 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
