"""Loading models through transformers: files, options, devices and adapters, and what is said where one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lean_env.errors import PolicyError, UsageError
from prover.policy import hf_loading
from prover.policy.generation import Sampling
from prover.policy.hf import TransformersGenerator
from tests.prover.policy import tiny_models
from tests.prover.policy.test_hf import STATES, numbered


async def test_a_model_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for name, words in (
        (tmp_path / "none", "There is no folder"),
        (empty, "it has no config.json"),
        ("nobody/no-such-model-here", "no-such-model-here"),
    ):
        generator = TransformersGenerator(name, device="cpu")
        with pytest.raises(PolicyError, match=words) as raised:
            await generator.generate(["p"], Sampling(), [0])
        assert raised.value.hint and "\n" not in str(raised.value)
        await generator.close()


async def test_weights_that_are_missing_or_cut_off_are_one_sentence(tmp_path: Path) -> None:
    folder = tiny_models.make_llama(tmp_path / "broken")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    generator = TransformersGenerator(folder, device="cpu")
    with pytest.raises(PolicyError, match="cannot be loaded"):
        await generator.load()
    weights.unlink()
    with pytest.raises(PolicyError, match="cannot be loaded") as raised:
        await generator.load()
    assert "\n" not in str(raised.value)
    await generator.close()


async def test_what_is_wrong_with_an_option_is_said(llama: Path) -> None:
    with pytest.raises(UsageError):
        TransformersGenerator(llama, max_batch=0)
    for options, words in (
        ({"device": "abacus"}, "no device named"),
        ({"dtype": "int64"}, "no number type"),
        ({"dtype": "roman"}, "no number type"),
    ):
        generator = TransformersGenerator(llama, **options)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=words):
            await generator.load()
        await generator.close()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
async def test_a_gpu_that_is_not_there_is_one_sentence(llama: Path) -> None:
    generator = TransformersGenerator(llama, device="cuda")
    with pytest.raises(UsageError, match=r"no CUDA GPU.*device cpu"):
        await generator.load()
    await generator.close()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")
async def test_a_gpu_gives_the_log_probabilities_of_the_cpu(llama: Path) -> None:
    there = TransformersGenerator(llama, device="cuda", dtype="float32")
    here = TransformersGenerator(llama, device="cpu", dtype="float32")
    sampling = Sampling(decoding="greedy", max_tokens=16)
    for [fast], [slow] in zip(
        await there.generate(STATES, sampling, [0, 0, 0]), await here.generate(STATES, sampling, [0, 0, 0]), strict=True
    ):
        assert (fast.text, fast.tokens) == (slow.text, slow.tokens)
        assert fast.logprob == pytest.approx(slow.logprob, abs=1e-2)
    await there.close()
    await here.close()


async def test_an_adapter_changes_the_model(llama: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    adapter = tiny_models.make_adapter(tmp_path / "lora", llama)
    plain, adapted = await numbered(llama), await numbered(llama, adapter=adapter)
    sampling = Sampling(decoding="greedy", max_tokens=12)
    assert await plain.generate(STATES, sampling, [0] * 3) != await adapted.generate(STATES, sampling, [0] * 3)
    await plain.close()
    await adapted.close()


async def test_an_adapter_that_is_not_there_is_one_sentence(llama: Path, tmp_path: Path) -> None:
    generator = TransformersGenerator(llama, device="cpu", adapter=tmp_path / "none")
    with pytest.raises(PolicyError, match=r"peft|no folder .* with an adapter"):
        await generator.load()
    await generator.close()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("You are trying to access a gated repo.\nSee elsewhere", "does not hand out"),
        ("x is not a local folder and is not a valid model identifier listed on", "There is no model named"),
        ("We couldn't connect to 'https://huggingface.co' to load the files", "does not answer"),
        ("Please pass the argument `trust_remote_code=True`", "code of its own"),
        ("Something\nelse.", "cannot be loaded: Something else"),
    ],
)
def test_what_the_hub_says_becomes_one_sentence(said: str, words: str) -> None:
    error = hf_loading.cannot_load("someone/model", None, OSError(said))
    assert words in error.message and error.hint and "\n" not in str(error)


def test_the_number_type_is_named_as_the_installed_version_wants_it() -> None:
    assert [hf_loading.dtype_word(version) for version in ("4.50.0", "4.56.1", "5.0.0rc1")] == [
        "torch_dtype",
        "dtype",
        "dtype",
    ]
