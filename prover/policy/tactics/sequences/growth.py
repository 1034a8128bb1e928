"""Functions of natural numbers that grow from each argument to the next, functions that never do, and even steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import permutations

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import Proposal, View, have, seq

_MOST_PLACES = 4
_EACH = r"∀ \((?P<n>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) "
_INCREASING = re.compile(
    r"∀ \((?P<a>\S+) (?P<b>\S+) : (?:Nat|ℕ)\), (?P=a) < (?P=b) → (?P<f>\S+) "
    r"(?:(?P=a) < (?P=f) (?P=b)|(?P=b) > (?P=f) (?P=a))"
)
_STEP = re.compile(_EACH + r"(?:(?P=n) < (?P=f) \((?P=n) \+ 1\)|\((?P=n) \+ 1\) > (?P=f) (?P=n))")
_NESTED = re.compile(
    _EACH + r"(?:\((?P=f) (?P=n)\) < (?P=f) \((?P=n) \+ 1\)|\((?P=n) \+ 1\) > (?P=f) \((?P=f) (?P=n)\))"
)
_FALLING = re.compile(_EACH + r"(?:\((?P=n) \+ 1\) ≤ (?P=f) (?P=n)|(?P=n) ≥ (?P=f) \((?P=n) \+ 1\))")
_FALLS = re.compile(_EACH + r"(?:\((?P=n) \+ 1\) < (?P=f) (?P=n)|(?P=n) > (?P=f) \((?P=n) \+ 1\))")
_RISES = re.compile(r"∃ (?P<n>\S+), (?P<f>\S+) (?:(?P=n) ≤ (?P=f) \((?P=n) \+ 1\)|\((?P=n) \+ 1\) ≥ (?P=f) (?P=n))")
_BELOW = re.compile(_EACH + r"(?P=n) ≤ (?P=n)")
_INJECTIVE = re.compile(r"∀ \((?P<a>\S+) (?P<b>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) (?P=a) = (?P=f) (?P=b) → (?P=a) = (?P=b)")
_BY_STEPS = re.compile(_EACH + r"\((?P=n) \+ 1\) = (?P=f) (?P=n) \+ (?P<c>\d{1,6})")


def propose(view: View) -> Iterator[Proposal]:
    functions = {v.name for v in view.vars if canonical(v.type) == "Nat → Nat"}
    if not functions:
        return
    yield from _growing(view, functions)
    yield from _gaps(view, functions)
    yield from _least_value(view, functions)
    yield from _injective_below(view, functions)
    yield from _falling(view, functions)
    yield from _endless(view, functions)
    yield from _steps(view, functions)


def _laws(view: View, functions: set[str], *forms: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """The hypotheses that say something of that form about one of the functions."""
    for h in view.props:
        match = next((m for form in forms if (m := form.fullmatch(h.type))), None)
        if match is not None and match["f"] in functions:
            yield h.name, match


def _growing(view: View, functions: set[str]) -> Iterator[Proposal]:
    """Values are at least as large as their arguments; and where `f (f n) < f (n + 1)`, they are their arguments."""
    for law, match in _laws(view, functions, _INCREASING, _STEP, _NESTED):
        f, fresh = match["f"], view.namer()
        hall, hge, hlt, hstep = (fresh(name) for name in ("hall", "hge", "hlt", "hstep"))
        n, m, h, ih = (fresh(name) for name in ("n", "m", "h", "ih"))
        steps: list[str] = []
        step = law
        if match.re is _NESTED:
            larger = f"Nat.lt_of_le_of_lt ({hall} ({f} {n}) ({f} {n}) (Nat.le_refl _)) ({law} {n})"
            steps += [_all_from(f, law, hall, fresh), f"have {hstep} := fun {n} => {larger}"]
            step = hstep
        if match.re is _INCREASING:
            step = f"(fun {n} => {law} {n} ({n} + 1) (Nat.lt_succ_self {n}))"
        else:
            climb = [
                f"intro {m} {n} {h}",
                f"induction {h} with",
                f"| refl => exact {step} {m}",
                f"| step _ {ih} => exact Nat.lt_trans {ih} ({step} _)",
            ]
            steps.append(have(hlt, f"∀ {m} {n}, {m} < {n} → {f} {m} < {f} {n}", climb))
        base = [
            f"intro {n}",
            f"induction {n} with",
            "| zero => exact Nat.zero_le _",
            f"| succ {n} {ih} => exact Nat.lt_of_le_of_lt {ih} ({step} {n})",
        ]
        steps.append(have(hge, f"∀ {n}, {n} ≤ {f} {n}", base))
        if match.re is _NESTED:
            first, second, third = (fresh(name) for name in ("h", "h", "h"))
            below = [
                f"intro {n}",
                f"have {first} := {law} {n}",
                f"have {second} := {hge} {n}",
                f"rcases Nat.lt_trichotomy ({f} {n}) ({n} + 1) with {h} | {h} | {h}",
                "· omega",
                f"· rw [{h}] at {first}; omega",
                f"· have {third} := {hlt} _ _ {h}; omega",
            ]
            steps.append(have(fresh("hid"), f"∀ {n}, {f} {n} = {n}", below))
        yield seq(*steps, "grind"), 0.89
        yield seq(*steps), 0.15
        return


def _gaps(view: View, functions: set[str]) -> Iterator[Proposal]:
    """Values lie at least as far apart as their arguments, those that are spoken of and 0."""
    for law, match in _laws(view, functions, _INCREASING, _STEP):
        f, fresh = match["f"], view.namer()
        told = "\n".join([view.target, *(h.type for h in view.props if h.name != law and "∀" not in h.type)])
        spoken = re.findall(rf"(?<![\w.'✝]){re.escape(f)} ([\w'₀-₉]+|\([^()]+\))(?![\w'])", told)
        places = list(dict.fromkeys(spoken))
        if any(binder in told for binder in ("∀", "∃", "fun ")) or not 2 <= len(places) <= _MOST_PLACES:
            continue
        gap, d, n, ih, h, known = (fresh(name) for name in ("hgap", "d", "n", "ih", "h", "hk"))
        step = f"{law} _ _ (Nat.lt_succ_self _)" if match.re is _INCREASING else f"{law} _"
        lines = [
            f"intro {d} {n}",
            f"induction {d} with",
            "| zero => exact Nat.le_refl _",
            f"| succ {d} {ih} => exact Nat.lt_of_le_of_lt {ih} ({step})",
        ]
        steps = [have(gap, f"∀ {d} {n}, {f} {n} + {d} ≤ {f} ({n} + {d})", lines)]
        sums = [(a, b, more) for a, b in permutations(places, 2) if (more := _more(a, b))]
        steps += [f"have {fresh('hg')} := {gap} {more} {a}" for a, _, more in sums]
        apart = [pair for pair in permutations(places, 2) if not any(set(pair) == {a, b} for a, b, _ in sums)]
        for a, b in [*apart, *(("0", place) for place in places)]:
            proof = f"fun {h} => by have {known} := {gap} ({b} - {a}) {a}; rwa [Nat.add_sub_cancel' {h}] at {known}"
            steps.append(f"have {fresh('hg')} : {a} ≤ {b} → {f} {a} + ({b} - {a}) ≤ {f} {b} := {proof}")
        yield seq(*steps, f"clear {gap} {law}", "first | omega | grind"), 0.895 if sums else 0.7
        return


def _more(a: str, b: str) -> str:
    """What the sum `b` adds to its first term `a`; empty where it is no such sum."""
    match = re.fullmatch(rf"\({re.escape(a)} \+ ([\w'₀-₉]+)\)", b)
    return match[1] if match is not None else ""


def _injective_below(view: View, functions: set[str]) -> Iterator[Proposal]:
    """An injective function whose values are at most their arguments changes none."""
    injective = {match["f"]: h.name for h in view.props if (match := _INJECTIVE.fullmatch(h.type)) is not None}
    for law, match in _laws(view, functions & injective.keys(), _BELOW):
        f, fresh = match["f"], view.namer()
        hid, n, ih, h, hl = (fresh(name) for name in ("hid", "n", "ih", "h", "hl"))
        lines = [
            f"intro {n}",
            f"induction {n} using Nat.strongRecOn with",
            f"| _ {n} {ih} =>",
            f"  have {h} := {law} {n}",
            f"  rcases Nat.lt_or_ge ({f} {n}) {n} with {hl} | {hl}",
            f"  · exact absurd ({injective[f]} _ _ ({ih} _ {hl})) (by omega)",
            "  · omega",
        ]
        yield seq(have(hid, f"∀ {n}, {f} {n} = {n}", lines), f"first | exact {hid} | exact {hid} _ | grind"), 0.85


def _least_value(view: View, functions: set[str]) -> Iterator[Proposal]:
    """`∃ i j, i < j ∧ f i ≤ …`: where the function has its least value."""
    match = re.match(r"∃ ([\w']+)(?: ([\w']+))?, ", view.target)
    called = [f for f in sorted(functions) if re.search(rf"(?<![\w.'✝]){re.escape(f)} ", view.target)]
    if match is None or len(called) != 1 or "≤" not in view.target:
        return
    f, fresh = called[0], view.namer()
    m, hm = fresh("m"), fresh("hm")
    steps = _least(f, fresh, m, hm)
    witness = f"⟨{m}, {m} + 1, by simp [{hm}]⟩" if match[2] else f"⟨{m}, by simp [{hm}]⟩"
    yield seq(*steps, f"exact {witness}"), 0.6
    yield seq(*steps), 0.1


def _least(f: str, fresh: Callable[[str], str], m: str, hm: str) -> list[str]:
    """Steps to an argument of these names where the function has its least value."""
    least, v, k, n, h, ih = (fresh(name) for name in ("hleast", "v", "k", "n", "h", "ih"))
    lines = [
        f"intro {v}",
        f"induction {v} with",
        f"| zero => exact fun {k} {h} => ⟨{k}, fun {n} => by omega⟩",
        f"| succ {v} {ih} =>",
        f"  intro {k} {h}",
        f"  by_cases {hm} : ∃ {n}, {f} {n} < {f} {k}",
        f"  · obtain ⟨{n}, {hm}⟩ := {hm}; exact {ih} {n} (by omega)",
        f"  · exact ⟨{k}, fun {n} => Nat.le_of_not_lt fun {h} => {hm} ⟨{n}, {h}⟩⟩",
    ]
    return [
        have(least, f"∀ {v} {k}, {f} {k} ≤ {v} → ∃ {m}, ∀ {n}, {f} {m} ≤ {f} {n}", lines),
        f"obtain ⟨{m}, {hm}⟩ := {least} ({f} 0) 0 (Nat.le_refl _)",
    ]


def _all_from(f: str, law: str, name: str, fresh: Callable[[str], str]) -> str:
    """From some argument on, all values are at least it, by induction on that."""
    m, n, h, ih = (fresh(wish) for wish in ("m", "n", "h", "ih"))
    lines = [
        f"intro {m}",
        f"induction {m} with",
        "| zero => exact fun _ _ => Nat.zero_le _",
        f"| succ {m} {ih} =>",
        f"  intro {n} {h}",
        f"  cases {n} with",
        "  | zero => omega",
        f"  | succ {n} => exact Nat.lt_of_le_of_lt ({ih} _ ({ih} {n} (by omega))) ({law} {n})",
    ]
    return have(name, f"∀ {m} {n}, {m} ≤ {n} → {m} ≤ {f} {n}", lines)


def _falling(view: View, functions: set[str]) -> Iterator[Proposal]:
    """A function that never grows takes its least value from some argument on."""
    for law, match in _laws(view, functions, _FALLING):
        f, fresh = match["f"], view.namer()
        hall, hm, h, ih, m, n = (fresh(name) for name in ("hanti", "hm", "h", "ih", "m", "n"))
        lower = [
            f"intro {m} {n} {h}",
            f"induction {h} with",
            "| refl => exact Nat.le_refl _",
            f"| step _ {ih} => exact Nat.le_trans ({law} _) {ih}",
        ]
        steps = [
            have(hall, f"∀ {m} {n}, {m} ≤ {n} → {f} {n} ≤ {f} {m}", lower),
            *_least(f, fresh, m, hm),
        ]
        end = f"exact ⟨{m}, fun {n} {h} => Nat.le_antisymm ({hall} _ _ {h}) ({hm} {n})⟩"
        yield seq(*steps, f"first | {end} | grind"), 0.89
        yield seq(*steps), 0.15
        return


def _endless(view: View, functions: set[str]) -> Iterator[Proposal]:
    """No function into the natural numbers falls for ever."""
    found = _RISES.fullmatch(view.target)
    fresh = view.namer()
    law, key, hn, n, h, ih = (fresh(name) for name in ("hfall", "hkey", "hn", "n", "h", "ih"))
    steps: list[str] = []
    if found is not None and found["f"] in functions:
        f = found["f"]
        steps += ["apply Classical.byContradiction", f"intro {hn}"]
        falls = f"fun {n} => Nat.lt_of_not_le fun {h} => {hn} ⟨{n}, {h}⟩"
        steps.append(f"have {law} : ∀ {n}, {f} ({n} + 1) < {f} {n} := {falls}")
    elif view.target == "False" and (laws := list(_laws(view, functions, _FALLS))):
        law, f = laws[0][0], laws[0][1]["f"]
    else:
        return
    below = [f"intro {n}", f"induction {n} with", "| zero => exact Nat.le_refl _"]
    below.append(f"| succ {n} {ih} => have {h} := {law} {n}; omega")
    steps.append(have(key, f"∀ {n}, {f} {n} + {n} ≤ {f} 0", below))
    yield seq(*steps, f"have {h} := {key} ({f} 0 + 1)", "omega"), 0.89


def _steps(view: View, functions: set[str]) -> Iterator[Proposal]:
    """A function that grows by the same number at each step, from a first value that is not told."""
    for law, match in _laws(view, functions, _BY_STEPS):
        f, c, fresh = match["f"], match["c"], view.namer()
        key, n, ih = (fresh(name) for name in ("hsteps", "n", "ih"))
        lines = [f"intro {n}", f"induction {n} with", "| zero => rfl", f"| succ {n} {ih} => rw [{law}, {ih}]; omega"]
        yield seq(have(key, f"∀ {n}, {f} {n} = {f} 0 + {c} * {n}", lines), "grind"), 0.6
        return


__all__ = ["propose"]
