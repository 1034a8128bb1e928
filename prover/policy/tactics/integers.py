"""Rules for integers on natural numbers, as integers that are not negative."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.terms import Term, names_of, read
from prover.policy.tactics.view import NAT, Proposal, Rule, View, mentions, seq, view_of


def as_integers(view: View, rule: Rule) -> Iterator[Proposal]:
    """What a rule for integers proposes for natural numbers, cast there and back."""
    names = [n for n in view.of_type(NAT) if mentions(view.facts, n)]
    target = read(view.target)
    if target is None or not names or len(names) > 4 or not _liftable(target, view.target, names):
        return
    known = [(h.name, h.type) for h in view.props if (t := read(h.type)) is not None and _liftable(t, h.type, names)]
    lines = [*(f"{n} : ℤ" for n in names), *(f"hn{i} : 0 ≤ {n}" for i, n in enumerate(names))]
    lines += [*(f"{name} : {kind}" for name, kind in known), f"⊢ {view.target}"]
    inner = view_of(("\n".join(lines),), ())
    assert inner is not None
    key = view.fresh("hkey")
    given = " ".join([*names, *(f"hn{i}" for i in range(len(names))), *(name for name, _ in known)])
    binders = " ".join(f"({n} : Int)" for n in names)
    binders += "".join(f" (hn{i} : 0 ≤ {n})" for i, n in enumerate(names))
    binders += "".join(f" ({name} : {kind})" for name, kind in known)
    proofs = [*("(by omega)" for _ in names), *(f"(by exact_mod_cast {name})" for name, _ in known)]
    applied = " ".join([key, *names, *proofs])
    for tactic, weight in rule(inner):
        body = tactic.replace("\n", "\n  ")
        claim = f"have {key} : ∀ {binders}, {view.target} := by\n  intro {given}\n  {body}"
        yield seq(claim, f"exact_mod_cast {applied}"), weight


def _liftable(term: Term, text: str, names: list[str]) -> bool:
    """Does it say the same of integers: relations between sums, products and powers of these variables?"""
    relations = ("=", "≠", "≤", "<", "≥", ">", "∧", "∨")
    return (
        term.op in relations
        and not any(sign in text for sign in ("-", "/", "%", "∣", "↑", "¬", "∃", "∀", "→"))
        and names_of(term) <= set(names)
    )


__all__ = ["as_integers"]
