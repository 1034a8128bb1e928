"""What the file defines and proves before the statement; guessed from the goal where the text is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from prover.goal import split_top
from prover.policy.tactics.view import View, identifiers
from prover.problems.leantext import STATEMENTS, commands, mask

_DEFINES = frozenset({"def", "abbrev", "irreducible_def"})
_TYPES = re.compile(r"\b(?:inductive|structure|class)\s+(\S+)")
_NAMESPACE = re.compile(r"\bnamespace\s+(\S+)")
_CONSTRUCTOR = re.compile(r"(?<!\S)\| *([^\s:({|]+)([^|\n]*)")
_CASE = re.compile(r"(?<!\S)\|(?= )")
_CLAUSES = re.compile(r"\n\s*(?:termination_by|decreasing_by|where)\b")
_FIELDS = re.compile(r"^\s+([^\W\d][\w'₀-₉]*)(?= ?:(?!=))", re.MULTILINE)
_BINDER = re.compile(r"\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|\{[^{}]*\}|\[[^\[\]]*\]|⦃[^⦃⦄]*⦄)")
_MOST_DEFINITIONS = 10
_MOST_GUESSED = 6
_MOST_THEOREMS = 4

_FIELD = re.compile(r"\)\.([a-z]\w*)")
_FIRST_FIELD = re.compile(r"(?<![\w.'✝])[^\W\d_][\w'₀-₉]*✝?[¹²³⁴⁵⁶⁷⁸⁹]*\.([a-z]\w*)")
_LIBRARY_FIELDS = frozenset(
    (
        *("length", "map", "reverse", "append", "filter", "size", "toNat", "val", "fst", "snd", "1", "2", "sum"),
        *("succ", "toList"),
    )
)
# Names that a binder of the goal brings in: the words between its sign and its end.
_BOUND = re.compile(r"(?<=[∀∃λ({⦃\s])([^\W\d][\w'₀-₉]*)(?=[^,=()]*(?:,| =>|:))")
_CORE = frozenset(
    {
        *("Nat", "Int", "Rat", "Real", "Bool", "List", "Array", "Option", "Prod", "Sum", "Fin", "String", "Char", "ℕ"),
        *("BitVec", "Except", "Eq", "And", "Or", "Iff", "Not", "Exists", "Function", "Set", "Finset", "ℤ", "ℚ", "ℝ"),
        *("Type", "Prop", "Sort", "True", "False", "Subtype", "Decidable"),
    }
)
_WORDS = frozenset(
    {
        *("fun", "if", "then", "else", "match", "with", "let", "have", "show", "by", "do", "true", "false", "none"),
        *("some", "id", "max", "min"),
    }
)


@dataclass(frozen=True)
class Definition:
    """A function of the file."""

    words: frozenset[str]
    """What it is written with."""
    arguments: tuple[str, ...]
    """The types of its explicit arguments, as written."""
    result: str
    recursive: bool
    """Does its body name it?"""
    equations: tuple[tuple[str, str], ...] = ()
    """The patterns that it is defined by, as written, with the other sides; empty where it is not defined so."""


@dataclass(frozen=True)
class Inductive:
    """An inductive type or predicate of the file, a structure or a class."""

    parameters: tuple[str, ...]
    """The names of its explicit parameters."""
    constructors: Mapping[str, tuple[str, ...]]
    """By full name, the types of the explicit arguments of each, as written."""
    fields: tuple[str, ...] = ()
    """The names of a structure's fields."""
    speaks_of: tuple[str, ...] = ()
    """Of a predicate, the types of what it speaks of, as written behind the colon; empty for a type of data."""


@dataclass(frozen=True)
class File:
    """Declarations of a Lean text by their full names, in its order."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    theorems: dict[str, frozenset[str]] = field(default_factory=dict)
    """With the words of their statements."""
    types: dict[str, Inductive] = field(default_factory=dict)

    def type(self, head: str) -> str | None:
        """The full name of the type that the file means by a name."""
        return next((name for name in self.types if name == head or name.endswith(f".{head}")), None)

    def spoken_of(self, names: Iterable[str]) -> list[str]:
        """The definitions of these names, and those that they are defined by, nearest first."""
        found = list(dict.fromkeys(names))
        for name in found:  # it grows
            found += [each for each in _among(self.definitions, self.definitions[name].words) if each not in found]
        return found


@lru_cache(maxsize=256)
def declared(text: str) -> File:
    """What a text declares before its last command, which is the statement itself."""
    file = File({}, {}, {})
    scopes: list[str] = []
    for command in commands(text)[:-1]:
        code = mask(text[command.start : command.end]).strip()
        name = ".".join([*filter(None, scopes), command.name])
        if command.kind in ("section", "mutual"):
            scopes.append("")
        elif command.kind == "namespace":
            scopes += _NAMESPACE.findall(code)[:1]
        elif command.kind == "end":
            del scopes[-1:]
        elif command.kind in _DEFINES and command.name:
            arguments, result = _signature(code.partition(mask(command.name))[2])
            again = len(re.findall(rf"(?<![\w']){re.escape(name.rpartition('.')[2])}(?![\w'])", code)) > 1
            file.definitions[name] = Definition(_words(code), arguments, result, again, _equations(code))
        elif command.kind in STATEMENTS and command.name:
            file.theorems[name] = _words(code.partition(":= by")[0])
        elif named := _TYPES.search(code):
            name = ".".join([*filter(None, scopes), named[1]])
            file.types[name] = Inductive(
                tuple(name for name, _ in _binders(code[named.end() :])[0]),
                {f"{name}.{c[1]}": _signature(c[2])[0] for c in _CONSTRUCTOR.finditer(code, named.end())},
                tuple(_FIELDS.findall(code, named.end())) if code.startswith("structure") else (),
                _spoken_of(code, named.end()),
            )
    return file


def _binders(code: str) -> tuple[list[tuple[str, str]], str]:
    """The explicit binders at the beginning of a text, a name and its type each, and what comes behind all binders."""
    found: list[tuple[str, str]] = []
    at = 0
    while binder := _BINDER.match(code, at):
        at = binder.end()
        names, _, kind = (binder[1] or "").partition(":")
        found += [(name, kind.strip()) for name in names.split()]
    return found, code[at:]


def _spoken_of(code: str, behind: int) -> tuple[str, ...]:
    arguments, result = _signature(code[behind:])
    binders = len(_binders(code[behind:])[0])
    return arguments[binders:] if result.removesuffix(" where") == "Prop" else ()


def _signature(code: str) -> tuple[tuple[str, ...], str]:
    """The types of the explicit arguments and of the result, of a definition or constructor from behind its name on."""
    binders, rest = _binders(code)
    kind = re.match(r"\s*:(?!=)(.*?)(?=:=|\s\|\s|\Z)", rest, re.DOTALL)
    *more, result = split_top(" ".join(kind[1].split()), " → ") if kind else [""]
    return (*(kind for _, kind in binders), *more), result


def _equations(code: str) -> tuple[tuple[str, str], ...]:
    """What a definition says case by case, where its cases have none of their own."""
    signature, *cases = _CASE.split(_CLAUSES.split(code)[0])
    found = [case.split(" => ", 1) for case in cases]
    if ":=" in signature or any(len(case) != 2 or "match" in case[1] for case in found):
        return ()
    return tuple((pattern.strip(), " ".join(other.split())) for pattern, other in found)


def _among(names: Iterable[str], words: Iterable[str]) -> list[str]:
    """Those of the names whose last part is among the words."""
    known = set(words)
    return [name for name in names if name.rpartition(".")[2] in known]


def own(view: View) -> list[str]:
    """The definitions of the file that the goal speaks of, and those that they are defined by."""
    file = declared(view.context)
    if file.definitions:
        return file.spoken_of(_among(file.definitions, _words(view.facts)))[:_MOST_DEFINITIONS]
    return _guessed(view)


def unfoldable(view: View) -> list[str]:
    """The same; where nothing is known of the file, everything that could be one."""
    return own(view) if declared(view.context).definitions else unknown(view)


def proved(view: View) -> list[str]:
    """The theorems of the file that speak of a definition or a type of it as the goal does, the latest first."""
    file = declared(view.context)
    if not file.theorems:
        return []
    names = {name.rpartition(".")[2] for name in (*file.definitions, *file.types)}
    common = names & _words("\n".join([view.facts, *(h.type for h in view.vars)]))
    found = [name for name, words in file.theorems.items() if words & common or not names]
    return found[::-1][:_MOST_THEOREMS]


def _words(text: str) -> frozenset[str]:
    """The names in a text, each part of what is joined by dots by itself, also behind parentheses."""
    return frozenset(re.findall(r"[^\W\d][\w'₀-₉!?]*", text))


def _guessed(view: View) -> list[str]:
    """What seems to be defined, those behind parentheses (`(t.map f).size`) included."""
    first = set(_FIRST_FIELD.findall(view.facts))
    names = [
        name
        for name in unknown(view)
        if (last := name.rpartition(".")[2]) not in _LIBRARY_FIELDS or "." not in name or last in first
    ]
    kinds = {name.rpartition(".")[0] for name in names} - {""}
    if len(kinds) == 1:
        (kind,) = kinds
        fields = [each for each in _FIELD.findall(view.facts) if each not in _LIBRARY_FIELDS]
        names += [f"{kind}.{each}" for each in fields if f"{kind}.{each}" not in names]
    return [name for name in dict.fromkeys(names) if "✝" not in name][:_MOST_GUESSED]


def unknown(view: View) -> list[str]:
    """What could be definitions: neither variables nor bound names, nor of the core library.

    Of `xs.count` with `xs : Bag α` that is `Bag.count`.
    """
    types = {h.name: h.type.split(" ")[0] for h in view.goal.hypotheses}
    types |= {h.name.split("✝")[0]: "" for h in view.hidden if h.name.split("✝")[0] not in types}
    bound = set(_BOUND.findall(view.facts))
    found: list[str] = []
    for name in identifiers(view.facts):
        head, _, last = name.partition(".")
        if head in types:
            if last and types[head] not in _CORE and types[head][:1].isupper():
                found.extend(f"{types[head]}.{part}" for part in last.split("."))
        elif not {head} & (_CORE | _WORDS | bound) and (last or not name[0].isupper()):
            found.append(name)
    return list(dict.fromkeys(found))
