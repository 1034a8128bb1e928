"""Inductive predicates of the file: their rules for the target, cases and induction for hypotheses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import own
from prover.policy.tactics.view import IDENT, Proposal, View, connective

_LIBRARY = re.compile(
    r"(?:Nat|Int|Rat|Real|List|Array|Option|Prod|Sum|Fin|BitVec|String|Char|Function|Set|Finset|Decidable|Nonempty|"
    r"Subsingleton|Inhabited|Classical|Exists|And|Or|Not|Iff|Eq|HEq|True|False|Monotone|StrictMono|Irrational|Even|Odd|"
    r"Acc|WellFounded|Squarefree|IsCoprime)(?:\.|$)"
)


# Inductive predicates of the library, with the rules of each that `constructor` would not choose by itself.
_RULES = {
    "List.Sublist": ("slnil", "cons₂", "cons"),
    "List.Perm": ("nil", "cons", "swap", "trans"),
    "List.Pairwise": ("nil", "cons"),
    "List.Lex": ("nil", "rel", "cons"),
    "List.Mem": ("head", "tail"),
    "Nat.le": ("refl", "step"),
    "Acc": ("intro",),
    "Relation.TransGen": ("single", "tail"),
    "Relation.ReflTransGen": ("refl", "tail"),
}

_SIGNS = {"List.Sublist": " <+ ", "List.Perm": " ~ "}


def propose(view: View) -> Iterator[Proposal]:
    yield from _of_library(view)
    known = {h.name for h in view.goal.hypotheses}
    target = _predicate(view.target, known)
    derivations = [(h.name, name) for h in view.props if (name := _predicate(h.type, known))]
    names = list(
        dict.fromkeys([*([target] if target else []), *(name for _, name in derivations), *_inside(view, known)])
    )
    if not names:
        return
    unfold = own(view)[:4]
    rules = ", ".join(dict.fromkeys([*names[:4], *unfold]))
    yield f"grind [{rules}]", 0.6
    if target:
        yield "constructor <;> assumption", 0.4
        yield "constructor", 0.25
        yield "repeat' constructor", 0.06
    done = sum("induction" in tactic for tactic in view.history)
    near = 1.0 if done == 0 else 0.4
    others = [v.name for v in view.vars if " " not in v.type and not v.type.startswith(("Type", "Sort", "Prop"))]
    for h, _ in list(reversed(derivations))[:3]:
        if done < 3:
            yield f"induction {h} <;> grind [{rules}]", 0.35 * near
            yield f"induction {h} <;> first | assumption | (constructor <;> assumption)", 0.2 * near
            yield f"induction {h} <;> simp_all", 0.15 * near
            if unfold:
                yield f"induction {h} <;> simp_all [{', '.join(unfold)}]", 0.3 * near
            yield f"induction {h}", 0.2 * near
        yield f"cases {h} <;> assumption", 0.15
        yield f"cases {h} <;> simp_all", 0.12
        yield f"cases {h} <;> grind [{rules}]", 0.12
        yield f"cases {h}", 0.15
    for x in [name for name in others if name in IDENT.findall(view.target)][:2] if target and not derivations else []:
        yield f"induction {x} <;> grind [{rules}]", 0.3 * near
        yield f"induction {x} <;> (constructor <;> assumption)", 0.15 * near


def _of_library(view: View) -> Iterator[Proposal]:
    head = view.constants[0] if view.constants else ""
    rules = [f"apply {head}.{rule}" for rule in _RULES.get(head, ())]
    if not rules:
        return
    closed = " | ".join(f"({rule} <;> assumption)" for rule in rules)
    yield f"first | {closed}", 0.5
    for rule in rules:
        yield rule, 0.15
    for h in [h.name for h in view.props if _same(h.type, head)][:2]:
        yield f"induction {h} <;> first | (simp_all; done) | {closed}", 0.25
        yield f"cases {h}", 0.1


def _same(text: str, head: str) -> bool:
    """Is it a statement by the same predicate, as far as its text tells?"""
    ways = (f"{head} ", f".{head.rpartition('.')[2]} ", _SIGNS.get(head, head))
    return connective(text) is None and any(way in text for way in ways)


def _predicate(text: str, known: set[str]) -> str | None:
    """The name at the head of a statement, when it may be an inductive predicate of the file."""
    head = text.partition(" ")[0]
    plain = connective(text) is None and IDENT.fullmatch(head) is not None and " " in text
    return head if plain and head[0].isupper() and head not in known and not _LIBRARY.match(head) else None


def _inside(view: View, known: set[str]) -> list[str]:
    """Such names within larger statements: capitalised words that are applied to something."""
    words = re.findall(r"(?<![\w.':] )(?<![\w.'])([A-Z][\w']*(?:\.[A-Z][\w']*)*)(?= [\w(])", view.facts)
    types = {word for h in view.vars for word in IDENT.findall(h.type)}
    return [w for w in dict.fromkeys(words) if w not in known and w not in types and not _LIBRARY.match(w)]


__all__ = ["propose"]
