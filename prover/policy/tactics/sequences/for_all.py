"""Rules for claims about all members, applied to one member that is any: its index is put back into the claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prover.policy.tactics.sequences.definite import sequences
from prover.policy.tactics.terms import applications, at_least, names_of, read
from prover.policy.tactics.view import NAT, Proposal, Rule, View, mentions, seq


def or_any(rule: Rule) -> Rule:
    """What the rule proposes, also once the index of the only member that the target speaks of is bound by it."""

    def propose(view: View) -> Iterator[Proposal]:
        yield from rule(view)
        bound = _bound(view)
        if bound is not None:
            n, after = bound
            for tactic, weight in rule(after):
                yield seq(f"revert {n}", tactic), weight

    return propose


def _bound(view: View) -> tuple[str, View] | None:
    """The index and the view of `∀ n, …`; None where more is known of the index than a least value."""
    target = read(view.target) if view.of_type(NAT) else None
    names = {s.name for s in sequences(view)} if target is not None and target.op != "∀" else set()
    if target is None or not names:
        return None
    places = {a.args[1] for a in applications(target) if a.args[0].name in names}
    indices = {n for place in places for n in names_of(place)} & set(view.of_type(NAT))
    if len(indices) != 1:
        return None
    (n,) = indices
    known = [h for h in view.props if _is_about(h.type, n)]
    bounds = [at_least(term, n) if (term := read(h.type)) is not None else None for h in known]
    if None in bounds:
        return None
    premises = "".join(f"{h.type} → " for h in known)
    hypotheses = tuple(h for h in view.goal.hypotheses if h not in known and h.name != n)
    goal = replace(view.goal, target=f"∀ ({n} : ℕ), {premises}{view.target}", hypotheses=hypotheses)
    return n, replace(view, goal=goal)


def _is_about(text: str, n: str) -> bool:
    term = read(text)
    return n in names_of(term) if term is not None else mentions(text, n)


__all__ = ["or_any"]
