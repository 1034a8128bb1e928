"""Sequences of fractions whose members are a quotient of linear terms in the index, as `a (n + 1) = a n / (1 + a n)`.

The quotient is fitted to the first members; Lean proves it by induction, with the rule as an identity of fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import gcd, lcm

from prover.policy.tactics.evaluate import Value
from prover.policy.tactics.polynomials import Polynomial, text_of
from prover.policy.tactics.sequences.definite import Sequence, members, plus, sequences
from prover.policy.tactics.terms import Term, applications, names_of, premises, read, replaced, show, substitute
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

# Three members fix the quotient; so many more must agree with it.
_MEMBERS, _LEAST_MEMBERS = 20, 6
_MOST_ORDER = 2
_FARTHEST = 10_000
_INDEX = "k"


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target)
    if target is None:
        return
    for s in sequences(view):
        calls = [a for a in applications(target) if a.args[0].name == s.name and len(a.args) == 2]
        if s.kind != "Rat" or s.order > _MOST_ORDER or not calls:
            continue
        first = max(min(s.bases, default=s.start), s.start)
        form = _fitted(members(s, first, _MEMBERS))
        if form is not None and all(first + i in s.bases for i in range(s.order)):
            fresh = view.namer()
            key = fresh("hk")
            lemma = _lemma(view, fresh, key, s, first, form)
            end = _at_numbers(fresh, key, s, first, calls) or _at_variable(view, fresh, key, s, first, target)
            if lemma and end:
                yield seq(*lemma, *end), 0.9


def _fitted(values: list[Value]) -> Term | None:
    """The quotient of linear terms in `k`, with whole coefficients, of which the members are the values from 0 on."""
    if len(values) < _LEAST_MEMBERS or values[1] == values[2]:
        return None
    start, second, third = map(Fraction, values[:3])
    # (a * k + start) / (c * k + 1), from its values at 1 and 2
    c = (2 * second - third - start) / (2 * (third - second))
    a = second * (c + 1) - start
    if c <= 0 or any((a * k + start) / (c * k + 1) != value for k, value in enumerate(values)):
        return None
    numbers = (a, start, c, Fraction(1))
    scale = lcm(*(c.denominator for c in numbers))
    whole = [int(number * scale) for number in numbers]
    parts = [
        Polynomial({((_INDEX, 1),): number // gcd(*whole), (): shift // gcd(*whole)})
        for number, shift in zip(whole[::2], whole[1::2], strict=True)
    ]
    return read(" / ".join(f"({text_of(part)})" for part in parts))


def _lemma(view: View, fresh: Callable[[str], str], key: str, s: Sequence, first: int, form: Term) -> list[str] | None:
    """Steps to the form of the members `f (k + first)` for all `k`, of as many at once as the rule needs."""
    r, k, ih, step, rule, moved = map(fresh, ("r", "k", "ih", "hs", "hr", "hc"))

    def after(place: Term, i: int) -> Term:
        return Term("+", (place, Term("num", name=str(i)))) if i else place

    def at(place: Term, i: int) -> Term:
        return substitute(form, {_INDEX: after(place, i)})

    point, index = Term("var", name=r), Term("var", name=f"({k} : Rat)")
    places = [Term("app", (Term("var", name=s.name), plus(k, first + i))) for i in range(s.order + 1)]
    body = _body(s, [at(point, i) for i in range(s.order)], after(point, first))
    whole = _body(s, places[:-1], Term("var", name=f"(({show(plus(k, first))} : Nat) : Rat)"))
    if body is None or whole is None:
        return None
    claims = [f"{show(place)} = {show(at(index, i))}" for i, place in enumerate(places[:-1])]
    known = [f"{ih}{i}" for i in range(s.order)]
    bases = [f"({s.bases[first + i][0]}).trans (by decide +kernel)" for i in range(s.order)]
    guard = " (by omega)" if s.guarded else ""
    cast = "first | grind | simp [Rat.natCast_add]"
    inner = [
        f"obtain ⟨{', '.join(known)}⟩ := {ih}" if s.order > 1 else f"have {known[0]} := {ih}",
        f"have {rule} : {show(places[-1])} = {show(whole)} := {s.rule} ({show(plus(k, first + s.shift))}){guard}",
        f"have {moved} : (({k} + 1 : Nat) : Rat) = ({k} : Rat) + 1 := by {cast}",
        f"rw [{', '.join(known)}] at {rule}",
        f"rw [{moved}]",
        f"exact {_tuple([*known[1:], f'{rule}.trans ({step} _ Rat.natCast_nonneg)'])}",
    ]
    if "↑" in show(s.body):
        place = show(plus(k, first))
        inner[4:4] = [f"rw [show (({place} : Nat) : Rat) = {show(after(index, first))} by {cast}] at {rule}"]
    clear = [f"clear {' '.join(h.name for h in view.props)}"]
    claim = f"∀ {r} : Rat, 0 ≤ {r} → {show(body)} = {show(at(after(point, 1), s.order - 1))}"
    return [
        have(step, claim, [f"intro {r} h{r}", *clear, "grind"]),
        have(
            key,
            f"∀ {k} : Nat, {' ∧ '.join(claims)}",
            [
                f"intro {k}",
                f"induction {k} with",
                f"| zero => exact {_tuple(bases)}",
                f"| succ {k} {ih} =>\n  " + "\n  ".join(inner),
            ],
        ),
    ]


def _tuple(proofs: list[str]) -> str:
    return f"⟨{', '.join(proofs)}⟩" if len(proofs) > 1 else proofs[0]


def _body(s: Sequence, values: list[Term], index: Term) -> Term | None:
    """The body of the rule with other values of the function and of the index."""

    places = {Term("app", (Term("var", name=s.name), plus(s.variable, i))): value for i, value in enumerate(values)}
    body = replaced(s.body, {**places, Term("↑", (Term("var", name=s.variable),)): index})
    return None if s.variable in names_of(body) else body


def _at_numbers(fresh: Callable[[str], str], key: str, s: Sequence, first: int, calls: list[Term]) -> list[str]:
    """What the form says of members that have a number each; nothing where one has none."""
    if any(call.args[1].op != "num" or int(call.args[1].name) < first for call in calls):
        return []
    part = ".1" if s.order > 1 else ""
    lines, known = [], []
    for call in calls:
        place = int(call.args[1].name) - first
        values = members(s, first, place + 1) if place <= _FARTHEST else []
        if len(values) <= place:
            return []
        known.append(fresh("hx"))
        lines.append(
            f"have {known[-1]} : {show(call)} = {values[place]} := ({key} {place}){part}.trans (by decide +kernel)"
        )
    put_in = f"simp only [{', '.join(known)}]"
    return [*lines, f"first | ({put_in}; done) | ({put_in}; decide +kernel) | grind"]


def _at_variable(view: View, fresh: Callable[[str], str], key: str, s: Sequence, first: int, target: Term) -> list[str]:
    """What the form says of a member at a variable, for all or for the one of the context."""
    lines = []
    if target.op == "∀":
        n, hypotheses = target.name, premises(target.args[0])[0]
        lines.append(f"intro {n} {' '.join(fresh('hn') for _ in hypotheses)}".rstrip())
    else:
        found = names_of(target) & set(view.of_type(NAT))
        if len(found) != 1:
            return []
        (n,) = found
    k, hx = fresh("k"), fresh("hx")
    part = ".1" if s.order > 1 else ""
    if first:
        lines.append(f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {show(plus(k, first))} := ⟨{n} - {first}, by omega⟩")
    else:
        k = n
    lines += [f"have {hx} := ({key} {k}){part}", f"first | (rw [{hx}]; grind) | grind"]
    return lines


__all__ = ["propose"]
