"""Boyer and Moore's steps where an induction is stuck (A Computational Logic, 1979)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from prover.policy.tactics.definitions import own
from prover.policy.tactics.programs.accumulators import in_parentheses
from prover.policy.tactics.programs.calls import calls, is_data
from prover.policy.tactics.view import Proposal, View, connective, mentions, put, seq, stands_in


def fertilized(view: View, names: list[str]) -> Iterator[Proposal]:
    """Use the induction's hypotheses, forget them, put variables in the place of what stands on both sides, and begin
    another induction."""
    seen, rename = view.revealed if view.hidden else (view, "")
    names = own(seen) or names
    unfold = ", ".join(names)
    closers = [f"(simp_all [{unfold}]; done)", f"(simp_all [{unfold}] <;> grind)"]
    if plain := [name for name in names if "." not in name]:  # others may be constructors, which `grind` refuses
        closers.insert(1, f"grind [{', '.join(plain)}]")
    hypotheses = [h.name for h in seen.props if h.name.startswith("ih")]
    if not hypotheses and any("induction" in tactic for tactic in view.history[1:]):
        return
    for use, target in _uses(seen):
        parts = connective(target)
        if not parts or parts[0] not in ("=", "↔", "≤"):
            continue
        steps = [step for step in (rename, use) if step]
        new: list[str] = []
        for term in _on_both_sides(seen, names, parts):
            new.append(seen.fresh("z", new))
            steps.append(f"generalize {term} = {new[-1]}")
            target = put(target, term, new[-1])
        if hypotheses:
            steps.append(f"clear {' '.join(hypotheses)}")
        elif not new:
            continue
        if new:
            yield seq(*steps), 0.2
        left = [v.name for v in seen.vars if v.value is None and _inducts(seen, v.type) and mentions(target, v.name)]
        for place, x in enumerate([*new, *left][:3]):
            yield (
                seq(*steps, f"induction {x} <;> first | {' | '.join(closers)}"),
                (0.35 if hypotheses else 0.1) * 0.7**place,
            )


def _uses(view: View) -> Iterator[tuple[str, str]]:
    """Ways to rewrite the target with the hypotheses of an induction, and what is left of it then."""
    target = view.target
    given = [(h.name, parts) for h in view.props if h.name.startswith("ih") and (parts := connective(h.type))]
    given = [(name, parts) for name, parts in given if parts[0] in ("=", "↔")]
    back = [(name, parts) for name, parts in given if stands_in(target, parts[2]) and not parts[2].isdigit()]
    if back:
        after = target
        sides = connective(target)
        looping = any(stands_in(parts[1], parts[2]) for _, parts in back)
        if looping and sides:  # rewriting the whole target would go on with what it has just written
            name, parts = back[0]
            yield (
                f"(conv => rhs; rw [← {name}])",
                f"{sides[1]} {sides[0]} {put(sides[2], parts[2], in_parentheses(parts[1]))}",
            )
        elif not looping:
            for _, parts in back:
                after = put(after, parts[2], in_parentheses(parts[1]))
            yield f"rw [{', '.join(f'← {name}' for name, _ in back)}]", after
    there = [(name, parts) for name, parts in given if stands_in(target, parts[1])]
    if there:
        after = target
        for _, parts in there:
            after = put(after, parts[1], in_parentheses(parts[2]))
        yield f"rw [{', '.join(name for name, _ in there)}]", after
    yield "", target


def _on_both_sides(view: View, names: list[str], parts: tuple[str, str, str]) -> list[str]:
    """Definitions applied to variables, such as `flip xs`, that both sides of a relation speak of."""
    variables = {v.name for v in view.vars}
    both = replace(view, goal=replace(view.goal, target=f"{parts[1]} {parts[0]} {parts[2]}"))
    found = [call.text for call in calls(both, names) if all(argument in variables for argument in call.arguments)]
    return [text for text in found if stands_in(parts[1], text) and stands_in(parts[2], text)][:2]


def _inducts(view: View, kind: str) -> bool:
    """Could there be an induction on what has this type? Not where the type itself is a variable."""
    return is_data(kind) and not any(v.name == kind for v in view.vars)


__all__ = ["fertilized"]
