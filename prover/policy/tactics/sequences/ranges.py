"""Sums and folds over `List.range n` as sequences: a first member, and what the next one adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from prover.policy.tactics.terms import Term, names_of, read, show, substitute
from prover.policy.tactics.view import NAME, Proposal, View, identifiers, seq

_ARGUMENT = rf"(?:{NAME}|\({NAME} \+ \d+\)|\d+)"
_SUM = re.compile(rf"\(List\.map \(fun {NAME} => (?P<body>.+?)\) \(List\.range (?P<n>{_ARGUMENT})\)\)\.sum")
_FOLD = re.compile(
    rf"List\.foldl \(fun {NAME} {NAME} => (?P<body>.+?)\) (?P<first>\d+) \(List\.range (?P<n>{_ARGUMENT})\)"
)
_WEIGHTS = {"Rat": 0.7, "Int": 0.6, "Nat": 0.3}


def propose(view: View) -> Iterator[Proposal]:
    """The claim for every sequence that begins and goes on like it."""
    if "List.range" not in view.target:
        return
    kinds = ["Int", "Rat"] if "↑" in view.target else ["Nat"]
    if "/" in view.target and "Rat" not in kinds:
        kinds.append("Rat")
    found = [match for pattern in (_SUM, _FOLD) if (match := pattern.search(view.target))]
    for match, kind in product(found, kinds):
        if (tactic := _as_sequence(view, match, kind)) is not None:
            yield tactic, _WEIGHTS[kind]


def _as_sequence(view: View, match: re.Match[str], kind: str) -> str | None:
    fresh = view.namer(identifiers(view.target))
    s, k, h, h0, hs = (fresh(wish) for wish in ("s", "k", "hrange", "h0", "hs"))
    body, at = read(match["body"]), Term("var", name=k)
    if body is None or not names_of(body) - set(match.groups()[:2]) <= {h.name for h in view.goal.hypotheses}:
        return None
    steps: list[str] = []
    if match.re is _SUM:
        first, happ = "0", fresh("happ")
        step = f"{s} {k} + {show(substitute(body, {match[1]: at}), 66)}"
        steps.append(
            f"have {happ} : ∀ (l : List {kind}) (x : {kind}), (l ++ [x]).sum = l.sum + x := by\n  intro l x\n"
            f"  induction l with\n  | nil => simp [{kind}.add_comm]\n  | cons a l ih => simp [ih, {kind}.add_assoc]"
        )
        simp = f"simp only [List.range_succ, List.map_append, List.map_cons, List.map_nil, {happ}]"
    else:
        first, simp = match["first"], "simp [List.range_succ]"
        member = Term("app", (Term("var", name=s), at))
        step = show(substitute(body, {match[2]: at, match[1]: member}))
    begin, end = (place - match.start() for place in match.span("body"))
    rest = match[0][end:].replace(f"List.range {match['n']}", f"List.range {k}")
    whole = f"{match[0][:begin]}({match['body']} : {kind}){rest}"
    claim = view.target.replace(match[0], f"({s} {match['n']})")
    given = f"∀ {s} : Nat → {kind}, {s} 0 = {first} → (∀ {k}, {s} ({k} + 1) = {step}) → {claim}"
    steps.append(f"exact {h} (fun {k} => {whole}) (by simp) (by intro {k}; {simp})")
    lines = "\n".join(steps).replace("\n", "\n  ")
    return seq(f"suffices {h} : {given} by\n  {lines}", f"intro {s} {h0} {hs}")


__all__ = ["propose"]
