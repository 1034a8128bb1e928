"""Decoding with a transformers model: sampling and greedy in a loop of our own, beams through its `generate`.

The loop differs from `generate` in what a proof search needs: a prompt is read once for all its samples, a sample
depends on its own seed and not on what else is in the batch, samples may differ in temperature, and log-probabilities
are those of the model before any temperature.

torch and transformers are imported when something is decoded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lean_env.errors import PolicyError
from prover.policy.completing import added_tokens, answer_text, chance, cut, stopped
from prover.policy.generation import Completion, Sampling

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is ready to run."""

    name: str
    network: Any
    tokenizer: Any
    ends: frozenset[int]
    """Tokens with which the model ends an answer."""
    pad: int
    start: int | None
    """The token with which the decoder of an encoder-decoder model starts; None for a causal model."""
    accepts: frozenset[str]
    """Names of the arguments of the network's `forward`."""
    longest: int | None
    """Tokens that prompt and answer may have together (an encoder-decoder model: each of them); None for no limit."""

    def before(self, prompt: tuple[int, ...]) -> tuple[int, ...]:
        """What stands before an answer in one text with it: nothing, where the prompt is the encoder's."""
        return prompt if self.start is None else ()


@dataclass(frozen=True, slots=True)
class Line:
    """One completion that is to be drawn; with beams, all those of a prompt."""

    tokens: tuple[int, ...]
    temperature: float
    seed: int
    sample: int


def draw(model: Model, lines: Sequence[Line], sampling: Sampling, proceed: Callable[[], None]) -> list[Completion]:
    """One completion for each line.

    Args:
        proceed: called before each token; raises to end it.

    Raises:
        PolicyError: the model answers with what is not a number.
    """
    import torch

    prompts = list(dict.fromkeys(line.tokens for line in lines))
    where = {prompt: index for index, prompt in enumerate(prompts)}
    ends = model.ends | added_tokens(model.tokenizer, sampling.stop)
    chances = [chance(line.seed, line.sample) for line in lines]
    answers: list[list[int]] = [[] for _ in lines]
    logprobs = [0.0] * len(lines)
    finished = [False] * len(lines)
    with torch.inference_mode():
        run = _Run(model, prompts)
        logits = run.keep([where[line.tokens] for line in lines])
        going = list(range(len(lines)))
        for position in range(sampling.max_tokens):
            proceed()
            tokens, scores = _choose(
                logits,
                [lines[index].temperature for index in going],
                sampling.top_p,
                [chances[index].random() for index in going],
            )
            for index, token, score in zip(going, tokens, scores, strict=True):
                if not math.isfinite(score):
                    raise PolicyError(
                        f"{model.name} answers with what is not a number.",
                        "Its weights are broken, or too large for their number type: try dtype float32 or bfloat16.",
                    )
                answers[index].append(token)
                logprobs[index] += score
                finished[index] = token in ends or stopped(
                    model.tokenizer, model.before(lines[index].tokens), answers[index], sampling.stop
                )
            left = [place for place, index in enumerate(going) if not finished[index]]
            if not left or position + 1 == sampling.max_tokens:
                break
            if len(left) < len(going):
                run.keep(left)
                going = [going[place] for place in left]
            logits = run.step([answers[index][-1] for index in going])
    return [
        Completion(_text(model, line.tokens, answer, sampling.stop, ends), min(0.0, logprob), len(answer), end)
        for line, answer, logprob, end in zip(lines, answers, logprobs, finished, strict=True)
    ]


def beams(
    model: Model, lines: Sequence[Line], sampling: Sampling, proceed: Callable[[], None]
) -> list[list[Completion]]:
    """The completions that a beam search finds for each line, the likeliest first.

    They are ranked by the sum of their log-probabilities, without a bonus for length, as ReProver's are.
    """
    import torch
    from transformers import GenerationConfig, StoppingCriteriaList

    width = sampling.samples
    ends = model.ends | added_tokens(model.tokenizer, sampling.stop)
    prompts = [line.tokens for line in lines]
    tokens, mask = _padded(model, prompts)
    first = 1 if model.start is not None else tokens.shape[1]

    def ended(sequences: torch.Tensor, scores: object, **options: object) -> torch.Tensor:
        proceed()
        done = [stopped(model.tokenizer, (), sequence[first:], sampling.stop) for sequence in sequences.tolist()]
        return torch.tensor(done, dtype=torch.bool, device=sequences.device)

    with torch.inference_mode():
        found = model.network.generate(
            input_ids=tokens,
            attention_mask=mask,
            generation_config=GenerationConfig(
                num_beams=width,
                num_return_sequences=width,
                max_new_tokens=sampling.max_tokens,
                do_sample=False,
                length_penalty=0.0,
                early_stopping=False,
                eos_token_id=sorted(ends) or None,
                pad_token_id=model.pad,
                decoder_start_token_id=model.start,
                return_dict_in_generate=True,
                output_scores=True,
            ),
            stopping_criteria=StoppingCriteriaList([ended]),
        )
    answers = [sequence[first:] for sequence in found.sequences.tolist()]
    scores = found.sequences_scores.tolist()
    completions: list[list[Completion]] = []
    for number, prompt in enumerate(prompts):
        best = [
            _beam(model, prompt, answers[index], scores[index], sampling, ends)
            for index in range(number * width, (number + 1) * width)
            if scores[index] > -1e8  # there are fewer continuations than beams: what fills up is not one
        ]
        completions.append(sorted(best, key=lambda completion: -completion.logprob))
    return completions


def _beam(
    model: Model, prompt: tuple[int, ...], answer: list[int], score: float, sampling: Sampling, ends: frozenset[int]
) -> Completion:
    """A sequence of `generate`, without what it was filled up with."""
    length, finished = len(answer), False
    for index, token in enumerate(answer):
        if token in ends or stopped(model.tokenizer, (), answer[: index + 1], sampling.stop):
            length, finished = index + 1, True
            break
    return Completion(_text(model, prompt, answer[:length], sampling.stop, ends), min(0.0, score), length, finished)


class _Run:
    """A batch that is being decoded: its attention cache and masks."""

    def __init__(self, model: Model, prompts: Sequence[tuple[int, ...]]) -> None:
        self._model = model
        self._cache: Any = None
        self._encoded: torch.Tensor | None = None
        tokens, self._mask = _padded(model, prompts)
        if model.start is None:
            self._logits = self._forward(tokens)
        else:
            self._encoded = model.network.get_encoder()(input_ids=tokens, attention_mask=self._mask).last_hidden_state
            self._logits = self._forward(tokens.new_full((len(prompts), 1), model.start))

    def keep(self, places: list[int]) -> torch.Tensor:
        """Go on with the lines at these places, where one may come several times; the logits of their next token."""
        import torch

        chosen = torch.tensor(places, device=self._mask.device)
        self._cache = _selected(self._cache, chosen)
        self._mask = self._mask.index_select(0, chosen)
        self._logits = self._logits.index_select(0, chosen)
        if self._encoded is not None:
            self._encoded = self._encoded.index_select(0, chosen)
        return self._logits

    def step(self, tokens: list[int]) -> torch.Tensor:
        """The logits after one more token on each line."""
        import torch

        last = torch.tensor(tokens, device=self._mask.device).unsqueeze(1)
        if self._encoded is None:
            self._mask = torch.cat([self._mask, self._mask.new_ones((len(tokens), 1))], dim=1)
        self._logits = self._forward(last)
        return self._logits

    def _forward(self, tokens: torch.Tensor) -> torch.Tensor:
        options: dict[str, Any] = {"attention_mask": self._mask, "past_key_values": self._cache, "use_cache": True}
        if self._encoded is not None:
            options |= {"decoder_input_ids": tokens, "encoder_outputs": (self._encoded,)}
        else:
            options["input_ids"] = tokens
            if "position_ids" in self._model.accepts:
                positions = (self._mask.cumsum(1) - 1).clamp(min=0)
                options["position_ids"] = positions[:, -tokens.shape[1] :]
            if "logits_to_keep" in self._model.accepts:
                options["logits_to_keep"] = 1
        output = self._model.network(**options, return_dict=True)
        self._cache = output.past_key_values
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits


def _selected(cache: Any, places: torch.Tensor) -> Any:
    """The lines of an attention cache at these places; older models have nested tuples of tensors for one."""
    if cache is None:
        return None
    if isinstance(cache, tuple | list):
        return tuple(_selected(part, places) for part in cache)
    if hasattr(cache, "batch_select_indices"):
        cache.batch_select_indices(places)
        return cache
    if hasattr(cache, "reorder_cache"):
        cache.reorder_cache(places)
        return cache
    return cache.index_select(0, places.to(cache.device))


def _padded(model: Model, prompts: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Prompts of one length, and the mask of what was there before: a causal model goes on at the right end, so they
    are filled up on the left; what an encoder reads is filled up on the right."""
    import torch

    longest = max(len(prompt) for prompt in prompts)
    tokens = torch.full((len(prompts), longest), model.pad)
    mask = torch.zeros((len(prompts), longest), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        part = slice(longest - len(prompt), longest) if model.start is None else slice(0, len(prompt))
        tokens[row, part] = torch.tensor(prompt)
        mask[row, part] = 1
    return tokens.to(model.network.device), mask.to(model.network.device)


def _choose(
    logits: torch.Tensor, temperatures: list[float], top_p: float, chances: list[float]
) -> tuple[list[int], list[float]]:
    """The next token of each line, and its log-probability under the model itself.

    A token is found where the line's chance (a number from 0 to 1) falls in the sums of the tokens' probabilities.
    """
    import torch

    raw = logits.log_softmax(-1)
    chosen = raw.argmax(-1)
    if any(temperatures):
        exact = torch.float32 if logits.device.type == "mps" else torch.float64
        heat = torch.tensor(temperatures, device=raw.device, dtype=raw.dtype).unsqueeze(1)
        best = raw.gather(1, chosen.unsqueeze(1))
        probabilities = ((raw - best) / heat.masked_fill(heat == 0, 1)).softmax(-1)
        if top_p < 1:
            ranked, order = probabilities.sort(stable=True, dim=-1, descending=True)
            ranked = ranked.masked_fill(ranked.cumsum(-1) - ranked >= top_p, 0)
            probabilities = torch.zeros_like(probabilities).scatter(1, order, ranked)
        sums = probabilities.to(exact).cumsum(-1)
        aim = torch.tensor(chances, device=raw.device, dtype=exact).unsqueeze(1) * sums[:, -1:]
        # Rounding may take the aim to the very end, where there may be tokens without a chance
        last = torch.searchsorted(sums, sums[:, -1:].contiguous())
        drawn = torch.minimum(torch.searchsorted(sums, aim, right=True), last)
        drawn = drawn.clamp(max=raw.shape[1] - 1).squeeze(1)
        chosen = torch.where(heat.squeeze(1) == 0, chosen, drawn)
    return chosen.tolist(), raw.gather(1, chosen.unsqueeze(1)).squeeze(1).tolist()


def _text(
    model: Model, prompt: tuple[int, ...], answer: list[int], stops: tuple[str, ...], ends: frozenset[int]
) -> str:
    """The text of an answer, without the token that ended it and without what follows a stop text."""
    if answer and answer[-1] in ends:
        answer = answer[:-1]
    return cut(answer_text(model.tokenizer, model.before(prompt), answer), stops)[0]
