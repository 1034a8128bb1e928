"""Functions of the file that count up from 0 are sequences: their equations as hypotheses, so that all rules for
sequences apply to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from prover.goal import Hypothesis, bare
from prover.policy.tactics.definitions import Definition, declared, own
from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import NAME, Proposal, Rule, View, identifiers, seq

_NUMBERS = ("Nat", "Int", "Rat")
_STEP = re.compile(rf"{NAME} ?\+ ?(\d{{1,2}})|(?:Nat)?\.succ {NAME}|{NAME}\.succ")
_MOST = 3
_SURE = 0.5


def rules(sources: Sequence[Rule]) -> Rule:
    """What the rules propose once the file's functions are sequences of the context."""

    def propose(view: View) -> Iterator[Proposal]:
        found = _told(view) if not view.history else None
        if found is None:
            return
        steps, after = found
        for source in sources:
            for tactic, weight in source(after):
                if weight >= _SURE:
                    yield seq(*steps, tactic), weight * 0.9
        yield seq(*steps), 0.2

    return propose


def _told(view: View) -> tuple[list[str], View] | None:
    """Steps that put variables in the place of functions, with their equations, and the view after these."""
    file = declared(view.context)
    functions = {name: file.definitions[name] for name in own(view) if name in file.definitions}
    equations = {name: _equations(how) for name, how in functions.items()}
    short = {name.rpartition(".")[2]: name for name in functions}
    if not functions or len(short) > _MOST or len(short) < len(functions) or not all(equations.values()):
        return None
    taken = [*identifiers(view.facts), *(word for how in functions.values() for word in how.words)]
    fresh = view.namer(taken)
    letters = {name: fresh("s") for name in functions}
    steps: list[str] = []
    told: list[Hypothesis] = []
    for name, cases in equations.items():
        for n, place, other in cases:
            h = fresh("hf")
            full = _put(other, short)
            proof = f"{f'intro {n}; ' if n else ''}first | rfl | (simp only [{name}]; done) | rw [{name}]"
            steps.append(f"have {h} : {f'∀ {n} : Nat, ' if n else ''}{name} {place} = {full} := by {proof}")
            told.append(Hypothesis(h, f"{f'∀ ({n} : ℕ), ' if n else ''}{name} {place} = {_printed(full)}"))
    steps += [f"generalize {name} = {letter} at *" for name, letter in letters.items()]
    shown = {word: letters[name] for word, name in (*short.items(), *((name, name) for name in functions))}
    sequences = [Hypothesis(letters[name], f"ℕ → {canonical(how.result)}") for name, how in functions.items()]
    known = [Hypothesis(h.name, _put(h.type, shown)) if h in view.props else h for h in view.goal.hypotheses]
    known += [*sequences, *(Hypothesis(h.name, _put(h.type, shown)) for h in told)]
    goal = replace(view.goal, hypotheses=tuple(known), target=_put(view.target, shown))
    return steps, replace(view, goal=goal, context="")


def _put(text: str, names: Mapping[str, str]) -> str:
    """The text with other names for some."""
    any_of = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w.'])(?:{any_of})(?![\w'])", lambda match: names[match[0]], text)


def _equations(how: Definition) -> list[tuple[str, str, str]]:
    """Of a function that counts up from 0: the variable of each case, its argument and its value; empty for others."""
    found = []
    for pattern, other in how.equations if how.arguments in (("Nat",), ("ℕ",)) else ():
        pattern = bare(pattern)
        step = _STEP.fullmatch(pattern)
        n = (step[1] or step[3] or step[4]) if step is not None else ""
        first = "0" if pattern in (".zero", "Nat.zero") else pattern
        if step is None and not first.isdigit():
            return []
        found.append((n, f"({n} + {step[2] or 1})" if step is not None else first, other))
    return found if canonical(how.result) in _NUMBERS else []


def _printed(text: str) -> str:
    """A term as Lean prints it, as far as that is known: where a type is told, the variables in it are cast."""

    def cast(match: re.Match[str]) -> str:
        inner = re.sub(r"(?<![\w.'])([^\W\d][\w'₀-₉]*)", r"↑\1", match[1])
        return f"({inner})" if " " in inner else inner

    return re.sub(r"\(([^():]*) : (?:Rat|Int|ℚ|ℤ)\)", cast, text)


__all__ = ["rules"]
