"""What the rules of the policy look at: the first goal, read from its printed form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from prover.goal import Goal, Hypothesis, parse, top_level
from prover.policy.tactics.evaluate import too_large

Proposal = tuple[str, float]

NAT = frozenset({"Nat", "ℕ"})
INT = frozenset({"Int", "ℤ"})
RAT = frozenset({"Rat", "ℚ"})
REAL = frozenset({"Real", "ℝ"})
NUMBERS = NAT | INT | RAT | REAL

_RELATION = re.compile(r"[=<>≤≥≠∣∧∨↔∃∀¬∈∉⊆≡∤]")
_DATA_END = re.compile(r"(?:^|→ *)(?:Nat|Int|Rat|Real|Bool|String|Char|Unit|Prop|Type.*|Sort.*|[ℕℤℚℝ])$")
IDENT = re.compile(r"(?<![\w.'✝])[^\W\d][\w'₀-₉!?]*(?:\.[^\W\d][\w'₀-₉!?]*)*")
_DEPENDENT_TYPES = frozenset({"Fin", "BitVec", "Vector", "List.Vector", "Subtype", "Matrix", "ZMod", "Decidable"})
_HIDDEN = re.compile(r"[^\W\d][\w'₀-₉]*✝[⁰¹²³⁴⁵⁶⁷⁸⁹]*")
_MOST_RENAMED = 6
_AT_NUMBERS = re.compile(r"([^\W\d][\w'.]*)(?: \d+)+")
_MANY_POWERS = 8
_EXPONENT = re.compile(r" \^ (\d+)(?![\w.])")
_INTRODUCES = re.compile(r"intros?(?: [^;<⟨]+)?")
WORD = r"[^\W\d][\w'₀-₉]*"
"""The pattern of a name without dots."""
NAME = rf"({WORD})"
"""The same, as a group."""
NUMERAL = re.compile(r"(?<![\w.'₀-₉])\d+")

# Weakest first, as Lean binds them.
_CONNECTIVES = (" ↔ ", " → ", " ∨ ", " ∧ ")
_BINDERS = ("∀ ", "∃ ", "fun ", "∃! ")
_RELATIONS = (" = ", " ≠ ", " ≤ ", " < ", " ≥ ", " > ", " ∣ ", " ∈ ", " ∉ ", " ⊆ ")


@dataclass(frozen=True)
class View:
    """The first goal of a state, with what the rules ask of it; everything is guessed from text."""

    goal: Goal
    goals: int
    """How many goals the state has."""
    history: tuple[str, ...]
    """The tactics that led here."""
    lemmas: tuple[str, ...] = ()
    """Names of library lemmas retrieved for the state, best first."""
    context: str = ""
    """The text of the file before the statement's `sorry`; empty where it is not known."""
    constants: tuple[str, ...] = ()
    """Full names of the target's constants; empty where they are not known."""

    @property
    def target(self) -> str:
        return self.goal.target

    @property
    def steps(self) -> int:
        """How many tactics led here, without those that only introduce."""
        return sum(_INTRODUCES.fullmatch(tactic) is None for tactic in self.history)

    @cached_property
    def names(self) -> tuple[Hypothesis, ...]:
        """The hypotheses that a tactic can name; of equal names only the last is meant."""
        last = {hypothesis.name: hypothesis for hypothesis in self.goal.hypotheses if hypothesis.accessible}
        return tuple(h for h in self.goal.hypotheses if last.get(h.name) is h)

    @cached_property
    def hidden(self) -> tuple[Hypothesis, ...]:
        """Those that no tactic can name."""
        return tuple(h for h in self.goal.hypotheses if not h.accessible)

    @cached_property
    def revealed(self) -> tuple[View, str]:
        """The same with names for what has none, and the tactic that gives them; what induction gives begins with `ih`.

        Of many only the last get a name, as `rename_i` does it.
        """
        names: dict[str, str] = {}
        for hidden in self.hidden[-_MOST_RENAMED:]:
            stem = hidden.name.split("✝")[0]
            stem = stem if stem.isidentifier() and not stem.startswith("inst") else "h"
            names[hidden.name] = self.fresh("ih" if "ih" in stem else stem, list(names.values()))

        def named(text: str) -> str:
            return _HIDDEN.sub(lambda match: names.get(match[0], match[0]), text)

        hypotheses = tuple(replace(h, name=named(h.name), type=named(h.type)) for h in self.goal.hypotheses)
        goal = replace(self.goal, hypotheses=hypotheses, target=named(self.target))
        return replace(self, goal=goal), f"rename_i {' '.join(names.values())}"

    @cached_property
    def props(self) -> tuple[Hypothesis, ...]:
        """The nameable hypotheses that look like propositions."""
        letters = {h.name for h in self.goal.hypotheses if h.type == "Prop" or h.type.endswith("→ Prop")}
        terms = {h.name for h in self.goal.hypotheses if not h.type.startswith(("Type", "Sort", "Prop"))}
        return tuple(
            h for h in self.names if h.value is None and (_is_prop(h.type, letters, terms) or _is_at_numbers(h))
        )

    @cached_property
    def vars(self) -> tuple[Hypothesis, ...]:
        """The nameable hypotheses that look like data."""
        props = {h.name for h in self.props}
        return tuple(h for h in self.names if h.name not in props and not h.name.startswith("inst"))

    def of_type(self, types: frozenset[str]) -> tuple[str, ...]:
        """The variables of one of the types."""
        return tuple(h.name for h in self.vars if h.type in types and h.value is None)

    @cached_property
    def connective(self) -> tuple[str, str, str] | None:
        """The weakest connective or relation of the target, with what is left and right of it."""
        return connective(self.target)

    @cached_property
    def facts(self) -> str:
        """Propositions and target in one text, for a search of words."""
        return "\n".join([*(h.type for h in self.props), self.target])

    @cached_property
    def tower(self) -> bool:
        """Does it speak of a power too large to compute? Tactics that evaluate it would exhaust Lean's memory."""
        if any(too_large(each) for each in re.findall(r"\^ ?(\d+|\([^()]*\))", self.facts)):
            return True
        # A variable in an exponent, next to a huge number that it may be equal to, as its power may not.
        varies = re.compile(r"\^ ?(?:\([^()]*)?[^\W\d_]")
        others = "\n".join(h.type for h in self.props if not varies.search(h.type))
        powers = re.findall(r"(?<![\w.)] )\b(\d+ ?\^ ?\d+)\b", others)
        return bool(varies.search(self.facts)) and any(too_large(each) for each in powers)

    def fresh(self, wish: str, taken: Sequence[str] = ()) -> str:
        """The wished name, or one made from it that nothing has."""
        used = {h.name for h in self.goal.hypotheses} | set(taken)
        name, number = wish, 1
        while name in used:
            name, number = f"{wish}{number}", number + 1
        return name

    def namer(self, bound: Sequence[str] = ()) -> Callable[[str], str]:
        """A function that makes fresh names, a new one at each call; none of those that a tactic will introduce."""
        taken = list(bound)

        def fresh(wish: str) -> str:
            taken.append(self.fresh(wish, taken))
            return taken[-1]

        return fresh


def with_typed_exponents(tactic: str) -> str:
    """The same tactic, sooner read: where many exponents are numerals without a type, Lean gives them one by one their
    default, and looks at all that is left after each. Alone these took nine tenths of the time of long certificates."""
    if tactic.count(" ^ ") < _MANY_POWERS:
        return tactic
    return _EXPONENT.sub(r" ^ (\1 : Nat)", tactic)


def seq(*steps: str) -> str:
    """Several tactics as one, a line each: after a `by`, a semicolon would go on inside of it."""
    return "(" + "\n ".join(step.replace("\n", "\n ") for step in steps) + ")"


def have(name: str, claim: str, lines: Sequence[str]) -> str:
    """`have name : claim := by`, with the tactics below it."""
    return f"have {name} : {claim} := by\n  " + "\n  ".join(line.replace("\n", "\n  ") for line in lines)


def forget(names: Iterable[str]) -> list[str]:
    """Tactics that clear the hypotheses, as far as nothing depends on them."""
    return [f"(try clear {name})" for name in names]


def case(lines: Sequence[str]) -> str:
    """Tactics for one goal of several."""
    return "· " + "\n  ".join(line.replace("\n", "\n  ") for line in lines)


def chained(lemma: str, proofs: Sequence[str]) -> str:
    """A lemma about two of a kind, applied to several from the left: `(f (f a b) c)`; one proof stays as it is."""
    first, *others = proofs
    for other in others:
        first = f"({lemma} {first} {other})"
    return first


Rule = Callable[[View], Iterator[Proposal]]
"""What proposes tactics for a view."""


def view_of(
    goals: Sequence[str],
    history: Sequence[str],
    lemmas: Sequence[str] = (),
    context: str = "",
    constants: Sequence[str] = (),
) -> View | None:
    """The view of a state's first goal, or None when there is none."""
    if not goals:
        return None
    return View(parse(goals[0]), len(goals), tuple(history), tuple(lemmas), context, tuple(constants))


def to_introduce(view: View) -> bool:
    """Does the target begin with `∀`? What is slow waits until its variables are introduced."""
    return view.target.startswith("∀ ")


@lru_cache(maxsize=8192)
def connective(text: str) -> tuple[str, str, str] | None:
    """`p ∧ q` as ("∧", "p", "q"); None for what is not joined, a binder among them."""
    if text.startswith(("∀", "∃", "fun ", "let ", "have ", "if ", "match ")):
        return None
    binder = min((at for each in _BINDERS if (at := top_level(text, each)) is not None), default=len(text))
    for group in (_CONNECTIVES, _RELATIONS):
        for mark in group:
            at = top_level(text, mark)
            if at is not None and at < binder:
                return mark.strip(), text[:at].strip(), text[at + len(mark) :].strip()
    return None


def identifiers(text: str) -> list[str]:
    """The names in a text, each once, in order."""
    return list(dict.fromkeys(IDENT.findall(text)))


def numerals(text: str) -> list[int]:
    """The numerals in a text, each once, in order; absurdly long ones are left out."""
    return list(dict.fromkeys(int(n) for n in NUMERAL.findall(text) if len(n) < 12))


def mentions(text: str, name: str) -> bool:
    return any(name in (word, word.partition(".")[0]) for word in IDENT.findall(text))


def stands_in(text: str, term: str) -> bool:
    """Does the term stand in the text, not as a part of a longer name?"""
    return re.search(_whole(term), text) is not None


def put(text: str, term: str, other: str) -> str:
    """The text with another term wherever the term stands in it; the other comes as it is, in parentheses or not."""
    return re.sub(_whole(term), lambda _: other, text)


def _whole(term: str) -> str:
    return rf"(?<![\w.'✝]){re.escape(term)}(?![\w'✝])"


def _is_at_numbers(h: Hypothesis) -> bool:
    """Is it `h : Even 4`? By its type alone it could be a variable, as `v : Vec 4` is; by its name it is not."""
    match = _AT_NUMBERS.fullmatch(h.type)
    return match is not None and h.name.startswith("h") and match[1] not in _DEPENDENT_TYPES


def _is_prop(kind: str, letters: set[str], terms: set[str]) -> bool:
    if _DATA_END.search(kind) and not _RELATION.search(kind):
        return False
    if _RELATION.search(kind):
        return not _DATA_END.search(kind) or kind.startswith(("∀", "∃", "¬")) or " = " in kind
    last = kind.split("→")[-1].strip()
    head = last.split(" ")[0].strip("()")
    if head in letters or head in ("True", "False") or kind.startswith("¬"):
        return True
    # `Even n`, `Function.Injective f`, `xs.Nodup`: what depends on a term is a statement, few types apart.
    if head.partition(".")[0] in terms:
        return "." in head
    return head not in _DEPENDENT_TYPES and any(word.partition(".")[0] in terms for word in IDENT.findall(last))
