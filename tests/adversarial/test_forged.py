"""A worker that a text has taken over: whatever it hands over, the process that judges is not deceived."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from lean_env.pool import Pool
from lean_env.protocol import Exported, Question, Report
from lean_env.session import OPEN_MS
from lean_env.verify import report_reasons
from tests.adversarial.attacks import BAD

pytestmark = pytest.mark.lean

Rows = list[list[Any]]

HELPER = "theorem four : 2 + 2 = 4 := rfl\n"
TRUE = "theorem bad : 2 + 2 = 4 := by sorry\n"
TREE = "inductive Tr | leaf | node (l r : Tr)\ntheorem bad : 2 + 2 = 4 := by sorry\n"


def constant(rows: Rows, name: str) -> list[Any]:
    """The row of a constant."""
    return next(row for row in rows if row[0] == "constant" and rows[row[1]] == ["str", 0, name])


def add(rows: Rows, *row: Any) -> int:
    """Append a row before the constants use it: its number."""
    rows.append(list(row))
    return len(rows) - 1


def term(rows: Rows, *name: str) -> int:
    """A row for a constant's term."""
    number = next(i for i, row in enumerate(rows) if row == ["anonymous"])
    for word in name:
        number = add(rows, "str", number, word)
    return add(rows, "const", number)


def with_value(rows: Rows, number: int) -> None:
    """Make that row the value of the theorem, whose own row has to come after it."""
    row = constant(rows, "bad")
    rows.append([*row[:4], number, *row[5:]])
    rows[rows.index(row)] = ["anonymous"]


def an_axiom(rows: Rows) -> None:
    constant(rows, "bad")[4:] = [None, "axiom"]


def no_value(rows: Rows) -> None:
    constant(rows, "bad")[4] = None


def another_value(rows: Rows) -> None:
    with_value(rows, term(rows, "True", "intro"))


def sorry_ax(rows: Rows) -> None:
    with_value(rows, term(rows, "sorryAx"))


def itself(rows: Rows) -> None:
    with_value(rows, term(rows, "bad"))


def an_open_term(rows: Rows) -> None:
    with_value(rows, add(rows, "open"))


def a_variable(rows: Rows) -> None:
    with_value(rows, add(rows, "bvar", 0))


def nothing(rows: Rows) -> None:
    rows.clear()


def no_such_row(rows: Rows) -> None:
    constant(rows, "bad")[4] = 10**9


def a_row_that_is_none(rows: Rows) -> None:
    rows.insert(0, {"constant": "bad"})  # type: ignore[arg-type]


def an_unknown_kind(rows: Rows) -> None:
    constant(rows, "bad")[5] = "believed"


def an_unsafe_helper(rows: Rows) -> None:
    row = constant(rows, "bad")
    row[5:] = ["definition", False, 1]


def twice(rows: Rows) -> None:
    """The honest constant, and before it one of the same name that is none."""
    row = copy.deepcopy(constant(rows, "bad"))
    row[4:] = [None, "axiom"]
    rows.append(row)


def over_the_library(rows: Rows) -> None:
    """A `Nat.add` of its own, which the judge must not take for the library's."""
    nat = next(i for i, row in enumerate(rows) if row[0] == "str" and row[2] == "Nat")
    name = add(rows, "str", nat, "add")
    row = copy.deepcopy(constant(rows, "bad"))
    row[1] = name
    row[4:] = [None, "axiom"]
    rows.append(row)
    an_axiom(rows)


FORGERIES = (an_axiom, no_value, another_value, sorry_ax, itself, an_open_term, a_variable, nothing, no_such_row)
MORE = (a_row_that_is_none, an_unknown_kind, an_unsafe_helper, twice, over_the_library)


async def judged(lean: Pool, original: str, candidate: str, forge: Callable[[Rows], None]) -> Report:
    """What the judge says of a candidate's constants after the forger had them."""
    async with lean.session() as session:
        worker = await lean.worker(session.seat)
        exported = await worker.export(candidate, original, left=0, ms=OPEN_MS)
    rows: Rows = copy.deepcopy(list(exported.constants))  # type: ignore[arg-type]
    forge(rows)
    forged = Exported((), "", rows, exported.may_sorry, 0.0)
    return await lean.judge.judge(Question(original, candidate), forged, OPEN_MS)


async def test_what_is_handed_over_unchanged_is_accepted(lean: Pool) -> None:
    report = await judged(lean, TRUE, TRUE.replace("by sorry", "rfl"), lambda _rows: None)
    assert report_reasons(report) == [] and report.targets == ("bad",)


@pytest.mark.parametrize("forge", [*FORGERIES, *MORE], ids=lambda forge: forge.__name__)
async def test_a_forgery_is_rejected(lean: Pool, forge: Callable[[Rows], None]) -> None:
    report = await judged(lean, TRUE, HELPER + TRUE.replace("by sorry", "four"), forge)
    assert report_reasons(report) != []


async def test_a_proof_of_the_truth_is_not_one_of_the_falsehood(lean: Pool) -> None:
    report = await judged(lean, BAD, TRUE.replace("by sorry", "rfl"), lambda _rows: None)
    assert any("states something else" in reason.sentence for reason in report_reasons(report))


async def test_a_forged_type_does_not_pass_the_kernel(lean: Pool) -> None:
    """The value proves 2 + 2 = 4, and the type says 5."""

    def five(rows: Rows) -> None:
        rows[rows.index(["nat", "4"])] = ["nat", "5"]

    report = await judged(lean, BAD, TRUE.replace("by sorry", "of_decide_eq_true rfl"), five)
    assert any("type mismatch" in reason.sentence or reason.stage == "kernel" for reason in report_reasons(report))


async def test_a_forged_recursor_is_not_the_kernels(lean: Pool) -> None:
    def forge(rows: Rows) -> None:
        recursor = next(row for row in rows if row[0] == "constant" and row[5] == "recursor")
        recursor[3] = constant(rows, "bad")[3]

    report = await judged(lean, TREE, TREE.replace("by sorry", "rfl"), forge)
    assert any("recursor" in reason.sentence or reason.stage == "statement" for reason in report_reasons(report))
