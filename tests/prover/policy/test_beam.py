"""Our own beam search, against that of transformers."""

from __future__ import annotations

import itertools
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prover.policy import beam
from prover.policy.generation import Sampling
from prover.policy.hf import TransformersGenerator
from tests.prover.policy.test_hf import Numbers, model_of, numbered, numbers


@pytest.fixture
async def generator(llama: Path) -> AsyncIterator[TransformersGenerator]:
    made = await numbered(llama)
    yield made
    await made.close()


@pytest.mark.parametrize(("width", "length"), [(2, 8), (4, 10), (6, 3), (3, 1)])
@pytest.mark.parametrize("ends", [(1,), (1, 17, 40, 99, 120, 300)])
async def test_it_finds_what_transformers_finds(
    generator: TransformersGenerator, width: int, length: int, ends: tuple[int, ...]
) -> None:
    model = model_of(generator)
    assert isinstance(model.tokenizer, Numbers)
    generator._model = model = replace(model, ends=frozenset(ends))
    prompt = model.tokenizer("⊢ p ∧ q")["input_ids"]

    async def likeliest(beginnings: Sequence[beam.Tokens]) -> list[dict[int, float]]:
        with torch.inference_mode():
            logits = model.network(torch.tensor([[*prompt, *tokens] for tokens in beginnings])).logits[:, -1]
        best = logits.log_softmax(-1).topk(width * (1 + len(ends)))
        return [
            dict(zip(tokens, scores, strict=True))
            for tokens, scores in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    [wanted] = await generator.generate(["⊢ p ∧ q"], Sampling(samples=width, decoding="beam", max_tokens=length), [0])
    found = await beam.search(likeliest, lambda tokens: tokens[-1] in ends, width=width, max_tokens=length)
    assert [(list(f.tokens[:-1] if f.finished else f.tokens), f.finished) for f in found] == [
        (numbers(w), w.finished) for w in wanted
    ]
    assert [f.logprob for f in found] == pytest.approx([w.logprob for w in wanted], abs=1e-4)


@given(st.lists(st.floats(-5, 0), min_size=3, max_size=3), st.integers(1, 4))
async def test_a_beam_wide_enough_finds_the_best_of_all(scores: list[float], length: int) -> None:
    best = {token: score - math.log(3) for token, score in enumerate(scores)}

    async def likeliest(beginnings: Sequence[beam.Tokens]) -> list[dict[int, float]]:
        return [best for _ in beginnings]

    found = await beam.search(likeliest, lambda tokens: tokens[-1] == 0, width=90, max_tokens=length)
    everything = [
        sum(best[token] for token in tokens)
        for size in range(1, length + 1)
        for tokens in itertools.product(range(3), repeat=size)
        if 0 not in tokens[:-1] and (tokens[-1] == 0 or size == length)
    ]
    assert [f.logprob for f in found] == pytest.approx(sorted(everything, reverse=True)[:90])
    assert len({f.tokens for f in found}) == len(found)
