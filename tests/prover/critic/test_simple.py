"""Critics without a model, and the specs that name critics."""

from __future__ import annotations

import math

import pytest

from lean_env.errors import UsageError
from lean_env.protocol import State
from prover.critic import ConfidenceCritic, ConstantCritic, SizeCritic, make
from prover.interfaces import Reached


def reached(goal: str, logprob: float = 0.0, depth: int = 0) -> Reached:
    return Reached(State(0, (goal,), goal), logprob, depth)


async def test_fewer_and_smaller_goals_are_worth_more() -> None:
    small, large = await SizeCritic().score([reached("⊢ a = b"), reached("⊢ a + b + c + d = d + c + b + a")])
    assert 0 < large < small < 1


async def test_confidence_is_the_geometric_mean_of_the_probabilities() -> None:
    values = await ConfidenceCritic().score([reached("⊢ p"), reached("⊢ q", math.log(0.5) + math.log(0.125), 2)])
    assert values == pytest.approx([1.0, 0.25])


async def test_a_constant_prefers_nothing() -> None:
    assert len(set(await ConstantCritic().score([reached("⊢ p"), reached("⊢ q", -3.0, 2)]))) == 1


@pytest.mark.parametrize(("spec", "name"), [("size", "size"), ("logprob", "logprob"), ("constant", "constant")])
def test_plain_critics_have_names(spec: str, name: str) -> None:
    critic = make(spec)
    assert critic is not None and critic.name == name


def test_none_is_no_critic() -> None:
    assert make("none") is None


@pytest.mark.parametrize("spec", ["", "sise", "hf", "hf:", "distance: ", "hf:a?b", "hf:a?token=x", "openai:http://x#y"])
def test_what_names_no_critic_is_one_plain_sentence(spec: str) -> None:
    with pytest.raises(UsageError) as raised:
        make(spec)
    assert raised.value.message.startswith("--critic") and raised.value.message.endswith(".")
