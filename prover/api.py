"""The Python API: what `prove` does on the command line, as a function and as a coroutine.

from prover import prove
result = prove("theorem t (a b : Nat) : a + b = b + a := by sorry")
print(result.proofs["t"])
"""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lean_env.errors import UsageError
from prover.config import RunConfig, parse_budget, parse_shard
from prover.events import Events
from prover.interfaces import Budget, Problem
from prover.prepare import prepare
from prover.run import RunResult, run

Target = str | Path | Problem | Sequence[Problem]


def prove(
    target: Target,
    budget: str | Budget = "1x32",
    *,
    policy: str | Sequence[str] = "auto",
    prompt: str | None = None,
    decoding: str | None = None,
    temperature: float | Sequence[float] | None = None,
    top_p: float | None = None,
    search: str = "best-first",
    critic: str = "none",
    negate: bool = False,
    minimise: bool = False,
    split: str | None = None,
    limit: int | None = None,
    shard: str | tuple[int, int] = (1, 1),
    seed: int = 0,
    timeout: float = 300.0,
    tactic_timeout: float = 5.0,
    workers: int | None = None,
    slots: int = 4,
    data: str | Path | None = None,
    lean: str | None = None,
    project: str | Path | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    ray: str | None = None,
    hours: float | None = None,
    events: Events | None = None,
) -> RunResult:
    """Prove a benchmark, a file, a folder, a statement, or given problems.

    Args:
        target: what `prove TARGET` takes, or problems.
        budget: `PASSESxSAMPLES[xEXPANSIONS]`, or a `Budget`.
        timeout: seconds for an attempt at one problem.
        tactic_timeout: seconds for one tactic; for a whole proof that was computed, three times as many.
        out: the run's folder, from which the same call goes on; None keeps nothing on disk.
        ray: the address of a Ray cluster that makes the attempts; `auto` for the one that runs here, else a new one.
        events: told what happens, as it happens.

    The other arguments are those of the command line (`prove run --help`).

    Raises:
        UsageError: an argument is not what it can be, or an event loop runs already (await `prove_async` there).
        StepwiseError: the data are missing or malformed, no Lean can be used, or the folder cannot be written.
    """
    config = _config(
        target, budget, policy, prompt, decoding, temperature, top_p,
        search, critic, negate, minimise, split, limit, shard, seed, timeout, tactic_timeout,
        workers, slots, data, lean, project, out, fresh, ray, hours,
    )  # fmt: skip
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_prove(config, _problems(target), events))
    raise UsageError("prove() cannot be called where an event loop runs.", "Use `await prove_async(…)` there.")


async def prove_async(
    target: Target,
    budget: str | Budget = "1x32",
    *,
    policy: str | Sequence[str] = "auto",
    prompt: str | None = None,
    decoding: str | None = None,
    temperature: float | Sequence[float] | None = None,
    top_p: float | None = None,
    search: str = "best-first",
    critic: str = "none",
    negate: bool = False,
    minimise: bool = False,
    split: str | None = None,
    limit: int | None = None,
    shard: str | tuple[int, int] = (1, 1),
    seed: int = 0,
    timeout: float = 300.0,
    tactic_timeout: float = 5.0,
    workers: int | None = None,
    slots: int = 4,
    data: str | Path | None = None,
    lean: str | None = None,
    project: str | Path | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    ray: str | None = None,
    hours: float | None = None,
    events: Events | None = None,
) -> RunResult:
    """`prove`, inside an event loop. Cancelling it is safe: with `out`, the same call goes on.

    Raises:
        StepwiseError: as `prove`.
    """
    config = _config(
        target, budget, policy, prompt, decoding, temperature, top_p,
        search, critic, negate, minimise, split, limit, shard, seed, timeout, tactic_timeout,
        workers, slots, data, lean, project, out, fresh, ray, hours,
    )  # fmt: skip
    return await _prove(config, _problems(target), events)


async def _prove(config: RunConfig, problems: Sequence[Problem] | None, events: Events | None) -> RunResult:
    # finding a Lean can take a download: the caller's event loop must not stand still
    prepared = await asyncio.to_thread(prepare, config, events=events, problems=problems)
    if config.out is not None:
        return await run(config, events=events, prepared=prepared)
    with tempfile.TemporaryDirectory(prefix="stepwise-", ignore_cleanup_errors=True) as folder:
        result = await run(dataclasses.replace(config, out=Path(folder)), events=events, prepared=prepared)
    return dataclasses.replace(result, folder=None)


def _problems(target: Target) -> list[Problem] | None:
    if isinstance(target, Problem):
        return [target]
    return None if isinstance(target, (str, Path)) else list(target)


def _config(
    target: Target,
    budget: str | Budget,
    policy: str | Sequence[str],
    prompt: str | None,
    decoding: str | None,
    temperature: float | Sequence[float] | None,
    top_p: float | None,
    search: str,
    critic: str,
    negate: bool,
    minimise: bool,
    split: str | None,
    limit: int | None,
    shard: str | tuple[int, int],
    seed: int,
    timeout: float,
    tactic_timeout: float,
    workers: int | None,
    slots: int,
    data: str | Path | None,
    lean: str | None,
    project: str | Path | None,
    out: str | Path | None,
    fresh: bool,
    ray: str | None,
    hours: float | None,
) -> RunConfig:
    problems = _problems(target)
    if problems is not None and not all(isinstance(problem, Problem) for problem in problems):
        raise UsageError("A list of problems holds something else.", "Give prover.Problem values, or one target.")
    return RunConfig(
        target=str(target) if problems is None else f"{len(problems)} problems",
        budget=parse_budget(budget) if isinstance(budget, str) else budget,
        policies=(policy,) if isinstance(policy, str) else tuple(policy),
        prompt=prompt,
        decoding=decoding,
        temperatures=_temperatures(temperature),
        top_p=top_p,
        search=search,
        critic=critic,
        negate=negate,
        minimise=minimise,
        data=_path(data),
        split=split,
        limit=limit,
        shard=parse_shard(shard) if isinstance(shard, str) else shard,
        seed=seed,
        timeout_s=timeout,
        tactic_timeout_s=tactic_timeout,
        workers=workers,
        slots=slots,
        lean=lean,
        project=_path(project),
        out=_path(out),
        fresh=fresh,
        ray=ray,
        hours=hours,
    )


def _temperatures(value: float | Sequence[float] | None) -> tuple[float, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, (int, float)) else tuple(value)


def _path(value: str | Path | None) -> Path | None:
    return None if value is None else Path(value)
