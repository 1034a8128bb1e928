"""Functional equations on the integers of which `f (a + b) + f 0 = f a + f b` follows: `f` is linear, up to a constant.

The equation at 0, at `a`, `b` and their sum, and at values of `f`, is left to `grind`; if Jensen's equation follows,
`fun n => k * n + c` takes the place of `f`, and what it satisfies is about two numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import Proposal, View, seq

_LAW = re.compile(r"∀ \(([\w'₀-₉]+) ([\w'₀-₉]+) : (?:Int|ℤ)\), (?!.*[→∀∃∨∧])(.* = .*)")
_PAIRS = "0 0,0 {a},0 {b},0 ({a} + {b}),{a} 0,{a} {b},{b} {a},0 ({a} - {b}),0 ({f} 0),({f} 0) 0,{a} ({f} {b})"
_POINTS = ("0 0", "0 1", "1 0", "1 1")


def propose(view: View) -> Iterator[Proposal]:
    functions = [v.name for v in view.vars if canonical(v.type) == "Int → Int" and v.value is None]
    for h in view.props:
        match = _LAW.fullmatch(h.type)
        used = [f for f in functions if match and len(re.findall(rf"(?<![\w.']){re.escape(f)}(?![\w'])", match[3])) > 1]
        if len(used) == 1:
            yield _linear(view, used[0], h.name), 0.5


def _linear(view: View, f: str, law: str) -> str:
    fresh = view.namer()
    a, b, k, c, hj, hl = (fresh(name) for name in ("a", "b", "k", "c", "hj", "hl"))
    pairs = _PAIRS.format(a=a, b=b, f=f).split(",")
    known = "".join(f"\n  have e{i} := {law} {pair}" for i, pair in enumerate(pairs))
    slope = f"({f} 1 - {f} 0) + {f} 0"
    names = [fresh("e") for _ in _POINTS]
    return seq(
        f"have {hj} : ∀ {a} {b}, {f} ({a} + {b}) + {f} 0 = {f} {a} + {f} {b} := by\n  intro {a} {b}{known}\n  grind",
        f"have {hl} : ∀ {k} : Nat, {f} ({k} : Int) = ({k} : Int) * {slope} ∧ "
        f"{f} (-({k} : Int)) = -({k} : Int) * {slope} := by\n  intro {k}\n  induction {k} with\n  | zero => simp\n"
        f"  | succ {k} ih =>\n    have e0 := {hj} {k} 1\n    have e1 := {hj} (-({k} + 1 : Int)) 1\n"
        f"    rw [show -({k} + 1 : Int) + 1 = -{k} by omega] at e1\n    push_cast\n    grind",
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
