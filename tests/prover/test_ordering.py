"""Which attempt comes next: pass by pass, and by rounds where time is limited."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prover.interfaces import Attempt, Problem, Usage
from prover.ordering import ROUNDS, Job, Order, is_final
from tests.prover.fakes import problems

Made = dict[tuple[str, int], Attempt]


def record(job: Job, result: Any = "not_proved", wall_s: float = 1.0, **values: Any) -> Attempt:
    stop = {"not_proved": "expansions"}.get(result, result)
    usage = Usage(wall_s=wall_s)
    made = Attempt(job.problem.name, job.pass_index, result, stop, 0, share=job.share, usage=usage)
    return replace(made, **values)


def tell(order: Order, made: Made, attempt: Attempt) -> None:
    made[attempt.problem, attempt.pass_index] = attempt
    order.tell(attempt)


def test_later_passes_begin_with_what_is_worth_most() -> None:
    made: Made = {}
    order = Order(problems("a", "b", "c", "d"), 2, made)
    facts: dict[str, dict[str, Any]] = {
        "a": {"wall_s": 8.0},
        "b": {"wall_s": 2.0},
        "c": {"wall_s": 2.0, "promise": 0.9},
        "d": {"wall_s": 2.0, "stop": "exhausted"},
    }
    for name in "abcd":
        job = order.take()
        assert job is not None and (job.key, job.share) == ((name, 0), 1.0)
        tell(order, made, record(job, **facts[name]))
    taken = [order.take() for _ in range(5)]
    assert [job.key for job in taken if job] == [("c", 1), ("b", 1), ("d", 1), ("a", 1)] and taken[-1] is None


def test_a_limited_time_begins_with_a_little_of_everything() -> None:
    """Then the cheap and the promising go on, a pass is deepened before the next begins, and what is decided is
    left."""
    made: Made = {}
    order = Order(problems("a", "b", "c", "d"), 2, made, ROUNDS)
    first = [order.take() for _ in range(4)]
    assert [(job.problem.name, job.share) for job in first if job] == [(name, ROUNDS[0]) for name in "abcd"]
    assert order.take() is None  # all are under way
    for job, wall_s, result in zip(first, (4.0, 1.0, 2.0, 1.0), ("not_proved",) * 3 + ("proved",), strict=True):
        assert job is not None
        tell(order, made, record(job, result, wall_s))
    second = [order.take() for _ in range(4)]
    assert [(job.key, job.share) for job in second if job] == [((name, 0), ROUNDS[1]) for name in "bca"]
    b = second[0]
    assert b is not None
    tell(order, made, record(b))
    third = order.take()
    assert third is not None and (third.key, third.share) == (("b", 0), 1.0)
    tell(order, made, record(third))
    fourth = order.take()
    assert fourth is not None and (fourth.key, fourth.share) == (("b", 1), ROUNDS[0])


def test_a_round_that_exhausts_the_search_is_the_last_of_its_pass() -> None:
    made: Made = {}
    order = Order(problems("a"), 2, made, ROUNDS)
    job = order.take()
    assert job is not None
    tell(order, made, record(job, stop="exhausted"))
    assert is_final(made["a", 0])
    job = order.take()
    assert job is not None and job.key == ("a", 1)


@given(st.integers(0, 10_000), st.integers(1, 4), st.booleans(), st.integers(1, 5))
def test_everything_is_made_once_whenever_it_is_interrupted(seed: int, passes: int, limited: bool, slots: int) -> None:
    """A run that is stopped anywhere and goes on makes what a run of one piece makes: each pass once, to the end."""
    chance = random.Random(seed)
    posed = problems(*(f"p{index}" for index in range(6)))
    rounds = ROUNDS if limited else (1.0,)

    def fate(job: Job) -> str:
        own = random.Random(f"{job.problem.name} {job.pass_index}")
        needs = own.choice((0.05, 0.2, 0.7, 2.0, 2.0, 2.0))
        if job.problem.name == "p5":
            return "not_elaborated"
        return "proved" if job.share >= needs else "not_proved"

    made: Made = {}
    began: list[tuple[tuple[str, int], float]] = []
    while True:
        order = Order(posed, passes, made, rounds)
        flying: list[Job] = []
        stop_after = chance.randrange(1, 12)
        ended = 0
        finished = False
        while True:
            while len(flying) < slots and (job := order.take()) is not None:
                flying.append(job)
            if not flying:
                finished = True
                break
            job = flying.pop(chance.randrange(len(flying)))
            if not order.wanted(job):
                continue
            began.append((job.key, job.share))
            tell(order, made, record(job, fate(job), chance.random()))
            ended += 1
            if ended == stop_after:
                break
        if finished:
            break
    assert len(began) == len(set(began))
    for problem in posed:
        own = [made[problem.name, p] for p in range(passes) if (problem.name, p) in made]
        assert own and all(is_final(attempt) for attempt in own[:1])
        if problem.name == "p5":  # which pass says that it does not elaborate is all the same
            assert any(attempt.result == "not_elaborated" for attempt in own)
            continue
        expected = next((p for p in range(passes) if fate(Job(problem, p)) == "proved"), passes - 1)
        assert all((problem.name, p) in made and is_final(made[problem.name, p]) for p in range(expected + 1))
        assert made[problem.name, expected].result == fate(Job(problem, expected))


def test_failed_attempts_are_made_again_once_by_each_command() -> None:
    for rounds in ((1.0,), ROUNDS):
        made: Made = {("a", 0): Attempt("a", 0, "error", "error", 0)}
        order = Order(problems("a"), 1, made, rounds)
        job = order.take()
        assert job is not None and job.key == ("a", 0)
        tell(order, made, record(job, "error"))
        assert order.take() is None


def test_a_limited_time_proves_more_in_rounds() -> None:
    """With effort needed as it is in published runs (most proofs come early, most statements never), and a third of the
    time that everything would take."""
    chance = random.Random(1)
    posed = [Problem(f"p{index}", "theorem t : p := by sorry") for index in range(400)]
    # the share of a pass that finds the proof, and the seconds of a whole pass
    needs = {each.name: min(chance.expovariate(8), 0.99) if chance.random() < 0.4 else 2.0 for each in posed}
    costs = {each.name: chance.lognormvariate(3, 1) for each in posed}

    def proved(rounds: tuple[float, ...], time_s: float) -> int:
        made: Made = {}
        order = Order(posed, 1, made, rounds)
        while (job := order.take()) is not None:
            name = job.problem.name
            found = needs[name] <= job.share
            spent = costs[name] * min(job.share, needs[name])
            time_s -= spent
            if time_s < 0:
                break
            tell(order, made, record(job, "proved" if found else "not_proved", spent))
        return sum(attempt.result == "proved" for attempt in made.values())

    whole = sum(costs[each.name] * min(1.0, needs[each.name]) for each in posed)
    assert proved(ROUNDS, whole / 3) > 1.5 * proved((1.0,), whole / 3)
