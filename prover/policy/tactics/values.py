"""Small values of a type, as Lean text: numbers, lists, pairs, options, and what the file's own constructors make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, product

from prover.goal import bare, split_top
from prover.policy.tactics.definitions import File
from prover.policy.tactics.evaluate import canonical

_PLAIN = {
    "Nat": ("0", "1", "2", "3"),
    "Int": ("0", "1", "(-1)", "2"),
    "Bool": ("true", "false"),
    "Unit": ("()",),
    "String": ('""', '"a"'),
    "Prop": ("True", "False"),
}
_NAME = re.compile(r"[^\W\d][\w'₀-₉]*")
_DEEPEST = 3
_MOST = 10
_MOST_TOGETHER = 5_000
_MOST_VARIABLES = 10


def values(kind: str, file: File, depth: int = _DEEPEST) -> tuple[str, ...]:
    """A few closed terms of a type, simple ones first; none where the type is not one of those."""
    kind = canonical(bare(kind))
    if kind in _PLAIN:
        return _PLAIN[kind]
    if depth == 0:
        return ()
    if len(arrow := split_top(kind, " → ")) > 1:
        return _functions(arrow[0], arrow[1:], file, depth)
    head, _, rest = kind.partition(" ")
    if (pair := split_top(kind, " × ")) and len(pair) == 2:
        sides = [values(part, file, depth - 1)[:3] for part in pair]
        return tuple(f"({a}, {b})" for a, b in _near(sides))
    inner = values(rest, file, depth - 1) if rest else ()
    if head == "List" and inner:
        x, y, z = (*inner, inner[-1], inner[-1])[:3]
        return (
            "[]",
            f"[{x}]",
            f"[{y}]",
            f"[{x}, {y}]",
            f"[{y}, {x}]",
            f"[{y}, {y}]",
            f"[{x}, {x}]",
            f"[{z}]",
            f"[{x}, {y}, {x}]",
            f"[{z}, {y}, {x}]",
        )
    if head == "Option" and inner:
        return ("none", *(f"(some {each})" for each in inner[:3]))
    name = file.type(head)
    return _made(name, kind, file, depth) if name else ()


def _functions(source: str, target: list[str], file: File, depth: int) -> tuple[str, ...]:
    """The identity, a successor and a test where there are some, and constants."""
    found = []
    if [source] == target:
        found.append("(fun x => x)")
        found += ["(fun x => x + 1)"] if source in ("Nat", "Int") else ["(fun x => !x)"] if source == "Bool" else []
    if target == ["Bool"] and source in ("Nat", "Int"):
        found += ["(fun x => x == 0)", "(fun x => x == 1)"]
    return (*found, *(f"(fun _ => {each})" for each in values(" → ".join(target), file, depth - 1)[:3]))


def _made(name: str, kind: str, file: File, depth: int) -> tuple[str, ...]:
    """What the constructors of a type of the file make: those without arguments first."""
    declaration = file.types[name]
    at = dict(zip(declaration.parameters, kind.split(" ")[1:], strict=False))
    constructors = [
        (each, [_NAME.sub(lambda match: at.get(match[0], match[0]), argument) for argument in arguments])
        for each, arguments in declaration.constructors.items()
    ]
    constructors.sort(key=lambda each: len(each[1]))
    found = [each for each, arguments in constructors if not arguments]
    for constructor, arguments in constructors:
        choices = [values(argument, file, depth - 1)[:2] for argument in arguments]
        if arguments and all(choices):
            found += [f"({constructor} {' '.join(chosen)})" for chosen in islice(product(*choices), 4)]
    return tuple(found[:_MOST])


def assignments(kinds: Sequence[str], file: File, most: int) -> list[tuple[str, ...]]:
    """Values for several variables, the simplest together first; none where a type has none."""
    choices = [values(kind, file) for kind in kinds]
    size = _MOST
    while size > 1 and size ** len(choices) > _MOST_TOGETHER:
        size -= 1
    near = _near([each[:size] for each in choices]) if all(choices) and 0 < len(choices) <= _MOST_VARIABLES else []
    return near[:most]


def _near(choices: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """All combinations, by how far down their lists the parts stand."""
    places = sorted(product(*(range(len(each)) for each in choices)), key=lambda place: (max(place), sum(place)))
    return [tuple(each[at] for each, at in zip(choices, place, strict=True)) for place in places]


__all__ = ["assignments", "values"]
