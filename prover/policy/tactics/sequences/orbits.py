"""Sequences of fractions in which each member is a quotient of polynomials in the one before: `u (n + 1) = R (u n)`.

What is claimed of one member, and the fixed points of `R` that all members lie on one side of, are kept by `R`; what is
claimed of neighbours follows from that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from prover.policy.tactics.estimates import inequalities, quotients
from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.polynomials import literal, rational_roots
from prover.policy.tactics.sequences.definite import Sequence as Members
from prover.policy.tactics.sequences.definite import member_at, members, sequences
from prover.policy.tactics.terms import Term, applications, conjuncts, names_of, read, replaced, show
from prover.policy.tactics.view import Proposal, View, case, forget, have, seq, view_of

_MEMBERS = 6
_MOST_KEPT = 6
_SURE = 0.9
# Denominator of a bound that the first members show.
_LARGEST = 100
_ORDER = ("≤", "<", "≥", ">")
_POINT = "point"
_X = Term("var", name=_POINT)


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target)
    if target is None or target.op != "∀" or canonical(target.kind or "Nat") != "Nat":
        return
    n, parts = target.name, conjuncts(target.args[0])
    if any(part.op not in _ORDER for part in parts):
        return
    for s in sequences(view):
        plain = s.kind == "Rat" and s.order == 1 and not s.guarded and not s.shift and s.start == 0 and 0 in s.bases
        calls = [a for part in parts for a in applications(part)]
        if not plain or not calls or any(a not in (member_at(s, n, 0), member_at(s, n, 1)) for a in calls):
            continue
        step = replaced(s.body, {member_at(s, s.variable, 0): _X})
        if s.variable in names_of(step) or s.name in names_of(step):
            continue
        proof = _whole(view, s, n, parts, step)
        if proof is not None:
            yield proof, 0.9


def _whole(view: View, s: Members, n: str, parts: Sequence[Term], step: Term) -> str | None:
    values = [Fraction(v) for v in members(s, 0, _MEMBERS)]
    now, after = member_at(s, n, 0), member_at(s, n, 1)
    own = [show(replaced(part, {now: _X})) for part in parts if after not in applications(part)]
    if len(values) < _MEMBERS:
        return None
    fresh = view.namer()
    key, k, ih, hr, hi = (fresh(name) for name in ("hkey", "k", "ih", "hr", "hi"))
    names = [fresh("hx") for _ in range(_MOST_KEPT)]
    kept = list(dict.fromkeys([*own, *_sides(step, values)]))[:_MOST_KEPT]
    proofs: dict[str, str] = {}
    while len(proofs) < len(kept):  # what is kept must follow from what is kept
        found = {text: _proved(kept, names, show(_put_x(read(text), step))) for text in kept}
        proofs = {text: proof for text, proof in found.items() if proof is not None}
        if not proofs or not set(own) <= proofs.keys():
            return None
        kept, proofs = list(proofs), proofs if len(proofs) == len(kept) else {}
    names = names[: len(kept)]
    told = [replaced(part, {after: step, now: _X}) for part in parts]
    ends = [_proved(kept, names, show(part)) for part in told]
    if None in ends or not kept:
        return None

    def at(text: str, term: str) -> str:
        return show(_put_x(read(text), Term("var", name=term)))

    x = f"({s.name} {k})"
    claim = " ∧ ".join(at(text, x) for text in kept)
    opened = f"obtain ⟨{', '.join(names)}⟩ := {ih}" if len(kept) > 1 else f"have {names[0]} := {ih}"
    clear = forget(h.name for h in view.props)
    succ = [
        f"rw [{s.rule} {k}]",
        opened,
        f"generalize {s.name} {k} = {_POINT} at *",
        *([f"refine ⟨{', '.join(['?_'] * len(kept))}⟩"] if len(kept) > 1 else []),
        *(case([*clear, proof]) for proof in proofs.values()),
    ]
    lines = [
        f"intro {k}",
        f"induction {k} with",
        f"| zero => rw [{s.bases[0][0]}]; decide +kernel",
        f"| succ {k} {ih} =>\n  " + "\n  ".join(line.replace("\n", "\n  ") for line in succ),
    ]
    last = [
        f"intro {n}",
        f"have {hi} := {key} {n}",
        f"have {hr} := {s.rule} {n}",
        *([f"obtain ⟨{', '.join(names)}⟩ := {hi}"] if len(kept) > 1 else [f"have {names[0]} := {hi}"]),
        *([f"rw [{hr}]"] if any(after in applications(part) for part in parts) else []),
        *forget([hr, hi, key]),
        f"generalize {s.name} {n} = {_POINT} at *",
        *([f"refine ⟨{', '.join(['?_'] * len(parts))}⟩"] if len(parts) > 1 else []),
        *(case([*clear, str(end)]) for end in ends),
    ]
    return seq(have(key, f"∀ {k} : Nat, {claim}", lines), *last)


def _sides(step: Term, values: Sequence[Fraction]) -> Iterator[str]:
    """On which side of the fixed points, and of 0, all members are."""
    found = quotients.quotient(Term("-", (step, _X)))
    points = rational_roots(found.above) if found is not None and found.above.names == [_POINT] else []
    for point in dict.fromkeys([*points, Fraction(0)]):
        if all(value > point for value in values):
            yield f"{literal(point)} < {_POINT}"
        elif all(value < point for value in values):
            yield f"{_POINT} < {literal(point)}"
    least, greatest = min(values), max(values)
    if least.denominator <= _LARGEST:
        yield f"{literal(least)} ≤ {_POINT}"
    if greatest.denominator <= _LARGEST:
        yield f"{_POINT} ≤ {literal(greatest)}"


def _proved(kept: Sequence[str], names: Sequence[str], claim: str) -> str | None:
    """A tactic for a claim about a number of which the kept is known."""
    if claim in kept:
        return "assumption"
    lines = [f"{name} : {text}" for name, text in zip(names, kept, strict=False)]
    inner = view_of(("\n".join([f"{_POINT} : ℚ", *lines, f"⊢ {claim}"]),), ())
    if inner is None:
        return None
    plain = (tactic for tactic, weight in inequalities.proofs(inner) if weight >= _SURE)
    return quotients.proof(inner) or next(plain, None)


def _put_x(term: Term | None, value: Term) -> Term:
    return replaced(term or _X, {_X: value})


__all__ = ["propose"]
