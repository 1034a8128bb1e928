"""Options: what a chain of lookups that gives `some` has gone through, and cases on what is looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import Proposal, View, seq

_BIND = re.compile(r"\.bind\b|Option\.bind|>>=")
_LOOKED_UP = re.compile(
    r"\(([^\W\d][\w']*(?: (?:[\w'.]+|\([^()]*\)))+)\)\.(?:bind|map|getD|get!|isSome|isNone|or|filter)\b"
)
_MATCHED = re.compile(r"match ([^\W\d][\w']*(?: (?:[\w'.]+|\([^()]*\)))+) with")
_ELEMENT = re.compile(r"[\w'.)]\[[^\]]*\]\?")


def propose(view: View) -> Iterator[Proposal]:
    if _BIND.search(view.facts):
        yield "simp_all [Option.bind_eq_some_iff]", 0.4
        yield "grind [Option.bind_eq_some_iff]", 0.45
        for h in [h for h in view.props if _BIND.search(h.type) and "= some" in h.type][-2:]:
            found = f"obtain ⟨{view.fresh('x')}, {view.fresh('hx')}, {view.fresh('hr')}⟩"
            yield f"{found} := Option.bind_eq_some_iff.mp {h.name}", 0.3
    terms = [match[1] for pattern in (_LOOKED_UP, _MATCHED) for match in pattern.finditer(view.facts)]
    for term in list(dict.fromkeys(terms))[:2]:
        name = view.fresh("hx")
        yield f"cases {name} : {term} <;> simp_all", 0.3
        yield f"cases {name} : {term}", 0.15
        yield seq(f"cases {name} : {term} <;> simp_all", "omega"), 0.1
    if _ELEMENT.search(view.facts):
        yield "simp_all [List.getElem?_eq_some_iff]", 0.25
        yield "grind [List.getElem?_eq_some_iff]", 0.25
