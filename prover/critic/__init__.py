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
from typing import Any

from lean_env.errors import UsageError
from prover.critic.simple import ConfidenceCritic, ConstantCritic, SizeCritic
from prover.interfaces import Critic
from prover.policy.spec import PolicySpec, parse_spec

__all__ = ["ConfidenceCritic", "ConstantCritic", "SizeCritic", "check", "make"]

_PLAIN: dict[str, Callable[[], Critic]] = {"size": SizeCritic, "logprob": ConfidenceCritic, "constant": ConstantCritic}
_MODELS = ("hf:", "distance:")
_OPTIONS = ("device", "max_batch", "trust_remote_code")
NAMES = ("none", *_PLAIN, "hf:PATH_OR_ID", "distance:PATH_OR_ID")


def check(spec: str) -> None:
    """Raise `UsageError` where a spec names no kind of critic. Nothing is loaded."""
    if spec == "none" or spec in _PLAIN:
        return
    if spec.startswith(_MODELS):
        _model(spec)
        return
    from prover.wording import nearest, shown

    what = f"does not know {shown(spec)}" if spec.strip() else "is empty"
    raise UsageError(f"--critic {what}.", nearest(spec.partition(":")[0], NAMES))


def make(spec: str) -> Critic | None:
    """The critic of that spec; None for `none`. A model is loaded when it is first used.

    Raises:
        UsageError: there is none of that name, or the model's options are none.
    """
    check(spec)
    if spec == "none":
        return None
    if spec in _PLAIN:
        return _PLAIN[spec]()
    from prover.critic.model import ModelCritic

    model = _model(spec)
    own: dict[str, Any] = {key: value for key, value in model.options.items() if key in _OPTIONS}
    rest = {key: value for key, value in model.options.items() if key not in _OPTIONS}
    return ModelCritic(model.model, distance=spec.startswith("distance:"), options=rest, **own)


def _model(spec: str) -> PolicySpec:
    """The model of a spec with its options, which are written as those of a policy's model are."""
    try:
        return parse_spec(f"hf:{spec.partition(':')[2]}")
    except UsageError as error:
        raise UsageError(error.message.replace("--policy", "--critic"), error.hint) from error
