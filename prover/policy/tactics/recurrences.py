"""Sequences given by their first values and a rule: closed forms, single values, and what holds of all their members.

The rule is evaluated in Python to find out what is true of the sequence (a polynomial, a geometric part, a period);
Lean proves it by induction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product

from prover.policy.tactics.evaluate import Value, canonical, number
from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.terms import Term, applications, names_of, premises, read, show, substitute
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View, seq

_MOST_VALUES = 400
_MOST_PERIOD = 60
_LONGEST_PERIOD = 24
_HIGHEST_DEGREE = 5
_MOST_INSTANCES = 12


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


def propose(view: View) -> Iterator[Proposal]:
    functions = {h.name: canonical(h.type) for h in view.vars if "→" in h.type}
    if not functions:
        return
    found = [s for s in sequences(view) if s.kind in ("Nat", "Int", "Rat")]
    for sequence in found[:2]:
        yield from _universal(view, sequence)
        yield from _member(view, sequence)
    yield from _instances(view, functions)


def sequences(view: View) -> list[Sequence]:
    """The sequences that the hypotheses define."""
    functions = {h.name: canonical(h.type) for h in view.vars if "→" in h.type}
    bases: dict[str, dict[int, tuple[str, Term]]] = {name: {} for name in functions}
    rules = []
    for h in view.props:
        term = read(h.type)
        if term is None:
            continue
        if term.op == "∀":
            rules.append((h.name, term))
        elif term.op == "=" and _is_member(term.args[0], functions):
            bases[term.args[0].args[0].name][int(term.args[0].args[1].name)] = (h.name, term.args[1])
    found = []
    for name, term in rules:
        read_rule = _rule(term, functions)
        if read_rule is not None:
            f, variable, order, body, start, shift, guarded = read_rule
            kind = functions[f].split(" → ")[1]
            found.append(Sequence(f, kind, name, variable, order, body, start, shift, guarded, bases[f]))
    return found


def _is_member(term: Term, functions: Mapping[str, str]) -> bool:
    return term.op == "app" and len(term.args) == 2 and term.args[0].name in functions and term.args[1].op == "num"


def _rule(term: Term, functions: Mapping[str, str]) -> tuple[str, str, int, Term, int, int, bool] | None:
    """Function, variable, order, body and start of `∀ n, f (n + order) = body`, also with a lower bound of `n`."""
    n = term.name
    hypotheses, conclusion = premises(term.args[0])
    start = 0
    for h in hypotheses:
        low = _at_least(h, n)
        if low is None:
            return None
        start = max(start, low)
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
    if order < 1 or not used or any(each is None or each >= order for each in used):
        return None
    return f.name, n, order, body, start, shift, bool(hypotheses)


def _before(term: Term, n: str) -> int:
    """k of `n - k`, else 0."""
    if term.op == "-" and term.args[0] == Term("var", name=n) and term.args[1].op == "num":
        return int(term.args[1].name)
    return 0


def _raised(term: Term, n: str, shift: int) -> Term:
    """A term at `n + shift`, where `n - k` is `n + (shift - k)`."""
    if k := _before(term, n):
        return _plus(n, shift - k)
    if term == Term("var", name=n):
        return _plus(n, shift)
    return Term(term.op, tuple(_raised(arg, n, shift) for arg in term.args), term.name, term.kind)


def _at_least(term: Term, n: str) -> int | None:
    """The number c of `c ≤ n`, however it is written."""
    if term.op not in ("≤", "<", "≥", ">", "≠"):
        return None
    low, high = term.args if term.op in ("≤", "<") else term.args[::-1]
    if term.op == "≠":
        return 1 if term.args == (Term("var", name=n), Term("num", name="0")) else None
    if high == Term("var", name=n) and low.op == "num":
        return int(low.name) + (term.op in "<>")
    return None


def _shift(term: Term, n: str) -> int | None:
    """k of `n + k`."""
    p = of_term(term, minus=False)
    if p is None or p.names != [n] or p.degree != 1 or p.terms[((n, 1),)] != 1:
        return None
    return int(p.terms.get((), Fraction(0)))


def _universal(view: View, s: Sequence) -> Iterator[Proposal]:
    """`∀ n, p (f n)`, with as many members in the induction as the rule needs."""
    target = read(view.target)
    if target is None:
        return
    low = 0
    if target.op == "∀":
        n = target.name
        if canonical(target.kind or "Nat") != "Nat":
            return
        hypotheses, claim = premises(target.args[0])
        lows = [_at_least(h, n) for h in hypotheses]
        if any(each is None for each in lows) or len(lows) > 1:
            return
        low = max([0, *(each for each in lows if each is not None)])
        intro = f"intro {n}" + "".join(f" hn{i}" for i in range(len(lows)))
    else:
        claim, intro = target, ""
        free = [a.args[1] for a in applications(claim) if a.args[0].name == s.name and len(a.args) == 2]
        names = {name for term in free for name in _variables(term) if name in view.of_type(NAT)}
        if len(names) != 1:
            return
        n = names.pop()
        bounds = [_at_least(term, n) for h in view.props if (term := read(h.type)) is not None]
        low = max([0, *(bound for bound in bounds if bound is not None)])
    if not any(a.args[0].name == s.name for a in applications(claim)):
        return
    first = max(low, s.start)
    k, ih, key, hr, hx = (view.fresh(name) for name in ("k", "ih", "hk", "hr", "hx"))
    members = [show(substitute(claim, {n: _plus(k, first + i)})) for i in range(s.order)]
    statement = " ∧ ".join(f"({member})" for member in members)
    guard = " (by omega)" if s.guarded else ""
    rewriting = f"simp only [{s.rule}, Nat.pow_succ, Int.pow_succ] at *"
    conclude = [intro] if intro else []
    if first:
        conclude.append(f"have {hx} := {key} ({n} - {first})")
        conclude += [f"simp only [show {n} - {first} + {first} = {n} from by omega] at {hx}", "grind"]
    else:
        conclude.append(f"exact ({key} {n}){'.1' if s.order > 1 else ''}")
    for finish, weight in (
        (f"have {hr} := {s.rule} ({show(_plus(k, first + s.shift))}){guard}\n    grind", 0.9),
        (f"{rewriting}; grind", 0.6),
    ):
        induct = (
            f"have {key} : ∀ {k} : Nat, {statement} := by\n  intro {k}\n  induction {k} with\n"
            f"  | zero => first | (simp_all; done) | grind\n  | succ {k} {ih} =>\n    {finish}"
        )
        yield seq(induct, *conclude), weight


def _plus(name: str, number: int) -> Term:
    variable = Term("var", name=name)
    return Term("+", (variable, Term("num", name=str(number)))) if number else variable


def _variables(term: Term) -> set[str]:
    return {term.name} if term.op == "var" else {name for arg in term.args for name in _variables(arg)}


def _member(view: View, s: Sequence) -> Iterator[Proposal]:
    """One far member: by a closed form or a period that its first members show."""
    target = read(view.target)
    if target is None or target.op not in ("=", "≠", "≤", "<", "≥", ">", "∣"):
        return
    far = [
        int(a.args[1].name)
        for a in applications(target)
        if a.args[0].name == s.name and len(a.args) == 2 and a.args[1].op == "num" and len(a.args[1].name) < 12
    ]
    if not far or max(far) < 20:
        return
    first = max(min(s.bases, default=s.start), s.start)
    values = _values(s, first, 60)
    if len(values) < 8:
        return
    k, key, ih = view.fresh("k"), view.fresh("hk"), view.fresh("ih")
    guard = " (by omega)" if s.guarded else ""
    for period, begin in _periods(values):
        if period <= _LONGEST_PERIOD:
            yield _periodic(s, values, first + begin, begin, period, far[0], (k, key, ih), guard), 0.91
    form = _closed_form(values)
    if form is not None:
        denominator, text = form
        text = text.replace("k", k)
        left = f"{s.name} ({k} + {first})" if first else f"{s.name} {k}"
        claim = f"{denominator} * {left} = {text}" if denominator != 1 else f"{left} = {text}"
        cast = "" if s.kind == "Nat" else f"({k} : {s.kind})"
        if cast:
            claim = claim.replace(text, text.replace(k, cast))
        hints = "; ".join(f"have hx{i} := {key} {n - first}" for i, n in enumerate(far[:3]))
        steps = [
            f"have {key} : ∀ {k} : Nat, {claim} := by\n  intro {k}\n  induction {k} with\n  | zero => simp_all\n"
            f"  | succ {k} {ih} =>\n    have hr := {s.rule} ({k} + {first + s.shift}){guard}\n    grind",
            hints,
            "first | (simp_all; done) | grind | omega",
        ]
        yield seq(*steps), 0.6


def _periodic(
    s: Sequence,
    values: list[Value],
    at: int,
    begin: int,
    period: int,
    far: int,
    names: tuple[str, str, str],
    guard: str,
) -> str:
    """`∀ k, f (period * k + at) = v`, for as many neighbours as the rule needs, by one period; then the far member."""
    k, key, ih = names

    def member(place: int) -> str:
        return f"{s.name} ({period} * {k}{f' + {place}' if place else ''}) = {_literal(values[place - at + begin])}"

    claim = " ∧ ".join(member(at + i) for i in range(s.order))
    known = [f"{ih}{i}" for i in range(s.order)]
    bases = ", ".join([*(name for name, _ in s.bases.values()), s.rule])
    lines = [f"obtain ⟨{', '.join(known)}⟩ := {ih}" if s.order > 1 else f"have {known[0]} := {ih}"]
    for i in range(s.order, s.order + period):
        before = at + i - s.order + s.shift
        argument = f"({period} * {k}{f' + {before}' if before else ''}){guard}"
        lines.append(f"have {ih}{i} : {member(at + i)} := ({s.rule} {argument}).trans (by {_simple(s, known)})")
        known.append(f"{ih}{i}")
    result = known[-s.order :]
    lines.append(f"exact ⟨{', '.join(result)}⟩" if s.order > 1 else f"exact {result[0]}")
    step = "".join(f"\n    {line}" for line in lines)
    place, rest = divmod(far - at, period)
    induct = (
        f"have {key} : ∀ {k} : Nat, {claim} := by\n  intro {k}\n  induction {k} with\n"
        f"  | zero => simp [{bases}]\n  | succ {k} {ih} =>{step}"
    )
    first = place * period + at
    start = f"{key} {place}"
    last: list[str] = []
    shown: list[str] = []
    for i in range(max(s.order, rest + 1)):
        value = f"{s.name} {first + i} = {_literal(values[begin + i])}"
        if i < s.order:
            proof = start if s.order == 1 else f"({start})" + ".2" * i + (".1" if i < s.order - 1 else "")
        else:
            proof = f"({s.rule} {first + i - s.order + s.shift}{guard}).trans (by {_simple(s, shown)})"
        shown.append(f"hx{i}")
        last.append(f"have hx{i} : {value} := {proof}")
    lemmas = ", ".join(shown)
    return seq(induct, *last, f"first | (simp [{lemmas}]; done) | (simp only [{lemmas}]; decide +kernel)")


def _simple(s: Sequence, known: list[str]) -> str:
    """Computes a member from others; `simp` does not compute with fractions."""
    lemmas = ", ".join(known[-s.order :])
    return f"first | (simp [{lemmas}]; grind) | (simp [{lemmas}]; done)" if s.kind == "Rat" else f"simp [{lemmas}]"


def _literal(value: Value) -> str:
    return f"({value})" if value < 0 or isinstance(value, Fraction) else str(value)


def _values(s: Sequence, first: int, count: int) -> list[Value]:
    """The members from `first` on, as far as they are numbers that can be computed."""
    members: dict[int, Value] = {}
    for place, (_, term) in s.bases.items():
        value = number(term, {}, s.kind)
        if value is not None and (known := value({})) is not None:
            members[place] = known
    body = number(s.body, {s.variable: "Nat", s.name: f"Nat → {s.kind}"}, s.kind)
    if body is None:
        return []
    for n in range(first, first + count):
        if n + s.order not in members:
            value = body({s.variable: n, s.name: members.__getitem__})
            if value is None or (isinstance(value, int) and value.bit_length() > 2000):
                break
            members[n + s.order] = value
    found = []
    for n in range(first, first + count):
        if n not in members:
            break
        found.append(members[n])
    return found


def _periods(values: list[Value]) -> Iterator[tuple[int, int]]:
    """The least period of the members from some place on, with that place."""
    for begin in range(0, 8):
        for period in range(1, min(_MOST_PERIOD, len(values) // 3)):
            rest = values[begin:]
            if all(rest[i] == rest[i + period] for i in range(len(rest) - period)):
                yield period, begin
                return


def _closed_form(values: list[Value]) -> tuple[int, str] | None:
    """A common denominator and a polynomial in `k` (times it) that the members are; None where they are none."""
    differences: list[list[Fraction]] = [[Fraction(v) for v in values[:20]]]
    while len(differences) <= _HIGHEST_DEGREE and any(differences[-1]):
        last = differences[-1]
        differences.append([b - a for a, b in pairwise(last)])
    if any(differences[-1]):
        return None
    # Newton's form, expanded: sum of d_i * k (k-1) ... (k-i+1) / i!
    total = [Fraction(0)]
    basis = [Fraction(1)]
    for i, row in enumerate(differences):
        size = max(len(total), len(basis))
        total = [
            (total[j] if j < len(total) else 0) + row[0] * (basis[j] if j < len(basis) else 0) for j in range(size)
        ]
        shifted = [Fraction(0), *basis]
        basis = [(shifted[j] - i * (basis[j] if j < len(basis) else 0)) / (i + 1) for j in range(len(shifted))]
    denominator = 1
    for c in total:
        denominator = denominator * c.denominator // _gcd(denominator, c.denominator)
    whole = [int(c * denominator) for c in total]
    while len(whole) > 1 and whole[-1] == 0:
        whole.pop()
    if any(c < 0 for c in whole) and isinstance(values[0], int) and min(values) >= 0:
        return None
    parts = [f"{c} * k ^ {i}" if i > 1 else f"{c} * k" if i else str(c) for i, c in enumerate(whole) if c]
    return denominator, " + ".join(parts) or "0"


def _gcd(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def _instances(view: View, functions: Mapping[str, str]) -> Iterator[Proposal]:
    """Instances of functional equations at numbers that lead from known members to those of the goal."""
    rules: list[tuple[str, tuple[str, ...], Term]] = []
    known: dict[Point, Value] = {}
    target = read(view.target)
    if target is None or target.op in ("∀", "∃", "→"):
        return
    for h in view.props:
        term = read(h.type)
        if term is None:
            continue
        if term.op == "∀" and (body := _stripped(term))[1].op == "=":
            rules.append((h.name, *body))
        elif term.op == "=":
            place = _point(term.args[0], functions, {}) if term.args[0].op == "app" else None
            kind = functions.get(term.args[0].args[0].name, "").split(" → ")[-1] if place else ""
            value = number(term.args[1], {}, kind) if place else None
            if place is not None and value is not None and (result := value({})) is not None:
                known[place] = result
    wanted = {p for a in applications(target) if (p := _point(a, functions, {})) is not None}
    yield from _at_terms(view, rules, target, functions)
    if not wanted or not rules or wanted <= known.keys():
        return
    found = _chain(tuple(rules), tuple(known.items()), frozenset(wanted), tuple(sorted(functions.items())))
    if not found:
        return
    steps = [f"have {view.fresh(f'e{i}')} := {name} {' '.join(args)}" for i, (name, args) in enumerate(found)]
    names = " ".join(view.fresh(f"e{i}") for i in range(len(found)))
    yield seq(*steps, "grind"), 0.9
    yield seq(*steps, f"simp at {names}", "simp_all"), 0.4
    yield seq(*steps, f"simp at {names}", "first | omega | grind"), 0.5


def _at_terms(
    view: View, rules: list[tuple[str, tuple[str, ...], Term]], target: Term, functions: Mapping[str, str]
) -> Iterator[Proposal]:
    """Instances of equations in one or two variables at 0, 1 and the variables of the goal."""
    numeric = view.of_type(NAT | INT | RAT)
    terms = [n for n in numeric if n in names_of(target)][:2]
    if not terms or not any(a.args[0].name in functions for a in applications(target)):
        return
    steps: list[str] = []
    for name, variables, _ in rules[:2]:
        places: list[tuple[str, ...]] = [(t,) for t in ("0", "1", *terms)] if len(variables) == 1 else []
        if len(variables) == 2:
            places = [(a, b) for a in ("0", *terms) for b in ("0", *terms)]
        steps += [f"have {view.fresh(f'e{len(steps) + i}')} := {name} {' '.join(at)}" for i, at in enumerate(places)]
    if steps:
        names = " ".join(view.fresh(f"e{i}") for i in range(len(steps)))
        yield seq(*steps, f"simp at {names} ⊢", "grind"), 0.45
        yield seq(*steps, f"try simp at {names}", "omega"), 0.6


def _stripped(term: Term) -> tuple[tuple[str, ...], Term]:
    names = []
    while term.op == "∀":
        names.append(term.name)
        term = term.args[0]
    return tuple(names), term


Point = tuple[str, tuple[int, ...]]


def _point(term: Term, functions: Mapping[str, str], values: Mapping[str, int]) -> Point | None:
    """The application as a function and numbers, where its arguments are numbers."""
    if term.args[0].name not in functions:
        return None
    arguments = []
    for arg in term.args[1:]:
        p = of_term(arg, minus=True)
        if p is None or not set(p.names) <= values.keys():
            return None
        value = p.at(values)
        if value.denominator != 1 or abs(value) > 10_000:
            return None
        arguments.append(int(value))
    return term.args[0].name, tuple(arguments)


@lru_cache(maxsize=64)
def _chain(
    rules: tuple[tuple[str, tuple[str, ...], Term], ...],
    known: tuple[tuple[Point, Value], ...],
    wanted: frozenset[Point],
    functions: tuple[tuple[str, str], ...],
) -> list[tuple[str, list[str]]]:
    """Instances each of which fixes one new value, in order, until the wanted ones are known; pruned from the end."""
    kinds = dict(functions)
    values = dict(known)
    natural = not any("Int" in kind or "Rat" in kind for kind in kinds.values())
    places = {n for _, args in (*wanted, *values) for n in args if abs(n) < 100}
    numbers = sorted({*range(0 if natural else -3, 6), *places}, key=lambda n: (abs(n), n < 0))
    candidates: list[tuple[int, str, tuple[int, ...], set[Point], _Equation]] = []
    for name, variables, body in rules:
        equation = _equation(variables, body, kinds)
        if equation is None or not 1 <= len(variables) <= 2:
            continue
        calls = [call for call in applications(body) if call.args[0].name in kinds]
        wide = range(0 if natural else -12, 60)
        for at in product(wide) if len(variables) == 1 else product(numbers, repeat=2):
            bound = dict(zip(variables, at, strict=True))
            touched = [_point(call, kinds, bound) for call in calls]
            points = {point for point in touched if point is not None}
            if points and len(touched) == len([p for p in touched if p is not None]):
                candidates.append((sum(map(abs, at)), name, at, points, equation))
    candidates.sort(key=lambda each: each[0])
    steps: list[tuple[str, tuple[int, ...], Point, set[Point]]] = []
    fresh = True
    while fresh and not wanted <= values.keys() and len(steps) < 4 * _MOST_INSTANCES:
        fresh = False
        for _, name, at, points, equation in candidates:
            unknown = points - values.keys()
            if len(unknown) != 1:
                continue
            (point,) = unknown
            value = equation(at, values, point)
            if value is not None:
                values[point] = value
                steps.append((name, at, point, points))
                fresh = True
                break
    if not wanted <= values.keys():
        return []
    need, kept = set(wanted), []
    for name, at, tells, uses in reversed(steps):
        if tells in need:
            need |= uses
            kept.append((name, [str(v) if v >= 0 else f"({v})" for v in at]))
    return kept[::-1] if len(kept) <= _MOST_INSTANCES else []


_Equation = Callable[[tuple[int, ...], Mapping[Point, Value], Point], Value | None]


def _equation(variables: tuple[str, ...], body: Term, functions: Mapping[str, str]) -> _Equation | None:
    """The value at a point that an instance of `left = right` fixes, where it is linear in it."""
    called = [a.args[0].name for a in applications(body) if a.args[0].name in functions]
    if not called:
        return None
    parts = functions[called[0]].split(" → ")
    kinds = {**functions, **dict.fromkeys(variables, parts[0])}
    sides = [number(side, kinds, parts[-1]) for side in body.args]
    if any(side is None for side in sides):
        return None

    def solve(at: tuple[int, ...], values: Mapping[Point, Value], point: Point) -> Value | None:
        def difference(guess: int) -> Value:
            def member(name: str) -> Callable[..., Value]:
                def call(*arguments: Value) -> Value:
                    place = (name, tuple(int(each) for each in arguments))
                    return guess if place == point else values[place]

                return call

            known = {**dict(zip(variables, at, strict=True)), **{name: member(name) for name in functions}}
            found: list[Value] = [side(known) for side in sides if side is not None]
            return None if None in found else found[0] - found[1]

        d0, d1, d2 = (difference(guess) for guess in (0, 1, 2))
        if d0 is None or d1 is None or d2 is None or d1 == d0 or d2 - d1 != d1 - d0:
            return None
        value = Fraction(-d0, d1 - d0)
        if value.denominator != 1 and parts[-1] != "Rat":
            return None
        return value if parts[-1] == "Rat" else int(value)

    return solve


__all__ = ["propose", "sequences"]
