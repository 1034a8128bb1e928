"""Digits of a number, taken out by quotients and remainders: the number is their sum, and they get names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import NAT, Proposal, View, seq

_BASE = 10
_MOST_DIGITS = 6


def propose(view: View) -> Iterator[Proposal]:
    for n in view.of_type(NAT):
        divisors = {int(d) for d in re.findall(rf"(?<![\w.']){re.escape(n)} / (10+)(?!\d)", view.facts)}
        if not divisors or not re.search(rf"(?<![\w.']){re.escape(n)} % {_BASE}(?!\d)", view.facts):
            continue
        highest = len(str(max(divisors))) - 1
        if highest > _MOST_DIGITS:
            continue
        fresh = view.namer()
        top, lower = f"{n} / {_BASE**highest}", [f"{n} / {_BASE**k} % {_BASE}" for k in range(highest - 1, 0, -1)]
        digits = [top, *lower, f"{n} % {_BASE}"]
        total = " + ".join(f"{_BASE ** (highest - i)} * ({digit})" for i, digit in enumerate(digits))
        names = [f"generalize {digit} = {fresh('d')} at *" for digit in digits]
        yield seq(f"have {fresh('hd')} : {n} = {total} := by omega", "; ".join(names), "first | omega | grind"), 0.92


__all__ = ["propose"]
