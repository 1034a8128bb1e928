"""`prove data get` and where a benchmark is looked for; git and HTTP are real, the repositories are our own."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lean_env.errors import DataError, UsageError
from prover.data import SOURCES, cache_folder, fetch, get, locate
from prover.problems import load


def git(*arguments: str, folder: Path) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small miniF2F whose pinned revision is not its newest."""
    folder = tmp_path / "origin"
    (folder / "MiniF2F" / "Test").mkdir(parents=True)
    statement = folder / "MiniF2F" / "Test" / "a.lean"
    git("init", "--quiet", folder=folder)
    statement.write_text("import Mathlib\n\ntheorem a : 1 = 1 := by sorry")
    git("add", ".", folder=folder)
    git("commit", "--quiet", "-m", "one", folder=folder)
    pinned = git("rev-parse", "HEAD", folder=folder)
    statement.write_text("import Mathlib\n\ntheorem a : 2 = 2 := by sorry")
    git("commit", "--quiet", "-am", "two", folder=folder)
    monkeypatch.setitem(SOURCES, "minif2f", fetch.Source(str(folder), pinned))
    return folder


def test_the_pinned_revision_is_fetched_once(repository: Path, tmp_path: Path) -> None:
    told: list[str] = []
    folder = get("minif2f", tmp_path / "cache", told.append)
    assert folder == tmp_path / "cache" / "minif2f"
    [problem] = load("minif2f", data=None, split="test", mathlib=True, cache=tmp_path / "cache")
    assert problem.statement == "theorem a : 1 = 1 := by sorry"
    assert told[-1] == f"minif2f is in {folder}."
    assert get("minif2f", tmp_path / "cache", told.append) == folder
    assert told[-1] == f"minif2f is already in {folder}."
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["minif2f", "minif2f.lock"]


def test_another_revision_is_replaced(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    get("minif2f", tmp_path)
    monkeypatch.setitem(SOURCES, "minif2f", fetch.Source(str(repository), git("rev-parse", "HEAD", folder=repository)))
    get("minif2f", tmp_path)
    assert "2 = 2" in load("minif2f", data=None, split=None, mathlib=True, cache=tmp_path)[0].statement


def test_what_cannot_be_fetched_says_how_to_do_it_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "minif2f", fetch.Source(str(tmp_path / "none"), "0" * 40))
    with pytest.raises(DataError, match="cannot be fetched") as caught:
        get("minif2f", tmp_path / "cache")
    assert "git clone" in caught.value.hint
    assert "--data DIR" in caught.value.hint
    assert "\n" not in caught.value.message
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["minif2f.lock"]


def test_git_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="git is not installed"):
        get("minif2f", tmp_path)


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot be stored"):
        get("minif2f", tmp_path / "file" / "cache")


def test_an_unknown_benchmark_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no benchmark 'core' to fetch"):
        get("core", tmp_path)


class _Site(http.server.BaseHTTPRequestHandler):
    body = b'[{"formal_statement": "theorem lean_workbook_1 : 1 = 1 := by sorry"}]'

    def do_GET(self) -> None:
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body) + ("short" in self.path)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_single_file_is_downloaded(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "lean-workbook", fetch.Source(site, "abc", file="lean_workbook.json"))
    assert get("lean-workbook", tmp_path) == locate("lean-workbook", None, tmp_path)
    assert [p.name for p in load("lean-workbook", data=None, split=None, mathlib=False, cache=tmp_path)] == [
        "lean_workbook_1"
    ]


@pytest.mark.parametrize(("path", "says"), [("/missing", "Not Found"), ("/short", "broke off")])
def test_a_failed_download(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, says: str) -> None:
    monkeypatch.setitem(SOURCES, "lean-workbook", fetch.Source(site + path, "abc", file="lean_workbook.json"))
    with pytest.raises(DataError, match=says) as caught:
        get("lean-workbook", tmp_path)
    assert "--data DIR" in caught.value.hint
    assert not (tmp_path / "lean-workbook").exists()


def test_the_cache_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPWISE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "data"
    monkeypatch.delenv("STEPWISE_CACHE")
    assert cache_folder().name == "data"


def test_every_source_is_pinned() -> None:
    assert all(len(source.revision) == 40 for source in SOURCES.values())
