"""Congruences in several variables: a table of all their remainders, computed by the kernel.

Hypotheses and target are read as statements about remainders modulo one number `m`: `P % k = r` and `k ∣ P` for a `k`
that divides `m`, and equations `P = Q` of polynomials, which hold modulo every `m`. If what is claimed then follows for
all remainders of the variables, one candidate proves it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product

from prover.policy.tactics.evaluate import compiled
from prover.policy.tactics.kernel import EVALUATE, inside_range
from prover.policy.tactics.terms import Term, names_of, read, show, substitute
from prover.policy.tactics.view import INT, NAT, Proposal, View, case, seq

_MODULI = (4, 3, 8, 5, 7, 9, 16, 11, 13, 6, 10, 12)
_LARGEST = 400
_MOST_ROWS = 2_200
_MOST_VARIABLES = 4
_ZERO = Term("num", name="0")
_FALSE = Term("var", name="False")


class _Unfit(Exception):
    """A statement that says nothing about remainders."""


def propose(view: View) -> Iterator[Proposal]:
    kinds = {v.name: ("Int" if v.type in INT else "Nat") for v in view.vars if v.type in NAT | INT and v.value is None}
    target = _FALSE if view.target == "False" else _claim_of(view.target, kinds)
    if target is None:
        return
    given = [(h.name, claim) for h in view.props if (claim := _claim_of(h.type, kinds)) is not None]
    if (found := _first(view, kinds, given, target)) is not None:
        yield found, 0.54
        return
    yield from _all_divisible(view, kinds, given)
    if target.op == "∣" and target.args[0].op == "num" and len(parts := _prime_powers(target.args[0].name)) > 1:
        pieces = [Term("∣", (Term("num", name=part), target.args[1])) for part in parts]
        proofs = [proof for piece in pieces if (proof := _first(view, kinds, given, piece)) is not None]
        if len(proofs) == len(pieces):
            both = f"suffices hs : {' ∧ '.join(show(piece, 36) for piece in pieces)} by omega"
            yield seq(both, f"refine ⟨{', '.join(['?_'] * len(pieces))}⟩", *(case([proof]) for proof in proofs)), 0.54


def _all_divisible(view: View, kinds: dict[str, str], given: list[tuple[str, Term]]) -> Iterator[Proposal]:
    """A sum of powers that a number divides only where it divides all of the variables, as 3 does `a ^ 2 + b ^ 2`."""
    for name, claim in given:
        variables = sorted(names_of(claim))
        if claim.op != "∣" or claim.args[0].op != "num" or not 2 <= len(variables) <= _MOST_VARIABLES:
            continue
        m = claim.args[0]
        divisible = [Term("∣", (m, Term("var", name=v))) for v in variables]
        if any(h.type == show(each) for h in view.props for each in divisible):
            continue
        fresh = view.namer()
        goal = reduce(lambda rest, each: Term("∧", (each, rest)), reversed(divisible))
        table = _table(fresh, kinds, [(name, claim)], goal, int(m.name)) if 1 < int(m.name) <= _LARGEST else None
        if table is not None:
            hz, parts = fresh("hz"), [f"⟨{fresh('k')}, rfl⟩" for _ in variables]
            known = f"have {hz} : {show(goal)} := by\n  " + table.replace("\n", "\n  ")
            yield seq(known, f"obtain ⟨{', '.join(parts)}⟩ := {hz}", "first | grind | skip"), 0.45


def follows(fresh: Callable[[str], str], kind: str, name: str, equation: str, claim: str, m: int) -> str | None:
    """A proof of a claim about remainders modulo `m` from the hypothesis of that name, where the table has one.

    Args:
        fresh: makes names that nothing has yet.
    """
    given, goal = read(equation), read(claim)
    if given is None or goal is None:
        return None
    return _table(fresh, dict.fromkeys(names_of(given) | names_of(goal), kind), [(name, given)], goal, m)


def _first(view: View, kinds: dict[str, str], given: list[tuple[str, Term]], target: Term) -> str | None:
    """The table modulo the first number for which the claim follows from one."""
    fresh = view.namer()
    asked = [m for claim in (target, *(c for _, c in given)) for m in moduli_in(claim)]
    if any(m > _LARGEST or m < 2 for m in asked):
        return None
    base = math.lcm(*asked) if asked else 1
    equations = any(_is_equation(claim) for claim in (target, *(c for _, c in given)))
    tried = [base] if base > 1 else []
    tried += [math.lcm(base, m) for m in _MODULI if equations]
    moduli = (m for m in dict.fromkeys(tried) if m <= _LARGEST)
    return next((found for m in moduli if (found := _table(fresh, kinds, given, target, m)) is not None), None)


def _prime_powers(text: str) -> list[str]:
    """The powers of different primes whose product a number is, where these are small."""
    number, found = int(text) if len(text) < 10 else 0, []
    for p in (2, 3, 5, 7, 11, 13) if number else ():
        power = 1
        while number % (power * p) == 0:
            power *= p
        if power > 1:
            found.append(str(power))
            number //= power
    return found if number == 1 else []


def _table(
    fresh: Callable[[str], str], kinds: dict[str, str], given: list[tuple[str, Term]], target: Term, m: int
) -> str | None:
    """The tactic that computes the table modulo `m`; None where the claim does not follow from it."""
    try:
        goal = target if target is _FALSE else _modulo(target, m, strong=True)
    except _Unfit:
        return None
    known = []
    for name, claim in given:
        try:
            known.append((name, _modulo(claim, m, strong=False)))
        except _Unfit:
            continue
    known = _relevant(known, goal)
    variables = sorted(set().union(*(names_of(claim) for claim in (goal, *(c for _, c in known)))) & set(kinds))
    used = {kinds[name] for name in variables}
    if not variables or len(variables) > _MOST_VARIABLES or len(used) != 1 or m ** len(variables) > _MOST_ROWS:
        return None
    if not _follows([claim for _, claim in known], goal, variables, used.pop(), m):
        return None
    return _written(fresh, variables, kinds[variables[0]], known, goal, m)


def _follows(known: list[Term], goal: Term, variables: list[str], kind: str, m: int) -> bool:
    """Does the goal hold for all remainders for which what is known does?"""
    types = dict.fromkeys(variables, kind)
    tests = [compiled(claim, types) for claim in known]
    holds = compiled(goal, types) if goal is not _FALSE else lambda _at: False
    if holds is None or None in tests:
        return False
    for row in product(range(m), repeat=len(variables)):
        at = dict(zip(variables, row, strict=True))
        if all(test is not None and test(at) is not False for test in tests) and holds(at) is not True:
            return False
    return True


def _written(
    fresh: Callable[[str], str], variables: list[str], kind: str, known: list[tuple[str, Term]], goal: Term, m: int
) -> str:
    rows = {v: fresh("r") for v in variables}
    key, at, table = fresh("key"), fresh("hk"), fresh("hc")
    integer = kind == "Int"

    def remainder(v: str) -> Term:
        name = Term("var", name=rows[v])
        return Term("var", name=f"({rows[v]} : Int)") if integer else name

    small = {v: remainder(v) for v in variables}
    claims = [substitute(claim, small) for _, claim in known]
    statement = " → ".join(f"({show(claim)})" for claim in (*claims, substitute(goal, small)))
    binders = "".join(f"∀ {rows[v]} {inside_range(m)}, " for v in variables)
    steps = [f"have {key} : {binders}{statement} := by {EVALUATE}"]
    equations: dict[str, str] = {}
    arguments: list[str] = []
    if integer:
        for v in variables:
            h, low = fresh("hr"), fresh("hl")
            steps += [
                f"obtain ⟨{rows[v]}, {h}⟩ := Int.eq_ofNat_of_zero_le "
                f"(Int.emod_nonneg {v} (by decide : ({m} : Int) ≠ 0))",
                f"have {low} := Int.emod_lt_of_pos {v} (by decide : (0 : Int) < {m})",
            ]
            equations[v] = f"← {h}"
            arguments.append(f"{rows[v]} (List.mem_range.2 (Int.ofNat_lt.1 ({h} ▸ {low})))")
        lemmas = "Int.add_emod, Int.sub_emod, Int.mul_emod, Int.pow_succ, -Int.zero_sub"
    else:
        small = {v: Term("%", (Term("var", name=v), Term("num", name=str(m)))) for v in variables}
        arguments = [f"({v} % {m}) (List.mem_range.2 (Nat.mod_lt _ (by decide)))" for v in variables]
        lemmas = "Nat.add_mod, Nat.mul_mod, Nat.pow_mod"
    steps.append(f"have {at} := {key} {' '.join(arguments)}")
    equal = []
    for poly, k in dict.fromkeys(pair for claim in (goal, *(c for _, c in known)) for pair in _remainders(claim)):
        inside = [v for v in variables if v in names_of(poly)]
        if not inside:
            continue
        back = f"rw [{', '.join(equations[v] for v in inside)}]; " if integer else ""
        name = fresh("he")
        divides = f", {kind}.{'emod_emod' if integer else 'mod_mod'}_of_dvd _ (by decide : ({k} : {kind}) ∣ {m})"
        also = divides if k != m else ""
        steps.append(
            f"have {name} : ({show(substitute(poly, small))}) % {k} = ({show(poly)}) % {k} := by "
            f"{back}simp [{lemmas}{also}]"
        )
        equal.append(name)
    steps.append(f"simp only [{', '.join(equal)}] at {at}")
    facts = []
    for name, claim in known:
        fact = fresh("hf")
        steps.append(f"have {fact} : {show(claim)} := by first | exact {name} | (rw [{name}]; done) | omega | simp_all")
        facts.append(fact)
    steps.append(f"have {table} := {' '.join([at, *facts])}")
    iff = "Int.dvd_iff_emod_eq_zero" if integer else "Nat.dvd_iff_mod_eq_zero"
    steps.append(f"first | exact {table} | (simpa only [{iff}] using {table}) | omega | (intro _; omega) | simp_all")
    return seq(*steps)


def _relevant(known: list[tuple[str, Term]], goal: Term) -> list[tuple[str, Term]]:
    """What is known of the goal's variables, and of theirs."""
    if goal is _FALSE:
        return known
    names = names_of(goal)
    kept: list[tuple[str, Term]] = []
    changed = True
    while changed:
        changed = False
        for each in known:
            if each not in kept and names_of(each[1]) & names:
                kept.append(each)
                names = names | names_of(each[1])
                changed = True
    return [each for each in known if each in kept]


def _claim_of(text: str, kinds: dict[str, str]) -> Term | None:
    """The statement, where all that it speaks of are these variables."""
    if not any(mark in text for mark in ("%", "∣", "=", "≠")) or "∀" in text or "∃" in text:
        return None
    term = read(text)
    if term is None or not names_of(term) or not names_of(term) <= set(kinds):
        return None
    natural = all(kinds[name] == "Nat" for name in names_of(term))
    return None if natural and _subtracts(term) else term


def _subtracts(term: Term) -> bool:
    """Is there a difference, which between natural numbers says nothing about remainders?"""
    return term.op == "-" or any(map(_subtracts, term.args))


def _modulo(term: Term, m: int, *, strong: bool) -> Term:
    """What a statement says of remainders modulo `m`: implied by it, or (strong) implying it.

    Raises:
        _Unfit: it says nothing of the kind.
    """
    if term.op == "¬":
        return Term("¬", (_modulo(term.args[0], m, strong=not strong),))
    if term.op in ("∧", "∨"):
        return Term(term.op, tuple(_modulo(arg, m, strong=strong) for arg in term.args))
    if term.op == "→":
        return Term("→", (_modulo(term.args[0], m, strong=not strong), _modulo(term.args[1], m, strong=strong)))
    if term.op == "≠":
        return Term("¬", (_modulo(Term("=", term.args), m, strong=not strong),))
    if term.op == "∣" and term.args[0].op == "num":
        return Term("=", (_reduced(term.args[1], int(term.args[0].name), m), _ZERO))
    if term.op == "=":
        sides = [_side(arg, m) for arg in term.args]
        if all(exact for _, exact in sides):
            return Term("=", tuple(side for side, _ in sides))
        if not strong and not any(arg.op == "%" for arg in term.args):
            return Term("=", tuple(_reduced(arg, m, m) for arg in term.args))
    raise _Unfit


def _side(term: Term, m: int) -> tuple[Term, bool]:
    """A side of an equation of remainders, and whether it is one: `P % k`, or a number."""
    if term.op == "%" and term.args[1].op == "num":
        return _reduced(term.args[0], int(term.args[1].name), m), True
    return term, term.op == "num"


def _reduced(poly: Term, k: int, m: int) -> Term:
    if k < 1 or m % k:
        raise _Unfit
    return Term("%", (_plain(poly), Term("num", name=str(k))))


def _plain(poly: Term) -> Term:
    """A polynomial without signs: `-p` as `0 - p`.

    Raises:
        _Unfit: it is none.
    """
    if poly.op in ("num", "var"):
        return poly
    if poly.op == "neg":
        return Term("-", (_ZERO, _plain(poly.args[0])))
    if poly.op == "^" and poly.args[1].op == "num" and int(poly.args[1].name) <= 12:
        return Term("^", (_plain(poly.args[0]), poly.args[1]))
    if poly.op in ("+", "*", "-"):
        return Term(poly.op, tuple(_plain(arg) for arg in poly.args))
    raise _Unfit


def moduli_in(term: Term) -> list[int]:
    """The numbers by which a statement divides."""
    found = []
    if term.op == "%" and term.args[1].op == "num":
        found.append(int(term.args[1].name[:9]))
    if term.op == "∣" and term.args[0].op == "num":
        found.append(int(term.args[0].name[:9]))
    return found + [m for arg in term.args for m in moduli_in(arg)]


def _is_equation(term: Term) -> bool:
    if term.op in ("=", "≠"):
        return not any(arg.op == "%" for arg in term.args)
    return any(_is_equation(arg) for arg in term.args)


def _remainders(term: Term) -> list[tuple[Term, int]]:
    """The polynomials of which a statement takes remainders, with the moduli."""
    if term.op == "%":
        return [(term.args[0], int(term.args[1].name))]
    return [each for arg in term.args for each in _remainders(arg)]
