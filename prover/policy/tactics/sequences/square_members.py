"""`∀ n, ∃ k, 3 * a n ^ 2 - 2 = k ^ 2` for a linear recurrence of order two: the root is a combination of neighbours, as
it is where Pell's equation is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import isqrt

from prover.policy.tactics.evaluate import number
from prover.policy.tactics.polynomials import Polynomial, text_of
from prover.policy.tactics.sequences.definite import Sequence, members, sequences
from prover.policy.tactics.terms import Term, names_of, read, show, substitute
from prover.policy.tactics.view import Proposal, View, have, seq

_MEMBERS = 10
_LARGEST = 12


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target)
    if target is None or target.op != "∀" or target.args[0].op != "∃" or target.args[0].args[0].op != "=":
        return
    n, root, (left, right) = target.name, target.args[0].name, target.args[0].args[0].args
    square = _is_square(right, root)
    if not square and not _is_square(left, root):
        return
    value = left if square else right
    for s in sequences(view):
        if s.order != 2 or s.kind not in ("Int", "Nat") or s.start or s.guarded or root in names_of(value):
            continue
        found = _root(s, value, n)
        if found is None:
            continue
        fresh = view.namer()
        key, k, ih, hr = fresh("hkey"), fresh("k"), fresh("ih"), fresh("hr")
        here, after = f"({s.name} {k})", f"({s.name} ({k} + 1))"
        combined = text_of(Polynomial({((after, 1),): found[0], ((here, 1),): found[1]}))
        claim = f"{show(substitute(value, {n: Term('var', name=k)}))} = ({combined}) ^ 2"
        lines = [
            f"intro {k}",
            f"induction {k} with",
            "| zero => first | (simp_all; done) | grind",
            f"| succ {k} {ih} =>\n  have {hr} := {s.rule} {k}\n  grind",
        ]
        turned = "" if square else ".symm"
        power = "by simpa [Int.pow_succ, Nat.pow_succ] using" if right.op == "*" or left.op == "*" else ""
        end = f"exact fun {n} => ⟨_, {power} ({key} {n}){turned}⟩"
        yield seq(have(key, f"∀ {k} : Nat, {claim}", lines), end), 0.88
        return


def _is_square(term: Term, root: str) -> bool:
    x = Term("var", name=root)
    return term in (Term("^", (x, Term("num", name="2"))), Term("*", (x, x)))


def _root(s: Sequence, value: Term, n: str) -> tuple[int, int] | None:
    """p and q with `value = (p * f (n + 1) + q * f n) ^ 2`."""
    known = [int(v) for v in members(s, 0, _MEMBERS + 2)]
    evaluate = number(value, {n: "Nat", s.name: f"Nat → {s.kind}"}, s.kind)
    if evaluate is None or len(known) < _MEMBERS + 2:
        return None
    at = dict(enumerate(known)).__getitem__
    values = [evaluate({n: i, s.name: at}) for i in range(_MEMBERS)]
    if any(v is None or v < 0 or isqrt(int(v)) ** 2 != v for v in values):
        return None
    roots = [isqrt(int(v)) for v in values if v is not None]
    determinant = known[1] * known[1] - known[0] * known[2]
    for first, second in product((1, -1), repeat=2) if determinant else ():
        x, y = first * roots[0], second * roots[1]
        p = Fraction(x * known[1] - y * known[0], determinant)
        q = Fraction(known[1] * y - known[2] * x, determinant)
        whole = p.denominator == q.denominator == 1 and max(abs(p), abs(q)) <= _LARGEST
        if not whole or (s.kind == "Nat" and min(p, q) < 0):
            continue
        if all((p * known[i + 1] + q * known[i]) ** 2 == v for i, v in enumerate(values)):
            return int(p), int(q)
    return None


__all__ = ["propose"]
