"""Induction and case analysis on variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from prover.policy.tactics.patterns import universal
from prover.policy.tactics.view import NAT, NUMBERS, Proposal, View, mentions, stands_in

# Lemmas that bring the step of an induction into the form of its hypothesis.
STEP = "Nat.pow_succ, Nat.pow_add, Nat.pow_mul, Nat.mul_add, Nat.add_mul"
INT_STEP = "Int.pow_succ, Int.mul_add, Int.add_mul"
_MAX_DEPTH = 2
# Functions that go through a list and a number at once.
_ALONG = re.compile(r"take|drop|get|set|insert|erase|replicate|range|rotate|\[\w+\]|\[\w+\]\?|len")
# Recursive functions of the library that `simp` does not unfold by itself.
_LIBRARY_RECURSION = re.compile(r"(?<![\w.'])((?:Nat|List)\.(?:repeat|iterate|rec|fold|foldRev|any|all|iota))(?![\w'])")
# A product on the right in which something is taken away.
_LESS = re.compile(r" = (?:\S+(?: [*^] \S+)* (\*) \([^()]* - \d+\)|\([^()]* - \d+\) \* \S+(?: [*^] \S+)*)$")
_NEXT_BOUND = re.compile(r"([\w'₀-₉]+) (≤|<) ([\w'₀-₉]+) \+ 1")


def propose(view: View) -> Iterator[Proposal]:
    yield from _boundary(view)
    done = sum(tactic.startswith(("induction", "(induction")) for tactic in view.history)
    if done >= _MAX_DEPTH:
        return
    for v in view.vars:
        if v.value is not None or not mentions(view.target, v.name):
            continue
        if done and (v.type in NAT or v.type.startswith(("List ", "Array ")) or _inductive(view, v.type)):
            # A second induction is rare: its plain forms are enough.
            yield f"induction {v.name} <;> simp_all", 0.08
            yield f"induction {v.name} <;> grind", 0.06
            yield f"cases {v.name} <;> simp_all", 0.08
            yield f"cases {v.name}", 0.06
            if v.type in NAT:
                yield from _residues(view, v.name)
        elif v.type in NAT:
            yield from _nat(view, v.name)
        elif v.type.startswith(("List ", "Array ")):
            yield from _list(view, v.name, v.type)
        elif _inductive(view, v.type):
            yield f"cases {v.name} <;> simp_all", 0.14
            yield f"cases {v.name} <;> grind", 0.13
            yield f"cases {v.name}", 0.12
            yield f"induction {v.name} <;> simp_all", 0.12
            yield f"induction {v.name} <;> grind", 0.12
            yield f"induction {v.name}", 0.12


def _nat(view: View, n: str) -> Iterator[Proposal]:
    ih = view.fresh("ih")
    power = "^" in view.target
    weight = 0.3 if power or any(h.type.startswith("∀") for h in view.props) else 0.12
    if "List.range" in view.target:
        yield f"induction {n} <;> simp_all [List.range_succ, Nat.mul_add, Nat.add_mul] <;> omega", 0.3
        yield f"induction {n} <;> simp_all [List.range_succ, Nat.mul_add, Nat.add_mul] <;> grind", 0.25
    if less := _LESS.search(view.target):
        lemma = "Nat.mul_sub" if less[1] else "Nat.sub_mul"
        steps = f"rw [{lemma}]; apply Nat.eq_sub_of_add_eq; induction {n}"
        yield f"({steps} <;> simp_all [List.range_succ] <;> grind)", 0.32
    for name in list(dict.fromkeys(_LIBRARY_RECURSION.findall(view.target)))[:1]:
        yield f"induction {n} <;> simp_all [{name}]", 0.25
        yield f"induction {n} <;> grind [{name}]", 0.2
    yield f"induction {n} <;> grind", weight
    yield f"induction {n} <;> simp_all", weight * 0.9
    lemmas = INT_STEP if "ℤ" in view.facts or "Int" in view.facts else STEP
    if power:
        yield f"induction {n} <;> simp_all [{lemmas}] <;> omega", weight * 1.1
        yield f"induction {n} <;> simp_all [{lemmas}] <;> grind", weight * 0.8
    yield f"induction {n} <;> simp_all <;> omega", weight * 0.7
    yield f"(induction {n}; case' succ {n} {ih} => skip)", weight * 0.8
    others = [v.name for v in view.vars if v.name != n and v.type in NUMBERS and mentions(view.target, v.name)]
    if others:
        yield f"induction {n} generalizing {' '.join(others[:3])} <;> grind", weight * 0.5
        yield f"(induction {n} generalizing {' '.join(others[:3])}; case' succ {n} {ih} => skip)", weight * 0.3
        step = f"induction {n} generalizing {' '.join(others[:3])} <;> cases {others[0]}"
        yield f"{step} <;> simp_all", weight * 0.7
    if power and (hints := _power_hints(view, n)):
        step = "".join(f"\n  have {view.fresh(f'hp{i}')} := {hint}" for i, hint in enumerate(hints))
        head = f"induction {n} with\n| zero => simp_all\n| succ {n} {ih} =>{step}\n  "
        yield f"{head}simp_all [{lemmas}] <;> omega", weight * 1.2
        yield f"{head}simp only [Nat.pow_succ] at *\n  omega", weight
        yield f"{head}grind", weight * 0.5
    if uses := _uses(view, n):
        steps = "".join(f"\n  try have {view.fresh(f'hu{i}')} := {use}" for i, use in enumerate(uses))
        head = f"induction {n} with\n| zero => first | omega | simp_all | grind\n| succ {n} {ih} =>{steps}\n  "
        yield f"{head}first | omega | grind", weight
    if bound := _lower_bound(view, n):
        name, least = bound
        yield (
            (
                f"(obtain ⟨k, rfl⟩ : ∃ k, {n} = k + {least} := ⟨{n} - {least}, by omega⟩; clear {name}; "
                f"induction k <;> simp_all [{lemmas}] <;> omega)"
            ),
            weight * 0.8,
        )
        yield f"obtain ⟨k, rfl⟩ : ∃ k, {n} = k + {least} := ⟨{n} - {least}, by omega⟩", weight * 0.5
    yield f"cases {n}", 0.06
    yield f"cases {n} <;> simp_all", 0.06
    yield f"cases {n} <;> grind", 0.05
    yield from _strong(view, n, ih)


def _boundary(view: View) -> Iterator[Proposal]:
    """After a step of an induction, what was below the bound still is, or is the bound."""
    for h in view.props:
        match = _NEXT_BOUND.fullmatch(h.type)
        if match is None:
            continue
        k, relation, n = match.groups()
        below, last = (f"{k} ≤ {n}", f"{n} + 1") if relation == "≤" else (f"{k} < {n}", n)
        if any(stands_in(other.type, below) and other.name != h.name for other in view.props):
            hk = view.fresh("hk")
            split = f"rcases (show {below} ∨ {k} = {last} by omega) with {hk} | rfl"
            yield (
                f"{split} <;> simp_all <;> first | exact Nat.dvd_mul_right _ _ | exact Nat.dvd_mul_left_of_dvd ‹_› _",
                0.45,
            )
            yield f"{split} <;> grind", 0.3
            yield split, 0.3


def _uses(view: View, n: str) -> list[str]:
    """What universal hypotheses say of `n` and its successor, with premises for `omega`."""
    found = []
    for h in view.props:
        parts = universal(h.type) if h.type.startswith("∀") and not mentions(h.type, n) else None
        if parts is None or not all(kind in NAT for _, kind in parts.binders) or not all(parts.explicit):
            continue
        after = f"({n} + 1)"
        by_count: dict[int, list[tuple[str, ...]]] = {1: [(n,), (after,)], 2: [(n, after), ("0", n)]}
        places = by_count.get(len(parts.binders), [])
        premises = " (by omega)" * len(parts.premises)
        found += [f"{h.name} {' '.join(place)}{premises}" for place in places]
    return found[:4]


def _strong(view: View, n: str, ih: str) -> Iterator[Proposal]:
    """Strong induction, first of all where hypotheses lead to `n` from smaller numbers that are not its predecessor."""
    below = [h.name for h in view.props if re.match(r"∀ .*\(∀ .* < ", h.type)]
    for h in below[:2]:
        yield f"exact Nat.strongRecOn {n} {h}", 0.5
    scaled = _scaled(view)
    weight = 0.2 if below or scaled else 0.05
    yield f"induction {n} using Nat.strongRecOn with | ind {n} {ih} => grind", weight
    yield f"(induction {n} using Nat.strongRecOn; rename_i {n} {ih})", weight


def _residues(view: View, n: str) -> Iterator[Proposal]:
    """After strong induction: the number as twice (or so) a smaller one, with a remainder."""
    scaled = _scaled(view)
    if scaled and any(re.match(rf"∀ .* < {re.escape(n)} → ", h.type) for h in view.props):
        k = view.fresh("k")
        parts = [f"{n} = {scaled} * {k}" + (f" + {rest}" if rest else "") for rest in range(scaled)]
        arms = " | ".join(["rfl"] * scaled)
        yield f"obtain ⟨{k}, {arms}⟩ : ∃ {k}, {' ∨ '.join(parts)} := ⟨{n} / {scaled}, by omega⟩", 0.4


def _scaled(view: View) -> int:
    """The factor 2 to 5 of a conclusion like `P (2 * n + 1)` of a hypothesis; 0 without."""
    for h in view.props:
        if h.type.startswith("∀") and (match := re.search(r"\(([2-5]) \* \w+(?: \+ \d)?\)$", h.type)):
            return int(match[1])
    return 0


def _power_hints(view: View, n: str) -> list[str]:
    """Where powers are subtracted or compared: that they are positive, grow with the base, and outgrow the exponent."""
    if not re.search(r" [-≤<≥>] ", view.target):
        return []
    exponent = rf"(?:{re.escape(n)}(?![\w'])|\({re.escape(n)} [+] \d+\))"
    bases = sorted({int(base) for base in re.findall(rf"(?<![\w.])(\d{{1,5}}) ?\^ ?{exponent}", view.target)})
    hints = [f"Nat.lt_pow_self (n := {n}) (show 1 < {base} by decide)" for base in bases[:2] if base > 1]
    return hints + [f"Nat.pow_le_pow_left (show {a} ≤ {b} by decide) {n}" for a, b in pairwise(bases)][:2]


def _list(view: View, xs: str, kind: str) -> Iterator[Proposal]:
    ih = view.fresh("ih")
    if kind.startswith("List "):
        yield f"induction {xs} <;> simp_all", 0.3
        yield f"induction {xs} <;> grind", 0.28
        if re.search(r"[+*≤<≥>] ", view.target):
            lemmas = "Nat.mul_add, Nat.add_mul" + (", Int.mul_add, Int.add_mul" if "ℤ" in kind or "Int" in kind else "")
            yield f"induction {xs} <;> simp_all [{lemmas}] <;> first | omega | grind", 0.29
        yield f"(induction {xs}; case' cons x {xs} {ih} => skip)", 0.2
        others = [v.name for v in view.vars if v.name != xs and mentions(view.target, v.name) and _plain(v.type)]
        if others:
            general = " ".join(others[:3])
            yield f"induction {xs} generalizing {general} <;> simp_all", 0.2
            yield f"induction {xs} generalizing {general} <;> grind", 0.18
            yield f"(induction {xs} generalizing {general}; case' cons x {xs} {ih} => skip)", 0.1
        # What recurses along with it: another list, or a number as in `xs.take n`.
        kinds = ("List ", "Nat", "ℕ") if _ALONG.search(view.target) else ("List ",)
        together = [v.name for v in view.vars if v.name in others and v.type.startswith(kinds)]
        for y in together[:2]:
            step = f"induction {xs} generalizing {' '.join(others[:3])} <;> cases {y}"
            if "reverse" in view.target and "zip" in view.target:
                yield f"{step} <;> simp_all [List.zip_append, List.zipWith_append]", 0.3
            yield f"{step} <;> simp_all", 0.2
            yield f"{step} <;> grind", 0.12
    yield f"cases {xs} <;> simp_all", 0.12
    yield f"cases {xs}", 0.08


def _lower_bound(view: View, n: str) -> tuple[str, int] | None:
    """The hypothesis that says `c ≤ n`, with `c`."""
    for h in view.props:
        for pattern, more in (
            (r"(\d+) ≤ {}", 0),
            (r"(\d+) < {}", 1),
            (r"{} ≥ (\d+)", 0),
            (r"{} > (\d+)", 1),
            (r"{} ≠ (0)", 1),
        ):
            match = re.fullmatch(pattern.format(re.escape(n)), h.type)
            if match and len(match[1]) < 6:
                return h.name, int(match[1]) + more
    return None


def _plain(kind: str) -> bool:
    return not kind.startswith(("Type", "Sort", "Prop")) and "→" not in kind


def _inductive(view: View, kind: str) -> bool:
    """Could this be an inductive type of the file: a capitalised name, no arrow, no type of numbers?"""
    head = kind.split(" ")[0]
    known = ("Type", "Sort", "Prop", "BitVec", "String", "Char", "Float", "Fin", "Bool", "UInt8", "UInt32", "UInt64")
    taken = {h.name for h in view.goal.hypotheses}
    return "→" not in kind and head[:1].isupper() and head not in known and head not in NUMBERS and head not in taken
