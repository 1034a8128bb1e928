"""A function of fractions that is told at a linear term is told everywhere: `f (2 * x + 1) = x ^ 2`, inverses too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import Polynomial, of_term, text_of
from prover.policy.tactics.terms import Term, applications, names_of, read, show, substitute
from prover.policy.tactics.view import Proposal, View, seq

_RATIONAL = "Rat → Rat"


def propose(view: View) -> Iterator[Proposal]:
    functions = {v.name for v in view.vars if canonical(v.type) == _RATIONAL and v.value is None}
    if not functions:
        return
    laws = {h.name: term for h in view.props if (term := _law(h.type)) is not None}
    given = {
        term.args[0].args[0].args[0].name: (name, term)
        for name, term in laws.items()
        if term.args[0].args[0].args[1:] == (Term("var", name=term.name),)
    }
    yield from _from_known(view, functions)
    yield from _at_nothing(view, functions)
    laws |= {f"{h.name} 0": term for h in view.props if (term := _law(h.type, first=0)) is not None}
    laws |= {f"(fun t => {h.name} t 1)": term for h in view.props if (term := _law(h.type, last=1)) is not None}
    for name, term in laws.items():
        call = term.args[0].args[0]
        if call.args[0].name in functions and call.args[1] != Term("var", name=term.name):
            yield from _everywhere(view, name, term, given)


def _from_known(view: View, functions: set[str]) -> Iterator[Proposal]:
    """`f b = w` from `f a = v` and a law on `f (x * y)` or the like: at `x = a` and the `y` that makes it `f b`."""
    target = read(view.target)
    if target is None or target.op != "=" or (asked := _value_at(target.args[0], functions)) is None:
        return
    f, b = asked
    terms = [(h.name, term) for h in view.props if (term := read(h.type)) is not None]
    equal = [term.args[0] for _, term in terms if term.op == "="]
    values = [known for side in equal if (known := _value_at(side, functions)) is not None]
    for name, term in terms:
        bound, claim = _parts(term)
        variables = [each for each in bound if each]
        if len(variables) != 2:
            continue
        for call in applications(claim):
            inner = of_term(call.args[1], division=True) if call.args[0].name == f and len(call.args) == 2 else None
            if inner is None:
                continue
            for one, other in (variables, variables[::-1]):
                for g, a in values:
                    left = inner.replaced(one, Polynomial.constant(a))
                    if g != f or left.names != [other] or left.degree != 1 or (slope := _slope(left)) is None:
                        continue
                    at = {one: a, other: (b - left.terms.get((), Fraction(0))) / slope}
                    h = view.fresh("hx")
                    arguments = " ".join(f"({at[each]})" if each else "(by first | decide | grind)" for each in bound)
                    places = {n: Term("var", name=f"({value} : Rat)") for n, value in at.items()}
                    shown = show(substitute(call.args[1], places))
                    steps = [f"have {h} := {name} {arguments}", f"rw [show {shown} = {b} by grind] at {h}"]
                    yield seq(*steps, "grind"), 0.9


def _at_nothing(view: View, functions: set[str]) -> Iterator[Proposal]:
    """`f x = …` from a law with `f (x - f y)` or the like: where that is `f 0`, for every `y` and for 0."""
    target = read(view.target)
    binder = target.name if target is not None and target.op == "∀" else ""
    claim = target.args[0] if target is not None and binder else target
    if claim is None or claim.op != "=" or claim.args[0].op != "app" or claim.args[0].args[0].name not in functions:
        return
    f, place = claim.args[0].args
    for h in view.props:
        bound, law = _parts(term) if (term := read(h.type)) is not None else ([], claim)
        if len(bound) != 2 or not all(bound):
            continue
        for call in applications(law):
            inner = of_term(call.args[1], division=True, atoms=True) if call.args[0] == f else None
            if inner is None:
                continue
            for x, y in (bound, bound[::-1]):
                own = inner.in_one(x)
                slope = own[1].value if own.keys() == {0, 1} else None
                value = f"({show(f)} {y})"
                if not slope or value not in own[0].names or not {y, value} >= set(own[0].names):
                    continue
                point = read(text_of(own[0] * (-1 / slope)))
                if point is None:
                    continue
                fresh = view.namer()
                facts = []
                for at in (place, Term("num", name="0")):
                    chosen = {x: f"({show(substitute(point, {y: at}))})", y: show(at, 1024)}
                    facts.append(f"have {fresh('e')} := {h.name} {' '.join(chosen[each] for each in bound)}")
                yield seq(*([f"intro {binder}"] if binder else []), *facts, f"clear {h.name}", "grind"), 0.9


def _parts(term: Term) -> tuple[list[str], Term]:
    """What is taken before the claim of `∀ x > 0, ∀ y > 0, …`: names of variables, and nothing for a proof."""
    taken = []
    while term.op in ("∀", "→"):
        taken.append(term.name if term.op == "∀" else "")
        term = term.args[-1]
    return taken, term


def _slope(line: Polynomial) -> Fraction | None:
    return line.in_one(line.names[0])[1].value or None


def _value_at(term: Term, functions: set[str]) -> tuple[str, Fraction] | None:
    """The function and the number of `f 4`."""
    if term.op != "app" or len(term.args) != 2 or term.args[0].name not in functions:
        return None
    at = of_term(term.args[1], division=True)
    return (term.args[0].name, at.value) if at is not None and at.value is not None else None


def _law(text: str, first: int | None = None, last: int | None = None) -> Term | None:
    """`∀ x, f t = …`, read; with a number, `∀ x y, f t = …` where the first or the last variable is that."""
    term = read(text) if text.startswith("∀") and " = " in text else None
    both = term is not None and term.args[0].op == "∀"
    if term is not None and both and first is not None:
        term = substitute(term.args[0], {term.name: Term("num", name=str(first))})
    elif term is not None and both and last is not None:
        inner = term.args[0]
        body = substitute(inner.args[0], {inner.name: Term("num", name=str(last))})
        term = Term("∀", (body,), term.name, term.kind)
    elif first is not None or last is not None:
        return None
    if term is None or term.op != "∀" or term.args[0].op != "=":
        return None
    call = term.args[0].args[0]
    return term if call.op == "app" and len(call.args) == 2 and canonical(term.kind) in ("Rat", "") else None


def _calls(term: Term, f: Term) -> list[Term]:
    return [call for call in applications(term) if call.args[0] == f]


def _everywhere(view: View, law: str, term: Term, given: Mapping[str, tuple[str, Term]]) -> Iterator[Proposal]:
    """The function by a formula for all numbers, and what follows from it."""
    (f, argument), value, x = term.args[0].args[0].args, term.args[0].args[1], term.name
    used: list[str] = []
    while argument.op == "app" and argument.args[0].name in given and len(argument.args) == 2:
        name, known = given[argument.args[0].name]
        if name in used:
            return
        used.append(name)
        argument = substitute(known.args[0].args[1], {known.name: argument.args[1]})
    p = of_term(argument, division=True)
    if p is None or p.degree != 1 or p.names != [x] or any(names_of(a) != {f.name} for a in _calls(value, f)):
        return
    slope, shift = p.in_one(x)[1].value, p.terms.get((), 0)
    if not slope:
        return
    fresh = view.namer()
    y, hf, hx = fresh("y"), fresh("hf"), fresh("hx")
    at = Term("var", name=f"({text_of((Polynomial.variable(y) - Polynomial.constant(shift)) * (1 / slope))})")
    shown = show(substitute(argument, {x: at}))
    steps = [f"intro {y}", f"have {hx} := {law} {at.name}"]
    steps += [f"simp only [{', '.join(used)}] at {hx}"] if used else []
    steps += [f"rw [show {shown} = {y} by grind] at {hx}", f"first | exact {hx} | grind"]
    claim = f"∀ {y}, {f.name} {y} = {show(substitute(value, {x: at}))}"
    whole = f"have {hf} : {claim} := by\n  " + "\n  ".join(steps)
    others = ", ".join([hf, *(name for name, _ in given.values())])
    ends = [f"(simp [{others}]; done)", f"(simp only [{others}]; grind)", "grind"]
    if _calls(value, f):  # by values of its own, which `simp` would replace for ever
        ends = [f"(intros; rw [{hf}]; grind)", "grind"]
        values = [show(call) for call in _calls(value, f)] if view.target.startswith("∃") else []
        ends += [f"exact ⟨{known}, fun x => by rw [{hf}]; grind⟩" for known in values]
    yield seq(whole, f"first | {' | '.join(ends)}"), 0.88
    yield seq(whole), 0.2


__all__ = ["propose"]
