"""Beam search over a model that says which tokens are likeliest next, for backends that have none of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from heapq import nlargest

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Beam:
    """One answer."""

    tokens: Tokens
    """With the token that ended it."""
    logprob: float
    finished: bool


async def search(
    likeliest: Callable[[Sequence[Tokens]], Awaitable[Sequence[dict[int, float]]]],
    ended: Callable[[Tokens], bool],
    *,
    width: int,
    max_tokens: int,
) -> list[Beam]:
    """The answers of a beam search, the likeliest first.

    They are ranked by the sum of their log-probabilities, without a bonus for length. In each step only the `width`
    best continuations may end an answer; as many of those that go on are kept. It ends when `width` answers have ended
    and nothing that goes on is likelier than the worst of them. These are the rules of transformers' `generate` with
    `length_penalty=0` and `early_stopping=False`.

    Args:
        likeliest: for each beginning of an answer, its likeliest next tokens with their log-probabilities: `width` of
            those that go on, and all that could end it.
        ended: whether an answer has come to its end with its last token.
    """
    running = [Beam((), 0.0, False)]
    finished: list[Beam] = []
    for position in range(max_tokens):
        found = await likeliest([beam.tokens for beam in running])
        grown = nlargest(
            len(running) * max((len(tokens) for tokens in found), default=0),
            (
                Beam((*beam.tokens, token), beam.logprob + logprob, False)
                for beam, tokens in zip(running, found, strict=True)
                for token, logprob in tokens.items()
            ),
            key=lambda beam: beam.logprob,
        )
        running = []
        for rank, beam in enumerate(grown):
            if len(running) == width:
                break
            if ended(beam.tokens):
                if rank < width:
                    finished.append(Beam(beam.tokens, beam.logprob, True))
            elif position + 1 < max_tokens or rank < width:
                running.append(beam)
        finished = nlargest(width, finished, key=lambda beam: beam.logprob)
        if not running or (len(finished) == width and finished[-1].logprob >= running[0].logprob):
            break
    return nlargest(width, [*finished, *running], key=lambda beam: beam.logprob)
