"""Functions of two numbers that are defined level by level, as Ackermann's: a closed form of each level by that of the
one before, as long as there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.terms import applications, read, show
from prover.policy.tactics.view import NAME, Proposal, View, have, seq

_MOST_LEVELS = 6
_LARGEST = 10**6


@dataclass(frozen=True, slots=True)
class _Form:
    """`f y + shift = scale * base ^ y`, or `f y = base * y + scale` where there is no shift."""

    base: int
    scale: int
    shift: int | None = None

    def claim(self, call: str, y: str) -> str:
        if self.shift is None:
            return f"{call} = {self.base} * {y} + {self.scale}"
        return f"{call} + {self.shift} = {self.scale} * {self.base} ^ {y}"

    def at(self, y: int) -> int:
        return self.base * y + self.scale if self.shift is None else self.scale * self.base**y - self.shift

    def next(self, start: int) -> _Form | None:
        """That of `g`, where `g (y + 1) = f (g y)` and `g 0` is the start."""
        if self.shift is not None:
            return None
        if self.base == 1:
            return _Form(self.scale, start)
        shift, rest = divmod(self.scale, self.base - 1) if self.base else (0, 1)
        return None if rest else _Form(self.base, start + shift, shift)


def propose(view: View) -> Iterator[Proposal]:
    functions = [v.name for v in view.vars if canonical(v.type) == "Nat → Nat → Nat" and v.value is None]
    for f in functions:
        laws = _laws(view, f)
        if laws is not None:
            yield from _by_levels(view, f, *laws)


def _laws(view: View, f: str) -> tuple[str, _Form, str, int, str] | None:
    """The hypothesis about level 0 and its form, that about the start of a level and where it looks, that about the
    steps."""
    zero = form = start = place = step = None
    call = re.escape(f)
    for h in view.props:
        binders, _, law = h.type.partition(", ")
        if not binders.startswith("∀") or not law.startswith(f"{f} "):
            continue
        if (match := re.fullmatch(rf"{call} 0 {NAME} = (.+)", law)) is not None:
            line = of_term(term) if (term := read(match[2])) is not None else None
            parts = line.in_one(match[1]) if line is not None and line.names == [match[1]] else {}
            base, scale = (int(parts[i].value or 0) if i in parts else 0 for i in (1, 0))
            if parts.keys() <= {0, 1} and base > 0 <= scale:
                zero, form = h.name, _Form(base, scale)
        elif (match := re.fullmatch(rf"{call} \({NAME} \+ 1\) 0 = {call} \1 (\d{{1,6}})", law)) is not None:
            start, place = h.name, int(match[2])
        elif re.fullmatch(rf"{call} \({NAME} \+ 1\) \({NAME} \+ 1\) = {call} \1 \({call} \(\1 \+ 1\) \2\)", law):
            step = h.name if re.match(r"∀ \(\w+ \w+", binders) else None
    if zero is None or form is None or start is None or place is None or step is None:
        return None
    return zero, form, start, place, step


def _by_levels(view: View, f: str, zero: str, form: _Form, start: str, place: int, step: str) -> Iterator[Proposal]:
    claim, opened = view.target, []
    if (match := re.fullmatch(rf"∀ \(?{NAME}(?: : (?:Nat|ℕ))?\)?, (.+)", claim)) is not None:
        claim, opened = match[2], [f"intro {match[1]}"]
    bound = [match[1]] if match is not None else []
    target = read(claim)
    asked = [a for a in applications(target) if a.args[0].name == f and len(a.args) == 3] if target is not None else []
    levels = {int(a.args[1].name) for a in asked if a.args[1].op == "num"}
    if not levels or max(levels) > _MOST_LEVELS:
        return
    fresh = view.namer(bound)
    y, ih, h, e = (fresh(name) for name in ("y", "ih", "h", "e"))
    names = [zero]
    lemmas = []
    for level in range(1, max(levels) + 1):
        value = form.at(place)
        after = form.next(value) if value < _LARGEST else None
        if after is None:
            break
        names.append(fresh(f"hl{level}"))
        lines = [
            f"intro {y}; induction {y} with",
            f"| zero => have {h} : {f} {level} 0 = {f} {level - 1} {place} := {start} {level - 1}; "
            f"have {e} := {names[-2]} {place}; simp at {e} ⊢; omega",
            f"| succ {y} {ih} => have {h} : {f} {level} ({y} + 1) = {f} {level - 1} ({f} {level} {y}) := "
            f"{step} {level - 1} {y}; "
            f"have {e} := {names[-2]} ({f} {level} {y}); rw [{h}]; (try rw [Nat.pow_succ]); omega",
        ]
        form = after
        lemmas.append(have(names[-1], f"∀ {y}, {form.claim(f'{f} {level} {y}', y)}", lines))
    facts = []
    for _, level_of, at in (call.args for call in asked):
        if level_of.op != "num":
            continue
        level, place_text = int(level_of.name), show(at, 1024)
        if level < len(names):
            facts.append(f"have {fresh('e')} := {names[level]} {place_text}")
        elif level == len(names) and at.op == "+" and at.args[1].name == "1":
            inner = f"({f} {level} {show(at.args[0], 1024)})"
            said = f"{f} {level} {place_text} = {f} {level - 1} {inner}"
            facts.append(f"have {fresh('e')} : {said} := {step} {level - 1} {show(at.args[0], 1024)}")
            facts.append(f"have {fresh('e')} := {names[-1]} {inner}")
    if lemmas and facts:
        yield seq(*lemmas, *opened, *facts, f"clear {step}", "first | omega | grind"), 0.9


__all__ = ["propose"]
