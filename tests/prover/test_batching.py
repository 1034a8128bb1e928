"""Requests that are answered in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.batching import Batcher


class Doubler:
    """Answers with twice the number, and remembers its batches."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.seconds = seconds

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        await asyncio.sleep(self.seconds)
        if 13 in numbers:
            raise ValueError("13")
        return [2 * number for number in numbers]


async def test_what_is_asked_at_the_same_time_is_answered_together() -> None:
    double = Doubler()
    batcher = Batcher(double, most=8, latency_s=0.02)
    answers = await asyncio.gather(batcher.ask([1, 2]), batcher.ask([3]), batcher.ask([4, 5]))
    assert list(answers) == [[2, 4], [6], [8, 10]]
    assert double.batches == [[1, 2, 3, 4, 5]]
    assert (batcher.batches, batcher.requests) == (1, 5)


async def test_what_comes_while_a_batch_is_answered_makes_the_next() -> None:
    double = Doubler(0.05)
    batcher = Batcher(double, most=3, latency_s=0.0)
    first = asyncio.create_task(batcher.ask([1]))
    await asyncio.sleep(0.02)
    rest = await asyncio.gather(*(batcher.ask([n]) for n in range(2, 7)))
    assert await first == [2] and rest == [[4], [6], [8], [10], [12]]
    assert double.batches == [[1], [2, 3, 4], [5, 6]]
    assert batcher.busy_s == pytest.approx(0.15, abs=0.1)


async def test_a_full_batch_does_not_wait_for_company() -> None:
    batcher = Batcher(Doubler(), most=2, latency_s=60.0)
    assert await asyncio.wait_for(batcher.ask([1, 2]), 5) == [2, 4]


async def test_an_exception_goes_to_those_of_its_batch_alone() -> None:
    batcher = Batcher(Doubler(), most=2, latency_s=0.01)
    results = await asyncio.gather(batcher.ask([13, 1]), batcher.ask([2, 3]), return_exceptions=True)
    assert isinstance(results[0], ValueError) and results[1] == [4, 6]
    assert await batcher.ask([5]) == [10]


async def test_wrong_counts_of_answers_are_an_error() -> None:
    async def short(numbers: Sequence[int]) -> list[int]:
        return []

    with pytest.raises(RuntimeError, match="0 answers to 1 requests"):
        await Batcher(short, most=1).ask([1])


async def test_what_is_cancelled_while_it_waits_is_never_answered() -> None:
    double = Doubler(0.03)
    batcher = Batcher(double, most=1, latency_s=0.0)
    first, second, third = (asyncio.create_task(batcher.ask([n])) for n in (1, 2, 3))
    await asyncio.sleep(0.01)
    second.cancel()
    assert await first == [2] and await third == [6]
    assert double.batches == [[1], [3]]


async def test_nothing_asked_is_nothing_answered() -> None:
    assert await Batcher(Doubler(), most=4).ask([]) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(14, 99), max_size=5), max_size=8), st.integers(1, 6))
def test_everyone_gets_their_own_answers(asked: list[list[int]], most: int) -> None:
    async def run() -> list[list[int]]:
        double = Doubler()
        batcher = Batcher(double, most=most, latency_s=0.001)
        answers = await asyncio.gather(*(batcher.ask(numbers) for numbers in asked))
        assert all(1 <= len(batch) <= most for batch in double.batches)
        return list(answers)

    assert asyncio.run(run()) == [[2 * number for number in numbers] for numbers in asked]
