"""Functional equations: the instances that lead from known values to the wanted ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import product

from prover.policy.tactics.evaluate import Value, canonical, number
from prover.policy.tactics.polynomials import Polynomial, of_term
from prover.policy.tactics.terms import Term, applications, names_of, read, show, substitute
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View, have, seq

_MOST_INSTANCES = 12
_MOST_BITS = 200
_MOST_NUMBERS = 25
_MOST_NEIGHBOURS = 40
_CAUCHY = re.compile(
    r"∀ \((?P<x>[\w']+) (?P<y>[\w']+) : (?P<kind>Int|ℤ|Rat|ℚ)\), "
    r"(?P<f>[\w']+) \((?P=x) \+ (?P=y)\) = (?P=f) (?P=x) \+ (?P=f) (?P=y)"
)
Place = int | Fraction
"""A number that a function is applied to; whole ones as integers."""
Point = tuple[str, tuple[Place, ...]]
"""A function and the numbers that it is applied to."""
_Equation = Callable[[tuple[Place, ...], Mapping[Point, Value], Point], Value | None]


def propose(view: View) -> Iterator[Proposal]:
    functions = {h.name: canonical(h.type) for h in view.vars if "→" in h.type}
    if functions:
        yield from _instances(view, functions)
        yield from _additive(view, functions)
        yield from _stepping(view, functions)


def _additive(view: View, functions: Mapping[str, str]) -> Iterator[Proposal]:
    """Cauchy's equation on the integers: `f (x + y) = f x + f y` makes `f n = n * f 1`."""
    for h in view.props:
        match = _CAUCHY.fullmatch(h.type)
        kind = canonical(match["kind"]) if match is not None else ""
        if match is None or functions.get(match["f"]) != f"{kind} → {kind}":
            continue
        f, law = match["f"], h.name
        if kind == "Rat":
            yield seq(*_additive_on_fractions(view, f, law), "first | assumption | grind | skip"), 0.6
            continue
        k, n, linear = view.fresh("k"), view.fresh("n"), view.fresh("hf")
        natural = (
            f"have ha1 : ∀ {k} : Nat, {f} ({k} : Int) = ({k} : Int) * {f} 1 := by\n  intro {k}\n  induction {k} with\n"
            f"  | zero => simpa using ha0\n  | succ {k} ih =>\n    have ha2 := {law} ({k} : Int) 1\n    grind"
        )
        whole = (
            f"have {linear} : ∀ {n} : Int, {f} {n} = {n} * {f} 1 := by\n  intro {n}\n"
            f"  rcases Int.eq_nat_or_neg {n} with ⟨{k}, rfl | rfl⟩\n  · exact ha1 {k}\n"
            f"  · have ha2 := {law} (-({k} : Int)) {k}\n    have ha3 := ha1 {k}\n"
            f"    rw [show -({k} : Int) + {k} = 0 by omega, ha0] at ha2\n    grind"
        )
        zero = f"have ha0 : {f} 0 = 0 := by\n  have ha2 := {law} 0 0\n  simp at ha2\n  omega"
        yield seq(zero, natural, whole, f"first | exact {linear} | grind | skip"), 0.5


def _additive_on_fractions(view: View, f: str, law: str) -> list[str]:
    """Cauchy's equation on the fractions: `f (k * x) = k * f x` for whole k, and the denominator times a fraction is
    whole."""
    fresh = view.namer()
    zero, times, opposite, whole, linear, ih = (fresh(name) for name in ("ha0", "ht", "hm", "hw", "hf", "ih"))
    h1, h2, h3, h4, h5, h6 = (fresh("h") for _ in range(6))
    k, x, z, q = (fresh(name) for name in ("k", "x", "z", "q"))
    return [
        have(zero, f"{f} 0 = 0", [f"have {h1} := {law} 0 0", f"rw [Rat.add_zero] at {h1}", f"clear {law}", "grind"]),
        have(
            times,
            f"∀ ({k} : Nat) ({x} : Rat), {f} (({k} : Rat) * {x}) = ({k} : Rat) * {f} {x}",
            [
                f"intro {k} {x}",
                f"induction {k} with",
                f"| zero => simp [{zero}, Rat.zero_mul]",
                f"| succ {k} {ih} =>",
                f"  have {h1} := {law} (({k} : Rat) * {x}) {x}",
                f"  have {h2} : (({k} + 1 : Nat) : Rat) = ({k} : Rat) + 1 := by push_cast; rfl",
                f"  rw [{h2}, show (({k} : Rat) + 1) * {x} = ({k} : Rat) * {x} + {x} by grind, {h1}, {ih}]",
                f"  clear {law}",
                "  grind",
            ],
        ),
        have(
            opposite,
            f"∀ {x}, {f} (-{x}) = -{f} {x}",
            [
                f"intro {x}",
                f"have {h1} := {law} (-{x}) {x}",
                f"rw [show -{x} + {x} = 0 by grind, {zero}] at {h1}",
                f"clear {law}",
                "grind",
            ],
        ),
        have(
            whole,
            f"∀ {z} : Int, {f} ({z} : Rat) = ({z} : Rat) * {f} 1",
            [
                f"intro {z}",
                f"rcases Int.eq_nat_or_neg {z} with ⟨{k}, rfl | rfl⟩",
                f"· have {h1} := {times} {k} 1",
                f"  rw [Rat.mul_one] at {h1}",
                f"  exact_mod_cast {h1}",
                f"· have {h1} := {times} {k} 1",
                f"  rw [Rat.mul_one] at {h1}",
                f"  have {h2} : ((-({k} : Int) : Int) : Rat) = -({k} : Rat) := by push_cast; rfl",
                f"  rw [{h2}, {opposite}, {h1}]",
                f"  clear {law} {times} {opposite}",
                "  grind",
            ],
        ),
        have(
            linear,
            f"∀ {q}, {f} {q} = {q} * {f} 1",
            [
                f"intro {q}",
                f"have {h1} := Rat.num_divInt_den {q}",
                f"rw [Rat.divInt_eq_div] at {h1}",
                f"have {h2} : (({q}.den : Int) : Rat) ≠ 0 := by exact_mod_cast {q}.den_nz",
                f"have {h3} := Rat.div_mul_cancel (a := ({q}.num : Rat)) {h2}",
                f"rw [{h1}, Rat.mul_comm] at {h3}",
                f"have {h4} : ({q}.den : Rat) * {q} = ({q}.num : Rat) := by exact_mod_cast {h3}",
                f"have {h5} := {times} {q}.den {q}",
                f"rw [{h4}, {whole} {q}.num, ← {h4}] at {h5}",
                f"have {h6} : ({q}.den : Rat) ≠ 0 := by exact_mod_cast {q}.den_nz",
                f"clear {law} {times} {whole} {opposite} {h1} {h2} {h3} {h4}",
                "grind",
            ],
        ),
        f"clear {times} {opposite} {whole}",
    ]


def _stepping(view: View, functions: Mapping[str, str]) -> Iterator[Proposal]:
    """`f x = f (x - 1) + c` on the integers makes `f` linear: by induction in both directions."""
    for h in view.props:
        term = read(h.type)
        if term is None or term.op != "∀" or term.args[0].op != "=":
            continue
        if canonical(term.kind) not in ("", "Int") or "↑" in h.type:
            continue
        calls = [a for a in applications(term.args[0]) if functions.get(a.args[0].name) == "Int → Int"]
        if len(calls) != 2 or calls[0].args[0] != calls[1].args[0]:
            continue
        f = calls[0].args[0].name
        difference = of_term(Term("-", term.args[0].args), atoms=True)
        shifts = [_offset(call.args[1], term.name) for call in calls]
        if difference is None or shifts[0] is None or shifts[1] is None or abs(shifts[0] - shifts[1]) != 1:
            continue
        step = _step(difference, [show(call, 1024) for call in calls], shifts[0] - shifts[1])
        base = next((b for other in view.props if (b := _value(other.type, f))), None)
        if step is None or base is None:
            continue
        at, value = base
        k, ih, hn, hf = (view.fresh(name) for name in ("k", "ih", "hn", "hf"))
        line = f"{step} * ({{}} - ({at})) + ({value})"
        up, down = (f"{f} ({at} {sign} {k}) = {line.format(f'({at} {sign} ({k} : Int))')}" for sign in "+-")
        natural = (
            f"have {hn} : ∀ {k} : Nat, {up} ∧ {down} := by\n  intro {k}\n  induction {k} with\n  | zero => grind\n"
            f"  | succ {k} {ih} => grind"
        )
        whole = (
            f"have {hf} : ∀ {k} : Int, {f} {k} = {line.format(k)} := by\n  intro {k}\n"
            f"  rcases Int.eq_nat_or_neg ({k} - ({at})) with ⟨j, hj | hj⟩ <;> grind"
        )
        yield (
            seq(natural, whole, f"first | exact {hf} | (simp [{hf}]; done) | (simp [{hf}]; first | omega | grind)"),
            0.9,
        )
        return


def _step(difference: Polynomial, calls: list[str], apart: int) -> int | None:
    """c of `f (x + 1) = f x + c`, for a difference `±(f (x + i) - f (x + i - apart)) + d` that is 0."""
    first, second = map(Polynomial.variable, calls)
    for sign in (1, -1):
        rest = (difference * sign - first + second).value
        if rest is not None:
            return int(-rest) * apart
    return None


def _offset(term: Term, x: str) -> int | None:
    """c of `x + c`, an integer."""
    p = of_term(term)
    rest = (p - Polynomial.variable(x)).value if p is not None else None
    return int(rest) if rest is not None else None


def _value(text: str, f: str) -> tuple[int, int] | None:
    """The place and the value of `f 3 = 4`."""
    match = re.fullmatch(rf"{re.escape(f)} \(?(-?\d{{1,9}})\)? = (-?\d{{1,9}})", text)
    return (int(match[1]), int(match[2])) if match else None


def _instances(view: View, functions: Mapping[str, str]) -> Iterator[Proposal]:
    """Instances of functional equations at numbers that lead from known members to those of the goal."""
    rules: list[tuple[str, tuple[str, ...], Term]] = []
    formulas: dict[str, tuple[str, tuple[str, ...], Term]] = {}
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
            if (definition := _definition(*body, functions)) is not None:
                formulas[definition] = (h.name, *body)
        elif term.op == "=":
            place = _point(term.args[0], functions, {}) if term.args[0].op == "app" else None
            kind = functions.get(term.args[0].args[0].name, "").split(" → ")[-1] if place else ""
            value = number(term.args[1], {}, kind) if place else None
            if place is not None and value is not None and (result := value({})) is not None:
                known[place] = result
    wanted = {p for a in applications(target) if (p := _point(a, functions, {})) is not None}
    yield from _at_terms(view, rules, target, functions)
    unfolded: list[str] = []
    if 0 < len(formulas) < len(functions):
        told = list(dict.fromkeys(name for name, _, _ in formulas.values()))
        rules = [(name, names, _unfolded(body, formulas)) for name, names, body in rules if name not in told]
        wanted = {p for a in applications(_unfolded(target, formulas)) if (p := _point(a, functions, {})) is not None}
        unfolded = [f"simp only [{', '.join(told)}]"]
    if not wanted or not rules or wanted <= known.keys():
        return
    yield from _system(view, rules, {*wanted, *known}, functions)
    found = _chain(tuple(rules), tuple(known.items()), frozenset(wanted), tuple(sorted(functions.items())))
    if not found:
        return
    steps = [f"have {view.fresh(f'e{i}')} := {name} {' '.join(args)}" for i, (name, args) in enumerate(found)]
    names = " ".join(view.fresh(f"e{i}") for i in range(len(found)))
    steps += [f"try {rewriting} at {names} ⊢" for rewriting in unfolded]
    yield seq(*steps, "grind"), 0.9
    yield seq(*steps, f"simp at {names}", "simp_all"), 0.4
    yield seq(*steps, f"simp at {names}", "first | omega | grind"), 0.5


def _system(
    view: View, rules: list[tuple[str, tuple[str, ...], Term]], points: set[Point], functions: Mapping[str, str]
) -> Iterator[Proposal]:
    """A rule between neighbours, and values far apart: all instances between them at once, as linear equations."""
    places = [int(at[0]) for _, at in points if len(at) == 1 and at[0] == int(at[0])]
    called = {f for f, _ in points}
    if len(called) != 1 or len(places) < 3:
        return
    natural = functions[next(iter(called))].startswith("Nat")
    low, high = min(places), max(places)
    for name, variables, body in rules:
        calls = [call for call in applications(body) if call.args[0].name in functions]
        shifts = [_offset(call.args[1], variables[0]) for call in calls] if len(variables) == 1 else []
        known = [shift for shift in shifts if shift is not None]
        if {call.args[0].name for call in calls} != called or len(known) < len(shifts) or len(set(known)) < 2:
            continue
        first = low - min(known)
        instances = range(max(first, 0) if natural else first, high - max(known) + 1)
        if not 2 <= len(instances) <= _MOST_NEIGHBOURS:
            continue
        fresh = view.namer()
        names = [fresh("e") for _ in instances]
        steps = [f"have {e} := {name} {as_argument(at)}" for e, at in zip(names, instances, strict=True)]
        yield seq(*steps, f"simp at {' '.join(names)}", f"clear {name}", "grind"), 0.89
        return


def _definition(variables: tuple[str, ...], body: Term, functions: Mapping[str, str]) -> str | None:
    """The function that `f x = …` tells outright, by a term without functions of the context."""
    head, formula = body.args
    plain = head.op == "app" and head.args[0].name in functions and not applications(formula)
    if not plain or len(variables) != 1 or head.args[1:] != (Term("var", name=variables[0]),):
        return None
    return head.args[0].name


def _unfolded(term: Term, formulas: Mapping[str, tuple[str, tuple[str, ...], Term]]) -> Term:
    """The term with the functions that are told outright replaced by what they are told to be."""
    args = tuple(_unfolded(arg, formulas) for arg in term.args)
    if term.op == "app" and term.args[0].name in formulas:
        _, (name,), body = formulas[term.args[0].name]
        return substitute(body.args[1], {name: args[1]})
    return replace(term, args=args)


def _at_terms(
    view: View, rules: list[tuple[str, tuple[str, ...], Term]], target: Term, functions: Mapping[str, str]
) -> Iterator[Proposal]:
    """Instances of equations in one or two variables at 0, 1, and the variables of the goal or the numbers that it
    applies functions to."""
    numeric = view.of_type(NAT | INT | RAT)
    applied = [a for a in applications(target) if a.args[0].name in functions]
    numbers = [show(arg, 1024) for a in applied for arg in a.args[1:] if not names_of(arg)]
    terms = ([n for n in numeric if n in names_of(target)] or [n for n in dict.fromkeys(numbers) if n not in "01"])[:2]
    if not terms or not applied:
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


def _halves(n: int) -> set[int]:
    """The numbers that doubling and adding one another lead to a number by: for 21 that is 10, 11, 5, 6 and so on."""
    if abs(n) < 6:
        return set()
    low, high = n // 2, n - n // 2
    return {low, high} | _halves(low) | _halves(high)


def _place(value: Fraction) -> Place:
    return value if value.denominator > 1 else int(value)


def as_argument(place: Place) -> str:
    """The number as Lean text that a function can be applied to."""
    text = str(place).replace("/", " / ")
    return text if text.isdigit() else f"({text})"


def _point(term: Term, functions: Mapping[str, str], values: Mapping[str, Place]) -> Point | None:
    """The application as a function and numbers, where its arguments are numbers."""
    if term.args[0].name not in functions:
        return None
    arguments: list[Place] = []
    rational = functions[term.args[0].name].startswith("Rat")
    for arg in term.args[1:]:
        p = of_term(arg, minus=True, division=rational)
        if p is None or not set(p.names) <= values.keys():
            return None
        value = p.at(values)
        if (value.denominator != 1 and not rational) or abs(value) > 10_000:
            return None
        arguments.append(_place(value))
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
    places = {n for _, args in (*wanted, *values) for n in args if -100 < n < 100}
    places |= {half for n in places if isinstance(n, int) for half in _halves(n)}
    parts = sorted({Fraction(place).denominator for place in places} - {1})
    places |= {_place(Fraction(n, part)) for part in parts[:2] if part < 5 for n in range(-part, 3 * part)}
    numbers = sorted({*range(0 if natural else -3, 6), *places}, key=lambda n: (abs(n), n < 0))
    candidates: list[tuple[Place, str, tuple[Place, ...], set[Point], _Equation]] = []
    for name, variables, body in rules:
        equation = _equation(variables, body, kinds)
        if equation is None or not 1 <= len(variables) <= 2:
            continue
        calls = [call for call in applications(body) if call.args[0].name in kinds]
        wide = {*range(0 if natural else -12, 60), *numbers}
        for at in product(wide) if len(variables) == 1 else product(numbers[:_MOST_NUMBERS], repeat=2):
            bound = dict(zip(variables, at, strict=True))
            touched = [_point(call, kinds, bound) for call in calls]
            points = {point for point in touched if point is not None}
            if points and len(touched) == len([p for p in touched if p is not None]):
                candidates.append((sum(map(abs, at)), name, at, points, equation))
    candidates.sort(key=lambda each: each[0])
    steps: list[tuple[str, tuple[Place, ...], Point, set[Point]]] = []
    fresh = True
    while fresh and not wanted <= values.keys() and len(steps) < 4 * _MOST_INSTANCES:
        fresh = False
        for _, name, at, points, equation in candidates:
            unknown = points - values.keys()
            if len(unknown) != 1:
                continue
            (point,) = unknown
            value = equation(at, values, point)
            if value is not None and value.numerator.bit_length() < _MOST_BITS:
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
            kept.append((name, [as_argument(v) for v in at]))
    return kept[::-1] if len(kept) <= _MOST_INSTANCES else []


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

    def solve(at: tuple[Place, ...], values: Mapping[Point, Value], point: Point) -> Value | None:
        def difference(guess: Value) -> Value:
            def member(name: str) -> Callable[..., Value]:
                def call(*arguments: Value) -> Value:
                    place = (name, tuple(_place(Fraction(each)) for each in arguments))
                    return guess if place == point else values[place]

                return call

            numbers = [Fraction(n) if parts[0] == "Rat" else n for n in at]
            known = {**dict(zip(variables, numbers, strict=True)), **{name: member(name) for name in functions}}
            found: list[Value] = [side(known) for side in sides if side is not None]
            return None if None in found else found[0] - found[1]

        # as fractions, where there is division: that of Python's integers is not exact
        d0, d1, d2 = (difference(Fraction(guess) if parts[-1] == "Rat" else guess) for guess in (0, 1, 2))
        if d0 is None or d1 is None or d2 is None or d1 == d0 or d2 - d1 != d1 - d0:
            return None
        value = Fraction(-d0, d1 - d0)
        if value.denominator != 1 and parts[-1] != "Rat":
            return None
        return value if parts[-1] == "Rat" else int(value)

    return solve
