"""A model proves a statement on a real Lean: a tiny one, taught on the spot, through transformers."""

from __future__ import annotations

from pathlib import Path

import pytest

from lean_env.pool import Pool
from prover.policy.hf import TransformersGenerator
from tests.prover.policy import tiny_models
from tests.prover.policy.lessons import LESSONS, attempted

pytest.importorskip("torch", reason="models are not installed in this environment")


@pytest.mark.lean
async def test_a_model_proves_a_statement_in_steps(lean: Pool, tmp_path: Path) -> None:
    folder = tiny_models.make_llama(tmp_path / "taught")
    tiny_models.teach(folder, LESSONS)
    generator = TransformersGenerator(folder, device="cpu")
    record = await attempted(lean, generator)
    await generator.close()
    assert record.result == "proved", record
    assert record.text.endswith("  constructor\n  · exact hq\n  · exact hp")
    assert record.usage.expansions == 3 and record.usage.policy_s > 0
