"""The process that judges, with its other end scripted."""

from __future__ import annotations

from lean_env.protocol import Exported, Question
from lean_env.session import OPEN_MS
from tests.lean_env.test_worker import scripted_pool

NOTHING = Exported((), "", [["right"]], (), 0.0)


async def test_it_is_another_process_than_those_of_attempts() -> None:
    async with scripted_pool() as pool, pool.session() as session:
        await session.open("theorem t : p := by sorry")
        report = await pool.judge.judge(Question("pid", "x"), NOTHING, OPEN_MS)
        assert report.differences != (str((await pool.worker(session.seat)).pid),)


async def test_an_original_that_could_change_the_process_has_it_for_itself() -> None:
    async with scripted_pool() as pool:

        async def process(original: str) -> str:
            return (await pool.judge.judge(Question(original, "x"), NOTHING, OPEN_MS)).differences[0]

        plain, other_plain = await process("pid 1"), await process("pid 2")
        own, own_again = await process("pid macro 1"), await process("pid macro 1")
        others, after = await process("pid macro 2"), await process("pid 1")
        assert plain == other_plain and own == own_again
        assert len({plain, own, others, after}) == 4


async def test_a_text_that_ends_a_process_twice_is_rejected_and_the_next_is_not() -> None:
    async with scripted_pool() as pool:
        for original, candidate in (("end-judge", "x"), ("", "end-export")):
            verdict = await pool.verify(original, candidate)
            assert not verdict.accepted and verdict.stages == ("worker",)
            assert verdict.checks is not None and verdict.checks.kernel.startswith("not run")
            assert (await pool.verify("", "x")).accepted


async def test_the_checks_are_reported_apart() -> None:
    async with scripted_pool() as pool:
        checks = (await pool.verify("", "x")).checks
        assert checks is not None and (checks.kernel, checks.fresh) == ("passed", "passed")
        checks = (await pool.verify("", "x", independent=True)).checks
        assert checks is not None and checks.independent.startswith("not run: the bundled Lean")
        verdict = await pool.verify("", "error")
        assert verdict.stages == ("elaboration",) and verdict.errors == ("no",)
    async with scripted_pool("sys.exit(3)") as pool:
        checks = (await pool.verify("", "x")).checks
        assert checks is not None and (checks.kernel, checks.fresh) == ("passed", "failed")
