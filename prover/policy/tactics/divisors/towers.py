"""Powers whose exponents are powers, `m ^ (n + e) ∣ a ^ m ^ n ± 1`: from `n` to the next one factor `m` more is gained.

The exponent is lifted by induction: from `a ^ m ^ n = m ^ (n + e) * k + s` the binomial theorem gives the next `k`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from prover.policy.tactics.polynomials import of_term
from prover.policy.tactics.terms import Term, read
from prover.policy.tactics.view import NAT, Proposal, View, have, seq

_LARGEST = 7
_MOST_MORE = 50


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target) if "∣" in view.target else None
    found = _read(target) if target is not None else None
    if found is None or found[0] not in view.of_type(NAT):
        return
    n, m, e, a, sign = found
    if not 2 <= m <= _LARGEST or e > _MOST_MORE or (sign < 0 and m % 2 == 0):
        return
    begin = next((b for b in (0, 1) if b + e > 0 and (a**m**b - sign) % m ** (b + e) == 0), None)
    if begin is None:
        return
    first = (a**m**begin - sign) // m ** (begin + e)
    # in the integers where 1 is taken away, for natural numbers have no `m ^ e * k - 1`
    kind = "Nat" if sign > 0 else "Int"
    fresh = view.namer()
    key, k, q, hq = (fresh(name) for name in ("hkey", "k", "q", "hq"))
    shift = f"i + {begin}"
    power = f"({m} : {kind}) ^ ({shift} + {e})"
    claim = f"∀ i : Nat, ∃ {k} : {kind}, ({a} : {kind}) ^ {m} ^ ({shift}) = {power} * {k} + {sign}"
    less = f"i + {begin + e - 1}"
    terms = [k]
    for j in range(2, m + 1):
        number = comb(m, j) * m ** (j - 2) * sign ** (m - j)
        terms.append(f"({number}) * {q} ^ {j - 1} * {k} ^ {j}")
    lines = [
        "intro i",
        "induction i with",
        f"| zero => exact ⟨{first}, by decide⟩",
        "| succ i ih =>",
        f"  obtain ⟨{k}, {hq}⟩ := ih",
        f"  have h1 : {power} = {m} * ({m} : {kind}) ^ ({less}) :=",
        f"    {_one_more(m, kind, f'{shift} + {e}', less)}",
        f"  have h2 : ({m} : {kind}) ^ (i + 1 + {begin} + {e}) = {m} * {power} :=",
        f"    {_one_more(m, kind, f'i + 1 + {begin} + {e}', f'{shift} + {e}')}",
        f"  have h3 : ({a} : {kind}) ^ {m} ^ (i + 1 + {begin}) = (({a} : {kind}) ^ {m} ^ ({shift})) ^ {m} :=",
        f"    (congrArg (fun j => ({a} : {kind}) ^ j) (show {m} ^ (i + 1 + {begin}) = {m} ^ ({shift}) * {m} from",
        f"      (congrArg (fun j => {m} ^ j) (show i + 1 + {begin} = ({shift}) + 1 by omega)).trans",
        f"        (Nat.pow_succ ..))).trans ({kind}.pow_mul ..)",
        f"  rw [h3, h2, {hq}, h1]",
        f"  generalize ({m} : {kind}) ^ ({less}) = {q}",
        f"  exact ⟨{' + '.join(terms)}, by grind⟩",
    ]
    steps = [
        have(key, claim, lines),
        f"obtain ⟨{k}, {hq}⟩ := {key} ({n} - {begin})",
        f"rw [show {n} - {begin} + {begin} = {n} by omega] at {hq}",
    ]
    if sign > 0:
        steps.append(f"exact ⟨{k}, by omega⟩")
    else:
        wanted = f"({m} : Int) ^ ({n} + {e}) ∣ ({a} : Int) ^ {m} ^ {n} + 1"
        steps.append(f"have {q} : {wanted} := ⟨{k}, by rw [{hq}]; grind⟩")
        steps.append(f"exact_mod_cast {q}")
    yield seq(*steps), 0.9


def _one_more(m: int, kind: str, larger: str, smaller: str) -> str:
    """A proof that the power with the larger exponent is `m` times the one with the smaller."""
    equal = f"congrArg (fun j => ({m} : {kind}) ^ j) (show {larger} = ({smaller}) + 1 by omega)"
    return f"({equal}).trans (({kind}.pow_succ ..).trans ({kind}.mul_comm _ _))"


def _read(target: Term) -> tuple[str, int, int, int, int] | None:
    """n, m, e, a and the sign s of `m ^ (n + e) ∣ a ^ m ^ n - s`."""
    if target.op != "∣" or target.args[0].op != "^" or target.args[1].op not in ("+", "-"):
        return None
    (m, exponent), (power, one) = target.args[0].args, target.args[1].args
    if power.op != "^" or one != Term("num", name="1") or power.args[1].op != "^":
        return None
    a, (base, n) = power.args[0], power.args[1].args
    shift = of_term(exponent, minus=False)
    if not (m.op == a.op == base.op == "num" and m.name == base.name and n.op == "var") or shift is None:
        return None
    if shift.degree != 1 or shift.names != [n.name] or shift.terms[((n.name, 1),)] != 1 or len(m.name + a.name) > 4:
        return None
    return n.name, int(m.name), int(shift.terms.get((), 0)), int(a.name), 1 if target.args[1].op == "-" else -1


__all__ = ["propose"]
