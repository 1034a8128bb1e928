"""Monotone operators on predicates have a fixed point: what is in every set that the operator maps into itself.

Knaster and Tarski, 1928; Tarski: A lattice-theoretical fixpoint theorem and its applications (1955).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import WORD, Proposal, View, have, mentions, seq

_MONOTONE = re.compile(
    rf"∀ \((?P<S>{WORD}) (?P<T>{WORD}) : (?P<kind>[^()]+ → Prop)\), \(∀ \((?P<x>{WORD}) : [^()]+\), (?P=S) (?P=x) → "
    rf"(?P=T) (?P=x)\) → ∀ \((?P<y>{WORD}) : [^()]+\), (?P<F>{WORD}) (?P=S) (?P=y) → (?P=F) (?P=T) (?P=y)"
)


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        known = _MONOTONE.fullmatch(h.type)
        if known is None or not mentions(view.target, known["F"]):
            continue
        yield from _is_fixed(view, h.name, known["F"])
        if not view.target.startswith("∃"):
            continue
        f, kind, fresh = known["F"], known["kind"], view.namer()
        key, s, t, x, y, h1, h2, hx, ht = (fresh(wish) for wish in ("key", "S", "T", "x", "y", "h1", "h2", "hx", "ht"))
        least = f"∀ {t} : {kind}, (∀ {y}, {f} {t} {y} → {t} {y}) → {t} {x}"
        lines = [
            f"refine ⟨fun {x} => {least}, ?_⟩",
            f"have {h1} : ∀ {x}, {f} (fun {x} => {least}) {x} → {least} :=\n"
            f"  fun {x} {hx} {t} {ht} => {ht} {x} ({h.name} _ {t} (fun {y} {h2} => {h2} {t} {ht}) {x} {hx})",
            f"exact ⟨{h1}, fun {x} {hx} => {hx} _ ({h.name} _ _ {h1})⟩",
        ]
        ways = [f"⟨{h1} {x}, {h2} {x}⟩", f"⟨{h2} {x}, {h1} {x}⟩"]
        ends = [f"exact ⟨{s}, fun {x} => {way}⟩" for way in ways]
        ends += [f"exact ⟨{s}, funext fun {x} => propext {way}⟩" for way in ways]
        yield (
            seq(
                have(key, f"∃ {s} : {kind}, (∀ {x}, {f} {s} {x} → {s} {x}) ∧ ∀ {x}, {s} {x} → {f} {s} {x}", lines),
                f"obtain ⟨{s}, {h1}, {h2}⟩ := {key}",
                f"first | {' | '.join(ends)}",
            ),
            0.85,
        )


def _is_fixed(view: View, monotone: str, f: str) -> Iterator[Proposal]:
    """`F S x ↔ S x` where a definition of the file says that `S` is the least fixed point."""
    claim = re.fullmatch(
        rf"∀ \((?P<x>{WORD}) : [^()]+\), {re.escape(f)} \((?P<S>.+)\) (?P=x) ↔ (?P=S) (?P=x)", view.target
    )
    if claim is None:
        return
    s, fresh = claim["S"], view.namer()
    into, x, hx, t, ht, y, hy = (fresh(wish) for wish in ("hinto", "x", "hx", "T", "ht", "y", "hy"))
    least = f"{ht} {x} ({monotone} _ {t} (fun {y} {hy} => {hy} {t} {ht}) {x} {hx})"
    yield (
        seq(
            have(into, f"∀ {x}, {f} ({s}) {x} → {s} {x}", [f"exact fun {x} {hx} {t} {ht} => {least}"]),
            f"exact fun {x} => ⟨{into} {x}, fun {hx} => {hx} _ ({monotone} _ _ {into})⟩",
        ),
        0.85,
    )


__all__ = ["propose"]
