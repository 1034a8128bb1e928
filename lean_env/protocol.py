"""The worker's protocol: one JSON object a line, both ways.

A request names an `op` and an `id`; every reply to it carries the same `id`, and the last one `"end": true`. The
worker answers requests one after another, in the order in which they came, so several attempts can share one worker.

    hello    (sent by the worker when ready)  lean, protocol
    open     text, ms                         the `sorry`s of a Lean text, each as a state; messages
    apply    state, tactics, ms, heartbeats   a reply a tactic, as soon as it is known; stops after the first proof
    drop     states                           forget them
    verify   text, original, ms               re-elaborate a text; compare its statements with those of the original
    tactics  words                            which of these words begin a tactic in the default environment

What is read here becomes a frozen value; what cannot be read becomes a `ProtocolError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PROTOCOL_VERSION = 1

OutcomeKind = Literal["open", "proved", "error", "timeout", "refused"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one tactic may use."""

    ms: int = 5_000
    """Wall-clock milliseconds after which Lean is asked to stop (and, a little later, ended)."""
    heartbeats: int = 200_000
    """Lean's own measure of work, in thousands of small allocations, as in `maxHeartbeats`."""


@dataclass(frozen=True, slots=True)
class State:
    """A tactic state: the goals that are left, as Lean prints them."""

    id: int
    """The handle by which its session knows it."""
    goals: tuple[str, ...]
    """The goals as Lean prints them: hypotheses a line each, then `⊢ target`. Tactics act on the first."""
    hash: str
    """Equal for states with equal goals (names of hypotheses included), whatever their metavariables are called."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One `sorry` of a text, with the state in which it stands."""

    state: State
    kind: Literal["tactic", "term"]
    declaration: str
    """The full name of the declaration that it belongs to."""
    line: int
    """1-based line of the `sorry`."""
    column: int
    """0-based column of the `sorry`, in code points."""
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Message:
    """What Lean says about a text."""

    severity: Literal["error", "warning", "info"]
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A text after elaboration."""

    holes: tuple[Hole, ...]
    messages: tuple[Message, ...]
    lean_ms: float

    @property
    def error(self) -> str | None:
        """The first error of the text, with its position, or None when it elaborates."""
        for message in self.messages:
            if message.severity == "error":
                return f"{message.line}:{message.column}: {message.text}"
        return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tactic did to one state."""

    kind: OutcomeKind
    """`open`: goals are left; `proved`: none are (a candidate, not yet a proof); `error`: Lean says no; `timeout`: it was
    stopped by a limit; `refused`: its syntax is not allowed in a proof."""
    state: State | None
    """The state that it led to, for `open` and `proved`."""
    message: str
    """Lean's error, or what was refused."""
    lean_ms: float
    """Milliseconds that it took inside Lean."""
