"""The greater and the lesser of two numbers: which is which, one order at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from prover.policy.tactics.terms import Term, applications, names_of, read
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq

_MOST_VARIABLES = 3


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target)
    extremes = [a for a in applications(target) if a.args[0].name in ("max", "min")] if target is not None else []
    names = sorted({name for a in extremes for name in names_of(a)} & set(view.of_type(NAT | INT)))
    for kind, own in (("Int", view.of_type(INT)), ("Nat", view.of_type(NAT))):
        if 2 <= len(names) <= _MOST_VARIABLES and set(names) <= set(own):
            yield from _orders(view, names, kind)


def _orders(view: View, names: list[str], kind: str) -> Iterator[Proposal]:
    pairs = list(combinations(names, 2))
    orders = [view.fresh(f"hm{i}") for i in range(len(pairs))]
    split = " <;> ".join(
        f"rcases {kind}.le_total {a} {b} with {h} | {h}" for (a, b), h in zip(pairs, orders, strict=True)
    )
    rules = ", ".join(f"{kind}.{which}_eq_{side}" for which in ("max", "min") for side in ("left", "right"))
    # Laws of two variables, such as that a function is monotone, at each pair.
    laws = [h.name for h in view.props if (law := read(h.type)) is not None and _of_two(law)][:2]
    places = [(law, x, y) for law in laws for a, b in pairs for x, y in ((a, b), (b, a))]
    known = [f"have {view.fresh(f'ha{i}')} := {law} {x} {y}" for i, (law, x, y) in enumerate(places)]
    told = "".join(f", {view.fresh(f'ha{i}')}" for i in range(len(known)))
    simp = f"simp [{', '.join(orders)}, {rules}{told}]"
    yield seq(*known, f"{split} <;> {simp} <;> first | omega | grind"), 0.5
    yield f"{split} <;> {simp}", 0.3


def _of_two(law: Term) -> bool:
    return law.op == "∀" and law.args[0].op == "∀" and law.args[0].args[0].op != "∀"
