"""Language models behind any server with an OpenAI-compatible API: vLLM, SGLang, llama.cpp, Ollama, or one on the net.

A server may be away for a while, be busy, or answer nonsense: a request is then tried again, in turn at each of the
servers, with growing pauses. What no pause helps against (a wrong key, an unknown model) is an error at once.

The `openai` package is imported at the first request.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from lean_env.errors import PolicyError, UsageError
from prover.policy.completing import BusyClock, check, cut, one_line, seed_of, temperatures
from prover.policy.generation import Completion, Message, Prompt, Sampling

__all__ = ["OpenAIGenerator", "base_url"]

Result = TypeVar("Result")

_ENDPOINTS = ("/chat/completions", "/completions", "/models")
# What stands for the logarithm of nothing, as vLLM has it
_LEAST = -9999.0
_ENDED = ("stop", "eos", "eos_token", "stop_sequence")
# A server that asks for a longer pause than this is asked again after this
_LONGEST_PAUSE_S = 60.0
_TOO_LONG = ("context length", "context_length", "context window", "maximum model length", "max_model_len", "too long")


def base_url(url: str) -> str:
    """Where the API of a server begins: `https://host` and `https://host/v1` are the same.

    Raises:
        UsageError: it is no address of a server.
    """
    text = url.strip()
    if "://" not in text:
        text = "http://" + text
    parts = urlsplit(text)
    try:
        known = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        known = False
    if not known:
        raise UsageError(f"{url!r} is not the address of a server.", "Write it as in http://127.0.0.1:8000/v1.")
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    return urlunsplit((parts.scheme, parts.netloc, path or "/v1", "", ""))


@dataclass(frozen=True, slots=True)
class _Choice:
    """One answer as a server gave it."""

    text: str
    logprobs: tuple[float, ...] | None
    """Of its tokens, where the server says."""
    finished: bool


@dataclass(slots=True)
class _Server:
    """One of the servers, and whether it is to be left alone for now."""

    shown: str
    """Its address without a name or password in it."""
    client: Any
    rests_until: float = 0.0
    pauses: int = 0


@dataclass(frozen=True, slots=True)
class _Habits:
    """What the servers were found to want."""

    logprobs: bool = True
    """They know the option."""
    limit: str = "max_tokens"
    """What they call it in a chat; OpenAI's own want `max_completion_tokens`."""
    samples: int = 1_000_000
    """The samples that they give to a request at most."""


class _Garbage(Exception):
    """A server answered with what is not an answer."""


class OpenAIGenerator:
    """A model behind OpenAI-compatible servers: a `prover.policy.generation.Generator`.

    A text goes to the server's `completions`, a chat to its `chat/completions`, where the server applies the model's
    template. The server cannot say how many tokens a prompt has before it refuses one as too long; such a prompt loses
    a quarter at its front until it fits.

    `Completion.logprob` is the sum of the log-probabilities that the server gives for the answer's tokens. vLLM's are
    those of the model itself, before any temperature and top-p, with the token that ended the answer, so the sum is
    the same as with the model in this process. Other servers may leave the end token out. A server that gives none has
    them replaced by how often an answer came: the logarithm of its share among the samples of the prompt, with `tokens`
    1; answers to greedy requests then have 0.

    Settings of the model that a server adds by itself (such as top-k in a model's `generation_config.json`) are the
    server's business: start vLLM with `--generation-config vllm` to have none.

    Args:
        urls: addresses of one or more servers with the same model; they are used in turns.
        model: what they call it.
        api_key_env: the environment variable with the key. Without one, none is sent that means anything.
        timeout_s: for one answer, in seconds.
        max_in_flight: requests at a time, over all servers.
        tries: how often a request is tried for each server there is, before they count as down.
        pause_s: after the first failure a server is left alone for so many seconds, then for twice as many, and so on.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        model: str,
        *,
        api_key_env: str = "OPENAI_API_KEY",
        timeout_s: float = 300.0,
        max_in_flight: int = 64,
        tries: int = 6,
        pause_s: float = 1.0,
    ) -> None:
        self.urls = [base_url(url) for url in ([urls] if isinstance(urls, str) else urls)]
        if not self.urls:
            raise UsageError("A server's address is needed.", "Write it as in http://127.0.0.1:8000/v1.")
        if max_in_flight < 1 or tries < 1 or not timeout_s > 0 or not pause_s >= 0:
            raise UsageError("A server is asked at least once, with at least one request and some time for it.")
        self.name = model
        self._key = os.environ.get(api_key_env, "").strip()
        self._key_env = api_key_env
        self._timeout_s = timeout_s
        self._tries = tries
        self._pause_s = pause_s
        self._servers: list[_Server] = []
        self._turn = 0
        self._slots = asyncio.Semaphore(max_in_flight)
        self._clock = BusyClock()
        self._closed = False
        self._habits = _Habits()

    @property
    def busy_s(self) -> float:
        """Seconds during which at least one request was with a server."""
        return self._clock.seconds

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        """The completions of each prompt, in the order of the prompts. Whether a seed counts is up to the server."""
        check(sampling, prompts, seeds)
        if sampling.decoding == "beam":
            raise UsageError(
                "Servers with an OpenAI-compatible API have no beam search.",
                "Sample instead, or run the model in this process.",
            )
        if not self._servers:
            self._connect()
        return await _all([self._prompt(prompt, sampling, seed) for prompt, seed in zip(prompts, seeds, strict=True)])

    async def close(self) -> None:
        """Let go of the connections."""
        self._closed = True
        servers, self._servers = self._servers, []
        for server in servers:
            await server.client.close()

    def _connect(self) -> None:
        if self._closed:
            raise PolicyError(f"The connection to {self.name} was closed.")
        try:
            from openai import AsyncOpenAI
        except ImportError as error:
            raise PolicyError(
                "The package that talks to servers is not installed.",
                "Install it: pip install 'stepwise-prover[models]'",
            ) from error
        self._servers = [
            _Server(
                shown=_shown(url),
                client=AsyncOpenAI(base_url=url, api_key=self._key or "none", timeout=self._timeout_s, max_retries=0),
            )
            for url in self.urls
        ]

    async def _prompt(self, prompt: Prompt, sampling: Sampling, seed: int) -> list[Completion]:
        """The completions of one prompt: a request for each temperature, and more where a server gives fewer samples
        than it was asked for."""
        heats = temperatures(sampling)
        counts = Counter(heats)
        parts = await _all(
            [
                self._samples(prompt, sampling, heat, count, seed_of(seed, part))
                for part, (heat, count) in enumerate(counts.items())
            ]
        )
        drawn = {heat: iter(choices) for heat, choices in zip(counts, parts, strict=True)}
        choices = [next(drawn[heat]) for heat in heats]
        times = Counter(choice.text for choice in choices)
        return [
            Completion(
                text=choice.text,
                logprob=math.log(times[choice.text] / len(choices))
                if choice.logprobs is None
                else math.fsum(choice.logprobs),
                tokens=1 if choice.logprobs is None else len(choice.logprobs),
                finished=choice.finished,
            )
            for choice in choices
        ]

    async def _samples(self, prompt: Prompt, sampling: Sampling, heat: float, count: int, seed: int) -> list[_Choice]:
        """So many samples at one temperature, in as few requests as the servers allow."""
        choices: list[_Choice] = []
        while len(choices) < count:
            missing = range(len(choices), count)
            size = min(len(missing), self._habits.samples)
            found = await _all(
                [
                    self._request(prompt, sampling, heat, min(size, count - start), (seed + start) % 2**31)
                    for start in missing[::size]
                ]
            )
            fewest = min(len(part) for part in found[:-1] or found)
            if fewest < size:
                self._habits = replace(self._habits, samples=min(self._habits.samples, fewest))
            choices += [choice for part in found for choice in part]
        return choices[:count]

    async def _request(self, prompt: Prompt, sampling: Sampling, heat: float, count: int, seed: int) -> list[_Choice]:
        """What one request gives, tried until a server answers it."""
        failures = 0
        while True:
            async with self._slots:
                server = await self._next()
                habits = self._habits
                try:
                    with self._clock:
                        answer = await self._send(server, habits, prompt, sampling, heat, count, seed)
                    choices = _read(answer, sampling)
                except Exception as error:
                    changed = self._adapted(error, prompt, habits, count)
                    if changed is None:
                        failures += 1
                        self._judge(error, server, failures)
                    else:
                        prompt = changed
                else:
                    server.pauses, server.rests_until = 0, 0.0
                    return choices

    async def _send(
        self,
        server: _Server,
        habits: _Habits,
        prompt: Prompt,
        sampling: Sampling,
        heat: float,
        count: int,
        seed: int,
    ) -> object:
        options: dict[str, Any] = {
            "model": self.name,
            "n": min(count, habits.samples),
            "temperature": heat,
            "top_p": sampling.top_p,
            "seed": seed,
        }
        if sampling.stop:
            options["stop"] = list(sampling.stop)
        # The library's own limit is for each part of an answer; a server that dribbles would never reach it
        async with asyncio.timeout(self._timeout_s):
            if isinstance(prompt, str):
                if habits.logprobs:
                    options["logprobs"] = 1
                options["max_tokens"] = sampling.max_tokens
                return await server.client.completions.create(prompt=prompt, **options)
            if habits.logprobs:
                options["logprobs"] = True
            options[habits.limit] = sampling.max_tokens
            messages = [{"role": message.role, "content": message.content} for message in prompt]
            return await server.client.chat.completions.create(messages=messages, **options)

    async def _next(self) -> _Server:
        """The server whose turn it is, among those that are not left alone; waits where there is none."""
        while True:
            if self._closed:
                raise PolicyError(f"The connection to {self.name} was closed.")
            now = time.monotonic()
            for step in range(len(self._servers)):
                server = self._servers[(self._turn + step) % len(self._servers)]
                if server.rests_until <= now:
                    self._turn = (self._turn + step + 1) % len(self._servers)
                    return server
            first = min(server.rests_until for server in self._servers)
            await asyncio.sleep(max(0.0, first - now) + random.uniform(0, self._pause_s / 10))

    def _adapted(self, error: Exception, prompt: Prompt, habits: _Habits, count: int) -> Prompt | None:
        """The prompt to go on with where a server refused one that is too long, or options that it does not know.

        Args:
            habits: what was known of the servers when the request was sent; others may have found out more meanwhile.
        """
        import openai

        if not isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
            return None
        said = str(error)
        if any(words in said.lower() for words in _TOO_LONG):
            return _shorter(prompt)
        if "max_completion_tokens" in said and habits.limit == "max_tokens":
            self._habits = replace(self._habits, limit="max_completion_tokens")
        elif "logprobs" in said and habits.logprobs:
            self._habits = replace(self._habits, logprobs=False)
        elif min(count, habits.samples) > 1:  # perhaps that is what it does not know
            self._habits = replace(self._habits, samples=1)
        else:
            return None
        return prompt

    def _judge(self, error: Exception, server: _Server, failures: int) -> None:
        """Leave a server alone for a while.

        Raises:
            PolicyError: trying again does not help, or did not.
        """
        import openai

        at = f"The server {server.shown}"
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            raise PolicyError(
                f"{at} refuses the key for {self.name}." if self._key else f"{at} wants a key for {self.name}.",
                f"Set the environment variable {self._key_env} to the key.",
            ) from None
        if isinstance(error, openai.NotFoundError):
            raise PolicyError(
                f"{at} does not know {self.name}: {self._said(error)}.",
                "Check the model's name, whether it takes texts or chats, and the address.",
            ) from None
        if isinstance(error, openai.RateLimitError) and "insufficient_quota" in str(error):
            raise PolicyError(f"{at} says that what was paid for is used up.", "Check your account there.") from None
        passing = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError, openai.ConflictError)
        slow = isinstance(error, TimeoutError | openai.APITimeoutError)
        status = getattr(error, "status_code", None)
        if isinstance(error, _Garbage | ValueError | openai.APIResponseValidationError):
            what = f"gives answers that cannot be read: {self._said(error)}"
            hint = "Check that it is a server with an OpenAI-compatible API."
        elif slow:
            what = f"does not answer within {self._timeout_s:g} s"
            hint = "Allow more time, or ask for fewer samples or tokens."
        elif isinstance(error, passing) or status == 408:
            what = f"does not answer: {self._said(error)}"
            hint = "Start it again, or check the address; the run can be resumed then."
        elif isinstance(error, openai.APIStatusError):
            raise PolicyError(
                f"{at} refuses the request: {self._said(error)}.", "Check the model and the options."
            ) from None
        elif isinstance(error, openai.OpenAIError):
            raise PolicyError(f"{at} cannot be asked: {self._said(error)}.", "Check its address.") from None
        else:
            raise error
        if failures >= self._tries * len(self._servers):
            often = f", tried {failures} times" if failures > 1 else ""
            raise PolicyError(f"{at} {what}{often}.", hint) from None
        now = time.monotonic()
        if server.rests_until <= now:  # many requests fail together: that counts as once
            pause = min(self._pause_s * 2**server.pauses, _LONGEST_PAUSE_S)
            server.pauses += 1
            server.rests_until = now + max(pause, min(_asked_pause(error), _LONGEST_PAUSE_S))

    def _said(self, error: Exception) -> str:
        """What an error says, without the key."""
        cause = error.__cause__ if type(error).__name__ == "APIConnectionError" and error.__cause__ else error
        text = one_line(cause)
        return text.replace(self._key, "...") if self._key else text


async def _all(requests: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results of several requests; where one fails, the others are called off."""
    tasks = [asyncio.create_task(request) for request in requests]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _shown(url: str) -> str:
    """An address without a name or password in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _asked_pause(error: Exception) -> float:
    """The pause in seconds that a server asks for."""
    response = getattr(error, "response", None)
    try:
        pause = float(response.headers["retry-after"]) if response is not None else 0.0
    except (KeyError, ValueError):
        return 0.0
    return pause if math.isfinite(pause) else 0.0


def _shorter(prompt: Prompt) -> Prompt | None:
    """A prompt without the first quarter of its text (of a chat: of its longest message); None where little is left."""
    if isinstance(prompt, str):
        return prompt[max(1, len(prompt) // 4) :] if len(prompt) >= 64 else None
    longest = max(range(len(prompt)), key=lambda index: len(prompt[index].content))
    content = _shorter(prompt[longest].content)
    if not isinstance(content, str):
        return None
    shorter: tuple[Message, ...] = tuple(
        replace(message, content=content) if index == longest else message for index, message in enumerate(prompt)
    )
    return shorter


def _read(answer: object, sampling: Sampling) -> list[_Choice]:
    """The answers in what a server sent.

    Raises:
        _Garbage: it is not an answer.
    """
    choices = getattr(answer, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise _Garbage("there are no choices in it")
    return [_choice(choice, sampling) for choice in choices]


def _choice(choice: Any, sampling: Sampling) -> _Choice:
    reason = getattr(choice, "finish_reason", None)
    message = getattr(choice, "message", None)
    text = getattr(choice, "text", None) if message is None else getattr(message, "content", None)
    if text is None and message is not None and reason == "length":
        text = ""  # a model that thinks first did not get beyond that
    if not isinstance(text, str):
        raise _Garbage("a choice has no text")
    if reason in ("abort", "error"):
        raise _Garbage("an answer was given up")
    text, stopped = cut(text, sampling.stop)
    return _Choice(text, _logprobs(getattr(choice, "logprobs", None)), stopped or reason in _ENDED)


def _logprobs(given: Any) -> tuple[float, ...] | None:
    """The log-probabilities of the tokens: a list in answers to texts, records in answers to chats."""
    if given is None:
        return None
    values = getattr(given, "token_logprobs", None)
    if values is None:
        records = getattr(given, "content", None)
        if not isinstance(records, list):
            return None
        values = [
            record.get("logprob") if isinstance(record, dict) else getattr(record, "logprob", None)
            for record in records
        ]
    if not isinstance(values, list):
        raise _Garbage("its log-probabilities are not a list")
    if not values or any(value is None for value in values):
        return None
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or value > 1e-3:
            raise _Garbage(f"{value!r} is not a log-probability")
    return tuple(min(0.0, max(_LEAST, float(value))) for value in values)
