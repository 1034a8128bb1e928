"""Where a growing sequence passes a number: `∃ m, 2 ^ m ≤ n ∧ n < 2 ^ (m + 1)`."""

from __future__ import annotations

from collections.abc import Iterator

from prover.policy.tactics.terms import Term, conjuncts, names_of, read, show, substitute
from prover.policy.tactics.view import NAT, Proposal, View, have, seq


def propose(view: View) -> Iterator[Proposal]:
    """By induction on any place where the sequence is above the number; at 0 it is not."""
    target = read(view.target) if view.target.startswith("∃") else None
    parts = conjuncts(target.args[0]) if target is not None else []
    if target is None or len(parts) != 2:
        return
    m = target.name
    low, high = sorted((_turned(part) for part in parts), key=lambda part: part.op == "<")
    if low.op != "≤" or high.op != "<" or low.args[1] != high.args[0] or m in names_of(low.args[1]):
        return
    body, above, number = low.args[0], high.args[1], show(low.args[1], 51)
    if _at(body, m, Term("+", (Term("var", name=m), Term("num", name="1")))) != above:
        return
    if not names_of(target) <= {*view.of_type(NAT)}:
        return
    fresh = view.namer([m])
    key, k, ih, hk, h, hs = (fresh(wish) for wish in ("key", "k", "ih", "hk", "h", "hs"))
    at = show(_at(body, m, Term("var", name=k)), 51)
    swapped = parts[0].op in "<>"
    found = f"⟨{k}, {hk}, {h}⟩" if swapped else f"⟨{k}, {h}, {hk}⟩"
    lines = [
        f"intro {k}",
        f"induction {k} with",
        f"| zero => intro {hk}; first | omega | (simp at {hk}; done) | (simp at {hk}; omega)",
        f"| succ {k} {ih} =>",
        f"  intro {hk}",
        f"  rcases Nat.lt_or_ge ({number}) ({at}) with {h} | {h}",
        f"  · exact {ih} {h}",
        f"  · exact {found}",
    ]
    far = show(_at(body, m, Term("+", (low.args[1], Term("num", name="1")))), 51)
    power = "exact Nat.lt_of_lt_of_le (Nat.lt_succ_self _) (Nat.le_of_lt (Nat.lt_pow_self (by omega)))"
    larger = f"have {hs} := Nat.le_mul_self ({number} + 1); grind"
    root = "exact Nat.lt_of_lt_of_le (Nat.lt_succ_self _) (Nat.le_self_pow (by decide) _)"
    bound = f"(show {number} < {far} by first | {power} | {root} | omega | ({larger}))"
    yield seq(have(key, f"∀ {k}, {number} < {at} → {view.target}", lines), f"exact {key} ({number} + 1) {bound}"), 0.85


def _turned(part: Term) -> Term:
    signs = {"≥": "≤", ">": "<"}
    return Term(signs[part.op], part.args[::-1]) if part.op in signs else part


def _at(body: Term, m: str, place: Term) -> Term:
    return substitute(body, {m: place})


__all__ = ["propose"]
