"""Models through transformers: tiny ones, made on the spot, against what a plain forward pass says."""

from __future__ import annotations

import asyncio
import math
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import PolicyError, UsageError
from prover.policy import hf_decoding
from prover.policy.generation import Completion, Message, Sampling
from prover.policy.hf import TransformersGenerator
from prover.policy.hf_decoding import Model
from tests.prover.policy import tiny_models

STATES = ["n : ℕ\nh : 0 < n\n⊢ n + 0 = n", "⊢ p ∧ q", "x y : ℝ\n⊢ x * y = y * x"]


class Numbers:
    """A tokenizer whose texts are the numbers of the tokens, so that a test sees them: `<17><4>`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.added: dict[str, int] = {}

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._tokenizer(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tokenizer, name)

    def get_added_vocab(self) -> dict[str, int]:
        return self.added

    def decode(self, tokens: Sequence[int], **options: object) -> str:
        return "".join(f"<{token}>" for token in tokens)


def numbers(completion: Completion) -> list[int]:
    return [int(number) for number in re.findall(r"<(\d+)>", completion.text)]


async def numbered(folder: Path, **options: Any) -> TransformersGenerator:
    generator = TransformersGenerator(folder, device="cpu", dtype="float32", **options)
    await generator.load()
    assert generator._model is not None
    generator._model = replace(generator._model, tokenizer=Numbers(generator._model.tokenizer))
    return generator


def model_of(generator: TransformersGenerator) -> Model:
    assert generator._model is not None
    return generator._model


@pytest.fixture(params=["llama", "byt5"])
def folder(request: pytest.FixtureRequest) -> Path:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Path)
    return found


@pytest.fixture
async def generator(folder: Path) -> AsyncIterator[TransformersGenerator]:
    made = await numbered(folder)
    yield made
    await made.close()


SAMPLINGS = [
    Sampling(samples=4, max_tokens=24),
    Sampling(samples=4, max_tokens=24, temperatures=(0.3, 1.7), top_p=0.8),
    Sampling(decoding="greedy", max_tokens=24),
    Sampling(samples=4, decoding="beam", max_tokens=12),
]


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=["sample", "diverse", "greedy", "beam"])
async def test_log_probabilities_are_those_of_a_plain_forward_pass(
    generator: TransformersGenerator, folder: Path, sampling: Sampling
) -> None:
    answers = await generator.generate(STATES, sampling, [1, 2, 3])
    assert [len(answer) for answer in answers] == [1 if sampling.decoding == "greedy" else 4] * 3
    for state, answer in zip(STATES, answers, strict=True):
        prompt = list(model_of(generator).tokenizer(state)["input_ids"])
        for completion in answer:
            tokens = numbers(completion) + ([1] if completion.finished else [])
            assert len(tokens) == completion.tokens
            assert completion.logprob == pytest.approx(tiny_models.teacher_forced(folder, prompt, tokens), abs=1e-4)


async def test_greedy_takes_the_likeliest_token_each_time(generator: TransformersGenerator) -> None:
    model = model_of(generator)
    [[completion]] = await generator.generate([STATES[0]], Sampling(decoding="greedy", max_tokens=10), [0])
    [[cold]] = await generator.generate([STATES[0]], Sampling(samples=1, temperature=0, max_tokens=10), [7])
    [[beam]] = await generator.generate([STATES[0]], Sampling(samples=1, decoding="beam", max_tokens=10), [9])
    prompt = torch.tensor([model.tokenizer(STATES[0])["input_ids"]])
    written: list[int] = []
    for _ in range(10):
        with torch.inference_mode():
            if model.start is None:
                logits = model.network(torch.cat([prompt, torch.tensor([written], dtype=torch.long)], dim=1)).logits
            else:
                logits = model.network(prompt, decoder_input_ids=torch.tensor([[model.start, *written]])).logits
        written.append(int(logits[0, -1].argmax()))
        if written[-1] in model.ends:
            break
    assert numbers(completion) == written[: len(numbers(completion))]
    assert completion.tokens == len(written)
    assert completion == cold == beam


@pytest.mark.parametrize("sampling", SAMPLINGS[:2], ids=["sample", "diverse"])
async def test_a_prompt_has_the_same_samples_alone_and_in_company(
    generator: TransformersGenerator, sampling: Sampling
) -> None:
    [alone] = await generator.generate([STATES[1]], sampling, [5])
    together = await generator.generate([STATES[0], STATES[1], STATES[2], STATES[1]], sampling, [5, 5, 5, 6])
    assert [c.text for c in together[1]] == [c.text for c in alone]
    assert [c.logprob for c in together[1]] == pytest.approx([c.logprob for c in alone], abs=1e-4)
    assert [c.text for c in together[3]] != [c.text for c in alone]
    assert len({c.text for c in alone}) > 1


async def test_beams_are_the_same_alone_and_in_company(generator: TransformersGenerator) -> None:
    sampling = SAMPLINGS[3]
    [alone] = await generator.generate([STATES[1]], sampling, [0])
    _, together, _ = await generator.generate(STATES, sampling, [1, 2, 3])
    assert [c.text for c in together] == [c.text for c in alone]


async def test_beams_are_sorted_and_distinct_and_begin_no_worse_than_greedy(generator: TransformersGenerator) -> None:
    answers = await generator.generate(STATES, SAMPLINGS[3], [0, 0, 0])
    greedy = await generator.generate(STATES, replace(SAMPLINGS[3], decoding="greedy"), [0, 0, 0])
    for answer, [plain] in zip(answers, greedy, strict=True):
        scores = [completion.logprob for completion in answer]
        assert scores == sorted(scores, reverse=True)
        assert len({(completion.text, completion.finished) for completion in answer}) == 4
        assert scores[0] >= plain.logprob - 1e-5


async def test_there_are_no_more_beams_than_continuations(llama: Path) -> None:
    generator = await numbered(llama)
    size = model_of(generator).network.config.vocab_size
    [answer] = await generator.generate(["p"], Sampling(samples=size + 20, decoding="beam", max_tokens=1), [0])
    assert len(answer) == size
    assert sum(math.exp(completion.logprob) for completion in answer) == pytest.approx(1, abs=1e-3)
    await generator.close()


@pytest.mark.parametrize("decoding", ["sample", "beam"])
async def test_an_answer_ends_at_the_end_token(generator: TransformersGenerator, folder: Path, decoding: Any) -> None:
    sampling = Sampling(samples=4, decoding=decoding, max_tokens=12, temperature=0.7)
    [before] = await generator.generate([STATES[0]], sampling, [3])
    end = numbers(before[0])[4]
    generator._model = replace(model_of(generator), ends=frozenset({end}))
    [after] = await generator.generate([STATES[0]], sampling, [3])
    assert all(end not in numbers(completion) for completion in after)
    ended = [completion for completion in after if completion.finished]
    assert ended and all(completion.tokens == len(numbers(completion)) + 1 for completion in ended)
    assert all(c.tokens == 12 for c in after if not c.finished)
    prompt = list(model_of(generator).tokenizer(STATES[0])["input_ids"])
    for completion in ended:
        tokens = [*numbers(completion), end]
        assert completion.logprob == pytest.approx(tiny_models.teacher_forced(folder, prompt, tokens), abs=1e-4)


@pytest.mark.parametrize("decoding", ["sample", "beam"])
async def test_a_stop_text_ends_an_answer_and_its_tokens_count(
    generator: TransformersGenerator, folder: Path, decoding: Any
) -> None:
    sampling = Sampling(samples=4, decoding=decoding, max_tokens=12, temperature=0.7)
    [before] = await generator.generate([STATES[0]], sampling, [3])
    written = numbers(before[0])
    stop = f"{written[3]}><{written[4]}"  # from the middle of one token to the middle of the next
    [after] = await generator.generate([STATES[0]], replace(sampling, stop=("never", stop)), [3])
    ended = [completion for completion in after if completion.finished and completion.text.endswith("<")]
    assert ended and all(stop not in completion.text for completion in after)
    prompt = list(model_of(generator).tokenizer(STATES[0])["input_ids"])
    for completion in ended:
        tokens = [*numbers(completion), written[3], written[4]]
        assert completion.tokens == len(tokens)
        assert completion.logprob == pytest.approx(tiny_models.teacher_forced(folder, prompt, tokens), abs=1e-4)


async def test_a_stop_text_that_is_a_special_token_ends_an_answer(llama: Path) -> None:
    generator = await numbered(llama)
    sampling = Sampling(decoding="greedy", max_tokens=12)
    [[before]] = await generator.generate([STATES[0]], sampling, [0])
    tokenizer = model_of(generator).tokenizer
    tokenizer.added = {"<|turn|>": numbers(before)[2]}
    [[after]] = await generator.generate([STATES[0]], replace(sampling, stop=("<|turn|>",)), [0])
    assert (after.finished, after.tokens, numbers(after)) == (True, 3, numbers(before)[:2])
    await generator.close()


async def test_texts_have_neither_the_prompt_nor_special_tokens(llama: Path) -> None:
    generator = TransformersGenerator(llama, device="cpu")
    answers = await generator.generate(["exact h"] * 8, Sampling(samples=8, max_tokens=32), list(range(8)))
    texts = [completion.text for answer in answers for completion in answer]
    assert len(set(texts)) == 64
    assert not any("exact h" in text or "</s>" in text or "<|im_" in text for text in texts)
    await generator.close()


async def test_a_chat_goes_through_the_template(llama: Path) -> None:
    generator = await numbered(llama)
    chat = (Message("system", "Lean 4"), Message("user", "⊢ p"))
    text = "<|im_start|>system\nLean 4<|im_end|>\n<|im_start|>user\n⊢ p<|im_end|>\n<|im_start|>assistant\n"
    assert list(generator._tokens(chat, Sampling())) == list(
        model_of(generator).tokenizer(text, add_special_tokens=False)["input_ids"]
    )
    [[completion]] = await generator.generate([chat], Sampling(decoding="greedy", max_tokens=5), [0])
    assert completion.tokens == 5
    await generator.close()


async def test_a_chat_for_a_model_without_a_template_is_refused(byt5: Path) -> None:
    generator = TransformersGenerator(byt5, device="cpu")
    with pytest.raises(PolicyError, match=r"has no chat template.*plain text"):
        await generator.generate([(Message("user", "⊢ p"),)], Sampling(), [0])
    await generator.close()


async def test_what_a_template_refuses_is_one_sentence(llama: Path) -> None:
    generator = TransformersGenerator(llama, device="cpu")
    await generator.load()
    model_of(generator).tokenizer.chat_template = "{{ raise_exception('no system role here') }}"
    with pytest.raises(PolicyError, match="refuses the prompt: no system role here"):
        await generator.generate([(Message("system", "x"),)], Sampling(), [0])
    await generator.close()


async def test_a_prompt_that_is_too_long_keeps_its_end(tmp_path: Path) -> None:
    generator = await numbered(tiny_models.make_llama(tmp_path / "short", positions=64))
    sampling = Sampling(decoding="greedy", max_tokens=16)
    long = "h : a = b\n" * 50 + "⊢ p ∧ q"
    tokens = generator._tokens(long, sampling)
    everything = model_of(generator).tokenizer(long)["input_ids"]
    assert len(tokens) == 48 and tokens[0] == 0 and list(tokens[1:]) == everything[-47:]
    [[completion]] = await generator.generate([long], sampling, [0])
    assert completion.tokens == 16
    with pytest.raises(UsageError, match="at most 64 tokens"):
        await generator.generate([long], replace(sampling, max_tokens=63), [0])
    await generator.close()


async def test_a_model_without_a_limit_reads_everything(byt5: Path) -> None:
    generator = await numbered(byt5)
    assert len(generator._tokens("p" * 3000, Sampling())) == 3001
    await generator.close()


async def test_an_empty_prompt_is_answered(generator: TransformersGenerator) -> None:
    [[completion]] = await generator.generate([""], Sampling(samples=1, max_tokens=3), [0])
    assert 1 <= completion.tokens <= 3
    assert await generator.generate([], Sampling(), []) == []


async def test_calls_at_the_same_time_share_batches(llama: Path) -> None:
    generator = await numbered(llama, max_batch=8)
    sampling = Sampling(samples=2, max_tokens=8)
    alone = [await generator.generate([state], sampling, [1]) for state in STATES]
    before = generator._batcher.batches
    together = await asyncio.gather(*(generator.generate([state], sampling, [1]) for state in STATES))
    assert generator._batcher.batches == before + 1
    assert [[c.text for c in a[0]] for a in together] == [[c.text for c in a[0]] for a in alone]
    mixed = await asyncio.gather(
        generator.generate(STATES[:1], sampling, [1]),
        generator.generate(STATES[:1], replace(sampling, decoding="greedy"), [1]),
        generator.generate(STATES[:1], replace(sampling, max_tokens=3), [1]),
    )
    assert [c.text for c in mixed[0][0]] == [c.text for c in alone[0][0]]
    assert [c.tokens for c in mixed[2][0]] == [3, 3]
    assert generator.busy_s > 0
    await generator.close()


async def test_the_event_loop_goes_on_while_the_model_runs(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = await numbered(llama)
    ticked = threading.Event()
    network = model_of(generator).network
    forward = network.forward

    def waiting(*arguments: Any, **options: Any) -> Any:
        assert ticked.wait(30), "the event loop stands still"
        return forward(*arguments, **options)

    monkeypatch.setattr(network, "forward", waiting)
    asked = asyncio.create_task(generator.generate([STATES[0]], Sampling(samples=1, max_tokens=2), [0]))
    await asyncio.sleep(0.05)
    assert not asked.done()
    ticked.set()
    assert len(await asked) == 1
    await generator.close()


def limited(limit: int, error: Exception, seen: list[int], inner: Callable[..., Any]) -> Callable[..., Any]:
    """A forward pass that runs out of memory above a number of sequences."""

    def forward(*arguments: Any, **options: Any) -> Any:
        tokens = options.get("input_ids", options.get("decoder_input_ids"))
        assert tokens is not None
        seen.append(len(tokens))
        if len(tokens) > limit:
            raise error
        return inner(*arguments, **options)

    return forward


@pytest.mark.parametrize("decoding", ["sample", "beam"])
@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=["cuda", "cpu", "python"],
)
async def test_out_of_memory_halves_the_batch_for_good(
    llama: Path, monkeypatch: pytest.MonkeyPatch, decoding: Any, error: Exception
) -> None:
    generator = await numbered(llama, max_batch=64)
    sampling = Sampling(samples=4, max_tokens=6, decoding=decoding)
    prompts, seeds = [f"⊢ {n} = {n}" for n in range(8)], list(range(8))
    wanted = await generator.generate(prompts, sampling, seeds)
    seen: list[int] = []
    network = model_of(generator).network
    monkeypatch.setattr(network, "forward", limited(9, error, seen, network.forward))
    found = await generator.generate(prompts, sampling, seeds)
    assert [[c.text for c in answer] for answer in found] == [[c.text for c in answer] for answer in wanted]
    assert generator.max_batch == 8
    seen.clear()
    await generator.generate(prompts, sampling, seeds)
    assert max(seen) <= 8
    await generator.close()


async def test_out_of_memory_on_a_single_prompt_is_an_error_that_says_what_to_do(
    llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = await numbered(llama)
    network = model_of(generator).network
    monkeypatch.setattr(network, "forward", limited(0, torch.cuda.OutOfMemoryError("x"), [], network.forward))
    with pytest.raises(PolicyError, match=r"out of memory on one prompt of \d+ tokens.*quantise"):
        await generator.generate(STATES, Sampling(samples=4), [0, 1, 2])
    await generator.close()


async def test_what_else_goes_wrong_in_the_model_is_one_sentence(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = await numbered(llama)
    network = model_of(generator).network
    monkeypatch.setattr(network, "forward", limited(0, RuntimeError("device-side\nassert"), [], network.forward))
    with pytest.raises(PolicyError, match="cannot be run: device-side assert"):
        await generator.generate(STATES, Sampling(samples=1), [0, 1, 2])
    await generator.close()


@pytest.mark.parametrize("decoding", ["sample", "greedy"])
async def test_a_model_that_answers_with_no_number_is_an_error(llama: Path, decoding: Any) -> None:
    generator = await numbered(llama)
    with torch.no_grad():
        model_of(generator).network.lm_head.weight.fill_(math.nan)
    with pytest.raises(PolicyError, match=r"not a number.*float32"):
        await generator.generate([STATES[0]], Sampling(samples=2, decoding=decoding, top_p=0.9), [0])
    await generator.close()


async def test_a_closed_model_answers_no_more(llama: Path) -> None:
    generator = await numbered(llama)
    asked = asyncio.create_task(generator.generate(STATES, Sampling(samples=8, max_tokens=400), [0, 1, 2]))
    await asyncio.sleep(0.1)
    await generator.close()
    await generator.close()
    with pytest.raises(PolicyError, match="was closed"):
        await asked
    with pytest.raises(PolicyError, match="was closed"):
        await generator.generate(STATES, Sampling(), [0, 1, 2])


@given(
    st.lists(st.floats(-30, 30), min_size=2, max_size=12),
    st.floats(0.05, 3),
    st.floats(0.05, 1),
    st.floats(0, 1, exclude_max=True),
)
def test_only_what_top_p_leaves_is_drawn(logits: list[float], heat: float, top_p: float, chance: float) -> None:
    scores = torch.tensor([logits, logits])
    [hot, cold], [score, best] = hf_decoding._choose(scores, [heat, 0.0], top_p, [chance, chance])
    raw = scores[0].log_softmax(-1)
    assert cold == int(raw.argmax())
    assert score == pytest.approx(float(raw[hot])) and best == pytest.approx(float(raw.max()))
    heated = (scores[0] / heat).softmax(-1)
    likelier = float(heated[heated > heated[hot] + 1e-6].sum())
    assert likelier < top_p + 1e-4


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, -math.inf]), min_size=3, max_size=3), st.integers(0, 10**9))
def test_tokens_are_drawn_as_often_as_they_are_likely(logits: list[float], seed: int) -> None:
    scores = torch.tensor([[*logits, 0.5]]).repeat(400, 1)
    grid = [(index + (seed % 997) / 997) / 400 for index in range(400)]
    drawn, _ = hf_decoding._choose(scores, [1.0] * 400, 1.0, grid)
    for token, probability in enumerate(scores[0].softmax(-1).tolist()):
        assert drawn.count(token) / 400 == pytest.approx(probability, abs=0.006)


def test_a_chance_of_almost_one_draws_no_token_without_a_chance() -> None:
    scores = torch.tensor([[0.0, 1.0, -math.inf, -math.inf]])
    assert hf_decoding._choose(scores, [1.0], 1.0, [1 - 2**-53])[0] == [1]
    assert hf_decoding._choose(scores, [1e-9], 1.0, [0.5])[0] == [1]


def test_older_caches_are_nested_tuples() -> None:
    cache = ((torch.arange(3), torch.arange(3) + 10), (torch.arange(3),))
    chosen = hf_decoding._selected(cache, torch.tensor([2, 0, 0]))
    assert chosen[0][1].tolist() == [12, 10, 10] and chosen[1][0].tolist() == [2, 0, 0]
