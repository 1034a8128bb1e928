"""Well-founded relations: no endless descent, and closures of them that are well-founded too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import Proposal, View, have, seq

_WELL_FOUNDED = re.compile(r"WellFounded (?P<R>[\w'₀-₉.]+|\(.+\)|fun .+)")
_DESCENT = r"∀ \(?(?P<n>[\w']+)(?: : (?:Nat|ℕ))?\)?, {R} \((?P<f>[\w'₀-₉]+) \((?P=n) \+ 1\)\) \((?P=f) (?P=n)\)"


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        known = _WELL_FOUNDED.fullmatch(h.type)
        if known is None:
            continue
        yield from _no_descent(view, h.name, known["R"])
        if _WELL_FOUNDED.fullmatch(view.target):
            yield from _closure(view, h.name)


def _no_descent(view: View, wf: str, relation: str) -> Iterator[Proposal]:
    """A sequence that goes down for ever ends nowhere, by induction on where it is."""
    law = re.compile(_DESCENT.format(R=re.escape(relation)))
    fresh = view.namer()
    key, x, ih, n, hn, hf = (fresh(name) for name in ("hkey", "x", "ih", "n", "hn", "hf"))

    def contradiction(f: str, descends: str) -> list[str]:
        lines = [
            f"intro {x}",
            f"induction {x} using {wf}.induction with",
            f"| _ {x} {ih} =>\n  intro {n} {hn}\n  exact {ih} _ ({hn} ▸ {descends} {n}) ({n} + 1) rfl",
        ]
        return [have(key, f"∀ {x} {n}, {f} {n} = {x} → False", lines), f"exact {key} _ 0 rfl"]

    for h in view.props:
        if (match := law.fullmatch(h.type)) is not None:
            yield seq("exfalso", *contradiction(match["f"], h.name)), 0.9
    nowhere = re.fullmatch(r"¬∃ ([\w'₀-₉]+), (∀ .+)", view.target)
    match = law.fullmatch(nowhere[2]) if nowhere is not None else None
    if nowhere is not None and match is not None and match["f"] == nowhere[1]:
        yield seq(f"rintro ⟨{match['f']}, {hf}⟩", *contradiction(match["f"], hf)), 0.9


def _closure(view: View, wf: str) -> Iterator[Proposal]:
    """What is below in the closure is below what is below, or that itself."""
    fresh = view.namer()
    a, b, ih, hb = (fresh(name) for name in ("a", "b", "ih", "hb"))
    found = "exact {ih} _ (by assumption) | exact ({ih} _ (by assumption)).inv (by assumption) | "
    found += "(apply Acc.inv (by assumption); constructor; assumption) | grind"
    for opened in (f"cases {hb}", f"induction {hb}"):
        lines = [f"intro {b} {hb}", f"{opened} <;> first | {found.format(ih=ih)}"]
        yield (
            seq(
                f"refine ⟨fun {a} => ?_⟩",
                f"induction {a} using {wf}.induction with",
                f"| _ {a} {ih} =>\n  refine Acc.intro _ ?_\n  " + "\n  ".join(lines),
            ),
            0.6,
        )


__all__ = ["propose"]
