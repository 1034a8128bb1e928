"""Remainders of linear recurrences: they come round, so a member is told by where its index stands in the period."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import lcm

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import Monomial, of_term
from prover.policy.tactics.sequences.definite import Sequence, member_at, members, sequences
from prover.policy.tactics.terms import Term, applications, names_of, read, replaced
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_MOST_MODULUS = 200
_LONGEST_PERIOD = 60
# Places in a period that a variable index is looked at in.
_MOST_CASES = 24
_HIGHEST_ORDER = 3


@dataclass(frozen=True, slots=True)
class _Period:
    """The remainders of a sequence that repeat, and the rule: coefficients of so many neighbours and a number."""

    sequence: Sequence
    rule: tuple[int, ...]
    modulus: int
    values: tuple[int, ...]

    @property
    def order(self) -> int:
        return self.sequence.order

    @property
    def length(self) -> int:
        return len(self.values)

    def member(self, place: str, more: int) -> str:
        """A member as Lean text, so many places behind one."""
        return f"{self.sequence.name} ({place} + {more})" if more else f"{self.sequence.name} ({place})"

    def residue(self, place: str, more: int) -> str:
        """What is said of a member: its remainder."""
        return f"{self.member(place, more)} % {self.modulus} = {self.values[more % self.length]}"

    def combined(self, n: str, first: int) -> str:
        """The remainder of what the rule makes of the members from one on."""
        parts = [f"({c}) * ({self.member(n, first + i)} % {self.modulus})" for i, c in enumerate(self.rule[:-1]) if c]
        return f"({' + '.join([*parts, f'({self.rule[-1]})'])}) % {self.modulus}"


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if "%" in view.target or "∣" in view.target else None
    if target is None:
        return
    for s in sequences(view)[:2]:
        index, rule, modulus = _index(view, s), _linear(s), lcm(*_moduli(target, s.name))
        if s.kind not in ("Nat", "Int") or index is None or rule is None or not 1 < modulus <= _MOST_MODULUS:
            continue
        values = [int(value) % modulus for value in members(s, 0, _LONGEST_PERIOD + s.order)]
        ends = [p for p in range(1, len(values) - s.order) if values[p : p + s.order] == values[: s.order]]
        if ends and (index.op == "num" or ends[0] <= _MOST_CASES):
            yield _by_period(view, _Period(s, tuple(rule), modulus, tuple(values[: ends[0]])), index), 0.9


def _by_period(view: View, p: _Period, index: Term) -> str:
    """The claim from the remainders of one period, which the others repeat."""
    fresh = view.namer([index.name])
    turn, key, k, h = (fresh(wish) for wish in ("hturn", "hkey", "k", "h"))
    steps = [_once_around(fresh, p, turn), _from_the_start(fresh, p, turn, key)]

    def told(r: int, at: str) -> str:
        known = " ".join(_part(f"({key} {at})", i, p.order) for i in range(p.order))
        return _part(f"({turn} ({p.length} * {at}) {known})", r, p.length + p.order)

    alone = f"clear {turn} {key}"
    if index.op == "num":
        turns, r = divmod(int(index.name), p.length)
        member = f"{p.member(index.name, 0)} % {p.modulus}"
        known = f"have {h} : {member} = {p.values[r]} := {told(r, str(turns))}"
        return seq(*steps, known, alone, "first | omega | (simp_all; done)")
    x = index.name
    cases = " ∨ ".join(f"{x} = {p.length} * {k}{f' + {r}' if r else ''}" for r in range(p.length))
    return seq(
        *steps,
        *([] if x in view.of_type(NAT) else [f"intro {x}"]),
        f"obtain ⟨{k}, {' | '.join(['rfl'] * p.length)}⟩ : ∃ {k}, {cases} := ⟨{x} / {p.length}, by omega⟩",
        *(f"· have {h} := {told(r, k)}; {alone}; first | omega | (intros; omega) | grind" for r in range(p.length)),
    )


def _once_around(fresh: Callable[[str], str], p: _Period, turn: str) -> str:
    """Where members have the first remainders, those that follow have the others, and then the first again."""
    rule, n, e = fresh("hrule"), fresh("n"), fresh("e")
    names = [fresh("r") for _ in range(p.length + p.order)]
    stated = f"∀ {n} : Nat, {p.member(n, p.order)} % {p.modulus} = {p.combined(n, 0)}"
    lines = [have(rule, stated, [f"intro {n}", f"have {e} := {p.sequence.rule} {n}", "omega"])]
    lines.append(f"intro {n} {' '.join(names[: p.order])}")
    for r in range(p.order, p.length + p.order):
        used = [names[r - p.order + i] for i, c in enumerate(p.rule[:-1]) if c]
        before = f"{p.member(n, r)} % {p.modulus} = {p.combined(n, r - p.order)}"
        lines.append(f"have {e} : {before} := {rule} ({n} + {r - p.order})")
        lines += [f"rw [{', '.join(used)}] at {e}"] if used else []
        lines.append(f"have {names[r]} : {p.residue(n, r)} := {e}.trans (by decide)")
    given = " → ".join(p.residue(n, r) for r in range(p.order))
    all_of_them = " ∧ ".join(p.residue(n, r) for r in range(p.length + p.order))
    return have(turn, f"∀ {n} : Nat, {given} → {all_of_them}", [*lines, f"exact ⟨{', '.join(names)}⟩"])


def _from_the_start(fresh: Callable[[str], str], p: _Period, turn: str, key: str) -> str:
    """Every period begins with the same remainders, by induction."""
    k, ih, h, x = (fresh(wish) for wish in ("k", "ih", "h", "x"))
    known = " ".join(_part(ih, i, p.order) for i in range(p.order))
    equal = f"congrArg (fun {x} => {p.sequence.name} {x} % {p.modulus}) (by omega)"
    again = [f"({equal}).trans {_part(h, p.length + i, p.length + p.order)}" for i in range(p.order)]
    bases = ", ".join(p.sequence.bases[i][0] for i in range(p.order))
    return have(
        key,
        f"∀ {k} : Nat, {' ∧ '.join(p.residue(f'{p.length} * {k}', r) for r in range(p.order))}",
        [
            f"intro {k}",
            f"induction {k} with",
            f"| zero => simp [{bases}]",
            f"| succ {k} {ih} =>\n  have {h} := {turn} ({p.length} * {k}) {known}\n  exact "
            + (f"⟨{', '.join(again)}⟩" if p.order > 1 else again[0]),
        ],
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


def _index(view: View, s: Sequence) -> Term | None:
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


def _linear(s: Sequence) -> list[int] | None:
    """The coefficients of `f n`, `f (n + 1)`, … in the rule, and the number in it; None where it is not linear."""
    if s.start or s.shift or s.guarded or s.order > _HIGHEST_ORDER or not s.bases.keys() >= set(range(s.order)):
        return None
    unknowns = {member_at(s, s.variable, i): Term("var", name=f"w{i}") for i in range(s.order)}
    p = of_term(replaced(s.body, unknowns), minus=s.kind == "Int")
    places: dict[Monomial, int] = {(): s.order} | {((f"w{i}", 1),): i for i in range(s.order)}
    if p is None or not p.terms.keys() <= places.keys() or not p.integral:
        return None
    found = [0] * (s.order + 1)
    for monomial, c in p.terms.items():
        found[places[monomial]] = int(c)
    return found


__all__ = ["propose"]
