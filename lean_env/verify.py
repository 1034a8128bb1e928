"""Verification: only its word makes a proof count. Three checks, reported apart:

1. **kernel**: a worker elaborates the text from its imports on, refuses by syntax what no proof needs, and hands over
   what the text declares as data. Another process, in which no candidate's text is ever elaborated, sends every new
   constant through the kernel (`lean_env.judge`).
2. **fresh**: that same process compares every statement with the original's, which it elaborated alone. And a fresh
   Lean process, started for this one text and ended after it, elaborates the text as any user's `lean` would. It must
   report no error and no `sorry`. Where the build allows (`#print axioms`), it must name for each theorem no axiom
   beyond `propext`, `Classical.choice` and `Quot.sound`.
3. **independent**: a checker of others, where one is installed (`lean_env.independent`), asked for with
   `prove verify`.

A definition that the original leaves open with `sorry` may be completed in any way: whether `answer := 2 + 2` answers
the question is for the reader to say.

A text may have other holes than the one that was filled (a file with several `sorry`s). Then those may stay, no
declaration that had none may use `sorry`, nothing may build on a declaration that still has one, and a declaration with
several holes is proved only when the last is filled.

A statement may be disproved instead: then the text declares, for the original's one theorem `N` that has no proof, a
theorem `N.negation` that states exactly `Not` of what `N` states, and all else as the original does, except `N`.

A theorem of the library may be proved once more, from what comes before it: then nothing that the proof rests on may
be that theorem or come after it (`lean_env.protocol` says what does).

Not covered: the Lean binary and the imported library are trusted. The bundled Lean ships no proofs of library theorems
and refuses `#print axioms`, so there the axioms are those met in the proof itself: a lower bound. Nor does it compile
what a text defines, as in a `noncomputable section`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lean_env import independent as others
from lean_env.fresh import Checkers, Fresh
from lean_env.protocol import Exported, Message, Question, Report
from lean_env.toolchain import Toolchain

ALLOWED_AXIOMS = frozenset({"propext", "Classical.choice", "Quot.sound"})

Stage = Literal[
    "input", "text", "syntax", "sorry", "elaboration", "original", "statement", "library", "axioms", "kernel", "fresh",
    "independent", "worker"
]  # fmt: skip
"""What stopped a text: it could not be read; its characters; its parsed syntax; a `sorry`; Lean's elaborator; the
original, which does not elaborate; another statement than the original's; a library theorem that comes too late; an
axiom; the kernel; the fresh process; the independent checker; or that it ended a worker."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text is not accepted."""

    stage: Stage
    sentence: str


@dataclass(frozen=True, slots=True)
class Checks:
    """What each check said: `passed`, `failed`, or `not run: ` and why."""

    kernel: str
    fresh: str
    independent: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification says of a text."""

    accepted: bool
    reasons: tuple[str, ...]
    """Why not, a sentence each; empty when accepted."""
    axioms: tuple[str, ...]
    """The axioms that it was seen to stand on."""
    lean: str
    """Which Lean said so: its kind and version."""
    errors: tuple[str, ...] = ()
    """What Lean itself says against the text, each message whole; for repairs. Empty where it has no errors."""
    stages: tuple[Stage, ...] = ()
    """What stopped it: the stage of each reason, in the same order."""
    checks: Checks | None = None
    """What each check said; None where none was made."""
    caveat: str = ""
    """What to know about the Lean that gave the verdict."""


def caveat(toolchain: Toolchain) -> str:
    """What a verdict of this Lean does not say."""
    if toolchain.kind != "bundled":
        return ""
    return (
        f"The bundled Lean is a third party's WebAssembly build of a pre-release, Lean {toolchain.version}. With an "
        "official Lean the same is checked by `prove verify TARGET --lean PATH` (or --project DIR)."
    )


def rejected(reasons: Sequence[Reason], lean: str, errors: Sequence[str] = (), note: str = "") -> Verdict:
    """The verdict on a text that was stopped before the fresh process."""
    sentences, stages = tuple(r.sentence for r in reasons), tuple(r.stage for r in reasons)
    before = "not run: it was rejected before"
    if {"input", "worker"} & set(stages):
        checks = Checks(*["not run: it could not be verified"] * 3)
    elif set(stages) <= {"statement", "original"}:
        checks = Checks(PASSED, FAILED, before)
    else:
        checks = Checks(FAILED, FAILED if {"statement", "original"} & set(stages) else before, before)
    return Verdict(False, sentences, (), lean, tuple(errors), stages, checks, note)


PASSED, FAILED = "passed", "failed"

Export = Callable[[Question], Awaitable[Exported]]
Judged = Callable[[Question, Exported], Awaitable[Report]]


async def verify(
    question: Question, export: Export, judged: Judged, checkers: Checkers, *, independent: bool = False
) -> Verdict:
    """Make the checks one after another; each is made only when those before it found nothing.

    After the text the fresh process is asked for the axioms of each theorem, and last to print a word that nobody can
    guess: a process that ended before has not said that all is well.

    Args:
        export: has a worker elaborate the candidate.
        judged: has the process that judges look at what came of it.
        independent: ask an independent checker too, where one is installed.

    Raises:
        WorkerError: a process failed, which says nothing about the text.
    """
    question = replace(
        question,
        original=question.original.replace("\r\n", "\n"),
        candidate=question.candidate.replace("\r\n", "\n"),
    )
    note = caveat(checkers.toolchain)
    if reasons := text_reasons(question):
        return rejected(reasons, checkers.lean, note=note)
    exported = await export(question)
    if reasons := export_reasons(exported):
        return rejected(reasons, checkers.lean, [message.text for message in exported.errors], note)
    report = await judged(question, exported)
    if reasons := report_reasons(report, question.left):
        return rejected(reasons, checkers.lean, note=note)
    body = question.candidate.rstrip()
    first = body.count("\n") + 3
    targets = report.targets if checkers.prints_axioms else ()
    word = secrets.token_hex(16)
    asked = [*(f"#print axioms {name}" for name in targets), f'#print "{word}"', ""]
    fresh = await checkers.run(body + "\n\n" + "\n".join(asked))
    reasons = fresh_reasons(fresh, exported if question.left else None)
    more, named = axiom_reasons(fresh, targets, first)
    reasons += more
    if not reasons and said_on_line(fresh, first + len(targets)) != word:
        reasons.append(Reason("fresh", "a fresh Lean ended before the end of the text"))
    checks = Checks(PASSED, FAILED if reasons else PASSED, "not run: it was not asked for")
    if independent and not reasons:
        said = await others.check(checkers.toolchain, question.candidate, report.targets)
        checks = Checks(PASSED, PASSED, said.state)
        if said.complaint:
            reasons = [Reason("independent", f"{said.program} does not accept it: {said.complaint}")]
    return Verdict(
        not reasons,
        tuple(reason.sentence for reason in reasons),
        tuple(sorted(named | set(report.axioms))),
        checkers.lean,
        (),
        tuple(reason.stage for reason in reasons),
        checks,
        note,
    )


_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Characters by which a text reads otherwise than it looks, or ends: controls, marks of direction, half characters."""


def text_reasons(question: Question) -> list[Reason]:
    """Why a text is not given to Lean at all: characters that its original does not have either, or no text may."""
    if any("\ud800" <= c <= "\udfff" for c in question.original):
        return [Reason("original", "the original has half a character, which no text may")]
    known = set(_HIDDEN.findall(question.original))
    found = [c for c in dict.fromkeys(_HIDDEN.findall(question.candidate)) if c not in known]
    return [Reason("text", f"it has the character U+{ord(c):04X}, which no proof needs") for c in found]


def export_reasons(exported: Exported) -> list[Reason]:
    """Why a text is rejected by what its elaboration says; empty when it is not."""
    reasons = [Reason("elaboration", f"line {m.line}: {first_line(m.text)}") for m in exported.errors]
    if exported.refused:
        stage: Stage = "sorry" if re.search("sorry|admit", exported.refused, re.IGNORECASE) else "syntax"
        reasons.append(Reason(stage, f"it uses `{exported.refused}`, which no proof may"))
    return reasons


def report_reasons(report: Report, left: int = 0) -> list[Reason]:
    """Why a text of whose `sorry`s `left` are other holes' is rejected by what it declares; empty when it is not."""
    reasons = [
        Reason("original", f"the original does not elaborate: line {m.line}: {first_line(m.text)}")
        for m in report.original_errors
    ]
    reasons += [Reason("sorry", f"`{name}` stands on `sorry`") for name in report.sorry]
    reasons += [Reason(_stage_of(failure), failure) for failure in report.failed]
    reasons += [Reason("library", late) for late in report.late]
    reasons += [Reason("statement", f"compared with the original, {d}") for d in report.differences]
    if not report.targets and not left:
        reasons.append(Reason("statement", "it proves no theorem"))
    forbidden = [name for name in report.axioms if name not in ALLOWED_AXIOMS]
    return reasons + [Reason("axioms", f"it stands on the axiom `{name}`") for name in forbidden]


def _stage_of(failure: str) -> Stage:
    """What a constant's failure, in the worker's words, comes down to."""
    if "uses sorryAx" in failure:
        return "sorry"
    if re.search(r"(declares|uses) the axiom|uses Lean\.(ofReduce(Bool|Nat)|trustCompiler)", failure):
        return "axioms"
    return "kernel"


def fresh_reasons(fresh: Fresh, open_: Exported | None = None) -> list[Reason]:
    """Why a fresh process does not accept a text; empty when it does.

    Args:
        open_: for a text with other holes, what the worker said: it may use `sorry` in the places that the worker saw.
    """
    known = {(m.line, m.column) for m in open_.messages if is_sorry_warning(m)} if open_ else set()
    errors = [m for m in fresh.messages if m.severity == "error"]
    unexpected = [m for m in fresh.messages if is_sorry_warning(m) and (m.line, m.column) not in known]
    sentences = [f"a fresh Lean says: line {m.line}: {first_line(m.text)}" for m in errors]
    sentences += ["a fresh Lean says that it uses `sorry`" for _ in unexpected]
    if fresh.status != 0 and not sentences:
        sentences.append(f"a fresh Lean ended with status {fresh.status}")
    return [Reason("fresh", sentence) for sentence in sentences]


def is_sorry_warning(message: Message) -> bool:
    """Lean's own warning that a declaration stands on `sorry`, in the wording of any version."""
    return message.severity == "warning" and re.search(r"declaration uses [`']sorry[`']", message.text) is not None


def axiom_reasons(fresh: Fresh, targets: Sequence[str], first: int) -> tuple[list[Reason], frozenset[str]]:
    """What `#print axioms` said of each target: why not, and the axioms that were named.

    Args:
        first: the line on which the first target was asked for, the others below it. What is printed elsewhere, by the
            proof itself perhaps, does not count.
    """
    reasons: list[Reason] = []
    axioms: set[str] = set()
    for number, target in enumerate(targets):
        said = said_on_line(fresh, first + number)
        # In a namespace that was left open the name may mean another declaration: the answer says which
        answer = re.match(rf"'(?:_private\..*?\.0\.)?{re.escape(target)}' (.*)", said, re.DOTALL)
        if answer is not None and answer.group(1).startswith("does not depend on any axioms"):
            continue
        found = re.match(r"depends on axioms: \[([^\]]*)\]", answer.group(1)) if answer is not None else None
        if found is None:
            reasons.append(Reason("fresh", f"a fresh Lean did not print the axioms of `{target}`"))
            continue
        named = {name.strip() for name in found.group(1).split(",")}
        axioms |= named
        forbidden = sorted(named - ALLOWED_AXIOMS)
        reasons += [Reason("axioms", f"`{target}` stands on the axiom `{name}`") for name in forbidden]
    return reasons, frozenset(axioms)


def said_on_line(fresh: Fresh, line: int) -> str:
    """What a command on that line printed."""
    return "\n".join(m.text for m in fresh.messages if m.severity == "info" and m.line == line)


def first_line(text: str) -> str:
    """The first line of a message, cut to a readable length."""
    return text.strip().split("\n", 1)[0][:200]
