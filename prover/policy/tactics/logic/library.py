"""Functions of the library in the goal: unfolded, alone and in an induction, for what no lemma of the library says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import own
from prover.policy.tactics.view import NAT, Proposal, View, mentions, to_introduce

# Names of theorems have words joined by `_`, those of functions have not.
_FUNCTION = re.compile(r"(?:[A-Z][^\W_]*\.)+[a-z][^\W_]*['?!]*")
_NO_FUNCTION = re.compile(
    r"\.(?:inst\w*|match_\d+|_\w+|mk|nil|cons|some|none|succ|zero|true|false|inl|inr|intro|refl|elim|of\w+|to[A-Z]\w*"
    r"|size|length|cast|val|fst|snd|gcd|lcm|natAbs|mp|mpr|rec|casesOn)$"
)
# Operations of type classes: what they mean is for their instances to say.
_CLASSES = re.compile(
    r"(?:H[A-Z]\w*|OfNat|LT|LE|GT|GE|BEq|GetElem\??|Membership|Neg|Complement|Monad|Applicative|Functor|Pure|Bind|Min|Max"
    r"|Decidable|Add|Mul|Sub|Div|Mod|Pow|Append|XorOp|AndOp|OrOp|ForIn'?|Inhabited|HasSubset|Function|Ord|Zero|One)\."
)
_MOST = 4


def propose(view: View) -> Iterator[Proposal]:
    names = functions(view)
    if not names or to_introduce(view):
        return
    unfold = ", ".join(names)
    yield f"simp [{unfold}]", 0.36
    yield f"simp_all [{unfold}]", 0.33
    yield f"grind [{unfold}]", 0.3
    yield f"simp only [{unfold}]", 0.12
    for name in names[:2]:
        yield f"unfold {name} <;> split <;> simp_all", 0.14
        yield f"unfold {name}", 0.07
    if sum("induction" in tactic for tactic in view.history) < 2:
        yield from _inductions(view, unfold)


def functions(view: View) -> list[str]:
    """The functions of the library that the target speaks of, most to the left first."""
    found = [name for name in view.constants if _FUNCTION.fullmatch(name) and not _NO_FUNCTION.search(name)]
    known = own(view)
    found = [name for name in found if not _CLASSES.match(name) and name not in known]
    return found[:_MOST]


def _inductions(view: View, unfold: str) -> Iterator[Proposal]:
    plain = [v for v in view.vars if v.value is None and mentions(view.target, v.name)]
    along = [v for v in plain if v.type in NAT or (v.type.startswith(("List ", "Option ")) and "→" not in v.type)]
    for place, x in enumerate(along[:2]):
        weight = 0.3 * 0.7**place
        if x.type.startswith("Option "):
            yield f"cases {x.name} <;> simp_all [{unfold}]", weight
            continue
        others = [v.name for v in along if v is not x]
        step = f"induction {x.name}" + (f" generalizing {' '.join(others[:3])}" if others else "")
        # `split` is for what a function of the library looks at: a test of its elements, as in `filter`.
        yield f"{step} <;> simp_all [{unfold}]", weight
        yield f"{step} <;> simp_all [{unfold}] <;> split <;> simp_all", weight * 0.8
        for y in others[:1]:
            yield f"{step} <;> cases {y} <;> simp_all [{unfold}]", weight * 0.9
