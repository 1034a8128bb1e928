"""Which attempt a run makes next. Pure: no clock, no Lean.

Without a time limit every attempt is made, pass by pass: every problem gets its first before any gets its second. In
the later passes the problems come in the order of their *worth*, so that a run that is stopped early has spent its time
well.

With one (`--hours`), an attempt is made in rounds, as in iterative deepening: first every problem gets the first pass
with a small share of its budget; from then on the problem that is worth most gets its next round: the same pass with a
larger share and the same seed, or its next pass once one had its whole budget. A pass that is not proved with a share
has not failed: its record says so (`share` below 1), and that of its next round takes its place in the journal. So
pass@k keeps its meaning: a pass is a proof within its budget, or it is not yet decided.

The worth of a problem's next round is its estimated chance of a proof, divided by the seconds that it is expected to
take. To spend a fixed time on independent lotteries with such chances and costs, that order is the best one. The chance
is how often rounds of the same kind have found a proof so far in the run (by Laplace's rule of succession), times what
is known of the problem itself: the critic's value for the best state that was left open, where there is a critic, and
whether a candidate was refused by verification. The cost is what its last round took, scaled to the next. Ties keep the
order of the problems.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prover.interfaces import Attempt, Problem

WHOLE = (1.0,)
ROUNDS = (1 / 16, 1 / 4, 1.0)
"""The shares of a pass's budget that its rounds may spend, where time is limited."""
_LEAST_S = 0.01


@dataclass(frozen=True, slots=True)
class Job:
    """An attempt that is to be made."""

    problem: Problem
    pass_index: int
    share: float = 1.0
    """How much of the pass's expansions and time it may use."""

    @property
    def key(self) -> tuple[str, int]:
        return self.problem.name, self.pass_index


def is_final(attempt: Attempt) -> bool:
    """Is that all there is to say about the pass? Not where a larger share of its budget may say more."""
    return attempt.share >= 1 or attempt.stop not in ("expansions", "timeout")


class Order:
    """What is left of a run, the next attempt first.

    Args:
        made: every record that counts, by (problem, pass), as the journal has them; looked at, and kept current by the
            run, which then calls `tell`.
        rounds: the shares of a pass's budget that are tried one after another, the last being 1.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        passes: int,
        made: Mapping[tuple[str, int], Attempt],
        rounds: Sequence[float] = WHOLE,
    ) -> None:
        self._problems, self._passes, self._made, self._rounds = problems, passes, made, tuple(rounds)
        self._again = {key for key, attempt in made.items() if attempt.result == "error"}
        self._decided: dict[str, int] = {}
        self._tried: Counter[tuple[bool, float]] = Counter()
        self._proved: Counter[tuple[bool, float]] = Counter()
        self._next: dict[tuple[bool, float], list[tuple[float, int, Job]]] = {}
        """By kind of round, the problems that wait for one, as heaps: the worthiest, then the first, on top."""
        self._places: dict[str, int] = {}
        if len(self._rounds) > 1:
            self._places = {problem.name: place for place, problem in enumerate(problems)}
        for attempt in made.values():
            self._decide(attempt)
        self._jobs = self._first_rounds() if len(self._rounds) > 1 else self._by_pass()
        for name in self._places:
            if self._latest(name) is not None:
                self._wait(name)

    def take(self) -> Job | None:
        """The next attempt, which is no longer left then; None if there is none now. `tell` may bring others."""
        for job in self._jobs:
            return job
        while heaps := [kind for kind, heap in self._next.items() if heap]:
            best = min(heaps, key=lambda kind: (self._next[kind][0][0] * self._chance(kind), self._next[kind][0][1]))
            job = heapq.heappop(self._next[best])[2]
            if self.wanted(job):
                return job
        return None

    def tell(self, attempt: Attempt) -> None:
        """Take in an attempt that has been written down."""
        self._decide(attempt)
        if attempt.problem in self._places:
            kind = (attempt.pass_index > 0, attempt.share)
            self._tried[kind] += 1
            self._proved[kind] += attempt.result in ("proved", "disproved")
            self._wait(attempt.problem)

    def wanted(self, job: Job) -> bool:
        """Can the attempt still matter? Not once its problem is decided by a pass below it."""
        return self._decided.get(job.problem.name, job.pass_index) >= job.pass_index

    def decided(self, problem: str) -> bool:
        """Is the problem proved, or disproved, or not to be elaborated?"""
        return problem in self._decided

    # -- pass by pass

    def _by_pass(self) -> Iterator[Job]:
        for pass_index in range(self._passes):
            problems: Sequence[Problem] = self._problems
            if pass_index:
                # those whose earlier pass is still under way come where they stand
                problems = sorted(problems, key=lambda problem: -self._worth(problem.name, 1.0))
            for problem in problems:
                job = Job(problem, pass_index)
                if (job.key not in self._made or job.key in self._again) and self.wanted(job):
                    yield job

    # -- by rounds

    def _first_rounds(self) -> Iterator[Job]:
        for problem in self._problems:
            if self._latest(problem.name) is None:
                yield Job(problem, 0, self._rounds[0])

    def _wait(self, name: str) -> None:
        """Let a problem wait for its next round, if it has one."""
        job = self._following(name)
        if job is not None and self.wanted(job):
            worth = self._worth(name, job.share)
            heap = self._next.setdefault((job.pass_index > 0, job.share), [])
            heapq.heappush(heap, (-worth, self._places[name], job))

    def _following(self, name: str) -> Job | None:
        """A problem's next round: its first pass that is not final, with the next share."""
        problem = self._problems[self._places[name]]
        for pass_index in range(self._passes):
            made = self._made.get((name, pass_index))
            if made is None:
                return Job(problem, pass_index, self._rounds[0])
            if made.result == "error":
                if (name, pass_index) in self._again:
                    self._again.discard((name, pass_index))
                    return Job(problem, pass_index, made.share)
            elif not is_final(made):
                return Job(problem, pass_index, next(share for share in self._rounds if share > made.share))
        return None

    def _chance(self, kind: tuple[bool, float]) -> float:
        return (self._proved[kind] + 1) / (self._tried[kind] + 2)

    # -- estimates

    def _latest(self, name: str) -> Attempt | None:
        """The record of a problem's last pass so far."""
        found = None
        for pass_index in range(self._passes):
            if (attempt := self._made.get((name, pass_index))) is None:
                break
            found = attempt
        return found

    def _worth(self, name: str, share: float) -> float:
        """What is known of the problem itself, by the seconds that a round with this share is expected to take."""
        last = self._latest(name)
        if last is None:
            return 0.0
        promise = last.promise if last.promise is not None else 0.5
        if last.rejected:
            promise = max(promise, 0.75)
        if last.stop == "exhausted":
            promise *= 0.5  # the policy had nothing more to say about it
        return promise / (max(_LEAST_S, last.usage.wall_s) * share / max(last.share, 1e-6))

    def _decide(self, attempt: Attempt) -> None:
        """Note the pass after which its problem needs no more: its first proof, or none if it does not elaborate."""
        if attempt.result == "not_elaborated":
            self._decided[attempt.problem] = -1
        elif attempt.result in ("proved", "disproved"):
            first = self._decided.get(attempt.problem, attempt.pass_index)
            self._decided[attempt.problem] = min(first, attempt.pass_index)
