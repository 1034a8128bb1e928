"""Is it so or not: statements inside the target that do not depend on what is bound around them."""

from __future__ import annotations

from collections.abc import Iterator

from prover.goal import bare, top_level
from prover.policy.tactics.patterns import bound_names
from prover.policy.tactics.view import Proposal, View, connective, mentions

_MOST = 3


def propose(view: View) -> Iterator[Proposal]:
    known = {h.type for h in view.props} | {f"¬{h.type}" for h in view.props}
    for part in list(dict.fromkeys(_independent(view.target, ())))[:_MOST]:
        if part in known or part.removeprefix("¬") in known:
            continue
        h = view.fresh("hc")
        yield f"by_cases {h} : {part} <;> simp_all", 0.16
        yield f"by_cases {h} : {part} <;> grind", 0.14
        yield f"by_cases {h} : {part}", 0.12


def _independent(text: str, bound: tuple[str, ...], depth: int = 0) -> Iterator[str]:
    """The largest statements below a binder in which nothing bound occurs."""
    text = bare(text)
    if depth > 8 or text in ("True", "False"):
        return
    if bound and not any(mentions(text, name) for name in bound):
        if " " in text or text.isidentifier():
            yield text
        return
    if text.startswith(("∀", "∃")) and (comma := top_level(text, ", ")) is not None:
        names = tuple(name for name, _ in bound_names(text[1:comma].strip()))
        yield from _independent(text[comma + 2 :], (*bound, *names), depth + 1)
    elif text.startswith("¬"):
        yield from _independent(text[1:], bound, depth + 1)
    elif (parts := connective(text)) is not None and parts[0] in "→∨∧↔":
        for part in parts[1:]:
            yield from _independent(part, bound, depth + 1)
