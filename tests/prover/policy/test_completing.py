"""What the backends share."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import UsageError
from prover.policy import completing
from prover.policy.completing import BusyClock
from prover.policy.generation import Sampling


@given(st.text("ab\n"), st.lists(st.text("ab\n", max_size=3), max_size=3))
def test_a_text_is_cut_at_the_first_stop_text(text: str, stops: list[str]) -> None:
    left, stopped = completing.cut(text, stops)
    assert text.startswith(left)
    assert not any(stop in left for stop in stops if stop)
    assert stopped == any(stop in text for stop in stops if stop) == (left != text)


@given(st.lists(st.integers(2, 9), min_size=1, max_size=40), st.integers(4, 40), st.integers(1, 10), st.booleans())
def test_a_prompt_keeps_its_end_and_its_begin_token(tokens: list[int], longest: int, asked: int, begins: bool) -> None:
    sampling = Sampling(max_tokens=asked)
    prompt = [1, *tokens] if begins else tokens
    if longest - asked < 2:
        with pytest.raises(UsageError, match="leaves no room"):
            completing.fitted(prompt, longest, sampling, "m", 1)
        return
    fit = completing.fitted(prompt, longest, sampling, "m", 1)
    assert len(fit) == min(len(prompt), longest - asked)
    assert fit[-1] == prompt[-1] and (fit[0] == 1) == begins
    assert completing.fitted(prompt, None, sampling, "m", 1) == prompt


def test_samples_take_turns_at_the_temperatures() -> None:
    assert completing.temperatures(Sampling(samples=5, temperatures=(0.5, 1.0))) == [0.5, 1.0, 0.5, 1.0, 0.5]
    assert completing.temperatures(Sampling(samples=2, temperature=0.7)) == [0.7, 0.7]
    assert completing.temperatures(Sampling(samples=5, decoding="greedy")) == [0.0]


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(samples=0),
        Sampling(max_tokens=0),
        Sampling(top_p=0),
        Sampling(top_p=1.5),
        Sampling(top_p=math.nan),
        Sampling(temperature=-1),
        Sampling(temperature=math.nan),
        Sampling(temperatures=(1.0, math.inf)),
    ],
)
def test_what_no_backend_can_do_is_refused(sampling: Sampling) -> None:
    with pytest.raises(UsageError):
        completing.check(sampling, ["p"], [0])


def test_there_is_a_seed_for_each_prompt() -> None:
    with pytest.raises(ValueError, match="1 seeds for 2 prompts"):
        completing.check(Sampling(), ["p", "q"], [0])


def test_seeds_are_what_every_server_takes_and_differ() -> None:
    seeds = [completing.seed_of(seed, part) for seed in range(20) for part in range(20)]
    assert len(set(seeds)) == 400 and min(seeds) >= 0 and max(seeds) < 2**31
    assert completing.seed_of(-(2**70), 3) == completing.seed_of(-(2**70), 3)


class Words:
    """A tokenizer of words that drops the space before the first, as sentencepiece's do."""

    def decode(self, tokens: list[int], **options: object) -> str:
        return " ".join(["exact", "hp", "hq", "---"][token] for token in tokens)


def test_the_space_after_a_prompt_is_part_of_the_answer() -> None:
    assert completing.answer_text(Words(), (0, 0), [1, 2]) == " hp hq"
    assert completing.answer_text(Words(), (), [1, 2]) == "hp hq"


@given(st.lists(st.integers(0, 2), max_size=30), st.sampled_from(["---", "hq ---", " ---", "p hq"]))
def test_a_stop_text_is_seen_at_the_token_that_completes_it(tokens: list[int], stop: str) -> None:
    answer = [*tokens, 1, 2, 3]
    at = [length for length in range(1, len(answer) + 1) if completing.stopped(Words(), (0,), answer[:length], (stop,))]
    text = completing.answer_text(Words(), (0,), answer[: at[0]])
    assert stop in text and stop not in completing.answer_text(Words(), (0,), answer[: at[0] - 1])
    assert not completing.stopped(Words(), (0,), answer, ())


def test_an_error_from_elsewhere_is_one_short_line() -> None:
    assert completing.one_line(ValueError("a\n  b.")) == "a b"
    assert completing.one_line(ValueError()) == "ValueError"
    assert len(completing.one_line(ValueError("x" * 1000))) == 300


def test_time_is_counted_once_however_many_requests_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("prover.policy.completing.time.monotonic", lambda: now)
    clock = BusyClock()
    with clock:
        now = 1.0
        with clock:
            now = 3.0
        assert clock.seconds == 3.0
    now = 10.0
    assert clock.seconds == 3.0
    with pytest.raises(KeyError), clock:
        now = 11.0
        raise KeyError
    assert clock.seconds == 4.0


def test_the_backends_are_there_at_once() -> None:
    heavy = "{'torch', 'transformers', 'openai', 'vllm'}"
    ours = "prover.policy.hf, prover.policy.openai_server, prover.policy.vllm_engine"
    code = f"import sys, {ours}; print({heavy} & {{*sys.modules}})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
