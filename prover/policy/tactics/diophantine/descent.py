"""Infinite descent: homogeneous equations all of whose solutions are multiples of a prime have no solution but 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from prover.policy.tactics.divisors.tables import follows
from prover.policy.tactics.polynomials import Polynomial, degree, difference, parted, text_of
from prover.policy.tactics.terms import Term, conjuncts, read
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq

_PRIMES = (2, 3, 5, 7, 11, 13)
_MOST_STAGES = 4


def propose(view: View) -> Iterator[Proposal]:
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        for part in conjuncts(term) if term is not None else []:
            for kind, names in (("Int", view.of_type(INT)), ("Nat", view.of_type(NAT))):
                equation = _homogeneous(part, set(names))
                if equation is None:
                    continue
                descent = next((d for p in _PRIMES if (d := _descent(view, equation, kind, p)) is not None), None)
                if descent is not None:
                    yield seq(*descent, _use(equation.names, kind)), 0.8
                    return


def _homogeneous(term: Term, names: set[str]) -> Polynomial | None:
    """The equation of two or three of the variables as a polynomial that is 0, if all its terms are of one degree."""
    if term.op != "=":
        return None
    p = difference(term)
    if p is None:
        return None
    whole = p.integral and set(p.names) <= names and 2 <= len(p.names) <= 3
    return p if whole and {degree(m) for m in p.terms} in ({2}, {3}, {4}) else None


def _equation(p: Polynomial) -> str:
    """`p = 0` with what is negative on the other side."""
    return " = ".join(map(text_of, parted(p)))


def _descent(view: View, equation: Polynomial, kind: str, prime: int) -> list[str] | None:
    """The lemma that all solutions are 0, by induction on a bound of their sizes; None where the prime does not show
    it.

    Some variables are multiples of the prime by a table of remainders; divided by it, so are others; and when all are,
    the quotients are a smaller solution.
    """
    fresh = view.namer()
    hb, he, ih, bound = fresh("hb"), fresh("hq"), fresh("ih"), fresh("N")
    current, now, h = equation, {name: name for name in equation.names}, he
    steps, equations = [], [he]
    divided: set[str] = set()
    for _ in range(_MOST_STAGES):
        found = [o for o in sorted(now.keys() - divided) if _multiple(fresh, kind, h, current, [now[o]], prime)]
        proof = _multiple(fresh, kind, h, current, [now[o] for o in found], prime) if found else None
        if proof is None:
            return None
        quotients = {origin: fresh(f"{origin}1") for origin in found}
        opened = ", ".join(f"⟨{quotient}, rfl⟩" for quotient in quotients.values())
        claim = " ∧ ".join(f"{prime} ∣ {now[origin]}" for origin in found)
        indented = proof.replace("\n", "\n  ")
        steps.append(f"obtain {opened if len(found) == 1 else f'⟨{opened}⟩'} : {claim} := by\n  {indented}")
        for origin, quotient in quotients.items():
            current = current.replaced(now[origin], Polynomial.variable(quotient) * prime)
            now[origin] = quotient
            divided.add(origin)
        while all(c.numerator % prime == 0 for c in current.terms.values()):
            current = current * Fraction(1, prime)
        h = fresh("hq")
        equations.append(h)
        steps.append(f"have {h} : {_equation(current)} := by grind")
        if divided == now.keys():
            break
    else:
        return None
    names = " ".join(equation.names)
    small = " ∧ ".join(f"-{bound} ≤ {n} ∧ {n} ≤ {bound}" if kind == "Int" else f"{n} ≤ {bound}" for n in equation.names)
    zero = " ∧ ".join(f"{n} = 0" for n in equation.names)
    linear = f"clear {' '.join(equations)}; omega"
    steps.append(f"have h1 := {ih} {' '.join(now[n] for n in equation.names)} (by {linear}) {h}\n{linear}")
    body = "\n".join(steps).replace("\n", "\n    ")
    return [
        f"have hz : ∀ {bound} : Nat, ∀ {names} : {kind}, ({small}) → {_equation(equation)} → {zero} := by\n"
        f"  intro {bound}\n"
        f"  induction {bound} with\n"
        f"  | zero => intro {names} {hb} {he}; clear {he}; omega\n"
        f"  | succ {bound} {ih} =>\n"
        f"    intro {names} {hb} {he}\n"
        f"    {body}"
    ]


def _multiple(
    fresh: Callable[[str], str], kind: str, h: str, equation: Polynomial, names: list[str], prime: int
) -> str | None:
    """A proof from the equation that the variables are multiples of the prime."""
    return follows(fresh, kind, h, _equation(equation), " ∧ ".join(f"{prime} ∣ {name}" for name in names), prime)


def _use(names: list[str], kind: str) -> str:
    bound = " + ".join(f"{n}.natAbs" if kind == "Int" else n for n in names)
    zeros = ", ".join(["rfl"] * len(names))
    return (
        f"have hz := hz ({bound}) {' '.join(names)} (by omega) (by grind)\n"
        f"first | exact hz | omega | (obtain ⟨{zeros}⟩ := hz; simp_all; done) | grind"
    )
