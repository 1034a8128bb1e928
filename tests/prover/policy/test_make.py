"""From what `--policy` and `--prompt` say to a policy."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lean_env.errors import PolicyError, UsageError
from prover.policy import MixturePolicy, ModelPolicy, ModelProofs, TacticsPolicy, make, open_generator, writes_proofs
from prover.policy.generation import Generator
from prover.policy.prompts import ADAPTERS
from prover.policy.spec import PolicySpec, parse_spec
from tests.prover.policy.scripted import Scripted

BFS = "hf:ByteDance-Seed/BFS-Prover-V2-7B"
GOEDEL = "vllm:Goedel-LM/Goedel-Prover-V2-8B"


def opening(opened: list[PolicySpec]) -> Callable[[PolicySpec], Generator]:
    def open_one(spec: PolicySpec) -> Generator:
        opened.append(spec)
        return Scripted({}, name=spec.model)

    return open_one


def test_the_built_in_policy() -> None:
    assert isinstance(make("auto"), TacticsPolicy) and isinstance(make(["tactics"]), TacticsPolicy)


def test_a_model_of_tactics() -> None:
    opened: list[PolicySpec] = []
    policy = make(f"{BFS}?dtype=bfloat16", temperatures=(0.7,), top_p=0.9, generator=opening(opened))
    assert isinstance(policy, ModelPolicy) and policy.adapter is ADAPTERS["bfs-prover"]
    assert opened == [parse_spec(f"{BFS}?dtype=bfloat16")]
    sampling = policy.sampling
    assert (sampling.decoding, sampling.temperature, sampling.temperatures, sampling.top_p) == ("sample", 0.7, (), 0.9)
    turns = make(BFS, temperatures=(0.7, 1.2), generator=opening([]))
    assert isinstance(turns, ModelPolicy) and turns.sampling.temperatures == (0.7, 1.2)


def test_a_model_answers_as_its_authors_let_it_unless_asked_otherwise() -> None:
    reprover = "hf:kaiyuy/leandojo-lean4-tacgen-byt5-small"
    policy, other = make(reprover, generator=opening([])), make(reprover, decoding="greedy", generator=opening([]))
    assert isinstance(policy, ModelPolicy) and policy.sampling.decoding == "beam"
    assert isinstance(other, ModelPolicy) and other.sampling.decoding == "greedy"


def test_a_model_of_whole_proofs() -> None:
    policy = make(f"{GOEDEL}?max_tokens=100", generator=opening([]))
    assert isinstance(policy, ModelProofs) and policy.sampling.max_tokens == 100
    assert writes_proofs([GOEDEL]) and not writes_proofs([BFS]) and not writes_proofs(["tactics"])
    assert not writes_proofs([GOEDEL], "chat") and writes_proofs([BFS], "whole-proof")


def test_a_mixture() -> None:
    policy = make(["tactics@0.3", BFS, "openai:http://h/v1#m?prompt=chat"], generator=opening([]), uniform=True)
    assert isinstance(policy, MixturePolicy) and policy.shares == pytest.approx((0.3, 0.35, 0.35))
    assert [type(each) for each in policy.policies] == [TacticsPolicy, ModelPolicy, ModelPolicy]
    last = policy.policies[-1]
    assert isinstance(last, ModelPolicy) and last.adapter is ADAPTERS["chat"] and last.uniform


@pytest.mark.parametrize(
    ("policies", "prompt", "said"),
    [
        (["hf:gpt2"], None, "No prompt format is known"),
        ([BFS], "nope", "--prompt does not know"),
        ([BFS], "none.toml", "does not exist"),
        (["tactics"], "chat", "--prompt is for models"),
        ([GOEDEL, "tactics"], None, "mixes a model that writes whole proofs"),
        (["hf:/nowhere/at/all"], None, "--policy hf:/nowhere/at/all does not exist"),
        (["oracle"], None, "--policy does not know"),
    ],
)
def test_what_cannot_be_made_is_said_before_a_model_is_loaded(
    policies: list[str], prompt: str | None, said: str
) -> None:
    opened: list[PolicySpec] = []
    with pytest.raises(UsageError, match=said):
        make(policies, prompt=prompt, generator=opening(opened))
    assert opened == []


def test_a_folder_says_what_its_model_was_made_from(tmp_path: Path) -> None:
    config: dict[str, object] = {"_name_or_path": "internlm/internlm2_5-step-prover"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    policy = make(f"hf:{tmp_path}", generator=opening([]))
    assert isinstance(policy, ModelPolicy) and policy.adapter.name == "internlm2_5-step-prover"
    for broken in ("[]", "{", ""):
        (tmp_path / "config.json").write_text(broken)
        with pytest.raises(UsageError, match="No prompt format"):
            make(f"hf:{tmp_path}", generator=opening([]))


def test_a_backend_is_imported_when_a_model_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Any, ...]] = []

    def library(path: str, *, dtype: str = "", options: Mapping[str, Any] | None = None) -> Scripted:
        seen.append((path, dtype, options))
        return Scripted({})

    def servers(urls: Sequence[str], model: str, *, timeout_s: float = 0.0) -> Scripted:
        seen.append((urls, model, timeout_s))
        return Scripted({})

    hf, server = types.ModuleType("hf"), types.ModuleType("openai_server")
    hf.TransformersGenerator = library  # type: ignore[attr-defined]
    server.OpenAIGenerator = servers  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "prover.policy.hf", hf)
    monkeypatch.setitem(sys.modules, "prover.policy.openai_server", server)
    open_generator(parse_spec("hf:m?dtype=bfloat16"))
    open_generator(parse_spec("hf:m?low_cpu_mem_usage=true"))
    open_generator(parse_spec("openai:http://a/v1,http://b/v1#m?timeout_s=3"))
    assert seen == [
        ("m", "bfloat16", None),
        ("m", "", {"low_cpu_mem_usage": True}),
        (("http://a/v1", "http://b/v1"), "m", 3),
    ]
    with pytest.raises(UsageError, match="has no option timeout") as raised:
        open_generator(parse_spec("openai:http://a/v1#m?timeout=1"))
    assert "Did you mean timeout_s?" in raised.value.hint


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prover.policy.vllm_engine", None)
    with pytest.raises(PolicyError, match="--policy vllm") as raised:
        open_generator(parse_spec("vllm:m"))
    assert raised.value.hint


def test_nothing_heavy_is_imported_to_read_options() -> None:
    code = (
        "import sys; from prover.config import RunConfig; "
        f"RunConfig('core', policies=('{BFS}', 'tactics')); "
        "assert not {'torch', 'transformers', 'vllm', 'numpy', 'openai', 'httpx'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
