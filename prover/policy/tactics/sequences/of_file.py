"""Functions of the file that count up from 0 are sequences: their equations as hypotheses, so that all rules for
sequences apply to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from prover.goal import Hypothesis
from prover.policy.tactics.definitions import Definition, declared, own
from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import Proposal, View, seq

Rule = Callable[[View], Iterator[Proposal]]

_NUMBERS = ("Nat", "Int", "Rat")
_STEP = re.compile(r"([^\W\d][\w'₀-₉]*) ?\+ ?(\d)|(?:Nat)?\.succ ([^\W\d][\w'₀-₉]*)")
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
    counted = {name: how for name, how in functions.items() if _counts(how)}
    if not counted or len(functions) > _MOST or len(counted) < len(functions):
        return None
    fresh = view.namer([name.rpartition(".")[2] for name in file.definitions])
    steps: list[str] = []
    hypotheses = list(view.goal.hypotheses)
    texts: list[tuple[str, str]] = []
    target = view.target
    letters = {name: fresh(name.rpartition(".")[2][:1].lower() or "s") for name in counted}
    for name, how in counted.items():
        for pattern, other in how.equations:
            step = _STEP.fullmatch(pattern)
            n = (step[1] or step[3]) if step is not None else ""
            if step is None and not pattern.isdigit():
                return None
            place = f"({n} + {step[2] or 1})" if step is not None else pattern
            left, bound = f"{name} {place}", f"∀ {n} : Nat, " if n else ""
            h = fresh("hf")
            short = name.rpartition(".")[2]
            proof = f"{f'intro {n}; ' if n else ''}first | rfl | (simp only [{name}]; done) | rw [{name}]"
            steps.append(f"have {h} : {bound}{left} = {other} := by {proof}")
            binder = f"∀ ({n} : ℕ), " if n else ""
            texts.append((h, f"{binder}{short} {place} = {_printed(other)}"))
    for name, letter in letters.items():
        steps.append(f"generalize {name} = {letter} at *")
        kind = f"ℕ → {canonical(counted[name].result)}"
        hypotheses.append(Hypothesis(letter, kind))

    def put(text: str) -> str:
        for name, letter in letters.items():
            short = name.rpartition(".")[2]
            text = re.sub(rf"(?<![\w.'])(?:{re.escape(name)}|{re.escape(short)})(?![\w'.])", letter, text)
        return text

    hypotheses = [Hypothesis(h.name, put(h.type)) if h in view.props else h for h in hypotheses]
    hypotheses += [Hypothesis(h, put(text)) for h, text in texts]
    goal = replace(view.goal, hypotheses=tuple(hypotheses), target=put(target))
    return steps, replace(view, goal=goal, context="")


def _counts(how: Definition) -> bool:
    return how.arguments in (("Nat",), ("ℕ",)) and canonical(how.result) in _NUMBERS and bool(how.equations)


def _printed(text: str) -> str:
    """A term as Lean prints it, as far as that is known: where a type is told, the variables in it are cast."""

    def cast(match: re.Match[str]) -> str:
        inner = re.sub(r"(?<![\w.'])([^\W\d][\w'₀-₉]*)", r"↑\1", match[1])
        return f"({inner})" if " " in inner else inner

    return re.sub(r"\(([^():]*) : (?:Rat|Int|ℚ|ℤ)\)", cast, text)


__all__ = ["rules"]
