"""What polynomial inequalities are made of: facts with their proofs, the question, and the sum that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from prover.policy.tactics.polynomials import Monomial, Polynomial, text_of
from prover.policy.tactics.view import forget

_MOST_NUMBER = 10**120
# Names that no statement has: those of statements are cleared.
NEGATED = "hnegated"


@dataclass(frozen=True)
class Fact:
    """A polynomial that is not negative, or positive, with a Lean proof."""

    polynomial: Polynomial
    strict: bool
    text: str
    """The polynomial as Lean text, as factors."""
    proof: str
    """A Lean term of `0 ≤ text` or `0 < text`."""


@dataclass(frozen=True)
class Question:
    """An inequality under hypotheses, in one kind of numbers."""

    kind: str
    claim: Polynomial | None
    """What is claimed to be nonnegative (or positive); None where the hypotheses are to contradict each other."""
    strict: bool
    facts: tuple[Fact, ...]
    equations: tuple[tuple[Polynomial, str], ...]
    """Polynomials that are 0, with Lean text `left - (right)`."""
    squared: tuple[Polynomial, ...]
    """Terms that the statement squares itself."""
    hypotheses: tuple[str, ...] = ()
    """Names of hypotheses, which are cleared where the facts say it all: `grind` would multiply them out too."""


@dataclass(frozen=True)
class Multiple:
    """An equation times a monomial."""

    polynomial: Polynomial
    """The product, which is 0."""
    monomial: Monomial
    equation: str
    """What is 0 itself, as Lean text."""

    @property
    def text(self) -> str:
        """The product as Lean text."""
        return f"({text_of(Polynomial({self.monomial: 1}))}) * ({self.equation})" if self.monomial else self.equation


def cleared(question: Question) -> list[str]:
    """Without the hypotheses, where the facts say it all."""
    return forget(question.hypotheses)


def stated(name: str, fact: Fact) -> str:
    """The fact as a hypothesis of that name."""
    return f"have {name} : 0 {'<' if fact.strict else '≤'} {fact.text} := {fact.proof}"


def weighted_sum(
    kind: str, bases: Sequence[str], facts: Sequence[Fact], equations: Sequence[Multiple], weights: Sequence[Fraction]
) -> list[str] | None:
    """The whole sum as one fact, which is the claim as soon as it is multiplied out: a sum costs `grind` far less than
    finding the numbers among many facts does."""
    scale = lcm(*(w.denominator for w in weights))  # `grind` takes ten times as long with fractions
    numbers = [int(w * scale) for w in weights]
    if max(map(abs, numbers)) > _MOST_NUMBER:
        return None
    zeros = {equation: f"he{i}" for i, equation in enumerate(dict.fromkeys(each.equation for each in equations))}
    steps = [*(f"have {name} : {zero} = 0 := by grind" for zero, name in zeros.items()), *bases]
    proofs = []
    ordered = sorted(zip(facts, numbers, strict=False), key=lambda each: not each[0].strict)
    for i, (fact, number) in enumerate(ordered):
        strict = fact.strict and i == 0
        steps.append(f"have hs{i} := {f'{kind}.le_of_lt ' if fact.strict and not strict else ''}{_typed(fact)}")
        positive = f"(by decide : (0 : {kind}) {'<' if strict else '≤'} {number})"
        rule = "mul_pos" if strict else "mul_nonneg"
        proofs.append(f"hs{i}" if number == 1 else f"({kind}.{rule} {positive} hs{i})")
    together: dict[str, Polynomial] = {}
    for equation, number in zip(equations, numbers[len(facts) :], strict=True):
        term = Polynomial({equation.monomial: number})
        together[equation.equation] = together.get(equation.equation, Polynomial()) + term
    reflexive = "Int.le_refl 0" if kind == "Int" else f"{kind}.le_refl"
    for i, (zero, factor) in enumerate(together.items()):
        product = f"({text_of(factor)}) * ({zero})"
        steps += [f"have hm{i} : 0 ≤ {product} := by rw [{zeros[zero]}, {kind}.mul_zero]; exact {reflexive}"]
        proofs.append(f"hm{i}")
    if not proofs:
        return None
    proof, strict = proofs[-1], bool(facts) and ordered[0][0].strict
    for i in reversed(range(len(proofs) - 1)):
        rule = "hadd" if i == 0 and strict else f"{kind}.add_nonneg"
        proof = f"({rule} {proofs[i]} {proof})"
    if strict and len(proofs) > 1:
        steps.append(f"have hadd : ∀ {{x y : {kind}}}, 0 < x → 0 ≤ y → 0 < x + y := by intros; grind")
    # Each polynomial is written once: reading them again would take Lean longer than all else.
    return ["have hcertificate := by" + "".join(f"\n  {line}" for line in (*steps, f"exact {proof}"))]


def negation_of(question: Question) -> Fact | None:
    """The claim's negation as a fact, by the name that the contradiction gives it."""
    if question.claim is None:
        return None
    p, strict = -question.claim, not question.strict
    if question.kind == "Int" and strict:
        p, strict = p - Polynomial.constant(1), False
    text = text_of(p)
    return Fact(p, strict, text, f"by {'; '.join([*cleared(question), 'grind'])}")


def square_of(p: Polynomial) -> Fact:
    text = f"({text_of(p)}) ^ 2"
    return Fact(p * p, False, text, "Lean.Grind.OrderedRing.sq_nonneg")


def product_of(kind: str, a: Fact, b: Fact) -> Fact:
    text = f"({a.text}) * ({b.text})"
    if a.strict and b.strict:
        return Fact(a.polynomial * b.polynomial, True, text, f"({kind}.mul_pos {_typed(a)} {_typed(b)})")
    left, right = (f"({kind}.le_of_lt {_typed(f)})" if f.strict else _typed(f) for f in (a, b))
    return Fact(a.polynomial * b.polynomial, False, text, f"({kind}.mul_nonneg {left} {right})")


def _typed(fact: Fact) -> str:
    if fact.proof.startswith("Lean."):
        return f"({fact.proof} : 0 ≤ {fact.text})"
    return fact.proof


def one(kind: str) -> Fact:
    """That 1 is positive."""
    return Fact(Polynomial.constant(1), True, f"(1 : {kind})", f"(by decide : (0 : {kind}) < 1)")
