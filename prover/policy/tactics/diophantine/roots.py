"""Roots of numbers are rational only where they are whole: the numerator of `q` has the powers that `q` has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import RAT, Proposal, View, seq

_POWER = re.compile(r"(?P<q>[^\W\d][\w'₀-₉]*) (?:\^ (?P<k>[2-9])|\* (?P=q)) = (?P<c>\d{1,6})")
_BACK = re.compile(r"(?P<c>\d{1,6}) = (?P<q>[^\W\d][\w'₀-₉]*) (?:\^ (?P<k>[2-9])|\* (?P=q))")


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        match = _POWER.fullmatch(h.type) or _BACK.fullmatch(h.type)
        if match is None or match["q"] not in view.of_type(RAT):
            continue
        q, k, c = match["q"], int(match["k"] or 2), int(match["c"])
        root = next(x for x in range(c + 2) if (x + 1) ** k > c)
        if root**k == c:
            continue
        x, hn, hl, hg = (view.fresh(wish) for wish in ("x", "hn", "hl", "hg"))
        # The numerator's power lies between those of neighbours; of a negative number it is one of the absolute value.
        yield (
            seq(
                f"have {hn} : {q} ^ {k} = {c} := by grind",
                f"have {hn} : {q}.num ^ {k} = ({c} : Rat).num := by rw [← Rat.num_pow, {hn}]",
                f"have {hn} := congrArg Int.natAbs {hn}",
                f"rw [Int.natAbs_pow] at {hn}",
                f"generalize {q}.num.natAbs = {x} at {hn}",
                f"simp at {hn}",
                f"have {hl} : ¬ {x} ≤ {root} := fun {hl} => by\n  have := Nat.pow_le_pow_left {hl} {k}\n  omega",
                f"have {hg} := Nat.pow_le_pow_left (show {root + 1} ≤ {x} by omega) {k}",
                "omega",
            ),
            0.9,
        )
