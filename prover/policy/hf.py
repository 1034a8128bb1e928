"""Language models through Hugging Face transformers, in this process: on a GPU, on a Mac's, or on the CPU.

Causal models (Llama, InternLM2 and their like) and encoder-decoder models (T5, and ByT5 as in ReProver). How the tokens
are chosen is in `hf_decoding`; here are loading, batches and what goes wrong.

torch and transformers are imported when the model is loaded.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lean_env.errors import PolicyError, StepwiseError, UsageError
from prover.batching import Batcher
from prover.policy.completing import check, fitted, one_line, temperatures, tokens_of
from prover.policy.generation import Completion, Prompt, Sampling
from prover.policy.hf_decoding import Line, Model, beams, draw
from prover.policy.hf_loading import free_memory, load, out_of_memory

__all__ = ["TransformersGenerator"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Request:
    """One completion that was asked for; with beams, all those of a prompt."""

    line: Line
    sampling: Sampling

    @property
    def weight(self) -> int:
        """How many sequences it takes in a batch."""
        return self.sampling.samples if _is_beam(self.sampling) else 1


class TransformersGenerator:
    """A model of transformers: a `prover.policy.generation.Generator`.

    It is loaded at the first use, and runs in a thread of its own. Calls made at the same time share batches. With one
    seed, a prompt has the same completions whatever else is in its batch, except for what rounding does: on the CPU, in
    float32, nothing that was seen; a GPU in 16 bits may come to another token now and then.

    `Completion.logprob` is the sum of the log-softmax of the model's own logits over the answer's tokens, before any
    temperature or top-p, with the token that ended it (the end token, or the one that completed a stop text).

    A prompt that leaves no room for `max_tokens` in the model loses its front.

    Args:
        path_or_id: a folder, or a name on the Hugging Face hub.
        device: such as `cuda`, `cuda:1`, `mps` or `cpu`; by default the first of cuda, mps and cpu that there is.
        dtype: `auto` for that of the weights, or a name such as `float32` or `bfloat16`.
        max_batch: sequences in a batch at most. It is halved when memory runs out, and stays so.
        revision: of the model on the hub.
        trust_remote_code: run code that comes with the model.
        adapter: a folder, or a name on the hub, of a PEFT (LoRA) adapter to put on the model.
        options: passed on to `from_pretrained`: `quantization_config` (a mapping will do), `device_map`,
            `attn_implementation`, and whatever else it takes.
    """

    def __init__(
        self,
        path_or_id: str | Path,
        *,
        device: str | None = None,
        dtype: str = "auto",
        max_batch: int = 64,
        revision: str | None = None,
        trust_remote_code: bool = False,
        adapter: str | Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if max_batch < 1:
            raise UsageError(f"A batch of {max_batch} is none.", "Use max_batch 1 or more.")
        self.name = str(path_or_id)
        self._device = device
        self._dtype = dtype
        self._revision = revision
        self._trust = trust_remote_code
        self._adapter = str(adapter) if adapter is not None else None
        self._options = dict(options or {})
        self._batcher: Batcher[_Request, list[Completion]] = Batcher(self._answer, most=max_batch)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._loading = asyncio.Lock()
        self._model: Model | None = None
        self._closed = threading.Event()

    @property
    def busy_s(self) -> float:
        """Seconds during which a batch was being answered."""
        return self._batcher.busy_s

    @property
    def max_batch(self) -> int:
        """Sequences in a batch at most: what was asked for, or less since memory ran out."""
        return self._batcher.most

    async def load(self) -> None:
        """Load the model if that was not done yet, so that what is wrong with it shows before anything else starts.

        Raises:
            PolicyError: it cannot be loaded.
            UsageError: the device that was asked for is not there.
        """
        async with self._loading:
            if self._closed.is_set():
                raise PolicyError(f"{self.name} was closed.")
            if self._model is None:
                self._model = await self._in_thread(self._load)

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        """The completions of each prompt; with beams the likeliest first, and fewer where there are not so many."""
        check(sampling, prompts, seeds)
        await self.load()
        heats = temperatures(sampling)
        requests = [
            _Request(Line(tokens, heat, seed, sample), sampling)
            for tokens, seed in zip([self._tokens(prompt, sampling) for prompt in prompts], seeds, strict=True)
            for sample, heat in enumerate(heats)
        ]
        answers = await self._batcher.ask(requests)
        return [
            [completion for answer in answers[start : start + len(heats)] for completion in answer]
            for start in range(0, len(answers), len(heats))
        ]

    async def close(self) -> None:
        """End what is running, after its next token, and let go of the model."""
        if self._closed.is_set():
            return
        self._closed.set()
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)
        self._model = None
        free_memory()

    def _tokens(self, prompt: Prompt, sampling: Sampling) -> tuple[int, ...]:
        model = self._ready()
        tokens = tokens_of(model.tokenizer, prompt, self.name)
        longest = model.longest
        if longest is not None and model.start is not None:
            longest += sampling.max_tokens  # the answer has a side of its own
        fit = fitted(tokens, longest, sampling, self.name, model.tokenizer.bos_token_id)
        return tuple(fit) or (model.pad,)

    def _ready(self) -> Model:
        if self._model is None:
            raise PolicyError(f"{self.name} was closed.")
        return self._model

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except RuntimeError as error:
            if self._closed.is_set():
                raise PolicyError(f"{self.name} was closed.") from error
            raise

    async def _answer(self, requests: Sequence[_Request]) -> list[list[Completion]]:
        return await self._in_thread(lambda: self._run(requests))

    def _run(self, requests: Sequence[_Request]) -> list[list[Completion]]:
        """Answer a batch: what is drawn in the same way goes through the model together."""
        answers: list[list[Completion]] = [[] for _ in requests]
        groups: dict[Sampling, list[int]] = {}
        for index, request in enumerate(requests):
            groups.setdefault(request.sampling, []).append(index)
        for sampling, waiting in groups.items():
            weight = requests[waiting[0]].weight
            while waiting:
                size = max(1, self._batcher.most // weight)
                part, rest = waiting[:size], waiting[size:]
                done = self._attempt([requests[index].line for index in part], sampling)
                if done is None:
                    self._shrink(requests[part[0]], len(part))
                    continue
                for index, answer in zip(part, done, strict=True):
                    answers[index] = answer
                waiting = rest
        return answers

    def _attempt(self, lines: list[Line], sampling: Sampling) -> list[list[Completion]] | None:
        """The answers, or None where memory ran out."""
        model = self._ready()
        try:
            if _is_beam(sampling):
                return beams(model, lines, sampling, self._proceed)
            return [[completion] for completion in draw(model, lines, sampling, self._proceed)]
        except StepwiseError:
            raise
        except Exception as error:
            if not out_of_memory(error):
                raise PolicyError(f"{self.name} cannot be run: {one_line(error)}.") from error
        return None

    def _shrink(self, request: _Request, size: int) -> None:
        """Go on with half the batch that memory did not suffice for; it is freed before the next try."""
        free_memory()
        if size == 1:
            beside = f" and {request.weight} beams" if request.weight > 1 else ""
            raise PolicyError(
                f"{self.name} runs out of memory on one prompt of {len(request.line.tokens)} tokens{beside}.",
                "Ask for fewer max_tokens or beams, quantise the model, or use a smaller one or a larger device.",
            )
        self._batcher.most = max(1, size * request.weight // 2)

    def _proceed(self) -> None:
        if self._closed.is_set():
            raise PolicyError(f"{self.name} was closed.")

    def _load(self) -> Model:
        loaded = load(
            self.name,
            lambda config: "AutoModelForSeq2SeqLM" if _is_paired(config) else "AutoModelForCausalLM",
            device=self._device,
            dtype=self._dtype,
            found={"revision": self._revision, "trust_remote_code": self._trust},
            options=self._options,
            adapter=self._adapter,
        )
        network, tokenizer, config = loaded.network, loaded.tokenizer, loaded.config
        named = network.generation_config
        ends = frozenset(_numbers(named.eos_token_id) | _numbers(tokenizer.eos_token_id))
        start = None
        if _is_paired(config):
            start = named.decoder_start_token_id
            start = config.decoder_start_token_id if start is None else start
            start = named.bos_token_id if start is None else start
        pad = tokenizer.pad_token_id
        # What else stands in the model's own settings (penalties, top-k) would change what is asked for
        network.generation_config = type(named)()
        return Model(
            name=self.name,
            network=network,
            tokenizer=tokenizer,
            ends=ends,
            pad=pad if pad is not None else min(ends, default=0),
            start=start,
            accepts=frozenset(inspect.signature(network.forward).parameters),
            longest=loaded.longest,
        )


def _is_paired(config: Any) -> bool:
    """Whether the model is an encoder with a decoder."""
    return bool(getattr(config, "is_encoder_decoder", False))


def _is_beam(sampling: Sampling) -> bool:
    """Whether beams are asked for; one beam is the greedy answer."""
    return sampling.decoding == "beam" and sampling.samples > 1


def _numbers(value: object) -> set[int]:
    """The token numbers in a setting, which may be one, several or none."""
    if isinstance(value, int):
        return {value}
    return {number for number in value if isinstance(number, int)} if isinstance(value, list | tuple) else set()
