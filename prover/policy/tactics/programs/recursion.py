"""Definitions of the file: unfolded, and followed by induction where they recurse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prover.policy.tactics.definitions import own, proved
from prover.policy.tactics.view import (
    IDENT,
    NAME,
    NAT,
    NUMBERS,
    Proposal,
    View,
    connective,
    mentions,
    put,
    seq,
    stands_in,
)

_KEYWORD = r"(?:with|then|else|if|match|fun|do|by|let|have|show|from|at|in)\b"
_ATOM = rf"(?:(?!{_KEYWORD})[^\W\d_][\w'₀-₉]*(?:\.[\w']+)*|\d+|\[\]|\([^()]*(?:\([^()]*\)[^()]*)*\))"
# What stands before an argument of something else, which is not applied to what follows it.
_ARGUMENT = re.compile(rf"(?:^|[^\w'])(?!{_KEYWORD})[^\W\d][\w'.₀-₉]* $|[)\]] $")
_FOLD = re.compile(rf"(?<![\w.'])List\.foldl ({_ATOM}) ({_ATOM}) ({_ATOM})")
# Where accumulators begin, and how what they hold is joined to the result.
_STARTS = {
    "0": ("{t} + {a}",),
    "1": ("{t} * {a}",),
    "[]": ("{t} ++ {a}", "{a} ++ {t}"),
    "true": ("({a} && {t})",),
    "false": ("({a} || {t})", "({a} ^^ {t})"),
}
_MOST_CALLS = 3
_FARTHEST = 24
_COUNTED = re.compile(rf"\({NAME} [+*] {NAME}\)")


@dataclass(frozen=True, slots=True)
class Call:
    """An application of a definition in the target."""

    name: str
    text: str
    """As printed, with what it is applied to: `t.flat acc`."""
    arguments: tuple[str, ...]
    """As printed; for a field the term before the dot comes first."""

    @property
    def applied(self) -> str:
        """With the definition's whole name in front: `Tree.flat t acc`, which `fun_induction` wants."""
        return " ".join((self.name, *self.arguments))


def propose(view: View) -> Iterator[Proposal]:
    yield from _folds(view)
    names = own(view)
    if not names:
        return
    unfold = ", ".join(names)
    numeric = any(v.type in NUMBERS for v in view.vars) or any(char.isdigit() for char in view.facts)
    yield f"simp_all [{unfold}]", 0.5
    yield f"grind [{unfold}]", 0.5
    if theorems := proved(view):
        more = ", ".join([*names, *theorems])
        yield f"simp_all [{more}]", 0.5
        yield f"grind [{more}]", 0.5
    if len(names) > 1:  # a name that is none, or no equation (a field), spoils the others
        for name in names[:3]:
            yield f"grind [{name}]", 0.3
            yield f"simp_all [{name}]", 0.2
    yield f"simp only [{unfold}] at *", 0.12
    if numeric:
        yield f"simp_all [{unfold}] <;> omega", 0.3
        yield seq(f"simp only [{unfold}] at *", "omega"), 0.2
    for name in names[:2]:
        yield f"unfold {name}", 0.06
        yield f"unfold {name} <;> split <;> simp_all", 0.06
    yield from _fertilized(view, names)
    yield from _above_powers(view, names)
    yield from _divisible_members(view, names)
    if sum("induction" in tactic for tactic in view.history) < 3:
        yield from _induction(view, unfold, numeric)


def _above_powers(view: View, names: list[str]) -> Iterator[Proposal]:
    """`3 ^ n < f n` from some number on, where `f (n + 1) = (n + 1) * f n` as for factorials."""
    match = re.fullmatch(rf"(\d+) \^ {NAME} (<|≤) (\S+) \2", view.target)
    if match is None or match[4] not in names or match[2] not in view.of_type(NAT):
        return
    base, n, relation = match[1], match[2], match[3]
    for h in view.props:
        bound = re.fullmatch(rf"(\d+) (≤|<) {re.escape(n)}|{re.escape(n)} (≥|>) (\d+)", h.type)
        if bound is None:
            continue
        first = int(bound[1] or bound[4]) + ((bound[2] or bound[3]) in "<>")
        fresh = view.namer()
        k, ih, h1, h2 = (fresh(wish) for wish in ("k", "ih", "h1", "h2"))
        here = f"{k} + {first}"
        rule, last = (
            ("mul_lt_mul_of_pos_left", "lt_of_le_of_lt") if relation == "<" else ("mul_le_mul_left", "le_trans")
        )
        larger = f"{ih} (show 0 < {here} + 1 by omega)" if relation == "<" else f"({here} + 1) {ih}"
        yield (
            (
                f"(obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {here} := ⟨{n} - {first}, by omega⟩\n clear {h.name}\n"
                f" induction {k} with\n | zero => decide\n | succ {k} {ih} =>\n"
                f"   have {h1} := Nat.mul_le_mul_right ({base} ^ ({here})) (show {base} ≤ {here} + 1 by omega)\n"
                f"   have {h2} := Nat.{rule} {larger}\n"
                f"   rw [show {k} + 1 + {first} = ({here}) + 1 by omega, Nat.pow_succ, Nat.mul_comm]\n"
                f"   exact Nat.{last} {h1} {h2})"
            ),
            0.5,
        )
        return


def _divisible_members(view: View, names: list[str]) -> Iterator[Proposal]:
    """`5 ∣ f (5 * n)` where `f (n + 2) = f (n + 1) + f n`: five further on it is `5 * f (n + 1) + 3 * f n`."""
    match = re.fullmatch(rf"(\d+) ∣ (\S+) \((?:(\d+) \* {NAME}|{NAME} \* (\d+))\)", view.target)
    n, apart = (match[4] or match[5], int(match[3] or match[6])) if match is not None else ("", 0)
    if match is None or match[2] not in names or n not in view.of_type(NAT) or not 1 < apart <= _FARTHEST:
        return
    first, second = 1, 1
    for _ in range(apart - 2):
        first, second = second, first + second
    if second % int(match[1]):
        return
    f, fresh = match[2], view.namer()
    key, m, ih = (fresh(wish) for wish in ("key", "m", "ih"))
    yield (
        seq(
            f"have {key} : ∀ {m}, {f} ({m} + {apart}) = {second} * {f} ({m} + 1) + {first} * {f} {m} := by\n"
            f"  intro {m}\n  simp only [{f}]\n  omega",
            f"rw [show {match[0].partition('(')[2][:-1]} = {apart} * {n} by omega]",
            f"induction {n} with\n| zero => decide\n| succ {n} {ih} =>\n"
            f"  rw [show {apart} * ({n} + 1) = {apart} * {n} + {apart} by omega, {key}]\n  omega",
        ),
        0.5,
    )


def calls(view: View, names: list[str]) -> list[Call]:
    """Where the target applies one of them to atoms, each once; those with the most variables first."""
    variables = {v.name: v.type for v in view.vars}
    found: dict[str, Call] = {}
    for name in names:
        space, _, field = name.rpartition(".")
        plain = rf"(?<![\w.'✝])(?=({re.escape(name)}((?: {_ATOM})+)))"  # calls may stand within calls
        for match in re.finditer(plain, view.target):
            found.setdefault(match[1], Call(name, match[1], tuple(re.findall(_ATOM, match[2]))))
        if space:
            behind = rf"(?<![\w.'✝])([^\W\d_][\w'₀-₉]*)\.{re.escape(field)}(?![\w'])((?: {_ATOM})*)"
            for match in re.finditer(behind, view.target):
                if variables.get(match[1], "").split(" ")[0] == space:
                    behind_one = _ARGUMENT.search(view.target[: match.start()]) is not None
                    more = [] if behind_one else re.findall(_ATOM, match[2])
                    text = match[0][: len(match[0]) - len(match[2])] if behind_one else match[0]
                    found.setdefault(text, Call(name, text, (match[1], *more)))
    some = [call for call in found.values() if any(argument in variables for argument in call.arguments)]
    return sorted(some, key=lambda call: sum(argument not in variables for argument in call.arguments))[:_MOST_CALLS]


def _fertilized(view: View, names: list[str]) -> Iterator[Proposal]:
    """Boyer and Moore's steps where induction is stuck (A Computational Logic, 1979): use its hypotheses, forget them,
    put variables in the place of what stands on both sides, and begin another induction."""
    seen, rename = view.revealed if view.hidden else (view, "")
    names = own(seen) or names
    unfold = ", ".join(names)
    closers = [f"(simp_all [{unfold}]; done)", f"(simp_all [{unfold}] <;> grind)"]
    if plain := [name for name in names if "." not in name]:  # others may be constructors, which `grind` refuses
        closers.insert(1, f"grind [{', '.join(plain)}]")
    hypotheses = [h.name for h in seen.props if h.name.startswith("ih")]
    if not hypotheses and any("induction" in tactic for tactic in view.history[1:]):
        return
    for use, target in _uses(seen):
        parts = connective(target)
        if not parts or parts[0] not in ("=", "↔", "≤"):
            continue
        steps = [step for step in (rename, use) if step]
        new: list[str] = []
        for term in _on_both_sides(seen, names, parts):
            new.append(seen.fresh("z", new))
            steps.append(f"generalize {term} = {new[-1]}")
            target = put(target, term, new[-1])
        if hypotheses:
            steps.append(f"clear {' '.join(hypotheses)}")
        elif not new:
            continue
        if new:
            yield seq(*steps), 0.2
        left = [v.name for v in seen.vars if v.value is None and _inducts(seen, v.type) and mentions(target, v.name)]
        for place, x in enumerate([*new, *left][:3]):
            yield (
                seq(*steps, f"induction {x} <;> first | {' | '.join(closers)}"),
                (0.35 if hypotheses else 0.1) * 0.7**place,
            )


def _uses(view: View) -> Iterator[tuple[str, str]]:
    """Ways to rewrite the target with the hypotheses of an induction, and what is left of it then."""
    target = view.target
    given = [(h.name, parts) for h in view.props if h.name.startswith("ih") and (parts := connective(h.type))]
    given = [(name, parts) for name, parts in given if parts[0] in ("=", "↔")]
    back = [(name, parts) for name, parts in given if stands_in(target, parts[2]) and not parts[2].isdigit()]
    if back:
        after = target
        sides = connective(target)
        looping = any(stands_in(parts[1], parts[2]) for _, parts in back)
        if looping and sides:  # rewriting the whole target would go on with what it has just written
            name, parts = back[0]
            yield f"(conv => rhs; rw [← {name}])", f"{sides[1]} {sides[0]} {put(sides[2], parts[2], _paren(parts[1]))}"
        elif not looping:
            for _, parts in back:
                after = put(after, parts[2], _paren(parts[1]))
            yield f"rw [{', '.join(f'← {name}' for name, _ in back)}]", after
    there = [(name, parts) for name, parts in given if stands_in(target, parts[1])]
    if there:
        after = target
        for _, parts in there:
            after = put(after, parts[1], _paren(parts[2]))
        yield f"rw [{', '.join(name for name, _ in there)}]", after
    yield "", target


def _on_both_sides(view: View, names: list[str], parts: tuple[str, str, str]) -> list[str]:
    """Definitions applied to variables, such as `flip xs`, that both sides of a relation speak of."""
    variables = {v.name for v in view.vars}
    both = replace(view, goal=replace(view.goal, target=f"{parts[1]} {parts[0]} {parts[2]}"))
    found = [call.text for call in calls(both, names) if all(argument in variables for argument in call.arguments)]
    return [text for text in found if stands_in(parts[1], text) and stands_in(parts[2], text)][:2]


def _induction(view: View, unfold: str, numeric: bool) -> Iterator[Proposal]:
    names, theorems = unfold.split(", "), proved(view)
    first = not any(h.name.startswith("ih") for h in view.props)
    seen: set[str] = set()
    found = calls(view, names)
    used = {word for call in found for word in IDENT.findall(" ".join(call.arguments))}
    anywhere = [v.name for v in view.vars if v.name in used and v.value is None and _data(v.type)]
    for index, call in enumerate(found):
        near = 1.0 if index == 0 else 0.6
        # The call itself is unfolded by the induction; again, by `simp`, some go on without an end.
        others = ", ".join(name for name in names if name != call.name)
        step = f"fun_induction {call.applied} <;> "
        yield step + (f"simp_all [{others}]" if others else "simp_all"), 0.32 * near
        yield step + (f"grind [{others}]" if others else "grind"), 0.3 * near
        yield f"{step}simp_all [{unfold}]", 0.22 * near
        yield f"{step}grind [{unfold}]", 0.24 * near
        if numeric:
            yield f"{step}simp_all [{unfold}] <;> omega", 0.2 * near
            yield f"{step}omega", 0.1 * near
        yield f"fun_induction {call.applied}", 0.15 * near
        if first and index == 0 and (free := _beside(view, call)):
            general, apart = f"fun_induction {call.applied} generalizing {' '.join(free)}", f"cases {free[0]}"
            yield f"{general} <;> {apart} <;> simp_all [Nat.mul_add]", 0.3
            yield f"{general} <;> grind [{others}]" if others else f"{general} <;> grind", 0.2
        yield from _accumulator(view, call, unfold)
        yield from _iterated(view, call, unfold)
        within = set(IDENT.findall(" ".join(call.arguments)))
        variables = [v.name for v in view.vars if v.name in within and v.value is None and _data(v.type)]
        variables.sort(key=lambda name: name not in call.arguments)
        for x in variables[:2]:
            if x in seen:
                continue
            seen.add(x)
            own_along = [name for name in variables if name != x]
            along = own_along or [name for name in anywhere if name != x][:3]
            general = f" generalizing {' '.join(along)}" if along else ""
            yield f"induction {x} <;> try simp only [{unfold}]", 0.12 * near
            for more in dict.fromkeys((general, "" if own_along else general)):
                yield f"induction {x}{more} <;> simp_all [{unfold}]", 0.26 * near
                if index == 0 or more == general:
                    yield f"induction {x}{more} <;> grind [{unfold}]", 0.22 * near
                if numeric and more == general:
                    yield f"induction {x}{more} <;> simp_all [{unfold}] <;> omega", 0.2 * near
            if index == 0 and theorems:
                known = ", ".join([*names, *theorems])
                yield f"induction {x}{general} <;> simp_all [{known}]", 0.3 * near
                yield f"induction {x}{general} <;> grind [{known}]", 0.28 * near
            if first and index == 0 and view.context:
                split = f"(repeat' split) <;> simp_all [{unfold}]"
                yield f"induction {x} <;> simp only [{unfold}] <;> {split} <;> grind", 0.24
                for inner in found:
                    if inner.arguments[-1:] == (x,) and inner.text != call.text and stands_in(call.text, inner.text):
                        yield _forgotten(view, inner, x, unfold), 0.3
            if index == 0 and len(names) > 1 and view.context:
                step = f"induction {x}{general} <;> simp_all [{unfold}]"
                yield f"{step} <;> (repeat' split) <;> simp_all [{unfold}]", 0.2 * near
                yield f"{step} <;> grind [{unfold}]", 0.22 * near


def _beside(view: View, call: Call) -> list[str]:
    """Numbers and lists of the target that a call is not applied to: they may have to change along with it."""
    within = set(IDENT.findall(" ".join(call.arguments)))
    kinds = ("Nat", "ℕ", "List ")
    return [
        v.name
        for v in view.vars
        if v.name not in within and v.value is None and v.type.startswith(kinds) and mentions(view.target, v.name)
    ][:3]


def _forgotten(view: View, inner: Call, xs: str, unfold: str) -> str:
    """`f (g xs) = xs` by induction: with `z` for `g xs` the list is `f z`, and only the step of `g` is left."""
    z, ih, x = (view.fresh(wish) for wish in ("z", "ih", "x"))
    use = f"simp_all [{unfold}]"
    return (
        f"(induction {xs} with\n| nil => {use}\n| cons {x} {xs} {ih} =>\n"
        f"  simp only [{unfold}] at *\n  generalize {inner.text} = {z} at *\n  subst {ih}\n"
        f"  cases {z} <;> {use} <;> (repeat' split) <;> {use} <;> grind)"
    )


def _folds(view: View) -> Iterator[Proposal]:
    """A function of the library or of the context with an accumulator: `xs.foldl f 0 = t`, `r xs [] = t`."""
    for match in _FOLD.finditer(view.target):
        call = Call("List.foldl", match[0], (match[1], match[2], match[3]))
        if any(v.name == match[3] and v.value is None for v in view.vars):
            yield from _accumulator(view, call, "")
    for f in [v.name for v in view.vars if v.type.count("→") > 1 and v.value is None]:
        for match in re.finditer(rf"(?<![\w.'✝]){re.escape(f)}((?: {_ATOM}){{2,}})", view.target):
            yield from _accumulator(view, Call(f, match[0], tuple(re.findall(_ATOM, match[1]))), "")


def _accumulator(view: View, call: Call, unfold: str) -> Iterator[Proposal]:
    """`f n 0 = t` follows from `∀ acc, f n acc = t + acc`, which induction can prove."""
    parts = view.connective
    if not parts or parts[0] != "=" or call.text not in (parts[1], parts[2]):
        return
    other = parts[2] if parts[1] == call.text else parts[1]
    variables = [v.name for v in view.vars if v.name in call.arguments and _data(v.type)]
    start = next((argument for argument in call.arguments if argument in _STARTS), None)
    if start is None or not variables:
        return
    name, acc = view.fresh("hacc"), view.fresh("acc")
    place = re.search(rf"(?<= ){re.escape(start)}(?= |$)", call.text)
    if place is None:
        return
    general = f"{call.text[: place.start()]}{acc}{call.text[place.end() :]}"
    use = f"simp_all [{unfold}]" if unfold else "simp_all"
    closers = (f"{use} <;> grind", f"grind [{unfold}]" if unfold else f"{use} <;> omega")
    for shape in _STARTS[start]:
        claim = f"{general} = {shape.format(t=_paren(other), a=acc)}"
        for closer in closers:
            lemma = f"have {name} : ∀ {acc}, {claim} := by\n  intro {acc}\n"
            lemma += f"  induction {variables[0]} generalizing {acc} <;> {closer}"
            yield seq(lemma, f"simpa using {name} {start}"), 0.4
        if start in ("true", "false") and any(v.name == variables[0] and v.type.startswith("List ") for v in view.vars):
            lemma = (
                f"have {name} : ∀ {acc}, {claim} := by\n  intro {acc}\n  induction {variables[0]} generalizing {acc}"
            )
            lemma += f" with\n  | nil => simp\n  | cons x xs ih => cases x <;> cases {acc} <;> {use} <;> grind"
            yield seq(lemma, f"simpa using {name} {start}"), 0.2


def _iterated(view: View, call: Call, unfold: str) -> Iterator[Proposal]:
    """`iter f (m * n) x`: by what so many steps after so many others come to."""
    *before, times, last = call.arguments if len(call.arguments) > 1 else ("", "")
    counted = _COUNTED.fullmatch(times)
    if counted is None or not any(v.name == counted[2] and v.type in NAT and v.value is None for v in view.vars):
        return
    fresh = view.namer()
    hadd, a, b, x = (fresh(wish) for wish in ("hadd", "a", "b", "x"))
    f = " ".join((call.name, *before))
    m, n = counted[1], counted[2]
    use = f"simp_all [{unfold}, Nat.add_right_comm]"
    steps = (
        f"first | (induction {a} generalizing {x} <;> {use}; done) | (induction {b} generalizing {x} <;> {use}; done)"
    )
    lemma = f"have {hadd} : ∀ {a} {b} {x}, {f} ({a} + {b}) {x} = {f} {b} ({f} {a} {x}) := by\n  intro {a} {b} {x}\n  "
    general = f" generalizing {last}" if any(v.name == last and v.value is None for v in view.vars) else ""
    ways = [f"simp_all [{unfold}, Nat.mul_succ{more}]" for more in ("", f", Nat.add_comm _ {m}")]
    closers = " | ".join(f"(induction {n}{general} <;> {way}; done)" for way in ways)
    yield seq(lemma + steps, f"first | (simp [{hadd}]; done) | {closers}"), 0.4


def _paren(text: str) -> str:
    parts = connective(text)
    return f"({text})" if parts or " " in text else text


def _inducts(view: View, kind: str) -> bool:
    """Could there be an induction on what has this type? Not where the type itself is a variable."""
    return _data(kind) and not any(v.name == kind for v in view.vars)


def _data(kind: str) -> bool:
    return not kind.startswith(("Type", "Sort", "Prop")) and "→" not in kind


__all__ = ["Call", "calls", "propose"]
