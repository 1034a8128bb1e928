"""Functional equations on whole numbers: a formula by induction in both directions, and linear functions.

Where `f (a + b) + f 0 = f a + f b` follows, `f` is linear, up to a constant. The equation at 0, at `a`, `b` and their
sum, and at values of `f`, is left to `grind`; if Jensen's equation follows, `fun n => k * n + c` takes the place of
`f`, and what it satisfies is about two numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.terms import Term, applications, names_of, read, show, substitute
from prover.policy.tactics.view import INT, Proposal, View, case, have, seq

_LAW = re.compile(r"∀ \(([\w'₀-₉]+) ([\w'₀-₉]+) : (Int|ℤ|Nat|ℕ)\), (?!.*[→∀∃∨∧])(.* = .*)")
_NATURAL_PAIRS = "0 0,0 {a},0 {b},0 ({a} + {b}),{a} 0,{a} {b},{b} {a},0 ({f} 0),({f} 0) 0,{a} ({f} {b})"
_PAIRS = f"{_NATURAL_PAIRS},0 ({{a}} - {{b}})"
_ZERO = "0 0,0 ({f} 0),({f} 0) 0,0 1,1 0"
_ZEROS = "Int.zero_add, Int.zero_sub"
_POINTS = ("0 0", "0 1", "1 0", "1 1")


def propose(view: View) -> Iterator[Proposal]:
    kinds = {v.name: canonical(v.type) for v in view.vars if v.value is None}
    for h in view.props:
        match = _LAW.fullmatch(h.type)
        if match is None:
            continue
        kind = canonical(match[3])
        functions = [f for f, each in kinds.items() if each == f"{kind} → {kind}"]
        used = [f for f in functions if len(re.findall(rf"(?<![\w.']){re.escape(f)}(?![\w'])", match[4])) > 1]
        if len(used) == 1 and kind == "Nat":
            yield _proportional(view, used[0], h.name), 0.6
        elif len(used) == 1:
            yield _linear(view, used[0], h.name), 0.5
            for formula in (_by_formula, _by_two_members):
                if (proof := formula(view, used[0], h.name)) is not None:
                    yield proof, 0.94


def _formula(view: View, f: str) -> tuple[str, Term, list[str]] | None:
    """The variable and the other side of a claim `f x = …` for all integers, and what introduces the variable."""
    target = read(view.target)
    binder = target.name if target is not None and target.op == "∀" and canonical(target.kind) == "Int" else None
    claim = target.args[0] if target is not None and binder is not None else target
    if claim is None or claim.op != "=" or claim.args[0].op != "app" or claim.args[0].args[0].name != f:
        return None
    x = claim.args[0].args[1]
    if x.op != "var" or x.name not in {binder, *view.of_type(INT)}:
        return None
    return x.name, claim.args[1], [f"intro {x.name}"] if binder else []


def _by_formula(view: View, f: str, law: str) -> str | None:
    """A claim `f x = …` for all integers, by induction in both directions: the law at `k` and 1 is a step."""
    found = _formula(view, f)
    if found is None or f in names_of(found[1]):
        return None
    x, formula, taken = found
    fresh = view.namer()
    k, key, m, e0, e1, ih = (fresh(name) for name in ("k", "hk", "m", "e", "e", "ih"))
    sides = []
    for at in (f"({k} : Int)", f"(-({k} : Int))"):
        value = substitute(formula, {x: Term("var", name=at)})
        sides.append(f"{f} {at} = {show(value)}")
    steps = [
        f"have {key} : ∀ {k} : Nat, {' ∧ '.join(sides)} := by\n  intro {k}\n  induction {k} with\n"
        f"  | zero => have {e0} := {law} 0 0; clear {law}; simp at *; grind\n"
        f"  | succ {k} {ih} =>\n    have {e0} := {law} {k} 1\n    have {e1} := {law} (-({k} + 1 : Int)) 1\n"
        f"    rw [show -({k} + 1 : Int) + 1 = -{k} by omega] at {e1}\n    clear {law}\n    push_cast\n    grind",
        *taken,
        f"rcases Int.eq_nat_or_neg {x} with ⟨{m}, rfl | rfl⟩",
        f"· exact ({key} {m}).1",
        f"· exact ({key} {m}).2",
    ]
    return seq(*steps)


def _by_two_members(view: View, f: str, law: str) -> str | None:
    """A claim `f n = …` that may speak of `f 1`: two members at once by induction, from the law at `k + 1` and 1, and
    those of negative numbers from the law at 0."""
    found = _formula(view, f)
    if found is None or any(c.args[1].op != "num" for c in applications(found[1]) if c.args[0].name == f):
        return None
    x, formula, taken = found
    fresh = view.namer()
    k, key, ih, zero, m, e0, e1 = (fresh(name) for name in ("k", "hk", "ih", "hz", "m", "e", "e"))

    def member(place: str) -> str:
        value = substitute(formula, {x: Term("var", name=place)})
        return f"{f} {place} = {show(value)}"

    at_zero = [f"have {e0} := {law} 0 0", f"have {e1} := {law} 0 1", f"simp at {e0} {e1}"]
    return seq(
        have(zero, f"{f} 0 = {show(substitute(formula, {x: Term('num', name='0')}))}", [*at_zero, "grind"]),
        f"have {key} : ∀ {k} : Nat, {member(f'({k} : Int)')} ∧ {member(f'(({k} : Int) + 1)')} := by\n  intro {k}\n"
        f"  induction {k} with\n  | zero => first | (simp [{zero}]; done) | (simp_all; grind) | grind\n"
        f"  | succ {k} {ih} =>\n    have {e0} := {law} ({k} + 1) 1\n"
        f"    rw [show ({k} : Int) + 1 - 1 = {k} by omega] at {e0}\n    clear {law}\n    push_cast\n    grind",
        *taken,
        f"rcases Int.eq_nat_or_neg {x} with ⟨{m}, rfl | rfl⟩",
        f"· exact ({key} {m}).1",
        case([f"have {e0} := {key} {m}", f"have {e1} := {law} 0 {m}", f"simp only [{_ZEROS}] at {e1}", "grind"]),
    )


def _proportional(view: View, f: str, law: str) -> str:
    """On the natural numbers, where `f 0 = 0` and `f (a + b) = f a + f b` follow: `f n = n * f 1`."""
    fresh = view.namer()
    a, b, k, c, hz, hj, hl, ih = (fresh(name) for name in ("a", "b", "k", "c", "hz", "hj", "hl", "ih"))

    def known(pairs: str) -> str:
        texts = pairs.format(a=a, b=b, f=f).split(",")
        return "".join(f"\n  have {fresh('e')} := {law} {pair}" for pair in texts) + f"\n  clear {law}"

    names = [fresh("e") for _ in _POINTS]
    zero, pairs = (known(each) for each in (_ZERO, _NATURAL_PAIRS))
    return seq(
        f"have {hz} : {f} 0 = 0 := by{zero}\n  grind",
        f"have {hj} : ∀ {a} {b}, {f} ({a} + {b}) = {f} {a} + {f} {b} := by\n  intro {a} {b}{pairs}\n  grind",
        f"have {hl} : ∀ {k}, {f} {k} = {k} * {f} 1 := by\n  intro {k}\n  induction {k} with\n  | zero => simp [{hz}]\n"
        f"  | succ {k} {ih} => rw [{hj} {k} 1, {ih}]; grind",
        f"obtain ⟨{c}, rfl⟩ : ∃ {c} : Nat, {f} = fun n => n * {c} := ⟨{f} 1, funext {hl}⟩",
        f"clear {hj} {hl} {hz}",
        *(f"have {name} := {law} {point}" for name, point in zip(names, _POINTS, strict=True)),
        f"simp at {' '.join(names)}",
        "simp only [] at *",
        "first | grind | skip",
    )


def _linear(view: View, f: str, law: str) -> str:
    fresh = view.namer()
    a, b, k, c, hj, hl = (fresh(name) for name in ("a", "b", "k", "c", "hj", "hl"))
    pairs = _PAIRS.format(a=a, b=b, f=f).split(",")
    known = "".join(f"\n  have {fresh('e')} := {law} {pair}" for pair in pairs)
    rest = f"({f} 1 - {f} 0) + {f} 0"
    names = [fresh("e") for _ in _POINTS]
    e0, e1, ih = fresh("e"), fresh("e"), fresh("ih")
    return seq(
        f"have {hj} : ∀ {a} {b}, {f} ({a} + {b}) + {f} 0 = {f} {a} + {f} {b} := by\n  intro {a} {b}{known}\n  grind",
        f"have {hl} : ∀ {k} : Nat, {f} ({k} : Int) = ({k} : Int) * {rest} ∧ "
        f"{f} (-({k} : Int)) = -({k} : Int) * {rest} := by\n  intro {k}\n  induction {k} with\n  | zero => simp\n"
        f"  | succ {k} {ih} =>\n    have {e0} := {hj} {k} 1\n    have {e1} := {hj} (-({k} + 1 : Int)) 1\n"
        f"    rw [show -({k} + 1 : Int) + 1 = -{k} by omega] at {e1}\n    push_cast\n    grind",
        f"obtain ⟨{k}, {c}, rfl⟩ : ∃ {k} {c} : Int, {f} = fun n => {k} * n + {c} := ⟨{f} 1 - {f} 0, {f} 0, "
        f"funext fun n => by\n  rcases Int.eq_nat_or_neg n with ⟨m, rfl | rfl⟩\n  · rw [({hl} m).1]; grind\n"
        f"  · rw [({hl} m).2]; grind⟩",
        f"clear {hj} {hl}",
        *(f"have {name} := {law} {point}" for name, point in zip(names, _POINTS, strict=True)),
        f"simp at {' '.join(names)}",
        "simp only [] at *",
        "first | grind | skip",
    )


__all__ = ["propose"]
