"""What verification makes of Lean's words, without a Lean."""

from __future__ import annotations

import json

import pytest

from lean_env.protocol import Message, Report
from lean_env.verify import Fresh, axiom_reasons, fresh_reasons, is_sorry_warning, parse_messages, worker_reasons

GOOD = Report(
    messages=(),
    refused="",
    declared=("t",),
    targets=("t",),
    sorry=(),
    axioms=("propext",),
    failed=(),
    differences=(),
    lean_ms=1.0,
)


def message(severity: str, text: str) -> bytes:
    entry = {"data": text, "severity": severity, "pos": {"line": 3, "column": 1}, "endPos": None, "fileName": "<stdin>"}
    return json.dumps(entry).encode() + b"\n"


def test_a_clean_report_gives_no_reason() -> None:
    assert worker_reasons(GOOD) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"messages": (Message("error", "unsolved goals\n⊢ P", 4, 0),)}, "line 4: unsolved goals"),
        ({"refused": "Lean.runCmd"}, "it uses `Lean.runCmd`, which no proof may"),
        ({"sorry": ("t",)}, "`t` stands on `sorry`"),
        ({"failed": ("t uses Lean.ofReduceBool",)}, "t uses Lean.ofReduceBool"),
        ({"differences": ("t is missing",)}, "compared with the original, t is missing"),
        ({"targets": ()}, "it proves no theorem"),
        ({"axioms": ("bad",)}, "it stands on the axiom `bad`"),
    ],
)
def test_each_finding_is_a_reason(change: dict[str, object], reason: str) -> None:
    fields = {name: getattr(GOOD, name) for name in Report.__slots__} | change
    assert worker_reasons(Report(**fields)) == [reason]


def test_messages_of_a_fresh_lean() -> None:
    output = b"[DEBUG:K] noise\n" + message("error", "no\nmore") + b'{"broken\n' + message("information", "hi")
    assert [(m.severity, m.line) for m in parse_messages(output)] == [("error", 3), ("info", 3)]


def test_a_fresh_lean_must_be_silent_and_succeed() -> None:
    assert fresh_reasons(Fresh(0, ())) == []
    assert fresh_reasons(Fresh(1, ())) == ["a fresh Lean ended with status 1"]
    assert fresh_reasons(Fresh(1, parse_messages(message("error", "no\nmore")))) == ["a fresh Lean says: line 3: no"]
    for wording in ("declaration uses 'sorry'", "declaration uses `sorry`"):
        assert fresh_reasons(Fresh(0, parse_messages(message("warning", wording))))


def test_other_warnings_do_not_matter() -> None:
    assert not is_sorry_warning(Message("warning", "unused variable `sorry_h`", 1, 1))


def said(text: str, line: int) -> bytes:
    return message("information", text).replace(b'"line": 3', f'"line": {line}'.encode())


def test_axioms_as_lean_prints_them_on_the_lines_that_asked() -> None:
    fresh = Fresh(
        0,
        parse_messages(
            said("'a' does not depend on any axioms", 7)
            + said("'b' depends on axioms: [propext,\n Classical.choice]", 8)
            + said("'c' depends on axioms: [propext, sorryAx]", 9)
        ),
    )
    assert axiom_reasons(fresh, ["a", "b"], 7) == ([], frozenset({"propext", "Classical.choice"}))
    assert axiom_reasons(fresh, ["c"], 9)[0] == ["`c` stands on the axiom `sorryAx`"]
    assert axiom_reasons(fresh, ["d"], 10)[0] == ["a fresh Lean did not print the axioms of `d`"]


def test_what_the_proof_itself_prints_does_not_count() -> None:
    forged = said("'a' does not depend on any axioms", 2)
    assert axiom_reasons(Fresh(0, parse_messages(forged)), ["a"], 7)[0]
