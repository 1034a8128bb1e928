"""Models that several files of tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.prover.policy import tiny_models

# Nothing here is on the hub: looking would only take time
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.make_llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def byt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.make_byt5(tmp_path_factory.mktemp("byt5"))
