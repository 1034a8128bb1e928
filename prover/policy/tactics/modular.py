"""Remainders: split a variable by its remainder, then compute."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.view import INT, NAT, Proposal, View, mentions, seq

_MODULUS = re.compile(r"% ?(\d{1,4})\b")
_DIVISOR = re.compile(r"(?<![\w.])(\d{1,4}) ?(?:\^ ?\d+ )?∣")
_LARGEST = 13

NAT_MOD = "Nat.pow_succ, Nat.mul_mod, Nat.add_mod, Nat.pow_mod"
INT_MOD = "Int.pow_succ, Int.mul_emod, Int.add_emod, Int.sub_emod"


def propose(view: View) -> Iterator[Proposal]:
    moduli = moduli_of(view)
    if not moduli:
        return
    nats = [n for n in view.of_type(NAT) if mentions(view.facts, n)]
    ints = [n for n in view.of_type(INT) if mentions(view.facts, n)]
    lemmas = INT_MOD if ints else NAT_MOD
    yield f"simp [{lemmas}, *]", 0.3
    yield f"simp_all [{lemmas}]", 0.15
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
            yield seq(known, f"{split} <;> simp [{lemmas}, {h}]"), 0.3
            yield seq(known, f"{split} <;> simp_all [{lemmas}]"), 0.14
            yield seq(known, f"{split} <;> (simp [{lemmas}, {h}]; try omega)"), 0.05
            yield seq(known, split), 0.04


def moduli_of(view: View) -> list[int]:
    """The numbers by which something is divided with a remainder, each once; the target's first."""
    found = [int(m) for text in (view.target, view.facts) for p in (_MODULUS, _DIVISOR) for m in p.findall(text)]
    return [m for m in dict.fromkeys(found) if m > 1]
