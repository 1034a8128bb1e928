"""What reads bytes that others wrote, each with inputs to throw at it and what must hold for all of them.

A target is a function of drawn values that raises for a defect. Whatever a reader says about bad input is a
StepwiseError (for the protocol a ProtocolError); anything else that comes out of it is one.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from lean_env.errors import StepwiseError, WorkerError
from lean_env.fresh import parse_messages
from lean_env.protocol import (
    Hole,
    State,
    decode,
    encode,
    parse_opened,
    parse_outcome,
    parse_page,
    parse_report,
    parse_symbols,
)
from lean_env.worker import told_states
from prover.interfaces import Attempt, Usage
from prover.journal import Journal, read_journal
from prover.journal import decode as decode_record
from prover.journal import encode as encode_record
from prover.problems import load
from prover.problems.leantext import close, commands, mask, sorries, sorry_places
from prover.report import read_report
from prover.results import open_folder
from prover.script import fill

Target = tuple[st.SearchStrategy[Any], Callable[[Any], None]]

LEAN = st.lists(
    st.sampled_from(
        [
            "theorem a : p",
            " := by",
            " sorry",
            "\n",
            "\r\n",
            "/-",
            "-/",
            "--",
            '"',
            "«",
            "»",
            "'",
            "namespace A",
            "end A",
        ]
    )
    | st.text(max_size=4)
).map("".join)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["open", "é"])
JSON = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=3)
REPLY_KEYS = (
    *("id", "end", "index", "us", "failure", "refused", "declared", "targets", "sorry", "axioms", "failed"),
    *("differences", "kind", "states", "holes", "goals", "hash", "state", "message", "messages", "target", "context"),
    *("modules", "next", "line", "column", "end_line", "end_column", "declaration", "severity", "text", "pos", "data"),
)
OBJECTS = st.dictionaries(st.sampled_from(REPLY_KEYS), JSON, max_size=6)
REPLIES = st.dictionaries(st.sampled_from(REPLY_KEYS), JSON | OBJECTS | st.lists(OBJECTS, max_size=2), max_size=10)
ROW_KEYS = ["formal_statement", "statement", "id", "name", "full_name", "header", "split", "proof", "code", "x"]
ROWS = st.dictionaries(st.sampled_from(ROW_KEYS), JSON | LEAN, max_size=5)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ATTEMPTS = st.builds(
    Attempt,
    problem=st.text(max_size=8),
    pass_index=st.integers(0, 9),
    result=st.sampled_from(["proved", "disproved", "not_proved", "not_elaborated", "error"]),
    stop=st.sampled_from(["proved", "exhausted", "timeout", "error"]),
    seed=st.integers(0, 2**32 - 1),
    tactics=st.lists(st.text(max_size=6), max_size=3).map(tuple),
    text=TEXT,
    error=TEXT,
    usage=st.builds(Usage, expansions=st.integers(0, 100), wall_s=st.floats(0, 1e6)),
)


def protocol_reply(reply: Mapping[str, Any]) -> None:
    for parse in (parse_opened, parse_outcome, parse_report, parse_symbols, parse_page):
        with contextlib.suppress(WorkerError):
            parse(reply)
    told_states(reply)


def protocol_line(line: bytes) -> None:
    for each in (line, b"{" + line, b'{"id":' + line):
        reply = decode(each)
        if reply is not None:
            protocol_reply(reply)
    parse_messages(line)
    parse_messages(b'{"' + line)


def protocol_round_trip(fields: dict[str, Any]) -> None:
    try:
        line = encode(fields)
    except (ValueError, UnicodeError):
        assume(False)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.dumps(decode(line)) == json.dumps(json.loads(json.dumps(fields)))


def fresh_messages(entries: list[Any]) -> None:
    parse_messages(b"\n".join(json.dumps(entry).encode() for entry in entries))


def journal_torn(drawn: tuple[Sequence[Attempt], int]) -> None:
    """Cut at every byte of its last record, and at one anywhere: every whole record is kept, and it can go on."""
    made, anywhere = drawn
    lines = [encode_record(attempt) for attempt in made]
    content = b"".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.jsonl"
        ends = [sum(map(len, lines[: n + 1])) for n in range(len(lines))]
        first = ends[-2] if len(ends) > 1 else 0
        for cut in [anywhere % (len(content) + 1), *range(first, len(content) + 1, max(1, len(lines[-1]) // 40))]:
            path.write_bytes(content[:cut])
            found, whole = read_journal(path)
            assert whole == max((end for end in ends if end <= cut), default=0)
            kept = made[: sum(1 for end in ends if end <= cut)]
            assert found == {(each.problem, each.pass_index): each for each in kept}
        journal = Journal(path, whole)
        journal.append(made[0])
        journal.close()
        assert read_journal(path)[0][made[0].problem, made[0].pass_index] == made[0]


def journal_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.jsonl"
        path.write_bytes(content)
        with contextlib.suppress(StepwiseError):
            _, whole = read_journal(path)
            Journal(path, whole).close()
            assert path.read_bytes() == content[:whole]
    with contextlib.suppress(ValueError):
        decode_record(content)


def run_folder(files: dict[str, bytes]) -> None:
    """A run's folder that holds anything: reported, opened and taken up, or refused in a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        with contextlib.suppress(StepwiseError):
            read_report(Path(folder))
        with contextlib.suppress(StepwiseError), contextlib.closing(open_folder(Path(folder))) as opened:
            opened.begin({"config": {}, "lean": {}, "data": {}})
            opened.problems()


def loader_lean(content: bytes) -> None:
    _load("a.lean", content)


def loader_rows(content: bytes) -> None:
    _load("a.jsonl", content)
    _load("a.json", content)


def _load(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with contextlib.suppress(StepwiseError):
            problems = load(str(path), data=None, split=None, mathlib=False)
            assert problems
            assert len({problem.name for problem in problems}) == len(problems)
            for problem in problems:
                problem.text().encode()


def lean_text(text: str) -> None:
    assert len(mask(text)) == len(text)
    assert all(text.startswith("sorry", place) for place in sorry_places(text))
    assert sorries(text) == len(sorry_places(text))
    commands(text)
    closed = close(text)
    assert closed is None or sorries(closed) >= 1


def position(drawn: tuple[str, str, str]) -> None:
    """A hole at a line and a column of code points, as Lean counts them, whatever stands before it and ends lines."""
    before, after, kind = drawn
    text = before + "sorry" + after
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)
    hole = Hole(State(0, ("⊢ p",), "h"), kind, "t", line, column, line, column + 5)  # type: ignore[arg-type]
    filled = fill(text, hole, ["trivial"])
    assert "trivial" in filled
    assert filled.endswith(after)
    assert filled.startswith(before.rstrip())
    with contextlib.suppress(ValueError):
        fill(text, Hole(hole.state, "tactic", "t", column, line, line, column), ["trivial"])


def _mostly(strategy: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return strategy | st.binary(max_size=200)


def _json_bytes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return strategy.map(lambda value: json.dumps(value).encode())


ENDS = st.sampled_from([b"\n", b"\r\n", b"", b"\0", b"\xff", b"\n\n"])
LINES = st.lists(st.tuples(_mostly(_json_bytes(ROWS)), ENDS).map(b"".join), max_size=5).map(b"".join)
RECORDS = st.lists(st.tuples(_mostly(ATTEMPTS.map(encode_record)), ENDS).map(b"".join), max_size=4).map(b"".join)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "run.json": _mostly(_json_bytes(JSON | st.fixed_dictionaries({"config": JSON, "lean": JSON, "data": JSON}))),
        "problems.jsonl": LINES,
        "attempts.jsonl": RECORDS,
        "summary.json": _mostly(_json_bytes(JSON)),
    },
)

TARGETS: dict[str, Target] = {
    "protocol: replies": (REPLIES, protocol_reply),
    "protocol: bytes": (st.binary() | _json_bytes(REPLIES), protocol_line),
    "protocol: round trip": (REPLIES, protocol_round_trip),
    "protocol: a fresh Lean's messages": (st.lists(OBJECTS | JSON, max_size=4), fresh_messages),
    "journal: torn": (st.tuples(st.lists(ATTEMPTS, min_size=1, max_size=4), st.integers(0, 10**6)), journal_torn),
    "journal: bytes": (RECORDS | st.binary(), journal_bytes),
    "results: a run's folder": (FILES, run_folder),
    "loaders: .lean": (_mostly(LEAN.map(lambda text: text.encode(errors="surrogatepass"))), loader_lean),
    "loaders: .jsonl and .json": (LINES | _json_bytes(st.lists(ROWS, max_size=3)), loader_rows),
    "text: comments, strings, sorry": (LEAN, lean_text),
    "positions: line and column": (st.tuples(LEAN, LEAN, st.sampled_from(["tactic", "term"])), position),
}
"""By what is read."""
