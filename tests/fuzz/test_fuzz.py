"""A sample of every fuzz target; `python -m benchmarks.fuzz` runs them for as long as one likes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_a_sample(name: str) -> None:
    strategy, check = TARGETS[name]
    settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))(given(strategy)(check))()
