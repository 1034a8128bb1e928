"""Critics: what scores states for a search. `make` turns a spec from a configuration into one.

none                no critic
size                few and small goals first; no model
logprob             the policy's own confidence
constant            no preference
hf:PATH_OR_ID       a reward model, or a sequence classifier with one value or two classes
distance:PATH_OR_ID a sequence classifier whose classes are powers of two of the steps that are left
"""

from __future__ import annotations

from collections.abc import Callable

from lean_env.errors import UsageError
from prover.critic.simple import ConfidenceCritic, ConstantCritic, SizeCritic
from prover.interfaces import Critic

__all__ = ["ConfidenceCritic", "ConstantCritic", "SizeCritic", "check", "make"]

_PLAIN: dict[str, Callable[[], Critic]] = {"size": SizeCritic, "logprob": ConfidenceCritic, "constant": ConstantCritic}
_MODELS = ("hf:", "distance:")
NAMES = ("none", *_PLAIN, "hf:PATH_OR_ID", "distance:PATH_OR_ID")


def check(spec: str) -> None:
    """Raise `UsageError` where a spec names no kind of critic. Nothing is loaded."""
    if spec == "none" or spec in _PLAIN or any(spec.startswith(kind) and spec != kind for kind in _MODELS):
        return
    from prover.config import nearest, shown

    what = "is empty" if not spec.strip() else f"does not know {shown(spec)}"
    if spec in _MODELS:
        what = f"names no model after {shown(spec)}"
    raise UsageError(f"--critic {what}.", nearest(spec.partition(":")[0], NAMES))


def make(spec: str) -> Critic | None:
    """The critic of that spec; None for `none`. A model is loaded when it is first used.

    Raises:
        UsageError: there is none of that name.
    """
    check(spec)
    if spec == "none":
        return None
    if spec in _PLAIN:
        return _PLAIN[spec]()
    from prover.critic.model import ModelCritic

    kind, _, place = spec.partition(":")
    return ModelCritic(place, distance=kind == "distance")
