"""Models behind a server, against one on this machine that answers well, late, badly or not at all."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import PolicyError, UsageError
from prover.policy import openai_server
from prover.policy.generation import Message, Sampling
from prover.policy.openai_server import OpenAIGenerator, base_url
from tests.prover.policy.scripted_server import Reply, Request, ScriptedServer, completion, refusal, serving

KEY = "sk-a-secret-that-nobody-may-see"
CHAT = (Message("system", "Lean"), Message("user", "⊢ p"))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@asynccontextmanager
async def asking(
    *servers: ScriptedServer | str, model: str = "m", pause_s: float = 0.01, **options: Any
) -> AsyncIterator[OpenAIGenerator]:
    urls = [server if isinstance(server, str) else server.url for server in servers]
    generator = OpenAIGenerator(urls, model, pause_s=pause_s, **options)
    try:
        yield generator
    finally:
        await generator.close()


def nowhere() -> str:
    """An address at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("https://host", "https://host/v1"),
        ("https://host/", "https://host/v1"),
        ("https://host/v1", "https://host/v1"),
        (" https://host/v1/ ", "https://host/v1"),
        ("http://host:8000/v1/chat/completions", "http://host:8000/v1"),
        ("http://host:8000/v1/completions", "http://host:8000/v1"),
        ("https://host/api/v3", "https://host/api/v3"),
        ("localhost:8000", "http://localhost:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_an_address_may_be_written_with_or_without_its_end(given: str, wanted: str) -> None:
    assert base_url(given) == wanted == base_url(wanted)


@pytest.mark.parametrize("url", ["", "http://", "ftp://host", "http://host:port", "http://host:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        OpenAIGenerator(url, "m")


async def test_a_text_is_completed() -> None:
    with serving() as server:
        async with asking(server) as generator:
            sampling = Sampling(samples=2, temperature=0.7, top_p=0.9, max_tokens=20, stop=("\n",))
            [answer] = await generator.generate(["⊢ p"], sampling, [5])
            assert [(c.text, c.logprob, c.tokens, c.finished) for c in answer] == [
                ("tactic 0", -0.75, 2, True),
                ("tactic 1", -1.75, 2, True),
            ]
            assert generator.busy_s > 0
        [request] = server.requests
        assert server.paths == ["/v1/completions"] and server.keys == [f"Bearer {KEY}"]
        assert (request["prompt"], request["n"], request["max_tokens"], request["stop"]) == ("⊢ p", 2, 20, ["\n"])
        assert (request["temperature"], request["top_p"], request["model"]) == (0.7, 0.9, "m")
        assert 0 <= request["seed"] < 2**31


async def test_a_chat_goes_to_the_chat_endpoint() -> None:
    with serving() as server:
        async with asking(server.url + "/v1") as generator:
            [[one, two]] = await generator.generate([CHAT], Sampling(samples=2), [5])
            assert (one.text, one.logprob, two.logprob, one.tokens) == ("tactic 0", -0.75, -1.75, 2)
        assert server.paths == ["/v1/chat/completions"]
        assert server.requests[0]["messages"][1] == {"role": "user", "content": "⊢ p"}


async def test_answers_come_in_the_order_of_the_prompts_and_few_requests_are_out_at_a_time() -> None:
    def slowly(request: Request) -> Reply:
        reply = completion(request)
        reply.body["choices"][0]["text"] = request["prompt"]
        return Reply(reply.body, after_s=0.1 if request["prompt"] == "0" else 0.02)

    with serving(otherwise=slowly) as server:
        async with asking(server, max_in_flight=3) as generator:
            prompts = [str(number) for number in range(12)]
            answers = await generator.generate(prompts, Sampling(samples=1), list(range(12)))
        assert [answer[0].text for answer in answers] == prompts
        assert server.at_once <= 3
        assert len({request["seed"] for request in server.requests}) == 12


async def test_each_temperature_is_a_request_and_the_samples_keep_their_turns() -> None:
    def warm(request: Request) -> Reply:
        reply = completion(request)
        for index, choice in enumerate(reply.body["choices"]):
            choice["text"] = f"{request['temperature']}/{index}"
        return reply

    with serving(otherwise=warm) as server:
        async with asking(server) as generator:
            [answer] = await generator.generate(["p"], Sampling(samples=5, temperatures=(0.5, 1.0)), [0])
        assert [c.text for c in answer] == ["0.5/0", "1.0/0", "0.5/1", "1.0/1", "0.5/2"]
        assert sorted(request["n"] for request in server.requests) == [2, 3]


async def test_greedy_is_one_sample_at_temperature_nought() -> None:
    with serving() as server:
        async with asking(server) as generator:
            [answer] = await generator.generate(["p"], Sampling(samples=9, decoding="greedy"), [0])
        assert len(answer) == 1
        assert (server.requests[0]["n"], server.requests[0]["temperature"]) == (1, 0.0)


async def test_beams_are_refused() -> None:
    with serving() as server:
        async with asking(server) as generator:
            with pytest.raises(UsageError, match="no beam search"):
                await generator.generate(["p"], Sampling(decoding="beam"), [0])
        assert not server.requests


async def test_a_stop_text_that_the_server_leaves_in_is_cut_off() -> None:
    def long(request: Request) -> Reply:
        reply = completion(request, end="length")
        reply.body["choices"][0]["text"] = "simp\nrfl"
        return reply

    with serving(otherwise=long) as server:
        async with asking(server) as generator:
            [[one, two]] = await generator.generate(["p"], Sampling(samples=2, stop=("\n",)), [0])
        assert (one.text, one.finished, two.finished) == ("simp", True, False)


async def test_without_log_probabilities_frequent_answers_count_more() -> None:
    texts = ["simp", "rfl", "simp", "simp"]

    def silent(request: Request) -> Reply:
        reply = completion(request, logprobs=False)
        for text, choice in zip(texts, reply.body["choices"], strict=True):
            choice["text"] = text
        return reply

    with serving(otherwise=silent) as server:
        async with asking(server) as generator:
            [answer] = await generator.generate(["p"], Sampling(samples=4), [0])
        assert [c.logprob for c in answer] == pytest.approx([math.log(0.75), math.log(0.25)] + [math.log(0.75)] * 2)
        assert {c.tokens for c in answer} == {1}


@pytest.mark.parametrize("prompt", ["p", CHAT], ids=["text", "chat"])
async def test_a_server_that_refuses_to_give_log_probabilities_is_asked_without(prompt: Any) -> None:
    def strict(request: Request) -> Reply:
        if "logprobs" in request:
            return refusal(400, "logprobs are not supported by this model")
        return completion(request)

    with serving(otherwise=strict) as server:
        async with asking(server) as generator:
            answers = await generator.generate([prompt] * 4, Sampling(samples=2), [0, 1, 2, 3])
            assert [len(answer) for answer in answers] == [2] * 4
            asked = len(server.requests)
            await generator.generate([prompt], Sampling(samples=2), [0])
            assert len(server.requests) == asked + 1


async def test_a_server_that_wants_another_name_for_the_limit_gets_it() -> None:
    def modern(request: Request) -> Reply:
        if "max_tokens" in request:
            return refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return completion(request)

    with serving(otherwise=modern) as server:
        async with asking(server) as generator:
            answers = await generator.generate([CHAT] * 3, Sampling(samples=2, max_tokens=7), [0, 1, 2])
        assert [len(answer) for answer in answers] == [2] * 3
        assert server.requests[-1]["max_completion_tokens"] == 7


@pytest.mark.parametrize("refuses", [False, True])
async def test_a_server_that_gives_one_sample_at_a_time_is_asked_again(refuses: bool) -> None:
    def single(request: Request) -> Reply:
        if refuses and request["n"] > 1:
            return refusal(400, "Only one completion choice is allowed")
        return completion(request | {"n": 1})

    with serving(otherwise=single) as server:
        async with asking(server) as generator:
            answers = await generator.generate(["p", "q"], Sampling(samples=5), [0, 1])
            assert [len(answer) for answer in answers] == [5, 5]
            assert len({request["seed"] for request in server.requests if request["n"] == 1}) >= 8
            before = len(server.requests)
            await generator.generate(["p"], Sampling(samples=5), [0])
            assert len(server.requests) == before + 5


@pytest.mark.parametrize("chat", [False, True])
async def test_a_prompt_that_is_too_long_loses_its_front(chat: bool) -> None:
    def short(request: Request) -> Reply:
        text = request["messages"][1]["content"] if chat else request["prompt"]
        if len(text) > 300:
            return refusal(400, "This model's maximum context length is 300 tokens")
        return completion(request)

    text = "h : a = b\n" * 100 + "⊢ p"
    prompt = (Message("system", "Lean"), Message("user", text)) if chat else text
    with serving(otherwise=short) as server:
        async with asking(server) as generator:
            [answer] = await generator.generate([prompt], Sampling(samples=1), [0])
        assert len(answer) == 1
        last = server.requests[-1]
        kept = last["messages"][1]["content"] if chat else last["prompt"]
        assert text.endswith(kept) and 200 < len(kept) <= 300


async def test_a_context_without_room_for_anything_is_an_error() -> None:
    with serving(otherwise=lambda _: refusal(400, "maximum context length is 0 tokens")) as server:
        async with asking(server) as generator:
            with pytest.raises(PolicyError, match=r"refuses the request: .*maximum context length"):
                await generator.generate(["p" * 5000], Sampling(samples=2), [0])


@pytest.mark.parametrize(
    "trouble",
    [
        refusal(500, "oops"),
        refusal(503, "loading"),
        refusal(429, "slow down"),
        refusal(408, "late"),
        refusal(409, "conflict"),
        Reply(b"{not json"),
        Reply(b"", headers={"content-type": "text/html"}),
        Reply(b"<html>hello</html>", headers={"content-type": "text/html"}),
        Reply(b'"a text"'),
        Reply(b"[]"),
        Reply(b"null"),
        Reply(b"\xff\xfe"),
        Reply({}),
        Reply({"choices": None}),
        Reply({"choices": []}),
        Reply({"choices": {"0": {"text": "simp"}}}),
        Reply({"choices": [7]}),
        Reply({"choices": [{"text": None, "finish_reason": "stop"}]}),
        Reply({"choices": [{"text": 7}]}),
        Reply({"choices": [{"message": {"content": None}, "finish_reason": "stop"}]}),
        Reply({"choices": [{"text": "x", "finish_reason": "abort"}]}),
        Reply({"choices": [{"text": "x", "logprobs": {"token_logprobs": [math.nan]}}]}),
        Reply({"choices": [{"text": "x", "logprobs": {"token_logprobs": [0.5]}}]}),
        Reply({"choices": [{"text": "x", "logprobs": {"token_logprobs": ["low"]}}]}),
        Reply({"choices": [{"text": "x", "logprobs": {"token_logprobs": 3}}]}),
    ],
    ids=lambda reply: f"{reply.status} {reply.body!r}"[:60],
)
@pytest.mark.parametrize("prompt", ["p", CHAT], ids=["text", "chat"])
async def test_trouble_that_passes_is_not_noticed(trouble: Reply, prompt: Any) -> None:
    with serving(trouble, trouble) as server:
        async with asking(server) as generator:
            [[one]] = await generator.generate([prompt], Sampling(samples=1), [0])
        assert (one.text, one.logprob) == ("tactic 0", -0.75)
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (refusal(500, f"broken {KEY}"), "does not answer: .*tried 3 times"),
        (refusal(429, "slow down"), "does not answer: .*slow down"),
        (Reply(b"{not json"), "cannot be read"),
        (Reply({"choices": [{"text": None}]}), "cannot be read: a choice has no text"),
        (Reply({"choices": [{"text": "x", "logprobs": {"token_logprobs": [math.nan]}}]}), "nan is not a log-prob"),
    ],
)
async def test_trouble_that_stays_is_one_sentence_without_the_key(trouble: Reply, words: str) -> None:
    with serving(otherwise=lambda _: trouble) as server:
        async with asking(server, tries=3) as generator:
            with pytest.raises(PolicyError, match=words) as raised:
                await generator.generate(["p"], Sampling(samples=1), [0])
        assert len(server.requests) == 3
    assert raised.value.hint and "\n" not in str(raised.value) and KEY not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (refusal(401, f"Incorrect API key provided: {KEY}"), "refuses the key.*OPENAI_API_KEY"),
        (refusal(403, "no"), "refuses the key"),
        (refusal(404, "The model `m` does not exist."), "does not know m: .*does not exist"),
        (refusal(429, "You exceeded your quota: insufficient_quota"), "used up"),
        (refusal(400, f"bad request of {KEY}"), "refuses the request"),
    ],
)
async def test_trouble_that_no_pause_helps_against_is_an_error_at_once(trouble: Reply, words: str) -> None:
    with serving(otherwise=lambda _: trouble) as server:
        async with asking(server) as generator:
            with pytest.raises(PolicyError, match=words) as raised:
                await generator.generate(["p"], Sampling(samples=1), [0])
        assert len(server.requests) == 1
    assert KEY not in str(raised.value) and KEY not in repr(raised.value)


async def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with serving(otherwise=lambda _: refusal(401)) as server:
        async with asking(server, api_key_env="MY_KEY") as generator:
            with pytest.raises(PolicyError, match=r"wants a key.*MY_KEY"):
                await generator.generate(["p"], Sampling(samples=1), [0])


async def test_a_server_that_is_down_is_one_sentence() -> None:
    async with asking(nowhere(), tries=3) as generator:
        with pytest.raises(PolicyError, match=r"127\.0\.0\.1:\d+/v1 does not answer: .*tried 3 times\. Start it"):
            await generator.generate(["p"], Sampling(), [0])


async def test_a_server_that_is_too_slow_is_one_sentence() -> None:
    with serving(otherwise=lambda request: Reply(completion(request).body, after_s=1.0)) as server:
        async with asking(server, tries=2, timeout_s=0.1) as generator:
            begun = time.monotonic()
            with pytest.raises(PolicyError, match=r"within 0.1 s, tried 2 times"):
                await generator.generate(["p"], Sampling(samples=1), [0])
            assert time.monotonic() - begun < 5


async def test_another_server_takes_over() -> None:
    with serving() as good, serving(otherwise=lambda _: refusal(500)) as bad:
        async with asking(nowhere(), bad, good, tries=1, pause_s=30) as generator:
            answers = await generator.generate([str(n) for n in range(6)], Sampling(samples=1), list(range(6)))
            assert len(answers) == 6 and len(good.requests) == 6
            tried = len(bad.requests)
            await generator.generate(["p"] * 4, Sampling(samples=1), [0] * 4)
            assert len(bad.requests) == tried  # it is left alone


async def test_servers_take_turns() -> None:
    with serving() as one, serving() as other:
        async with asking(one, other) as generator:
            await generator.generate(["p"] * 10, Sampling(samples=1), [0] * 10)
        assert len(one.requests) == len(other.requests) == 5


async def test_a_server_that_comes_back_is_used_again() -> None:
    with serving(refusal(503), refusal(503), refusal(503)) as server:
        async with asking(server) as generator:
            for number in range(3):
                await generator.generate(["p"] * 3, Sampling(samples=1), [number] * 3)
        assert len(server.requests) == 12


async def test_the_pause_that_a_server_asks_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(refusal(429, "later", **{"retry-after": "0.4"})) as server:
        async with asking(server) as generator:
            begun = time.monotonic()
            await generator.generate(["p"], Sampling(samples=1), [0])
            assert time.monotonic() - begun >= 0.4
    monkeypatch.setattr(openai_server, "_LONGEST_PAUSE_S", 0.05)
    with serving(
        refusal(429, "tomorrow", **{"retry-after": "86400"}), refusal(429, **{"retry-after": "nan"})
    ) as server:
        async with asking(server) as generator:
            await generator.generate(["p"], Sampling(samples=1), [0])
        assert len(server.requests) == 3


async def test_a_request_that_is_called_off_leaves_nothing_behind() -> None:
    with serving(otherwise=lambda request: Reply(completion(request).body, after_s=0.3)) as server:
        async with asking(server, max_in_flight=1) as generator:
            asked = asyncio.create_task(generator.generate(["p"] * 5, Sampling(samples=1), [0] * 5))
            await asyncio.to_thread(server.asked.wait, 30)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            await generator.generate(["q"], Sampling(samples=1), [0])
            assert [request["prompt"] for request in server.requests] == ["p", "q"]
            busy = generator.busy_s
            await asyncio.sleep(0.02)
            assert generator.busy_s == busy


async def test_a_model_that_thinks_too_long_has_an_empty_answer() -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": None}, "finish_reason": "length"}]}
    with serving(Reply(body)) as server:
        async with asking(server) as generator:
            [[one]] = await generator.generate([CHAT], Sampling(samples=1), [0])
        assert (one.text, one.finished) == ("", False)


async def test_a_name_and_password_in_an_address_are_not_shown() -> None:
    url = nowhere().replace("http://", "http://me:password@")
    async with asking(url, tries=1) as generator:
        with pytest.raises(PolicyError) as raised:
            await generator.generate(["p"], Sampling(), [0])
        assert "password" not in str(raised.value)


async def test_closing_twice_does_nothing_and_ends_the_use() -> None:
    with serving() as server:
        async with asking(server) as generator:
            await generator.generate(["p"], Sampling(samples=1), [0])
            await generator.close()
            await generator.close()
            with pytest.raises(PolicyError, match="closed"):
                await generator.generate(["p"], Sampling(samples=1), [0])


def test_nonsense_options_are_refused() -> None:
    for options in ({"max_in_flight": 0}, {"tries": 0}, {"timeout_s": 0}, {"timeout_s": math.nan}, {"pause_s": -1}):
        with pytest.raises(UsageError):
            OpenAIGenerator("http://host", "m", **options)
    with pytest.raises(UsageError):
        OpenAIGenerator([], "m")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "text", "logprobs", "token_logprobs", "message", "content", "logprob"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_whatever_a_server_sends_is_read_or_called_garbage(body: Any, chat: bool) -> None:
    from openai._models import construct_type
    from openai.types import Completion
    from openai.types.chat import ChatCompletion

    for sent in (body, {"choices": [body]}, {"choices": [{"text": "x", "logprobs": body, "message": body}]}):
        answer = construct_type(type_=ChatCompletion if chat else Completion, value=json.loads(json.dumps(sent)))
        try:
            choices = openai_server._read(answer, Sampling())
        except openai_server._Garbage:
            continue
        for choice in choices:
            assert isinstance(choice.text, str)
            assert choice.logprobs is None or all(value <= 0 for value in choice.logprobs)
