"""Divisibility: quotients found by exact division, and divisors of a combination."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.polynomials import (
    Polynomial,
    combination,
    difference,
    divided,
    division,
    linear_solution,
    of_term,
    parted,
    reduced,
    text_of,
    written,
)
from prover.policy.tactics.terms import Term, names_of, read, show
from prover.policy.tactics.view import INT, NAT, Proposal, View, seq


def propose(view: View) -> Iterator[Proposal]:
    if " ∣ " not in view.facts:
        return
    yield from _each_other(view)
    target = read(view.target)
    if target is not None and target.op == "∣":
        yield from _quotient(view, target.args[0], target.args[1])
        yield from _powers(view, target.args[0], target.args[1])
        yield from _combination(view, target.args[0], target.args[1])
        yield from _combined(view, target.args[0], target.args[1])
        yield from _by_equations(view, target.args[0], target.args[1])
        yield from _factor_of_product(view, target.args[0], target.args[1])


def _each_other(view: View) -> Iterator[Proposal]:
    """Integers that divide each other have one absolute value."""
    known = {h.type: h.name for h in view.props if " ∣ " in h.type}
    for text, name in known.items():
        a, _, b = text.partition(" ∣ ")
        other = known.get(f"{b} ∣ {a}")
        if other is not None and a < b and {a, b} <= {*view.of_type(INT)}:
            sides = (f"(Int.natAbs_dvd_natAbs.mpr {each})" for each in (name, other))
            yield seq(f"have {view.fresh('hn')} := Nat.dvd_antisymm {' '.join(sides)}", "first | omega | grind"), 0.85


def signed_of(view: View, *terms: Term) -> bool | None:
    """Is it about integers (True) or natural numbers (False)? None: neither, or not told."""
    used = set().union(*(names_of(term) for term in terms))
    ints, nats = used & set(view.of_type(INT)), used & set(view.of_type(NAT))
    return True if ints else False if nats else None


def _equations(view: View, signed: bool) -> list[Polynomial]:
    """The hypotheses `p = q` as polynomials that are 0."""
    found = []
    for h in view.props:
        term = read(h.type) if " = " in h.type else None
        if term is None or term.op != "=":
            continue
        zero = difference(term, minus=signed)
        if zero is not None:
            found.append(zero)
    return found


def _quotient(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """The quotient of an exact division of polynomials, also after linear equations between the variables."""
    signed = signed_of(view, divisor, dividend)
    if signed is None:
        return
    p, q = of_term(divisor, minus=signed, atoms=True), of_term(dividend, minus=signed, atoms=True)
    if p is None or q is None or p.value is not None:
        return
    quotient = divided(q, p)
    if quotient is None:
        for name, value in linear_solution(_equations(view, signed)).items():
            p, q = p.replaced(name, value), q.replaced(name, value)
        quotient = divided(q, p) if p else None
    if quotient is not None and (text := written(quotient, signed=signed)) is not None:
        yield f"exact ⟨{text}, by grind⟩", 0.99


def _powers(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """`x - y ∣ x ^ n - y ^ n` and its kin, for a variable `n`: by induction, with the quotient of each step."""
    signed = signed_of(view, divisor, dividend)
    for term in variable_powers(dividend)[:1]:
        if signed is True:
            for n in _exponent_names(term)[:1]:
                yield from _integer_power(view, divisor, dividend, term, n)
        elif signed is False:
            yield from _natural_power(view, divisor, term)
    if signed is False:
        yield from _multiple_exponent(view, divisor, dividend)


def variable_powers(term: Term) -> list[Term]:
    """The powers in a term whose exponent is not a number."""
    found = [term] if term.op == "^" and term.args[1].op != "num" else []
    for arg in term.args:
        found += variable_powers(arg)
    return found


def _exponent_names(power: Term) -> list[str]:
    exponent = of_term(power.args[1], minus=False)
    return exponent.names if exponent is not None and exponent.degree == 1 else []


def _integer_power(view: View, divisor: Term, dividend: Term, power: Term, n: str) -> Iterator[Proposal]:
    """The dividend at `n + 1`, less a factor times that at `n`, is a multiple of the divisor, by division."""
    after = _stepped(dividend, n)
    step = _stepped(power, n)
    if after is None or step is None:
        return
    p, old, new = (of_term(term, atoms=True) for term in (divisor, dividend, after))
    factor = of_term(step.args[1], atoms=True)
    if p is None or old is None or new is None or factor is None or not p or p.value is not None:
        return
    rest = divided(new - factor * old, p)
    text = written(rest) if rest is not None else None
    if text is None:
        return
    k, hk, ih = view.fresh("k"), view.fresh("hk"), view.fresh("ih")
    yield (
        (
            f"induction {n} with\n| zero => first | (simp; done) | exact ⟨1, by grind⟩\n| succ {n} {ih} =>\n"
            f"  obtain ⟨{k}, {hk}⟩ := {ih}\n  exact ⟨({show(step.args[1])}) * {k} + ({text}), by grind⟩"
        ),
        0.9,
    )


def _stepped(term: Term, n: str) -> Term | None:
    """A term at `n + 1`, with its powers of `n` taken apart; None where `n` occurs elsewhere."""
    if n not in names_of(term):
        return term
    if term.op == "^" and n not in names_of(term.args[0]):
        exponent = of_term(term.args[1], minus=False)
        if exponent is None or exponent.degree != 1:
            return None
        factor = int(exponent.terms[((n, 1),)])
        base = term.args[0]
        return Term("*", (term, base if factor == 1 else Term("^", (base, Term("num", name=str(factor))))))
    if not term.args or term.op not in ("+", "-", "*", "neg"):
        return None
    parts = [_stepped(arg, n) for arg in term.args]
    if any(part is None for part in parts) or (term.op == "*" and all(n in names_of(arg) for arg in term.args)):
        return None
    return Term(term.op, tuple(part for part in parts if part is not None), term.name, term.kind)


def _natural_power(view: View, divisor: Term, power: Term) -> Iterator[Proposal]:
    """A base that is 1 more than a multiple of the divisor has only such powers."""
    base, exponent = power.args
    found = _one_more(divisor, base)
    if found is None:
        return
    divided_by, quotient, given = found
    d, b = show(divided_by), show(base)
    k, q, hq, hp, ih = (view.fresh(name) for name in ("k", "q", "hq", "hp", "ih"))
    induct = (
        f"have {hp} : ∀ {k} : Nat, ∃ {q}, ({b}) ^ {k} = ({d}) * {q} + 1 := by\n"
        f"{given}"
        f"  intro {k}\n"
        f"  induction {k} with\n"
        f"  | zero => exact ⟨0, by simp⟩\n"
        f"  | succ {k} {ih} =>\n"
        f"    obtain ⟨{q}, {hq}⟩ := {ih}\n"
    )
    if given:
        induct += f"    exact ⟨{q} * (d + 1) + 1, by grind⟩"
    else:
        induct += f"    exact ⟨{q} * ({b}) + ({quotient}), by grind⟩"
    yield seq(induct, f"obtain ⟨{q}, {hq}⟩ := {hp} ({show(exponent)})", f"exact ⟨{q}, by omega⟩"), 0.9


def _one_more(divisor: Term, base: Term) -> tuple[Term, str, str] | None:
    """The divisor d, the c of `base = d * c + 1`, and, where d is `base - 1`, the lines that name it."""
    if divisor.op == "-" and divisor.args == (base, Term("num", name="1")):
        b, d = show(base), show(divisor)
        lines = (
            f"  have hc : {b} = ({d}) + 1 := by\n"
            f"    have h0 : 0 < {b} := by first | omega | exact Nat.pow_pos (by omega)\n"
            f"    omega\n  generalize {d} = d at hc ⊢\n  rw [hc]\n"
        )
        return divisor, "1", lines
    p, q = of_term(divisor, minus=False), of_term(base, minus=False)
    if p is None or q is None or not p.names:
        return None
    quotient = divided(q - Polynomial.constant(1), p)
    text = written(quotient, signed=False) if quotient is not None else None
    return (divisor, text, "") if text is not None else None


def _multiple_exponent(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """`d ∣ n` gives `x ^ d - 1 ∣ x ^ n - 1`: with `n = d * k` it is a power of `x ^ d`."""
    exponents = [show(term.args[1]) for term in (*variable_powers(divisor), *variable_powers(dividend))]
    for h in view.props:
        d, found, n = h.type.partition(" ∣ ")
        if found and d in exponents and n in exponents:
            yield f"(obtain ⟨k, rfl⟩ := {h.name}; rw [Nat.pow_mul])", 0.8


def _combined(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """The dividend as a combination of the divisor and of what hypotheses say that it divides."""
    signed = signed_of(view, divisor, dividend)
    if signed is None:
        return
    p, goal = of_term(divisor, minus=signed, atoms=True), of_term(dividend, minus=signed, atoms=True)
    known: list[tuple[str, Term, Polynomial]] = []
    for h in view.props:
        term = read(h.type) if " ∣ " in h.type else None
        if term is not None and term.op == "∣" and of_term(term.args[0], minus=signed, atoms=True) == p:
            q = of_term(term.args[1], minus=signed, atoms=True)
            if q is not None and q:
                known.append((h.name, term.args[1], q))
    if p is None or goal is None or not known or p.value is not None:
        return
    order, quotients = known, None
    numbers = combination(goal, [*(q for _, _, q in known), p])
    if numbers is not None and all(number.denominator == 1 for number in numbers):
        quotients = [Polynomial.constant(number) for number in numbers]
    else:
        for order in (known, known[::-1]):
            quotients = reduced(goal, [*(q for _, _, q in order), p])
            if quotients is not None and all(q.integral for q in quotients):
                break
    if quotients is None or not all(q.integral for q in quotients):
        return
    if all(written(q, signed=signed) is not None for q in quotients):
        names = [view.fresh(f"k{i}") for i in range(len(order))]
        parts = [f"({text_of(q)}) * {k}" for q, k in zip(quotients, names, strict=False) if q]
        parts += [f"({text_of(quotients[-1])})"] if quotients[-1] else []
        steps = [f"obtain ⟨{k}, h{k}⟩ := {h}" for k, (h, _, _) in zip(names, order, strict=True)]
        yield seq(*steps, f"exact ⟨{' + '.join(parts) or '0'}, by grind⟩"), 0.9
    elif not signed:
        yield from _difference(view, divisor, dividend, [(h, t) for h, t, _ in order], quotients)


def _difference(
    view: View, divisor: Term, dividend: Term, known: list[tuple[str, Term]], quotients: list[Polynomial]
) -> Iterator[Proposal]:
    """A combination of natural numbers in which something is taken away."""
    own = (f"Nat.dvd_refl ({show(divisor)})", divisor)
    sides: list[list[tuple[str, str]]] = [[], []]
    for (proof, term), q in zip([*known, own], quotients, strict=True):
        for side, part in zip(sides, parted(q), strict=True):
            if part:
                factor = text_of(part)
                side.append((f"(Nat.dvd_mul_left_of_dvd ({proof}) ({factor}))", f"({factor}) * ({show(term)})"))
    if not all(sides):
        return
    proofs, terms = [], []
    for side in sides:
        proof, total = side[0]
        for other, more in side[1:]:
            proof, total = f"(Nat.dvd_add {proof} {other})", f"{total} + {more}"
        proofs.append(proof)
        terms.append(total)
    hd, he = view.fresh("hd"), view.fresh("he")
    yield (
        seq(
            f"have {hd} : {show(divisor, 51)} ∣ ({terms[0]}) - ({terms[1]}) := Nat.dvd_sub {proofs[0]} {proofs[1]}",
            f"have {he} : ({terms[0]}) - ({terms[1]}) = {show(dividend)} := by first | omega | grind",
            f"rw [{he}] at {hd}",
            f"exact {hd}",
        ),
        0.9,
    )


def _by_equations(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """The dividend, less multiples of what hypotheses say is 0, as a multiple of the divisor."""
    if signed_of(view, divisor, dividend) is not True:
        return
    p, goal = of_term(divisor), of_term(dividend)
    if p is None or goal is None or p.value is not None:
        return
    zeros = [equation for equation in _equations(view, True) if equation]
    zeros += [zero * Polynomial.variable(name) for zero in zeros for name in goal.names]
    rests = [division(zero, p)[1] for zero in zeros]
    factors = combination(division(goal, p)[1], rests) if any(rests) else None
    if factors is None:
        return
    for factor, zero in zip(factors, zeros, strict=True):
        goal = goal - zero * factor
    quotient = divided(goal, p)
    text = written(quotient) if quotient is not None else None
    if text is not None:
        yield f"exact ⟨{text}, by grind⟩", 0.93


def _factor_of_product(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """A divisor of one factor divides the product."""
    if dividend.op != "*" or divisor.op != "num":
        return
    kind = "Int" if signed_of(view, dividend) else "Nat"
    d, (a, b) = show(divisor, 51), (show(arg, 51) for arg in dividend.args)
    h = view.fresh("hd")
    yield (
        (
            f"suffices {h} : {d} ∣ {a} ∨ {d} ∣ {b} by\n  rcases {h} with {h} | {h}\n"
            f"  · exact {kind}.dvd_trans {h} ({kind}.dvd_mul_right _ _)\n"
            f"  · exact {kind}.dvd_trans {h} ({kind}.dvd_mul_left _ _)"
        ),
        0.3,
    )


def _combination(view: View, divisor: Term, dividend: Term) -> Iterator[Proposal]:
    """The dividend as a multiple of that of a hypothesis with the same divisor, up to a multiple of the divisor."""
    signed = signed_of(view, divisor, dividend)
    if signed is None:
        return
    goal = of_term(dividend, minus=signed)
    p = of_term(divisor, minus=signed)
    if goal is None or p is None:
        return
    for h in view.props:
        term = read(h.type) if " ∣ " in h.type else None
        if term is None or term.op != "∣":
            continue
        known_divisor, known = (of_term(arg, minus=signed) for arg in term.args)
        if known_divisor is None or known is None:
            continue
        k, hk = view.fresh("k"), view.fresh("hk")
        if known_divisor == p and signed:
            # goal = sign * known + quotient * divisor
            for factor in (1, -1, 2, -2, 3, -3):
                rest = divided(goal - known * factor, p) if p.value is None else None
                if rest is not None and (text := written(rest)) is not None:
                    yield seq(f"obtain ⟨{k}, {hk}⟩ := {h.name}", f"exact ⟨{factor} * {k} + ({text}), by grind⟩"), 0.9
                    break
        quotient = divided(goal, known) if known_divisor == p and known else None
        if quotient is not None and (text := written(quotient, signed=signed)) is not None:
            yield f"exact {'Int' if signed else 'Nat'}.dvd_trans {h.name} ⟨{text}, by grind⟩", 0.9
        yield from _power_of(h.name, p, goal, known_divisor, known)


def _power_of(name: str, divisor: Polynomial, dividend: Polynomial, p: Polynomial, q: Polynomial) -> Iterator[Proposal]:
    """From `a ∣ b` to `a ^ n ∣ b ^ n`."""
    for n in (2, 3, 4):
        if p**n == divisor and q**n == dividend:
            yield f"(obtain ⟨k, hk⟩ := {name}; exact ⟨k ^ {n}, by rw [hk]; grind⟩)", 0.9
