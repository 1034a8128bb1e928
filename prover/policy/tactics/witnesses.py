"""Witnesses for `∃`: terms of the context, small numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.goal import top_level
from prover.policy.tactics.view import Proposal, View


def propose(view: View) -> Iterator[Proposal]:
    if not view.target.startswith("∃"):
        return
    yield "exact ⟨_, rfl⟩", 0.6
    yield "exact ⟨_, fun _ => rfl⟩", 0.4
    yield "simp_all <;> exact ⟨_, rfl⟩", 0.1
    comma = top_level(view.target, ", ")
    binder = view.target[1:comma].strip() if comma is not None else ""
    many = len(re.findall(r"[\w']+", binder.split(":")[0]))
    kind = binder.split(":")[-1].strip(" ()") if ":" in binder else ""
    for index, v in enumerate(v for v in view.vars if not kind or v.type == kind):
        if index < 4:
            yield f"refine ⟨{v.name}, ?_⟩", 0.15
            yield f"exact ⟨{v.name}, by simp_all⟩", 0.1
    for number in range(4):
        yield f"refine ⟨{', '.join([str(number)] * many)}, ?_⟩", 0.1 - 0.02 * number
    yield "refine ⟨?_, ?_⟩", 0.02
