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


_BESIDE = re.compile(
    rf"∃ (?P<d>{WORD}), (?P<R>{_RELATION}) (?P<b>{WORD}) (?P=d) ∧ (?P<S>{_RELATION}) (?P<c>{WORD}) (?P=d)"
)


def propose(view: View) -> Iterator[Proposal]:
    file = declared(view.context)
    diamonds = [(h.name, known) for h in view.props if (known := _DIAMOND.fullmatch(h.type)) is not None]
    claim = _DIAMOND.fullmatch(view.target) or _MEETING.fullmatch(view.target) or _BESIDE.fullmatch(view.target)
    head = file.type(claim["R"].partition(" ")[0]) if claim is not None else None
    if not diamonds or claim is None or head is None:
        return
    path = claim["R"]
    for name, known in diamonds:
        step = known["R"]
        use: str | None = "exact fun _ _ _ {p} {q} => {whole} _ _ {p} _ {q}"
        if claim.re is _MEETING:
            use = _used(view, (path, claim["b"]), (path, claim["c"]), "exact {{whole}} _ _ {one} _ {other}")
        elif claim.re is _BESIDE:
            use = _used(view, (step, claim["b"]), (path, claim["c"]), "exact {{strip}} _ _ {other} _ {one}")
            use = use if claim["S"] == step else None
        if use is not None and step != path:
            yield _chains(view, name if known["open"] == "(" else f"@{name}", step, path, head, use), 0.85


def _used(view: View, first: tuple[str, str], second: tuple[str, str], use: str) -> str | None:
    """The text with the hypotheses that lead from one beginning to both ends, each by a relation."""
    found = []
    for relation, end in (first, second):
        ends = re.compile(rf"{re.escape(relation)} {NAME} {re.escape(end)}")
        found.append([(h.name, known[1]) for h in view.props if (known := ends.fullmatch(h.type))])
    pairs = (use.format(one=one, other=other) for one, a in found[0] for other, b in found[1] if a == b)
    return next(pairs, None)


def _chains(view: View, diamond: str, r: str, path: str, head: str, use: str) -> str:
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

    plain = "first | assumption | (constructor <;> first | assumption | (rename_i ih; exact ih (by assumption)))"
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
                f"first | (induction {p} <;> {plain}; done) | (induction {q} <;> {plain}; done) | "
                f"(induction {p} <;> first | {plain} | grind [{head}]; done) | "
                f"(induction {q} <;> first | {plain} | grind [{head}])",
            ],
        ),
        have(strip, f"∀ {x} {y}, {path} {x} {y} → ∀ {z}, {r} {x} {z} → ∃ {w}, {path} {z} {w} ∧ {r} {y} {w}", stripped),
        have(whole, f"∀ {x} {y}, {path} {x} {y} → ∀ {z}, {path} {x} {z} → {meet}", joined),
        use.format(whole=whole, strip=strip, p=p, q=q),
    )


__all__ = ["propose"]
