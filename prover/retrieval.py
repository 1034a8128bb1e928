"""Which theorems of the library may help with a goal: those that speak of the same constants.

A theorem is scored by the constants of its statement, each weighted by how rare it is (inverse document frequency), as
in the filters of Sledgehammer and E: MePo (Meng & Paulson 2009), SInE (Hoder & Voronkov 2011). What it shares with the
goal counts for it; what it mentions and the goal does not counts against it, since the goal would have to be brought
there first; what the goal mentions and it does not counts a little against it. A theorem that concludes with the goal's
own head is preferred.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from lean_env.protocol import Symbols

if TYPE_CHECKING:
    from prover.interfaces import Retriever

log = logging.getLogger("prover")

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
    def module(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def head(self) -> str: ...
    @property
    def symbols(self) -> Sequence[str]: ...


class Library(Protocol):
    """The theorems that can be imported (`lean_env.protocol.Library`), modules in the order of their import."""

    @property
    def theorems(self) -> Sequence[Theorem]: ...


class LemmaRetriever:
    """An index of the library's theorems by the constants in their statements (`prover.interfaces.Retriever`)."""

    ready = True

    def __init__(self, library: Library) -> None:
        modules: dict[str, int] = {}
        self._where = {t.name: (modules.setdefault(t.module, len(modules)), t.line) for t in library.theorems}
        kept = [theorem for theorem in library.theorems if not _OURS.search(theorem.name)]
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

    def lemmas(self, symbols: Symbols, k: int, *, before: str = "", exclude: Collection[str] = ()) -> tuple[str, ...]:
        """The names of at most `k` theorems, best first; ties in the order of the library.

        Args:
            before: a theorem of the library; neither it nor what is declared after it is given, nor what of its own
                module has no known line.
            exclude: more names that are not to be given.
        """
        weights = self._of_goal(symbols)
        if not weights or k <= 0:
            return ()
        size = sum(weights.values())
        head = symbols.target[0] if symbols.target else ""
        scored = []
        for place in self._candidates(weights, self._allowed(before, frozenset(exclude))):
            shared = sum(weights.get(symbol, 0.0) for symbol in self._symbols[place])
            covered = sum(self._weights[symbol] for symbol in self._symbols[place] if symbol in weights)
            score = shared / (shared + self._sizes[place] - covered + _UNCOVERED * (size - shared))
            scored.append((-score * (_HEAD if self._heads[place] == head else 1.0), place))
        return tuple(self._names[place] for _, place in heapq.nsmallest(k, scored))

    def _allowed(self, before: str, exclude: frozenset[str]) -> Callable[[int], bool] | None:
        """Whether the theorem at a place may be given; None when all may."""
        if not before and not exclude:
            return None
        module, line = self._where.get(before, (len(self._where), 0))

        def allowed(place: int) -> bool:
            name = self._names[place]
            its_module, its_line = self._where[name]
            earlier = its_module < module or (its_module == module and 0 < its_line < line)
            return earlier and name != before and name not in exclude

        return allowed

    def _of_goal(self, symbols: Symbols) -> dict[str, float]:
        """The goal's constants that the library knows, with their weights: less for what only a hypothesis has."""
        weights = {s: _CONTEXT * self._weights[s] for s in sorted(set(symbols.context)) if s in self._weights}
        return weights | {s: self._weights[s] for s in sorted(set(symbols.target)) if s in self._weights}

    def _candidates(self, weights: dict[str, float], allowed: Callable[[int], bool] | None) -> list[int]:
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
        ranked = ((-weight / (weight + self._sizes[place]), place) for place, weight in shared.items())
        few = (each for each in ranked if allowed is None or allowed(each[1]))
        return [place for _, place in heapq.nsmallest(_SHORTLIST, few)]


class LateRetriever:
    """A retriever that is still being made: until then, and where that fails, it finds nothing."""

    def __init__(self, making: asyncio.Task[Retriever]) -> None:
        self._making = making
        self._made: Retriever | None = None
        making.add_done_callback(self._done)

    @property
    def ready(self) -> bool:
        """Is it worth asking yet?"""
        return self._made is not None

    def lemmas(self, symbols: Symbols, k: int, *, before: str = "") -> tuple[str, ...]:
        """As `LemmaRetriever.lemmas`; nothing while there is none."""
        return () if self._made is None else self._made.lemmas(symbols, k, before=before)

    async def wait(self, timeout_s: float) -> None:
        """Wait until it is made, or for so many seconds."""
        await asyncio.wait({self._making}, timeout=timeout_s)
        await asyncio.sleep(0)

    def _done(self, making: asyncio.Task[Retriever]) -> None:
        if making.cancelled():
            return
        if error := making.exception():
            log.warning("no lemmas will be looked up: %s", error)
        else:
            self._made = making.result()
