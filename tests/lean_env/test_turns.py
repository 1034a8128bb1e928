"""Whose turn it is at a worker."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from lean_env.turns import AT_ONCE, Turns


async def served(costs: list[float], cancelled: frozenset[int] = frozenset()) -> list[int]:
    """The order in which requests get their turn when all places were taken as they came."""
    turns, order, done = Turns(), [], asyncio.Event()

    async def hold() -> None:
        async with turns.turn(0.0):
            await done.wait()

    async def ask(index: int) -> None:
        async with turns.turn(costs[index]):
            order.append(index)
            await asyncio.sleep(0)

    holders = [asyncio.create_task(hold()) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)
    tasks = [asyncio.create_task(ask(index)) for index in range(len(costs))]
    await asyncio.sleep(0)
    for index in cancelled:
        tasks[index].cancel()
    done.set()
    await asyncio.gather(*tasks, *holders, return_exceptions=True)
    async with asyncio.timeout(5), turns.turn(0.0):
        pass  # every turn was given back
    return order


async def test_who_used_least_goes_first() -> None:
    assert await served([3.0, 1.0, 2.0, 1.0]) == [1, 3, 2, 0]


async def test_who_gave_up_is_passed_over() -> None:
    assert await served([3.0, 1.0, 2.0], frozenset({1})) == [2, 0]


@given(st.lists(st.floats(0, 10), max_size=12), st.data())
def test_everyone_gets_a_turn(costs: list[float], data: st.DataObject) -> None:
    gone = data.draw(st.frozensets(st.integers(0, len(costs) - 1))) if costs else frozenset()
    order = asyncio.run(served(costs, gone))
    assert sorted(order) == [index for index in range(len(costs)) if index not in gone]
