"""The built-in policy: tactics with prior probabilities from the shape of the goal. No model, no weights.

Each file of the packages here proposes for one kind of reasoning, as pairs of a tactic and a weight; `sources.py` lists
them. A weight says how likely the tactic is to be the next step of a proof, and how cheap it is to find out: a worker
stops at the first tactic that leaves no goal, so what closes goals quickly comes first. Weights above 0.5 are for what
usually either closes the goal or fails. What rules read and compute with stands beside this file: the goal (`view.py`,
`patterns.py`, `definitions.py`), its arithmetic (`terms.py`, `evaluate.py`, `values.py`, `solutions.py`), exact algebra
(`polynomials.py`, `simplex.py`), what the kernel evaluates (`kernel.py`), natural numbers as integers (`integers.py`).
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable, Sequence

from lean_env.protocol import OutcomeKind
from prover.interfaces import Candidate, Query
from prover.policy.tactics import mathlib
from prover.policy.tactics.divisors import periodic
from prover.policy.tactics.learning import Learning
from prover.policy.tactics.sources import CORE_SOURCES, SOURCES
from prover.policy.tactics.view import Proposal, View, view_of, with_typed_exponents

# Closers stay in front whatever the seed; below, seeds shuffle tactics of about equal weight, so that passes differ.
_FIXED = 0.5
_SHUFFLE = 0.25
_MADE_FOR_IT = 0.8
# What is tried on every goal closes it soon or not at all; what was computed for the goal may take its time.
_GENERAL = re.compile(
    r"\(?(?:simp|grind|exact\?|first \| (?:grind|\((?:apply|refine|symm))|induction|cases|ac_rfl|solve_by_elim"
    r"|intro|by_cases|(?:have h\d* := .*\n )+grind\))"
)
_SHORT = 0.3
# What most likely is the proof, computed as a whole, may take longer than what is tried; it is as long as what it does.
_LONG, _COMPUTED = 3.0, 200
# Lemmas that were retrieved, which nobody chose for each other, simplify at once or run in circles.
_SHORTEST = 0.12
_LEMMAS = re.compile(r"simp \[([\w.'?!]+),")
# What computes every power that it sees, however large.
_EVALUATES = re.compile(r"\b(?:omega|decide|norm_num|rfl|simp_all|grind|exact\?)")


class TacticsPolicy:
    """Proposes tactics by rules.

    Args:
        available: which of `mathlib.WORDS` the environment has; those of core Lean are taken for granted.
        learning: whether outcomes change the weights (`learning.py`). Without it the same query always gives the same
            candidates; with it, that also takes the same calls of `learn` and `succeeded` before.
        uniform: gives all candidates the same probability, in an order without meaning; which they are is still decided
            by weight. For the ablation.
    """

    name = "tactics"

    def __init__(
        self, available: frozenset[str] = frozenset(), *, learning: bool = True, uniform: bool = False
    ) -> None:
        self.available = available
        self.uniform = uniform
        self._learning = Learning() if learning else None

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        """At most `samples` candidates for each query."""
        return [self.candidates(query, samples) for query in queries]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        """Count an outcome: what does well for its `lean_ms` milliseconds gets more weight from now on."""
        if self._learning is not None:
            self._learning.learn(query.problem, tactic, kind, lean_ms)

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        """Count the steps of a verified proof."""
        if self._learning is not None:
            self._learning.succeeded([tactic for _, tactic in steps])

    def candidates(self, query: Query, samples: int) -> list[Candidate]:
        """The candidates of one query, most probable first; their probabilities sum to at most 1."""
        view = view_of(query.state.goals, query.tactics, query.lemmas, query.context, query.constants)
        if view is None or samples <= 0:
            return []
        weights = _best(
            (with_typed_exponents(tactic), weight)
            for source in (SOURCES if self.available else CORE_SOURCES)
            for tactic, weight in source(view)
            if self._exists(tactic) and _pays(view, tactic) and not (view.tower and _evaluates(tactic))
        )
        if self._learning is not None and view.steps:
            weights = {t: w for t, w in weights.items() if self._may_help(query.problem, t, w)}
        noise = random.Random(f"{query.seed}|{query.state.hash}")
        varied = {tactic: _vary(weight, noise, query.seed) for tactic, weight in weights.items()}
        learned = {tactic: self._factor(query.problem, tactic) for tactic in weights}
        # What other problems teach may bring a tactic in, and delay it; out of the first state it keeps none, since
        # nothing else would lead there. Stable: equal weights stay in the order of the sources.
        least = 0.0 if view.steps else 1.0
        chosen = sorted(weights, key=lambda tactic: -varied[tactic] * max(least, learned[tactic]))[:samples]
        scored = [(tactic, varied[tactic] * learned[tactic]) for tactic in chosen]
        scored.sort(key=lambda proposal: -proposal[1])
        if self.uniform:
            noise.shuffle(scored)
            scored = [(tactic, 1.0) for tactic, _ in scored]
        total = sum(weight for _, weight in scored)
        return [
            Candidate(tactic, min(0.0, math.log(weight / total)), _patience(view, tactic, weights[tactic]))
            for tactic, weight in scored
        ]

    def _factor(self, problem: str, tactic: str) -> float:
        """What the run has taught about the tactic, everywhere and in this problem."""
        if self._learning is None:
            return 1.0
        return self._learning.factor(tactic) * self._learning.patience(problem, tactic)

    def _may_help(self, problem: str, tactic: str, weight: float) -> bool:
        """Whether the run still leaves hope for the tactic."""
        if self._learning is None:
            return True
        if self._learning.hopeless_here(problem, tactic):
            return False
        return weight >= _MADE_FOR_IT or not self._learning.hopeless(tactic)

    def _exists(self, tactic: str) -> bool:
        return mathlib.words(tactic) <= self.available


def _best(proposals: Iterable[Proposal]) -> dict[str, float]:
    """Each tactic once, with its highest weight, in the order of first mention."""
    weights: dict[str, float] = {}
    for tactic, weight in proposals:
        if weight > weights.get(tactic, 0.0):
            weights[tactic] = weight
    return weights


def _pays(view: View, tactic: str) -> bool:
    """A search of the whole library takes seconds. It finds nothing for `False` or a letter, nor where much is open."""
    if tactic != "exact?":
        return True
    head = view.target.partition(" ")[0]
    letter = view.connective is None and any(head == h.name for h in view.goal.hypotheses)
    return view.target != "False" and not letter and view.steps < (1 if view.lemmas else 2)


def _evaluates(tactic: str) -> bool:
    """Would it compute a power that is too large?"""
    return _EVALUATES.search(tactic) is not None and periodic.OF_LARGE not in tactic


def _patience(view: View, tactic: str, weight: float) -> float:
    """How much of a tactic's time limit it is worth."""
    if weight >= _MADE_FOR_IT and len(tactic) > _COMPUTED:
        return _LONG
    if (lemma := _LEMMAS.match(tactic)) and lemma[1] in view.lemmas:
        return _SHORTEST
    return _SHORT if _GENERAL.match(tactic) else 1.0


def _vary(weight: float, noise: random.Random, seed: int) -> float:
    factor = math.exp(noise.gauss(0.0, _SHUFFLE))
    return weight if seed == 0 or weight >= _FIXED else min(_FIXED, weight * factor)
