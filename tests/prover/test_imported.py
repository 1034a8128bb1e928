"""What is made once for all texts with the same imports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from lean_env.errors import PolicyError
from prover.config import RunConfig
from prover.imported import PerImports, policy_maker
from prover.interfaces import Policy, Problem
from prover.parts import LeanPool

POOL = cast(LeanPool, None)


class Making:
    """Counts the policies that are made, by the imports that they are for."""

    def __init__(self, failures: int = 0) -> None:
        self.imports: list[str] = []
        self.failures = failures

    async def __call__(self, config: RunConfig, pool: LeanPool, problems: Sequence[Problem]) -> Policy:
        self.imports.append(problems[0].text())
        if len(self.imports) <= self.failures:
            raise PolicyError("It does not load.")
        return cast(Policy, object())


@pytest.mark.parametrize(("policy", "made"), [("tactics", 2), ("hf:some/internlm2-math-plus-7b", 1)])
async def test_a_model_is_loaded_once_and_the_built_in_policy_is_made_for_what_is_imported(
    policy: str, made: int
) -> None:
    making = Making()
    imported = PerImports(POOL, policy_maker(RunConfig("texts", policies=(policy,)), making))
    first = await imported.policy("import Mathlib\ntheorem a : p")
    assert await imported.policy("import Mathlib\ntheorem b : q") is first
    assert (await imported.policy("import Std") is first) == (made == 1)
    assert len(making.imports) == made
    await imported.close()


async def test_a_model_that_did_not_load_is_tried_again() -> None:
    making = Making(failures=1)
    imported = PerImports(POOL, policy_maker(RunConfig("texts", policies=("hf:some/internlm2-math-plus-7b",)), making))
    with pytest.raises(PolicyError, match=r"It does not load\."):
        await imported.policy("import Std")
    assert await imported.policy("import Std") is not None
    await imported.close()
