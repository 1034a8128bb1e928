"""A run's folder: the journal above all."""

from __future__ import annotations

import errno
import json
import os
import resource
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import ResultsError, UsageError
from prover.interfaces import Attempt, Usage
from prover.journal import Journal, decode, encode, read_journal
from prover.proofs import proof_files, whole_text
from prover.results import open_folder, read_problems, write_whole
from tests.prover.fakes import problems

RUN = {"config": {"budget": "1x32x100", "seed": 0}, "lean": {"version": "4.99"}, "data": {"sha256": "0"}}
DONE = Attempt("t", 0, "not_proved", "expansions", 7)
PROVED = Attempt("t", 0, "proved", "proved", 7, ("trivial",), "theorem t : True := by trivial", ("propext",))

# Lean text can hold any character, and a damaged file half of one
any_text = st.text(st.characters(exclude_categories=()))
seconds = st.floats(0, 1e9)
attempts = st.builds(
    Attempt,
    problem=any_text,
    pass_index=st.integers(0, 10**6),
    result=st.sampled_from(["proved", "not_proved", "not_elaborated", "error"]),
    stop=st.sampled_from(["proved", "expansions", "exhausted", "timeout", "not_elaborated", "error"]),
    seed=st.integers(0, 2**63),
    tactics=st.lists(any_text).map(tuple),
    text=any_text,
    axioms=st.lists(any_text).map(tuple),
    error=any_text,
    rejected=st.integers(0, 10**6),
    usage=st.builds(Usage, expansions=st.integers(0), tactics=st.integers(0), lean_s=seconds, wall_s=seconds),
)


@given(attempts)
def test_a_record_is_read_as_it_was_written(attempt: Attempt) -> None:
    line = encode(attempt)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert decode(line[:-1]) == attempt


@given(st.lists(attempts, max_size=6), st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_record(
    tmp_path_factory: pytest.TempPathFactory, made: list[Attempt], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "attempts.jsonl"
    lines = [encode(attempt) for attempt in made]
    content = b"".join(lines)
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    whole = content[:cut].count(b"\n")
    read, size = read_journal(path)
    assert read == {(a.problem, a.pass_index): a for a in made[:whole]}
    assert size == sum(map(len, lines[:whole]))
    journal = Journal(path, size)
    journal.append(DONE)
    journal.close()
    assert path.read_bytes() == b"".join(lines[:whole]) + encode(DONE)


@given(st.binary(max_size=40))
def test_garbage_after_the_last_record_is_cut_off_or_refused(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes
) -> None:
    path = tmp_path_factory.mktemp("journal") / "attempts.jsonl"
    path.write_bytes(encode(DONE) + garbage)
    try:
        read, size = read_journal(path)
    except ResultsError as error:
        assert "Line" in error.message and garbage.count(b"\n")
        return
    assert read[("t", 0)] == DONE and size >= len(encode(DONE))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\0\0\0",
        b'{"problem": 1}',
        b'{"problem": "t", "pass_index": true}',
        b"\xff\xfe",
        b'{"problem": "t", "pass_index": 0}',
        b'{"problem": "t", "pass_index": 0, "usage": 3}',
    ],
)
def test_a_damaged_line_in_the_middle_is_named_and_at_the_end_cut(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "attempts.jsonl"
    path.write_bytes(encode(DONE) + line + b"\n" + encode(DONE))
    with pytest.raises(ResultsError, match="Line 2"):
        read_journal(path)
    path.write_bytes(encode(DONE) + line + b"\n")
    assert read_journal(path) == ({("t", 0): DONE}, len(encode(DONE)))


def test_keys_of_a_later_version_are_passed_over() -> None:
    record = {**asdict(DONE), "new": 1, "usage": {**asdict(Usage()), "gpu_s": 2.0}}
    assert decode(json.dumps(record).encode()) == DONE


def test_the_later_record_counts(tmp_path: Path) -> None:
    path = tmp_path / "attempts.jsonl"
    path.write_bytes(encode(replace(DONE, result="error", stop="error")) + encode(DONE))
    assert read_journal(path)[0] == {("t", 0): DONE}


def test_a_folder_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a" / "run")
    assert folder.begin(RUN) is False
    folder.pose(problems("t", "u"))
    folder.append(PROVED)
    folder.close()
    again = open_folder(tmp_path / "a" / "run")
    assert again.begin(RUN) is True
    assert again.attempts == {("t", 0): PROVED}
    assert again.problems() == problems("t", "u")
    again.pose(problems("t", "u"))
    assert again.proof_path("t").read_text() == PROVED.text + "\n"
    again.close()
    again.close()


def test_a_missing_proof_is_made_again(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    folder.begin(RUN)
    folder.pose(problems("t"))
    folder.append(PROVED)
    folder.proof_path("t").unlink()
    folder.close()
    again = open_folder(tmp_path)
    again.begin(RUN)
    again.pose(problems("t"))
    assert again.proof_path("t").read_text() == PROVED.text + "\n"
    again.close()


def test_two_cannot_write_the_same_run(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    with pytest.raises(ResultsError, match="Another process is writing the run in") as raised:
        open_folder(tmp_path)
    assert str(tmp_path) in raised.value.message
    folder.close()
    open_folder(tmp_path).close()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"config": {"budget": "8x32x100", "seed": 0}}, "--budget was 1x32x100 and is 8x32x100"),
        ({"config": {"budget": "1x32x100", "seed": 1}}, "--seed was 0 and is 1"),
        ({"config": {"budget": "1x32x100", "seed": 0, "split": "test"}}, "--split was not given and is test"),
        ({"lean": {"version": "5.0"}}, "Lean version was 4.99 and is 5.0"),
        ({"data": {"sha256": "1"}}, "the problems themselves have changed"),
    ],
)
def test_another_configuration_is_refused_by_what_differs(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    folder = open_folder(tmp_path)
    folder.begin(RUN)
    folder.close()
    again = open_folder(tmp_path)
    with pytest.raises(UsageError) as raised:
        again.begin({**RUN, **change})
    assert named in raised.value.message
    assert "--fresh" in raised.value.hint and "--out" in raised.value.hint
    again.close()
    fresh = open_folder(tmp_path, fresh=True)
    assert fresh.begin({**RUN, **change}) is False
    fresh.close()


def test_another_machine_or_version_is_no_other_run(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    folder.begin({**RUN, "version": "1", "machine": {"cores": 2}})
    folder.close()
    again = open_folder(tmp_path)
    assert again.begin({**RUN, "version": "2", "machine": {"cores": 4}}) is True
    again.close()


def test_starting_over_deletes_what_a_run_left_and_nothing_else(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    folder.begin(RUN)
    folder.pose(problems("t"))
    folder.append(PROVED)
    folder.summarise({})
    folder.close()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "proofs" / "notes.txt").write_text("mine")
    fresh = open_folder(tmp_path, fresh=True)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.name != ".lock") == ["notes.txt", "notes.txt", "proofs"]
    assert fresh.begin(RUN) is False and fresh.attempts == {}
    fresh.close()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(UsageError, match="other files"):
            open_folder(tmp_path, fresh=fresh)
    with pytest.raises(UsageError, match="is a file"):
        open_folder(tmp_path / "thesis.tex")
    with pytest.raises(ResultsError, match="cannot be made"):
        open_folder(tmp_path / "thesis.tex" / "run")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", "[]", "{", "\0"])
def test_a_damaged_run_json(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    folder = open_folder(tmp_path)
    with pytest.raises(ResultsError, match=r"run\.json is not"):
        folder.begin(RUN)
    folder.close()


@pytest.mark.parametrize("content", ["{", "[]", "3", '{"name": "t"}', "\0"])
def test_damaged_problems(tmp_path: Path, content: str) -> None:
    (tmp_path / "problems.jsonl").write_text(content + "\n")
    with pytest.raises(ResultsError, match="cannot be read"):
        read_problems(tmp_path)


def test_a_full_disk_leaves_the_earlier_attempts_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "attempts.jsonl"
    journal = Journal(path, 0)
    journal.append(DONE)
    real = os.write

    def full(file: int, data: Any) -> int:
        real(file, bytes(data)[:10])  # what fits
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(ResultsError, match="No space left on device") as raised:
            journal.append(replace(DONE, pass_index=1))
    assert raised.value.hint
    assert path.read_bytes() == encode(DONE)
    journal.append(replace(DONE, pass_index=2))
    journal.close()
    assert set(read_journal(path)[0]) == {("t", 0), ("t", 2)}


def test_writes_that_are_cut_short_are_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, bytes(data)[:3]))
    journal = Journal(tmp_path / "a", 0)
    journal.append(DONE)
    journal.close()
    assert (tmp_path / "a").read_bytes() == encode(DONE)


def test_a_real_limit_on_a_files_size(tmp_path: Path) -> None:
    """In a child: the kernel refuses to let the journal grow past 1000 bytes."""
    import signal

    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            folder = open_folder(tmp_path)
            folder.begin(RUN)
            folder.pose(problems("t"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            try:
                for index in range(100):
                    folder.append(replace(DONE, pass_index=index))
            except ResultsError:
                status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    content = (tmp_path / "attempts.jsonl").read_bytes()
    read, size = read_journal(tmp_path / "attempts.jsonl")
    assert 0 < len(content) <= 1000 and size == len(content) and len(read) == content.count(b"\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device_that_is_full() -> None:
    with pytest.raises(ResultsError, match="No space left"):
        Journal(Path("/dev/full"), 0).append(DONE)


def test_a_full_disk_while_a_proof_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = open_folder(tmp_path)
    folder.begin(RUN)
    folder.pose(problems("t"))
    real = os.fsync
    journal = (tmp_path / "attempts.jsonl").stat().st_ino

    def full(file: int) -> None:
        if os.fstat(file).st_ino != journal:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ResultsError, match=r"t\.lean cannot be written: No space"):
            folder.append(PROVED)
    folder.close()
    assert list((tmp_path / "proofs").iterdir()) == []
    again = open_folder(tmp_path)
    again.begin(RUN)
    again.pose(problems("t"))
    assert again.attempts == {("t", 0): PROVED}
    assert again.proof_path("t").read_text() == PROVED.text + "\n"
    again.close()


def test_writing_whole_keeps_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    write_whole(path, "old")

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ResultsError):
            write_whole(path, "new")
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


@given(st.lists(any_text, unique=True))
def test_proof_files_are_safe_and_differ(names: list[str]) -> None:
    files = proof_files(names)
    assert list(files) == names
    assert len({file.lower() for file in files.values()}) == len(names)
    for file in files.values():
        assert file.isascii() and len(file) < 120 and "/" not in file and "\\" not in file and file[0] not in ".-"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mathd_algebra_1", "mathd_algebra_1.lean"),
        ("Foo.bar'", "Foo.bar'.lean"),
        ("..", None),
        ("a/b", None),
        ("CON", None),
        ("com1.x", None),
        ("", None),
        ("«x y»", None),
        ("x" * 300, None),
        (".hidden", None),
        ("a.", None),
    ],
)
def test_a_plain_name_is_the_files(name: str, file: str | None) -> None:
    made = proof_files([name])[name]
    assert made == file if file else made != f"{name}.lean"


def test_names_that_differ_in_capitals_get_files_that_differ_in_more() -> None:
    files = proof_files(["Foo", "foo", "bar"])
    assert files["Foo"].lower() != files["foo"].lower() and files["bar"] == "bar.lean"


@pytest.mark.parametrize(
    ("statement", "proof", "text"),
    [
        ("theorem t : p := by sorry", "simp", "theorem t : p := by\n  simp\n"),
        ("theorem t : p := sorry", "simp", "theorem t : p := by\n  simp\n"),
        ("theorem t : p := by", "\n  a\n  b\n", "theorem t : p := by\n  a\n  b\n"),
        ("theorem t : p", "a\nb", "theorem t : p := by\n  a\n  b\n"),
        ("theorem t : p :=\n  by\n  sorry\n", "a\n  b", "theorem t : p :=\n  by\n  a\n  b\n"),
        ("theorem t : p", "have h : q := by\n  x\ny", "theorem t : p := by\n  have h : q := by\n    x\n  y\n"),
        ("theorem t : p := by sorry", "cases h with\n  | a => x", "theorem t : p := by\n  cases h with\n  | a => x\n"),
        ("theorem t : p := by sorry", "have h : q := by\n    x", "theorem t : p := by\n  have h : q := by\n      x\n"),
    ],
)  # fmt: skip
def test_a_proof_joins_its_statement(statement: str, proof: str, text: str) -> None:
    assert whole_text(statement, proof) == text
