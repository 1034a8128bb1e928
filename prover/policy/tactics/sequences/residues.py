"""Remainders of linear recurrences: they come round, so a member is told by where its index stands in the period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import lcm

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import Monomial, of_term
from prover.policy.tactics.sequences import definite
from prover.policy.tactics.sequences.definite import members, plus, sequences
from prover.policy.tactics.terms import Term, applications, names_of, read, replaced
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_MOST_MODULUS = 200
_LONGEST_PERIOD = 60
_HIGHEST_ORDER = 3


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if "%" in view.target or "∣" in view.target else None
    for s in sequences(view)[:2] if target is not None else ():
        index, rule, modulus = _index(view, s), _linear(s), lcm(*_moduli(target, s.name)) if target is not None else 1
        if s.kind not in ("Nat", "Int") or index is None or rule is None or not 1 < modulus <= _MOST_MODULUS:
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
    rest, turn, key, n, k, ih, h, e = (fresh(wish) for wish in ("hrest", "hturn", "hkey", "n", "k", "ih", "h", "e"))
    f, period, order = s.name, len(values), s.order
    names = [fresh("r") for _ in range(period + order)]

    def member(place: str, more: int) -> str:
        return f"{f} ({place} + {more})" if more else f"{f} ({place})"

    def residue(place: str, r: int) -> str:
        return f"{member(place, r)} % {modulus} = {values[r % period]}"

    def combined(first: int) -> str:
        parts = [f"({c}) * ({member(n, first + i)} % {modulus})" for i, c in enumerate(rule[:order]) if c]
        return f"({' + '.join([*parts, f'({rule[order]})'])}) % {modulus}"

    starts = " ∧ ".join(residue(f"{period} * {k}", r) for r in range(order))
    chain = [f"intro {n} {' '.join(names[:order])}"]
    for r in range(order, period + order):
        used = ", ".join(names[r - order + i] for i, c in enumerate(rule[:order]) if c)
        chain += [
            f"have {e} : {member(n, r)} % {modulus} = {combined(r - order)} := {rest} ({n} + {r - order})",
            f"rw [{used}] at {e}",
            f"have {names[r]} : {residue(n, r)} := {e}.trans (by decide)",
        ]
    given = " → ".join(residue(n, r) for r in range(order))
    all_of_them = " ∧ ".join(residue(n, r) for r in range(period + order))
    again = [
        f"(congrArg (fun x => {f} x % {modulus}) (by omega)).trans {_part('hk', period + i, period + order)}"
        for i in range(order)
    ]
    bases = ", ".join(s.bases[i][0] for i in range(order))

    def turned(at: str, known: str) -> str:
        return f"{turn} ({period} * {at}) {' '.join(_part(known, i, order) for i in range(order))}"

    steps = [
        have(
            rest,
            f"∀ {n} : Nat, {member(n, order)} % {modulus} = {combined(0)}",
            [f"intro {n}", f"rw [{s.rule} {n}]", "omega"],
        ),
        have(turn, f"∀ {n} : Nat, {given} → {all_of_them}", [*chain, f"exact ⟨{', '.join(names)}⟩"]),
        have(
            key,
            f"∀ {k} : Nat, {starts}",
            [
                f"intro {k}",
                f"induction {k} with",
                f"| zero => simp [{bases}]",
                f"| succ {k} {ih} =>\n  have hk := {turned(k, ih)}\n  exact "
                + (f"⟨{', '.join(again)}⟩" if order > 1 else again[0]),
            ],
        ),
    ]

    def told(r: int, at: str) -> str:
        return _part(f"({turned(at, f'({key} {at})')})", r, period + order)

    if index.op == "num":
        turns, r = divmod(int(index.name), period)
        known = f"have {h} : {f} {index.name} % {modulus} = {values[r]} := {told(r, str(turns))}"
        return seq(*steps, known, f"clear {rest} {turn} {key}", "first | omega | (simp_all; done)")
    x = index.name
    cases = " ∨ ".join(f"{x} = {period} * {k}{f' + {r}' if r else ''}" for r in range(period))
    alone = f"clear {rest} {turn} {key}; first | omega | (intros; omega) | grind"
    return seq(
        *steps,
        *([] if x in view.of_type(NAT) else [f"intro {x}"]),
        f"obtain ⟨{k}, {' | '.join(['rfl'] * period)}⟩ : ∃ {k}, {cases} := ⟨{x} / {period}, by omega⟩",
        *(f"· have {h} := {told(r, k)}; {alone}" for r in range(period)),
    )


def _part(conjunction: str, i: int, count: int) -> str:
    """The proof of one of so many statements from that of all."""
    return f"{conjunction}{'.2' * i}{'.1' if i < count - 1 else ''}"


def _moduli(term: Term, f: str) -> Iterator[int]:
    """The numbers modulo which something is said of the sequence."""
    if term.op in ("%", "∣"):
        number, other = term.args[::-1] if term.op == "%" else term.args
        if number.op == "num" and number.name != "0" and f in names_of(other):
            yield int(number.name)
    for arg in term.args:
        yield from _moduli(arg, f)


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


__all__ = ["propose"]
