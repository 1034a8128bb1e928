"""Theorems of the user's own Lean environment, to be proved again without themselves.

A theorem `List.foo` becomes the problem

    #guard_msgs (drop all) in
    attribute [-simp] List.foo

    #guard_msgs (drop all) in
    attribute [-grind] List.foo

    theorem stdlib_List_foo : type_of% @List.foo := by sorry

with `before` set, so that neither it nor what is declared after it can be used. The type is the theorem's own, with its
universes and instances, not what printing and reading it again would make of it; as the goal Lean prints it whole
(`⊢ ∀ …`). `simp` and `grind` are kept from finding the theorem itself, since a proof that uses it is refused. Erasing
an attribute that a theorem does not have is an error or a warning, by the version of Lean: its messages are dropped.

Which theorems there are is for the run to ask of its Lean. Until then the target is one problem that stands for them
all, as a file is for its `sorry`s.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from lean_env.errors import UsageError
from prover.interfaces import Problem
from prover.problems.headers import MATHLIB

NAME = "stdlib"


class LibraryTheorem(Protocol):
    """What is read of a theorem here (`lean_env.protocol.LibraryTheorem`)."""

    @property
    def name(self) -> str: ...
    @property
    def module(self) -> str: ...


_PART = re.compile(r"[^\W\d_][\w'!?]*")
"""A part of a name that a person wrote, and that needs no «quotes»."""
_GENERATED = re.compile(
    r"(?:match|proof|eq|hcongr)_\d+|eq_def|eq_unfold|splitter|congr_simp|injEq|inj|noConfusion.*|sizeOf_spec"
    r"|rec|recOn|casesOn|brecOn|binductionOn|below|ibelow|ctorIdx|toCtorIdx|ofNat_ctorIdx|ofNat_toCtorIdx"
    r"|induct|induct_unfolding|mutual_induct|fixpoint_induct|partial_correctness|fun_cases|fun_cases_unfolding"
)
"""Last parts of names that Lean makes: of constructors, of equations, of recursion."""
_INSTANCE = re.compile(r"inst[A-Z0-9].*")
"""The part of a name that Lean makes for an instance."""
_NOT_MATHEMATICS = frozenset({"Tactic", "Tactics", "Meta", "Elab", "Internal", "Macro", "Notation", "Simproc"})
"""Parts of a module's name that say that it is about Lean itself."""


def placeholder(split: str | None, *, mathlib: bool) -> Problem:
    """The problem that stands for all of them until the run has asked its Lean; its text is what is imported."""
    return Problem(
        name=NAME, statement="", header=MATHLIB if mathlib else "", source=NAME, split=split or "", hole=None
    )


def stands_for_library(problem: Problem) -> bool:
    """Is it the one that `placeholder` makes?"""
    return problem.source == NAME and problem.hole is None


def problems(
    library: Sequence[LibraryTheorem], n: int | None, seed: int, split: str | None, *, header: str = ""
) -> list[Problem]:
    """Theorems of a library as problems, in an order that the seed decides.

    Args:
        library: every theorem of the environment, in any order; the environment is that of `header`'s imports.
        n: how many; all of them when None. Fewer are the first of more.
        split: the beginning of the modules' names, in whole parts (`Init.Data.List`); all modules when None or empty.
        header: what the problems import.

    Raises:
        UsageError: no theorem is left.
    """
    chosen = sorted({theorem.name: theorem for theorem in library if suitable(theorem)}.items())
    if split:
        chosen = [(name, theorem) for name, theorem in chosen if f"{theorem.module}.".startswith(f"{split}.")]
    if not chosen:
        raise UsageError(
            f"stdlib has no theorems in {split}." if split else "This Lean's library has no theorems.", _hint(library)
        )
    random.Random(seed).shuffle(chosen)
    return [_problem(theorem, header) for _, theorem in chosen[:n]]


def suitable(theorem: LibraryTheorem) -> bool:
    """Is it a theorem that a person wrote, by its name, and not one about Lean's own workings?"""
    parts = theorem.name.split(".")
    module = theorem.module.split(".")
    return (
        module[0] not in ("Lean", "Lake")
        and parts[0] != "Lean"
        and _NOT_MATHEMATICS.isdisjoint(module)
        and all(_PART.fullmatch(part) and not _INSTANCE.fullmatch(part) for part in parts)
        and _GENERATED.fullmatch(parts[-1]) is None
    )


def _problem(theorem: LibraryTheorem, header: str) -> Problem:
    erased = "\n\n".join(f"#guard_msgs (drop all) in\nattribute [-{kind}] {theorem.name}" for kind in ("simp", "grind"))
    declared = f"{NAME}_{theorem.name.replace('.', '_')}"
    return Problem(
        name=declared,
        statement=f"theorem {declared} : type_of% @{theorem.name} := by sorry",
        header=f"{header.rstrip()}\n\n{erased}\n".lstrip(),
        source=theorem.module,
        split=theorem.module,
        before=theorem.name,
    )


def _hint(library: Sequence[LibraryTheorem]) -> str:
    groups = Counter(".".join(each.module.split(".")[:3]) for each in library if suitable(each))
    largest = ", ".join(sorted(name for name, _ in groups.most_common(8)))
    return f"--split is the beginning of a module's name, such as: {largest}." if largest else ""
