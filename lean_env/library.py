"""The theorems of a library, as lemma retrieval and the `stdlib` benchmark need them, and where they are kept.

A worker lists them once (`Pool.library`); then they are read from a file in the cache folder, named after the Lean and
the imports that they came from:

    CACHE/library/KEY.json      {"format", "lean", "imports", "modules": [{"name", "theorems": [[…]]}]}
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lean_env.bundled import cache_folder
from lean_env.errors import ProtocolError
from lean_env.toolchain import Toolchain

FORMAT = 1
"""To be raised with every change of what a worker lists."""

STABLE = frozenset({"Init", "Std", "Lean", "Lake"})
"""Modules that belong to a Lean, so that its version says what is in them."""
STABLE_WITH_MATHLIB = STABLE | {"Mathlib", "Batteries", "Aesop", "Qq", "Plausible"}
"""The same for a Lean with Mathlib, whose commit fixes those of its dependencies."""

_GAP = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/-.*?-/)*", re.DOTALL)
_IMPORT = re.compile(r"(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?([^\s]+)|module(?=\s)|(prelude)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class LibraryTheorem:
    """One theorem of the library: no private or deprecated one, and none that Lean made for itself."""

    name: str
    module: str
    line: int
    """1-based line of its declaration in the module; 0 where Lean does not tell, as the bundled one."""
    head: str
    """The constant at the head of its conclusion, such as `Eq` or `Iff`; empty if there is none."""
    explicit: int
    """How many arguments it takes in plain brackets."""
    symbols: tuple[str, ...]
    """The constants of its statement, each once, in order of appearance."""


@dataclass(frozen=True, slots=True)
class Library:
    """All theorems that a text's imports bring."""

    modules: tuple[str, ...]
    """The modules in the order in which Lean imports them: each after those that it needs."""
    theorems: tuple[LibraryTheorem, ...]
    """In the order of the modules, within a module by line and name."""


def imports_of(text: str) -> tuple[str, ...]:
    """The modules that a Lean text imports, as its header lists them; `Init` is left out where Lean adds it.

    >>> imports_of("-- mine\\nimport Mathlib.Tactic\\nimport Std\\ntheorem t : 1 = 1 := rfl")
    ('Mathlib.Tactic', 'Std')
    """
    found: list[str] = []
    for match in _header_items(text):
        found += [match[1]] if match[1] else ["prelude"] if match[2] else []
    return tuple(found)


def header_end(text: str) -> int:
    """Where the header of a Lean text ends: after its last import."""
    return max((match.end() for match in _header_items(text)), default=0)


def _header_items(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while True:
        gap = _GAP.match(text, at)
        match = _IMPORT.match(text, gap.end() if gap else at)
        if match is None:
            return
        yield match
        at = match.end()


def header(imports: Sequence[str]) -> str:
    """A text with these imports and nothing else."""
    return "".join("prelude\n" if name == "prelude" else f"import {name}\n" for name in imports)


def kept_at(toolchain: Toolchain, imports: Sequence[str]) -> Path | None:
    """The file for the theorems of these imports; None for a project's own modules, which may change at any time."""
    stable = STABLE_WITH_MATHLIB if toolchain.mathlib_revision else STABLE
    if any(name.split(".")[0] not in stable for name in imports if name != "prelude"):
        return None
    key = json.dumps([FORMAT, toolchain.identity(), list(imports)], sort_keys=True)
    return cache_folder() / "library" / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"


def load(path: Path) -> Library | None:
    """The library that was kept, or None when there is none, or none that can be read."""
    try:
        kept = json.loads(path.read_bytes())
        return read(kept["modules"]) if kept["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, ProtocolError, RecursionError):
        return None


def store(path: Path, toolchain: Toolchain, imports: Sequence[str], modules: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a worker listed: the whole file appears at once. A folder that cannot be written to is no error."""
    kept = {"format": FORMAT, "lean": toolchain.identity(), "imports": list(imports), "modules": list(modules)}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file, ensure_ascii=False, separators=(",", ":"))
            part.replace(path)
        except BaseException:
            part.unlink()
            raise


def read(modules: Sequence[Mapping[str, Any]]) -> Library:
    """What a worker listed, as values.

    Raises:
        ProtocolError: it cannot be read.
    """
    names, theorems = [], []
    try:
        for module in modules:
            name = sys.intern(_text(module["name"]))
            names.append(name)
            found = [_theorem(entry, name) for entry in module["theorems"]]
            theorems += sorted(found, key=lambda theorem: (theorem.line, theorem.name))
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError("The Lean worker sent a list of theorems that cannot be read.") from error
    return Library(tuple(names), tuple(theorems))


def _theorem(entry: Sequence[Any], module: str) -> LibraryTheorem:
    name, line, head, explicit, symbols = entry
    head = "" if head == "[anonymous]" else sys.intern(_text(head))
    return LibraryTheorem(
        _text(name), module, int(line), head, int(explicit), tuple(sys.intern(_text(symbol)) for symbol in symbols)
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
