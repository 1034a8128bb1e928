"""Critics that are models: tiny ones, made on the spot."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path

import pytest

from lean_env.errors import PolicyError
from lean_env.protocol import State
from prover.critic import make
from prover.critic.model import QUESTION, ModelCritic
from prover.interfaces import Reached
from tests.prover.policy import tiny_models

torch = pytest.importorskip("torch", reason="models are not installed in this environment")

GOALS = [f"n : Nat\n⊢ n + {'0 + ' * i}n = 2 * n" for i in range(7)]


def reached(goal: str) -> Reached:
    return Reached(State(0, (goal,), goal), 0.0, 0)


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Llamas with a head for so many classes, without a chat template."""
    from transformers import LlamaConfig, LlamaForSequenceClassification

    found = {}
    for classes in (1, 2, 5):
        folder = tiny_models.make_llama(tmp_path_factory.mktemp(f"classes{classes}"), chat=False)
        config = LlamaConfig.from_pretrained(folder, num_labels=classes, pad_token_id=None)
        torch.manual_seed(classes)
        LlamaForSequenceClassification(config).save_pretrained(folder)
        found[classes] = folder
    return found


def numbers(folder: Path, text: str, *, special: bool = True) -> list[float]:
    """What the model says of a text by itself."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    model.config.pad_token_id = 1
    with torch.inference_mode():
        tokens = tokenizer(text, return_tensors="pt", add_special_tokens=special)["input_ids"]
        return [float(number) for number in model(input_ids=tokens).logits[0]]


async def test_a_reward_is_turned_into_a_probability(classifiers: dict[int, Path]) -> None:
    critic = ModelCritic(str(classifiers[1]), device="cpu")
    values = await critic.score([reached(goal) for goal in GOALS])
    expected = [1 / (1 + math.exp(-numbers(classifiers[1], goal)[0])) for goal in GOALS]
    assert values == pytest.approx(expected, abs=1e-5)
    assert len(set(values)) == len(GOALS)
    await critic.close()


async def test_two_classes_are_a_probability(classifiers: dict[int, Path]) -> None:
    (value,) = await ModelCritic(str(classifiers[2]), device="cpu").score([reached(GOALS[0])])
    no, yes = numbers(classifiers[2], GOALS[0])
    assert value == pytest.approx(math.exp(yes) / (math.exp(no) + math.exp(yes)), abs=1e-5)


@pytest.mark.parametrize("spec", ["hf", "distance"])
async def test_more_classes_are_steps_left(classifiers: dict[int, Path], spec: str) -> None:
    critic = make(f"{spec}:{classifiers[5]}?device=cpu&max_batch=2")
    assert critic is not None
    (value,) = await critic.score([reached(GOALS[1])])
    weights = [math.exp(number) for number in numbers(classifiers[5], GOALS[1])]
    expected = sum(weight * 0.5**k for k, weight in enumerate(weights)) / sum(weights)
    assert value == pytest.approx(expected, abs=1e-5)


async def test_a_chat_model_sees_the_question_and_the_state(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForSequenceClassification

    folder = tiny_models.make_llama(tmp_path / "chat")
    LlamaForSequenceClassification(LlamaConfig.from_pretrained(folder, num_labels=1)).save_pretrained(folder)
    (value,) = await ModelCritic(str(folder), device="cpu").score([reached(GOALS[0])])
    chat = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n{GOALS[0]}<|im_end|>\n"
    assert value == pytest.approx(1 / (1 + math.exp(-numbers(folder, chat, special=False)[0])), abs=1e-5)


REWARD_MODEL = """
import torch
from transformers import PretrainedConfig, PreTrainedModel

class TinyConfig(PretrainedConfig):
    model_type = "tiny-reward"
    def __init__(self, reward_token_id=3, vocab_size=600, **rest):
        super().__init__(**rest)
        self.reward_token_id, self.vocab_size = reward_token_id, vocab_size

class TinyForRewardModel(PreTrainedModel):
    config_class = TinyConfig
    def __init__(self, config):
        super().__init__(config)
        self.v_head = torch.nn.Embedding(config.vocab_size, 1)
        self.post_init()
    def _init_weights(self, module):
        pass
    def forward(self, input_ids=None, attention_mask=None):
        values = self.v_head(input_ids).squeeze(-1).cumsum(dim=1)
        last = attention_mask.cumsum(dim=1).argmax(dim=1).view(-1, 1)
        return (torch.gather(values, 1, last),)
"""


async def test_a_reward_model_with_code_of_its_own_ends_in_its_reward_token(tmp_path: Path) -> None:
    folder = tiny_models.make_llama(tmp_path / "reward")
    (folder / "tiny.py").write_text(REWARD_MODEL)
    kinds = {"AutoConfig": "tiny.TinyConfig", "AutoModel": "tiny.TinyForRewardModel"}
    config = {"model_type": "tiny-reward", "auto_map": kinds, "reward_token_id": 3, "vocab_size": 600}
    (folder / "config.json").write_text(json.dumps(config))
    weights = torch.randn(600, 1, generator=torch.Generator().manual_seed(0)) / 10
    from safetensors.torch import save_file

    save_file({"v_head.weight": weights}, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PolicyError, match="trust_remote_code"):
        await ModelCritic(str(folder), device="cpu").score([reached(GOALS[0])])
    critic = make(f"hf:{folder}?device=cpu&trust_remote_code=true")
    assert critic is not None
    values = await critic.score([reached(goal) for goal in GOALS])
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    for goal, value in zip(GOALS, values, strict=True):
        chat = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n{goal}<|im_end|>\n"
        tokens = [*tokenizer(chat, add_special_tokens=False)["input_ids"], 3]
        reward = float(weights[tokens].sum())
        assert value == pytest.approx(1 / (1 + math.exp(-reward)), abs=1e-5)


async def test_a_state_is_scored_once_and_calls_share_batches(
    classifiers: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    critic = ModelCritic(str(classifiers[1]), device="cpu")
    seen: list[int] = []
    run = critic._run

    def counted(part: list[Reached]) -> list[float]:
        seen.append(len(part))
        return run(part)

    monkeypatch.setattr(critic, "_run", counted)
    one, two = await asyncio.gather(
        critic.score([reached(goal) for goal in GOALS[:4]]), critic.score([reached(goal) for goal in GOALS[4:]])
    )
    assert seen == [7]
    assert await critic.score([reached(goal) for goal in GOALS]) == [*one, *two]
    assert seen == [7]


async def test_a_batch_that_is_too_large_is_halved(
    classifiers: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    critic = ModelCritic(str(classifiers[1]), device="cpu")
    whole = await critic.score([reached(goal) for goal in GOALS])
    tight = ModelCritic(str(classifiers[1]), device="cpu")
    real = tight._numbers

    def short_of_memory(part: list[Reached]) -> list[list[float]]:
        if len(part) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(part)

    monkeypatch.setattr(tight, "_numbers", short_of_memory)
    assert await tight.score([reached(goal) for goal in GOALS]) == pytest.approx(whole, abs=1e-5)
    assert tight.max_batch <= 3


async def test_no_memory_for_one_state_is_said(classifiers: dict[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    critic = ModelCritic(str(classifiers[1]), device="cpu")

    def never(part: list[Reached]) -> list[list[float]]:
        raise MemoryError

    monkeypatch.setattr(critic, "_numbers", never)
    with pytest.raises(PolicyError, match="runs out of memory on one state"):
        await critic.score([reached(GOALS[0])])


async def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"no config\.json"):
        await ModelCritic(str(tmp_path), device="cpu").score([reached(GOALS[0])])
