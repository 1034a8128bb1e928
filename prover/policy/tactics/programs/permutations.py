"""Lists without repetition: the members of one are at most as many as those of another that has them all; two with the
same members are permutations of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from prover.policy.tactics.view import Proposal, View, have, mentions, seq

_SPOKEN_OF = re.compile(r"\.length|\.Perm| ~ ")


def propose(view: View) -> Iterator[Proposal]:
    if not _SPOKEN_OF.search(view.target):
        return
    lists = {v.name: v.type for v in view.vars if v.type.startswith("List ") and mentions(view.target, v.name)}
    distinct = {name: h.name for h in view.props for name in lists if h.type == f"{name}.Nodup"}
    for one, other in permutations(lists, 2):
        among = [h.name for h in view.props if "∈" in h.type or "⊆" in h.type if _about_both(h.type, one, other)]
        if one not in distinct or lists[one] != lists[other] or not among:
            continue
        if other in distinct and re.search(r"\.Perm| ~ ", view.target):
            yield _same_members(view, lists[one], (one, other), distinct, among), 0.85
        elif f"{one}.length" in view.target and f"{other}.length" in view.target:
            yield _no_more_members(view, lists[one], (one, other), distinct, among), 0.85
        else:
            continue
        return


def _about_both(text: str, one: str, other: str) -> bool:
    return mentions(text, one) and mentions(text, other)


def _told(among: list[str], x: str, hx: str) -> str:
    """That what is a member of one list is one of the other, by one of the hypotheses."""
    ways = [
        f"exact {way}"
        for h in among
        for way in (f"({h} {x}).1 {hx}", f"({h} {x}).2 {hx}", f"{h} {x} {hx}", f"{h} {hx}")
    ]
    return f"first | {' | '.join(ways)} | grind"


def _no_more_members(view: View, kind: str, lists: tuple[str, str], distinct: dict[str, str], among: list[str]) -> str:
    fresh = view.namer()
    key, xs, m, a, ih, hn, hs, u, v, x, hx, e = (
        fresh(wish) for wish in ("hkey", "xs", "m", "a", "ih", "hn", "hs", "u", "v", "x", "hx", "e")
    )
    rest = (
        f"have {e} := {hs} {x} (by simp [{hx}]); "
        f"have : {x} ≠ {a} := fun h => (List.nodup_cons.1 {hn}).1 (h ▸ {hx}); simp_all"
    )
    lemma = have(
        key,
        f"∀ {xs} {m} : {kind}, {xs}.Nodup → (∀ {x}, {x} ∈ {xs} → {x} ∈ {m}) → {xs}.length ≤ {m}.length",
        [
            f"intro {xs}",
            f"induction {xs} with",
            "| nil => intros; simp",
            f"| cons {a} {xs} {ih} =>\n  intro {m} {hn} {hs}\n"
            f"  obtain ⟨{u}, {v}, rfl⟩ := List.append_of_mem ({hs} {a} (by simp))\n"
            f"  have {e} := {ih} ({u} ++ {v}) (List.nodup_cons.1 {hn}).2 (fun {x} {hx} => by {rest})\n"
            f"  simp at {e} ⊢\n  omega",
        ],
    )
    uses = []
    for one, other in (lists, lists[::-1]):
        if one in distinct:
            shown = f"fun {x} {hx} => by {_told(among, x, hx)}"
            uses.append(f"have {fresh('hl')} := {key} {one} {other} {distinct[one]} ({shown})")
    first, *others = uses
    return seq(lemma, first, *(f"try {use}" for use in others), f"clear {key}", "first | omega | grind")


def _same_members(view: View, kind: str, lists: tuple[str, str], distinct: dict[str, str], among: list[str]) -> str:
    fresh = view.namer()
    key, xs, m, a, ih, hn, hd, hs, u, v, x, hx = (
        fresh(wish) for wish in ("hkey", "xs", "m", "a", "ih", "hn", "hd", "hs", "u", "v", "x", "hx")
    )
    apart = f"have h1 := {hs} {x}; simp [List.nodup_append, List.nodup_cons] at {hn} {hd} h1 ⊢; grind"
    lemma = have(
        key,
        f"∀ {xs} {m} : {kind}, {xs}.Nodup → {m}.Nodup → (∀ {x}, {x} ∈ {xs} ↔ {x} ∈ {m}) → {xs}.Perm {m}",
        [
            f"intro {xs}",
            f"induction {xs} with",
            f"| nil => intro {m} _ _ {hs}; cases {m} with\n  | nil => exact List.Perm.nil\n"
            f"  | cons {a} {m} => exact absurd (({hs} {a}).2 (by simp)) (by simp)",
            f"| cons {a} {xs} {ih} =>\n  intro {m} {hn} {hd} {hs}\n"
            f"  obtain ⟨{u}, {v}, rfl⟩ := List.append_of_mem (({hs} {a}).1 (by simp))\n"
            f"  refine (List.Perm.cons {a} ({ih} ({u} ++ {v}) (List.nodup_cons.1 {hn}).2 ?_ fun {x} => ?_)).trans "
            "List.perm_middle.symm\n"
            f"  · simp [List.nodup_append, List.nodup_cons] at {hd} ⊢; grind\n"
            f"  · {apart}",
        ],
    )
    one, other = lists
    shown = [f"fun {hx} => by {_told(among, x, hx)}"] * 2
    same = f"fun {x} => ⟨{', '.join(shown)}⟩"
    use = f"{key} {one} {other} {distinct[one]} {distinct[other]} ({same})"
    return seq(lemma, f"first | exact {use} | exact ({use}).symm")


__all__ = ["propose"]
