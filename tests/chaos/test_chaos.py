"""A sample of the faults of `benchmarks/chaos.py`: nothing is lost, nothing is doubled, nothing is left over."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.remote import at_download, at_server

SAMPLE = [
    ("worker", "kill"),
    ("worker", "stop"),
    ("worker", "garbage"),
    ("worker", "truncated"),
    ("worker", "oversized"),
    ("worker", "memory"),
    ("checker", "kill"),
    ("checker", "truncated"),
    ("journal and results", "full disk"),
    ("journal and results", "driver killed"),
    ("everything", "clock jump"),
]


@pytest.mark.parametrize(("boundary", "fault"), SAMPLE)
def test_whole_runs(tmp_path: Path, boundary: str, fault: str) -> None:
    found = FAULTS[boundary, fault](tmp_path / "run", random.Random(7))
    assert found.clean and found.owed, found


@pytest.mark.parametrize("fault", ["kill", "truncated", "garbage"])
def test_a_policys_server(tmp_path: Path, fault: str) -> None:
    pytest.importorskip("openai")
    found = at_server(fault, tmp_path / "run", random.Random(7))
    assert found.clean and found.owed, found


@pytest.mark.parametrize("fault", ["truncated", "stop", "full disk"])
def test_a_download(tmp_path: Path, fault: str) -> None:
    found = at_download(fault, tmp_path / "run", random.Random(7))
    assert found.clean and found.owed, found
