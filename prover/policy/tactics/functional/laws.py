"""Laws at terms that are told by the goal: functional equations at its variables, 0, 1, -1 and values there, and what
holds of certain numbers only at these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prover.goal import split_top
from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.terms import Term, applications, names_of, premises, read
from prover.policy.tactics.view import Proposal, View, seq

_RINGS = ("Rat", "Int")
_ONLY_AT = re.compile(r"∀ \(?([\w'₀-₉]+)(?: : [^(),]+)?\)?, (.+) ↔ (.+)")
_MOST_LAWS, _MOST_INSTANCES = 2, 12


def propose(view: View) -> Iterator[Proposal]:
    yield from _functional(view)
    yield from _exactly(view)
    yield from _along_naturals(view)


def _exactly(view: View) -> Iterator[Proposal]:
    """`∀ x, p x = 0 ↔ x = 1 ∨ x = 2`: it holds at these."""
    for h in view.props:
        match = _ONLY_AT.fullmatch(h.type)
        if match is None:
            continue
        equal = re.compile(rf"{re.escape(match[1])} = (-?\d+(?: / \d+)?)")
        values = [equal.fullmatch(part) for part in split_top(match[3], " ∨ ")]
        numbers = [value[1] for value in values if value is not None]
        if numbers and len(numbers) == len(values):
            fresh = view.namer()
            steps = [f"have {fresh('e')} := ({h.name} ({number})).mpr (by simp)" for number in numbers]
            yield seq(*steps, f"clear {h.name}", "grind"), 0.88


def _functional(view: View) -> Iterator[Proposal]:
    """Instances of laws of two variables, the goal's variable and a few constants in their places."""
    kinds = {f"{kind} → {kind}": kind for kind in _RINGS}
    functions = {v.name: kinds[canonical(v.type)] for v in view.vars if canonical(v.type) in kinds and v.value is None}
    target = read(view.target)
    if target is None or not functions or not names_of(target) & functions.keys():
        return
    opened = []
    while target.op == "∀":
        opened.append(target.name)
        target = target.args[0]
    hypotheses, claim = premises(target)
    if hypotheses or claim.op not in ("=", "∧") or len(opened) > 2:
        return
    laws = [(h.name, f) for h in view.props if (f := _law(read(h.type), functions)) is not None]
    for name, f in laws[:_MOST_LAWS]:
        kind = functions[f]
        free = [n for n in (*opened, *_numbers(view, kind)) if n in names_of(claim)][:2]
        intro = [f"intro {' '.join(opened)}"] if opened else []
        for pairs in _pairs(f, free):
            fresh = view.namer(opened)
            steps = [f"have {fresh('e')} := {name} {a} {b}" for a, b in pairs[:_MOST_INSTANCES]]
            yield seq(*intro, *steps, f"clear {name}", "grind"), 0.5


def _along_naturals(view: View) -> Iterator[Proposal]:
    """What is claimed of a function of fractions or integers at natural numbers, by a step of one."""
    match = re.fullmatch(r"∀ \(?([\w']+) : (?:Nat|ℕ)\)?, (.+)", view.target)
    if match is None or f"↑{match[1]}" not in match[2]:
        return
    n, fresh = match[1], view.namer([match[1]])
    functions = {v.name: canonical(v.type) for v in view.vars if canonical(v.type) in ("Rat → Rat", "Int → Int")}
    first, steps = [], []
    for h in view.props:
        term = read(h.type)
        if term is None or term.op != "∀" or not names_of(term) & functions.keys() or "→" in h.type:
            continue
        kind = next(kind for f, kind in functions.items() if f in names_of(term)).split(" ")[0]
        two = term.args[0].op == "∀"
        zero = f"have {fresh('e')} := {h.name} 0{' 0' if two else ''}"
        first.append(zero)
        steps += [f"have {fresh('e')} := {h.name} ({n} : {kind}){' 1' if two else ''}", *([zero] if two else [])]
    if steps:
        base, step = "\n  ".join(first[:3]), "\n  ".join(steps[:6])
        lines = [f"| zero =>\n  {base}\n  first | (simp_all; done) | grind"]
        lines.append(f"| succ {n} {fresh('ih')} =>\n  {step}\n  push_cast\n  grind")
        yield seq(f"intro {n}", "\n".join([f"induction {n} with", *lines])), 0.6


def _numbers(view: View, kind: str) -> list[str]:
    return [v.name for v in view.vars if canonical(v.type) == kind and v.value is None]


def _law(term: Term | None, functions: dict[str, str]) -> str | None:
    """The function of which it is a law of two variables."""
    if term is None or term.op != "∀" or term.args[0].op != "∀" or term.args[0].args[0].op != "=":
        return None
    return next((a.args[0].name for a in applications(term) if a.args[0].name in functions), None)


def _pairs(f: str, free: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Places for the two variables of a law, in a few groups."""
    zero = [("0", "0"), *((a, b) for x in free for a, b in ((x, "0"), ("0", x)))]
    yield [*zero, ("1", "1"), *((a, b) for x in free for a, b in ((x, "1"), ("1", x), (x, x)))]
    minus = [(a, b) for x in free for a, b in ((x, "(-1)"), ("(-1)", x), (x, f"(-{x})"))]
    yield [("1", "1"), ("(-1)", "(-1)"), ("1", "(-1)"), *minus, *zero]
    inner = [(a, f"({f} {b})") for x in free for a, b in ((x, x), ("0", x), (x, "0"))]
    yield [*zero, ("0", f"({f} 0)"), *inner]


__all__ = ["propose"]
