"""Which theorems of the library may help with a goal: those that speak of the same constants.

A theorem is scored by the constants of its statement, each weighted by how rare it is (inverse document frequency), as
in the filters of Sledgehammer and E: MePo (Meng & Paulson 2009), SInE (Hoder & Voronkov 2011). What it shares with the
goal counts for it; what it mentions and the goal does not counts against it, since the goal would have to be brought
there first; what the goal mentions and it does not counts a little against it. A theorem that concludes with the goal's
own head is preferred.
"""

from __future__ import annotations

import heapq
import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Protocol

# Theorems that Lean makes by itself, and those about its own machinery, are of no use in a proof.
_OURS = re.compile(
    r"(?:^|\.)(?:_|match_|eq_\d+$|eq_def$|injEq$|inj$|sizeOf_spec|noConfusion|brecOn|below|rec(?:On)?$|casesOn$|"
    r"congr_simp$|ext_iff_internal|hcongr_\d+$)|^(?:Lean|Lake)\.|✝|«|proof_\d+"
)
# In nearly every statement, so they say nothing; and the longest lists of theorems that are gone through in a query.
_MOST_POSTINGS = 12_000
_SHORTLIST = 400
_CONTEXT = 0.4
_UNCOVERED = 0.25
_HEAD = 1.25


class Theorem(Protocol):
    """What is read of a theorem of the library (`lean_env.protocol.LibraryTheorem`)."""

    @property
    def name(self) -> str: ...
    @property
    def head(self) -> str: ...
    @property
    def symbols(self) -> Sequence[str]: ...


class Symbols(Protocol):
    """The constants of a goal (`lean_env.protocol.Symbols`): of its target, the head first, and of its hypotheses."""

    @property
    def target(self) -> Sequence[str]: ...
    @property
    def context(self) -> Sequence[str]: ...


class Retriever:
    """An index of the library's theorems by the constants in their statements."""

    def __init__(self, theorems: Sequence[Theorem]) -> None:
        kept = [theorem for theorem in theorems if not _OURS.search(theorem.name)]
        self._names = [theorem.name for theorem in kept]
        self._heads = [theorem.head for theorem in kept]
        self._symbols = [frozenset(theorem.symbols) for theorem in kept]
        counts = Counter(symbol for symbols in self._symbols for symbol in symbols)
        self._weights = {symbol: math.log(1 + len(kept) / count) for symbol, count in counts.items()}
        self._sizes = [sum(map(self._weights.__getitem__, sorted(symbols))) for symbols in self._symbols]
        postings: dict[str, array[int]] = defaultdict(lambda: array("l"))
        for place, symbols in enumerate(self._symbols):
            for symbol in symbols:
                postings[symbol].append(place)
        self._postings = dict(postings)

    def lemmas(self, symbols: Symbols, k: int, exclude: Collection[str] = ()) -> tuple[str, ...]:
        """The names of at most `k` theorems, best first; ties in the order of the library.

        Args:
            exclude: names that are not to be given, that of the theorem to be proved among them.
        """
        weights = self._of_goal(symbols)
        if not weights or k <= 0:
            return ()
        found = self._candidates(weights)
        size = sum(weights.values())
        head = symbols.target[0] if symbols.target else ""
        scored = []
        for place in found:
            shared = sum(weights.get(symbol, 0.0) for symbol in self._symbols[place])
            covered = sum(self._weights[symbol] for symbol in self._symbols[place] if symbol in weights)
            score = shared / (shared + self._sizes[place] - covered + _UNCOVERED * (size - shared))
            scored.append((-score * (_HEAD if self._heads[place] == head else 1.0), place))
        out = set(exclude)
        best = heapq.nsmallest(k + len(out), scored)
        return tuple(name for _, place in best if (name := self._names[place]) not in out)[:k]

    def _of_goal(self, symbols: Symbols) -> dict[str, float]:
        """The goal's constants that the library knows, with their weights: less for what only a hypothesis has."""
        weights = {s: _CONTEXT * self._weights[s] for s in sorted(set(symbols.context)) if s in self._weights}
        return weights | {s: self._weights[s] for s in sorted(set(symbols.target)) if s in self._weights}

    def _candidates(self, weights: dict[str, float]) -> list[int]:
        """The theorems that share the most with the goal, going by its rarer constants; at least by its rarest."""
        shared: dict[int, float] = defaultdict(float)
        gone_through = 0
        for symbol in sorted(weights, key=lambda symbol: (len(self._postings[symbol]), symbol)):
            gone_through += len(self._postings[symbol])
            if shared and gone_through > _MOST_POSTINGS:
                break
            for place in self._postings[symbol]:
                shared[place] += weights[symbol]
        # What it lacks counts already here, or long statements would fill the list.
        return heapq.nsmallest(
            _SHORTLIST, shared, key=lambda place: (-shared[place] / (shared[place] + self._sizes[place]), place)
        )
