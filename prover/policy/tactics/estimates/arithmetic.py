"""Nonlinear facts for the linear and algebraic solvers: products, squares, powers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from prover.goal import top_level
from prover.policy.tactics.view import INT, NAT, RAT, Proposal, View, mentions, seq

_ORDER = re.compile(r"[≤<≥>≠]")
_DIVISION = re.compile(r"([^\W\d][\w']*|\([^()]*\)) [/%] ([^\W\d][\w']*)")
_SQUARE = re.compile(r" ?\^ ?(?:2|4|6)\b")


def propose(view: View) -> Iterator[Proposal]:
    nats, ints, rats = view.of_type(NAT), view.of_type(INT), view.of_type(RAT)
    yield from _rewriting(view)
    yield from _casts(view, nats, ints)
    yield from _quotients(view, nats)
    yield from _powers_of_maxima(view)
    if rats or "ℚ" in view.facts or "Rat" in view.facts:
        yield from _rational(view)
    if not _ORDER.search(view.facts) or not (nats or ints or rats):
        return
    yield from _products(view, nats)


def _rewriting(view: View) -> Iterator[Proposal]:
    if "^" in view.facts:
        lemmas = "Int.pow_succ" if "ℤ" in view.facts or view.of_type(INT) else "Nat.pow_succ"
        yield f"simp [{lemmas}]", 0.06
        yield f"simp only [{lemmas}, {lemmas[:3]}.pow_zero, {lemmas[:3]}.one_mul] at *", 0.06
    multiples = dict.fromkeys(re.findall(r"\^ ?\(\d+ \* ([^\W\d][\w']*)\)", view.facts))
    for n in list(multiples)[:2]:
        rewrite = f"simp only [Nat.mul_comm _ {n}, Int.pow_mul, Nat.pow_mul]"
        yield rewrite, 0.25
        yield seq(f"{rewrite} at *", "grind"), 0.2
    if " - " in view.target and view.of_type(NAT):
        yield "simp [Nat.sub_mul, Nat.mul_sub, Nat.sub_sub]", 0.04
    if "gcd" in view.target or "lcm" in view.target:
        yield "simp [Nat.gcd_comm, Nat.lcm_comm]", 0.05
        yield "simp [Nat.gcd_add_mul_right_left, Nat.gcd_rec]", 0.04
        yield "apply Nat.dvd_antisymm", 0.03
    if " ∣ " in view.target:
        yield "apply Nat.dvd_of_mod_eq_zero", 0.06
        yield "apply Int.dvd_of_emod_eq_zero", 0.05
    parts = view.connective
    if parts and parts[0] == "=" and view.of_type(NAT):
        yield "apply Nat.le_antisymm", 0.04


def _casts(view: View, nats: tuple[str, ...], ints: tuple[str, ...]) -> Iterator[Proposal]:
    """What the hypotheses say after a cast, the solvers prove there; the cast is taken off at the end."""
    if "↑" not in view.facts:
        return
    parts = view.connective
    if parts and parts[0] in ("=", "≤", "<", "≥", ">") and "↑" not in view.target:
        name = view.fresh("hc")
        casts = [n for n in (*nats, *ints) if f"↑{n}" in view.facts and mentions(view.target, n)]
        for kind in ("Rat", "Int")[: 1 if casts and "/" in view.facts else 2]:
            target = view.target
            for n in casts:
                target = re.sub(rf"(?<![\w.'↑]){re.escape(n)}(?![\w'])", f"({n} : {kind})", target)
            if casts:
                yield seq(f"have {name} : {target} := by grind", f"exact_mod_cast {name}"), 0.3
    yield "norm_cast", 0.08
    yield "push_cast", 0.05
    yield "norm_cast at *", 0.08


def _quotients(view: View, nats: tuple[str, ...]) -> Iterator[Proposal]:
    """What division by a variable is: `y * (x / y) + x % y = x`, where `x % y < y`."""
    found = list(dict.fromkeys(_DIVISION.findall(view.facts)))
    steps: list[str] = []
    for x, y in [(x, y) for x, y in found if y in nats][:2]:
        steps.append(f"have {view.fresh(f'hd{len(steps)}')} := Nat.div_add_mod {x} {y}")
        steps.append(f"have {view.fresh(f'hl{len(steps)}')} := Nat.mod_lt {x} (show 0 < {y} by omega)")
    if steps:
        yield seq(*steps, "grind"), 0.4


def _rational(view: View) -> Iterator[Proposal]:
    if "/" in view.facts:
        yield "simp_all <;> grind", 0.2
        yield "subst_vars <;> grind", 0.15
        yield "subst_vars <;> rfl", 0.1
        yield "subst_vars <;> decide +kernel", 0.1


def _products(view: View, nats: tuple[str, ...]) -> Iterator[Proposal]:
    """Multiply two inequalities between natural numbers; or show that a product of positive ones is."""
    bounds = [h for h in view.props if re.search(r" [≤<] | [≥>] ", h.type) and "∀" not in h.type and "∧" not in h.type]
    used = [n for n in nats if mentions(view.facts, n)]
    for a, b in list(combinations(used[:4], 2))[:4]:
        if re.search(rf"\b{re.escape(a)} \* {re.escape(b)}\b|\b{re.escape(b)} \* {re.escape(a)}\b|\^", view.facts):
            yield f"have hm := Nat.mul_le_mul (Nat.le_refl {a}) (Nat.succ_le_of_lt (show 0 < {b} by omega))", 0.02
    pairs = [(g, h) for i, g in enumerate(bounds[:4]) for h in bounds[i:4]]
    for g, h in pairs[:6]:
        if nats:
            name = view.fresh("hm")
            yield f"(have {name} := Nat.mul_le_mul {g.name} {h.name}; grind)", 0.12 if g is not h else 0.1
    for g, h in pairs[:4]:
        if view.of_type(INT):
            yield (
                (
                    f"(have {view.fresh('hm')} := Int.mul_nonneg (Int.sub_nonneg_of_le {g.name}) "
                    f"(Int.sub_nonneg_of_le {h.name}); grind)"
                ),
                0.12 if g is not h else 0.1,
            )


def _powers_of_maxima(view: View) -> Iterator[Proposal]:
    """`b ^ max m n` is above both powers, as for what is counted in a tree of some height."""
    base = re.search(r"(?<![\w.])(\d{1,9}) \^ \(?(?:\d+ \+ )?\(?max ", view.target)
    if base is not None and int(base[1]) > 0:
        b, hl, hr = base[1], view.fresh("hl"), view.fresh("hr")
        sides = [
            f"have {h} : ∀ m n : Nat, {b} ^ {n} ≤ {b} ^ max m n :=\n"
            f"  fun m n => Nat.pow_le_pow_right (by decide) (Nat.le_max_{side} m n)"
            for h, n, side in ((hl, "m", "left"), (hr, "n", "right"))
        ]
        yield seq(*sides, "grind [Nat.pow_succ, Nat.pow_add]"), 0.8


def squared(text: str) -> list[str]:
    """The terms that stand under an even power: `(t - 1) ^ 2` gives `t - 1`."""
    found = []
    for match in _SQUARE.finditer(text):
        end = match.start()
        if end and text[end - 1] == ")":
            depth, at = 0, end - 1
            while at >= 0:
                depth += (text[at] == ")") - (text[at] == "(")
                if depth == 0:
                    break
                at -= 1
            if at >= 0:
                found.append(text[at + 1 : end - 1])
        elif name := re.search(r"[\w'₀-₉]+$", text[:end]):
            found.append(name[0])
    return [term for term in dict.fromkeys(found) if not term.isdigit() and top_level(term, ", ") is None]
