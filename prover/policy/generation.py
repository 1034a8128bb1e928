"""What a language model is to a policy: prompts go in, completions with their log-probabilities come out.

Behind one Protocol stand transformers (`hf`), vLLM in this process (`vllm_engine`) and any server with an
OpenAI-compatible API (`openai_server`). What the text of a prompt is, and what an answer means, is the business of
`prover.policy.prompts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Decoding = Literal["sample", "greedy", "beam"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


Prompt = str | tuple[Message, ...]
"""A text that the model goes on with, or a chat whose next turn it writes (with its tokenizer's own chat template)."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How completions are drawn."""

    samples: int = 32
    """Completions for each prompt; with `beam` also the number of beams. `greedy` gives one, whatever this says."""
    decoding: Decoding = "sample"
    temperature: float = 1.0
    temperatures: tuple[float, ...] = ()
    """Where there are some, the samples of a prompt take turns at them instead (diverse temperatures)."""
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    """Texts that end a completion, beside the model's own end; they are not part of it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of a model."""

    text: str
    """Without the prompt, the end token and what follows a stop text."""
    logprob: float
    """Sum of the natural log-probabilities of its tokens under the model itself (temperature 1, no top-p), the token
    that ended it among them; at most 0."""
    tokens: int
    """How many tokens that sum is over."""
    finished: bool
    """The model ended it, or a stop text did; False where `max_tokens` did."""


class Generator(Protocol):
    """A language model."""

    name: str

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        """The completions of each prompt, in the order of the prompts; equal ones are not merged.

        Calls made at the same time may share a batch. What is drawn for a prompt depends on its seed, as far as the
        backend can promise that.

        Args:
            seeds: one for each prompt.

        Raises:
            PolicyError: the model cannot be loaded or run, or the server that has it does not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of the model. Calling it twice does nothing."""
        ...
