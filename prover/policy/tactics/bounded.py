"""Variables between two numbers: go through all their values."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.view import Proposal, View


def propose(view: View) -> Iterator[Proposal]:
    return iter(())
