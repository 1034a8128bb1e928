"""Where a goal applies definitions of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prover.policy.tactics.view import View

_KEYWORD = r"(?:with|then|else|if|match|fun|do|by|let|have|show|from|at|in)\b"
ATOM = rf"(?:(?!{_KEYWORD})[^\W\d_][\w'₀-₉]*(?:\.[\w']+)*|\d+|\[\]|\([^()]*(?:\([^()]*\)[^()]*)*\))"
# What stands before an argument of something else, which is not applied to what follows it.
_ARGUMENT = re.compile(rf"(?:^|[^\w'])(?!{_KEYWORD})[^\W\d][\w'.₀-₉]* $|[)\]] $")
_MOST_CALLS = 3


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


def calls(view: View, names: list[str]) -> list[Call]:
    """Where the target applies one of them to atoms, each once; those with the fewest arguments that are no variables
    first."""
    variables = {v.name: v.type for v in view.vars}
    found: dict[str, Call] = {}
    for name in names:
        space, _, field = name.rpartition(".")
        plain = rf"(?<![\w.'✝])(?=({re.escape(name)}((?: {ATOM})+)))"  # calls may stand within calls
        for match in re.finditer(plain, view.target):
            found.setdefault(match[1], Call(name, match[1], tuple(re.findall(ATOM, match[2]))))
        if space:
            behind = rf"(?<![\w.'✝])([^\W\d_][\w'₀-₉]*)\.{re.escape(field)}(?![\w'])((?: {ATOM})*)"
            for match in re.finditer(behind, view.target):
                if variables.get(match[1], "").split(" ")[0] == space:
                    itself_argument = _ARGUMENT.search(view.target[: match.start()]) is not None
                    more = [] if itself_argument else re.findall(ATOM, match[2])
                    text = match[0].removesuffix(match[2]) if itself_argument and match[2] else match[0]
                    found.setdefault(text, Call(name, text, (match[1], *more)))
    some = [call for call in found.values() if any(argument in variables for argument in call.arguments)]
    return sorted(some, key=lambda call: sum(argument not in variables for argument in call.arguments))[:_MOST_CALLS]


def is_data(kind: str) -> bool:
    """Is it a type of data, neither of functions nor of types and statements?"""
    return not kind.startswith(("Type", "Sort", "Prop")) and "→" not in kind


__all__ = ["ATOM", "Call", "calls", "is_data"]
