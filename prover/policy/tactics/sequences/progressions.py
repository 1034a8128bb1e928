"""Arithmetic progressions: each member is the one before and a number, which may be told by other members."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import Polynomial, difference, text_of
from prover.policy.tactics.terms import names_of, read
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_MOST_MEMBERS = 8


def propose(view: View) -> Iterator[Proposal]:
    kinds = {v.name: canonical(v.type) for v in view.vars if v.value is None}
    for h in view.props:
        term = read(h.type) if h.type.startswith("∀") else None
        if term is None or term.args[0].op != "=" or canonical(term.kind or "Nat") != "Nat":
            continue
        for f, kind in kinds.items():
            if kind not in ("Nat → Nat", "Nat → Int", "Nat → Rat") or f not in names_of(term):
                continue
            zero = difference(term.args[0], atoms=True, minus=kind != "Nat → Nat")
            step = _step(zero, f, term.name) if zero is not None else None
            if step is not None:
                yield from _members(view, h.name, f, kind.split(" → ")[1], step)


def _step(p: Polynomial, f: str, n: str) -> Polynomial | None:
    """What `f (n + 1)` is more than `f n`, where the polynomial is 0; None where that depends on `n`."""
    after, before = f"({f} ({n} + 1))", f"({f} {n})"
    slopes = [p.terms.get(((name, 1),)) for name in (after, before)]
    if slopes[0] is None or slopes[1] != -slopes[0]:
        return None
    change = p - (Polynomial.variable(after) - Polynomial.variable(before)) * slopes[0]
    found = change * (-1 / slopes[0])
    others = {word for name in found.names for word in re.findall(r"[^\W\d][\w'₀-₉]*", name)}
    return None if n in others or not found.integral or found.value is not None else found


def _members(view: View, law: str, f: str, kind: str, difference: Polynomial) -> Iterator[Proposal]:
    if kind == "Nat" and any(c < 0 for c in difference.terms.values()):
        return
    fresh = view.namer()
    key, k, ih, step = (fresh(name) for name in ("hk", "k", "ih", "hr"))

    def claim(place: str, times: str) -> str:
        return f"{f} {place} = {f} 0 + {times} * ({text_of(difference)})"

    places = list(dict.fromkeys(re.findall(rf"(?<![\w.']){re.escape(f)} (\d+)(?![\w'])", view.facts)))[:_MOST_MEMBERS]
    free = [
        n for n in view.of_type(NAT) if re.search(rf"(?<![\w.']){re.escape(f)} {re.escape(n)}(?![\w'])", view.facts)
    ]
    lines = [
        f"intro {k}",
        f"induction {k} with\n| zero => grind\n| succ {k} {ih} =>\n  have {step} := {law} {k}\n  grind",
    ]
    known = [f"have {fresh('hx')} : {claim(n, n)} := {key} {n}" for n in places]
    known += [f"have {fresh('hx')} := {key} {n}" for n in free[:2]]
    if known:
        whole = have(key, f"∀ {k} : Nat, {claim(k, f'({k} : {kind})')}", lines)
        yield seq(whole, *known, f"clear {key} {law}", "grind"), 0.8


__all__ = ["propose"]
