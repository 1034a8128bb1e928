"""The HTTP API: jobs that prove, verdicts, tactics and lemmas, described by its own OpenAPI at `/openapi.json`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from lean_env.errors import DataError, StepwiseError, UsageError
from prover.config import parse_budget
from prover.server.compatible import router
from prover.server.jobs import Busy, Job, Jobs
from prover.service import Ask, Service

LONGEST_S = 600.0
"""Seconds that one request or job may ask for."""
MOST_SPENT = {"passes": 64, "samples": 256, "expansions": 10_000}

Text = Annotated[str, Field(max_length=200_000)]
Seconds = Annotated[float, Field(gt=0, le=LONGEST_S)]


class Refusal(BaseModel):
    """Why a request got no answer, and what to do."""

    error: str
    hint: str


class ProveRequest(BaseModel):
    """A statement to prove."""

    statement: Annotated[Text, Field(min_length=1, examples=["theorem t (a b : Nat) : a + b = b + a := by sorry"])]
    budget: Annotated[str, Field(max_length=40, examples=["1x32x100"])] = "1x32x100"
    timeout_s: Seconds = 60.0
    search: Literal["best-first", "critic", "hybrid", "hybrid-interleaved", "mcts"] = "best-first"
    negate: bool = False
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


class JobInfo(BaseModel):
    """A job, and its result once it is done."""

    id: str
    state: Literal["waiting", "running", "done", "cancelled", "failed"]
    statement: str
    created: float
    result: dict[str, Any] | None
    error: str


class VerifyRequest(BaseModel):
    """A proof to verify: what stands after `:= by`, or a whole text."""

    statement: Text = ""
    proof: Annotated[Text, Field(min_length=1)]
    timeout_s: Seconds = 300.0


class VerdictInfo(BaseModel):
    """What verification says."""

    accepted: bool
    reasons: list[str]
    axioms: list[str]
    lean: str


class TacticsRequest(BaseModel):
    """Tactics to run one after the other."""

    statement: Annotated[Text, Field(min_length=1)]
    tactics: Annotated[list[Text], Field(min_length=1, max_length=256)]


class TriedInfo(BaseModel):
    """What one tactic did."""

    tactic: str
    kind: str
    goals: list[str]
    error: str


class TacticsInfo(BaseModel):
    """What became of the tactics, up to the first that fails. `done` is a candidate, not a verified proof."""

    goals: list[str]
    steps: list[TriedInfo]
    done: bool


class SuggestRequest(BaseModel):
    """A place of a file where something is left to prove; line and column count from 1, the column in code points."""

    text: Annotated[Text, Field(min_length=1)]
    line: Annotated[int, Field(ge=1, le=10_000_000)]
    column: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    timeout_s: Seconds = 30.0
    most: Annotated[int, Field(ge=1, le=32)] = 5


class SuggestionInfo(BaseModel):
    """Tactics for the place. `complete` ones leave no goals; of those only the verified are proofs."""

    kind: Literal["complete", "step"]
    tactics: list[str]
    verified: bool
    goals: list[str]


class SuggestInfo(BaseModel):
    """The goal at the place, and what to write there, the best first."""

    declaration: str
    goals: list[str]
    suggestions: list[SuggestionInfo]


class LemmasRequest(BaseModel):
    """A goal to find lemmas for."""

    statement: Annotated[Text, Field(min_length=1)]
    most: Annotated[int, Field(ge=1, le=64)] = 16


class LemmaInfo(BaseModel):
    """A theorem of the library."""

    name: str
    statement: str


class Health(BaseModel):
    """What the server stands on."""

    lean: dict[str, Any]
    workers: int
    busy: int
    jobs: dict[str, int]


def make_app(service: Service) -> FastAPI:
    """The application on a service, which it enters and leaves with its own life."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service:
            app.state.jobs = Jobs(service, most_running=max(1, service.lean.capacity))
            warming = asyncio.create_task(service.try_to_warm())
            try:
                yield
            finally:
                warming.cancel()
                await app.state.jobs.close()

    refusals = {code: {"model": Refusal} for code in (400, 401, 403, 404, 408, 413, 422, 429, 500, 503)}
    app = FastAPI(
        title="Stepwise",
        summary="Proves Lean 4 theorems; what it calls proved, a fresh Lean has checked.",
        lifespan=lifespan,
        responses=refusals,  # type: ignore[arg-type]
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.include_router(router)
    app.add_exception_handler(StepwiseError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(StarletteHTTPException, _http)
    app.add_exception_handler(TimeoutError, _late)
    _routes(app, service)
    return app


def _routes(app: FastAPI, service: Service) -> None:
    def jobs() -> Jobs:
        found: Jobs = app.state.jobs
        return found

    def job_of(id: str) -> Job:
        job = jobs().get(id)
        if job is None:
            raise HTTPException(404, "There is no such job; ended ones are forgotten after a while.")
        return job

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> str:
        return files("prover.server").joinpath("page.html").read_text(encoding="utf-8")

    @app.get("/api/health")
    async def health() -> Health:
        """Which Lean answers here, and how busy it is."""
        counts: dict[str, int] = {}
        for job in jobs().all():
            counts[job.state] = counts.get(job.state, 0) + 1
        identity = dict(service.toolchain.identity())
        return Health(lean=identity, workers=service.lean.workers, busy=service.lean.busy, jobs=counts)

    @app.post("/api/jobs", status_code=202)
    async def submit(asked: ProveRequest) -> JobInfo:
        """Take a statement to prove; the answer comes at once, the proof under `/api/jobs/{id}`."""
        budget = parse_budget(asked.budget)
        for what, most in MOST_SPENT.items():
            if getattr(budget, what) > most:
                raise UsageError(f"A job may ask for at most {most} {what}.", "Ask for less.")
        ask = Ask(asked.statement, budget, asked.timeout_s, asked.search, asked.negate, asked.seed)
        return JobInfo(**jobs().submit(ask).as_json())

    @app.get("/api/jobs")
    async def all_jobs() -> list[JobInfo]:
        """The jobs that are known, the newest first."""
        return [JobInfo(**job.as_json()) for job in jobs().all()]

    @app.get("/api/jobs/{id}")
    async def one_job(id: str) -> JobInfo:
        """A job, with its result once it is done."""
        return JobInfo(**job_of(id).as_json())

    @app.delete("/api/jobs/{id}")
    async def cancel(id: str) -> JobInfo:
        """End a job; one that has ended stays as it is."""
        job = job_of(id)
        await jobs().cancel(job)
        return JobInfo(**job.as_json())

    @app.get("/api/jobs/{id}/events", response_class=StreamingResponse, responses={200: {"content": {NDJSON: {}}}})
    async def events(id: str) -> StreamingResponse:
        """The job as it goes on, a JSON object a line: `state`, `nodes` that are new or have changed, and at the end
        the `job`. A line without news comes every ten seconds."""
        job = job_of(id)

        async def lines() -> AsyncIterator[str]:
            async for event in jobs().watch(job):
                yield json.dumps(event, ensure_ascii=False) + "\n"

        return StreamingResponse(lines(), media_type=NDJSON)

    @app.post("/api/verify")
    async def verify(asked: VerifyRequest) -> VerdictInfo:
        """Is it a proof? Asked of a worker and of a fresh Lean process."""
        verdict = await service.verify(asked.statement, asked.proof, timeout_s=asked.timeout_s)
        return VerdictInfo(
            accepted=verdict.accepted, reasons=list(verdict.reasons), axioms=list(verdict.axioms), lean=verdict.lean
        )

    @app.post("/api/tactics")
    async def tactics(asked: TacticsRequest) -> TacticsInfo:
        """Run tactics on a statement, and see the goals after each."""
        tries = await service.apply(asked.statement, asked.tactics)
        steps = [TriedInfo(tactic=s.tactic, kind=s.kind, goals=list(s.goals), error=s.error) for s in tries.steps]
        return TacticsInfo(goals=list(tries.goals), steps=steps, done=tries.done)

    @app.post("/api/suggest")
    async def suggest(asked: SuggestRequest) -> SuggestInfo:
        """What to write at a place of a file, in the file's own context."""
        hole, found = await service.suggest(
            asked.text, asked.line, asked.column, timeout_s=asked.timeout_s, most=asked.most
        )
        offered = [
            SuggestionInfo(kind=s.kind, tactics=list(s.tactics), verified=s.verified, goals=list(s.goals))
            for s in found.suggestions
        ]
        return SuggestInfo(declaration=hole.declaration, goals=list(hole.goals), suggestions=offered)

    @app.post("/api/lemmas")
    async def lemmas(asked: LemmasRequest) -> list[LemmaInfo]:
        """Theorems of the library that fit the goal, best first."""
        found = await service.lemmas(asked.statement, asked.most)
        return [LemmaInfo(name=lemma.name, statement=lemma.statement) for lemma in found]


NDJSON = "application/x-ndjson"


def _answer(status: int, error: str, hint: str) -> JSONResponse:
    return JSONResponse({"error": error, "hint": hint}, status)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StepwiseError)
    status = 429 if isinstance(error, Busy) else 422 if isinstance(error, UsageError | DataError) else 503
    return _answer(status, error.message, error.hint)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    return _answer(422, f"{where or 'The body'}: {first['msg']}.", "See /openapi.json for what a request holds.")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)
    headers = dict(error.headers or {})
    answer = _answer(error.status_code, str(error.detail), "See /openapi.json for what there is.")
    answer.headers.update(headers)
    return answer


async def _late(request: Request, error: Exception) -> JSONResponse:
    return _answer(503, "That took too long.", "Ask for less, or allow more time.")
