"""Lemmas about the file's own functions, of the shapes that algebra and lists teach; what holds becomes a hypothesis.

Theory exploration, as in HipSpec (Claessen, Johansson, Rosén, Smallbone: Automating Inductive Proofs Using Theory
Exploration, CADE 2013), with a list of shapes in the place of QuickCheck. A shape is tried where the types fit, by one
induction and the lemmas before it; what cannot be proved so is passed over, whether true or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prover.goal import split_top
from prover.policy.tactics.definitions import Definition, File, declared, own
from prover.policy.tactics.view import Proposal, View, mentions, seq

_MOST_FUNCTIONS = 8
_MOST_LEMMAS = 40
_MARK = "try have hl"
# How the results of a function are joined where its arguments are.
_JOINED = {
    "Nat": ("{x} + {y}", "{x} * {y}"),
    "Int": ("{x} + {y}", "{x} * {y}"),
    "Bool": ("({x} || {y})", "({x} && {y})", "({x} ^^ {y})"),
    "Prop": ("({x} ∨ {y})", "({x} ∧ {y})"),
}
# Lists that may be sorted, how that is said, and what a function says that tells whether they are.
_ORDERED = ("List Nat", "List Int")
_SORTED = "Pairwise (fun x y => x ≤ y)"
# Words of lemmas that are only for goals with the same word, or with one of others.
_ASKED: dict[str, tuple[str, ...]] = {
    ".Pairwise": ("Pairwise",),
    ".Perm": ("Perm", " ~ "),
    " ∈ ": ("Pairwise", "∀ x"),
    ".length": (),
    "List.count ": (),
    ".sum": (),
}
_CLAIMS = ("Bool", "Prop")
_LETTERS = str.maketrans({"ℕ": "Nat", "ℤ": "Int", "ℚ": "Rat"})


@dataclass(frozen=True)
class Shape:
    """An equation or equivalence; by induction on `a`."""

    binders: str
    """Behind `∀`: names, or names in parentheses with their types."""
    claim: str
    by: str = ""
    """How it is proved, where not by induction; `{claim}` stands for the name of another lemma."""
    hard: bool = True
    """Is it worth more than rewriting?"""

    @property
    def names(self) -> list[str]:
        return re.findall(r"[a-z]\b", re.sub(r":[^()]*", "", self.binders))


def propose(view: View) -> Iterator[Proposal]:
    file = declared(view.context)
    names = own(view)[:_MOST_FUNCTIONS]
    if any(_MARK in tactic for tactic in view.history):
        return
    functions = {name: how for name, how in file.definitions.items() if name in names}
    laws: list[str] = []
    if not functions:
        functions, laws = _described(view)
    if not functions:
        return
    found = dict.fromkeys(shape for shape in _shapes(view, file, functions) if not laws or not shape.by)
    shapes = [shape for shape in found if _concerns(shape.claim, view.facts)][:_MOST_LEMMAS]
    if not shapes:
        return
    unfold = ", ".join(laws or functions)
    fresh = view.namer()
    called = {shape.claim: fresh(f"hl{number}") for number, shape in enumerate(shapes)}
    steps = [
        f"try have {called[shape.claim]} : ∀ {shape.binders}, {shape.claim} := by intro {' '.join(shape.names)}; "
        + (_by_laws(shape, unfold) if laws else _proof(shape, unfold, called))
        for shape in shapes
    ]
    use = "".join(
        f" | (simpa using {called[shape.claim]}{' _' * (len(shape.names) - 2)} [] [])"
        for shape in shapes
        if "s" in shape.names
    )
    lists = [
        v.name
        for v in view.vars
        if v.type.startswith("List ") and "→" not in v.type and v.value is None and mentions(view.target, v.name)
    ]
    again = "".join(f" | (induction {xs} <;> simp_all [{unfold}] <;> grind)" for xs in lists[:1])
    if any("∀ x ∈" in shape.claim for shape in shapes):
        trees = [v.name for v in view.vars if declared(view.context).type(v.type.split(" ")[0]) and v.value is None]
        more = "List.pairwise_append, List.pairwise_cons"
        again += "".join(f" | (induction {t} <;> simp_all [{unfold}, {more}] <;> grind)" for t in trees[:1])
    yield seq(*steps, f"first | (simp_all [{unfold}]; done){use}{again} | skip"), 0.3


def _described(view: View) -> tuple[dict[str, Definition], list[str]]:
    """Functions on lists that only equations among the hypotheses describe, and the names of these equations."""
    functions, laws, said = {}, [], {}
    for v in view.vars:
        *arguments, result = split_top(v.type.translate(_LETTERS), " → ")
        told = [h.name for h in view.props if re.search(rf"(?:^|, ){re.escape(v.name)} [^=]*= ", h.type)]
        if v.value is None and len(told) > 1 and any(kind.startswith("List ") for kind in arguments):
            functions[v.name] = Definition(frozenset(), tuple(arguments), result, True)
            laws += [name for name in told if name not in laws]
            said[v.name] = " ".join(h.type for h in view.props if h.name in told)
    uses = {f: sum(mentions(said[f], g) for g in functions) for f in functions}
    return dict(sorted(functions.items(), key=lambda item: uses[item[0]])), laws


def _concerns(claim: str, facts: str) -> bool:
    """Lemmas on the elements of lists, their order and number take their time: are they asked for?"""
    for word, others in _ASKED.items():
        if word in claim:
            return any(other in facts for other in (word, *others))
    return True


def _proof(shape: Shape, unfold: str, called: Mapping[str, str]) -> str:
    """The tactic for a shape; `called` has the names of the lemmas by what they claim."""
    if shape.by:
        return re.sub(r"\{([^{}]*)\}", lambda match: called.get(match[1], "_"), shape.by)
    if "s" in shape.names:
        return f"induction a generalizing b s <;> first | (simp [*, {unfold}]; done) | grind [{unfold}]"
    if "c" in shape.names:  # its hypothesis has to be brought into the form that the other lemmas give the goal
        return f"induction a <;> simp_all [{unfold}]"
    return f"induction a <;> first | (simp [*, {unfold}]; done)" + (f" | grind [{unfold}]" if shape.hard else "")


def _by_laws(shape: Shape, laws: str) -> str:
    """The tactic for a shape of functions that hypotheses describe, which `grind` knows already."""
    general = " generalizing b s" if "s" in shape.names else ""
    split = f"(simp only [{laws}]; split <;> simp_all; done)"
    return f"induction a{general} <;> first | (simp [*]; done) | {split} | (simp_all; done) | grind"


def _shapes(view: View, file: File, functions: dict[str, Definition]) -> Iterator[Shape]:
    """What may hold of the functions, in the order in which one needs the other: the file defines simple ones first."""
    yield from _compilers(functions)
    yield from _continued(functions)
    yield from _of_all(view, functions)
    yield from _kept(file, functions)
    yield from _pairs(functions)
    before: list[str] = []
    for f, how in functions.items():
        if not how.recursive:
            continue
        match how.arguments:
            case (kind, other) if kind == other == how.result:
                earlier = [g for g in before if functions[g].arguments == how.arguments]
                yield from _operation(view, file, f, kind, earlier)
            case (kind, other) if kind.startswith("List ") and other == how.result:
                yield Shape("a b s", f"{f} (a ++ b) s = {f} b ({f} a s)")
            case (other, kind) if kind.startswith("List ") and other == how.result:
                yield Shape("a b s", f"{f} s (a ++ b) = {f} ({f} s a) b")
            case (kind,):
                yield from _of_one(view, f, "", kind, how.result, functions)
            case (first, kind) if not file.type(first):
                yield from _of_one(view, f, first, kind, how.result, functions)
        before.append(f)


def _typed(view: View, names: str, kind: str) -> str:
    """Names with their type as the goal has it, where it has one of this name: `Tree β` for `Tree α`."""
    head, _, rest = kind.partition(" ")
    head = declared(view.context).type(head) or head
    kind = f"{head} {rest}".strip()
    seen = [v.type for v in view.vars if v.type.split(" ")[0] == head and "→" not in v.type]
    return f"({names} : {kind if kind in seen or not seen else seen[0]})"


def _operation(view: View, file: File, f: str, kind: str, earlier: list[str]) -> Iterator[Shape]:
    """`f : T → T → T`: units, associativity, commutativity, distributivity over earlier operations."""
    name = file.type(kind.split(" ")[0])
    constructors = file.types[name].constructors if name else {}
    constants = [name for name, arguments in constructors.items() if not arguments]
    if kind.startswith("List "):
        constants = ["[]"]
    steps = [name for name, arguments in constructors.items() if arguments == (kind,)]
    one, two, three = (_typed(view, names, kind) for names in ("a", "a b", "a b c"))
    for constant in constants[:2]:
        yield Shape(one, f"{f} a {constant} = a", hard=False)
        yield Shape(one, f"{f} a {constant} = {constant}", hard=False)
    for step in steps[:2]:
        yield Shape(two, f"{f} a ({step} b) = {step} ({f} a b)", hard=False)
        yield from (Shape(two, f"{f} a ({step} b) = {g} a ({f} a b)", hard=False) for g in earlier)
    for g in earlier:
        yield Shape(three, f"{f} ({g} a b) c = {g} ({f} a c) ({f} b c)")
        yield Shape(three, f"{f} a ({g} b c) = {g} ({f} a b) ({f} a c)")
    associative = f"{f} ({f} a b) c = {f} a ({f} b c)"
    commutative = f"{f} a b = {f} b a"
    yield Shape(three, associative)
    yield Shape(two, commutative, hard=False)
    by = f"rw [← {{{associative}}}, {{{commutative}}} a b, {{{associative}}}]"
    yield Shape(three, f"{f} a ({f} b c) = {f} b ({f} a c)", by)


def _of_one(
    view: View, f: str, first: str, kind: str, result: str, functions: dict[str, Definition]
) -> Iterator[Shape]:
    """`f : T → R`, or `f : A → T → R`: what it makes of an operation, and of another function on `T`.

    Args:
        first: the type `A` of the parameter `k`; empty where there is none.
    """
    k, call = ("k ", f"{f} k") if first else ("", f)
    one, two = k + _typed(view, "a", kind), k + _typed(view, "a b", kind)
    joins = _JOINED.get(result, ("{x} ++ {y}", "{y} ++ {x}") if result.startswith("List ") else ())
    joined = [join.format(x=f"{call} a", y=f"{call} b") for join in joins]
    relation = "↔" if result == "Prop" else "="
    inserts = kind == result == f"List {first}"
    if kind.startswith("List ") and not inserts:
        yield from (Shape(two, f"{call} (a ++ b) {relation} {join}") for join in joined)
    for g, how in functions.items():
        if how.arguments == (kind, kind) and how.result == kind != result:
            by = "" if how.recursive else f"unfold {g}; (repeat' split) <;> simp_all [{f}]"
            yield from (Shape(two, f"{call} ({g} a b) {relation} {join}", by) for join in joined)
    for g, how in functions.items():
        if g == f:
            continue
        if how.arguments == (kind, kind) and how.result == kind == result and not first and how.recursive:
            yield Shape(two, f"{f} ({g} a b) = {g} ({f} b) ({f} a)")
            yield Shape(two, f"{f} ({g} a b) = {g} ({f} a) ({f} b)")
        elif how.arguments == (kind,) and how.result == kind and result != kind:
            yield Shape(one, f"{call} ({g} a) {relation} {call} a")
            if result.startswith("List ") and not first:
                yield Shape(one, f"{f} ({g} a) = ({f} a).reverse")
            if result in _CLAIMS and not first:
                yield Shape(one, f"{f} ({g} a)")
        elif how.arguments[1:] == (kind,) and how.result == kind == f"List {how.arguments[0]}" and result != kind:
            yield Shape(f"j {one}", f"{call} ({g} j a) {relation} {call} (j :: a)")
            if result in _CLAIMS and not first:
                by = f"intro h; fun_induction {f} a <;> grind [{', '.join(functions)}]"
                yield Shape(f"j {one}", f"{f} a → {f} ({g} j a)", by)
    if (kind, result) == ("Nat", "Bool") and not first:
        yield from (Shape(one, f"{f} a = (a % 2 == {rest})") for rest in (0, 1))
    if result != kind:
        return
    if not first:
        if kind.startswith("List "):
            yield Shape(one, f"({f} a).length = a.length")
            yield Shape(f"j {one}", f"j ∈ {f} a ↔ j ∈ a")
            yield Shape(f"j {one}", f"List.count j ({f} a) = List.count j a")
            yield Shape(one, f"({f} a).sum = a.sum")
            if len(functions) > 1:  # it may sort, by what comes before it
                yield Shape(one, f"({f} a).Perm a")
                if kind in _ORDERED:
                    yield Shape(one, f"({f} a).{_SORTED}")
        yield Shape(one, f"{f} ({f} a) = a")
    elif inserts:
        yield Shape(one, f"({call} a).length = a.length + 1")
        yield Shape(f"j {one}", f"j ∈ {call} a ↔ j = k ∨ j ∈ a")
        yield Shape(f"j {one}", f"List.count j ({call} a) = List.count j (k :: a)")
        yield Shape(one, f"({call} a).sum = k + a.sum")
        yield Shape(one, f"({call} a).Perm (k :: a)")
        if kind in _ORDERED:
            by = f"intro h; induction a <;> simp_all [{f}] <;> split <;> simp_all <;> grind"
            yield Shape(one, f"a.{_SORTED} → ({call} a).{_SORTED}", by)


def _continued(functions: dict[str, Definition]) -> Iterator[Shape]:
    """A compiler that is told what to go on with, one way or the other: its value is that of the one that is meant."""
    for make, compiler in functions.items():
        kinds = compiler.arguments
        if len(kinds) != 3 or kinds[1:] != (compiler.result,) * 2 or not compiler.recursive:
            continue
        for truth, how in functions.items():
            for value, meaning in functions.items():
                if how.result != "Bool" or meaning.result != "Bool" or truth == value:
                    continue
                if how.arguments[-1:] != kinds[:1] or meaning.arguments[-1:] != kinds[1:2]:
                    continue
                first = how.arguments[:-1]
                if len(first) > 1 or first != meaning.arguments[:-1]:
                    continue
                k = "k " * len(first)
                by = f"induction a generalizing b c <;> simp_all [{', '.join(functions)}] <;> grind"
                ways = f"if {truth} {k}a then {value} {k}b else {value} {k}c"
                yield Shape(f"{k}a b c", f"{value} {k}({make} a b c) = {ways}", by)


def _of_all(view: View, functions: dict[str, Definition]) -> Iterator[Shape]:
    """What holds throughout a tree holds of the members of the list that is made of it."""
    for every, how in functions.items():
        match how.arguments:
            case (property_of, kind) if how.result == "Prop" and property_of.endswith("→ Prop"):
                member = property_of.removesuffix("→ Prop").strip()
            case _:
                continue
        for flat, makes in functions.items():
            if makes.arguments == (kind,) and makes.result in (f"List {member}", f"List ({member})"):
                by = f"induction a <;> simp_all [{every}, {flat}] <;> grind"
                binders = f"(k : {property_of}) {_typed(view, 'a', kind)}"
                yield Shape(binders, f"{every} k a ↔ ∀ x ∈ {flat} a, k x", by)


def _kept(file: File, functions: dict[str, Definition]) -> Iterator[Shape]:
    """What an inductive predicate says of lists stays true when one thing is put in, and becomes true in the end, as of
    a list that insertion sorts."""
    unfold = ", ".join(functions)
    for predicate, how in file.types.items():
        for f, function in functions.items():
            if len(how.speaks_of) != 1 or function.result != how.speaks_of[0] or how.parameters:
                continue
            rules = f"grind [{predicate}, {unfold}]"
            if function.arguments == (function.result,):
                yield Shape("a", f"{predicate} ({f} a)", f"induction a <;> {rules}")
            elif function.arguments[1:] == (function.result,):
                by = f"intro h; induction h <;> {rules}"
                yield Shape("k a", f"{predicate} a → {predicate} ({f} k a)", by)


def _pairs(functions: dict[str, Definition]) -> Iterator[Shape]:
    """A loop that carries two neighbours of a sequence, as the Fibonacci numbers are computed."""
    for loop, how in functions.items():
        for f, sequence in functions.items():
            kind = sequence.result
            if sequence.arguments == ("Nat",) and how.arguments == ("Nat", kind, kind) and how.result == kind:
                by = f"induction a generalizing k <;> grind [{loop}, {f}]"
                yield Shape("a k", f"{loop} a ({f} k) ({f} (k + 1)) = {f} (k + a)", by)


def _compilers(functions: dict[str, Definition]) -> Iterator[Shape]:
    """A machine runs what a compiler made of a term, and the value is on its stack (McCarthy and Painter, 1967)."""
    for run, machine in functions.items():
        *first, one, other = machine.arguments if len(machine.arguments) > 1 else ("", "", "")
        if len(first) > 1:
            continue
        k = "k " * len(first)
        for make, compiler in functions.items():
            code = compiler.result
            if (code == one) == (code == other) or compiler.arguments[1:] not in ((), (code,)):
                continue
            for value, how in functions.items():
                stack = other if code == one else one
                if how.arguments == (*first, *compiler.arguments[:1]) and f"List {how.result}" == stack:
                    whole = f"{make} a ++ b" if len(compiler.arguments) == 1 else f"{make} a b"
                    pushed = f"{value} {k}a :: s"
                    left = f"{run} {k}({whole}) s" if code == one else f"{run} {k}s ({whole})"
                    right = f"{run} {k}b ({pushed})" if code == one else f"{run} {k}({pushed}) b"
                    yield Shape(f"{k}a b s", f"{left} = {right}")


__all__ = ["Shape", "propose"]
