"""Patterns that take a proposition apart, for `rintro`, `obtain` and `rcases`, and the parts of a quantified one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from prover.goal import bare, split_top, top_level
from prover.policy.tactics.view import connective

_GROUP = re.compile(r"[({\[⦃]([^:(){}\[\]]+?) ?: ?")
_ATOM = re.compile(r"[\w'₀-₉✝]+")
_TYPED = re.compile(r"[({⦃]([^:(){}\[\]]+?) ?: ?((?:[^(){}⦃⦄]|\([^()]*\))*)[)}⦄]")

Fresh = Callable[[str], str]
"""Makes a name like the wished one that nothing has yet; each call a new one."""


@dataclass(frozen=True, slots=True)
class Universal:
    """`∀ (x : T) …, p → … → q`, taken apart."""

    binders: tuple[tuple[str, str], ...]
    """Names with their printed types, empty where none is printed. Instance-implicit ones are left out."""
    explicit: tuple[bool, ...]
    premises: tuple[str, ...]
    conclusion: str


def bound_names(binders: str) -> list[tuple[str, bool]]:
    """The names of a binder group; True for those with a condition, as in `∀ n ≥ 5`."""
    groups = _GROUP.findall(binders)
    if groups:
        return [(name, False) for group in groups for name in _ATOM.findall(group)]
    plain = binders.split(" : ")[0]
    condition = re.match(r"([\w'₀-₉]+) (?:≥|≤|>|<|∈|≠)", plain)
    if condition:
        return [(condition[1], True)]
    return [(name, False) for name in _ATOM.findall(plain)] or [("x", False)]


def pattern(text: str, fresh: Fresh, *, wish: str = "h", variables: frozenset[str] = frozenset()) -> str:
    """The pattern that takes a proposition wholly apart; a name for one that has no parts.

    Args:
        wish: what names of propositions begin with.
        variables: an equation about one of them is used up at once (`rfl`), and so for the names bound here.
    """
    text = bare(text)
    if text.startswith("∃") and (comma := top_level(text, ", ")) is not None:
        names = []
        for name, condition in bound_names(text[1:comma].strip().removeprefix("! ")):
            names.append(fresh(name))
            if condition:
                names.append(fresh(wish + name if len(name) <= 2 else wish))
        inner = pattern(
            text[comma + 2 :], fresh, wish=wish, variables=variables | set(names) if variables else variables
        )
        return _angle([*names, inner])
    parts = connective(text)
    if parts and parts[0] == "∧":
        return _angle([pattern(part, fresh, wish=wish, variables=variables) for part in parts[1:]])
    if parts and parts[0] == "∨":
        return f"({alternatives(text, fresh, wish=wish, variables=variables)})"
    if parts and parts[0] == "=" and {parts[1], parts[2]} & variables:
        return "rfl"
    return fresh(wish)


def alternatives(text: str, fresh: Fresh, *, wish: str = "h", variables: frozenset[str] = frozenset()) -> str:
    """`h | h | h` for a disjunction of three, each taken apart; names are the same in each arm where there is one."""
    arms = []
    same = ""
    for part in split_top(bare(text), " ∨ "):
        simple = not bare(part).startswith("∃") and (connective(bare(part)) or ("",))[0] not in ("∧", "∨")
        if simple:
            same = same or fresh(wish)
            arms.append(pattern(part, lambda _, same=same: same, wish=wish, variables=variables))  # type: ignore[misc]
        else:
            arms.append(pattern(part, fresh, wish=wish, variables=variables))
    return " | ".join(arms)


def universal(text: str) -> Universal:
    """The binders, premises and conclusion of a proposition; none of either for a plain one."""
    binders: list[tuple[str, str]] = []
    explicit: list[bool] = []
    premises: list[str] = []
    text = bare(text)
    while True:
        if text.startswith("∀") and (comma := top_level(text, ", ")) is not None:
            head = text[1:comma].strip()
            typed = list(_TYPED.finditer(head))
            for match in typed:
                for name in _ATOM.findall(match[1]):
                    binders.append((name, match[2].strip()))
                    explicit.append(match[0][0] == "(")
            if not typed:
                kind = head.partition(" : ")[2].strip()
                condition = re.match(r"([\w'₀-₉]+) (≥|≤|>|<|∈|≠)", head)
                for name, _ in bound_names(head):
                    binders.append((name, kind))
                    explicit.append(True)
                if condition:
                    premises.append(head)
            text = bare(text[comma + 2 :])
        elif (parts := connective(text)) and parts[0] == "→":
            premises.append(parts[1])
            text = bare(parts[2])
        else:
            return Universal(tuple(binders), tuple(explicit), tuple(premises), text)


def _angle(parts: list[str]) -> str:
    """`⟨a, b, c⟩`, without a second pair around what the last part is made of."""
    if parts[-1].startswith("⟨"):
        parts = [*parts[:-1], parts[-1][1:-1]]
    return f"⟨{', '.join(parts)}⟩"
