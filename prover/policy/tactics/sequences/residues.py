"""Remainders of linear recurrences: they come round, so a member is told by where its index stands in the period.

`f (n + j)` is a combination of as many neighbours as the rule needs; by it the members of one period follow from its
first ones, and those of the next period have the same remainders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import lcm

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import Monomial, of_term
from prover.policy.tactics.sequences import definite
from prover.policy.tactics.sequences.definite import members, plus, sequences
from prover.policy.tactics.terms import Term, applications, read, replaced, show
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_MOST_MODULUS = 200
_LONGEST_PERIOD = 60
_HIGHEST_ORDER = 3
_MODULUS = re.compile(r"% (\d{1,3})(?!\d)|(?<![\w.])(\d{1,3}) ∣")


def propose(view: View) -> Iterator[Proposal]:
    moduli = [int(a or b) for a, b in _MODULUS.findall(view.target)]
    modulus = lcm(*moduli) if moduli else 0
    for s in sequences(view)[:2] if 1 < modulus <= _MOST_MODULUS else ():
        index, rule = _index(view, s), _linear(s)
        if s.kind not in ("Nat", "Int") or index is None or rule is None:
            continue
        values = [int(value) % modulus for value in members(s, 0, _LONGEST_PERIOD + s.order)]
        ends = [p for p in range(1, len(values) - s.order) if values[p : p + s.order] == values[: s.order]]
        if ends:
            yield _by_period(view, s, rule, index, modulus, values[: ends[0]]), 0.9


def _by_period(
    view: View, s: definite.Sequence, rule: Sequence[int], index: Term, modulus: int, values: Sequence[int]
) -> str:
    """The claim from the remainders of one period, which the others repeat."""
    fresh = view.namer()
    key, all_, n, k, ih, h = (fresh(wish) for wish in ("hkey", "hall", "n", "k", "ih", "h"))
    period, order = len(values), s.order
    f, forms = s.name, _forms(rule, period + order)

    def member(place: str, more: int) -> str:
        return f"{f} ({place} + {more})" if more else f"{f} ({place})"

    def combined(form: Sequence[int], place: str) -> str:
        parts = [f"({c}) * {member(place, i)}" for i, c in enumerate(form[:order]) if c]
        return " + ".join([*parts, f"({form[order]})"])

    def residues(place: str, count: int) -> str:
        return " ∧ ".join(f"{member(place, r)} % {modulus} = {values[r % period]}" for r in range(count))

    names = {j: fresh("he") for j in range(order, period + order)}
    steps = []
    for j, name in names.items():
        here = {_member(s, s.variable, i): _member(s, n, j - order + i) for i in range(order)}
        ruled = f"have {h} : {member(n, j)} = {show(replaced(s.body, here))} := {s.rule} ({n} + {j - order})"
        before = [f"have := {names[i]} {n}" for i in range(max(order, j - order), j)]
        lines = [f"intro {n}", ruled, *before, "omega"]
        steps.append(have(name, f"∀ {n} : Nat, {member(n, j)} = {combined(forms[j], n)}", lines))
    place, after = f"{period} * {k}", f"{period} * ({k} + 1)"
    onward = [
        f"have : {member(after, i)} = {combined(forms[period + i], place)} :=\n"
        f"    (congrArg {f} (by omega)).trans ({names[period + i]} ({place}))"
        for i in range(order)
    ]
    first = f"simp [{', '.join(s.bases[i][0] for i in range(order))}]"
    step = "\n  ".join([*onward, "omega"])
    lines = [f"intro {k}", f"induction {k} with", f"| zero => {first}", f"| succ {k} {ih} =>\n  {step}"]
    steps.append(have(key, f"∀ {k} : Nat, {residues(place, order)}", lines))
    each = ["by omega" if r < order else f"by have := {names[r]} ({place}); omega" for r in range(period)]
    whole = f"⟨{', '.join(each)}⟩" if period > 1 else each[0]
    steps.append(
        have(all_, f"∀ {k} : Nat, {residues(place, period)}", [f"intro {k}", f"have := {key} {k}", f"exact {whole}"])
    )
    steps.append(f"clear {' '.join([*names.values(), key])}")

    def told(r: int, at: str) -> str:
        return f"({all_} {at}){'.2' * r}{'.1' if r < period - 1 else ''}"

    if index.op == "num":
        turns, r = divmod(int(index.name), period)
        known = f"have {h} : {f} {index.name} % {modulus} = {values[r]} := {told(r, str(turns))}"
        return seq(*steps, known, "first | omega | (simp_all; done)")
    x = index.name
    cases = " ∨ ".join(f"{x} = {place}{f' + {r}' if r else ''}" for r in range(period))
    arms = " | ".join(["rfl"] * period)
    return seq(
        *steps,
        *([] if x in view.of_type(NAT) else [f"intro {x}"]),
        f"obtain ⟨{k}, {arms}⟩ : ∃ {k}, {cases} := ⟨{x} / {period}, by omega⟩",
        *(f"· have {h} := {told(r, k)}; first | omega | (intros; omega) | grind" for r in range(period)),
    )


def _index(view: View, s: definite.Sequence) -> Term | None:
    """Of which member the target speaks, where it is one: a number, a variable, or what it says for all."""
    claim = read(view.target)
    bound = ""
    if claim is not None and claim.op == "∀" and canonical(claim.kind or "Nat") == "Nat":
        bound, claim = claim.name, claim.args[0]
    calls = [a.args[1:] for a in applications(claim) if a.args[0].name == s.name] if claim is not None else []
    places = set(calls)
    if len(places) != 1 or any(len(call) != 1 for call in calls):
        return None
    ((index,),) = places
    return index if index.op == "num" or (index.op == "var" and index.name in {bound, *view.of_type(NAT)}) else None


def _member(s: definite.Sequence, n: str, shift: int) -> Term:
    return Term("app", (Term("var", name=s.name), plus(n, shift)))


def _linear(s: definite.Sequence) -> list[int] | None:
    """The coefficients of `f n`, `f (n + 1)`, … in the rule, and the number in it; None where it is not linear."""
    if s.start or s.shift or s.guarded or s.order > _HIGHEST_ORDER or not s.bases.keys() >= set(range(s.order)):
        return None
    unknowns = {_member(s, s.variable, i): Term("var", name=f"w{i}") for i in range(s.order)}
    p = of_term(replaced(s.body, unknowns), minus=s.kind == "Int")
    places: dict[Monomial, int] = {(): s.order} | {((f"w{i}", 1),): i for i in range(s.order)}
    if p is None or not p.terms.keys() <= places.keys() or not p.integral:
        return None
    found = [0] * (s.order + 1)
    for monomial, c in p.terms.items():
        found[places[monomial]] = int(c)
    return found


def _forms(rule: Sequence[int], count: int) -> list[list[int]]:
    """So many members as combinations of the first ones and 1."""
    order = len(rule) - 1
    forms = [[int(i == j) for i in range(order + 1)] for j in range(order)]
    while len(forms) < count:
        last = forms[len(forms) - order :]
        new = [sum(a * form[i] for a, form in zip(rule, last, strict=False)) for i in range(order + 1)]
        new[order] += rule[order]
        forms.append(new)
    return forms


__all__ = ["propose"]
