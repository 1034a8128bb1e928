"""The HTTP API on fakes: jobs, refusals, limits."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from prover.server import jobs as jobs_module
from prover.server.guard import MOST_BYTES
from tests.prover.fakes import FakePool, World
from tests.prover.server.conftest import Served

EASY = "theorem easy : True := by sorry"
HARD = "theorem hard : True := by sorry"


async def submitted(client: httpx.AsyncClient, statement: str, **options: object) -> str:
    answer = await client.post("/api/jobs", json={"statement": statement, **options})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ended(client: httpx.AsyncClient, id: str) -> dict[str, object]:
    for _ in range(500):
        job: dict[str, object] = (await client.get(f"/api/jobs/{id}")).json()
        if job["state"] in jobs_module.ENDED:
            return job
        await asyncio.sleep(0.01)
    raise AssertionError("the job does not end")


async def test_a_job_is_taken_at_once_and_its_proof_is_there_later(served: Served) -> None:
    async with served(World()) as client:
        job = await ended(client, await submitted(client, EASY))
        assert job["state"] == "done"
        result = job["result"]
        assert isinstance(result, dict)
        assert result["verdict"] == "proved" and result["tactics"] == ["trivial"]
        assert [each["id"] for each in (await client.get("/api/jobs")).json()] == [job["id"]]


async def test_the_passes_of_a_budget_end_with_the_first_proof(served: Served) -> None:
    world = World()
    async with served(world) as client:
        job = await ended(client, await submitted(client, "theorem late2 : True := by sorry", budget="8x4"))
    assert isinstance(job["result"], dict) and job["result"]["verdict"] == "proved"
    assert [pass_index for _, pass_index, _ in world.begun] == [0, 1, 2]


async def test_a_job_that_runs_is_cancelled_and_its_slot_is_free(served: Served) -> None:
    world = World(delay_s=30.0)
    async with served(world) as client:
        id = await submitted(client, HARD)
        while not world.begun:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert world.pool.busy == 1
        assert (await client.delete(f"/api/jobs/{id}")).json()["state"] == "cancelled"
        assert world.pool.busy == 0
        assert (await client.delete(f"/api/jobs/{id}")).json()["state"] == "cancelled", "again changes nothing"


async def test_a_job_that_waits_is_cancelled_too(served: Served) -> None:
    world = World(delay_s=30.0, pool=FakePool(capacity=1))
    async with served(world) as client:
        await submitted(client, HARD)
        second = await submitted(client, HARD)
        assert (await client.get(f"/api/jobs/{second}")).json()["state"] == "waiting"
        assert (await client.delete(f"/api/jobs/{second}")).json()["state"] == "cancelled"


async def test_a_watched_job_tells_when_it_ends(served: Served) -> None:
    async with served(World(delay_s=0.05)) as client:
        id = await submitted(client, EASY)
        lines = (await client.get(f"/api/jobs/{id}/events")).text.splitlines()
    events = [json.loads(line) for line in lines]
    assert events[-1]["state"] == "done" and events[-1]["job"]["result"]["verdict"] == "proved"
    assert all(event["job"] is None for event in events[:-1])


async def test_what_fails_inside_a_job_is_said_in_it(served: Served) -> None:
    async with served(World()) as client:
        crashed = await ended(client, await submitted(client, "theorem crash : True := by sorry"))
    assert crashed["state"] == "failed" and "RuntimeError" in str(crashed["error"])


async def test_a_lean_that_does_not_start_is_said(served: Served) -> None:
    async with served(World(pool=FakePool(starts=False))) as client:
        job = await ended(client, await submitted(client, EASY))
        assert "did not start" in str(job["error"])
        answer = await client.post("/api/tactics", json={"statement": EASY, "tactics": ["simp"]})
        assert answer.status_code == 503 and "did not start" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 422, "JSON"),
        (b"[]", 422, "object"),
        (b"{}", 422, "statement"),
        (json.dumps({"statement": ""}).encode(), 422, "statement"),
        (json.dumps({"statement": EASY, "budget": "lots"}).encode(), 422, "budget"),
        (json.dumps({"statement": EASY, "budget": "1000x32"}).encode(), 422, "passes"),
        (json.dumps({"statement": EASY, "timeout_s": 1e9}).encode(), 422, "timeout_s"),
        (json.dumps({"statement": EASY, "search": "magic"}).encode(), 422, "search"),
        (b"\xff\xfe", 422, ""),
    ],
)
async def test_a_bad_request_gets_one_sentence(served: Served, body: bytes, status: int, word: str) -> None:
    async with served(World()) as client:
        answer = await client.post("/api/jobs", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (status, 400), answer.text
        assert set(answer.json()) == {"error", "hint"} and word in answer.json()["error"]


async def test_what_is_not_there_is_said_in_the_same_way(served: Served) -> None:
    async with served(World()) as client:
        for method, path, status in (("GET", "/api/jobs/none", 404), ("GET", "/x", 404), ("PUT", "/api/jobs", 405)):
            answer = await client.request(method, path)
            assert answer.status_code == status and set(answer.json()) == {"error", "hint"}


async def test_a_statement_is_never_the_name_of_a_file(served: Served) -> None:
    async with served(World()) as client:
        job = await ended(client, await submitted(client, "/etc/passwd"))
        assert job["result"] is None or "root:" not in json.dumps(job)


async def test_without_its_token_nothing_but_the_page_is_answered(served: Served) -> None:
    async with served(World(), token="right") as client:
        assert (await client.get("/")).status_code == 200
        for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic right"}):
            for method, path in (("GET", "/api/health"), ("POST", "/"), ("GET", "/openapi.json"), ("GET", "/x")):
                assert (await client.request(method, path, headers=header)).status_code == 401
        good = await client.get("/api/health", headers={"authorization": "Bearer right"})
        assert good.status_code == 200 and good.json()["lean"]["kind"] == "fake"


async def test_a_page_of_another_name_cannot_ask(served: Served) -> None:
    async with served(World()) as client:
        assert (await client.get("/api/health", headers={"host": "evil.example"})).status_code == 403
        assert (await client.get("/api/health", headers={"host": "localhost:1"})).status_code == 200


async def test_a_body_is_bounded_whether_it_says_its_length_or_not(served: Served) -> None:
    async def drip() -> object:
        for _ in range(MOST_BYTES // 50_000 + 2):
            yield b" " * 50_000

    async with served(World()) as client:
        large = await client.post("/api/jobs", content=b" " * (MOST_BYTES + 1))
        unsaid = await client.post("/api/jobs", content=drip())  # type: ignore[arg-type]
    assert large.status_code == unsaid.status_code == 413


async def test_too_many_at_once_are_turned_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(delay_s=5.0, pool=FakePool(capacity=1))
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 3)
    async with served(world) as client:
        answers = [await client.post("/api/jobs", json={"statement": HARD}) for _ in range(8)]
        codes = [answer.status_code for answer in answers]
        assert codes.count(202) == 3 + (codes[3] == 202) and codes[-1] == 429
    async with served(World(), most=2) as client:
        watching = [asyncio.create_task(client.post("/api/verify", json={"proof": EASY})) for _ in range(12)]
        codes = [(await each).status_code for each in watching]
    assert 200 in codes and 429 in codes


async def test_ended_jobs_are_forgotten_after_a_while(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MOST_KEPT", 5)
    async with served(World()) as client:
        first = await submitted(client, EASY)
        await ended(client, first)
        for _ in range(10):
            await ended(client, await submitted(client, EASY))
        assert (await client.get(f"/api/jobs/{first}")).status_code == 404
        assert len((await client.get("/api/jobs")).json()) <= 7


async def test_a_thousand_requests_twenty_at_a_time(served: Served) -> None:
    """Good ones, garbage, and clients that leave: all are answered rightly, and no slot is kept."""
    world = World(pool=FakePool(capacity=8))
    turns = asyncio.Semaphore(20)
    seen: dict[str, int] = {}

    async def one(client: httpx.AsyncClient, number: int) -> None:
        async with turns:
            match number % 5:
                case 0:
                    answer = await client.post("/api/verify", json={"statement": EASY, "proof": "trivial"})
                    assert answer.status_code == 200 and answer.json()["accepted"] is True
                case 1:
                    answer = await client.post("/api/verify", json={"statement": EASY, "proof": "sorry"})
                    assert answer.status_code == 200 and answer.json()["accepted"] is False
                case 2:
                    answer = await client.post("/api/jobs", content=b"\x00garbage")
                    assert answer.status_code in (400, 422)
                case 3:
                    asking = asyncio.create_task(
                        client.post("/api/tactics", json={"statement": EASY, "tactics": ["x"]})
                    )
                    await asyncio.sleep(0)
                    asking.cancel()
                    await asyncio.wait({asking})
                    answer = await client.get("/api/health")
                    assert answer.status_code == 200
                case _:
                    answer = await client.post("/api/jobs", json={"statement": EASY})
                    assert answer.status_code == 202
            seen[str(answer.status_code)] = seen.get(str(answer.status_code), 0) + 1

    async with served(world) as client:
        await asyncio.gather(*(one(client, number) for number in range(1000)))
        for job in (await client.get("/api/jobs")).json():
            await ended(client, job["id"])
        assert world.pool.busy == 0 and sum(seen.values()) == 1000
        assert len((await client.get("/api/jobs")).json()) <= jobs_module.MOST_KEPT + 1


async def test_llmstep_lean_copilot_and_llmlean_get_what_they_read(served: Served) -> None:
    from prover.policy.tactics import TacticsPolicy

    world = World()

    async def policy(*_: object) -> TacticsPolicy:
        return TacticsPolicy()

    world.policy = policy  # type: ignore[method-assign,assignment]
    state = "a b : Nat\nh : a = b\n⊢ b = a"
    async with served(world) as client:
        for path in ("/", "/llmstep"):
            answer = await client.post(path, json={"tactic_state": state, "prefix": "", "context": ""})
            assert "omega" in answer.json()["suggestions"]
        begun = await client.post("/", json={"tactic_state": state, "prefix": "simp"})
        assert begun.json()["suggestions"] and all(s.startswith("simp") for s in begun.json()["suggestions"])
        copilot = await client.post("/generate", json={"name": "stepwise", "input": state, "prefix": ""})
        assert {"output", "score"} == set(copilot.json()["outputs"][0])
        assert all(0 < each["score"] <= 1 for each in copilot.json()["outputs"])
        said = f"[CTX]\nexample : True := by\n[/CTX]\n[STATE]\n{state}\n[/STATE]\n[TAC]\nom"
        chat = {"model": "x", "messages": [{"role": "user", "content": said}], "n": 3, "temperature": 0.7}
        (choice,) = (await client.post("/v1/chat/completions", json=chat)).json()["choices"]
        assert choice["message"] == {"role": "assistant", "content": "ega"}
        other = {"messages": [{"role": "user", "content": "hello"}]}
        assert (await client.post("/v1/chat/completions", json=other)).json()["choices"] == []
