"""`prove doctor`: what it finds on machines of all kinds, and how it says so."""

from __future__ import annotations

import io
import json
import os
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from lean_env import bundled_package
from lean_env.bundled import BundledLean
from lean_env.sandbox import Means
from lean_env.toolchain import Toolchain
from prover import doctor
from prover.doctor import Finding, Report
from tests.lean_env import fake_lean

GB = 1_000_000_000
BUNDLE = BundledLean(Path("/node"), Path("/lean.js"), Path("/sysroot"), "4.28.0", Path("/cache"))
BUNDLED = Toolchain("bundled", "4.28.0", mathlib=False, why="no `lean` is on PATH", bundle=BUNDLE)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Lean, Lake and elan, and with an empty cache."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("STEPWISE_CACHE", str(tmp_path / "cache"))
    for name in ("STEPWISE_LEAN", "LEAN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


PROTECTIONS = {"Files", "Network", "Programs", "Signals", "Memory", "Time", "Threads", "Variables"}


@pytest.mark.parametrize(
    ("platform", "bundled", "means", "is_root", "unenforced"),
    [
        ("linux", True, Means("landlock", True), True, set()),
        ("linux", False, Means("bubblewrap", True), False, set()),
        ("linux", False, Means("bubblewrap", True), True, {"Threads"}),
        ("linux", False, Means("bubblewrap", False), False, set()),
        ("linux", True, Means("landlock", False), False, {"Network", "Signals"}),
        ("linux", False, Means(None, True), False, {"Files", "Programs"}),
        ("linux", False, Means(None, False, off=True), False, {"Files", "Network", "Programs", "Signals"}),
        ("darwin", True, Means(None, False), False, {"Files", "Network", "Signals", "Memory", "Threads"}),
        ("win32", False, Means(None, False), False, PROTECTIONS - {"Variables"}),
    ],
)
def test_what_is_not_enforced_is_said(
    platform: str, bundled: bool, means: Means, is_root: bool, unenforced: set[str]
) -> None:
    found = doctor.sandbox_findings(platform, bundled, means, is_root=is_root)
    assert {finding.topic for finding in found} == PROTECTIONS
    assert {finding.topic for finding in found if finding.level == "warn"} == unenforced
    for finding in found:
        assert finding.text.endswith(".")
        assert bool(finding.advice) == (finding.level == "warn")
        assert ("Unset STEPWISE_SANDBOX" in finding.advice) == (means.off and finding.level == "warn")


def topics(report: Report) -> dict[str, Finding]:
    return {finding.topic: finding for finding in report.findings}


def test_without_any_lean_the_bundled_one_would_be_fetched_and_is_not(tmp_path: Path) -> None:
    report = doctor.diagnose()
    found = topics(report)
    assert report.ok
    assert report.exit_status == 0
    assert found["Lean"].level == "warn"
    assert "not fetched yet" in found["Lean"].text
    assert "121 MB" in found["Lean"].advice
    assert found["Mathlib"].level == "warn"
    assert found["Mathlib"].advice.startswith("Install elan. Copy the folder ")
    assert found["Cache"] == Finding("Cache", "ok", f"{tmp_path}/cache, empty so far.")
    assert found["Node"].level == "ok"
    assert set(found) >= PROTECTIONS
    assert report.workers >= 1
    assert not (tmp_path / "cache").exists()


def test_a_lean_that_was_asked_for_and_is_not_there_fails(tmp_path: Path) -> None:
    report = doctor.diagnose(str(tmp_path / "no-lean"))
    found = topics(report)
    assert not report.ok
    assert report.exit_status == 1
    assert report.lean is None
    assert report.workers == 0
    assert found["Lean"].level == "fail"
    assert found["Lean"].advice
    assert "Mathlib" not in found


def test_a_project_with_mathlib_is_all_well(path: Path, tmp_path: Path) -> None:
    project = tmp_path / "mine"
    (project / "modules").mkdir(parents=True)
    (project / "modules" / "Mathlib.olean").touch()
    (project / "lakefile.toml").touch()
    (project / "lake-manifest.json").write_text('{"packages": [{"name": "mathlib", "rev": "8f9d9cff"}]}')
    fake_lean.lean(tmp_path / "pinned")
    fake_lean.lake(path / "lake", tmp_path / "pinned", "modules")
    found = topics(doctor.diagnose(project=project))
    assert found["Lean"] == Finding(
        "Lean", "ok", f"Lean 4.28.0, the one of the Lake project {project}: it was asked for."
    )
    assert found["Mathlib"] == Finding("Mathlib", "ok", "Mathlib is there at 8f9d9cff.")
    assert set(found) >= PROTECTIONS


def test_a_repl_beside_a_lean_that_verifies(path: Path, tmp_path: Path) -> None:
    fake_lean.lean(tmp_path / "native")
    (path / "lean").symlink_to(tmp_path / "native" / "bin" / "lean")
    program = fake_lean.program(tmp_path / "repl" / ".lake" / "build" / "bin" / "repl", "")
    found = topics(doctor.diagnose(f"repl:{tmp_path / 'repl'}"))
    assert found["Lean"].level == "ok"
    assert found["Backend"].text == f"The REPL {tmp_path / 'repl'} tries the tactics; this Lean verifies the proofs."
    program.unlink()
    report = doctor.diagnose(f"repl:{tmp_path / 'repl'}")
    assert not report.ok and "there is no REPL" in topics(report)["Lean"].text


def test_the_folder_to_copy_for_mathlib_has_a_lakefile_and_a_toolchain() -> None:
    advice = doctor.mathlib_finding(BUNDLED).advice
    folder = Path(advice.split("Copy the folder ")[1].split(", run")[0])
    assert (folder / "lakefile.toml").is_file()
    assert (folder / "lean-toolchain").read_text().strip() == "leanprover/lean4:v4.28.0"


def test_a_machine_that_is_too_small_is_warned_of() -> None:
    enough = doctor.machine_finding(4, 32 * GB, 20 * GB, int(2.5 * GB), 4)
    assert enough == Finding(
        "Machine", "ok", "4 cores and 20.0 of 32.0 GB memory free: 4 workers, at about 2.5 GB each."
    )
    small = doctor.machine_finding(1, 2 * GB, 1 * GB, int(2.5 * GB), 1)
    assert small.level == "warn"
    assert "1 worker, at" in small.text
    assert small.advice


def test_without_node_it_depends_on_whether_it_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundled_package, "node_root", lambda: tmp_path)
    assert doctor.node_finding(needed=True).level == "fail"
    assert doctor.node_finding(needed=False).level == "warn"
    fake_lean.failing(tmp_path / "bin" / "node", "no such processor")
    broken = doctor.node_finding(needed=True)
    assert broken.level == "fail"
    assert "does not work on this system" in broken.text


def test_a_cache_that_cannot_be_used_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STEPWISE_CACHE", str(tmp_path / "file" / "cache"))
    found = doctor.cache_finding()
    assert found.level == "warn"
    assert "cannot be written to" in found.text
    assert "STEPWISE_CACHE" in found.advice


def test_a_cache_has_a_size_and_a_disk_with_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache" / "deep").mkdir(parents=True)
    (tmp_path / "cache" / "deep" / "file").write_bytes(b"x" * 20_000_000)
    assert f"{tmp_path}/cache, 0.02 GB; " in doctor.cache_finding().text
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=1000))
    full = doctor.cache_finding()
    assert full.level == "warn"
    assert full.advice


def test_processes_end_at_once_on_linux_only() -> None:
    assert doctor.limits_findings("linux", None)[0].level == "ok"
    assert doctor.limits_findings("darwin", None)[0].level == "warn"


REPORT = Report(
    (Finding("Lean", "ok", "Lean [4.28.0] is there."), Finding("Mathlib", "warn", "There is none.", "Get it.")),
    {"kind": "bundled"},
    2,
)


def test_a_report_is_shown_plainly() -> None:
    out = io.StringIO()
    doctor.show(REPORT, Console(file=out, width=20))
    assert out.getvalue().splitlines() == [
        "ok   Lean       Lean [4.28.0] is there.",
        "warn Mathlib    There is none.",
        "                Get it.",
    ]


def test_a_report_is_one_json_object() -> None:
    content = json.loads(doctor.as_json_text(REPORT))
    assert content["ok"] is True
    assert content["lean"] == {"kind": "bundled"}
    assert content["workers"] == 2
    assert content["findings"][1] == {
        "topic": "Mathlib",
        "level": "warn",
        "text": "There is none.",
        "advice": "Get it.",
    }


def test_run_prints_to_standard_output_and_returns_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.run(True) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert doctor.run(False, str(tmp_path / "no-lean")) == 1
    assert capsys.readouterr().out.startswith("fail Lean ")
