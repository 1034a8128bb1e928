"""The protocol's encoding and parsing, without a process."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import ProtocolError
from lean_env.protocol import decode, encode, parse_opened, parse_outcome, parse_report, state_hash

STATE = {"state": 3, "goals": ["⊢ P"], "hash": 7}
OPEN = {"kind": "open", "states": [STATE], "us": 1500}

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["open", "error", "tactic"])
json_values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(["us", "state"]), scalars)
KEYS = (
    "kind",
    "states",
    "state",
    "goals",
    "hash",
    "us",
    "message",
    "holes",
    "messages",
    "refused",
    "declared",
    "failure",
)


def test_a_request_is_one_line() -> None:
    line = encode({"op": "open", "text": "a\nb ⊢ \u2028"})
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.loads(line)["text"] == "a\nb ⊢ \u2028"


@pytest.mark.parametrize("line", [b"", b"PANIC", b"[1]", b"{", b'{"a":', b"[DEBUG:K] x", b"{" * 100_000, b"\xff\xfe{}"])
def test_what_is_not_a_reply_is_passed_over(line: bytes) -> None:
    assert decode(line) is None


def test_an_outcome_is_read() -> None:
    outcome = parse_outcome(OPEN)
    assert outcome.kind == "open" and outcome.lean_ms == 1.5
    assert [state.goals for state in outcome.states] == [("⊢ P",)]


def test_an_outcome_may_lead_to_several_states_or_to_none() -> None:
    several = parse_outcome(OPEN | {"states": [STATE, STATE | {"state": 4, "goals": ["⊢ Q"]}]})
    assert [(state.id, state.goals) for state in several.states] == [(3, ("⊢ P",)), (4, ("⊢ Q",))]
    assert parse_outcome({"kind": "proved", "states": [], "us": 1}).states == ()


def test_running_out_of_heartbeats_is_a_timeout() -> None:
    message = "(deterministic) timeout at `whnf`, maximum number of heartbeats (200000) has been reached"
    assert parse_outcome({"kind": "error", "message": message, "us": 1}).kind == "timeout"


@pytest.mark.parametrize(
    "reply",
    [
        {},
        OPEN | {"kind": "maybe"},
        OPEN | {"states": []},
        OPEN | {"states": STATE},
        OPEN | {"states": None},
        OPEN | {"kind": "proved"},
        OPEN | {"states": [STATE | {"goals": "⊢ P"}]},
        OPEN | {"states": [STATE | {"goals": [1]}]},
        OPEN | {"states": [STATE | {"hash": -1}]},
        OPEN | {"states": [STATE | {"hash": 2**70}]},
        {"kind": "error", "us": 1},
        {"failure": "there is no such state"},
    ],
)
def test_a_reply_that_cannot_be_read_is_a_protocol_error(reply: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        parse_outcome(reply)


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_no_reply_raises_anything_else(reply: dict[str, Any]) -> None:
    for parse in (parse_opened, parse_outcome, parse_report):
        with contextlib.suppress(ProtocolError):
            parse(reply)


@given(st.binary())
def test_no_line_raises(line: bytes) -> None:
    decode(b"{" + line)


def test_holes_come_in_the_order_of_the_text() -> None:
    hole = {"kind": "tactic", "declaration": "t", "end_line": 9, "end_column": 9} | STATE
    later, earlier = hole | {"line": 2, "column": 1}, hole | {"line": 1, "column": 5}
    opened = parse_opened({"holes": [later, earlier], "messages": [], "us": 1})
    assert [h.line for h in opened.holes] == [1, 2]


def test_the_hash_does_not_see_names_of_metavariables() -> None:
    first = state_hash(["case refine_1\n⊢ Nat", "case refine_2\n⊢ ?refine_1 = ?m.12 + ?refine_1"], 5)
    second = state_hash(["case a\n⊢ Nat", "case b\n⊢ ?a = ?b + ?a"], 5)
    other = state_hash(["case a\n⊢ Nat", "case b\n⊢ ?a = ?b + ?b"], 5)
    assert first == second != other


def test_the_hash_sees_names_of_hypotheses_and_the_terms() -> None:
    assert state_hash(["h : p\n⊢ p"], 5) != state_hash(["k : p\n⊢ p"], 5)
    assert state_hash(["⊢ p"], 5) != state_hash(["⊢ p"], 6)
    assert state_hash(["⊢ p", "⊢ q"], 5) != state_hash(["⊢ p\n⊢ q"], 5)
