"""Functions as values: injective, surjective, inverse; equations applied to or of functions; the diagonal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.goal import top_level
from prover.policy.tactics.view import Proposal, View, connective, numerals, seq

_NAMED = re.compile(r"(?<![\w.'])Function\.(?:[A-Z]\w*|comp|const|flip|swap)")
_WORD = r"([\w'₀-₉]+)"
_MORE = (
    ("∘", "Function.comp"),
    ("Function.Bijective", "Function.Injective"),
    ("Function.Bijective", "Function.Surjective"),
)
_MONOTONE = re.compile(rf"∀ \({_WORD} {_WORD} : (?:Nat|ℕ)\), \1 [<≤] \2 → {_WORD} \1 [<≤] \3 \2")
_STEPS = re.compile(rf"∀ \({_WORD} : (?:Nat|ℕ)\), {_WORD} \1 [<≤] \2 \(\1 \+ 1\)")
_PERIOD = re.compile(rf"∀ \({_WORD} : (?:Nat|ℕ)\), (?:{_WORD} \1 = \2 \(\1 \+ (\d+)\)|{_WORD} \(\1 \+ (\d+)\) = \4 \1)")
# Numbers up to it are gone through.
_LARGEST_PLACE = 12


def propose(view: View) -> Iterator[Proposal]:
    yield from _named(view)
    yield from _equations(view)
    yield from _cancelled(view)
    yield from _diagonal(view)
    yield from _sets(view)
    yield from _monotone(view)
    yield from _left_inverse(view)
    yield from _fixed_by_diagonal(view)
    yield from _cancels_everywhere(view)
    yield from _periodic(view)


def _sets(view: View) -> Iterator[Proposal]:
    """Cantor's theorem: no function gives each set of elements an element of its own."""
    for v in view.vars:
        match = re.fullmatch(r"\((?P<S>.+) → (?P<truth>Prop|Bool)\) → (?P=S)", v.type)
        if match is None or v.value is not None:
            continue
        f, kind, fresh = v.name, f"{match['S']} → {match['truth']}", view.namer()
        hn, hi, hd = fresh("hn"), fresh("hinj"), fresh("hdiag")
        holds = " = true" if match["truth"] == "Bool" else ""
        steps = [
            f"have {hd} : ∀ D : {kind}, (∀ x, D x{holds} ↔ ∃ P : {kind}, {f} P = x ∧ ¬P x{holds}) → False := by\n"
            "  intro D hD\n"
            f"  by_cases h : D ({f} D){holds}\n"
            "  · obtain ⟨P, hP, hnP⟩ := (hD _).mp h\n"
            f"    rw [{hi} _ _ hP] at hnP\n"
            "    exact hnP h\n"
            "  · exact h ((hD _).mpr ⟨D, rfl, h⟩)",
            f"exact {hd} (fun x => ∃ P : {kind}, {f} P = x ∧ ¬P x) (fun x => Iff.rfl)"
            if not holds
            else f"exact {hd} (fun x => @decide (∃ P : {kind}, {f} P = x ∧ ¬P x = true) (Classical.propDecidable _))\n"
            "  (fun x => @decide_eq_true_iff _ (Classical.propDecidable _))",
        ]
        if view.target.startswith("∃") and f"{f} " in view.target:
            both = f"Classical.byContradiction fun hne => {hn} ⟨P, Q, by first | exact ⟨hne, he⟩ | exact ⟨he, hne⟩⟩"
            start = [
                "apply Classical.byContradiction",
                f"intro {hn}",
                f"have {hi} : ∀ P Q, {f} P = {f} Q → P = Q := fun P Q he => {both}",
            ]
            yield seq(*start, *steps), 0.8
        for h in view.props if view.target == "False" else ():
            if re.search(rf"{re.escape(f)} \S+ = {re.escape(f)} \S+ → ", h.type):
                yield seq(f"have {hi} := {h.name}", *steps), 0.8


def _periodic(view: View) -> Iterator[Proposal]:
    """`f (n + p) = f n`: the same at every multiple of the period, and everywhere where that is 1."""
    for h in view.props:
        match = _PERIOD.fullmatch(h.type)
        if match is None:
            continue
        f, period = match[2] or match[4], int(match[3] or match[5])
        places = [int(n) for n in re.findall(rf"(?<![\w.']){re.escape(f)} (\d+)(?![\w'])", view.facts)]
        fresh = view.namer()
        key, k, n, ih = fresh("hper"), fresh("k"), fresh("n"), fresh("ih")
        step = f"({h.name} _).symm.trans" if match[2] else f"({h.name} _).trans"
        lemma = (
            f"have {key} : ∀ {k} {n} : Nat, {f} ({n} + {period} * {k}) = {f} {n} := by\n  intro {k} {n}\n"
            f"  induction {k} with\n  | zero => rfl\n  | succ {k} {ih} => exact {step} {ih}"
        )
        if period == 1:
            everywhere = f"have {key} : ∀ {k}, {f} {k} = {f} 0 := fun {k} => by simpa using {key} {k} 0"
            yield seq(lemma, everywhere, f"first | exact ({key} _).trans ({key} _).symm | exact {key} _ | grind"), 0.6
        elif period and places:
            known = [
                f"have {fresh('hx')} : {f} {place} = {f} {place % period} := {key} {place // period} {place % period}"
                for place in dict.fromkeys(places)
                if place >= period
            ]
            yield seq(lemma, *known[:_LARGEST_PLACE], f"clear {key} {h.name}", "first | omega | grind"), 0.6


def _left_inverse(view: View) -> Iterator[Proposal]:
    """`∃ g, ∀ a, g (f a) = a` for an injective `f`: what was sent there, and any value elsewhere."""
    match = re.fullmatch(rf"∃ {_WORD}, ∀ \(?{_WORD}(?: : [^,]*\))?, \1 \({_WORD} \2\) = \2", view.target)
    kind = next((v.type for v in view.vars if match and v.name == match[3]), "")
    source = kind.partition(" → ")[0]
    injective = [h.name for h in view.props if match and f"{match[3]} " in h.type and h.type.startswith("∀")]
    values = [v.name for v in view.vars if v.type == source]
    if match is None or not injective:
        return
    f, fresh = match[3], view.namer()
    hi, b, a = fresh("hi"), fresh("b"), fresh("a")
    for value in values[-1:]:
        claim = f"∀ {b}, ∃ {a}, (∃ c, {f} c = {b}) → {f} {a} = {b}"
        proof = (
            f"fun {b} => (Classical.em (∃ c, {f} c = {b})).elim (fun ⟨c, h⟩ => ⟨c, fun _ => h⟩)\n"
            f"  (fun h => ⟨{value}, fun h1 => (h h1).elim⟩)"
        )
        use = f"{injective[-1]} _ _ (({hi} ({f} {a})).choose_spec ⟨{a}, rfl⟩)"
        yield seq(f"have {hi} : {claim} := {proof}", f"exact ⟨fun {b} => ({hi} {b}).choose, fun {a} => {use}⟩"), 0.7


def _fixed_by_diagonal(view: View) -> Iterator[Proposal]:
    """Lawvere's theorem: where each function is `φ a` for some `a`, every `h` has a fixed point."""
    for law in view.props:
        match = re.fullmatch(
            rf"∀ \({_WORD} : (?P<kind>.+)\), ∃ {_WORD}, ∀ \({_WORD} : .+\), {_WORD} \3 \4 = \1 \4", law.type
        )
        if match is None:
            continue
        phi, fresh = match[5], view.namer()
        a, ha = fresh("a"), fresh("ha")
        value = match["kind"].rpartition(" → ")[2]
        changes = [v.name for v in view.vars if v.type == f"{value} → {value}"]
        for h in changes[:1]:
            taken = f"obtain ⟨{a}, {ha}⟩ := {law.name} (fun x => {h} ({phi} x x))"
            yield seq(taken, f"exact ⟨{phi} {a} {a}, ({ha} {a}).symm⟩"), 0.7
        other = {"Prop": "¬{}", "Bool": "!{}", "Nat": "{} + 1", "ℕ": "{} + 1"}.get(value)
        if other is not None and view.target == "False":
            changed = other.format(f"({phi} x x)")
            yield (
                f"(obtain ⟨{a}, {ha}⟩ := {law.name} (fun x => {changed}); have := {ha} {a}; "
                f"first | omega | (revert this; cases {phi} {a} {a} <;> simp) | simp_all | grind)",
                0.7,
            )


def _cancels_everywhere(view: View) -> Iterator[Proposal]:
    """Functions into any type that agree on the image agree: so the image is everything, as a predicate tells."""
    match = re.fullmatch(rf"\(∀ \({_WORD} : .+\), ∃ {_WORD}, {_WORD} \2 = \1\) ↔ .*∀ \({_WORD} : Type.*", view.target)
    if match is None:
        return
    f, fresh = match[3], view.namer()
    h, b, y = fresh("h"), fresh("b"), fresh("y")
    at = f"{h} Prop (fun {y} => ∃ a, {f} a = {y}) (fun _ => True)"
    tries = f"(simpa using {at} (fun a => by simp) {b}) | (simpa using congrFun ({at} (by funext a; simp)) {b})"
    yield (
        seq(
            "constructor",
            f"· intro {h} γ u v hk\n"
            f"  first\n  | (intro {b}; obtain ⟨a, rfl⟩ := {h} {b}; exact hk a)\n"
            f"  | (funext {b}; obtain ⟨a, rfl⟩ := {h} {b}; exact congrFun hk a)",
            f"· intro {h} {b}; first | {tries}",
        ),
        0.6,
    )


def _named(view: View) -> Iterator[Proposal]:
    """Properties that have a name are unfolded; their goals can be introduced as they stand."""
    names = list(dict.fromkeys(_NAMED.findall(view.facts)))
    names += [name for mark, name in _MORE if mark in view.facts and name not in names]
    if not names:
        return
    unfold = ", ".join(names)
    yield f"simp_all [{unfold}]", 0.3
    yield f"grind [{unfold}]", 0.4
    yield f"simp only [{unfold}] at *", 0.15
    parts = view.target.partition(" ")[0]
    if parts == "Function.Injective":
        yield f"intro {view.fresh('a')} {view.fresh('b')} {view.fresh('hab')}", 0.45
    elif parts in ("Function.Surjective", "Function.LeftInverse", "Function.RightInverse"):
        yield f"intro {view.fresh('y')}", 0.45
    elif parts == "Function.Bijective":
        yield "constructor", 0.45
    for h in view.props:
        if h.type.startswith("Function.Injective"):
            yield f"apply {h.name}", 0.2
            if view.target.startswith("∃ "):
                for given in [g for g in view.props if " = " in g.type][-2:]:
                    witness = given.type.partition(" = ")[0].rpartition(" ")[2].rstrip(")")
                    yield f"exact ⟨{witness}, {h.name} {given.name}⟩", 0.3
        elif h.type.startswith("Function.Surjective"):
            for term in _terms(view)[:4] if "∘" in h.type else [v.name for v in view.vars[-3:]]:
                yield f"obtain ⟨{view.fresh('a')}, {view.fresh('ha')}⟩ := {h.name} {term}", 0.1
        elif h.type.startswith("Function.Bijective"):
            yield f"obtain ⟨{view.fresh('hi')}, {view.fresh('hs')}⟩ := {h.name}", 0.3


def _terms(view: View) -> list[str]:
    """Functions of the context applied to what they take, the latest first; then what is no function."""
    plain = [v for v in view.vars if "→" not in v.type and not v.type.startswith(("Type", "Sort"))][::-1]
    applied = [f"({f.name} {v.name})" for v in plain for f in view.vars if f.type.startswith(f"{v.type} → ")]
    return [*applied, *(v.name for v in plain)]


def _equations(view: View) -> Iterator[Proposal]:
    """An equation between functions at a point, or between values under another function."""
    functions = [v for v in view.vars if "→" in v.type and not v.type.endswith("Prop")]
    names = {v.name for v in functions}
    for h in list(reversed(view.props))[:3]:
        parts = connective(h.type)
        if not parts or parts[0] != "=":
            continue
        left, right = parts[1], parts[2]
        name = view.fresh("h")
        if " ++ " in left + right or " :: " in left + right:
            yield from _lists(view, h.name, left, right)
        if {left, right} & names or "fun " in left + right or "∘" in left + right:
            for v in [v for v in view.vars if "→" not in v.type and not v.type.startswith(("Type", "Sort"))][-2:]:
                yield f"have {name} := congrFun {h.name} {v.name}", 0.12
                yield seq(f"have {name} := congrFun {h.name} {v.name}", "simp_all"), 0.12
        elif left.partition(" ")[0] == right.partition(" ")[0] and " " in left:
            for f in functions[:3]:
                yield seq(f"have {name} := congrArg {f.name} {h.name}", "simp_all"), 0.12
                yield f"have {name} := congrArg {f.name} {h.name}", 0.06


def _cancelled(view: View) -> Iterator[Proposal]:
    """`m x y = m x z` for an operation `m`, multiplied by what a function of the context makes of `x`."""
    kinds = {v.name: v.type for v in view.vars}
    for h in list(reversed(view.props))[:3]:
        match = re.fullmatch(rf"{_WORD} {_WORD} {_WORD} = \1 {_WORD} {_WORD}", h.type)
        if match is None:
            continue
        m, a, b, c, d = match.groups()
        kind = kinds.get(a, "")
        inverses = [v.name for v in view.vars if v.type == f"{kind} → {kind}"]
        if kinds.get(m) != f"{kind} → {kind} → {kind}":
            continue
        for i in inverses[:2]:
            if a == c:
                yield seq(f"have hc := congrArg ({m} ({i} {a})) {h.name}", "grind"), 0.5
            if b == d:
                yield seq(f"have hc := congrArg (fun t => {m} t ({i} {b})) {h.name}", "grind"), 0.5


def _lists(view: View, name: str, left: str, right: str) -> Iterator[Proposal]:
    """An equation between lists: their lengths agree, and so do their parts where the lengths of these do."""
    length = view.fresh("hl")
    lengths = f"have {length} := congrArg List.length {name}"
    if top_level(left, " ++ ") is not None and top_level(right, " ++ ") is not None:
        first, second = view.fresh("h"), view.fresh("h", [view.fresh("h")])
        equal = f"(by {lengths}; simp at {length}; omega)"
        for lemma in ("List.append_inj", "List.append_inj'"):
            yield f"obtain ⟨{first}, {second}⟩ := {lemma} {name} {equal}", 0.25
    yield seq(lengths, f"simp at {length}"), 0.08


def _monotone(view: View) -> Iterator[Proposal]:
    """A monotone function at neighbours among the small numbers of the goal."""
    largest = max((n for n in numerals(view.facts) if n <= _LARGEST_PLACE), default=0)
    for h in view.props if largest else ():
        monotone = _MONOTONE.fullmatch(h.type)
        if not (monotone or _STEPS.fullmatch(h.type)):
            continue
        at = "{0} {1} (by decide)" if monotone else "{0}"
        fresh = view.namer()
        steps = [f"have {fresh('hm')} := {h.name} {at.format(n, n + 1)}" for n in range(largest)]
        yield seq(*steps, "omega"), 0.5


def _onto(text: str) -> str:
    """The function of which a proposition says that it reaches all."""
    found = re.fullmatch(r"Function\.Surjective (\S+)|∀ \(([\w']+) : .*\), ∃ ([\w']+), (\S+) \3 = \2", text)
    return (found[1] or found[4]) if found else ""


def _diagonal(view: View) -> Iterator[Proposal]:
    """Cantor's argument: what differs from every `f x` at `x`."""
    exists = re.match(r"∃ \(?\w+[^,]*, ∀ ", view.target) and re.search(r"≠|¬", view.target)
    onto = {reached: h.name for h in view.props if view.target == "False" and (reached := _onto(h.type))}
    if not exists and not onto:
        return
    for f in view.vars:
        parts = re.fullmatch(r"(.+?) → \(?\1 → ([^()]+)\)?", f.type)
        if not parts:
            continue
        other = {"Bool": "!{}", "Prop": "¬{}"}.get(parts[2], "{} + 1").format(f"{f.name} x x")
        name, at = view.fresh("h"), view.fresh("x")
        if exists:
            witness = f"refine ⟨fun x => {other}, fun {at} {name} => ?_⟩"
            yield seq(witness, f"have := congrFun {name} {at}", "simp at this"), 0.3
            yield seq(witness, f"have := congrFun {name} {at}", "grind"), 0.25
        elif f.name in onto:
            found = f"obtain ⟨{at}, {name}⟩ := {onto[f.name]} (fun x => {other})"
            yield seq(found, f"have := congrFun {name} {at}", "first | (simp at this; done) | grind"), 0.8
