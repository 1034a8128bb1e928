"""Tactics that only environments with Mathlib have, offered where they exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from prover.goal import bare
from prover.policy.tactics.estimates.arithmetic import squared
from prover.policy.tactics.patterns import universal
from prover.policy.tactics.view import NAT, NUMBERS, Proposal, View, connective, mentions, seq

WORDS = frozenset(
    {
        *("aesop", "bound", "by_contra", "choose", "field_simp", "fin_cases", "gcongr", "interval_cases", "linarith"),
        *("linear_combination", "nlinarith", "norm_num", "positivity", "push_neg", "qify", "ring", "ring_nf"),
        *("split_ifs", "tauto", "use", "zify"),
    }
)
_WORD = re.compile(r"(?<![\w.'])[a-z][a-z_]*(?![\w.'])")
_SUMS = re.compile(r"∑|∏|Finset\.(?:sum|prod|range|Icc|filter)")
_BETWEEN = re.compile(r"(\S+) ([≤<]) (\S+)$")


def words(tactic: str) -> frozenset[str]:
    """Those of `WORDS` that stand anywhere in a tactic."""
    return WORDS.intersection(_WORD.findall(tactic))


def propose(view: View) -> Iterator[Proposal]:
    parts = view.connective
    kind = parts[0] if parts else ""
    yield "norm_num", 0.93
    if kind == "=":
        yield "ring", 0.9
    if kind in ("=", "≤", "<", "≥", ">", "") or view.target == "False":
        yield "linarith", 0.9
    if kind in ("≤", "<", "≥", ">", "≠"):
        yield "positivity", 0.6
        yield "nlinarith", 0.6
        yield "gcongr", 0.15
        yield "bound", 0.2
    yield "norm_num at *", 0.2
    yield "simp_all <;> linarith", 0.15
    yield "norm_num <;> linarith", 0.12
    yield "ring_nf", 0.2
    yield "ring_nf at *", 0.1
    yield "aesop", 0.5
    yield "tauto", 0.3
    if any(mark in view.facts for mark in ("¬", "∃", "∀")):
        yield "push_neg", 0.08
    if any(h.type.startswith("¬") for h in view.props):
        yield "push_neg at *", 0.15
    if view.target != "False" and kind not in ("∧", "↔", "→"):
        yield f"by_contra! {view.fresh('h')}", 0.04
    yield from _fractions(view, kind)
    yield from _nonlinear(view)
    yield from _cases(view)
    yield from _sums_and_functions(view)
    yield from _casts(view)
    for h in view.props[-3:]:
        yield f"norm_num at {h.name}", 0.08
    equations = [h.name for h in view.props if (connective(h.type) or ("",))[0] == "="]
    for name in equations[-2:]:
        yield f"linear_combination {name}", 0.1
    if len(equations) > 1:
        yield f"linear_combination {equations[-2]} + {equations[-1]}", 0.05
        yield f"linear_combination {equations[-2]} - {equations[-1]}", 0.05


def _fractions(view: View, kind: str) -> Iterator[Proposal]:
    if "/" not in view.facts and "⁻¹" not in view.facts:
        return
    yield "field_simp", 0.25
    yield seq("field_simp", "ring"), 0.5
    yield seq("field_simp", "nlinarith"), 0.15
    for h in [h for h in view.props if "/" in h.type or "⁻¹" in h.type][-2:]:
        yield f"field_simp at {h.name}", 0.2
        yield seq(f"field_simp at {h.name}", "linarith"), 0.25
        yield seq(f"field_simp at {h.name}", "nlinarith"), 0.12
    hints = ", ".join(_squares(view)[:4] + _products(view)[:3])
    if kind in ("≤", "<", "≥", ">"):
        strict = "lt" if kind in ("<", ">") else "le"
        for lemma in (f"div_{strict}_div_iff₀", f"div_{strict}_iff₀", f"{strict}_div_iff₀"):
            positive = " (by positivity)" * (2 if "div_iff" in lemma and lemma.count("div") == 2 else 1)
            yield seq(f"rw [{lemma}{positive}]", f"nlinarith [{hints}]"), 0.2


def _squares(view: View) -> list[str]:
    """Terms for `nlinarith`: squares of what is squared in the target, and of the variables' differences."""
    numbers = _numbers(view)
    squares = [f"sq_nonneg ({term})" for term in squared(view.target)[:3]]
    squares += [f"sq_nonneg ({a} - {b})" for a, b in combinations(numbers, 2)]
    return list(dict.fromkeys(squares))[:6]


def _products(view: View) -> list[str]:
    """Terms for `nlinarith`: products of what the hypotheses say to be positive, or not negative."""
    positive = [h.name for h in view.props if re.match(r"0 < ", h.type) and connective(h.type)]
    signed = [(h.name, "0 < " in h.type) for h in view.props if re.match(r"0 [<≤] ", h.type)]
    found = [f"mul_pos {g} {h}" for g, h in combinations(positive, 2)]
    if len(signed) > len(positive):
        at_least = [f"{name}.le" if strict else name for name, strict in signed]
        found += [f"mul_nonneg {g} {h}" for g, h in combinations(at_least, 2)]
    bounds = [h.name for h in view.props if _BETWEEN.match(h.type) and not h.type.startswith("0 ")][:3]
    found += [
        f"mul_nonneg (sub_nonneg.mpr {g}) (sub_nonneg.mpr {h})"
        for g, h in combinations(bounds, 2)
        if all(" ≤ " in each.type for each in view.props if each.name in (g, h))
    ]
    return found[:6]


def _numbers(view: View) -> list[str]:
    return [v.name for v in view.vars if v.type in NUMBERS and v.value is None and mentions(view.facts, v.name)][:4]


def _nonlinear(view: View) -> Iterator[Proposal]:
    numbers = _numbers(view)
    squares, products = _squares(view), _products(view)
    if squares:
        yield f"nlinarith [{', '.join(squares)}]", 0.55
        yield f"nlinarith [{', '.join([*squares, *(f'sq_nonneg ({n} - 1)' for n in numbers)])}]", 0.2
        sums = [f"sq_nonneg ({a} + {b})" for a, b in combinations(numbers, 2)]
        if sums:
            yield f"nlinarith [{', '.join([*squares, *sums][:9])}]", 0.25
    elif numbers:
        yield f"nlinarith [{', '.join(f'sq_nonneg ({n})' for n in numbers)}]", 0.3
    if products:
        yield f"nlinarith [{', '.join(products[:4])}]", 0.35
        yield f"nlinarith [{', '.join([*products[:4], *squares[:4]])}]", 0.4
    if len(numbers) == 3 and products:
        a, b, c = numbers
        positive = {h.type.removeprefix("0 < "): h.name for h in view.props if h.type.startswith("0 < ")}
        cubic = [
            f"mul_pos {positive[x]} {positive[y]}" for x, y in ((a, b), (b, c), (a, c)) if {x, y} <= positive.keys()
        ]
        weighted = [
            f"mul_nonneg {positive[x]}.le (sq_nonneg ({y} - {z}))"
            for x, y, z in ((a, b, c), (b, a, c), (c, a, b))
            if x in positive
        ]
        if weighted:
            yield f"nlinarith [{', '.join([*cubic, *weighted])}]", 0.3


def _cases(view: View) -> Iterator[Proposal]:
    """Finite ranges, absolute values, conditions."""
    numbers = _numbers(view)
    bounded = [
        n for n in numbers if re.search(rf"(?:^|≤ |< ){re.escape(n)} [<≤]|[<≤] {re.escape(n)}$", view.facts, re.M)
    ]
    for n in (bounded or numbers)[:2]:
        yield f"interval_cases {n}", 0.15
        yield f"interval_cases {n} <;> simp_all", 0.2
        yield f"interval_cases {n} <;> omega", 0.18
        yield f"interval_cases {n} <;> norm_num at *", 0.1
    for v in view.vars:
        if v.type.startswith("Fin "):
            yield f"fin_cases {v.name} <;> simp_all", 0.25
            yield f"fin_cases {v.name}", 0.08
    for term in list(dict.fromkeys(re.findall(r"\|([^|]{1,40})\|", view.facts)))[:2]:
        split = f"rcases abs_cases ({term}) with {view.fresh('h')} | {view.fresh('h')}"
        yield seq(f"{split} <;> linarith"), 0.2
        yield seq(f"{split} <;> nlinarith"), 0.12
        yield split, 0.06
    if "|" in view.facts:
        yield "simp_all [abs_le, abs_lt]", 0.08
    if re.search(r"\bif\b|\bite\b", view.facts):
        yield "split_ifs <;> simp_all", 0.2
        yield "split_ifs <;> linarith", 0.15
    for h in view.props:
        parts = connective(h.type)
        if parts and parts[0] == "=" and bare(parts[2]) == "0" and " * " in parts[1]:
            name = view.fresh("h")
            yield f"rcases mul_eq_zero.mp {h.name} with {name} | {name}", 0.25
        if h.type.startswith("∀") and universal(h.type).conclusion.startswith("∃"):
            yield f"choose {view.fresh('f')} {view.fresh('hf')} using {h.name}", 0.12


def _sums_and_functions(view: View) -> Iterator[Proposal]:
    facts = view.facts
    if _SUMS.search(facts):
        yield "simp [Finset.sum_range_succ, Finset.prod_range_succ]", 0.4
        yield "norm_num [Finset.sum_range_succ, Finset.prod_range_succ]", 0.35
        yield "simp [Finset.sum_range_succ] <;> ring", 0.15
        yield "decide +kernel", 0.3
        for n in [v.name for v in view.vars if v.type in NAT and mentions(view.target, v.name)][:1]:
            step = "simp_all [Finset.sum_range_succ, Finset.prod_range_succ, pow_succ]"
            for closer in ("ring", "linarith", "omega", "field_simp <;> ring"):
                yield f"induction {n} <;> {step} <;> {closer}", 0.15
    if re.search(r"(?<![\w.])(?:Nat\.factorial|\w+ !)|\)!|\w!", facts):
        yield "norm_num [Nat.factorial]", 0.2
        yield "simp [Nat.factorial]", 0.12
    if re.search(r"√|Real\.sqrt|NNReal\.sqrt", facts):
        roots = list(dict.fromkeys(re.findall(r"√ ?(\([^()]*\)|[\w']+)", facts)))[:2]
        hints = ", ".join(f"Real.sq_sqrt (show 0 ≤ {r} by positivity), Real.sqrt_nonneg {r}" for r in roots)
        if hints:
            yield f"nlinarith [{hints}]", 0.3
        yield "norm_num [Real.sqrt_eq_iff_mul_self_eq]", 0.08
        yield "rw [Real.sqrt_eq_iff_mul_self_eq] <;> norm_num", 0.05
    if re.search(r"Real\.(?:sin|cos|tan)", facts):
        angles = list(dict.fromkeys(re.findall(r"Real\.(?:sin|cos|tan) (\([^()]*\)|[\w']+)", facts)))[:2]
        for angle in angles:
            yield f"nlinarith [Real.sin_sq_add_cos_sq {angle}, Real.sin_le_one {angle}, Real.cos_le_one {angle}]", 0.2
        yield "simp [Real.sin_add, Real.cos_add, Real.sin_two_mul, Real.cos_two_mul]", 0.1
    if re.search(r"Real\.(?:log|exp|logb)|Nat\.log", facts):
        yield "norm_num [Real.log_mul, Real.log_pow, Real.log_div, Real.exp_add, Real.logb]", 0.1


def _casts(view: View) -> Iterator[Proposal]:
    if "↑" not in view.facts:
        return
    yield "push_cast", 0.12
    yield seq("push_cast", "ring"), 0.2
    yield seq("push_cast", "linarith"), 0.1
    yield "zify at *", 0.06
    yield "qify at *", 0.03
    for h in view.props[-2:]:
        yield f"exact_mod_cast {h.name}", 0.1
