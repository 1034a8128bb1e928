"""The worker's protocol: one JSON object a line, both ways.

A request names an `op` and an `id`; every reply to it carries the same `id`, and the last one `"end": true`. The
worker answers requests one after another, in the order in which they came, so several attempts can share one worker.

    hello    (sent by the worker when ready)  lean, protocol
    open     text, before, ms                 the `sorry`s of a Lean text, each as a state; messages; its commands, and
                                              the tactics that fail; how many commands were elaborated
    apply    state, tactics, split, full,     a reply a tactic, as soon as it is known; stops after the first proof
             ms, heartbeats
    drop     states                           forget them
    symbols  state                            the constants of its first goal
    export   text, original, left, ms         re-elaborate a text; the constants that it declares, as data
    judge    constants, text, original, left, send these constants through the kernel; compare their statements with
             negated, may_sorry, before, ms,  those of the original, or with the negation of its one theorem
             trusted
    tactics  text, words                      which of these words begin a tactic after that text
    library  text, first, ms                  theorems of the modules that a text imports, from the number `first` on

A tactic that leaves several goals leads to one state with all of them, or, where `split` is asked for and no goal hangs
on another (their types and contexts have no metavariables), to one state for each, with that goal as its root: such a
state is proved when its own goal is. Then whatever proves each of them proves the state that the tactic was tried on.

Where `before` names a theorem of the library, a tactic that uses that theorem or what comes after it is an error, and
what is verified may not stand on it. Another module's declarations come after the theorem when that module does, in the
order of the imports; those of its own module when their lines say so. For a Lean that ships no lines (the bundled one)
all theorems of that module come after it, except what its statement rests on, and so do definitions that hold a proof.

In a text for `export` a command that says what is refused is allowed where the original has it, word for word. `judge`
goes to another process, which elaborates the original, and of the text sees only the constants and the imports. An
original that says something which could change that process is answered with `untrusted`, unless the request says that
it may (`trusted`).

What is read here becomes a frozen value; what cannot be read becomes a `ProtocolError`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from lean_env.errors import ProtocolError, WorkerDied

TIME_LIMIT = "time limit"
"""What the worker says of a text that it had no time for."""

Reply = Mapping[str, Any]
"""One line of the worker, read but not yet understood."""

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
    """Equal for states with equal goals, names of hypotheses included, whatever their metavariables are called."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """The constants of a state's first goal, each once, full names; the relations and types of a statement included."""

    target: tuple[str, ...]
    """Those of the target, its head first, then in order of appearance."""
    context: tuple[str, ...]
    """Those of the hypotheses' types, in order of appearance."""


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


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a text."""

    line: int
    """From 1."""
    column: int
    """From 0, in code points."""


@dataclass(frozen=True, slots=True)
class Command:
    """The part of a text that one command takes, with all that stands between it and the next."""

    start: Place
    end: Place
    wrong: bool
    """Did Lean find an error in it?"""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in a block of tactics, and what a `sorry` would have to replace."""

    error: Place
    """Where Lean reports it."""
    unsolved: bool
    """Goals are left at the end of the block (then `start` is `end`, behind its last tactic), rather than that a tactic
    fails (then these are around that)."""
    start: Place
    end: Place
    stop: Place
    """Where the block ends."""
    indent: int
    """The column of the tactic, or of the block's first; 0 where the block has none."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A text after elaboration."""

    holes: tuple[Hole, ...]
    messages: tuple[Message, ...]
    lean_ms: float
    commands: tuple[Command, ...] = ()
    """In the order of the text."""
    failures: tuple[Failure, ...] = ()
    elaborated: int = 0
    """Commands that were elaborated for this request. What comes before the first change to an earlier text is not."""

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
    """`open`: goals are left; `proved`: none are (a candidate, not yet a proof); `error`: Lean says no; `timeout`: it
    was stopped by a limit; `refused`: its syntax is not allowed in a proof."""
    states: tuple[State, ...] = ()
    """The states that it led to, for `open` and nothing else: one, or several that are to be proved each by itself, in
    the order in which the tactic left their goals."""
    message: str = ""
    """Lean's error, with `…` for the goals and terms in it unless they were asked for; or what was refused."""
    lean_ms: float = 0.0
    """Milliseconds that it took inside Lean."""
    tried: bool = True
    """False where the state was lost with its worker and could not be made again: that says nothing of the tactic."""


@dataclass(frozen=True, slots=True)
class Question:
    """What there is to verify: does the candidate prove what the original states with `sorry`?"""

    original: str
    """The text with the statement, `sorry` in place of its proof. Empty where there is none to compare with: then every
    theorem of the candidate is checked."""
    candidate: str
    left: int = 0
    """How many of the original's `sorry`s may be left: those of other holes than the one that was filled."""
    before: str = ""
    """A theorem of the library; what is proved may stand on neither it nor what comes after it."""
    negated: bool = False
    """Does it prove the negation instead? For the original's one theorem `N` without a proof it must declare
    `N.negation`, of type `Not` of what `N` states, and not `N` itself."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What a worker made of a text: nothing that counts by itself."""

    messages: tuple[Message, ...]
    refused: str
    """The syntax that stopped it, or nothing."""
    constants: Sequence[object]
    """What the text declares, row by row, for `judge`."""
    may_sorry: tuple[str, ...]
    """Declarations of commands that say `sorry`."""
    lean_ms: float

    @property
    def errors(self) -> tuple[Message, ...]:
        return tuple(message for message in self.messages if message.severity == "error")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found when a text's constants were judged. Empty tuples everywhere are good news."""

    original_errors: tuple[Message, ...]
    """Why the original itself does not elaborate."""
    declared: tuple[str, ...]
    targets: tuple[str, ...]
    """The declarations whose last `sorry` the text replaces; without an original, every theorem of the text."""
    sorry: tuple[str, ...]
    """Declarations that stand on `sorry` and must not."""
    axioms: tuple[str, ...]
    """Those of the three allowed axioms that were met; a lower bound where the library ships no proofs."""
    failed: tuple[str, ...]
    """Declarations that the kernel did not accept, or that stand on what is forbidden."""
    late: tuple[str, ...]
    """Theorems that stand on what comes after the theorem that is proved once more."""
    differences: tuple[str, ...]
    """How the text's statements differ from the original's."""
    lean_ms: float


@dataclass(frozen=True, slots=True)
class Untrusted:
    """The original was not elaborated: what it says could change the process that judges."""

    what: str


def encode(fields: Mapping[str, object]) -> bytes:
    """One request as a line."""
    return (json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def decode(line: bytes) -> Reply | None:
    """One line of the worker's output, or None for the prose that Lean itself may print among the replies."""
    if not line.startswith(b"{"):
        return None
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) else None


def state_hash(goals: Sequence[str], lean_hash: int) -> str:
    """The hash of a state: Lean's of the goals' terms (32 bits), and ours of the goals as printed.

    Names of hypotheses count, since scripts refer to them; names of metavariables and of goals (`case` lines) do not.
    """
    names: dict[str, str] = {}

    def rename(match: re.Match[str]) -> str:
        return names.setdefault(match.group(), f"?{len(names)}")

    digest = hashlib.blake2b(digest_size=12)
    digest.update(lean_hash.to_bytes(8, "little"))
    for goal in goals:
        lines = [line for line in goal.split("\n") if not line.startswith("case ")]
        digest.update(_METAVARIABLE.sub(rename, "\n".join(lines)).encode())
        digest.update(b"\0")
    return digest.hexdigest()


_METAVARIABLE = re.compile(r"\?[\w.✝¹²³⁴⁵⁶⁷⁸⁹⁰]+")


def parse_opened(reply: Reply) -> Opened:
    """The reply to `open`; the states carry the worker's own ids. A text that Lean gave up on (an import that is not
    there, say) has no holes, and an error at its beginning.

    Raises:
        ProtocolError: it is not such a reply.
        WorkerDied: the time limit passed first, which says nothing about the text.
    """
    if reply.get("failure") == TIME_LIMIT:
        raise WorkerDied("Lean did not elaborate the text within the time limit.")
    if "failure" in reply:
        return Opened((), (Message("error", str(reply["failure"]), 1, 0),), 0.0)
    with _Reading(reply):
        holes = sorted((_parse_hole(hole) for hole in reply["holes"]), key=lambda hole: (hole.line, hole.column))
        return Opened(
            tuple(holes),
            _parse_messages(reply),
            _milliseconds(reply),
            _parse_commands(reply.get("parts", ())),
            tuple(_parse_failure(failure) for failure in reply.get("failures", ())),
            int(reply.get("elaborated", 0)),
        )


def parse_outcome(reply: Reply) -> Outcome:
    """One reply to `apply`.

    Raises:
        ProtocolError: it is not such a reply.
    """
    with _Reading(reply):
        kind = reply["kind"]
        if kind in ("open", "proved"):
            states = tuple(_parse_state(state) for state in reply["states"])
            if (kind == "open") != bool(states):
                raise ValueError(states)
            return Outcome(kind, states, "", _milliseconds(reply))
        if kind not in ("error", "timeout", "refused"):
            raise ValueError(kind)
        message = str(reply["message"])
        if kind == "error" and "maximum number of heartbeats" in message:
            kind = "timeout"
        return Outcome(kind, (), message[:_LONGEST_MESSAGE], _milliseconds(reply))


def parse_symbols(reply: Reply) -> Symbols:
    """The reply to `symbols`.

    Raises:
        ProtocolError: it is not such a reply.
    """
    with _Reading(reply):
        return Symbols(_strings(reply["target"]), _strings(reply["context"]))


def parse_page(reply: Reply) -> tuple[list[Reply], int | None]:
    """The reply to `library`: modules, for `lean_env.library.read`, and the number of the next; None after the last.

    Raises:
        ProtocolError: it is not such a reply.
    """
    with _Reading(reply):
        modules, following = reply["modules"], reply["next"]
        if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
            raise TypeError(modules)
        return modules, None if following is None else int(following)


def parse_exported(reply: Reply) -> Exported:
    """The reply to `export`. A text that Lean gave up on has an error at its beginning.

    Raises:
        ProtocolError: it is not such a reply.
    """
    if "failure" in reply:
        return Exported((Message("error", str(reply["failure"]), 1, 0),), "", (), (), 0.0)
    with _Reading(reply):
        constants = reply["constants"]
        if not isinstance(constants, list):
            raise TypeError(constants)
        messages, may_sorry = _parse_messages(reply), _strings(reply["may_sorry"])
        return Exported(messages, str(reply["refused"]), constants, may_sorry, _milliseconds(reply))


def parse_report(reply: Reply) -> Report | Untrusted:
    """The reply to `judge`. Constants that Lean gave up on have failed.

    Raises:
        ProtocolError: it is not such a reply.
    """
    if "failure" in reply:
        return Report((), (), (), (), (), (str(reply["failure"]),), (), (), 0.0)
    with _Reading(reply):
        if "untrusted" in reply:
            return Untrusted(str(reply["untrusted"]))
        return Report(
            original_errors=_parse_messages(reply, "original_errors"),
            declared=_strings(reply["declared"]),
            targets=_strings(reply["targets"]),
            sorry=_strings(reply["sorry"]),
            axioms=tuple(sorted(_strings(reply["axioms"]))),
            failed=_strings(reply["failed"]),
            late=_strings(reply["late"]),
            differences=_strings(reply["differences"]),
            lean_ms=_milliseconds(reply),
        )


_LONGEST_MESSAGE = 4_000


class _Reading:
    """Turns whatever goes wrong while a reply is read into a ProtocolError."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __enter__(self) -> None:
        if "failure" in self._reply:
            raise ProtocolError(f"The Lean worker refused a request: {self._reply['failure']}.")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (KeyError, TypeError, ValueError, AttributeError, OverflowError)):
            raise ProtocolError(
                f"The Lean worker sent a reply that cannot be read: {str(self._reply)[:200]}."
            ) from error


def _parse_state(reply: Reply) -> State:
    goals = _strings(reply["goals"])
    return State(int(reply["state"]), goals, state_hash(goals, int(reply["hash"])))


def _parse_hole(reply: Reply) -> Hole:
    if reply["kind"] not in ("tactic", "term"):
        raise ValueError(reply["kind"])
    return Hole(
        state=_parse_state(reply),
        kind=cast(Literal["tactic", "term"], reply["kind"]),
        declaration=str(reply["declaration"]),
        line=int(reply["line"]),
        column=int(reply["column"]),
        end_line=int(reply["end_line"]),
        end_column=int(reply["end_column"]),
    )


def _parse_commands(replies: Sequence[Reply]) -> tuple[Command, ...]:
    """The commands, each up to the next; what the end of the text is to Lean is none."""
    starts = [_place(reply["first"]) for reply in replies]
    ends = [*starts[1:], *(_place(reply["last"]) for reply in replies[-1:])]
    found = zip(starts, ends, replies, strict=True)
    return tuple(Command(start, end, bool(reply["wrong"])) for start, end, reply in found if start < end)


def _parse_failure(reply: Reply) -> Failure:
    return Failure(
        error=_place(reply["place"]),
        unsolved=bool(reply["unsolved"]),
        start=_place(reply["first"]),
        end=_place(reply["last"]),
        stop=_place(reply["stop"]),
        indent=int(reply["indent"]),
    )


def _place(value: Sequence[int]) -> Place:
    line, column = value
    return Place(int(line), int(column))


def _parse_messages(reply: Reply, key: str = "messages") -> tuple[Message, ...]:
    return tuple(
        Message(m["severity"], str(m["text"])[:_LONGEST_MESSAGE], int(m["line"]), int(m["column"])) for m in reply[key]
    )


def _strings(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(values)
    return tuple(values)


def _milliseconds(reply: Reply) -> float:
    return max(0.0, float(reply["us"]) / 1000)
