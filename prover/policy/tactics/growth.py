"""Functions of natural numbers that grow from each argument to the next, and functions that never do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.evaluate import canonical
from prover.policy.tactics.view import Proposal, View, have, seq

_INCREASING = re.compile(
    r"∀ \((?P<a>\S+) (?P<b>\S+) : (?:Nat|ℕ)\), (?P=a) < (?P=b) → (?P<f>\S+) "
    r"(?:(?P=a) < (?P=f) (?P=b)|(?P=b) > (?P=f) (?P=a))"
)
_STEP = re.compile(
    r"∀ \((?P<n>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) "
    r"(?:(?P=n) < (?P=f) \((?P=n) \+ 1\)|\((?P=n) \+ 1\) > (?P=f) (?P=n))"
)
_NESTED = re.compile(
    r"∀ \((?P<n>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) "
    r"(?:\((?P=f) (?P=n)\) < (?P=f) \((?P=n) \+ 1\)|\((?P=n) \+ 1\) > (?P=f) \((?P=f) (?P=n)\))"
)


def propose(view: View) -> Iterator[Proposal]:
    yield from _falling(view)
    yield from _endless(view)
    yield from _steps(view)
    for h in view.props:
        match = next((m for form in (_INCREASING, _STEP, _NESTED) if (m := form.fullmatch(h.type))), None)
        if match is None or not any(v.name == match["f"] and canonical(v.type) == "Nat → Nat" for v in view.vars):
            continue
        f, law, fresh = match["f"], h.name, view.namer()
        hge, hlt, hstep, inner = (fresh(name) for name in ("hge", "hlt", "hstep", "hi"))
        steps: list[str] = []
        step = law
        if match.re is _NESTED:
            larger = f"Nat.lt_of_le_of_lt (hall ({f} n) ({f} n) (Nat.le_refl _)) ({law} n)"
            steps += [_all_from(f, law, inner), f"have {hstep} := fun n => {larger}"]
            step = hstep
        if match.re is _INCREASING:
            step = f"(fun n => {law} n (n + 1) (Nat.lt_succ_self n))"
        else:
            climb = [
                f"intro a b {inner}",
                f"induction {inner} with",
                f"| refl => exact {step} a",
                f"| step _ ih => exact Nat.lt_trans ih ({step} _)",
            ]
            steps.append(have(hlt, f"∀ a b, a < b → {f} a < {f} b", climb))
        base = [
            "intro k",
            "induction k with",
            "| zero => exact Nat.zero_le _",
            f"| succ k ih => exact Nat.lt_of_le_of_lt ih ({step} k)",
        ]
        steps.append(have(hge, f"∀ k, k ≤ {f} k", base))
        if match.re is _NESTED:
            below = [
                "intro n",
                f"have h1 := {law} n",
                f"have h2 := {hge} n",
                f"rcases Nat.lt_trichotomy ({f} n) (n + 1) with {inner} | {inner} | {inner}",
                "· omega",
                f"· rw [{inner}] at h1; omega",
                f"· have h3 := {hlt} _ _ {inner}; omega",
            ]
            steps.append(have(fresh("hid"), f"∀ n, {f} n = n", below))
        yield seq(*steps, "grind"), 0.89
        yield seq(*steps), 0.15
        return


_FALLING = re.compile(
    r"∀ \((?P<n>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) "
    r"(?:\((?P=n) \+ 1\) ≤ (?P=f) (?P=n)|(?P=n) ≥ (?P=f) \((?P=n) \+ 1\))"
)


def _falling(view: View) -> Iterator[Proposal]:
    """A function that never grows takes its least value from some argument on."""
    for h in view.props:
        match = _FALLING.fullmatch(h.type)
        if match is None or not any(v.name == match["f"] and canonical(v.type) == "Nat → Nat" for v in view.vars):
            continue
        f, fresh = match["f"], view.namer()
        hall, hleast, m, hm, inner = (fresh(name) for name in ("hanti", "hleast", "m", "hm", "hi"))
        steps = [
            have(
                hall,
                f"∀ a b, a ≤ b → {f} b ≤ {f} a",
                [
                    f"intro a b {inner}",
                    f"induction {inner} with",
                    "| refl => exact Nat.le_refl _",
                    f"| step _ ih => exact Nat.le_trans ({h.name} _) ih",
                ],
            ),
            have(
                hleast,
                f"∀ v k, {f} k ≤ v → ∃ m, ∀ n, {f} m ≤ {f} n",
                [
                    "intro v",
                    "induction v with",
                    f"| zero => exact fun k {inner} => ⟨k, fun n => by omega⟩",
                    "| succ v ih =>",
                    f"  intro k {inner}",
                    f"  by_cases hk : ∃ n, {f} n < {f} k",
                    "  · obtain ⟨n, hn⟩ := hk; exact ih n (by omega)",
                    "  · exact ⟨k, fun n => Nat.le_of_not_lt fun hn => hk ⟨n, hn⟩⟩",
                ],
            ),
            f"obtain ⟨{m}, {hm}⟩ := {hleast} ({f} 0) 0 (Nat.le_refl _)",
        ]
        end = f"first | exact ⟨{m}, fun n hn => Nat.le_antisymm ({hall} _ _ hn) ({hm} n)⟩ | grind"
        yield seq(*steps, end), 0.89
        yield seq(*steps), 0.15
        return


_RISES = re.compile(
    r"∃ (?P<n>\S+), (?P<f>\S+) "
    r"(?:(?P=n) ≤ (?P=f) \((?P=n) \+ 1\)|\((?P=n) \+ 1\) ≥ (?P=f) (?P=n))"
)
_FALLS = re.compile(
    r"∀ \((?P<n>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) "
    r"(?:\((?P=n) \+ 1\) < (?P=f) (?P=n)|(?P=n) > (?P=f) \((?P=n) \+ 1\))"
)


def _endless(view: View) -> Iterator[Proposal]:
    """No function into the natural numbers falls for ever."""
    found = _RISES.fullmatch(view.target)
    laws = [(h.name, match["f"]) for h in view.props if (match := _FALLS.fullmatch(h.type)) is not None]
    kinds = {v.name: canonical(v.type) for v in view.vars}
    fresh = view.namer()
    law, key, hn = (fresh(name) for name in ("hfall", "hkey", "hn"))
    steps: list[str] = []
    if found is not None:
        f = found["f"]
        steps += ["apply Classical.byContradiction", f"intro {hn}"]
        steps.append(f"have {law} : ∀ n, {f} (n + 1) < {f} n := fun n => Nat.lt_of_not_le fun h => {hn} ⟨n, h⟩")
    elif laws and view.target == "False":
        law, f = laws[0]
    else:
        return
    if kinds.get(f) != "Nat → Nat":
        return
    below = ["intro n", "induction n with", "| zero => exact Nat.le_refl _"]
    below.append(f"| succ n ih => have := {law} n; omega")
    yield seq(*steps, have(key, f"∀ n, {f} n + n ≤ {f} 0", below), f"have := {key} ({f} 0 + 1)", "omega"), 0.89


_STEPS = re.compile(r"∀ \((?P<n>\S+) : (?:Nat|ℕ)\), (?P<f>\S+) \((?P=n) \+ 1\) = (?P=f) (?P=n) \+ (?P<c>\d{1,6})")


def _steps(view: View) -> Iterator[Proposal]:
    """A function that grows by the same number at each step, from a first value that is not told."""
    for h in view.props:
        match = _STEPS.fullmatch(h.type)
        if match is None or not any(v.name == match["f"] and canonical(v.type) == "Nat → Nat" for v in view.vars):
            continue
        f, c, key = match["f"], match["c"], view.fresh("hsteps")
        lines = ["intro n", "induction n with", "| zero => rfl", f"| succ n ih => rw [{h.name}, ih]; omega"]
        yield seq(have(key, f"∀ n, {f} n = {f} 0 + {c} * n", lines), "grind"), 0.6
        return


def _all_from(f: str, law: str, inner: str) -> str:
    """From some argument on, all values are at least it, by induction on that."""
    return have(
        "hall",
        f"∀ m n, m ≤ n → m ≤ {f} n",
        [
            "intro m",
            "induction m with",
            "| zero => exact fun _ _ => Nat.zero_le _",
            "| succ m ih =>",
            f"  intro n {inner}",
            "  cases n with",
            "  | zero => omega",
            f"  | succ n => exact Nat.lt_of_le_of_lt (ih _ (ih n (by omega))) ({law} n)",
        ],
    )
