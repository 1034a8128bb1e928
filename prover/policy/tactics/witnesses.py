"""Witnesses for `∃`: terms of the context, small numbers, and values for which the statement computes to true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from prover.goal import split_top, top_level
from prover.policy.tactics.evaluate import statement
from prover.policy.tactics.structure import bound_names
from prover.policy.tactics.view import INT, NAT, Proposal, View, identifiers

_MOST_POINTS = 4_000


def propose(view: View) -> Iterator[Proposal]:
    if not view.target.startswith("∃"):
        return
    names, kinds, body = _open(view.target)
    if not names:
        return
    yield "exact ⟨_, rfl⟩", 0.6
    yield "exact ⟨_, fun _ => rfl⟩", 0.3
    yield "exact ⟨_, by assumption⟩", 0.3
    for values in _solutions(names, kinds, body):
        found = ", ".join(str(value) for value in values)
        yield f"exact ⟨{found}, by decide⟩", 0.89
        yield f"exact ⟨{found}, by simp⟩", 0.4
        yield f"refine ⟨{found}, ?_⟩", 0.3
    terms = [v.name for v in view.vars if v.type in kinds or not kinds[0]]
    if len(names) == 1:
        for term in terms[:4]:
            yield f"exact ⟨{term}, by simp_all⟩", 0.2
            yield f"refine ⟨{term}, ?_⟩", 0.2
            if kinds[0] in NAT | INT:
                yield f"refine ⟨{term} + 1, ?_⟩", 0.06
                yield f"refine ⟨{term} ^ 2, ?_⟩", 0.02
    elif len(terms) >= len(names):
        chosen = ", ".join(terms[: len(names)])
        yield f"exact ⟨{chosen}, by grind⟩", 0.35
        yield f"refine ⟨{chosen}, ?_⟩", 0.15
    if all(kind in NAT | INT | {""} for kind in kinds) and identifiers(body):
        for number in range(3):
            yield f"refine ⟨{', '.join([str(number)] * len(names))}, ?_⟩", 0.08 - 0.02 * number
    for part in split_top(body, " ∧ "):
        if len(names) == 1 and (value := _solved(part, names[0])):
            yield f"exact ⟨{value}, by grind⟩", 0.5
            yield f"refine ⟨{value}, ?_⟩", 0.25


def _open(target: str) -> tuple[list[str], list[str], str]:
    """The names that `∃` binds, their types where printed, and the statement about them."""
    names: list[str] = []
    kinds: list[str] = []
    while target.startswith("∃") and (comma := top_level(target, ", ")) is not None:
        binder = target[1:comma].strip()
        new = [name for name, _ in bound_names(binder)]
        kind = re.search(r": ([^():]+)", binder)
        names += new
        kinds += [kind[1].strip() if kind else ""] * len(new)
        target = target[comma + 2 :].strip()
    return names, kinds, target


def _solutions(names: list[str], kinds: list[str], body: str) -> list[tuple[int, ...]]:
    """The first values near 0 that make the statement true, where it is about nothing else."""
    nats = frozenset(n for n, kind in zip(names, kinds, strict=True) if kind in NAT)
    ints = frozenset(n for n, kind in zip(names, kinds, strict=True) if kind in INT or not kind)
    holds = statement(body, nats, ints) if nats | ints == set(names) else None
    if holds is None:
        return []
    size = max(2, int(_MOST_POINTS ** (1 / len(names))))
    near = [sorted(range(-size // 2, size // 2), key=abs) if n in ints else list(range(size)) for n in names]
    for index, values in enumerate(sorted(product(*near), key=lambda v: (sum(map(abs, v)), -sum(v)))):
        if index > _MOST_POINTS:
            break
        if holds(dict(zip(names, values, strict=True))):
            return [values]
    return []


def _solved(part: str, name: str) -> str | None:
    """For `x = t` or `t = x`, without `x` in `t`, the term."""
    left, found, right = part.partition(" = ")
    for side, other in ((left, right), (right, left)):
        if found and side.strip() == name and name not in identifiers(other):
            return other.strip()
    return None
