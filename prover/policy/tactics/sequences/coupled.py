"""Sequences whose rules speak of one another: a claim about one, and closed forms of the others, by one induction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from prover.policy.tactics.evaluate import Value, canonical, number
from prover.policy.tactics.polynomials import literal
from prover.policy.tactics.sequences.definite import Sequence as Members
from prover.policy.tactics.sequences.definite import sequences
from prover.policy.tactics.sequences.recurrences import closed_form
from prover.policy.tactics.terms import Term, applications, names_of, read, show, substitute
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_MEMBERS = 16
_MOST = 4


def propose(view: View) -> Iterator[Proposal]:
    found = [s for s in sequences(view) if s.kind in ("Nat", "Int", "Rat") and s.order == 1 and not s.guarded]
    found = [s for s in found if s.start == s.shift == 0 and 0 in s.bases]
    names = {s.name for s in found}
    target = read(view.target)
    if target is None or not 2 <= len(found) <= _MOST or len(names) < len(found):
        return
    n, claim, opened = "", target, []
    if target.op == "∀" and canonical(target.kind or "Nat") == "Nat":
        n, claim, opened = target.name, target.args[0], [f"intro {target.name}"]
    else:
        places = {a.args[1].name for a in applications(target) if a.args[0].name in names and a.args[1].op == "var"}
        n = places.pop() if len(places) == 1 else ""
    used = {a.args[0].name for a in applications(claim)} & names
    if claim.op in ("→", "∀", "∃") or not used or (not opened and n not in view.of_type(NAT)):
        return
    values = _values(found)
    if values is None or not any(names_of(s.body) & (names - {s.name}) for s in found):
        return
    fresh = view.namer()
    key, k, ih = fresh("hkey"), fresh("k"), fresh("ih")
    claims = [show(substitute(claim, {n: Term("var", name=k)}))]
    for s in found:
        form = _form(values[s.name])
        if form is not None:
            index = k if s.kind == "Nat" or "^ k" in form[1] else f"({k} : {s.kind})"
            claims.append(f"{form[0]}{s.name} {k} = {form[1].replace('k', index)}")
    if len(claims) == 1:
        return
    rules = [f"have {fresh('hr')} := {s.rule} {k}" for s in found]
    lines = [
        f"intro {k}",
        f"induction {k} with",
        "| zero => first | (simp_all; done) | grind",
        f"| succ {k} {ih} =>\n  " + "\n  ".join([*rules, "grind"]),
    ]
    joined = " ∧ ".join(f"({each})" for each in claims)
    yield seq(have(key, f"∀ {k} : Nat, {joined}", lines), *opened, f"exact ({key} {n}).1"), 0.7


def _values(found: Sequence[Members]) -> dict[str, list[Value]] | None:
    """The first members of all of them."""
    kinds = {s.name: f"Nat → {s.kind}" for s in found}
    bases = {s.name: number(s.bases[0][1], {}, s.kind) for s in found}
    bodies = {s.name: number(s.body, {**kinds, s.variable: "Nat"}, s.kind) for s in found}
    values: dict[str, list[Value]] = {}
    for name, base in bases.items():
        value = base({}) if base is not None else None
        if value is None:
            return None
        values[name] = [value]
    for k in range(_MEMBERS):
        known = {name: dict(enumerate(members)).__getitem__ for name, members in values.items()}
        after = {}
        for s in found:
            body = bodies[s.name]
            value = body({**known, s.variable: k}) if body is not None else None
            if value is None:
                return None
            after[s.name] = value
        for name, value in after.items():
            values[name].append(value)
    return values


def _form(values: Sequence[Value]) -> tuple[str, str] | None:
    """A polynomial in `k` that the members are, with what they are to be multiplied by; else a power times a number."""
    form = closed_form(list(values))
    if form is not None:
        return (f"{form[0]} * " if form[0] != 1 else ""), form[1]
    ratio = values[1] // values[0] if values[0] and values[1] % values[0] == 0 else 0
    if ratio > 1 and all(b == a * ratio for a, b in pairwise(values)):
        return "", f"{literal(values[0])} * {ratio} ^ k"
    return None


__all__ = ["propose"]
