"""Sequences that the hypotheses define: their first values and the rule, read from a goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from prover.policy.tactics.evaluate import Value, canonical, number
from prover.policy.tactics.polynomials import Polynomial, bits, difference, of_term, text_of
from prover.policy.tactics.terms import Term, applications, at_least, names_of, premises, read, replaced, show
from prover.policy.tactics.view import View

# No rule that anybody writes down looks further back.
_MOST_ORDER = 100
# A number that is longer is not worth computing.
_MOST_BITS = 2_000


@dataclass(frozen=True)
class Sequence:
    """A function on the natural numbers with a rule `f (n + order) = body`."""

    name: str
    kind: str
    """The type of its values."""
    rule: str
    """The hypothesis that says the rule."""
    variable: str
    order: int
    body: Term
    """In terms of `variable`, and of applications of the function to smaller arguments."""
    start: int
    """The least value of the variable for which the rule is known to hold."""
    shift: int
    """What the rule is applied to, less the index that `start` and `order` speak of: not 0 for `f n = … f (n - 1)`."""
    guarded: bool
    """Does the rule ask for a proof that its variable is large enough?"""
    bases: Mapping[int, tuple[str, Term]]
    """Known members: the hypothesis and the value."""


def sequences(view: View) -> list[Sequence]:
    """The sequences that the hypotheses define."""
    functions = {h.name: canonical(h.type) for h in view.vars if "→" in h.type}
    return defined(functions, [(h.name, term) for h in view.props if (term := read(h.type)) is not None])


def defined(functions: Mapping[str, str], statements: Iterable[tuple[str, Term]]) -> list[Sequence]:
    """The sequences that named statements define: functions whose types are told."""
    bases: dict[str, dict[int, tuple[str, Term]]] = {name: {} for name in functions}
    rules = []
    for name, term in statements:
        if term.op == "∀":
            rules.append((name, term))
        elif term.op == "=" and _is_member(term.args[0], functions):
            bases[term.args[0].args[0].name][int(term.args[0].args[1].name)] = (name, term.args[1])
    found = []
    for name, term in rules:
        read_rule = _rule(term, functions)
        if read_rule is not None:
            f, variable, order, body, start, shift, guarded = read_rule
            kind = functions[f].split(" → ")[1]
            found.append(Sequence(f, kind, name, variable, order, body, start, shift, guarded, bases[f]))
    return found


def members(s: Sequence, first: int, count: int) -> list[Value]:
    """The members from `first` on, as far as they are numbers that can be computed."""
    known: dict[int, Value] = {}
    for place, (_, term) in s.bases.items():
        value = number(term, {}, s.kind)
        if value is not None and (base := value({})) is not None:
            known[place] = base
    body = number(s.body, {s.variable: "Nat", s.name: f"Nat → {s.kind}"}, s.kind)
    if body is None:
        return []
    for n in range(first, first + count):
        if n + s.order not in known:
            value = body({s.variable: n, s.name: known.__getitem__})
            if value is None or bits(value) > _MOST_BITS:
                break
            known[n + s.order] = value
    found = []
    for n in range(first, first + count):
        if n not in known:
            break
        found.append(known[n])
    return found


def member_at(s: Sequence, n: str, shift: int) -> Term:
    """`f (n + shift)`."""
    return Term("app", (Term("var", name=s.name), plus(n, shift)))


def as_function(s: Sequence) -> str | None:
    """The sequence as a closed Lean term, by recursion; None where its rule is not of order 1 or 2 from 0 on."""
    if s.start or s.shift or s.guarded or s.order > 2 or not s.bases.keys() >= set(range(s.order)):
        return None
    used = {s.variable, *names_of(s.body)}
    p = next((name for name in ("p", "q", "r", "s", "t") if name not in used), f"{s.variable}1")
    parts = (p,) if s.order == 1 else (f"{p}.1", f"{p}.2")
    places = {member_at(s, s.variable, i): Term("var", name=part) for i, part in enumerate(parts)}
    body = replaced(s.body, places)
    if s.name in names_of(body):
        return None
    first, kind = [show(s.bases[i][1]) for i in range(s.order)], s.kind
    if s.order == 1:
        return f"(fun m => Nat.rec (motive := fun _ => {kind}) ({first[0]}) (fun {s.variable} {p} => {show(body)}) m)"
    start, step = f"({first[0]}, {first[1]})", f"(fun {s.variable} {p} => ({p}.2, {show(body)}))"
    return f"(fun m => (Nat.rec (motive := fun _ => {kind} × {kind}) {start} {step} m).1)"


def _is_member(term: Term, functions: Mapping[str, str]) -> bool:
    return term.op == "app" and len(term.args) == 2 and term.args[0].name in functions and term.args[1].op == "num"


def _rule(term: Term, functions: Mapping[str, str]) -> tuple[str, str, int, Term, int, int, bool] | None:
    """Function, variable, order, body and start of `∀ n, f (n + order) = body`, also with a lower bound of `n`."""
    n = term.name
    hypotheses, conclusion = premises(term.args[0])
    start = 0
    for h in hypotheses:
        low = at_least(h, n)
        if low is None:
            return None
        start = max(start, low)
    if conclusion.op == "=" and conclusion.args[0].op != "app":
        conclusion = _isolated(conclusion, n, functions) or conclusion
    if conclusion.op != "=" or conclusion.args[0].op != "app" or len(conclusion.args[0].args) != 2:
        return None
    f, at = conclusion.args[0].args
    if functions.get(f.name, "").split(" → ")[:-1] != ["Nat"]:
        return None
    order = _shift(at, n)
    body = conclusion.args[1]
    if order is None:
        return None
    back = [k for a in applications(body) if a.args[0].name == f.name and (k := _before(a.args[1], n))]
    shift = max(back, default=0)
    if shift:
        if order != 0 or start < shift:
            return None  # `n - 1` of 0 is 0
        body = _raised(body, n, shift)
        order, start = shift, start - shift
    used = [_shift(a.args[1], n) for a in applications(body) if a.args[0].name == f.name and len(a.args) == 2]
    if not 1 <= order <= _MOST_ORDER or not used or any(each is None or each >= order for each in used):
        return None
    return f.name, n, order, body, start, shift, bool(hypotheses)


def _isolated(equation: Term, n: str, functions: Mapping[str, str]) -> Term | None:
    """`f (n + 2) = …`, of an equation in which that member stands with others; None where it is not alone in a term."""
    zero = difference(equation, atoms=True)
    if zero is None:
        return None
    calls = [a for a in applications(equation) if a.args[0].name in functions and len(a.args) == 2]
    shifts = [(shift, call) for call in calls if (shift := _shift(call.args[1], n)) is not None]
    last = max(shifts, key=lambda each: each[0], default=None)
    if last is None:
        return None
    name = show(last[1], 1024)
    parts = zero.in_one(name)
    factor = parts[1].value if parts.keys() <= {0, 1} and 1 in parts else None
    body = read(text_of(parts.get(0, Polynomial()) * -factor)) if factor in (1, -1) and factor else None
    return Term("=", (last[1], body)) if body is not None else None


def _before(term: Term, n: str) -> int:
    """k of `n - k`, else 0."""
    if term.op == "-" and term.args[0] == Term("var", name=n) and term.args[1].op == "num":
        return int(term.args[1].name)
    return 0


def _raised(term: Term, n: str, shift: int) -> Term:
    """A term at `n + shift`, where `n - k` is `n + (shift - k)`."""
    if k := _before(term, n):
        return plus(n, shift - k)
    if term == Term("var", name=n):
        return plus(n, shift)
    return Term(term.op, tuple(_raised(arg, n, shift) for arg in term.args), term.name, term.kind)


def _shift(term: Term, n: str) -> int | None:
    """k of `n + k`."""
    p = of_term(term, minus=False)
    if p is None or p.names != [n] or p.degree != 1 or p.terms[((n, 1),)] != 1:
        return None
    return int(p.terms.get((), Fraction(0)))


def plus(name: str, number: int) -> Term:
    variable = Term("var", name=name)
    return Term("+", (variable, Term("num", name=str(number)))) if number else variable
