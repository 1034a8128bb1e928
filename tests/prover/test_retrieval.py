from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import pytest

from lean_env.errors import WorkerDied
from lean_env.protocol import Symbols
from prover.retrieval import LateRetriever, LemmaRetriever


@dataclass(frozen=True)
class Theorem:
    name: str
    head: str
    symbols: tuple[str, ...]
    module: str = "Init"
    line: int = 0


@dataclass(frozen=True)
class Library:
    theorems: Sequence[Theorem]


LIBRARY = (
    Theorem("List.length_append", "Eq", ("Eq", "Nat", "List", "List.length", "HAppend.hAppend", "HAdd.hAdd")),
    Theorem("List.length_map", "Eq", ("Eq", "Nat", "List", "List.length", "List.map")),
    Theorem("List.length_pos_iff", "Iff", ("Iff", "Nat", "List", "List.length", "LT.lt", "Ne", "List.nil")),
    Theorem("List.map_append", "Eq", ("Eq", "List", "List.map", "HAppend.hAppend")),
    Theorem("List.map_map", "Eq", ("Eq", "List", "List.map", "Function.comp")),
    Theorem("Nat.add_comm", "Eq", ("Eq", "Nat", "HAdd.hAdd")),
    Theorem("Nat.lt_irrefl", "Not", ("Not", "Nat", "LT.lt")),
    Theorem("List.map.eq_1", "Eq", ("Eq", "List", "List.map")),
    Theorem("Lean.Grind.map_eq", "Eq", ("Eq", "List", "List.map")),
)
APPEND = Symbols(("Eq", "Nat", "List", "List.length", "HAppend.hAppend", "HAdd.hAdd"), ())


def test_what_speaks_of_the_same_comes_first() -> None:
    found = LemmaRetriever(Library(LIBRARY)).lemmas(APPEND, 3)
    assert found[0] == "List.length_append"
    assert len(found) == 3


def test_what_the_goal_does_not_mention_counts_against_a_theorem() -> None:
    found = LemmaRetriever(Library(LIBRARY)).lemmas(Symbols(("Eq", "Nat", "HAdd.hAdd"), ()), 9)
    assert found.index("Nat.add_comm") < found.index("List.length_append")


def test_the_head_decides_between_theorems_about_the_same() -> None:
    same = [Theorem("a", "LE.le", ("P", "Q")), Theorem("b", "Eq", ("P", "Q")), Theorem("c", "R", ("R",))]
    assert LemmaRetriever(Library(same)).lemmas(Symbols(("Eq", "P", "Q"), ()), 2) == ("b", "a")


def test_hypotheses_count_less_than_the_target() -> None:
    found = LemmaRetriever(Library(LIBRARY)).lemmas(Symbols(("Not", "LT.lt", "Nat"), ("List.map",)), 9)
    assert found.index("Nat.lt_irrefl") < found.index("List.map_append")
    assert "List.map_append" in found


def test_exclusions_and_what_lean_made_itself_are_left_out() -> None:
    retriever = LemmaRetriever(Library(LIBRARY))
    found = retriever.lemmas(Symbols(("Eq", "List", "List.map"), ()), 20)
    assert "List.map_map" in found
    assert not {"List.map.eq_1", "Lean.Grind.map_eq"} & set(found)
    fewer = retriever.lemmas(APPEND, 20, exclude=("List.length_append",))
    assert fewer == tuple(name for name in retriever.lemmas(APPEND, 20) if name != "List.length_append")


def test_what_comes_after_a_theorem_is_not_given() -> None:
    library = [
        Theorem("A.one", "Eq", ("P", "Q"), "A", 7),
        Theorem("B.early", "Eq", ("P", "Q"), "B", 3),
        Theorem("B.this", "Eq", ("P", "Q"), "B", 5),
        Theorem("B.somewhere", "Eq", ("P", "Q"), "B", 0),
        Theorem("B.late", "Eq", ("P", "Q"), "B", 9),
        Theorem("C.next", "Eq", ("P", "Q"), "C", 1),
    ]
    retriever = LemmaRetriever(Library(library))
    goal = Symbols(("Eq", "P", "Q"), ())
    assert retriever.lemmas(goal, 9, before="B.this") == ("A.one", "B.early")
    assert retriever.lemmas(goal, 1, before="A.one") == ()
    assert len(retriever.lemmas(goal, 9)) == len(retriever.lemmas(goal, 9, before="of.no.library")) == 6


@pytest.mark.parametrize("symbols", [Symbols((), ()), Symbols(("Unheard.of",), ()), Symbols((), ("Unheard.of",))])
def test_nothing_is_found_for_what_the_library_does_not_know(symbols: Symbols) -> None:
    assert LemmaRetriever(Library(LIBRARY)).lemmas(symbols, 5) == ()


def test_an_empty_library_and_no_wish() -> None:
    assert LemmaRetriever(Library(())).lemmas(APPEND, 5) == ()
    assert LemmaRetriever(Library(LIBRARY)).lemmas(APPEND, 0) == ()


def test_a_large_library_is_quick() -> None:
    """A few milliseconds; the bound here leaves room for a busy machine."""
    chance = random.Random(0)
    symbols = [f"s{i}" for i in range(5_000)]
    frequent = list(accumulate(1 / (i + 1) for i in range(5_000)))
    library = [
        Theorem(f"t{i}", "Eq", ("Eq", *chance.choices(symbols, cum_weights=frequent, k=chance.randint(2, 12))))
        for i in range(100_000)
    ]
    retriever = LemmaRetriever(Library(library))
    queries = [Symbols(library[i].symbols, library[i + 1].symbols) for i in range(0, 2_000, 100)]
    begun = time.process_time()
    results = [retriever.lemmas(query, 16) for query in queries]
    assert (time.process_time() - begun) / len(queries) < 0.05
    assert sum(f"t{i}" in found for i, found in zip(range(0, 2_000, 100), results, strict=True)) == len(queries)


async def test_a_retriever_that_is_still_being_made_finds_nothing() -> None:
    made = asyncio.Event()
    index = LemmaRetriever(Library(LIBRARY))

    async def make() -> LemmaRetriever:
        await made.wait()
        return index

    late = LateRetriever(asyncio.create_task(make()))
    await late.wait(0.01)
    goal = APPEND
    assert not late.ready and late.lemmas(goal, 3) == ()
    made.set()
    await late.wait(5)
    assert late.ready and late.lemmas(goal, 3) == index.lemmas(goal, 3) != ()


async def test_a_retriever_that_cannot_be_made_is_none() -> None:
    async def fail() -> LemmaRetriever:
        raise WorkerDied("The Lean worker stopped.")

    late = LateRetriever(asyncio.create_task(fail()))
    await late.wait(5)
    assert not late.ready and late.lemmas(APPEND, 3) == ()
