"""Universal hypotheses at terms of the context: `have`, `obtain` and `exact` with the arguments written out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from prover.goal import bare
from prover.policy.tactics.patterns import Universal, alternatives, pattern, universal
from prover.policy.tactics.view import IDENT, NAT, NUMBERS, RAT, REAL, Proposal, View, connective, have, put, seq

_MOST_HYPOTHESES = 5
_MOST_ASSIGNMENTS = 40
_MOST_PROPOSALS = 8
_GROUP = "g"  # before a number, the name of a group
_DOWN = re.compile(r"∀ \((?P<n>[\w']+) : (?:Nat|ℕ)\), (?P<P>[\w'₀-₉.]+) \((?P=n) \+ 1\) → (?P=P) (?P=n)")
_ASCENT = re.compile(
    r"∀ \((?P<n>[\w']+) : (?:Nat|ℕ)\), (?P<P>[\w'₀-₉.]+) (?P=n) → (?P<more>.*?)(?P=P) \((?P=n) \+ (?P<k>\d)\)"
)
_ORDER = ("≤", "<", "≥", ">", "≠")


@dataclass(frozen=True, slots=True)
class Instance:
    """A universal hypothesis with all its arguments."""

    term: str
    """The application: `h a b hp`."""
    statement: str
    """What it says, as far as substitution in the printed text tells."""
    missing: int
    """Premises that nothing in the context proves; what is left of them is in the statement."""


def propose(view: View) -> Iterator[Proposal]:
    yield from _downward(view)
    yield from _upward(view)
    count = 0
    known = {h.type for h in view.props}
    together: list[str] = []
    for h in list(reversed(view.props))[:_MOST_HYPOTHESES]:
        parts = universal(h.type)
        if not parts.binders:
            continue
        yield from _anonymous(view, h.name, parts)
        yield from _at_numbers(view, h.name, parts)
        for instance in instances(view, h.name, parts):
            if count >= _MOST_PROPOSALS or not _new(instance, known):
                continue
            count += 1
            together.append(instance.term)
            yield from _use(view, instance)
        choice = len(parts.binders) == 1 and not parts.premises and parts.conclusion.startswith("∃")
        if choice and parts.explicit[0]:
            function, name = view.fresh("f"), view.fresh("hf")
            obtained = f"obtain ⟨{function}, {name}⟩ := Classical.axiomOfChoice {h.name}"
            yield obtained, 0.1
            if view.target.startswith("∃"):
                yield seq(obtained, f"exact ⟨{function}, by grind⟩"), 0.5
            if parts.binders[0][1] in NAT and re.match(r"∃ [\w'₀-₉]+, ∀ ", view.target):
                # each member of a sequence is chosen by the one before it
                sequence = f"fun n => Nat.rec ({function} 0) (fun _ x => {function} x) n"
                both = f"⟨({name} _).1, by cases n <;> exact ({name} _).2⟩"
                yield seq(obtained, f"exact ⟨{sequence}, fun n => by first | exact {name} _ | exact {both}⟩"), 0.5
    if len(together) > 1:
        fresh = view.namer()
        yield seq(*(f"have {fresh('h')} := {term}" for term in together), "grind"), 0.3


def _new(instance: Instance, known: set[str]) -> bool:
    """Does it say anything that the context does not? Of a disjunction, more than one of its sides does."""
    parts = connective(instance.statement)
    if parts and parts[0] == "∨":
        return parts[1] != parts[2] and not {bare(part) for part in parts[1:]} & known
    return instance.statement not in known


def _anonymous(view: View, name: str, parts: Universal) -> Iterator[Proposal]:
    """The hypothesis with arguments that unification is left to find."""
    if view.target.startswith("∃"):
        yield f"exact ⟨_, {name} ..⟩", 0.3
    gaps = " ".join("_" for explicit in parts.explicit if explicit)
    kind = connective(parts.conclusion)
    if parts.premises and (parts.conclusion.startswith("∃") or (kind and kind[0] in ("∧", "∨"))):
        found = _taken_apart(view, parts.conclusion)
        proved = " ".join("(by assumption)" for _ in parts.premises)
        yield f"{found} := {name} {gaps} {proved}", 0.08


def _at_numbers(view: View, name: str, parts: Universal) -> Iterator[Proposal]:
    """A bound for all numbers, at numbers near those of the context: half of one, the middle of two, one more."""
    kind = parts.binders[0][1]
    relation = connective(parts.conclusion)
    if len(parts.binders) != 1 or kind not in NUMBERS or not relation or relation[0] not in _ORDER:
        return
    own = [v.name for v in view.vars if v.type == kind and v.value is None][:3]
    terms = list(own)
    if kind in RAT | REAL:
        terms += [f"({v} / 2)" for v in own] + [f"(({a} + {b}) / 2)" for a, b in combinations(own, 2)]
    terms += [f"({v} + 1)" for v in own] + ["0", "1"]
    if kind not in NAT:
        terms += [f"({v} - 1)" for v in own] + [f"(-{v})" for v in own]
    close = "grind" if kind in RAT | REAL else "omega"
    h = view.fresh("hn")
    for chunk in (terms[:5], terms[5:10]):
        if chunk:
            yield "first | " + " | ".join(f"(have {h} := {name} {term}; {close})" for term in chunk), 0.22


def _use(view: View, instance: Instance) -> Iterator[Proposal]:
    parts = connective(instance.statement)
    if not instance.missing and (instance.statement.startswith("∃") or (parts and parts[0] in ("∧", "∨"))):
        yield f"{_taken_apart(view, instance.statement)} := {instance.term}", 0.28
    else:
        yield f"have {view.fresh('h')} := {instance.term}", 0.1 if not instance.missing else 0.04


def _taken_apart(view: View, statement: str) -> str:
    """`obtain ⟨…⟩`, or for a disjunction `obtain … | …`; what follows is `:= term`."""
    parts = connective(statement)
    if parts and parts[0] == "∨":
        return f"obtain {alternatives(statement, view.namer())}"
    variables = frozenset(v.name for v in view.vars if v.value is None)
    return f"obtain {pattern(statement, view.namer(), variables=variables)}"


def _matching(parts: Universal, facts: Sequence[str]) -> list[tuple[str, ...]]:
    """The arguments with which all premises are facts, where premises mention all of the arguments."""
    names = [name for name, _ in parts.binders]
    found: list[dict[str, str]] = [{}]
    for premise in map(bare, parts.premises):
        more = []
        for at in found:
            known: set[str] = set()
            shape = ""
            for token in re.split(r"([^\W\d][\w'₀-₉]*)", premise):
                if token not in names:
                    shape += re.escape(token)
                elif token in at:
                    shape += re.escape(at[token])
                elif token in known:
                    shape += f"(?P={_GROUP}{names.index(token)})"
                else:
                    known.add(token)
                    shape += rf"(?P<{_GROUP}{names.index(token)}>[\w'₀-₉]+)"
            for fact in facts:
                if match := re.fullmatch(shape, fact):
                    more.append({**at, **{name: match[f"{_GROUP}{names.index(name)}"] for name in known}})
        found = more[:_MOST_ASSIGNMENTS]
    return [tuple(at[name] for name in names) for at in found if len(at) == len(names)]


def instances(view: View, name: str, parts: Universal) -> list[Instance]:
    """The hypothesis at terms of the right types, those whose premises are in the context first."""
    choices = [terms_of_type(view, kind) for _, kind in parts.binders]
    facts = {bare(h.type): h.name for h in view.props}
    matching = _matching(parts, list(facts)) if parts.premises else []
    if not matching and (len(choices) > 3 or not all(choices)):
        return []
    found = []
    for values in matching or islice(product(*choices), _MOST_ASSIGNMENTS):
        at = dict(zip((binder for binder, _ in parts.binders), values, strict=True))
        premises = [bare(substituted(premise, at)) for premise in parts.premises]
        proofs = [facts.get(premise) for premise in premises]
        given = 0
        while given < len(proofs) and proofs[given] is not None:
            given += 1
        arguments = [
            value if len(IDENT.findall(value)) < 2 else f"({value})"
            for value, explicit in zip(values, parts.explicit, strict=True)
            if explicit
        ]
        term = " ".join([name, *arguments, *(proof for proof in proofs[:given] if proof)])
        statement = " → ".join([*premises[given:], substituted(parts.conclusion, at)])
        found.append(Instance(term, statement, len(premises) - given))
    found.sort(key=lambda instance: instance.missing)
    complete = [instance for instance in found if not instance.missing]
    return complete or found[:3]


def terms_of_type(view: View, kind: str) -> list[str]:
    """Terms of the context with that printed type: variables, the latest first, and functions of the context applied
    to variables where the goal has such a term."""
    variables = [v.name for v in reversed(view.vars) if v.type == kind]
    for v in view.vars:
        source, arrow, result = v.type.rpartition(" → ")
        if arrow and result == kind and " → " not in source:
            found = re.findall(rf"(?<![\w.']){re.escape(v.name)} [\w'₀-₉]+(?![\w'.])", view.target)
            variables += [term for term in dict.fromkeys(found) if term.split(" ")[1] in {h.name for h in view.vars}]
            variables += [f"{v.name} {x.name}" for x in view.vars if x.type == source and x.value is None]
    return list(dict.fromkeys(variables))[:6]


def substituted(text: str, values: dict[str, str]) -> str:
    """The text with words replaced; a value of several words gets parentheses unless it stands alone."""

    def value(match: re.Match[str]) -> str:
        head, dot, rest = match[0].partition(".")
        new = values.get(head)
        if new is None:
            return match[0]
        return (f"({new})" if " " in new else new) + dot + rest

    return IDENT.sub(value, text)


def _upward(view: View) -> Iterator[Proposal]:
    """`P n → P (n + k)`, and the first k: all of them, by an induction over k neighbours."""
    for h in view.props:
        step = _ASCENT.fullmatch(h.type)
        goal = re.fullmatch(rf"{re.escape(step['P'])} ([\w'₀-₉]+)", view.target) if step else None
        if step is None or goal is None or not 2 <= int(step["k"]) <= 6 or goal[1] not in view.of_type(NAT):
            continue
        key, ih, k = view.fresh("hkey"), view.fresh("ih"), int(step["k"])
        together = " ∧ ".join(f"{step['P']} {f'(n + {i})' if i else 'n'}" for i in range(k))
        first = f"refine ⟨{', '.join(['?_'] * k)}⟩ <;> first | assumption | simp_all"
        yield (
            seq(
                f"have {key} : ∀ n, {together} := by\n  intro n\n  induction n with\n  | zero => {first}\n"
                f"  | succ n {ih} => first | grind | (simp_all; done)",
                f"exact ({key} {goal[1]}).1",
            ),
            0.8,
        )


def _downward(view: View) -> Iterator[Proposal]:
    """`P (n + 1) → P n` for all n, and P holds as far up as one likes: it holds everywhere."""
    for h in view.props:
        step = _DOWN.fullmatch(h.type)
        goal = re.fullmatch(rf"{re.escape(step['P'])} ([\w'₀-₉]+|\(.+\))", view.target) if step else None
        if step is None or goal is None:
            continue
        p, t, fresh = step["P"], goal[1], view.namer()
        down, hn, hm, ih, d, n, m = (fresh(name) for name in ("hdown", "hn", "hm", "ih", "d", "n", "m"))
        lemma = (
            f"have {down} : ∀ {d} {n} : Nat, {p} ({n} + {d}) → {p} {n} := by\n  intro {d}\n  induction {d} with\n"
            f"  | zero => intro {n} {hn}; exact {hn}\n"
            f"  | succ {d} {ih} => intro {n} {hn}; exact {ih} {n} ({h.name} ({n} + {d}) {hn})"
        )
        yield from _doubled(view, p, t, fresh, lemma, down)
        for other in view.props:
            above = re.fullmatch(
                rf"∀ \(([\w']+) : (?:Nat|ℕ)\), (?:{re.escape(p)} (\(.+\))|∃ (\w+), (.+) ∧ {re.escape(p)} \3)",
                other.type,
            )
            if above is None or other.name == h.name:
                continue
            if above[2]:
                far, found = put(above[2], above[1], t), [f"have {hn} := {other.name} {t}"]
            else:
                far, found = m, [f"obtain ⟨{m}, {hm}, {hn}⟩ := {other.name} {t}"]
            last = f"exact {down} ({far} - {t}) {t} (by rw [show {t} + ({far} - {t}) = {far} by omega]; exact {hn})"
            yield seq(lemma, *found, last), 0.7


def _doubled(view: View, p: str, t: str, fresh: Callable[[str], str], lemma: str, down: str) -> Iterator[Proposal]:
    """What holds of some number above 0, and of a multiple of any of which it holds: of numbers as large as one likes,
    and so of those below (Cauchy's induction)."""
    up, k, m, ih, hge, hm = (fresh(name) for name in ("hup", "k", "m", "ih", "hge", "hm"))
    start = next((h for h in view.props if re.fullmatch(rf"{re.escape(p)} [1-9]\d*", h.type)), None)
    multiple = re.compile(
        rf"∀ \(([\w']+) : (?:Nat|ℕ)\), (?:0 < \1 → )?{re.escape(p)} \1 → {re.escape(p)} \(([2-9]) \* \1\)"
    )
    for h in view.props if start is not None else ():
        match = multiple.fullmatch(h.type)
        if match is None or start is None:
            continue
        guard = " (by omega)" if "0 <" in h.type else ""
        steps = [
            f"intro {k}",
            f"induction {k} with",
            f"| zero => exact ⟨_, Nat.zero_le _, by decide, {start.name}⟩",
            f"| succ {k} {ih} =>\n  obtain ⟨{m}, _, _, {hm}⟩ := {ih}",
            f"  exact ⟨{match[2]} * {m}, by omega, by omega, {h.name} {m}{guard} {hm}⟩",
        ]
        climb = have(up, f"∀ {k} : Nat, ∃ m, {k} ≤ m ∧ 0 < m ∧ {p} m", steps)
        last = f"exact {down} ({m} - {t}) {t} (by rw [show {t} + ({m} - {t}) = {m} by omega]; exact {hm})"
        yield seq(lemma, climb, f"obtain ⟨{m}, {hge}, _, {hm}⟩ := {up} {t}", last), 0.85


__all__ = ["Instance", "instances", "propose", "substituted", "terms_of_type"]
