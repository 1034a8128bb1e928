"""What is shown while a run goes on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from prover.display import Display, duration
from prover.interfaces import Attempt, Usage
from tests.prover.fakes import FakePool, problems

FOLDER = Path("runs/x")


class Clock:
    """Seconds that pass when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(width: int = 200, *, terminal: bool = False) -> tuple[Display, Clock, io.StringIO]:
    file, clock = io.StringIO(), Clock()
    console = Console(file=file, width=width, force_terminal=terminal, highlight=False)
    return Display(console, clock), clock, file


def proved(name: str, pass_index: int = 0) -> Attempt:
    return Attempt(name, pass_index, "proved", "proved", 0, ("a", "b"), usage=Usage(tactics=10, wall_s=2.0))


def failed(name: str, pass_index: int = 0) -> Attempt:
    return Attempt(name, pass_index, "not_proved", "timeout", 0, usage=Usage(tactics=30, wall_s=3.0))


def test_plain_lines_one_for_each_problem() -> None:
    display, clock, file = shown()
    with display.shown():
        display.opened(FOLDER, problems("a", "b", "c"), [], 1)
        for attempt in (
            proved("a"),
            failed("b"),
            Attempt("c", 0, "not_elaborated", "not_elaborated", 0, error="1:0: no"),
        ):
            display.began(attempt.problem, 0)
            clock.now += 10
            display.ended(attempt.problem, 0, attempt)
    assert file.getvalue().splitlines() == [
        "3 problems, results in runs/x",
        "[1/3, 1 proved] proved a (2.0 s, 2 tactics)",
        "[2/3, 1 proved] not proved b (3.0 s, timeout)",
        "[3/3, 1 proved] does not elaborate c (0.0 s, not_elaborated): 1:0: no",
    ]


def test_lines_in_quick_succession_share_one() -> None:
    display, clock, file = shown()
    names = [f"t{index}" for index in range(100)]
    with display.shown():
        display.opened(FOLDER, problems(*names), [], 1)
        for name in names:
            clock.now += 0.01
            display.ended(name, 0, failed(name))
    lines = file.getvalue().splitlines()[1:]
    assert 3 <= len(lines) <= 7
    assert lines[0].startswith("[1/100") and lines[-1].startswith("[100/100")
    assert sum(1 + int(line.split("(and ")[1].split()[0]) if "(and " in line else 1 for line in lines) == 100


def test_a_run_that_ends_early_shows_what_was_held_back() -> None:
    display, clock, file = shown()
    with pytest.raises(KeyError), display.shown():
        display.opened(FOLDER, problems("a", "b", "c"), [], 1)
        display.ended("a", 0, failed("a"))
        clock.now += 0.001
        display.ended("b", 0, failed("b"))
        raise KeyError
    assert "not proved b" in file.getvalue()


def test_a_problem_is_done_with_at_its_last_pass_or_its_proof() -> None:
    display, _, _ = shown()
    display.opened(FOLDER, problems("a", "b"), [], 2)
    display.ended("a", 0, failed("a"))
    display.ended("b", 0, proved("b"))
    assert (display.done, display.proved) == (1, 1)
    display.ended("b", 1, None)
    display.ended("a", 1, proved("a", 1))
    assert (display.done, display.proved) == (2, 2)


def test_a_proof_by_an_earlier_pass_that_ends_later_counts_once() -> None:
    display, _, _ = shown()
    display.opened(FOLDER, problems("a"), [], 3)
    display.ended("a", 1, proved("a", 1))
    display.ended("a", 0, proved("a", 0))
    assert (display.done, display.proved) == (1, 1)


def test_resuming_counts_what_is_there_and_estimates_by_what_is_new() -> None:
    display, clock, file = shown()
    error = Attempt("c", 0, "error", "error", 0)
    display.opened(FOLDER, problems("a", "b", "c", "d"), [proved("a"), failed("b"), error], 1)
    assert (display.done, display.proved) == (2, 1)
    assert "3 attempts are there already (--fresh starts over)" in file.getvalue()
    assert display.seconds_left() is None
    clock.now += 5
    display.ended("c", 0, proved("c"))
    assert display.seconds_left() == pytest.approx(5.0)
    clock.now += 5
    display.ended("d", 0, proved("d"))
    assert display.seconds_left() is None and display.done == 4


def test_the_live_lines_say_it_all_and_fit() -> None:
    display, clock, _ = shown(terminal=True)
    assert display.live
    display.opened(FOLDER, problems("a", "b", "c", "d"), [], 1)
    pool = FakePool()
    pool.busy = 1
    display.lean(pool)
    display.began("a", 0)
    clock.now += 10
    display.ended("a", 0, proved("a"))
    display.began("c", 0)
    display.began("b", 0)
    assert display.counts() == (
        "1/4 done · 1 proved (25.0 %) · 10 s gone · about 30 s left · 1/2 workers busy · 1.0 tactics/s"
    )
    assert display.current() == "now: c, b"
    for width in (5, 12, 30, 60, 80):
        narrow, _, file = shown(width, terminal=True)
        narrow.opened(FOLDER, problems("a"), [], 1)
        narrow.began("a" * 100, 0)
        file.truncate(file.seek(0))
        narrow.console.print(narrow.render())
        assert len(file.getvalue().splitlines()) <= 2


def test_before_the_problems_are_known_there_is_something_to_see() -> None:
    display, _, file = shown(terminal=True)
    with display.shown():
        pass
    assert "starting" in file.getvalue()


def test_no_colour_and_dumb_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    display = Display(Console(file=file, force_terminal=True, width=80))
    display.opened(FOLDER, problems("a"), [], 1)
    display.console.print(display.render())
    assert "\x1b[3" not in file.getvalue()
    monkeypatch.setenv("TERM", "dumb")
    assert not Display(Console(file=io.StringIO(), force_terminal=True)).live


def test_an_empty_run() -> None:
    display, _, file = shown()
    with display.shown():
        display.opened(FOLDER, [], [], 1)
    assert file.getvalue() == "0 problems, results in runs/x\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7800, "2 h 10 min"), (273_600, "3 d 4 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
