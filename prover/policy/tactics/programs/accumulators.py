"""Functions with an accumulator, folds among them, and functions applied so many times: by induction, for whatever they
begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.programs.calls import ATOM, Call, is_data
from prover.policy.tactics.view import NAME, NAT, Proposal, View, connective, mentions, seq

_FOLD = re.compile(rf"(?<![\w.'])List\.foldl ({ATOM}) ({ATOM}) ({ATOM})")
# Where accumulators begin, and how what they hold is joined to the result.
_STARTS = {
    "0": ("{t} + {a}",),
    "1": ("{t} * {a}",),
    "[]": ("{t} ++ {a}", "{a} ++ {t}"),
    "true": ("({a} && {t})",),
    "false": ("({a} || {t})", "({a} ^^ {t})"),
}
_COUNTED = re.compile(rf"\({NAME} [+*] {NAME}\)")


def of_folds(view: View) -> Iterator[Proposal]:
    """A function of the library or of the context with an accumulator: `xs.foldl f 0 = t`, `r xs [] = t`."""
    for match in _FOLD.finditer(view.target):
        call = Call("List.foldl", match[0], (match[1], match[2], match[3]))
        if any(v.name == match[3] and v.value is None for v in view.vars):
            yield from of_call(view, call, "")
    told = [v.name for v in view.vars if v.type.count("→") > 1 and any(mentions(h.type, v.name) for h in view.props)]
    for f in told if any(v.type in NAT or v.type.startswith("List ") for v in view.vars) else []:
        for match in re.finditer(rf"(?<![\w.'✝]){re.escape(f)}((?: {ATOM}){{2,}})", view.target):
            yield from of_call(view, Call(f, match[0], tuple(re.findall(ATOM, match[1]))), "")


def of_call(view: View, call: Call, unfold: str) -> Iterator[Proposal]:
    """`f n 0 = t` follows from `∀ acc, f n acc = t + acc`, which induction can prove."""
    parts = view.connective
    if not parts or parts[0] != "=" or call.text not in (parts[1], parts[2]):
        return
    other = parts[2] if parts[1] == call.text else parts[1]
    variables = [v.name for v in view.vars if v.name in call.arguments and is_data(v.type)]
    start = next((argument for argument in call.arguments if argument in _STARTS), None)
    if start is None or not variables:
        return
    name, acc = view.fresh("hacc"), view.fresh("acc")
    behind = call.arguments[len(call.arguments) - 1 - call.arguments[::-1].index(start) :]
    head = call.text.removesuffix(f" {' '.join(behind)}")
    if head == call.text:
        return
    general = " ".join([head, acc, *behind[1:]])
    use = f"simp_all [{unfold}]" if unfold else "simp_all"
    closers = (f"{use} <;> grind", f"grind [{unfold}]" if unfold else f"{use} <;> omega")
    for shape in _STARTS[start]:
        claim = f"{general} = {shape.format(t=in_parentheses(other), a=acc)}"
        for closer in closers:
            lemma = f"have {name} : ∀ {acc}, {claim} := by\n  intro {acc}\n"
            lemma += f"  induction {variables[0]} generalizing {acc} <;> {closer}"
            yield seq(lemma, f"simpa using {name} {start}"), 0.4
        if start in ("true", "false") and any(v.name == variables[0] and v.type.startswith("List ") for v in view.vars):
            lemma = (
                f"have {name} : ∀ {acc}, {claim} := by\n  intro {acc}\n  induction {variables[0]} generalizing {acc}"
            )
            lemma += f" with\n  | nil => simp\n  | cons x xs ih => cases x <;> cases {acc} <;> {use} <;> grind"
            yield seq(lemma, f"simpa using {name} {start}"), 0.2


def of_counts(view: View, call: Call, unfold: str) -> Iterator[Proposal]:
    """`iter f (m * n) x`: by what so many steps after so many others come to."""
    *before, times, last = call.arguments if len(call.arguments) > 1 else ("", "")
    counted = _COUNTED.fullmatch(times)
    if counted is None or not any(v.name == counted[2] and v.type in NAT and v.value is None for v in view.vars):
        return
    fresh = view.namer()
    hadd, a, b, x = (fresh(wish) for wish in ("hadd", "a", "b", "x"))
    f = " ".join((call.name, *before))
    m, n = counted[1], counted[2]
    use = f"simp_all [{unfold}, Nat.add_right_comm]"
    steps = (
        f"first | (induction {a} generalizing {x} <;> {use}; done) | (induction {b} generalizing {x} <;> {use}; done)"
    )
    lemma = f"have {hadd} : ∀ {a} {b} {x}, {f} ({a} + {b}) {x} = {f} {b} ({f} {a} {x}) := by\n  intro {a} {b} {x}\n  "
    general = f" generalizing {last}" if any(v.name == last and v.value is None for v in view.vars) else ""
    ways = [f"simp_all [{unfold}, Nat.mul_succ{more}]" for more in ("", f", Nat.add_comm _ {m}")]
    closers = " | ".join(f"(induction {n}{general} <;> {way}; done)" for way in ways)
    yield seq(lemma + steps, f"first | (simp [{hadd}]; done) | {closers}"), 0.4


def in_parentheses(text: str) -> str:
    """The text as an argument."""
    parts = connective(text)
    return f"({text})" if parts or " " in text else text


__all__ = ["in_parentheses", "of_call", "of_counts", "of_folds"]
