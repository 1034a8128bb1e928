"""What verification makes of Lean's words, without a Lean."""

from __future__ import annotations

import json

import pytest

from lean_env.fresh import Fresh, parse_messages
from lean_env.protocol import Exported, Message, Question, Report
from lean_env.verify import (
    Reason,
    axiom_reasons,
    export_reasons,
    fresh_reasons,
    is_sorry_warning,
    rejected,
    report_reasons,
    text_reasons,
)

GOOD = Report(
    original_errors=(),
    declared=("t",),
    targets=("t",),
    sorry=(),
    axioms=("propext",),
    failed=(),
    late=(),
    differences=(),
    lean_ms=1.0,
)


def message(severity: str, text: str) -> bytes:
    entry = {"data": text, "severity": severity, "pos": {"line": 3, "column": 1}, "endPos": None, "fileName": "<stdin>"}
    return json.dumps(entry).encode() + b"\n"


def test_a_clean_report_gives_no_reason() -> None:
    assert report_reasons(GOOD) == []
    assert export_reasons(Exported((Message("warning", "unused", 1, 1),), "", (), (), 1.0)) == []


@pytest.mark.parametrize(
    ("change", "stage", "reason"),
    [
        (
            {"original_errors": (Message("error", "no\nmore", 2, 0),)},
            "original",
            "the original does not elaborate: line 2: no",
        ),
        ({"sorry": ("t",)}, "sorry", "`t` stands on `sorry`"),
        ({"failed": ("t uses sorryAx",)}, "sorry", "t uses sorryAx"),
        ({"failed": ("t uses Lean.ofReduceBool",)}, "axioms", "t uses Lean.ofReduceBool"),
        ({"failed": ("t declares the axiom a",)}, "axioms", "t declares the axiom a"),
        ({"failed": ("t (kernel) declaration type mismatch",)}, "kernel", "t (kernel) declaration type mismatch"),
        ({"late": ("t uses u",)}, "library", "t uses u"),
        ({"differences": ("t is missing",)}, "statement", "compared with the original, t is missing"),
        ({"targets": ()}, "statement", "it proves no theorem"),
        ({"axioms": ("bad",)}, "axioms", "it stands on the axiom `bad`"),
    ],
)  # fmt: skip
def test_each_finding_is_a_reason_with_its_stage(change: dict[str, object], stage: str, reason: str) -> None:
    fields = {name: getattr(GOOD, name) for name in Report.__slots__} | change
    assert [(r.stage, r.sentence) for r in report_reasons(Report(**fields))] == [(stage, reason)]


@pytest.mark.parametrize(
    ("messages", "refused", "stage", "reason"),
    [
        ((Message("error", "unsolved goals\n⊢ P", 4, 0),), "", "elaboration", "line 4: unsolved goals"),
        ((), "Lean.runCmd", "syntax", "it uses `Lean.runCmd`, which no proof may"),
        ((), "Lean.Parser.Term.sorry", "sorry", "it uses `Lean.Parser.Term.sorry`, which no proof may"),
    ],
)
def test_what_the_elaboration_says(messages: tuple[Message, ...], refused: str, stage: str, reason: str) -> None:
    found = export_reasons(Exported(messages, refused, (), (), 1.0))
    assert [(r.stage, r.sentence) for r in found] == [(stage, reason)]


def test_characters_that_no_text_needs() -> None:
    assert text_reasons(Question("a\tb\r\n∀ é 𝔸", "a\tb\r\n∀ é 𝔸")) == []
    assert [r.sentence for r in text_reasons(Question("a", "a\0\0"))] == [
        "it has the character U+0000, which no proof needs"
    ]
    assert text_reasons(Question("-- \u202e", "-- \u202e")) == [], "the author may have written it"
    assert text_reasons(Question("\ud800", "\ud800"))[0].stage == "original"


def test_the_checks_of_what_was_rejected_early() -> None:
    by_kernel = rejected([Reason("kernel", "no")], "Lean").checks
    by_statement = rejected([Reason("statement", "no")], "Lean").checks
    assert by_kernel is not None and (by_kernel.kernel, by_kernel.fresh[:7]) == ("failed", "not run")
    assert by_statement is not None and (by_statement.kernel, by_statement.fresh) == ("passed", "failed")


def test_messages_of_a_fresh_lean() -> None:
    output = b"[DEBUG:K] noise\n" + message("error", "no\nmore") + b'{"broken\n' + message("information", "hi")
    assert [(m.severity, m.line) for m in parse_messages(output)] == [("error", 3), ("info", 3)]


def test_a_fresh_lean_must_be_silent_and_succeed() -> None:
    assert fresh_reasons(Fresh(0, ())) == []
    assert fresh_reasons(Fresh(1, ())) == [Reason("fresh", "a fresh Lean ended with status 1")]
    error = Fresh(1, parse_messages(message("error", "no\nmore")))
    assert fresh_reasons(error) == [Reason("fresh", "a fresh Lean says: line 3: no")]
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
    assert axiom_reasons(fresh, ["c"], 9)[0] == [Reason("axioms", "`c` stands on the axiom `sorryAx`")]
    assert axiom_reasons(fresh, ["d"], 10)[0] == [Reason("fresh", "a fresh Lean did not print the axioms of `d`")]


def test_what_the_proof_itself_prints_does_not_count() -> None:
    forged = said("'a' does not depend on any axioms", 2)
    assert axiom_reasons(Fresh(0, parse_messages(forged)), ["a"], 7)[0]


def test_the_axioms_of_another_declaration_do_not_count() -> None:
    for decoy in ("A.t", "t.A", "t'"):
        fresh = Fresh(0, parse_messages(said(f"'{decoy}' does not depend on any axioms", 7)))
        assert axiom_reasons(fresh, ["t"], 7)[0], decoy
    private = Fresh(0, parse_messages(said("'_private.Mathlib.X.0.t' depends on axioms: [propext]", 7)))
    assert axiom_reasons(private, ["t"], 7) == ([], frozenset({"propext"}))
