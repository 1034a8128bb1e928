"""What a run teaches the policy: which kinds of tactics earn their seconds.

Rules give a weight to a tactic before anything was tried. Here every outcome of the run is counted by the tactic's
*template*, the tactic without the names and numbers of its goal, and the weight is multiplied by how much better or
worse than the average its template has done: useful outcomes a second of Lean. A template that was part of a proof
rises, one that fails slowly falls. The rate is the mean of a Beta posterior whose prior, worth `PRIOR_TRIES` tries, is
the average of all templates, so that a few outcomes change little; the factor stays within `LOWEST` and `HIGHEST`.

Within one problem states are much alike. A solver that ran into its time limit will do so again: what a problem has
lost on a solver makes everything that ends in it less likely there, until it closes a goal. And a slow template that
has failed a few times there, and was never of use, is not worth trying again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from lean_env.protocol import OutcomeKind

LOWEST, HIGHEST = 0.25, 4.0
PRIOR_TRIES = 30.0
# What an outcome is worth. An open goal is worth little by itself: most lead nowhere.
_WORTH: dict[OutcomeKind, float] = {"proved": 1.0, "open": 0.02, "error": 0.0, "timeout": 0.0, "refused": 0.0}
_STEP_WORTH = 1.0
# Before anything is known: a tactic in thirty is useful, and takes 20 ms.
_FIRST_RATE, _FIRST_SECONDS = 1 / 30, 0.02

# Tries of a template, none of them useful, after which it is known to be of no use; and the seconds that make it slow.
_ENOUGH = 12
_SLOW_TEMPLATE_S = 0.15
# Within one problem fewer tries tell. There what was written for the goal at hand is also given up once it has cost
# that many seconds without closing one, though it has led to other goals. A solver by its plain name is given up later:
# what it fails on at first it may close after a distinction.
_ENOUGH_HERE = 3
_ENOUGH_PLAIN = 8
_MOST_HERE_S = 2.0
# Longer tactics are made for the goal at hand.
_MADE = 24

# Seconds lost on a solver within one problem that halve the weight of what uses it; and problems remembered.
PATIENCE_S = 3.0
_PROBLEMS = 256
_SLOW_S = 0.5
# A computed proof may take longer, which says no more of the solver that it ends in.
_MOST_S = 5.0
_SOLVER = re.compile(
    r"(?:grind|simp(?= \[)|exact\?|solve_by_elim|omega|decide|simp_all|bv_decide|aesop|nlinarith|polyrith|tauto|bound)"
)

_TOKEN = re.compile(r"[^\W\d][\w'₀-₉!?✝]*(?:\.[^\W\d][\w'₀-₉!?]*)*|\d+")
_RUN = re.compile(r"_(?:(?: \| |, | )_)+")
_LONGEST = 120
Value = TypeVar("Value")
_KEPT = """
ac_rfl aesop all_goals apply apply_rules assumption at bound bv_decide bv_omega by by_cases calc case cases change
clear congr constructor contradiction contrapose decide dsimp else exact exact_mod_cast exfalso exists ext
field_simp fin_cases first fun fun_cases fun_induction funext gcongr generalizing grind have if induction
infer_instance injection intro kernel left let linarith linear_combination native next nlinarith norm_cast norm_num
obtain omega only positivity push_cast push_neg rcases refine rename_i repeat replace revert rfl right ring ring_nf
rintro rw show simp simp_all simpa skip solve_by_elim split splits subst subst_vars suffices symm tauto this trivial
try unfold using with zero succ nil cons
"""


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    return frozenset(_KEPT.split())


@lru_cache(maxsize=50_000)
def template(tactic: str) -> str:
    """The tactic without its names and numbers: `rcases h with h | h1` gives `rcases _ with _`.

    Names with a dot or a capital (`Nat.pow_succ`) are the library's as a rule, and stay.
    """

    kept = _vocabulary()

    def blank(match: re.Match[str]) -> str:
        word = match[0]
        if word[0].isdigit():
            return "#"
        return word if word in kept or "." in word or word[0].isupper() else "_"

    return _RUN.sub("_", " ".join(_TOKEN.sub(blank, tactic[: 2 * _LONGEST]).split()))[:_LONGEST]


@dataclass(slots=True)
class Count:
    """What is known of one template, or of all together."""

    tries: float = 0.0
    useful: float = 0.0
    seconds: float = 0.0

    def add(self, tries: float, useful: float, seconds: float) -> None:
        self.tries += tries
        self.useful += useful
        self.seconds += seconds


def _useless(count: Count | None, enough: int) -> bool:
    if count is None or count.tries < enough or count.useful > 0:
        return False
    return count.seconds > _SLOW_TEMPLATE_S * count.tries


def _of_problem(known: dict[str, dict[str, Value]], problem: str) -> dict[str, Value]:
    """What is known of the problem, to be added to; the oldest problems are forgotten."""
    here = known.setdefault(problem, {})
    while len(known) > _PROBLEMS:
        del known[next(iter(known))]
    return here


class Learning:
    """Counts by template. The same calls in the same order give the same factors."""

    def __init__(self) -> None:
        self._all = Count()
        self._known: dict[str, Count] = {}
        self._lost: dict[str, dict[str, float]] = {}
        self._here: dict[str, dict[str, Count]] = {}

    def learn(self, problem: str, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        """Count an outcome; `lean_ms` milliseconds inside Lean, below 0 taken as 0."""
        seconds = max(0.0, lean_ms) / 1000
        seconds = min(seconds, _MOST_S)
        self._add(tactic, 1.0, _WORTH[kind], seconds)
        here = _of_problem(self._here, problem)
        here.setdefault(template(tactic), Count()).add(1.0, _WORTH[kind], seconds)
        if kind == "timeout":
            seconds = max(seconds, PATIENCE_S)  # its limit may have been short
        if kind != "proved" and seconds < _SLOW_S:
            return
        lost = _of_problem(self._lost, problem)
        for solver in set(_SOLVER.findall(tactic)):
            lost[solver] = 0.0 if kind == "proved" else lost.get(solver, 0.0) + seconds

    def succeeded(self, tactics: Sequence[str]) -> None:
        """Count the steps of a proof: each is worth as much again as having closed a goal."""
        for tactic in tactics:
            self._add(tactic, 0.0, _STEP_WORTH, 0.0)

    def patience(self, problem: str, tactic: str) -> float:
        """By what the weight of the tactic is to be multiplied within the problem: 1, or less for a slow solver."""
        lost = self._lost.get(problem)
        if not lost:
            return 1.0
        seconds = max((lost.get(solver, 0.0) for solver in _SOLVER.findall(tactic)), default=0.0)
        return float(0.5 ** (seconds / PATIENCE_S))

    def hopeless(self, tactic: str) -> bool:
        """Has its template been tried often, at length, and never been of use?"""
        return _useless(self._known.get(template(tactic)), _ENOUGH)

    def hopeless_here(self, problem: str, tactic: str) -> bool:
        """Has its template cost this problem too much, and closed none of its goals?"""
        count = self._here.get(problem, {}).get(template(tactic))
        if count is None or count.useful >= 1:
            return False
        made = len(tactic) > _MADE and count.tries >= _ENOUGH_HERE and count.seconds > _MOST_HERE_S
        return made or _useless(count, _ENOUGH_PLAIN if tactic.isidentifier() else _ENOUGH_HERE)

    def factor(self, tactic: str) -> float:
        """By what the weight of the tactic is to be multiplied, `LOWEST` to `HIGHEST`; 1 for what is not known."""
        count = self._known.get(template(tactic))
        if count is None:
            return 1.0
        rate, seconds = self._average()
        known = count.tries + PRIOR_TRIES
        rises = (count.useful + PRIOR_TRIES * rate) / known / rate
        costs = (count.seconds + PRIOR_TRIES * seconds) / known / seconds
        return float(min(HIGHEST, max(LOWEST, (rises / costs) ** 0.5)))

    def _average(self) -> tuple[float, float]:
        """Useful outcomes a try, and seconds a try, of all templates together."""
        known = self._all.tries + PRIOR_TRIES
        rate = (self._all.useful + PRIOR_TRIES * _FIRST_RATE) / known
        return rate, (self._all.seconds + PRIOR_TRIES * _FIRST_SECONDS) / known

    def _add(self, tactic: str, tries: float, useful: float, seconds: float) -> None:
        self._all.add(tries, useful, seconds)
        self._known.setdefault(template(tactic), Count()).add(tries, useful, seconds)
