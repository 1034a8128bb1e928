"""What `--policy` takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import UsageError
from prover.policy.spec import PolicySpec, parse_spec, parse_specs, shares


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("auto", PolicySpec("auto")),
        (" tactics ", PolicySpec("tactics")),
        ("tactics@0.3", PolicySpec("tactics", share=0.3)),
        ("tactics@.5", PolicySpec("tactics", share=0.5)),
        ("hf:org/model-7B", PolicySpec("hf", "org/model-7B")),
        ("hf:/models/x y", PolicySpec("hf", "/models/x y")),
        ("hf:org/model@main", PolicySpec("hf", "org/model@main")),
        (
            "hf:path?dtype=bfloat16&device=cuda:1@2",
            PolicySpec("hf", "path", options={"dtype": "bfloat16", "device": "cuda:1"}, share=2.0),
        ),
        (
            "vllm:path?tensor_parallel_size=2&quantization=fp8&trust_remote_code=True&gpu_memory_utilization=0.85",
            PolicySpec(
                "vllm",
                "path",
                options={
                    "tensor_parallel_size": 2,
                    "quantization": "fp8",
                    "trust_remote_code": True,
                    "gpu_memory_utilization": 0.85,
                },
            ),
        ),
        (
            "hf:m?prompt=chat&max_tokens=99&revision=a%26b",
            PolicySpec("hf", "m", options={"revision": "a&b"}, prompt="chat", max_tokens=99),
        ),
        ("openai:http://h:8000/v1#m", PolicySpec("openai", "m", ("http://h:8000/v1",))),
        (
            "openai:http://a:1/v1/, https://b/v1?x=1#org/m?timeout=9",
            PolicySpec("openai", "org/m", ("http://a:1/v1", "https://b/v1?x=1"), {"timeout": 9}),
        ),
        ("openai:http://[::1]:8000/v1#m@0.5", PolicySpec("openai", "m", ("http://[::1]:8000/v1",), share=0.5)),
    ],
)
def test_specs(text: str, spec: PolicySpec) -> None:
    assert parse_spec(text) == spec


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "--policy is empty."),
        ("gpt", "--policy does not know 'gpt'."),
        ("Auto", "Did you mean auto?"),
        ("tactisc", "Did you mean tactics?"),
        ("vlm:x", "Did you mean vllm?"),
        ("tactics?x=1", "--policy does not know"),
        ("hf", "--policy hf names no model. Write hf:PATH_OR_ID."),
        ("hf:", "names no model"),
        ("hf: ?x=1", "names no model"),
        ("vllm:m?x", "'x' is no option"),
        ("vllm:m?x=", "is no option"),
        ("vllm:m?1=2", "is no option"),
        ("vllm:m?x=1&x=2", "gives x twice"),
        ("vllm:m?max_tokens=many", "max_tokens takes a whole number"),
        ("vllm:m?max_tokens=0", "max_tokens takes a whole number"),
        ("openai:m", "names no model"),
        ("openai:http://h", "names no model"),
        ("openai:#m", "has no address of a server"),
        ("openai:ftp://h#m", "has no address of a server"),
        ("openai:http://#m", "has no address of a server"),
        ("openai:http://h:99999#m", "has no address of a server"),
        ("openai:http://h,#m", "has no address of a server"),
        ("openai:http://me:hunter2@h/v1#m", "holds a password"),
        ("openai:http://h/v1#m?api_key=abc", "holds api_key"),
        ("hf:m?hf_token=abc", "holds hf_token"),
        ("tactics@0", "cannot have the share 0"),
        ("hf:a\0b", "holds a character"),
    ],
)
def test_specs_that_are_none(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_spec(text)
    assert said in str(raised.value) and "--policy" in raised.value.message and raised.value.hint
    assert "abc" not in str(raised.value) and "hunter2" not in str(raised.value)


@given(
    st.text() | st.lists(st.sampled_from(["hf:", "openai:", "http://", "h", "#", "?", "=", "&", "@", "1"])).map("".join)
)
def test_whatever_is_written_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        spec = parse_spec(text)
    except UsageError as error:
        assert "\n" not in error.message and len(error.message) < 200 and error.hint
    else:
        assert spec.identity()


@pytest.mark.parametrize(
    ("texts", "each"),
    [
        (["tactics"], (1.0,)),
        (["tactics@0.3"], (1.0,)),
        (["tactics", "hf:m"], (0.5, 0.5)),
        (["tactics@0.2", "hf:m", "hf:n"], (0.2, 0.4, 0.4)),
        (["tactics@1", "hf:m@3"], (0.25, 0.75)),
    ],
)
def test_shares(texts: list[str], each: tuple[float, ...]) -> None:
    assert shares(parse_specs(texts)) == pytest.approx(each)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "--policy is empty"),
        (["auto", "tactics"], "--policy auto cannot be mixed"),
        (["tactics", "tactics@0.5"], "--policy names tactics twice"),
        (["hf:m", "hf:m?device=cuda:1"], "--policy names hf:m twice"),
        (["tactics@1", "hf:m"], "leaves none for the rest"),
    ],
)
def test_policies_that_cannot_stand_beside_each_other(texts: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_specs(texts)


def test_where_a_model_runs_decides_no_result() -> None:
    here = parse_spec("hf:m?dtype=float16&device=cuda:0&max_batch=8")
    there = parse_spec("hf:m?device=cpu&dtype=float16")
    assert here.identity() == there.identity() == "hf:m?dtype=float16"
    assert parse_spec("hf:m?dtype=bfloat16").identity() != here.identity()
    assert parse_spec("openai:http://a/v1#m").identity() == parse_spec("openai:http://b/v1#m").identity() == "openai:m"
    assert parse_spec("hf:m?prompt=chat&max_tokens=9@0.5").identity() == "hf:m?max_tokens=9&prompt=chat@0.5"
    assert parse_spec("tactics").identity() == "tactics"
    assert parse_spec("openai:http://a#m?api_key_env=MY_KEY&timeout_s=9&x=1").identity() == "openai:m?x=1"
