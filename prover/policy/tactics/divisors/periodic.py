"""What is said modulo a number of powers with a variable exponent, whatever else of the variable stands beside them.

Modulo `M` the powers of a number repeat from some exponent on. With `n = B + T * k + s` for their beginning and period,
each power is a constant times `G ^ k`, of which the remainder is known, and `omega` does the rest, an `s` at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, lcm

from prover.policy.tactics.divisors.tables import moduli_in
from prover.policy.tactics.evaluate import compiled
from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.terms import Term, names_of, read, show, substitute
from prover.policy.tactics.view import NAT, Proposal, View, case, seq

_MOST_CASES = 48
_LARGEST_MODULUS = 2_000
_MOST_BITS = 400
_MOST_DIGITS = 6
OF_LARGE = "(congrArg (· % "
"""In tactics that look only at the remainder of a number that is too large for others."""


@dataclass(frozen=True, slots=True)
class Power:
    """`base ^ (slope * n + shift)`; the shift may be negative, as in `2 ^ (n - 1)`."""

    term: Term
    base: int
    slope: int
    shift: int


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if "^" in view.target else None
    names = names_of(target) if target is not None else set()
    if target is None or len(names) != 1 or not names <= set(view.of_type(NAT)):
        return
    (n,) = names
    kind = "Int" if "Int" in view.constants else "Nat"
    target = _typed(target, n, kind)
    powers = _powers(target, n)
    modulus = lcm(*moduli_in(target))
    if not powers or not 1 < modulus <= _LARGEST_MODULUS:
        return
    given = [(h.name, term) for h in view.props if (term := read(h.type)) is not None and names_of(term) == {n}]
    begin, period = _repeats(target, n, powers, modulus)
    first = _of_large(view, n, given, begin, period)
    if first is not None:
        known, given = first
    else:
        known = []
        period = lcm(period, *(m for _, term in given for m in moduli_in(term) if m))
    if begin + period > _MOST_CASES or not _holds(target, [term for _, term in given], n, begin + 2 * period):
        return
    found = _written(view, n, kind, powers, modulus, begin, period)
    if found is not None:
        yield seq(*known, found), 0.86


def _of_large(
    view: View, n: str, given: Sequence[tuple[str, Term]], begin: int, period: int
) -> tuple[list[str], list[tuple[str, Term]]] | None:
    """For a variable of which it is said that it is a large number: its remainder takes the place of the number, lest
    anybody raises something to its power."""
    for name, term in given:
        if term.op != "=" or term.args[0] != Term("var", name=n) or names_of(term.args[1]):
            continue
        rest = _modulo(term.args[1], period)
        if rest is None or not any(each.op == "^" for each in term.args[1].args):
            continue
        text, fresh = show(term.args[1]), view.namer()
        hr, hl = fresh("hr"), fresh("hl")
        said = [(hr, f"{n} % {period} = {rest}"), (hl, f"{begin} ≤ {n}")]
        steps = [
            f"have {hr} : {n} % {period} = {rest} := {OF_LARGE}{period}) {name}).trans (by decide +kernel)",
            f"have {hl} : {begin} ≤ {n} :=\n"
            f"  Nat.le_trans (by decide +kernel : {begin} ≤ {text}) (Nat.le_of_eq {name}.symm)",
            f"clear {name}",
        ]
        return steps, [(of, said_term) for of, text in said if (said_term := read(text)) is not None]
    return None


def _modulo(term: Term, m: int) -> int | None:
    """The remainder of a number that is too large to be written out."""
    if term.op == "num":
        return int(term.name) % m if len(term.name) < _MOST_DIGITS else None
    if term.op == "^":
        base, exponent = _modulo(term.args[0], m), term.args[1]
        known = base is not None and exponent.op == "num" and len(exponent.name) < _MOST_DIGITS
        return pow(base or 0, int(exponent.name), m) if known else None
    parts = [_modulo(arg, m) for arg in term.args]
    if term.op not in ("+", "*") or None in parts:
        return None
    a, b = (part or 0 for part in parts)
    return (a + b if term.op == "+" else a * b) % m


def _typed(term: Term, n: str, kind: str) -> Term:
    """The term with the type at the bases of its powers, which does not show in what Lean prints."""
    if term.op == "^" and not term.args[0].kind and n in names_of(term.args[1]):
        base = term.args[0]
        return Term("^", (Term(base.op, base.args, base.name, kind), term.args[1]))
    return Term(term.op, tuple(_typed(arg, n, kind) for arg in term.args), term.name, term.kind)


def _base(term: Term) -> int | None:
    if term.op == "neg":
        inner = _base(term.args[0])
        return -inner if inner is not None else None
    return int(term.name) if term.op == "num" and len(term.name) < 10 else None


def _powers(term: Term, n: str) -> list[Power]:
    """The powers of numbers with an exponent that is linear in the variable, each once."""
    found: list[Power] = []
    base = _base(term.args[0]) if term.op == "^" else None
    if base is not None and n in names_of(term.args[1]):
        exponent, less = term.args[1], 0
        if exponent.op == "-" and exponent.args[1].op == "num":
            exponent, less = exponent.args[0], int(exponent.args[1].name)
        p = of_term(exponent, minus=False)
        if p is not None and p.degree == 1 and p.names == [n]:
            slope, shift = int(p.terms[((n, 1),)]), int(p.terms.get((), 0))
            found.append(Power(term, base, slope, shift - less))
    for arg in term.args:
        found += _powers(arg, n)
    return list(dict.fromkeys(found))


def _repeats(target: Term, n: str, powers: list[Power], modulus: int) -> tuple[int, int]:
    """From where on, and with which period in the variable, all that the target speaks of repeats."""
    begin, period = 0, 1
    for power in powers:
        step = pow(power.base, power.slope, modulus)
        seen: dict[int, int] = {}
        value = 1 % modulus
        while value not in seen and len(seen) <= _MOST_CASES:
            seen[value] = len(seen)
            value = value * step % modulus
        first = seen.get(value, _MOST_CASES)
        begin, period = max(begin, first, -(power.shift // power.slope)), lcm(period, len(seen) - first or 1)
    return begin, lcm(period, _period_outside(_without(target, powers), n, modulus))


def _period_outside(term: Term, n: str, modulus: int) -> int:
    """With which period in the variable repeats what is said of it outside of powers."""
    if n not in names_of(term):
        return 1
    if term.op in ("∣", "%"):
        divisor, dividend = term.args if term.op == "∣" else reversed(term.args)
        if divisor.op == "num" and int(divisor.name) > 0:
            return int(divisor.name) // gcd(int(divisor.name), *_slopes(dividend, n))
    if term.op in ("=", "≠", "¬", "∧", "∨", "→", "↔"):
        return lcm(*(_period_outside(arg, n, modulus) for arg in term.args))
    return modulus // gcd(modulus, *_slopes(term, n))


def _without(term: Term, powers: list[Power]) -> Term:
    """The term without these powers."""
    if any(term == power.term for power in powers):
        return Term("num", name="1")
    return Term(term.op, tuple(_without(arg, powers) for arg in term.args), term.name, term.kind)


def _slopes(term: Term, n: str) -> list[int]:
    """The factors of the variable in the term; 1 among them where it is in more than sums."""
    p = of_term(term, minus=False) if term.op not in ("-", "%", "∣", "=", "≠", "¬", "∧", "∨", "→", "↔") else None
    if p is None:
        return [slope for arg in term.args for slope in _slopes(arg, n)]
    return [1] if p.degree > 1 else [int(c) for m, c in p.terms.items() if m == ((n, 1),)]


def _holds(target: Term, given: list[Term], n: str, end: int) -> bool:
    claim, tests = compiled(target, {n: "Nat"}), [compiled(term, {n: "Nat"}) for term in given]
    if claim is None:
        return False
    rows = [{n: value} for value in range(end)]
    rows = [at for at in rows if all(test is None or test(at) is not False for test in tests)]
    return bool(rows) and all(claim(at) is True for at in rows)


def _written(view: View, n: str, kind: str, powers: list[Power], modulus: int, begin: int, period: int) -> str | None:
    fresh = view.namer()
    k, s, hs, x = (fresh(name) for name in ("k", "s", "hs", "x"))
    start = f"{begin} + " if begin else ""
    value = Term("var", name=f"({start}{period} * {k} + {s})")
    steps: list[str] = []
    written: list[str] = []
    remainders: list[str] = []
    growths: dict[int, str] = {}
    also = "" if kind == "Nat" else "; rfl"
    for power in powers:
        largest = max(power.slope * begin + power.shift, power.slope * period)
        if largest * power.base.bit_length() > _MOST_BITS:
            return None
        constant, growth = power.base ** (power.slope * begin + power.shift), power.base ** (power.slope * period)
        hp, hu = fresh("hp"), fresh("hu")
        base, repeated = f"({power.base} : {kind})", f"({growth} : {kind}) ^ {k}"
        exponent = show(substitute(power.term.args[1], {n: value}))
        parts = f"{power.slope * begin + power.shift} + {power.slope * period} * {k} + {power.slope} * {s}"
        steps.append(
            f"have {hp} : ∀ {k} {s} : Nat, {base} ^ ({exponent}) = {constant} * {repeated} * "
            f"{base} ^ ({power.slope} * {s}) := by\n  intro {k} {s}\n"
            f"  rw [show {exponent} = {parts} by omega, {kind}.pow_add, {kind}.pow_add, {kind}.pow_mul]{also}"
        )
        steps.append(
            f"have {hu} : ∀ {k} : Nat, {constant} * {repeated} % {modulus} = {constant % modulus} := by\n"
            f"  intro {k}\n  induction {k} with\n  | zero => rfl\n"
            f"  | succ {k} ih => rw [{kind}.pow_succ]; generalize {repeated} = {x} at *; omega"
        )
        written.append(hp)
        remainders.append(hu)
        growths.setdefault(growth, fresh("g"))
    general = "; ".join(f"generalize ({growth} : {kind}) ^ {k} = {name} at *" for growth, name in growths.items())
    cases = " ∨ ".join(f"{s} = {rest}" for rest in range(period))
    end = "first | omega | (simp [Nat.add_mod, Nat.mul_mod, Nat.pow_mod, *]; done)"
    rest = [
        f"obtain ⟨{k}, {s}, {hs}, rfl⟩ : ∃ {k} {s}, {s} < {period} ∧ {n} = {start}{period} * {k} + {s} :=\n"
        f"  ⟨({n} - {begin}) / {period}, ({n} - {begin}) % {period}, Nat.mod_lt _ (by decide), by omega⟩",
        *steps,
        f"rw [{', '.join(f'{hp} {k} {s}' for hp in written)}]",
        *(f"have {hu} := {hu} {k}" for hu in remainders),
        f"clear {' '.join(written)}; {general}",
        f"rcases (show {cases} by omega) with {' | '.join(['rfl'] * period)} <;> ({end})",
    ]
    if not begin:
        return seq(*rest)
    few = " ∨ ".join(f"{n} = {value}" for value in range(begin))
    small = f"rcases (show {few} by omega) with {' | '.join(['rfl'] * begin)} <;> first | decide | omega | simp_all"
    return seq(f"rcases Nat.lt_or_ge {n} {begin} with {hs} | {hs}", case([small]), case(rest))


__all__ = ["propose"]
