"""Makes a proof shorter: closes goals earlier, drops steps and merges neighbours while Lean still accepts the whole."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from itertools import takewhile

from prover.goal import bare, split_top
from prover.search.proof import Step, script_of

Steps = tuple[Step, ...]
TRIES = 40
"""Texts elaborated for one proof at most."""

_INTRO = re.compile(r"intros? ((?:[\w'₀-₉]+ ?)+)")
_BRACKETED = re.compile(r"\((?:[^;\n]|<;>)*\)")
_NAME = re.compile(r"(?m)(?:^|(?<= ))([^\W\d][\w'₀-₉]*)(?=(?: [\w'₀-₉✝]+)* :)")
_REWRITE = re.compile(r"(rw|simp only|simp) \[([^\[\]\n;]+)\]( at [^\n;]+)?")


async def minimise(
    steps: Steps, elaborates: Callable[[tuple[str, ...]], Awaitable[bool]], tries: int = TRIES
) -> tuple[str, ...]:
    """A script that is at most as long as the proof, and that Lean elaborates.

    Args:
        steps: the proof; each tactic with how many goals it leaves, before the steps that prove these.
        elaborates: does the text with this script in it elaborate without errors?
        tries: how often it may be asked.
    """
    left = iter(range(tries))
    refused: set[Steps] = set()
    shorter: Steps | None = steps
    while shorter is not None:
        steps, shorter = shorter, None
        for candidate in shortenings(steps):
            if candidate in refused:
                continue
            if next(left, None) is None:
                break
            if await elaborates(script_of(candidate)):
                shorter = candidate
                break
            refused.add(candidate)
    return script_of(steps)


def shortenings(steps: Steps) -> Iterator[Steps]:
    """Shorter candidates, what saves most first: a goal closed at once by a tactic that closed something below it; one
    step left out; two steps in one."""
    for start in range(len(steps)):
        end = subtree(steps, start)
        closers = dict.fromkeys(tactic for tactic, goals in steps[start:end] if goals == 0)
        if end - start > 1:
            for closer in reversed(closers):
                yield (*steps[:start], (closer, 0), *steps[end:])
    for index, (_, goals) in enumerate(steps):
        if goals == 1:
            yield steps[:index] + steps[index + 1 :]
    for index in range(len(steps) - 1):
        (first, goals), (second, left) = steps[index], steps[index + 1]
        if goals == 1 and (merged := merge(first, second)):
            yield (*steps[:index], (merged, left), *steps[index + 2 :])


def choices(tactic: str) -> list[str]:
    """What stands behind the bars of a tactic `first | a | b`, as it is written; nothing for any other tactic."""
    start, *ways = split_top(tactic, "| ")
    return ways if start == "first" else []


def alternatives(tactic: str) -> list[str]:
    """Of a tactic `first | a | b` each alternative as a tactic, in their order; nothing for any other tactic.

    >>> alternatives("first | (apply Nat.le_trans <;> assumption) | omega")
    ['apply Nat.le_trans', 'apply Nat.le_trans <;> assumption', 'omega']
    """
    found = [each.replace("\n   ", "\n") for each in choices(tactic)]
    plain = [bare(each) if _BRACKETED.fullmatch(each) else each for each in found]
    closed = " <;> assumption"
    pairs = ([each.removesuffix(closed), each] if each.endswith(closed) else [each] for each in plain)
    return [each for both in pairs for each in both]


def attempts(tactic: str) -> str | None:
    """The lines `try have h : p := …` with which a tactic of several lines begins, as a tactic; None without any."""
    lines = _tried(tactic)
    return "(" + "\n ".join(lines) + ")" if lines else None


def successful(tactic: str, goal: str, after: str) -> str:
    """The tactic without those of its `attempts` that failed: there is no `h` in the goal that they led to.

    Args:
        goal, after: what is printed of the goal before the tactic, and after it or its attempts.
    """
    lines = _tried(tactic)
    names = [line.split(" ", 3)[2] for line in lines]
    if not lines or not set(names).isdisjoint(_NAME.findall(goal)):
        return tactic
    new = set(_NAME.findall(after))
    kept = [line.removeprefix("try ") for line, name in zip(lines, names, strict=True) if name in new]
    return "(" + "\n ".join(kept + tactic[1:-1].split("\n ")[len(lines) :]) + ")"


def _tried(tactic: str) -> list[str]:
    lines = tactic[1:-1].split("\n ") if tactic.startswith("(try have ") else []
    found = list(takewhile(lambda line: line.startswith("try have "), lines))
    return found if len(found) < len(lines) else []


def subtree(steps: Steps, start: int) -> int:
    """Where the proof of the goal ends whose first step is at `start`."""
    open_goals, at = 1, start
    while open_goals:
        open_goals += steps[at][1] - 1
        at += 1
    return at


def merge(first: str, second: str) -> str | None:
    """Two tactics in one, where they are of a kind that allows it."""
    names = _INTRO.fullmatch(first), _INTRO.fullmatch(second)
    if names[0] and names[1]:
        return f"intro {names[0][1].strip()} {names[1][1].strip()}"
    lemmas = _REWRITE.fullmatch(first), _REWRITE.fullmatch(second)
    if lemmas[0] and lemmas[1] and (lemmas[0][1], lemmas[0][3]) == (lemmas[1][1], lemmas[1][3]):
        return f"{lemmas[0][1]} [{lemmas[0][2]}, {lemmas[1][2]}]{lemmas[0][3] or ''}"
    return None
