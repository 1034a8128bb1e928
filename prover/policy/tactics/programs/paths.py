"""Relations that are chains of steps, defined by their first step or by their last: the other end, and two in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import declared
from prover.policy.tactics.view import NAME, Proposal, View, mentions, seq

_ATOM = r"(?:[^\W\d][\w'₀-₉.]*|\([^()]*\))"


def propose(view: View) -> Iterator[Proposal]:
    """With transitivity, and with a step at the other end, as lemmas."""
    file = declared(view.context)
    for h in view.props:
        head = file.type(h.type.partition(" ")[0])
        chain = re.fullmatch(rf"(\S+(?: {_ATOM})*) {NAME} {NAME}", h.type)
        if head is None or chain is None or not file.types[head].constructors:
            continue
        path, start, end = chain.groups()
        kinds = {v.type for v in view.vars if v.name in (start, end)}
        relations = [v.name for v in view.vars if mentions(path, v.name) and v.type.count("→") == 2]
        if len(kinds) != 1 or start == end:
            continue
        fresh = view.namer()
        ht, hs, x, y, z, p, q = (fresh(wish) for wish in ("htrans", "hstep", "x", "y", "z", "p", "q"))
        rules = list(file.types[head].constructors)
        applied = " | ".join(f"(apply {rule} <;> first | assumption | (simp_all; done))" for rule in rules)
        ends = f"first | assumption | {applied} | grind [{head}]"
        steps = [
            f"have {ht} : ∀ {x} {y} {z}, {path} {x} {y} → {path} {y} {z} → {path} {x} {z} := by\n"
            f"  intro {x} {y} {z} {p} {q}\n  first | (induction {p} <;> {ends}; done) | (induction {q} <;> {ends})"
        ]
        for r in relations[:1]:
            one = f"first | grind [{head}] | (constructor <;> first | assumption | constructor)"
            steps.append(
                f"have {hs} : ∀ {x} {y} {z}, {path} {x} {y} → {r} {y} {z} → {path} {x} {z} := by\n"
                f"  intro {x} {y} {z} {p} {q}\n  exact {ht} _ _ _ {p} (by {one})"
            )
        yield (
            seq(
                *steps, f"first | (grind [{head}]; done) | (induction {h.name} <;> first | grind [{head}] | {applied})"
            ),
            0.4,
        )
        yield seq(*steps), 0.1
        return


__all__ = ["propose"]
