"""Remainders: split a variable by its remainder, then compute."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.polynomials import difference
from prover.policy.tactics.terms import Term, conjuncts, names_of, read, show
from prover.policy.tactics.view import INT, NAT, Proposal, View, mentions, seq

_MODULUS = re.compile(r"% ?(\d{1,4})\b")
_DIVISOR = re.compile(r"(?<![\w.])(\d{1,4}) ?(?:\^ ?\d+ )?∣")
_LARGEST = 13

NAT_MOD = "Nat.pow_succ, Nat.mul_mod, Nat.add_mod, Nat.pow_mod"
INT_MOD = "Int.pow_succ, Int.mul_emod, Int.add_emod, Int.sub_emod"


def propose(view: View) -> Iterator[Proposal]:
    residues = list(_residues(view))
    yield from residues
    yield from _difference(view)
    yield from _periods(view)
    yield from _variable_modulus(view)
    moduli = moduli_of(view)
    if not moduli:
        return
    nats = [n for n in view.of_type(NAT) if mentions(view.facts, n)]
    ints = [n for n in view.of_type(INT) if mentions(view.facts, n)]
    lemmas = INT_MOD if ints else NAT_MOD
    yield f"simp [{lemmas}, *]", 0.3
    if ints:
        yield "apply Int.dvd_of_emod_eq_zero", 0.1
        yield "apply Int.emod_emod_of_dvd", 0.02
    elif nats:
        yield "simp [Nat.pow_mod, *]", 0.1
        yield "apply Nat.dvd_of_mod_eq_zero", 0.1
    moduli = [m for m in moduli if 2 <= m <= _LARGEST]
    moduli += [m for m in (4, 8, 3) if m not in moduli and any(m % known == 0 for known in moduli)][:1]
    for n in (ints or nats)[:3]:
        for m in moduli[:3]:
            cases = " ∨ ".join(f"{n} % {m} = {r}" for r in range(m))
            if any(f"{n} % {m} = " in h.type for h in view.props):
                continue
            h = view.fresh("hr")
            arms = " | ".join([h] * m)
            known, split = f"have {h} : {cases} := by omega", f"rcases {h} with {arms}"
            if residues:  # those powers are done with; what is left is for the next step
                yield seq(known, split), 0.04
                continue
            yield seq(known, f"{split} <;> simp [{lemmas}, {h}]"), 0.3
            yield seq(known, f"{split} <;> simp_all [{lemmas}]"), 0.14
            yield seq(known, f"{split} <;> (simp [{lemmas}, {h}]; try omega)"), 0.05
            yield seq(known, split), 0.04


def _residues(view: View) -> Iterator[Proposal]:
    """The remainders that powers of variables can leave, as disjunctions; the rest is linear.

    For what is divided or equated modulo a number, and for equations that have no solution modulo some number.
    """
    powers = _powers(view)
    if not powers or len(powers) > 3:
        return
    ints = set(view.of_type(INT))
    moduli = [m for m in moduli_of(view) if m <= 64][:2]
    if " = " in view.facts:
        moduli += [2 * m for m in moduli[:1] if m in (2, 4)]
    moduli += [m for m in (8, 3, 4, 5, 7, 9, 16) if m not in moduli and _contradicts(view, m)][:1]
    for m in moduli:
        steps: list[str] = []
        branches = 1
        for name, exponents in powers.items():
            alone = name in _outside(view)
            rows = list(dict.fromkeys((*((r,) if alone else ()), *(pow(r, e, m) for e in exponents)) for r in range(m)))
            same = len(exponents) == 1 and all(pow(r, exponents[0], m) == r for r in range(m))
            if len(rows) > (64 if same else 13):
                return
            branches *= 1 if same else len(rows)
            steps.append(_residue_fact(view, name, exponents, m, rows, alone, same, name in ints, len(steps)))
        if branches <= 150:
            yield seq(*steps, "omega"), 0.88 if branches <= 30 else 0.5


def _difference(view: View) -> Iterator[Proposal]:
    if (found := without_difference(view)) is not None:
        yield found[0], 0.75


def without_difference(view: View) -> tuple[str, str] | None:
    """`m ∣ a - b` and `(a - b) % m = 0` of natural numbers, where equal remainders are enough: a difference that stops
    at 0 is divisible too. The tactic that leaves these, and what it leaves."""
    target = read(view.target)
    if target is None or len(target.args) != 2:
        return None
    left, right = target.args
    if target.op == "∣" and left.op == "num" and left.name != "0":
        m, whole, dividend = left, "exact Nat.dvd_of_mod_eq_zero {}", right
    elif target.op == "=" and left.op == "%" and left.args[1].op == "num" and right == Term("num", name="0"):
        m, whole, dividend = left.args[1], "exact {}", left.args[0]
    else:
        return None
    if dividend.op != "-" or not names_of(dividend) <= set(view.of_type(NAT)):
        return None
    less, steps = dividend.args[1], ""
    dividend = dividend.args[0]
    while dividend.op == "-":
        less, steps = Term("+", (dividend.args[1], less)), steps + "rw [Nat.sub_sub]; "
        dividend = dividend.args[0]
    h = view.fresh("hm")
    claim = f"({show(dividend)}) % {m.name} = ({show(less)}) % {m.name}"
    return f"suffices {h} : {claim} by {steps}{whole.format(f'(Nat.sub_mod_eq_zero_of_mod_eq {h})')}", claim


def _variable_modulus(view: View) -> Iterator[Proposal]:
    """`a % n` for a variable `n`, with equations between remainders."""
    if not re.search(r"% ?[^\W\d]", view.facts):
        return
    lemmas = INT_MOD if view.of_type(INT) else NAT_MOD
    yield f"simp [{lemmas}, *]", 0.6
    known = [h.name for h in view.props if " % " in h.type and " = " in h.type][:2]
    for h in known:
        kind = "Int.mul_emod" if view.of_type(INT) else "Nat.mul_mod"
        yield f"rw [{kind}, {h}, ← {kind}]", 0.5
        yield f"rw [{kind.replace('mul', 'add')}, {h}, ← {kind.replace('mul', 'add')}]", 0.5


def _powers(view: View) -> dict[str, list[int]]:
    """The exponents of each variable that occurs with one; empty where there are other products of variables."""
    found: dict[str, set[int]] = {}
    variables = set(view.of_type(NAT | INT))
    for text in (*(h.type for h in view.props), view.target):
        term = read(text)
        if term is not None and not _collect(term, variables, found):
            return {}
    return {name: sorted(exponents) for name, exponents in found.items()}


def _collect(term: Term, variables: set[str], found: dict[str, set[int]]) -> bool:
    """Gather powers of variables; False where something else is not linear."""
    if term.op == "^" and term.args[0].op == "var" and term.args[0].name in variables and term.args[1].op == "num":
        if len(term.args[1].name) > 2 or int(term.args[1].name) < 2:
            return False
        found.setdefault(term.args[0].name, set()).add(int(term.args[1].name))
        return True
    if term.op == "*" and all(names_of(arg) & variables for arg in term.args):
        return False
    if term.op == "^" and names_of(term) & variables:
        return False
    return all(_collect(arg, variables, found) for arg in term.args)


def _outside(view: View) -> set[str]:
    """The variables that occur other than under a power."""
    return set(re.findall(r"(?<![\w.'])([^\W\d][\w'₀-₉]*)(?! ?\^|[\w'₀-₉])", view.facts))


def _contradicts(view: View, m: int) -> bool:
    """Has one of the equations (or what the target denies) no solution modulo a number?"""
    for text in (*(h.type for h in view.props), view.target.removeprefix("¬"), view.target.replace(" ≠ ", " = ")):
        if " = " not in text or "%" in text or "/" in text or "∣" in text:
            continue
        term = read(text)
        for part in conjuncts(term) if term is not None else []:
            if part.op == "=" and not _solvable(part, m):
                return True
    return False


def _solvable(equation: Term, m: int) -> bool:
    """Can the sides be equal modulo m? Sides that are no sums of polynomials in one variable each: yes."""
    zero = difference(equation)
    if zero is None or not zero.integral:
        return True
    parts: dict[str, list[tuple[int, int]]] = {}
    total = {0}
    for monomial, c in zero.terms.items():
        if int(c) % m == 0:
            continue
        if len(monomial) > 1:
            return True
        if not monomial:
            total = {int(c) % m}
        for name, power in monomial:
            parts.setdefault(name, []).append((int(c), power))
    for terms in parts.values():
        values = {sum(c * pow(r, power, m) for c, power in terms) % m for r in range(m)}
        total = {(a + b) % m for a in total for b in values}
    return 0 in total


def _residue_fact(
    view: View,
    name: str,
    exponents: list[int],
    m: int,
    rows: list[tuple[int, ...]],
    alone: bool,
    same: bool,
    integer: bool,
    index: int,
) -> str:
    """A `have` that says which remainders the variable's powers leave, by a table that the kernel computes."""

    def table(base: str, rest: str) -> str:
        if same:
            return f"{base} ^ {exponents[0]} % {m} = {rest}"
        parts = []
        for row in rows:
            values = list(row)
            facts = [f"{rest} = {values.pop(0)}"] if alone else []
            facts += [f"{base} ^ {e} % {m} = {v}" for e, v in zip(exponents, values, strict=True)]
            parts.append(" ∧ ".join(facts))
        return " ∨ ".join(parts)

    h = view.fresh(f"hq{index}")
    claim = f"have {h} : {table(name, f'{name} % {m}')} := by"
    decide = "decide" if m * len(rows) <= 100 else "decide +kernel"
    if not integer:
        return (
            f"{claim}\n  have hk : ∀ r < {m}, {table('r', f'r % {m}')} := by {decide}\n"
            f"  have h2 := hk ({name} % {m}) (Nat.mod_lt _ (by decide))\n"
            "  simp only [← Nat.pow_mod, Nat.mod_mod] at h2\n  exact h2"
        )
    powers = "".join(
        f"\n  have p{e} : {name} ^ {e} % {m} = (r : Int) ^ {e} % {m} := by\n"
        "    rw [← hr]; simp [Int.pow_succ, Int.mul_emod]"
        for e in exponents
    )
    lemmas = ", ".join([*(f"p{e}" for e in exponents), "hr"])
    return (
        f"{claim}\n  have hk : ∀ r : Nat, r < {m} → ({table('(r : Int)', '(r : Int)')}) := by {decide}\n"
        f"  obtain ⟨r, hr⟩ := Int.eq_ofNat_of_zero_le (Int.emod_nonneg {name} (by decide : ({m} : Int) ≠ 0))\n"
        f"  have h1 := Int.emod_lt_of_pos {name} (by decide : (0 : Int) < {m})\n"
        f"  have h2 := hk r (by omega){powers}\n  simp only [{lemmas}]\n  exact h2"
    )


_POWER_OF_NUMBER = re.compile(r"(?<![\w.])(\d{1,4}) ?\^ ?([^\W\d][\w'₀-₉]*)(?![\w'₀-₉])")


def _periods(view: View) -> Iterator[Proposal]:
    """The remainders of `a ^ n` repeat: split `n` by the period."""
    for text in (view.target, *(h.type for h in view.props)):
        moduli = [int(m) for pattern in (_MODULUS, _DIVISOR) for m in pattern.findall(text)]
        for base, n in dict.fromkeys(_POWER_OF_NUMBER.findall(text)):
            m = next((m for m in moduli if m > 1), 0)
            if not m or n not in view.of_type(NAT):
                continue
            lemmas = "Nat.pow_add, Nat.pow_mul, Nat.mul_mod, Nat.pow_mod, Nat.add_mod"
            k = view.fresh("k")
            pattern = rf"{re.escape(n)} % (\d{{1,3}}) = (\d{{1,3}})"
            known = next((match for h in view.props if (match := re.fullmatch(pattern, h.type))), None)
            if known and text is view.target and pow(int(base), int(known[1]), m) == 1:
                p, r = known[1], known[2]
                split = f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {n} = {p} * {k} + {r} := ⟨{n} / {p}, by omega⟩"
                yield seq(split, f"simp [{lemmas}]"), 0.88
                yield seq(split, f"simp [{lemmas}]", "omega"), 0.5
                return
            period = next((p for p in range(1, 13) if pow(int(base), p, m) == 1), None)
            if period is None:
                yield from _in_the_end_periodic(view, int(base), n, m)
                continue
            h = view.fresh("hr")
            cases = " ∨ ".join(f"{n} % {period} = {r}" for r in range(period))
            parts = f"{period} * ({n} / {period}) + {n} % {period}"
            rewrite = f"rw [show {n} = {parts} from (Nat.div_add_mod {n} {period}).symm, {h}]"
            yield (
                seq(
                    f"have {h} : {cases} := by omega",
                    f"rcases {h} with {' | '.join([h] * period)} <;> ({rewrite}; simp [{lemmas}])",
                ),
                0.5,
            )
            power = f"{base} ^ {n} % {m}"
            values = [pow(int(base), rest, m) for rest in range(period)]
            either = " ∨ ".join(f"({n} % {period} = {rest} ∧ {power} = {v})" for rest, v in enumerate(values))
            r = view.fresh("r")
            values_of_r = " ∨ ".join(f"{r} = {rest}" for rest in range(period))
            yield (
                seq(
                    f"have hq : {either} := by\n"
                    f"  obtain ⟨{k}, {r}, {h}, rfl⟩ : ∃ {k} {r}, {r} < {period} ∧ {n} = {period} * {k} + {r} :=\n"
                    f"    ⟨{n} / {period}, {n} % {period}, by omega, by omega⟩\n"
                    f"  rcases (show {values_of_r} by omega) with {' | '.join(['rfl'] * period)} <;>\n"
                    "    simp [Nat.pow_add, Nat.pow_mul, Nat.mul_mod, Nat.pow_mod]",
                    _linear(base, n),
                ),
                0.55,
            )
            return


def _in_the_end_periodic(view: View, base: int, n: str, m: int) -> Iterator[Proposal]:
    """The remainders of `a ^ n` where `a` and the modulus have a common divisor: they repeat from some `n` on."""
    values = [pow(base, e, m) for e in range(2 * _LARGEST)]
    found = ((b, p) for b in range(_LARGEST) for p in range(1, _LARGEST) if values[b] == values[b + p])
    begin, period = next(found, (0, 0))
    if not period or begin + period > _LARGEST:
        return
    k, ih, hq = view.fresh("k"), view.fresh("ih"), view.fresh("hq")
    parts = [f"({k} = {e} ∧ {base} ^ {k} % {m} = {values[e]})" for e in range(begin)]
    for e in range(begin, begin + period):
        parts.append(f"({begin} ≤ {k} ∧ {k} % {period} = {e % period} ∧ {base} ^ {k} % {m} = {values[e]})")
    arms = " | ".join([ih] * len(parts))
    yield (
        seq(
            f"have {hq} : ∀ {k} : Nat, {' ∨ '.join(parts)} := by\n  intro {k}\n  induction {k} with\n"
            f"  | zero => simp\n  | succ {k} {ih} => rw [Nat.pow_succ]; rcases {ih} with {arms} <;> omega",
            f"have {hq} := {hq} {n}",
            _linear(str(base), n),
        ),
        0.55,
    )


def _linear(base: str, n: str) -> str:
    """Linear arithmetic; `omega` has ideas of its own about powers, so they get a name where it fails."""
    return f"first | omega | (generalize {base} ^ {n} = p at *; omega)"


def moduli_of(view: View) -> list[int]:
    """The numbers by which something is divided with a remainder, each once; the target's first."""
    found = [int(m) for text in (view.target, view.facts) for p in (_MODULUS, _DIVISOR) for m in p.findall(text)]
    return [m for m in dict.fromkeys(found) if m > 1]
