"""Each format by a small file of our own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lean_env.errors import DataError, StepwiseError, UsageError
from prover.interfaces import Problem
from prover.problems import headers, load

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    return write


def read(target: object, *, data: Path | None = None, split: str | None = None, mathlib: bool = False) -> list[Problem]:
    return load(str(target), data=data, split=split, mathlib=mathlib)


def row(**fields: object) -> str:
    return json.dumps(fields) + "\n"


# a statement on the command line


def test_a_statement_needs_no_proof_and_gives_its_name() -> None:
    assert read("theorem add_zero' (n : Nat) : n + 0 = n") == [
        Problem("add_zero'", "theorem add_zero' (n : Nat) : n + 0 = n := by sorry", source="statement:1")
    ]


def test_a_proposition_becomes_a_theorem() -> None:
    [problem] = read("∀ a b : Nat, a + b = b + a")
    assert problem.name == "statement"
    assert problem.text() == "theorem statement : ∀ a b : Nat, a + b = b + a := by sorry"


def test_number_types_are_named_where_there_is_no_mathlib() -> None:
    statement = "theorem t (x : ℕ) : x = x := by sorry"
    assert read(statement)[0].text() == f"{headers.CORE}\n{statement}"
    assert read(statement, mathlib=True)[0].text() == f"import Mathlib\n\n{statement}"
    assert read("import Init\nopen Nat\ntheorem t (x : ℕ) : x = x")[0].header == "import Init\nopen Nat\n"


def test_definitions_before_a_statement_stay() -> None:
    text = "def two := 2\n\nlemma l : two = 2 := by sorry"
    assert read(text)[0].statement == text


# Lean files


def test_a_lean_file_stays_as_it_is(write: Write) -> None:
    text = "import Init\n\ntheorem a : 1 = 1 := by\n  constructor\n  sorry\nexample : True := sorry\n"
    path = write("My.lean", text)
    assert read(path) == [Problem("My", text, source=f"{path}:1", hole=None)]


def test_a_byte_order_mark_and_crlf_are_accepted(write: Write) -> None:
    path = write("My.lean", "\ufefftheorem a : 1 = 1 :=\r\n  sorry\r\n")
    assert read(path)[0].statement == "theorem a : 1 = 1 :=\n  sorry\n"


def test_a_folder_gives_its_files_with_a_sorry(write: Write, tmp_path: Path) -> None:
    write("p/A/One.lean", "theorem a : 1 = 1 := sorry")
    write("p/B/One.lean", "theorem a : 1 = 1 := sorry")
    write("p/Done.lean", "theorem a : 1 = 1 := rfl -- sorry")
    write("p/Empty.lean", "")
    write("p/.lake/packages/X.lean", "theorem a : 1 = 1 := sorry")
    assert [p.name for p in read(tmp_path / "p")] == ["A.One", "B.One"]


# rows


def test_rows_take_any_of_the_names(write: Write) -> None:
    path = write(
        "rows.jsonl",
        row(id="a", formal_statement="theorem x : 1 = 1 := by sorry", header="open Nat", split="validation")
        + "\n"
        + row(name="b", formal_statement="theorem x : 1 = 1 := by\n", natural="ignored")
        + row(full_name="c", statement="theorem x : 1 = 1", header=None)
        + row(problem_name="d", formal_statement="def y := 2\ntheorem x : y = 2 := rfl")
        + row(id=7, formal_statement="theorem x : 1 = 1")
        + row(formal_statement="theorem own : 1 = 1")
        + row(formal_statement="example : 1 = 1"),
    )
    problems = read(path)
    assert [p.name for p in problems] == ["a", "b", "c", "d", "7", "own", "rows.jsonl:8"]
    assert [p.source for p in problems] == [f"{path}:{n}" for n in (1, 3, 4, 5, 6, 7, 8)]
    assert problems[0].text() == "open Nat\n\ntheorem x : 1 = 1 := by sorry"
    assert problems[3].statement == "def y := 2\ntheorem x : y = 2 := by sorry"
    assert read(path, split="valid") == problems[:1]


def test_the_same_name_twice_is_told_apart_and_the_same_row_twice_is_one(write: Write) -> None:
    one, two = row(id="a", formal_statement="theorem x : 1 = 1"), row(id="a", formal_statement="theorem x : 2 = 2")
    path = write("rows.jsonl", one + two + one + row(id="a_2", formal_statement="theorem x : 3 = 3"))
    assert [(p.name, p.statement[12]) for p in read(path)] == [("a", "1"), ("a_3", "2"), ("a_2", "3")]


def test_the_hole_is_the_one_at_the_end(write: Write) -> None:
    path = write("rows.jsonl", row(formal_statement="theorem x : 1 = 1 := sorry\n\ntheorem y : 2 = 2 := by simp [x]"))
    assert (read(path)[0].name, read(path)[0].hole) == ("y", 1)


def test_a_namespace_is_closed_again(write: Write) -> None:
    path = write("rows.jsonl", row(formal_statement="namespace A\ntheorem x : 1 = 1 := rfl\nend A\n"))
    assert read(path)[0].statement == "namespace A\ntheorem x : 1 = 1 := by sorry\n\nend A"


def test_imports_in_a_statement_are_its_header(write: Write) -> None:
    text = "import Mathlib\nopen Real\n\n/-- doc -/\ntheorem x : 1 = 1 := by sorry"
    [problem] = read(write("rows.jsonl", row(id="a", formal_statement=text)))
    assert (problem.header, problem.text()) == ("import Mathlib\nopen Real\n", text)


def test_a_json_list_is_rows_too(write: Write) -> None:
    path = write("rows.json", json.dumps([{"formal_statement": "theorem x : 1 = 1"}], indent=1))
    assert [(p.name, p.source) for p in read(path)] == [("x", f"{path}:1")]


def test_a_users_header_is_never_changed(write: Write) -> None:
    path = write("rows.jsonl", row(id="a", header="import Mathlib", formal_statement="theorem x (a : ℝ) : a = a"))
    assert read(path)[0].header == "import Mathlib"


# benchmarks

MINIF2F_HEAD = "import Mathlib\n\nset_option maxHeartbeats 0\n\nopen BigOperators Real Nat Topology Rat\n"


def test_minif2f_as_a_file_a_theorem(write: Write, tmp_path: Path) -> None:
    write("m/MiniF2F/Valid.lean", "import MiniF2F.Valid.a\n")
    write("m/MiniF2F/Valid/a.lean", f"{MINIF2F_HEAD}\ntheorem a (x : ℝ) :\n  x = x := by sorry")
    path = write("m/MiniF2F/Test/b.lean", f"{MINIF2F_HEAD}\n/-- Doc. -/\ntheorem b (n : ℕ) : n = n := by\n  sorry\n")
    for target, data in (("minif2f", tmp_path), ("minif2f", tmp_path / "m"), (tmp_path / "m", None)):
        problems = read(target, data=data, mathlib=True)
        assert [(p.name, p.split, p.header) for p in problems] == [
            ("a", "valid", MINIF2F_HEAD),
            ("b", "test", MINIF2F_HEAD),
        ]
        assert problems[0].text() == f"{MINIF2F_HEAD}\ntheorem a (x : ℝ) :\n  x = x := by sorry"
        assert problems[1].source == f"{path}:8"
    [b] = read("minif2f", data=tmp_path, split="test")
    assert b.text() == f"{headers.CORE}\n/-- Doc. -/\ntheorem b (n : ℕ) : n = n := by sorry"


@pytest.mark.parametrize("folder", ["MiniF2F", "src", "formal", "."])
def test_minif2f_as_a_file_a_split(write: Write, tmp_path: Path, folder: str) -> None:
    head = "/-\nCopyright\n-/\nimport MiniF2F.Minif2fImport\nopen BigOperators Real\n"
    write(f"m/{folder}/Valid.lean", f"{head}\n\ntheorem a : 1 = 1 := by\n  norm_num\n\ntheorem b\n  : 2 = 2 := sorry\n")
    write(f"m/{folder}/Test.lean", f"{head}\nlemma c : 3 = 3 := by sorry\n")
    problems = read("minif2f", data=tmp_path, mathlib=True)
    assert [(p.name, p.split, p.statement) for p in problems] == [
        ("a", "valid", "theorem a : 1 = 1 := by sorry"),
        ("b", "valid", "theorem b\n  : 2 = 2 := by sorry"),
        ("c", "test", "lemma c : 3 = 3 := by sorry"),
    ]
    assert problems[0].header == head.replace("MiniF2F.Minif2fImport", "Mathlib")
    assert [p.header for p in read("minif2f", data=tmp_path)] == [headers.CORE] * 3


def test_minif2f_in_lean_3_is_refused(write: Write, tmp_path: Path) -> None:
    write("m/lean/src/test.lean", "import minif2f_import\n\ntheorem a : 1 = 1 :=\nbegin\n  sorry\nend\n")
    with pytest.raises(DataError, match="Lean 3"):
        read("minif2f", data=tmp_path)


def test_minif2f_as_rows(write: Write) -> None:
    path = write("any.jsonl", row(name="a", split="test", formal_statement="theorem a : 1 = 1 := by\n"))
    assert [p.header for p in read("minif2f", data=path, mathlib=True)] == [headers.MINIF2F]
    assert [p.header for p in read("minif2f", data=path)] == [headers.CORE]


PROOFNET = """import Mathlib

open Filter
noncomputable section

theorem exercise_1 : 1 = 1 :=
sorry

def two (X : Type*) := 2

instance exercise_2 {G : Type*} :
  G ≃ G :=
sorry

namespace A
variable (n : ℕ)
theorem exercise_1 : two n = 2 :=
begin_proof
end A
"""


def test_proofnet_keeps_the_context_of_each_statement(write: Write, tmp_path: Path) -> None:
    path = write("d/P/formal/Some-Book.lean", PROOFNET)
    write("d/P/formal/Rudin.lean", "import Mathlib\n\ntheorem exercise_1 : 1 = 1 := sorry\n")
    other = write("d/P/proofnet.jsonl", row(name="Some_Book_exercise_1", formal_statement="theorem x : 1 = 1 := sorry"))
    other.write_text(other.read_text() + row(name="Axler_exercise_9", formal_statement="theorem x : 1 = 1 := sorry"))
    problems = {p.name: p for p in read("proofnet", data=tmp_path / "d", mathlib=True)}
    names = ["Rudin_exercise_1", "Some_Book_exercise_1", "Some_Book_exercise_2", "Some_Book_exercise_1_2"]
    assert list(problems) == [*names, "Axler_exercise_9"]
    assert problems[names[1]].source == f"{path}:6"
    assert problems[names[2]].text() == (
        "import Mathlib\n\nopen Filter\nnoncomputable section\n\n"
        "def two (X : Type*) := 2\n\ninstance exercise_2 {G : Type*} :\n  G ≃ G := by sorry"
    )
    assert problems[names[3]].statement == (
        "def two (X : Type*) := 2\n\nnamespace A\n\nvariable (n : ℕ)\n\ntheorem exercise_1 : two n = 2 := by sorry"
    )
    assert [p.name for p in read(tmp_path / "d" / "P")] == list(problems)


def test_lean_workbook_gets_its_header(write: Write, tmp_path: Path) -> None:
    rows = [{"id": "lean_workbook_1", "formal_statement": "theorem lean_workbook_1 : 1 = 1 := by sorry", "tags": []}]
    rows.append({**rows[0], "proof": ["rfl"]})
    write("w/lean_workbook.json", json.dumps(rows))
    for target, data in (
        ("lean-workbook", tmp_path),
        (tmp_path / "w" / "lean_workbook.json", None),
        (tmp_path / "w", None),
    ):
        assert [p.header for p in read(target, data=data)] == [headers.CORE_LEAN_WORKBOOK]
        assert [p.header for p in read(target, data=data, mathlib=True)] == [headers.LEAN_WORKBOOK]


def test_core_comes_with_the_program() -> None:
    problems = read("core")
    assert len(problems) >= 70
    assert {p.split for p in problems} == {"easy", "medium", "hard"}
    assert all(p.header == "" and p.hole == 0 and p.statement.startswith(f"theorem {p.name} ") for p in problems)
    assert read("core", split="hard") == [p for p in problems if p.split == "hard"]


def test_every_statement_of_core_has_a_proof_among_the_tests() -> None:
    proofs = Path(__file__).parents[1] / "core_proofs.jsonl"
    assert [json.loads(line)["name"] for line in proofs.read_text("utf-8").splitlines()] == [
        p.name for p in read("core")
    ]


# what is wrong is told in a sentence


@pytest.mark.parametrize(
    ("target", "kind", "says"),
    [
        ("minif2", UsageError, "Did you mean minif2f"),
        ("lean_workbook", UsageError, "Did you mean lean-workbook"),
        ("nonsense", UsageError, "A target is"),
        ("", UsageError, "A target is"),
        ("none.lean", DataError, "There is no file none.lean"),
        ("no/such/folder", DataError, "There is no file or folder no/such/folder"),
        ("theorem a : let x := 1; x = 1 := rfl", DataError, "cannot be told from the statement"),
        ("theorem \udc80 : 1 = 1", DataError, "UTF-8"),
    ],
)
def test_a_wrong_target(target: str, kind: type[StepwiseError], says: str) -> None:
    with pytest.raises(kind) as caught:
        read(target)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.lean", b"", "is empty"),
        ("a.lean", b"theorem a : 1 = 1 := rfl -- sorry", "has no sorry"),
        ("a.lean", b"theorem \xff", "is not UTF-8 text (byte 8, line 1)"),
        ("a.txt", b"theorem a : 1 = 1", "is not a .lean, .jsonl or .json file"),
        ("a.jsonl", b"\n \n", "is empty"),
        ("a.jsonl", b'{"formal_statement": "theorem a : 1 = 1"}\n{"a', "a.jsonl:2 is not JSON"),
        ("a.jsonl", b'{"x": "\xff"}', "a.jsonl:1 is not UTF-8"),
        ("a.jsonl", b"[1]", "a.jsonl:1 is not a JSON object"),
        ("a.jsonl", b'{"name": "a"}', "a.jsonl:1 has no formal_statement"),
        ("a.jsonl", b'{"formal_statement": ""}', "a.jsonl:1 has no formal_statement"),
        ("a.jsonl", b'{"formal_statement": 3}', "formal_statement is not a string"),
        ("a.jsonl", b'{"formal_statement": "theorem a : 1 = 1", "id": []}', "id is not a string"),
        ("a.jsonl", b'{"formal_statement": "1 = 1"}', "has no theorem, lemma or example"),
        ("a.jsonl", b'{"formal_statement": "theorem \\ud800"}', "half a character"),
        ("a.jsonl", b'{"formal_statement": ' + b"[" * 100_000, "too deep"),
        ("a.jsonl", b'{"id": ' + b"1" * 5000 + b"}", "a number too long"),
        ("a.jsonl", b'{"full_name": "A.b", "file_path": "A.lean", "start": [1, 1]}', "without its statement"),
        ("a.json", b'[\n{"formal_statement": "theorem a : 1 = 1"},\n3]', "a.json, entry 2 is not a JSON object"),
        ("a.json", b'{"a": 1}', "is not a JSON list"),
        ("a.json", b"[]", "has no rows"),
        ("a.json", b"[\n1,\n", "a.json, line 3 is not JSON"),
    ],
)
def test_a_wrong_file(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(path)
    assert says in caught.value.message
    assert "\n" not in caught.value.message


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.lean"
    with path.open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(DataError, match="17 MB, more than the 16 MB"):
        read(path)


def test_folders_without_problems(write: Write, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write("done/A.lean", "theorem a : 1 = 1 := rfl")
    with pytest.raises(DataError, match="has no Lean files"):
        read(tmp_path / "empty")
    with pytest.raises(DataError, match="None of the 1 Lean files"):
        read(tmp_path / "done")


def test_unknown_splits(write: Write) -> None:
    with pytest.raises(UsageError, match="has no split 'tset'") as caught:
        read("core", split="tset")
    assert caught.value.hint == "It has: easy, hard, medium."
    with pytest.raises(UsageError, match="A statement has no splits"):
        read("theorem a : 1 = 1", split="test")


def test_unreadable_files(write: Write, tmp_path: Path) -> None:
    path = write("a.lean", "theorem a : 1 = 1 := sorry")
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(DataError, match="may not be read"):
            read(path)
    else:
        pytest.skip("this user may read everything")


def test_data_that_is_not_there(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has not been fetched yet") as caught:
        load("minif2f", data=None, split=None, mathlib=False, cache=tmp_path)
    assert "prove data get minif2f" in caught.value.hint
    with pytest.raises(DataError, match="There is no folder"):
        read("minif2f", data=tmp_path / "none")
    with pytest.raises(DataError, match="holds no checkout of proofnet"):
        read("proofnet", data=tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        read("proofnet", data=write("a.txt", "x"))
