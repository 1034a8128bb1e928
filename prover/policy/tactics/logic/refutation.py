"""Refutations of `∀`: counterexamples found by evaluating the statement at small values and functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain, product

from prover.goal import bare
from prover.policy.tactics.definitions import declared, own
from prover.policy.tactics.evaluate import Value, canonical, compiled, guess_kind, points
from prover.policy.tactics.patterns import universal
from prover.policy.tactics.sequences.definite import as_function, defined, members
from prover.policy.tactics.solutions import solutions
from prover.policy.tactics.terms import Term, conjuncts, read, show
from prover.policy.tactics.values import assignments
from prover.policy.tactics.view import REAL, Proposal, View, numerals, seq

_MOST_POINTS = 2_500
_FOUND = 3
_FEW = 4
_MOST_MEMBERS = 80
_MOST_TRIED, _AT_ONCE = 48, 12
_TRUTH = (
    "first | decide | exact ⟨_, rfl⟩ | (intro z; exact ⟨z, by first | omega | (simp; done)⟩) | "
    "(intros; first | rfl | omega | grind | simp_all | decide +kernel | (split <;> grind))"
)
_FALSE = (
    "first | decide | decide +kernel | omega | (simp; done) | grind | (intro hx; simp at hx; done) | "
    "(simp only [not_exists]; intros; first | omega | grind) | "
    "(intro ⟨b, hb⟩; have h0 := hb 0; have h1 := hb (b + 1); omega)"
)


_OF_TYPES = re.compile(r"∀ ([({]([^:(){}]+) : Type[)}] ?)")
_INSTANCE = re.compile(r"∀ ?(\[[^\[\]]*\] ?)")


@dataclass(frozen=True)
class Counterexample:
    """Arguments, as Lean text, for which a universal statement fails."""

    arguments: tuple[str, ...]
    premises: int
    exact: bool
    """Was it computed, or tried at a few values of what is quantified inside?"""
    last: tuple[str, ...] = ()
    """Arguments that come after the premises."""


def propose(view: View) -> Iterator[Proposal]:
    if view.target.startswith("¬") and view.connective is None:
        text, name = bare(view.target[1:].strip()), view.fresh("h")
        at, arguments = _typed(text)
        applied = f"@{name} {arguments}" if arguments else name
        yield from _nothing(view, text, name)
        yield from _at_no_values(text, name)
        yield from _tactics(at, applied, [f"intro {name}"], view.fresh("h1"), 0.96)
        yield from _tried(view, at, applied, [f"intro {name}"])
    elif view.target == "False":
        for h in reversed(view.props):
            if h.type.startswith("∀"):
                yield from _tactics(h.type, h.name, [], view.fresh("h1"), 0.8)
                yield from _tried(view, h.type, h.name, [])


def _nothing(view: View, text: str, name: str) -> Iterator[Proposal]:
    """What is said to exist of any type does not of one without values."""
    parts = universal(text)
    types = [binder for binder, kind in parts.binders if kind == "Type"]
    if len(types) != 1 or not parts.conclusion.startswith("∃") or not all(parts.explicit):
        return
    arguments = []
    for binder, kind in parts.binders:
        arrows = kind.count("→")
        if binder == types[0]:
            arguments.append("Empty")
        elif kind.endswith("→ Prop") and "(" not in kind:
            arguments.append(f"(fun {'_ ' * arrows}=> True)")
        elif kind == f"{types[0]} → {types[0]}":
            arguments.append("(fun x => x)")
        else:
            return
    arguments += ["(by intro x; exact nomatch x)"] * len(parts.premises)
    x = view.fresh("x")
    yield seq(f"intro {name}", f"obtain ⟨{x}, _⟩ := {name} {' '.join(arguments)}", f"exact nomatch {x}"), 0.9


def _at_no_values(text: str, name: str) -> Iterator[Proposal]:
    """What is said of any type, at one without values, with whatever truth its letters have."""
    parts = universal(text)
    types = [binder for binder, kind in parts.binders if kind == "Type"]
    letters = sum(kind == "Prop" for _, kind in parts.binders)
    if len(types) != 1 or letters > 2 or parts.premises:
        return
    tries = []
    for truths in product(("True", "False"), repeat=letters):
        left = iter(truths)
        arguments = []
        for binder, kind in parts.binders:
            if binder == types[0]:
                arguments.append("Empty")
            elif kind == "Prop":
                arguments.append(next(left))
            elif kind.startswith(f"{types[0]} → "):
                arguments.append("(fun x => nomatch x)")
            else:
                return
        tries.append(f"(have hn := @{name} {' '.join(arguments)}; simp [he] at hn; done)")
    none = "have he : ∀ P : Empty → Prop, ¬ ∃ x, P x := fun P ⟨x, _⟩ => nomatch x"
    yield seq(f"intro {name}", none, f"first | {' | '.join(tries)}"), 0.8


def _typed(text: str) -> tuple[str, str]:
    """A statement about types at the least type that has two values, and the arguments that say so."""
    arguments = []
    while match := _OF_TYPES.match(text):
        text = text[: match.start(1)] + text[match.end(1) :]
        for name in match[2].split():
            text = re.sub(rf"(?<![\w.']){re.escape(name)}(?![\w'])", "Bool", text)
            arguments.append("Bool")
        while instance := _INSTANCE.match(text):
            text = text[: instance.start(1)] + text[instance.end(1) :]
            arguments.append("inferInstance")
        text = text.replace("∀ , ", "", 1).replace("∀  ", "∀ ", 1)
    return text, " ".join(arguments)


def _tactics(text: str, name: str, start: list[str], new: str, weight: float) -> Iterator[Proposal]:
    if not text.startswith("∀"):
        return
    real = any(kind in text for kind in REAL)
    for i, found in enumerate(counterexamples(text)):
        applied = " ".join([name, *found.arguments])
        less = 0.01 * i
        if real:
            proofs = "".join(" (by norm_num)" for _ in range(found.premises if found.last else 0))
            whole = f"{applied}{proofs} {' '.join(found.last)}".rstrip()
            yield seq(*start, f"have {new} := {whole}", f"norm_num at {new}"), weight - less
            continue
        if found.exact:
            yield seq(*start, f"exact absurd ({applied}) (by decide)"), weight - less
            yield seq(*start, f"exact absurd ({applied}) (by {_FALSE})"), weight - 0.05 - less
        else:
            shown = " ".join([*(f"(by {_TRUTH})" for _ in range(found.premises)), *found.last])
            yield seq(*start, f"exact absurd ({applied} {shown}) (by {_FALSE})"), weight - 0.05 - less
            yield seq(*start, f"have {new} := {applied} {shown}"), 0.4 - less
        yield seq(*start, f"have {new} := {applied}"), 0.3 - less


def _tried(view: View, text: str, name: str, start: list[str]) -> Iterator[Proposal]:
    """Small values of every type that has some: whether the statement fails at them, Lean decides."""
    parts = universal(text)
    kinds = [kind for (_, kind), explicit in zip(parts.binders, parts.explicit, strict=True) if explicit]
    if not kinds or len(kinds) != len(parts.binders) or (not start and len(view.props) > 1):
        return
    if _evaluated(text) is not None:  # at more values than these
        return
    file = declared(view.context)
    found = assignments(kinds, file, _MOST_TRIED)
    proofs = " (by decide)" * len(parts.premises)
    attempt = "exact absurd ({}) (by decide)"
    if any(file.type(kind.split(" ")[0]) for kind in kinds):  # whose equality nobody decides: the definitions compute
        attempt = f"(have hn := {{}}; simp [{', '.join(own(view))}] at hn; done)"
    for chunk in (found[:_AT_ONCE], found[_AT_ONCE:]):
        if chunk:
            tries = " | ".join(attempt.format(f"{name} {' '.join(at)}{proofs}") for at in chunk)
            yield seq(*start, f"first | {tries}"), 0.85


def counterexamples(text: str) -> tuple[Counterexample, ...]:
    """A few arguments for which a printed `∀ …` seems to fail."""
    return _evaluated(text) or ()


@lru_cache(maxsize=64)
def _evaluated(text: str) -> tuple[Counterexample, ...] | None:
    """The same; None for what cannot be evaluated here."""
    term = read(text)
    if term is None:
        return None
    return _found(term, text, later=True) or _found(term, text, later=False)


def _found(term: Term, text: str, *, later: bool) -> tuple[Counterexample, ...] | None:
    """Counterexamples to a statement.

    Args:
        later: are values chosen for what is quantified after the premises, too? Else it is left to the conclusion.
    """
    variables: list[tuple[str, str]] = []
    premises: list[Term] = []
    first = 0
    while term.op in ("∀", "→"):
        if term.op == "→":
            if len(variables) > first > 0:
                break  # premises about what came after premises are left to the conclusion
            premises.append(term.args[0])
            first, term = len(variables), term.args[1]
            continue
        if premises and not later:
            break
        kind = canonical(term.kind) or guess_kind(term, dict(variables))
        variables.append((term.name, kind.replace("Real", "Rat").replace("ℝ", "Rat")))
        term = term.args[0]
    first = first if premises else len(variables)
    inner: list[Term] = []
    if later and first == len(variables) and term.op == "¬" and term.args[0].op == "∃":
        term = term.args[0]
        while term.op == "∃":
            kind = canonical(term.kind) or guess_kind(term, dict(variables))
            variables.append((term.name, kind))
            term = term.args[0]
        inner, term = conjuncts(term), Term("var", name="False")
    kinds = dict(variables)
    if len(kinds) != len(variables) or not 1 <= len(variables) <= 5 or (later and first == len(variables)):
        return None
    tests = [compiled(p, kinds) or compiled(p, kinds, sampled=True) for p in (*premises, *inner)]
    exact = first == len(variables) and all(compiled(p, kinds) is not None for p in (*premises, term))
    holds = compiled(term, kinds) or compiled(term, kinds, sampled=True)
    if holds is None or any(test is None for test in tests):
        return None
    if any(kind in text for kind in REAL) and any("→" in kind for _, kind in variables):
        return None  # what is evaluated with rational numbers is written with them
    choices = [_defined(name, kind, premises) or _choices(kind, text) for name, kind in variables]
    if "∃" in show(term):  # which is tried at small values only: large ones would seem to have none
        choices[first:] = [choice[:_FEW] for choice in choices[first:]]
    if not all(choices):
        return None
    near = (
        [choice[place] for choice, place in zip(choices, point, strict=True)]
        for point in points([tuple(range(len(choice))) for choice in choices], _MOST_POINTS)
    )
    found = []
    for picked in chain(near, _far(kinds, [*premises, *inner])):
        values = {name: value for (name, _), (_, value) in zip(variables, picked, strict=True)}
        if all(test is not None and test(values) is True for test in tests) and holds(values) is False:
            shown = tuple(text for text, _ in picked)
            last = (f"⟨{', '.join(shown[first:])}, by decide⟩",) if inner else shown[first:]
            found.append(Counterexample(shown[:first], len(premises), exact, last))
            if len(found) == _FOUND:
                break
    return tuple(found)


Choice = tuple[str, Value]


def _far(kinds: dict[str, str], premises: list[Term]) -> Iterator[list[Choice]]:
    """Whole numbers further away for which an equation among the premises holds."""
    if 2 <= len(kinds) <= 3 and set(kinds.values()) <= {"Nat", "Int"}:
        equations = [part for premise in premises for part in conjuncts(premise)]
        for at in solutions(tuple(kinds), equations, _MOST_POINTS):
            yield [(str(at[name]), at[name]) for name in kinds]


def _defined(name: str, kind: str, premises: list[Term]) -> list[Choice]:
    """The sequence that the premises say a function is."""
    for sequence in defined({name: kind}, [(str(i), premise) for i, premise in enumerate(premises)]):
        text, known = as_function(sequence), members(sequence, 0, _MOST_MEMBERS)
        if text is not None and known:
            return [(text, dict(enumerate(known)).__getitem__)]
    return []


def _choices(kind: str, text: str) -> list[Choice]:
    """Values of a type with their Lean text, simple ones first."""
    mentioned = [n for n in numerals(text) if n < 10_000]
    near = sorted({n + d for n in mentioned for d in (-1, 0, 1) if n + d > 60})
    if kind == "Nat":
        return [(str(n), n) for n in [*range(61), *near]]
    if kind == "Int":
        signed = [0, *(s * n for n in range(1, 31) for s in (1, -1)), *near]
        return [(str(n) if n >= 0 else f"({n})", n) for n in signed]
    if kind == "Rat":
        numbers = [Fraction(n) for n in (0, 1, 2, -1, 3, -2)]
        numbers += [Fraction(1, 2), Fraction(-1, 2), Fraction(3, 2), Fraction(4), Fraction(-3), Fraction(1, 3)]
        numbers += [Fraction(1, 4), Fraction(2, 3), Fraction(5), Fraction(10), Fraction(1, 10), Fraction(-4)]
        return [(_rational(q), q) for q in numbers]
    if kind == "Bool":
        return [("false", False), ("true", True)]
    if kind == "Prop":
        return [("False", False), ("True", True)]
    parts = kind.split(" → ")
    return _functions(parts) if len(parts) in (2, 3) and "(" not in kind else []


def _rational(q: Fraction) -> str:
    return f"({q.numerator})" if q.denominator == 1 else f"({q.numerator} / {q.denominator})"


def _functions(parts: list[str]) -> list[Choice]:
    """Constant, linear and exponential functions; relations."""
    source, *_, result = parts
    numbers = ("Nat", "Int", "Rat")
    if len(parts) == 3:
        return _operations(parts)
    found: list[Choice] = []
    if result in ("Prop", "Bool"):
        values = (("True", True), ("False", False)) if result == "Prop" else (("true", True), ("false", False))
        found = [(f"(fun _ => {shown})", _constant(value)) for shown, value in values]
        if source == "Bool":
            wrapped = "(fun x => {})" if result == "Bool" else "(fun x => {} = true)"
            found += [(wrapped.format("x"), lambda x: bool(x)), (wrapped.format("(!x)"), lambda x: not x)]
        if source in numbers:
            tests: list[tuple[str, Callable[[Value], bool]]] = [
                ("x = 0", lambda x: bool(x == 0)),
                ("x = 1", lambda x: bool(x == 1)),
                ("x > 0", lambda x: bool(x > 0)),
                ("x < 2", lambda x: bool(x < 2)),
                ("x > 1", lambda x: bool(x > 1)),
            ]
            if source != "Rat":
                tests.append(("x % 2 = 0", lambda x: bool(x % 2 == 0)))
            wrap = "(fun x => {})" if result == "Prop" else "(fun x => decide ({}))"
            found += [(wrap.format(shown), test) for shown, test in tests]
        return found
    if source not in numbers or result not in numbers or numbers.index(source) > numbers.index(result):
        return []
    x = "x" if source == result else f"(x : {result})"
    constants = [0, 1, 2] if result == "Nat" else [0, 1, -1, 2]
    found = [(f"(fun _ => {c})" if c >= 0 else f"(fun _ => ({c}))", _constant(c)) for c in constants]
    slopes = [1, 2, 3] if result == "Nat" else [1, -1, 2, 3]
    for slope, shift in product(slopes, (0, 1, 2, 3)):
        factor = "" if slope == 1 else f"{slope} * " if slope > 0 else f"({slope}) * "
        text = f"{factor}{x}" + (f" + {shift}" if shift else "")
        found.append((f"(fun x => {text})", _linear(slope, shift)))
    found.append((f"(fun x => {x} ^ 2)", lambda v: v * v))
    found.append((f"(fun x => {x} ^ 3)", lambda v: v**3))
    if source == result == "Nat":
        found += [("(fun x => x - 1)", lambda v: max(0, v - 1)), ("(fun x => x / 2)", lambda v: v // 2)]
    if source == result and source != "Rat":
        if source == "Int":  # two steps of it are two steps forward
            found.append(("(fun x => if x % 2 = 0 then x + 3 else x - 1)", lambda v: v - 1 if v % 2 else v + 3))
        found += [("(fun x => x + x % 2)", lambda v: v + v % 2), ("(fun x => x - x % 2)", lambda v: v - v % 2)]
        found.append(("(fun x => if x = 0 then 1 else if x = 1 then 0 else x)", _swap))
    if source == "Nat":
        for times, base in product((1, 2, 3), (2, 3)):
            text = f"{base} ^ x" if times == 1 else f"{times} * {base} ^ x"
            found.append((f"(fun x => {text})", _exponential(times, base)))
        found.append(("(fun x => x % 2)" if result == "Nat" else f"(fun x => ((x % 2 : Nat) : {result}))", _parity))
    return found


def _parity(x: Value) -> Value:
    return x % 2


def _swap(x: Value) -> Value:
    return {0: 1, 1: 0}.get(x, x)


def _constant(value: Value) -> Callable[[Value], Value]:
    return lambda _: value


def _linear(slope: int, shift: int) -> Callable[[Value], Value]:
    return lambda x: slope * x + shift


def _exponential(factor: int, base: int) -> Callable[[Value], Value]:
    def power(n: Value) -> Value:
        return factor * base ** min(int(n), 500)

    return power


def _operations(parts: list[str]) -> list[Choice]:
    """Operations on numbers, and relations."""
    source, _, result = parts
    if result == "Prop" and parts[1] == source and source in ("Nat", "Int", "Bool"):
        relations: list[Choice] = [
            ("(fun _ _ => False)", lambda a, b: False),
            ("(fun a b => a = b)", lambda a, b: a == b),
            ("(fun _ _ => True)", lambda a, b: True),
            ("(fun a b => a ≠ b)", lambda a, b: a != b),
            ("(fun a b => a ≤ b)", lambda a, b: a <= b),
            ("(fun a b => a < b)", lambda a, b: a < b),
        ]
        if source == "Bool":
            relations.append(("(fun a b => (a && b) = true)", lambda a, b: bool(a and b)))
        return relations
    if set(parts) == {"Bool"}:
        return [
            ("(fun _ b => b)", lambda a, b: b),
            ("(fun a _ => a)", lambda a, b: a),
            ("(fun a b => a && b)", lambda a, b: a and b),
            ("(fun a b => a || b)", lambda a, b: a or b),
            ("(fun a b => a ^^ b)", lambda a, b: a != b),
            ("(fun a b => !(a && b))", lambda a, b: not (a and b)),
            ("(fun a b => !a || b)", lambda a, b: not a or b),
            ("(fun _ _ => true)", lambda a, b: True),
        ]
    if len(set(parts)) != 1 or parts[0] not in ("Nat", "Int", "Rat"):
        return []
    return [
        ("(fun _ _ => 0)", lambda a, b: 0),
        ("(fun _ _ => 1)", lambda a, b: 1),
        ("(fun a _ => a)", lambda a, b: a),
        ("(fun _ b => b)", lambda a, b: b),
        ("(fun a b => a + b)", lambda a, b: a + b),
        ("(fun a b => a * b)", lambda a, b: a * b),
        ("(fun a b => a + b + 1)", lambda a, b: a + b + 1),
    ]
