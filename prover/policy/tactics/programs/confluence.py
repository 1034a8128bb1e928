"""Relations in which steps that part come together again (the diamond property): then so do chains of steps.

First a chain and one step, then two chains, each by induction on the chain; it may be defined by its first step or by
its last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import declared
from prover.policy.tactics.programs.calls import ATOM
from prover.policy.tactics.view import NAME, WORD, Proposal, View, have, seq

_RELATION = rf"{WORD}(?:\.{WORD})*(?: {ATOM})*?"
_DIAMOND = re.compile(
    rf"∀ (?P<open>[({{⦃])(?P<a>{WORD}) (?P<b>{WORD}) (?P<c>{WORD}) : [^(){{}}⦃⦄]+[)}}⦄], "
    rf"(?P<R>{_RELATION}) (?P=a) (?P=b) → (?P=R) (?P=a) (?P=c) → "
    rf"∃ (?P<d>{WORD}), (?P=R) (?P=b) (?P=d) ∧ (?P=R) (?P=c) (?P=d)"
)
_MEETING = re.compile(rf"∃ (?P<d>{WORD}), (?P<R>{_RELATION}) (?P<b>{WORD}) (?P=d) ∧ (?P=R) (?P<c>{WORD}) (?P=d)")


def propose(view: View) -> Iterator[Proposal]:
    file = declared(view.context)
    diamonds = [(h.name, known) for h in view.props if (known := _DIAMOND.fullmatch(h.type)) is not None]
    claim = _DIAMOND.fullmatch(view.target) or _MEETING.fullmatch(view.target)
    head = file.type(claim["R"].partition(" ")[0]) if claim is not None else None
    if not diamonds or claim is None or head is None:
        return
    path = claim["R"]
    chains = _both(view, path, claim["b"], claim["c"]) if claim.re is _MEETING else ()
    for name, known in diamonds:
        if chains is not None and known["R"] != path:
            diamond = name if known["open"] == "(" else f"@{name}"
            yield _chains(view, diamond, known["R"], path, head, chains), 0.85


def _both(view: View, path: str, first: str, second: str) -> tuple[str, str] | None:
    """The hypotheses that say of chains from one beginning to both ends."""
    chain = re.compile(rf"{re.escape(path)} {NAME} {NAME}")
    found = [(h.name, ends[1], ends[2]) for h in view.props if (ends := chain.fullmatch(h.type))]
    pairs = ((one, other) for one, a, b in found for other, c, d in found if (a, b, d) == (c, first, second))
    return next(pairs, None)


def _chains(view: View, diamond: str, r: str, path: str, head: str, chains: tuple[()] | tuple[str, str]) -> str:
    fresh = view.namer()
    one, trans, strip, whole = (fresh(wish) for wish in ("hone", "htrans", "hstrip", "hall"))
    x, y, z, w, d, p, q = (fresh(wish) for wish in ("x", "y", "z", "w", "d", "p", "q"))
    u, v, ih, e1, e2, e3, e4 = (fresh(wish) for wish in ("u", "v", "ih", "e1", "e2", "e3", "e4"))
    single = f"first | (constructor; done) | (constructor <;> first | assumption | constructor) | grind [{head}]"

    def induction(near: str, *ways: str) -> list[str]:
        cases = " | ".join(f"({way})" for way in ways)
        return [
            f"intro {x} {y} {p}",
            f"induction {p} <;> intro {z} {q}",
            f"all_goals first | {near} | (rename_i {u} {v} {ih}; first | {cases})",
        ]

    two = f"obtain ⟨{w}, {e1}, {e2}⟩ := {ih} _"
    stripped = induction(
        f"exact ⟨{z}, by constructor, {q}⟩",
        f"obtain ⟨{d}, {e3}, {e4}⟩ := {diamond} _ _ _ {u} {q}; {two} {e3}; "
        f"exact ⟨{w}, {trans} _ _ _ ({one} _ _ {e4}) {e1}, {e2}⟩",
        f"{two} {q}; obtain ⟨{d}, {e3}, {e4}⟩ := {diamond} _ _ _ {v} {e2}; "
        f"exact ⟨{d}, {trans} _ _ _ {e1} ({one} _ _ {e4}), {e3}⟩",
    )
    joined = induction(
        f"exact ⟨{z}, {q}, by constructor⟩",
        f"obtain ⟨{d}, {e3}, {e4}⟩ := {strip} _ _ {q} _ {u}; {two} {e3}; "
        f"exact ⟨{w}, {e1}, {trans} _ _ _ ({one} _ _ {e4}) {e2}⟩",
        f"{two} {q}; obtain ⟨{d}, {e3}, {e4}⟩ := {strip} _ _ {e1} _ {v}; "
        f"exact ⟨{d}, {e3}, {trans} _ _ _ {e2} ({one} _ _ {e4})⟩",
    )
    meet = f"∃ {w}, {path} {y} {w} ∧ {path} {z} {w}"
    return seq(
        have(one, f"∀ {x} {y}, {r} {x} {y} → {path} {x} {y}", [f"intro {x} {y} {p}", single]),
        have(
            trans,
            f"∀ {x} {y} {z}, {path} {x} {y} → {path} {y} {z} → {path} {x} {z}",
            [
                f"intro {x} {y} {z} {p} {q}",
                f"first | (induction {p} <;> first | assumption | grind [{head}]; done) | "
                f"(induction {q} <;> first | assumption | grind [{head}])",
            ],
        ),
        have(strip, f"∀ {x} {y}, {path} {x} {y} → ∀ {z}, {r} {x} {z} → ∃ {w}, {path} {z} {w} ∧ {r} {y} {w}", stripped),
        have(whole, f"∀ {x} {y}, {path} {x} {y} → ∀ {z}, {path} {x} {z} → {meet}", joined),
        f"exact {whole} _ _ {chains[0]} _ {chains[1]}"
        if chains
        else f"exact fun _ _ _ {p} {q} => {whole} _ _ {p} _ {q}",
    )


__all__ = ["propose"]
