"""A language model whose answers are written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lean_env.errors import PolicyError
from prover.policy.generation import Completion, Message, Prompt, Sampling


def answer(text: str, logprob: float = -1.0, *, finished: bool = True) -> Completion:
    return Completion(text, logprob, 3, finished)


def words(prompt: Prompt) -> str:
    """All that a prompt says."""
    return prompt if isinstance(prompt, str) else "\n".join(turn.content for turn in prompt)


@dataclass
class Scripted:
    """A generator that answers each prompt by the first key that it holds, and notes what it was asked."""

    answers: dict[str, list[Completion]]
    name: str = "scripted"
    delay_s: float = 0.0
    fails: bool = False
    asked: list[tuple[list[Prompt], Sampling, list[int]]] = field(default_factory=list)
    closed: int = 0
    before: Callable[[], None] = lambda: None

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        self.asked.append((list(prompts), sampling, list(seeds)))
        self.before()
        await asyncio.sleep(self.delay_s)
        if self.fails:
            raise PolicyError("The server does not answer.", "Start it.")
        return [self._of(prompt)[: sampling.samples] for prompt in prompts]

    def _of(self, prompt: Prompt) -> list[Completion]:
        said = words(prompt)
        return next((found for key, found in self.answers.items() if key in said), [])

    async def close(self) -> None:
        self.closed += 1


CHAT = (Message("user", "x"),)
