"""One pass over one problem: search for a proof of the statement, and of its negation beside, until one is found or the
budget is spent."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from lean_env.errors import WorkerError
from lean_env.protocol import Hole, Opened, State
from lean_env.verify import Verdict
from prover.goal_search import Clock, GoalSearch
from prover.interfaces import Attempt, Environment, Problem, Result, StopReason, Verifier
from prover.method import Memory, Method
from prover.minimise import minimise
from prover.negation import Negation, negation
from prover.problems.leantext import sorries
from prover.script import fill
from prover.search.graph import Graph
from prover.side import Side, make_side


async def attempt(
    problem: Problem,
    method: Method,
    *,
    env: Environment,
    verify: Verifier,
    seed: int,
    pass_index: int,
    memory: Memory | None = None,
    watch: Callable[[Graph], None] | None = None,
    clock: Callable[[float], Clock] = Clock,
) -> Attempt:
    """Try to prove one statement, and to refute it where the method says so.

    Args:
        memory: what earlier passes over the problem found out; added to.
        watch: is shown what the search for a proof has found so far, before the first expansion and after each.
        clock: makes, of the time limit, what measures against it.

    Returns:
        The record of the attempt. A worker that fails beyond repair makes it an `error`; what Lean says never does.

    Raises:
        PolicyError: the policy's model cannot be asked.
    """
    run = _Run(problem, method, env, verify, seed, memory or Memory(), watch, clock(method.timeout_s))
    try:
        result, stop = await run.run()
    except WorkerError as error:
        result, stop, run.error = "error", "error", str(error)
    usage = run.clock.usage
    usage.wall_s = run.clock.elapsed()
    found = result in ("proved", "disproved")
    return Attempt(
        problem=problem.name,
        pass_index=pass_index,
        result=result,
        stop=stop,
        seed=seed,
        tactics=run.script if found else (),
        text=run.text if found else "",
        axioms=run.axioms if found else (),
        error="" if found else " ".join(run.error.split()),
        rejected=sum(side.rejected for side in run.sides),
        usage=usage,
        promise=None if found or not run.sides else run.sides[0].promise,
    )


class _Run:
    """What changes while an attempt runs."""

    def __init__(
        self,
        problem: Problem,
        method: Method,
        env: Environment,
        verify: Verifier,
        seed: int,
        memory: Memory,
        watch: Callable[[Graph], None] | None,
        clock: Clock,
    ) -> None:
        self.problem, self.method, self.env, self.verify = problem, method, env, verify
        self.seed, self.memory, self.watch = seed, memory, watch
        self.clock = clock
        self.original = problem.text()
        self.sides: list[Side] = []
        """The search for a proof of the statement, and of its negation where that is asked for."""
        self.error = ""
        self.script: tuple[str, ...] = ()
        self.text = ""
        self.axioms: tuple[str, ...] = ()

    async def run(self) -> tuple[Result, StopReason]:
        denied = negation(self.problem) if self.method.negate else None
        opened, denied = await self._open(denied)
        index = (self.problem.hole or 0) + (1 if denied else 0)
        if opened.error is not None or not 0 <= index < len(opened.holes):
            self.error = opened.error or "there is no such `sorry` in the text"
            await self.env.drop([each.state for each in opened.holes])
            return "not_elaborated", "not_elaborated"
        meant = [opened.holes[index]] + ([opened.holes[0]] if denied else [])
        await self.env.drop([each.state for each in opened.holes if each not in meant])
        self._begin(meant, denied)
        try:
            return await self._take_turns()
        finally:
            for side in self.sides:
                await side.forget()

    async def _open(self, denied: Negation | None) -> tuple[Opened, Negation | None]:
        """The text with the negation beside it, where that elaborates; else the text alone."""
        if denied is not None:
            opened = await self._elaborated(denied.beside)
            if opened.error is None and len(opened.holes) == 2:
                return opened, denied
            await self.env.drop([each.state for each in opened.holes])
        return await self._elaborated(self.original), None

    async def _elaborated(self, text: str) -> Opened:
        opened = await self.env.open(text, self.problem.before)
        self.clock.usage.lean_s += opened.lean_ms / 1000
        return opened

    def _begin(self, holes: list[Hole], denied: Negation | None) -> None:
        left = sorries(self.original) - 1
        before = self.problem.before
        moved = denied.lines if denied else 0
        hole = replace(holes[0], line=holes[0].line - moved, end_line=holes[0].end_line - moved)

        async def proves(text: str) -> Verdict:
            return await self.verify(self.original, text, left=left, before=before)

        async def refutes(text: str) -> Verdict:
            return await self.verify(self.original, text, before=before, negated=True)

        root = holes[0].state
        self.sides.append(self._side(self.problem, root, lambda script: fill(self.original, hole, script), proves))
        if denied:
            refuted = replace(self.problem, statement=denied.text, header="", hole=0)
            self.sides.append(self._side(refuted, holes[1].state, denied.fill, refutes))

    def _side(
        self,
        problem: Problem,
        root: State,
        assemble: Callable[[tuple[str, ...]], str],
        verify: Callable[[str], Awaitable[Verdict]],
    ) -> Side:
        return make_side(
            root,
            problem,
            self.method,
            self.clock,
            env=self.env,
            assemble=assemble,
            verify=verify,
            seed=self.seed,
            memory=self.memory,
        )

    async def _take_turns(self) -> tuple[Result, StopReason]:
        """Expand a state of each side in turn, until one is proved or all are done."""
        open_sides = list(self.sides)
        self._show()
        stop: StopReason = "exhausted"
        while open_sides:
            for side in list(open_sides):
                if self.clock.over:
                    return self._not_proved("timeout")
                step = await side.step()
                self._show()
                if step == "proved":
                    await self._keep(side)
                    return ("proved", "proved") if side is self.sides[0] else ("disproved", "disproved")
                if step != "open":
                    open_sides.remove(side)
                    if side is self.sides[0]:
                        stop = step
        return self._not_proved(stop)

    def _show(self) -> None:
        side = self.sides[0]
        if self.watch is not None and isinstance(side, GoalSearch):
            self.watch(side.search.graph)

    def _not_proved(self, stop: StopReason) -> tuple[Result, StopReason]:
        self.error = self.sides[0].error
        return "not_proved", stop

    async def _keep(self, side: Side) -> None:
        """Take over the proof of a side: a shorter one that verification accepts, where that is asked for."""
        self.script, self.text, self.axioms = side.script, side.text, side.axioms
        if self.method.minimise and side.steps:
            with contextlib.suppress(WorkerError):  # there is a proof, however it ends
                await self._shorten(side)

    async def _shorten(self, side: Side) -> None:
        """Drop and merge steps while Lean accepts the text, as long as the attempt has time."""

        async def elaborates(script: tuple[str, ...]) -> bool:
            return not self.clock.over and (await self._elaborated(side.assemble(script))).error is None

        shorter = await minimise(side.steps, elaborates)
        if shorter == self.script:
            return
        text = side.assemble(shorter)
        verdict = await side.checked(text)
        if verdict.accepted:
            self.script, self.text, self.axioms = shorter, text, verdict.axioms


async def expand(problem: Problem, env: Environment) -> list[Problem]:
    """One problem for each `sorry` of a text; a problem that names its `sorry` stays as it is.

    A text that does not elaborate stays one problem, so that its attempt says why.
    """
    if problem.hole is not None:
        return [problem]
    opened = await env.open(problem.text())
    await env.drop([hole.state for hole in opened.holes])
    if opened.error is not None:
        return [replace(problem, hole=0)]
    if len(opened.holes) == 1:
        return [replace(problem, hole=0)]
    total = Counter(hole.declaration for hole in opened.holes)
    seen: Counter[str] = Counter()
    problems = []
    for index, hole in enumerate(opened.holes):
        seen[hole.declaration] += 1
        number = f"-{seen[hole.declaration]}" if total[hole.declaration] > 1 else ""
        source = f"{problem.source.rsplit(':', 1)[0]}:{hole.line}" if problem.source else ""
        name = f"{problem.name}.{hole.declaration}{number}"
        problems.append(replace(problem, name=name, hole=index, source=source))
    return problems
