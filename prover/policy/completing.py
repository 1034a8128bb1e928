"""What the three backends of `prover.policy.generation` share: how a `Sampling` is read, where an answer ends, what a
prompt is in tokens, and for how long a backend was busy."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

from lean_env.errors import PolicyError, UsageError
from prover.policy.generation import Prompt, Sampling

__all__ = [
    "BusyClock",
    "added_tokens",
    "answer_text",
    "chance",
    "check",
    "cut",
    "fitted",
    "one_line",
    "seed_of",
    "stopped",
    "temperatures",
    "tokens_of",
]

# Tokens before an answer that its text is read with, so that a space between the two is not lost
_BEFORE = 6


def check(sampling: Sampling, prompts: Sequence[Prompt], seeds: Sequence[int]) -> None:
    """Refuse what no backend can do.

    Raises:
        UsageError: a number is out of its range.
        ValueError: there is not one seed for each prompt.
    """
    if len(prompts) != len(seeds):
        raise ValueError(f"{len(seeds)} seeds for {len(prompts)} prompts")
    if sampling.samples < 1 or sampling.max_tokens < 1:
        raise UsageError("A model is asked for at least one sample of at least one token.")
    if not 0 < sampling.top_p <= 1:
        raise UsageError(f"top_p is {sampling.top_p}, which is not between 0 and 1.", "Use 1 to leave no token out.")
    for temperature in (sampling.temperature, *sampling.temperatures):
        if not (temperature >= 0 and math.isfinite(temperature)):
            raise UsageError(f"A temperature of {temperature} makes no sense.", "Use a number from 0 to about 2.")


def temperatures(sampling: Sampling) -> list[float]:
    """The temperature of each sample of a prompt; 0 takes the likeliest token. Greedy decoding has one sample, and so
    has a beam search, which is drawn as one."""
    if sampling.decoding != "sample":
        return [0.0]
    turns = sampling.temperatures or (sampling.temperature,)
    return [turns[index % len(turns)] for index in range(sampling.samples)]


def chance(seed: int, sample: int) -> random.Random:
    """What draws the tokens of one sample of a prompt."""
    return random.Random(f"{seed}/{sample}")


def seed_of(seed: int, part: int) -> int:
    """A seed that every backend takes, from 0 to 2^31, for a part of what is drawn for a prompt."""
    return chance(seed, part).getrandbits(31)


def cut(text: str, stops: Iterable[str]) -> tuple[str, bool]:
    """The text before the first stop text in it, and whether there is one."""
    found = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
    return (text[: min(found)], True) if found else (text, False)


def answer_text(tokenizer: Any, before: Sequence[int], answer: Sequence[int]) -> str:
    """The text of an answer's tokens as it stands after the tokens before it, without special tokens, and without
    the beginning of a character that was not finished, as vLLM has it."""

    def decoded(tokens: Sequence[int]) -> str:
        text: str = tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    if before:
        near = list(before[-_BEFORE:])
        context, text = decoded(near), decoded([*near, *answer])
        if text.startswith(context):
            return text[len(context) :].rstrip("\ufffd")
    return decoded(answer).rstrip("\ufffd")


def stopped(tokenizer: Any, before: Sequence[int], answer: Sequence[int], stops: Sequence[str]) -> bool:
    """Whether a stop text is in an answer that had none in it before its last token.

    The last tokens are looked at first, since the whole would be read again at every token.
    """
    if not stops:
        return False
    longest = max(len(stop.encode()) for stop in stops)
    recent = tokenizer.decode(list(answer[-(longest + 8) :]), skip_special_tokens=True)
    return cut(recent, stops)[1] and cut(answer_text(tokenizer, before, answer), stops)[1]


def added_tokens(tokenizer: Any, stops: Iterable[str]) -> set[int]:
    """The stop texts that are a token of their own, such as `<|im_end|>`: special tokens never show in a text."""
    added = tokenizer.get_added_vocab()
    return {added[stop] for stop in stops if stop in added}


def tokens_of(tokenizer: Any, prompt: Prompt, model: str) -> list[int]:
    """The tokens of a prompt; of a chat, as the tokenizer's own template writes it.

    Raises:
        PolicyError: the tokenizer has no template, or it refuses these messages.
    """
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    if not getattr(tokenizer, "chat_template", None):
        raise PolicyError(
            f"The tokenizer of {model} has no chat template.",
            "Use a prompt format that is a plain text, or a model that was trained on chats.",
        )
    messages = [{"role": message.role, "content": message.content} for message in prompt]
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # a template is code of the model's authors, and raises what it likes
        raise PolicyError(
            f"The chat template of {model} refuses the prompt: {one_line(error)}.", "Use another prompt format."
        ) from error
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def fitted(tokens: Sequence[int], longest: int | None, sampling: Sampling, model: str, begin: int | None) -> list[int]:
    """A prompt that leaves room for the answer: what is too much goes from its front, but not the begin token.

    Args:
        longest: tokens that prompt and answer may have together; None where there is no limit.
        begin: the token with which the tokenizer begins a text.

    Raises:
        UsageError: the answer alone would not fit.
    """
    if longest is None:
        return list(tokens)
    room = longest - sampling.max_tokens
    if room < 2:
        raise UsageError(
            f"{model} reads and writes at most {longest} tokens, so an answer of {sampling.max_tokens} leaves no room "
            "for a prompt.",
            "Ask for a smaller max_tokens.",
        )
    if len(tokens) <= room:
        return list(tokens)
    if begin is not None and tokens[0] == begin:
        return [begin, *tokens[len(tokens) - room + 1 :]]
    return list(tokens[len(tokens) - room :])


def one_line(error: BaseException) -> str:
    """The message of an error from elsewhere, on one line, without its full stop."""
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


class BusyClock:
    """Counts the seconds during which at least one request was being answered. Enter it for each request."""

    def __init__(self) -> None:
        self._counted = 0.0
        self._inside = 0
        self._since = 0.0

    @property
    def seconds(self) -> float:
        """The seconds so far, those of the requests that are not answered yet among them."""
        return self._counted + (time.monotonic() - self._since if self._inside else 0.0)

    def __enter__(self) -> BusyClock:
        if not self._inside:
            self._since = time.monotonic()
        self._inside += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1
        if not self._inside:
            self._counted += time.monotonic() - self._since
