"""Names that tell the problems of a run apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from prover.interfaces import Problem


def unique_names(problems: Sequence[Problem]) -> list[Problem]:
    """The same problems; a name that came before becomes `name_2`, `name_3`, …"""
    taken = {problem.name for problem in problems}
    seen: set[str] = set()
    numbers: dict[str, int] = {}
    unique = []
    for problem in problems:
        name = problem.name
        while name in seen:
            numbers[problem.name] = number = numbers.get(problem.name, 1) + 1
            candidate = f"{problem.name}_{number}"
            name = name if candidate in taken else candidate
        seen.add(name)
        taken.add(name)
        unique.append(problem if name == problem.name else replace(problem, name=name))
    return unique
