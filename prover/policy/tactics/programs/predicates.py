"""Inductive predicates of the file: their rules for the target, cases and induction for hypotheses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from prover.goal import Hypothesis
from prover.policy.tactics.definitions import declared, own
from prover.policy.tactics.view import IDENT, NAT, Proposal, View, connective, mentions, seq

_LIBRARY = re.compile(
    r"(?:Nat|Int|Rat|Real|List|Array|Option|Prod|Sum|Fin|BitVec|String|Char|Function|Set|Finset|Decidable|Nonempty|"
    r"Subsingleton|Inhabited|Classical|Exists|And|Or|Not|Iff|Eq|HEq|True|False|Monotone|StrictMono|Irrational|Even|Odd|"
    r"Acc|WellFounded|Squarefree|IsCoprime)(?:\.|$)"
)


# Inductive predicates of the library with their rules; `constructor` would choose the first that fits.
_RULES = {
    "List.Sublist": ("slnil", "cons₂", "cons"),
    "List.Perm": ("nil", "cons", "swap", "trans"),
    "List.Pairwise": ("nil", "cons"),
    "List.Lex": ("nil", "rel", "cons"),
    "Acc": ("intro",),
    "Relation.TransGen": ("single", "tail"),
    "Relation.ReflTransGen": ("refl", "tail"),
}
_MULTIPLE = re.compile(r"∃ (?P<k>\w+), (?P<x>[\w'₀-₉]+) = (?P<by>\d+) \* (?P=k)(?: \+ (?P<rest>\d+))?")
_SIGNS = {"List.Sublist": " <+ ", "List.Perm": " ~ "}

_MOST_MODULUS = 13


def propose(view: View) -> Iterator[Proposal]:
    yield from _of_library(view)
    known = {h.name for h in view.goal.hypotheses}
    target = _predicate(view, view.target, known)
    derivations = [(h, name) for h in view.props if (name := _predicate(view, h.type, known))]
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
    for prop, _ in list(reversed(derivations))[:3]:
        h = prop.name
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
        yield from _of_terms(view, prop, rules)
    yield from _two(view, derivations, rules)
    yield from _invariants(view, derivations)
    if target:
        yield from _strong(view, rules)
    for x in [name for name in others if name in IDENT.findall(view.target)][:2] if target and not derivations else []:
        yield f"induction {x} <;> grind [{rules}]", 0.3 * near
        yield f"induction {x} <;> (constructor <;> assumption)", 0.15 * near


def _two(view: View, derivations: list[tuple[Hypothesis, str]], rules: str) -> Iterator[Proposal]:
    """Two derivations, as for transitivity and for determinism: induction on one, whatever the other is about, and the
    rules that the other can end with."""
    for one, other in permutations([h for h, _ in derivations[-3:]], 2):
        about = f"{other.type} {view.target}"
        free = [v.name for v in view.vars if v.value is None and mentions(about, v.name) and _of_data(v.type)]
        free = [name for name in free if not mentions(one.type, name)]
        general = f" generalizing {' '.join(free)}" if free else ""
        ends = f"first | assumption | (cases {other.name} <;> grind [{rules}]) | grind [{rules}]"
        yield f"induction {one.name}{general} <;> {ends}", 0.55
        if len(derivations) > 2:
            return


def _of_data(kind: str) -> bool:
    return not kind.startswith(("Type", "Sort", "Prop"))


def _strong(view: View, rules: str) -> Iterator[Proposal]:
    """By strong induction on a number, for rules that step by more than one (`Ev n → Ev (n + 2)`)."""
    steps = _steps(view)
    for x in [x for x in view.of_type(NAT) if mentions(view.target, x)][:1]:
        ih = view.fresh("ih")
        arms = " | ".join([*["_"] * max(steps, default=2), x])
        rule = f"first | omega | (constructor; done) | (constructor <;> apply {ih} <;> omega) | grind [{rules}]"
        yield f"(induction {x} using Nat.strongRecOn with\n| ind {x} {ih} =>\n  rcases {x} with {arms} <;> {rule})", 0.3


def _invariants(view: View, derivations: list[tuple[Hypothesis, str]]) -> Iterator[Proposal]:
    """What a predicate that begins at `b` and steps by `s` says of a number: that it leaves what `b` leaves modulo `s`;
    or modulo something else, where the number that it is said of does not."""
    for prop, name in derivations[:2]:
        bases = re.findall(rf"(?<![\w.']){re.escape(name)} (\d+)", view.context)
        said = re.fullmatch(rf"{re.escape(name)} (\d{{1,6}})", prop.type)
        if not bases:
            continue
        first = int(bases[0])
        moduli = [m for m in range(2, _MOST_MODULUS) if first % m != int(said[1]) % m] if said else []
        moduli = moduli or [step for step in _steps(view) if step > 1][:1]
        hi, m, hm = (view.fresh(wish) for wish in ("hi", "m", "hm"))
        ways = [
            seq(
                f"have {hi} : ∀ {m}, {name} {m} → {m} % {modulus} = {first % modulus} := by\n"
                f"  intro {m} {hm}\n  induction {hm} <;> omega",
                f"have := {hi} _ {prop.name}",
                "first | omega | grind",
            )
            for modulus in moduli
        ]
        if len(ways) > 1:
            ways = ["first\n | " + "\n | ".join(way.replace("\n", "\n   ") for way in ways)]
        yield from ((way, 0.4) for way in ways)


def _steps(view: View) -> list[int]:
    """The numbers that the rules of the file add."""
    return [int(step) for step in re.findall(r" \+ ([1-5])\)", view.context)]


def _of_terms(view: View, prop: Hypothesis, rules: str) -> Iterator[Proposal]:
    """Induction on a derivation about terms, with names for them; and one whose claim is a multiple that there is."""
    h, left = prop.name, prop.type
    steps: list[str] = []
    over: list[str] = []
    fresh = view.namer()
    for term in dict.fromkeys(re.findall(r"(?<= )\([^()]*\)", left)):
        name = fresh("m")
        left = left.replace(term, name)
        over += [v.name for v in view.vars if v.value is None and mentions(term, v.name) and v.name not in over]
        steps.append(f"generalize {fresh('hm')} : {term} = {name} at {h}")
    if steps:
        names = [name for name in over if not mentions(left, name)]
        general = f" generalizing {' '.join(names)}" if names else ""
        rule = f"first | omega | (simp_all; done) | grind [{rules}] | (rename_i ih; apply ih; omega)"
        yield seq(*steps, f"induction {h}{general} <;> {rule}"), 0.35
    multiple = _MULTIPLE.fullmatch(view.target)
    if multiple and int(multiple["rest"] or 0) < int(multiple["by"]):
        x, by, rest = multiple["x"], multiple["by"], multiple["rest"] or "0"
        hs = view.fresh("hs")
        yield seq(f"suffices {hs} : {x} % {by} = {rest} from ⟨{x} / {by}, by omega⟩", f"induction {h} <;> omega"), 0.5


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
    ways = (f"{head} ", f".{head.rpartition('.')[2]} ", _SIGNS.get(head, f"{head} "))
    return connective(text) is None and any(way in text for way in ways)


def _predicate(view: View, text: str, known: set[str]) -> str | None:
    """The name at the head of a statement, when it may be an inductive predicate of the file."""
    head = text.partition(" ")[0]
    if connective(text) is not None or not IDENT.fullmatch(head) or " " not in text or head in known:
        return None
    own_type = declared(view.context).type(head) is not None
    return head if own_type or (head[0].isupper() and not _LIBRARY.match(head)) else None


def _inside(view: View, known: set[str]) -> list[str]:
    """Such names within larger statements: capitalised words that are applied to something."""
    words = re.findall(r"(?<![\w.':] )(?<![\w.'])([A-Z][\w']*(?:\.[A-Z][\w']*)*)(?= [\w(])", view.facts)
    types = {word for h in view.vars for word in IDENT.findall(h.type)}
    return [w for w in dict.fromkeys(words) if w not in known and w not in types and not _LIBRARY.match(w)]


__all__ = ["propose"]
