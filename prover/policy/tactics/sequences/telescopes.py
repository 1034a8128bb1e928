"""Bounds of sums and products of quotients, as `s n < 7 / 4` for sums of inverse squares, by induction.

A bound that depends on the index is taken as it is. From one that does not, `e / (n + d)` is taken away: what is added
next is less than what that loses, `e / ((n + d) * (n + d + 1))`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from prover.policy.tactics.estimates import quotients
from prover.policy.tactics.evaluate import canonical, number
from prover.policy.tactics.polynomials import literal
from prover.policy.tactics.sequences.definite import Sequence, members, plus, sequences
from prover.policy.tactics.terms import Term, at_least, names_of, premises, read, replaced, show
from prover.policy.tactics.view import Proposal, View, case, forget, have, seq, view_of

_MOST_MEMBERS, _SAMPLES, _FARTHEST = 8, 40, 400
_DISTANCES = [Fraction(k, 2) for k in range(-1, 6)]
_CAST = "first | rfl | grind | simp [Rat.natCast_add]"


@dataclass(frozen=True, slots=True)
class _Claim:
    """`s (n + shift) ≤ bound` or the other way round, for all `n` from `low` on."""

    n: str
    hypotheses: int
    low: int
    shift: int
    bound: Term
    upper: bool
    strict: bool


def propose(view: View) -> Iterator[Proposal]:
    target = read(view.target)
    if target is None or target.op != "∀" or canonical(target.kind or "Nat") != "Nat":
        return
    for s in sequences(view):
        claim = _claim(target, s)
        step = _step(s) if s.kind == "Rat" and s.order == 1 and s.shift == 0 and s.start in s.bases else None
        if claim is None or step is None:
            continue
        as_it_is = list(_as_it_is(view, s, claim, *step))
        yield from as_it_is
        if not as_it_is and step[0] == "+" and claim.upper and claim.n not in names_of(claim.bound):
            yield from _sharpened(view, s, claim, step[1])


def _claim(target: Term, s: Sequence) -> _Claim | None:
    n = target.name
    hypotheses, claim = premises(target.args[0])
    lows = [at_least(h, n) for h in hypotheses]
    if any(low is None for low in lows) or claim.op not in ("≤", "<", "≥", ">"):
        return None
    member, bound, upper = *claim.args, claim.op in ("≤", "<")
    if s.name in names_of(bound):
        member, bound, upper = bound, member, not upper
    if member.op != "app" or member.args[0].name != s.name or len(member.args) != 2 or s.name in names_of(bound):
        return None
    place = member.args[1]
    shift = next((k for k in range(3) if place == plus(n, k)), None)
    if shift is None:
        return None
    low = max([0, *(each for each in lows if each is not None)])
    return _Claim(n, len(hypotheses), low, shift, bound, upper, claim.op in ("<", ">"))


def _step(s: Sequence) -> tuple[str, Term] | None:
    """What is added to a member, or what it is multiplied by, in terms of the variable of the rule."""
    member = Term("app", (Term("var", name=s.name), Term("var", name=s.variable)))
    if s.body.op not in ("+", "*") or member not in s.body.args:
        return None
    (more,) = [arg for arg in s.body.args if arg != member] or [member]
    return (s.body.op, more) if s.name not in names_of(more) else None


def _as_it_is(view: View, s: Sequence, claim: _Claim, op: str, more: Term) -> Iterator[Proposal]:
    """By induction from the first index of which it is claimed."""
    fresh = view.namer([claim.n])
    key, k, h = fresh("hkey"), fresh("k"), fresh("h")
    lemma = _lemma(view, fresh, key, s, claim, op, more)
    if lemma is None:
        return
    opened = [f"intro {' '.join([claim.n, *(fresh('hn') for _ in range(claim.hypotheses))])}"]
    end = [f"exact {key} {claim.n}"]
    if claim.low:
        cast = f"(({k} + {claim.low} : Nat) : Rat)"
        end = [
            f"obtain ⟨{k}, rfl⟩ : ∃ {k}, {claim.n} = {k} + {claim.low} := ⟨{claim.n} - {claim.low}, by omega⟩",
            f"have {h} := {key} {k}",
            *([f"rw [show {cast} = ({k} : Rat) + {claim.low} by {_CAST}]"] if claim.n in names_of(claim.bound) else []),
            f"exact {h}",
        ]
    yield seq(*lemma, *opened, *end), 0.9


def _sharpened(view: View, s: Sequence, claim: _Claim, more: Term) -> Iterator[Proposal]:
    """With `e / (n + d)` taken away from the bound, from some index on; the members before it are looked at."""
    limit, values = number(claim.bound, {}, "Rat"), _known(s, s.start + _MOST_MEMBERS)
    end = limit({}) if limit is not None else None
    found = _taken_away(s, more, Fraction(end), values) if end is not None else None
    if found is None:
        return
    first, e, distance = found
    # with whole numbers above and below
    shift = first + distance
    scale = e.denominator * shift.denominator
    above, below = e * scale, (scale, shift * scale)
    bound = read(f"{show(claim.bound)} - {above} / ({below[0]} * ↑{claim.n} + {below[1]})")
    if bound is None:
        return
    fresh = view.namer([claim.n])
    key, k, h, hq, q, he = (fresh(name) for name in ("hkey", "k", "h", "hq", "q", "he"))
    lemma = _lemma(view, fresh, key, s, _Claim(claim.n, 0, 0, first, bound, True, False), "+", more)
    if lemma is None:
        return
    index = show(plus(claim.n, claim.shift))
    lost = f"{above} / ({below[0]} * ({k} : Rat) + {below[1]})"
    far = [
        f"obtain ⟨{k}, {he}⟩ : ∃ {k}, {index} = {k} + {first} := ⟨{index} - {first}, by omega⟩",
        f"rw [{he}]",
        f"have {h} := {key} {k}",
        f"have {hq} : (0 : Rat) ≤ {k} := Rat.natCast_nonneg",
        f"have {hq} : 0 < {lost} := by rw [Rat.div_def]; exact Rat.mul_pos (by decide) (Rat.inv_pos.mpr (by grind))",
        f"generalize {lost} = {q} at {h} {hq}",
        "grind",
    ]
    before = [n for n in range(first - claim.shift) if n >= claim.low]
    if before:
        either = " ∨ ".join(f"{claim.n} = {n}" for n in before)
        far = [
            f"rcases Nat.lt_or_ge ({index}) {first} with {h} | {h}",
            f"· rcases (show {either} by omega) with {' | '.join('rfl' for _ in before)}",
            *("  " + case(_member_known(s, fresh, values, n + claim.shift)).replace("\n", "\n  ") for n in before),
            case(far),
        ]
    opened = f"intro {' '.join([claim.n, *(fresh('hn') for _ in range(claim.hypotheses))])}"
    yield seq(*lemma, opened, *far), 0.9


def _taken_away(
    s: Sequence, more: Term, limit: Fraction, values: Mapping[int, Fraction]
) -> tuple[int, Fraction, Fraction] | None:
    """From which index on `limit - e / (n + d)` is a bound, e, and d."""
    added = number(more, {s.variable: "Nat"}, "Rat")
    if added is None:
        return None
    places = [*range(s.start, s.start + _MOST_MEMBERS + _SAMPLES), _FARTHEST, _FARTHEST**2, _FARTHEST**3]
    terms = {x: Fraction(term) for x in places if (term := added({s.variable: x})) is not None}
    if len(terms) < len(places):
        return None
    for first, value in values.items():
        for d in _DISTANCES:
            if first + d <= 0 or value >= limit:
                continue
            least = max(t * (x + d) * (x + d + 1) for x, t in terms.items() if x >= first)
            simple = (Fraction(least).limit_denominator(k) for k in (1, 2, 6, 12, 60))
            for e in simple:
                if 0 < least <= e and value + e / (first + d) <= limit:
                    return first, e, d
    return None


def _lemma(
    view: View, fresh: Callable[[str], str], key: str, s: Sequence, claim: _Claim, op: str, more: Term
) -> list[str] | None:
    """Steps to the claim for `n = k + low`, for all `k`; None where a step of the induction is not found to be true."""
    first = claim.low + claim.shift
    r, k, ih, hs, ho, hr, hc, hg = map(fresh, ("r", "k", "ih", "hs", "ho", "hr", "hc", "hg"))
    known = fresh("hnot")

    def bound(at: str) -> str | None:
        return _at(claim.bound, claim.n, at)

    real, cast = f"({k} : Rat)", f"(({k} + {first} : Nat) : Rat)" if first else f"({k} : Rat)"
    now, after = bound(_sum(r, claim.low)), bound(_sum(r, claim.low + 1))
    step, moved = _at(more, s.variable, _sum(r, first)), _at(more, s.variable, cast)
    varies = claim.n in names_of(claim.bound)
    shown = bound(_sum(real, claim.low))
    values = _known(s, first)
    if None in (now, after, step, moved, shown) or first not in values:
        return None

    def ordered(x: str, y: str, strict: bool = False) -> str:
        x, y = (x, y) if claim.upper else (y, x)
        return f"{x} {'<' if strict else '≤'} {y}"

    clear = forget(h.name for h in view.props)
    grown = _proved(ordered(f"({now}) {op} ({step})", f"{after}"), r, known)
    if grown is None:
        return None
    lines = [
        have(
            hs,
            f"∀ {r} : Rat, 0 ≤ {r} → {ordered(f'({now}) {op} ({step})', f'{after}')}",
            [f"intro {r} {known}", *clear, grown],
        )
    ]
    order = f"∀ a b c d : Rat, {ordered('a', 'b', claim.strict)} → "
    use = f"{ho} _ _ _ _ {ih} ({hs} {real} Rat.natCast_nonneg)"
    if op == "+":
        lines.append(
            f"have {ho} : {order}{ordered('b + c', 'd')} → {ordered('a + c', 'd', claim.strict)} := by intros; grind"
        )
    else:
        positive = _proved(f"0 < {step}", r, known)
        if positive is None:
            return None
        lines.append(
            have(hg, f"∀ {r} : Rat, 0 ≤ {r} → 0 < {step}", [f"intro {r} {known}", *clear, f"clear {hs}", positive])
        )
        rule = (
            "Rat.mul_lt_mul_of_pos_right h hc" if claim.strict else "Rat.mul_le_mul_of_nonneg_right h (Rat.le_of_lt hc)"
        )
        lines.append(
            f"have {ho} : {order}0 < c → {ordered('b * c', 'd')} → {ordered('a * c', 'd', claim.strict)} :=\n"
            f"  fun a b c d h hc h1 => by have h2 := {rule}; grind"
        )
        use = f"{ho} _ _ _ _ {ih} ({hg} {real} Rat.natCast_nonneg) ({hs} {real} Rat.natCast_nonneg)"
    member, place = f"{s.name} {show(plus(k, first), 1024)}", show(plus(k, first + 1), 1024)
    ruled = f"{s.rule} {show(plus(k, first), 1024)}{' (by omega)' if s.guarded else ''}"
    turned = s.body.args[0] == more
    comm = f"({ruled}).trans (Rat.{'add' if op == '+' else 'mul'}_comm _ _)" if turned else ruled
    succ = [
        f"have {hr} : {s.name} {place} = {member} {op} ({moved}) := {comm}",
        *([f"rw [show {cast} = ({k} : Rat) + {first} by {_CAST}] at {hr}"] if first and cast in str(moved) else []),
        *([f"rw [show (({k} + 1 : Nat) : Rat) = ({k} : Rat) + 1 by {_CAST}]"] if varies else []),
        f"have {hc} := {use}",
        f"rw [← {hr}] at {hc}",
        f"first | exact {hc} | grind",
    ]
    zero = _member_known(s, fresh, values, first)
    proof = [
        f"intro {k}",
        f"induction {k} with",
        "| zero =>\n  " + "\n  ".join(zero),
        f"| succ {k} {ih} =>\n  " + "\n  ".join(succ),
    ]
    return [*lines, have(key, f"∀ {k} : Nat, {ordered(member, str(shown), claim.strict)}", proof)]


def _known(s: Sequence, last: int) -> dict[int, Fraction]:
    """The members up to that place, as far as they can be computed."""
    values = members(s, s.start, last - s.start + 1) if last >= s.start else []
    return {s.start + i: Fraction(value) for i, value in enumerate(values)}


def _member_known(s: Sequence, fresh: Callable[[str], str], values: Mapping[int, Fraction], place: int) -> list[str]:
    """Steps that put in the value of a member, by those of the members before it."""
    known, steps = s.bases[s.start][0], []
    guard = " (by decide)" if s.guarded else ""
    for n in range(s.start, place):
        after = fresh("hv")
        proof = f"({s.rule} {n}{guard}).trans (by rw [{known}]; decide +kernel)"
        steps.append(f"have {after} : {s.name} {n + 1} = {literal(values[n + 1])} := {proof}")
        known = after
    return [*steps, f"rw [show {s.name} {place} = _ from {known}]", "first | decide +kernel | grind"]


def _at(term: Term, n: str, at: str) -> str | None:
    """The term with the cast of the index replaced by a number; None where the index is left."""
    found = replaced(term, {Term("↑", (Term("var", name=n),)): Term("var", name=f"({at})")})
    return show(found) if n not in names_of(found) else None


def _proved(claim: str, r: str, known: str) -> str | None:
    """A tactic for a claim about a number that is not negative."""
    inner = view_of((f"{r} : ℚ\n{known} : 0 ≤ {r}\n⊢ {claim}",), ())
    return quotients.proof(inner) if inner is not None else None


def _sum(name: str, shift: int) -> str:
    return f"{name} + {shift}" if shift else name


__all__ = ["propose"]
