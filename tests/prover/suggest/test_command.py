"""`prove suggest`: what is named, printed and written, with a real Lean behind it."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from rich.console import Console

from lean_env.errors import DataError, StepwiseError, UsageError
from lean_env.pool import Pool
from prover.cli import main
from prover.suggest import Suggester
from prover.suggest.command import Asked, once, watch_file
from prover.suggest.files import LeanFile, Target, parse_target, read, write

FILES = Path(__file__).resolve().parents[1] / "suggest_files"


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("A.lean", Target(Path("A.lean"))),
        ("A.lean:7", Target(Path("A.lean"), 7)),
        ("d/A.lean:7:1", Target(Path("d/A.lean"), 7, 0)),
        ("C:\\A.lean:7:3", Target(Path("C:\\A.lean"), 7, 2)),
        ("odd.lean:5.lean:12", Target(Path("odd.lean:5.lean"), 12)),
    ],
)
def test_targets(word: str, target: Target) -> None:
    assert parse_target(word) == target


@pytest.mark.parametrize(
    "word", ["", "A.txt", "A.lean:0", "A.lean:1:0", "A.lean:x", "A.lean:1:2:3", "a\0.lean", "A.lean:"]
)
def test_what_is_no_target_is_told(word: str) -> None:
    with pytest.raises(UsageError):
        parse_target(word)


def test_a_file_is_written_whole_and_only_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.lean"
    path.write_bytes("\ufeffα\r\n".encode())
    path.chmod(0o640)
    link = tmp_path / "link.lean"
    link.symlink_to(path)
    file = read(link)
    assert file.text == "\ufeffα\r\n"
    written = write(file, "\ufeffβ\r\n")
    assert path.read_bytes() == "\ufeffβ\r\n".encode() == written.content and link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(StepwiseError, match="has changed"):
        write(file, "γ")
    path.unlink()
    with pytest.raises(DataError, match="no longer there"):
        write(written, "γ")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.lean"], "nothing is left behind"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.lean"
    path.write_text("a")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StepwiseError, match="cannot be written"):
            write(LeanFile(path, b"a", "a"), "b")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["suggest"], "needs a FILE.lean"),
        (["suggest", "nowhere.lean"], "There is no file nowhere.lean"),
        (["suggest", "a.txt"], "takes a .lean file"),
        (["suggest", "nowhere.lean", "--limit", "0"], "--limit"),
        (["suggest", "nowhere.lean", "--timeout", "x"], "--timeout"),
        (["suggest", "nowhere.lean", "--policy", "nonsense"], "--policy"),
    ],
)
def test_bad_command_lines_are_told(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


@pytest_asyncio.fixture(loop_scope="session")
async def suggester(lean: Pool) -> AsyncIterator[Suggester]:
    async with Suggester(lean, lemmas=False) as suggester:
        yield suggester


def asked(lean: Pool, suggester: Suggester, word: Path | str, **changes: Any) -> Asked:
    values: dict[str, Any] = {"timeout_s": 20.0, "limit": 3, "apply": False, "as_json": True, **changes}
    return Asked(parse_target(str(word)), lean, suggester, console=Console(width=100), **values)


@pytest.mark.lean
async def test_proofs_are_written_and_nothing_else(
    lean: Pool, suggester: Suggester, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "windows.lean"
    path.write_bytes((FILES / "windows.lean").read_bytes())
    assert await once(asked(lean, suggester, path, apply=True), read(path)) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["applied"] == 3 and len(record["holes"]) == 3
    assert all(hole["suggestions"][0]["verified"] for hole in record["holes"])
    before, after = (FILES / "windows.lean").read_bytes().split(b"\r\n"), path.read_bytes().split(b"\r\n")
    changed = [number for number, (old, new) in enumerate(zip(before, after, strict=True), 1) if old != new]
    assert changed == [1, 5, 9] and b"sorry" not in path.read_bytes()
    assert await once(asked(lean, suggester, path), read(path)) == 0
    assert json.loads(capsys.readouterr().out)["holes"] == []


@pytest.mark.lean
async def test_places_in_json_are_counted_from_one_in_every_way(
    lean: Pool, suggester: Suggester, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FILES / "unicode.lean"
    assert await once(asked(lean, suggester, f"{path}:5:80"), read(path)) == 0
    (hole,) = json.loads(capsys.readouterr().out)["holes"]
    line = read(path).text.split("\n")[4]
    ahead = line[: line.index("sorry")]
    assert hole["start"] == {
        "line": 5,
        "column": len(ahead) + 1,
        "utf8_column": len(ahead.encode()) + 1,
        "utf16_column": len(ahead.encode("utf-16-le")) // 2 + 1,
    }
    assert hole["end"]["column"] == hole["start"]["column"] + 5 and hole["goals"] and hole["kind"] == "sorry"
    best = hole["suggestions"][0]
    assert (best["kind"], best["verified"], best["edit"]["start"]) == ("complete", True, hole["start"])


@pytest.mark.lean
async def test_one_goal_without_a_proof(
    lean: Pool, suggester: Suggester, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "false.lean"
    text = "theorem t (n : Nat) : n = 0 := by\n  sorry\n"
    path.write_text(text)
    few = {"timeout_s": 3.0, "as_json": False, "apply": True}
    assert await once(asked(lean, suggester, path, **few), read(path)) == 3
    assert path.read_text() == text, "without a place only proofs are written"
    assert await once(asked(lean, suggester, f"{path}:2", **few), read(path)) == 3
    out = capsys.readouterr().out
    assert "leaves" in out and "⊢ n = 0" in out and all(line == line.rstrip() for line in out.split("\n"))
    assert path.read_text() != text and "sorry" in path.read_text()
    async with lean.session() as session:
        assert (await session.open(path.read_text())).error is None


@pytest.mark.lean
async def test_a_place_where_nothing_is_left_to_prove_is_told(lean: Pool, suggester: Suggester) -> None:
    path = FILES / "several.lean"
    with pytest.raises(UsageError, match="nothing left to prove on line 1"):
        await once(asked(lean, suggester, f"{path}:1"), read(path))


@pytest.mark.lean
async def test_a_file_that_changes_meanwhile_is_not_written(
    lean: Pool, suggester: Suggester, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.lean"
    path.write_text("theorem t : 1 = 1 := by sorry\n")
    file = read(path)
    path.write_text("theorem t : 2 = 2 := by sorry\n")
    with pytest.raises(StepwiseError, match="has changed"):
        await once(asked(lean, suggester, path, apply=True), file)
    assert path.read_text() == "theorem t : 2 = 2 := by sorry\n"


@pytest.mark.lean
async def test_saves_are_followed_and_only_what_changed_is_elaborated(
    lean: Pool, suggester: Suggester, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("watchfiles")
    path = tmp_path / "watched.lean"
    first = "theorem one : 1 = 1 := rfl\n\ntheorem two (n : Nat) : n = n := by\n  sorry\n"
    path.write_text(first)
    watching = asyncio.create_task(watch_file(asked(lean, suggester, path)))
    records: list[dict[str, Any]] = []

    async def rounds(count: int) -> None:
        while len(records) < count:
            await asyncio.sleep(0.1)
            records.extend(json.loads(line) for line in capsys.readouterr().out.splitlines())

    try:
        await asyncio.wait_for(rounds(1), 120)
        other = tmp_path / "saved.tmp"  # as editors save: another file takes its place
        other.write_text(first + "\ntheorem three : 3 = 3 := by\n  sorry\n")
        other.replace(path)
        await asyncio.wait_for(rounds(2), 120)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    assert [record["elaborated"] for record in records] == [2, 1] and records[1]["commands"] == 3
    (two,), (again, three) = (record["holes"] for record in records)
    assert again["suggestions"] == two["suggestions"] and again["seconds"] == two["seconds"], "it is not searched twice"
    assert three["suggestions"][0]["verified"]
