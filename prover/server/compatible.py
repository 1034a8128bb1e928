"""What Lean-side clients already speak: llmstep, Lean Copilot's external generators, and LLMLean.

They send a tactic state as text and try what they get in the user's own Lean, so nothing is checked here. The formats
are those of the clients' own sources:

- llmstep (wellecks/llmstep, `python/server.py`): `tactic_state` and `prefix` in, `suggestions` out;
- Lean Copilot (lean-dojo/LeanCopilot, `python/server.py`): `name`, `input`, `prefix` in, `outputs` with scores out;
- LLMLean (cmu-l3/llmlean, `LLMlean/API.lean`), set to its OpenAI kind: a chat in whose last message the state stands
  between `[STATE]` and `[/STATE]`, and what the tactic begins with after `[TAC]`; `choices` out.
"""

from __future__ import annotations

import math
import re
import uuid
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from prover.service import Service

SAMPLES = 32
_STATE = re.compile(r"\[STATE\]\n(.*?)\n?\[/STATE\]", re.DOTALL)
_BEGUN = re.compile(r"\[TAC\]\n(.*)\Z", re.DOTALL)

router = APIRouter(tags=["Lean-side clients"])
Text = Annotated[str, Field(max_length=100_000)]
Begin = Annotated[str, Field(max_length=1_000)]


class LlmstepRequest(BaseModel):
    """What llmstep's tactic sends."""

    tactic_state: Text
    prefix: Begin = ""
    context: Text = ""


class LlmstepReply(BaseModel):
    """Tactics, most probable first."""

    suggestions: list[str]


class CopilotRequest(BaseModel):
    """What Lean Copilot sends to an external generator."""

    name: Begin = ""
    input: Text
    prefix: Begin | None = None


class Generation(BaseModel):
    """A tactic and its probability under the policy."""

    output: str
    score: float


class CopilotReply(BaseModel):
    """Tactics, most probable first."""

    outputs: list[Generation]


class ChatMessage(BaseModel):
    """One turn of a chat."""

    role: Begin
    content: Text


class ChatRequest(BaseModel):
    """As much of a chat completion request as LLMLean uses."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=64)]
    model: Begin = "stepwise"
    n: Annotated[int, Field(ge=1, le=SAMPLES)] = 5


class ChatChoice(BaseModel):
    """One answer."""

    index: int
    message: ChatMessage
    finish_reason: str = "stop"


class ChatReply(BaseModel):
    """As much of a chat completion as LLMLean reads."""

    id: str
    object: str = "chat.completion"
    model: str
    choices: list[ChatChoice]


@router.post("/", name="llmstep at the root")
@router.post("/llmstep")
async def llmstep(request: Request, asked: LlmstepRequest) -> LlmstepReply:
    """llmstep's server, whose clients post to the root."""
    found = await _tactics(request.app.state.service, asked.tactic_state, asked.prefix)
    return LlmstepReply(suggestions=[tactic for tactic, _ in found])


@router.post("/generate")
async def generate(request: Request, asked: CopilotRequest) -> CopilotReply:
    """Lean Copilot's external generator."""
    found = await _tactics(request.app.state.service, asked.input, asked.prefix or "")
    return CopilotReply(outputs=[Generation(output=tactic, score=score) for tactic, score in found])


@router.post("/v1/chat/completions")
async def chat(request: Request, asked: ChatRequest) -> ChatReply:
    """LLMLean's prompts, answered by the policy; any other chat gets no choices."""
    said = asked.messages[-1].content
    states = _STATE.findall(said)
    begun = _BEGUN.search(said)
    begin = begun.group(1) if begun else ""
    found = await _tactics(request.app.state.service, states[-1], begin) if states else []
    answers = [ChatMessage(role="assistant", content=tactic[len(begin) :]) for tactic, _ in found[: asked.n]]
    choices = [ChatChoice(index=place, message=answer) for place, answer in enumerate(answers)]
    return ChatReply(id=f"chatcmpl-{uuid.uuid4().hex}", model=asked.model, choices=choices)


async def _tactics(service: Service, goals: str, begin: str) -> list[tuple[str, float]]:
    """The policy's tactics for the state that begin so, with their probabilities."""
    candidates = await service.propose(goals, SAMPLES)
    return [(each.tactic, math.exp(each.logprob)) for each in candidates if each.tactic.startswith(begin)]
