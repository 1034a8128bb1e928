"""Sequences given by their first values and a rule: closed forms, single values, and what holds of all their members.

The rule is evaluated in Python to find out what is true of the sequence (a polynomial, a geometric part, a period);
Lean proves it by induction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from prover.policy.tactics.evaluate import Value, canonical
from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.sequences.definite import Sequence, members, plus, sequences
from prover.policy.tactics.terms import Term, applications, at_least, premises, read, show, substitute
from prover.policy.tactics.view import NAT, Proposal, View, seq

_MOST_PERIOD = 60
_LONGEST_PERIOD = 24
_HIGHEST_DEGREE = 5
# Fewer members show nothing; so many are looked at for their signs.
_LEAST_MEMBERS, _FEW = 8, 4


def propose(view: View) -> Iterator[Proposal]:
    found = [s for s in sequences(view) if s.kind in ("Nat", "Int", "Rat")]
    for sequence in found[:2]:
        yield from _universal(view, sequence)
        yield from _member(view, sequence)
    if len(found) > 1:
        yield from _all_closed(view, found[:3])


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
        lows = [at_least(h, n) for h in hypotheses]
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
        bounds = [at_least(term, n) for h in view.props if (term := read(h.type)) is not None]
        low = max([0, *(bound for bound in bounds if bound is not None)])
    if not any(a.args[0].name == s.name for a in applications(claim)):
        return
    first = max(low, s.start)
    k, ih, key, hr, hx = (view.fresh(name) for name in ("k", "ih", "hk", "hr", "hx"))
    parts = [show(substitute(claim, {n: plus(k, first + i)})) for i in range(s.order)]
    statement = " ∧ ".join(f"({part})" for part in parts)
    guard = " (by omega)" if s.guarded else ""
    rewriting = f"simp only [{s.rule}, Nat.pow_succ, Int.pow_succ] at *"
    conclude = [intro] if intro else []
    if first:
        conclude.append(f"have {hx} := {key} ({n} - {first})")
        conclude += [f"simp only [show {n} - {first} + {first} = {n} from by omega] at {hx}", "grind"]
    else:
        conclude.append(f"exact ({key} {n}){'.1' if s.order > 1 else ''}")
    member = f"({s.name} {show(plus(k, first), 1024)})"
    twice = f"have hm := Nat.mul_le_mul_right {member} (show 2 ≤ {member} by omega)"
    squared = (
        f"have {hr} := {s.rule} ({show(plus(k, first + s.shift))}){guard}; {twice}; rw [Nat.pow_two] at {hr}; omega"
    )
    for finish, weight in (
        (f"have {hr} := {s.rule} ({show(plus(k, first + s.shift))}){guard}\n    grind", 0.9),
        (f"{rewriting}; grind", 0.6),
        *([(squared, 0.55)] if s.kind == "Nat" and s.order == 1 and " ^ 2" in show(s.body) else []),
    ):
        induct = (
            f"have {key} : ∀ {k} : Nat, {statement} := by\n  intro {k}\n  induction {k} with\n"
            f"  | zero => first | (simp_all; done) | grind\n  | succ {k} {ih} =>\n    {finish}"
        )
        yield seq(induct, *conclude), weight
    if s.order == 1 and not first and not s.guarded and not s.shift and s.variable not in _outside(s.body):
        x, bases = view.fresh("x"), [name for name, _ in s.bases.values()]
        known = ", ".join([*bases, s.rule])
        step = [
            f"try simp only [{s.rule}] at {ih}",
            f"simp only [{s.rule}]",
            f"generalize {s.name} {k} = {x} at {ih} ⊢",
        ]
        base = f"(simp_all; done) | (simp only [{known}]; decide +kernel) | grind"
        begin = f"induction {n}\n· first | {base}\nrename_i {k} {ih}"
        body = of_term(s.body, division=True, atoms=True)
        linear = body is not None and body.degree <= 1 and not any(name.endswith("⁻¹") for name in body.names)
        steps = [*([intro] if intro else []), begin, *step, f"clear {' '.join([s.rule, *bases])}"]
        yield seq(*steps), 0.4 if linear else 0.85
        values = members(s, 0, _FEW) if s.kind == "Rat" and not linear else []
        if values and all(isinstance(value, int | Fraction) and value > 0 for value in values):
            positive = _positive(view, s, base)
            at, m = view.fresh("hp"), view.fresh("m", [x])
            step = [
                f"have {at} := {positive[0]} {k}",
                f"simp only [{s.rule}]",
                "try push_cast",
                f"generalize {s.name} {k} = {x} at {ih} {at} ⊢",
                f"try generalize ({k} : Rat) = {m} at {ih} ⊢",
            ]
            cleared = f"clear {' '.join([positive[0], s.rule, *bases])}"
            yield seq(positive[1], *([intro] if intro else []), begin, *step, cleared), 0.8


def _positive(view: View, s: Sequence, base: str) -> tuple[str, str]:
    """That all members are positive, as far as Lean finds it, by name and as a step."""
    fresh = view.namer()
    name, k, ih, hi, hm = (fresh(wish) for wish in ("hpos", "k", "ih", "hi", "hm"))
    by_terms = f"have {hi} := Rat.inv_pos.mpr {ih}; have {hm} := Rat.mul_pos {ih} {ih}; grind"
    by_quotient = "rw [Rat.div_def]; exact Rat.mul_pos (by grind) (Rat.inv_pos.mpr (by grind))"
    step = f"simp only [{s.rule}]; first | ({by_quotient}) | ({by_terms})"
    lines = f"intro {k}\n  induction {k} with\n  | zero => first | {base}\n  | succ {k} {ih} => {step}"
    return name, f"have {name} : ∀ {k}, 0 < {s.name} {k} := by\n  {lines}"


def _outside(term: Term) -> set[str]:
    """The variables that stand elsewhere than in the arguments of functions."""
    if term.op == "app":
        return set()
    return {term.name} if term.op == "var" else {name for arg in term.args for name in _outside(arg)}


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
    values = members(s, first, 60)
    if len(values) < _LEAST_MEMBERS:
        return
    k, key, ih = view.fresh("k"), view.fresh("hk"), view.fresh("ih")
    guard = " (by omega)" if s.guarded else ""
    for period, begin in _periods(values):
        if period <= _LONGEST_PERIOD:
            yield _periodic(s, values, first + begin, begin, period, far, (k, key, ih), guard), 0.91
    lemma = _closed(s, values, first, (k, key, ih))
    if lemma is not None:
        part = ".1" if s.order > 1 else ""
        hints = "; ".join(f"have hx{i} := ({key} {n - first}){part}" for i, n in enumerate(far[:3]))
        yield seq(lemma, hints, "first | (simp_all; done) | grind | omega"), 0.6


def _closed(s: Sequence, values: list[Value], first: int, names: tuple[str, str, str]) -> str | None:
    """The lemma that the members from `first` on are a polynomial, by induction; None where they are none."""
    form = closed_form(values) if len(values) >= _LEAST_MEMBERS else None
    if form is None:
        return None
    k, key, ih = names
    denominator, text = form
    times = f"{denominator} * " if denominator != 1 else ""

    def claim(i: int) -> str:
        place = f"({k} + {first + i})" if first + i else k
        index = k if s.kind == "Nat" else f"({k} : {s.kind})"
        return f"{times}{s.name} {place} = {text.replace('k', f'({index} + {i})' if i else index)}"

    claims = " ∧ ".join(claim(i) if s.order == 1 else f"({claim(i)})" for i in range(s.order))
    guard = " (by omega)" if s.guarded else ""
    return (
        f"have {key} : ∀ {k} : Nat, {claims} := by\n  intro {k}\n  induction {k} with\n"
        f"  | zero => first | (simp_all; done) | grind\n"
        f"  | succ {k} {ih} =>\n    have hr := {s.rule} ({k} + {first + s.shift}){guard}\n    grind"
    )


def _all_closed(view: View, found: list[Sequence]) -> Iterator[Proposal]:
    """What relates the members of several sequences at one place, by a closed form of each."""
    target = read(view.target)
    calls = [a for a in applications(target) if len(a.args) == 2] if target is not None else []
    places = {a.args[1] for a in calls if a.args[0].name in {s.name for s in found}}
    place = next(iter(places)) if len(places) == 1 else None
    if place is None or place.op != "var" or place.name not in view.of_type(NAT):
        return
    lemmas, uses = [], []
    for i, s in enumerate(found):
        names = view.fresh("k"), view.fresh(f"hk{i}"), view.fresh("ih")
        lemma = _closed(s, members(s, 0, 60), 0, names) if s.start == 0 and s.bases else None
        if lemma is None:
            return
        lemmas.append(lemma)
        uses.append(f"have {names[1]} := ({names[1]} {place.name}){'.1' if s.order > 1 else ''}")
    yield seq(*lemmas, *uses, "first | (simp_all; done) | omega | grind"), 0.7


def _periodic(
    s: Sequence,
    values: list[Value],
    at: int,
    begin: int,
    period: int,
    far: list[int],
    names: tuple[str, str, str],
    guard: str,
) -> str:
    """`∀ k, f (period * k + at) = v`, for all places of one period, by the one before; then the far members."""
    k, key, ih = names
    width = max(period, s.order)

    def member(place: int) -> str:
        return f"{s.name} ({period} * {k}{f' + {place}' if place else ''}) = {_literal(values[place - at + begin])}"

    def part(whole: str, i: int) -> str:
        return whole + ".2" * i + (".1" if i < width - 1 else "") if width > 1 else whole

    claim = " ∧ ".join(member(at + i) for i in range(width))
    known = [f"{ih}{i}" for i in range(width)]
    bases = ", ".join([*(name for name, _ in s.bases.values()), s.rule])
    lines = [f"obtain ⟨{', '.join(known)}⟩ := {ih}" if width > 1 else f"have {known[0]} := {ih}"]
    for i in range(width, width + period):
        before = at + i - s.order + s.shift
        argument = f"({period} * {k}{f' + {before}' if before else ''}){guard}"
        lines.append(f"have {ih}{i} : {member(at + i)} := ({s.rule} {argument}).trans (by {_simple(s, known)})")
        known.append(f"{ih}{i}")
    result = known[-width:]
    lines.append(f"exact ⟨{', '.join(result)}⟩" if width > 1 else f"exact {result[0]}")
    step = "".join(f"\n    {line}" for line in lines)
    induct = (
        f"have {key} : ∀ {k} : Nat, {claim} := by\n  intro {k}\n  induction {k} with\n"
        f"  | zero => first | (simp [{bases}]; done) | (simp [{bases}]; grind)\n  | succ {k} {ih} =>{step}"
    )
    last: list[str] = []
    shown: list[str] = []
    for n in dict.fromkeys(n for n in far if n >= at):
        place, rest = divmod(n - at, period)
        shown.append(f"hx{len(shown)}")
        value = _literal(values[begin + rest])
        last.append(f"have {shown[-1]} : {s.name} {n} = {value} := {part(f'({key} {place})', rest)}")
    lemmas = ", ".join([*shown, *(name for place, (name, _) in s.bases.items() if place in far)])
    return seq(induct, *last, f"first | (simp [{lemmas}]; done) | (simp only [{lemmas}]; decide +kernel)")


def _simple(s: Sequence, known: list[str]) -> str:
    """Computes a member from others; `simp` does not compute with fractions."""
    lemmas = ", ".join(known[-s.order :])
    return f"first | (simp [{lemmas}]; grind) | (simp [{lemmas}]; done)" if s.kind == "Rat" else f"simp [{lemmas}]"


def _literal(value: Value) -> str:
    return f"({value})" if value < 0 or isinstance(value, Fraction) else str(value)


def _periods(values: list[Value]) -> Iterator[tuple[int, int]]:
    """The least period of the members from some place on, with that place."""
    for begin in range(0, 8):
        for period in range(1, min(_MOST_PERIOD, len(values) // 3)):
            rest = values[begin:]
            if len(rest) < 2 * period + 2:
                break
            if all(rest[i] == rest[i + period] for i in range(len(rest) - period)):
                yield period, begin
                return


def closed_form(values: list[Value]) -> tuple[int, str] | None:
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
    denominator = math.lcm(*(c.denominator for c in total))
    whole = [int(c * denominator) for c in total]
    while len(whole) > 1 and whole[-1] == 0:
        whole.pop()
    if any(c < 0 for c in whole) and isinstance(values[0], int) and min(values) >= 0:
        return None
    parts = [f"{c} * k ^ {i}" if i > 1 else f"{c} * k" if i else str(c) for i, c in enumerate(whole) if c]
    return denominator, " + ".join(parts) or "0"
