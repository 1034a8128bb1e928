"""Critics that are models: reward models, and sequence classifiers, through Hugging Face transformers.

torch and transformers are imported when the model is loaded, at the first score.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lean_env.errors import PolicyError, StepwiseError
from prover.batching import Batcher
from prover.interfaces import Reached
from prover.policy.completing import one_line
from prover.policy.hf_loading import Loaded, free_memory, load, out_of_memory

QUESTION = "Which state is closer to 'no goals'?"
"""What the user asks in the chat that InternLM2.5-StepProver's critic was trained on (arXiv:2410.15700)."""
_CACHED = 100_000
_LONGEST = 4_096


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the numbers of a model become a value."""

    distance: bool

    def value(self, numbers: Sequence[float]) -> float:
        """A value between 0 and 1 from the scores of one state.

        One number is a reward, of which the logistic function is taken (the Bradley-Terry model, with a state of reward
        0 on the other side). Two are the classes "not to be proved" and "to be proved". More, or a distance critic's,
        are classes of steps left, class k standing for 2^k of them: the value is the mean of 1 / steps.
        """
        if self.distance or len(numbers) > 2:
            most = max(numbers)
            weights = [math.exp(number - most) for number in numbers]
            return math.fsum(weight / 2**k for k, weight in enumerate(weights)) / math.fsum(weights)
        margin = numbers[0] if len(numbers) == 1 else numbers[1] - numbers[0]
        return 1 / (1 + math.exp(-margin)) if margin > -700 else 0.0


class ModelCritic:
    """Scores states with a model that gives numbers for a text.

    Reward models in the manner of InternLM2 (`reward_token_id` in their configuration) get the chat of two turns that
    they were trained on, and any other with a chat template as well; sequence classifiers without one get the state
    alone. Scores are remembered by the states' hashes; calls made at the same time share batches.

    Args:
        path_or_id: a folder, or a name on the Hugging Face hub.
        distance: its classes are powers of two of the steps that are left (HunyuanProver, arXiv:2412.20735).
        device: such as `cuda`, `cuda:1`, `mps` or `cpu`; by default the first of cuda, mps and cpu that there is.
        max_batch: states in a batch at most. It is halved when memory runs out, and stays so.
        options: passed on to `from_pretrained`.
    """

    def __init__(
        self,
        path_or_id: str,
        *,
        distance: bool = False,
        device: str | None = None,
        max_batch: int = 64,
        trust_remote_code: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = f"{'distance' if distance else 'hf'}:{path_or_id}"
        self._place, self._device = path_or_id, device
        self._trust, self._options = trust_remote_code, dict(options or {})
        self._reading = _Reading(distance)
        self._batcher: Batcher[Reached, float] = Batcher(self._answer, most=max_batch)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="critic")
        self._loading = asyncio.Lock()
        self._model: Loaded | None = None
        self._known: OrderedDict[str, float] = OrderedDict()

    @property
    def busy_s(self) -> float:
        """Seconds during which a batch was being scored."""
        return self._batcher.busy_s

    @property
    def max_batch(self) -> int:
        """States in a batch at most: what was asked for, or less since memory ran out."""
        return self._batcher.most

    async def load(self) -> None:
        """Load the model if that was not done yet, so that what is wrong with it shows before anything else starts.

        Raises:
            PolicyError: it cannot be loaded.
        """
        async with self._loading:
            if self._model is None:
                self._model = await self._in_thread(self._load)

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """A value between 0 and 1 for each state."""
        await self.load()
        new = {each.state.hash: each for each in reached if each.state.hash not in self._known}
        found = dict(zip(new, await self._batcher.ask(list(new.values())), strict=True)) if new else {}
        values = [found.get(each.state.hash, self._known.get(each.state.hash, 0.0)) for each in reached]
        self._known.update(found)
        while len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return values

    async def close(self) -> None:
        """Let go of the model."""
        self._thread.shutdown(wait=False)
        self._model = None
        free_memory()

    def _load(self) -> Loaded:
        loaded = load(
            self._place,
            _kind,
            device=self._device,
            found={"trust_remote_code": self._trust},
            options=self._options,
        )
        if getattr(loaded.network.config, "pad_token_id", None) is None:
            loaded.network.config.pad_token_id = _pad(loaded)  # classifiers look for the last token before it
        return loaded

    async def _in_thread(self, work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _answer(self, reached: Sequence[Reached]) -> list[float]:
        values: list[float] = await self._in_thread(lambda: self._run(list(reached)))
        return values

    def _run(self, reached: list[Reached]) -> list[float]:
        values: list[float] = []
        while len(values) < len(reached):
            part = reached[len(values) : len(values) + self._batcher.most]
            try:
                values += [self._reading.value(numbers) for numbers in self._numbers(part)]
            except StepwiseError:
                raise
            except Exception as error:
                if not out_of_memory(error):
                    raise PolicyError(f"The critic {self._place} cannot be run: {one_line(error)}.") from error
                free_memory()
                if len(part) == 1:
                    raise PolicyError(
                        f"The critic {self._place} runs out of memory on one state.",
                        "Use a smaller critic, or a larger device.",
                    ) from error
                self._batcher.most = max(1, len(part) // 2)
        return values

    def _numbers(self, reached: Sequence[Reached]) -> list[list[float]]:
        """The model's numbers for each state."""
        import torch

        model = self._model
        if model is None:
            raise PolicyError(f"The critic {self._place} was closed.")
        rows = [self._tokens(model, "\n\n".join(each.state.goals) or "no goals") for each in reached]
        longest = max(map(len, rows))
        pad = _pad(model) or 0
        tokens = torch.tensor([row + [pad] * (longest - len(row)) for row in rows], device=model.device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=model.device)
        with torch.inference_mode():
            output = model.network(input_ids=tokens, attention_mask=mask)
        numbers = output[0] if isinstance(output, tuple) else output.logits
        found = numbers.float().reshape(len(rows), -1).cpu()
        if not torch.isfinite(found).all():
            raise PolicyError(f"The critic {self._place} gives values that are no numbers.", "Try another number type.")
        return [list(map(float, row)) for row in found]

    def _tokens(self, model: Loaded, state: str) -> list[int]:
        tokenizer = model.tokenizer
        reward = getattr(model.network.config, "reward_token_id", None)
        if reward is None and not getattr(tokenizer, "chat_template", None):
            tokens = list(tokenizer(state)["input_ids"])
        else:
            chat = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": state}]
            if getattr(tokenizer, "chat_template", None):
                text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=False)
            else:
                text = "".join(f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in chat)
            tokens = list(tokenizer(text, add_special_tokens=False)["input_ids"])
        tokens = tokens[-(min(model.longest or _LONGEST, _LONGEST) - 1) :]
        return [*tokens, reward] if reward is not None else tokens


def _kind(config: Any) -> str:
    """Reward models with code of their own say in it which class they are; the rest are classifiers."""
    own = "AutoModel" in (getattr(config, "auto_map", None) or {})
    return "AutoModel" if own else "AutoModelForSequenceClassification"


def _pad(model: Loaded) -> int | None:
    """The token that shorter texts of a batch are filled up with."""
    tokenizer = model.tokenizer
    found: int | None = tokenizer.pad_token_id
    return tokenizer.eos_token_id if found is None else found
