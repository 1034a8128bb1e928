"""Verification: only a fresh Lean process's word makes a proof count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification says of a text."""

    accepted: bool
    reasons: tuple[str, ...]
    """Why not, a sentence each; empty when accepted."""
    axioms: tuple[str, ...]
    """The axioms that it was seen to stand on."""
    lean: str
    """Which Lean said so: its kind and version."""
