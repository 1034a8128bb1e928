"""What stands before a benchmark's statements, with Mathlib and without it.

A worker is kept for each header, so these texts are constants: the same benchmark always gives the same header.
"""

from __future__ import annotations

import re

from prover.problems.leantext import mask

CORE = (
    'notation "ℕ" => Nat\nnotation "ℤ" => Int\nnotation "ℚ" => Rat\n'
    'set_option quotPrecheck false in\nnotation "ℝ" => Real\n'
    'set_option quotPrecheck false in\nnotation "ℂ" => Complex\n'
    "open Nat\n"
)
"""Without Mathlib: its names of the number types. The author's own `open`s and options name what is not there.

The reals and the complex numbers are not there either. They are named so that a statement about them is refused:
unknown, they would be bound as variables, and a theorem about any type at all would pass for the one that was meant.
"""

_AUTO_IMPLICIT = "set_option autoImplicit true\nset_option relaxedAutoImplicit true\n"

CORE_LEAN_WORKBOOK = CORE + _AUTO_IMPLICIT
"""Lean-Workbook's statements leave variables unbound and count on Lean's own default for them."""

LEAN_WORKBOOK = f"import Mathlib\n\n{_AUTO_IMPLICIT}\nopen BigOperators\nopen Nat\nopen Real\nopen Rat\n"
"""Lean-Workbook publishes statements alone; the `open`s are those of its authors' `header.lean`."""

MINIF2F = "import Mathlib\n\nset_option maxHeartbeats 0\n\nopen BigOperators Real Nat Topology Rat\n"
"""Where a copy of miniF2F gives no header: the one of its Lean 4 repository."""

MATHLIB = "import Mathlib\n"

_IMPORTS_MATHLIB = re.compile(r"^\s*(?:public\s+|meta\s+)*import\s+(?:all\s+)?(?:Mathlib|MiniF2F)\b", re.MULTILINE)
_MINIF2F_IMPORT = re.compile(r"^import MiniF2F\S*$", re.MULTILINE)
_NUMBER_TYPE = re.compile(r"[ℕℤℚℝℂ]")


def imports_mathlib(header: str) -> bool:
    """Whether a header imports Mathlib, or miniF2F's own module that does."""
    return bool(_IMPORTS_MATHLIB.search(mask(header)))


def for_benchmark(header: str, *, mathlib: bool, default: str, core: str = CORE) -> str:
    """The header of a benchmark's statement: its author's, or `default` if there is none; `core` without Mathlib.

    An import of the benchmark's own module, which a user's project does not have, stands for Mathlib.
    """
    if mathlib:
        return _MINIF2F_IMPORT.sub("import Mathlib", header) if header.strip() else default
    return core if not header.strip() or imports_mathlib(header) else header


def for_bare_statement(statement: str, name: str, *, mathlib: bool) -> str:
    """The header of a user's statement that came with none."""
    if name.startswith("lean_workbook"):
        return LEAN_WORKBOOK if mathlib else CORE_LEAN_WORKBOOK
    if mathlib:
        return MATHLIB
    return CORE if _NUMBER_TYPE.search(mask(statement)) else ""
