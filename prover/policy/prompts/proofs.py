"""What the adapters of whole-proof models have in common: the statement as text, a failed proof as a turn of a chat,
and the proof in an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from prover.interfaces import FailedProof, ProofQuery
from prover.policy.generation import Message
from prover.policy.prompts.reading import blocks, dedented, indentation, is_broken, plain, without_thought
from prover.problems.leantext import STATEMENTS, Command, commands, mask, sorries, sorry_places

_BY = re.compile(r"\bby\s*\Z")
_WANTS_TERM = re.compile(r"(?::=|\bby)\s*\Z")
_SPACE = re.compile(r"[ \t]*")
_BEGINS_BY = re.compile(r"\s*by\b[ \t]*")
_PROOF = re.compile(r":=(?=\s*by\b)")
_DOC = re.compile(r"/--(.*?)-/", re.DOTALL)
_ADMITS = re.compile(r"(?<![\w.'])admit(?![\w'])")
# What goes on with the step of the line above, though it stands in its column.
_GOES_ON = ("|", "<;>", ")", "]", "⟩", "}", ":=", "else", "then", "with ", "at ", "using ", "_ ")
_NAME = r"(?:«[^»\n]*»|[^\s:(){}\[\]⦃⦄«»])+"
_STATED = re.compile(rf"\b(?:theorem|lemma)\s+(?P<name>{_NAME})|\bexample\b")
# Messages of Lean shown for a failed proof, and characters of one, at most.
_MESSAGES = 8
_LONGEST = 2_000


def statement(query: ProofQuery) -> str:
    """The header and the statement, `sorry` in the place of the proof."""
    text, place, end = _located(query)
    if place is None:
        return text
    before, after = text[:place].rstrip(), text[place + len("sorry") : end].rstrip()
    return f"{before} by sorry{after}" if before.endswith(":=") else f"{text[:place]}sorry{after}"


def opening(query: ProofQuery) -> str:
    """The header and the statement up to its `by`, for a model that goes on from there."""
    text, place, _ = _located(query)
    before = text if place is None else text[:place].rstrip()
    return f"{before} by" if before.endswith(":=") else before


def informal(query: ProofQuery) -> str:
    """What the statement's doc comment says, which in benchmarks is the problem in words."""
    text, place, end = _located(query)
    command = _command(text, place)
    docs = _DOC.findall(text[command.start : end]) if command else []
    return docs[0].strip() if docs else ""


def with_proof(query: ProofQuery, failed: FailedProof) -> str:
    """The statement with a proof that was tried."""
    lines = "\n".join(failed.script).split("\n")
    return opening(query) + "".join(f"\n  {line}" if line else "\n" for line in lines)


def repairs(query: ProofQuery, asks: str) -> tuple[Message, ...]:
    """For each proof that failed, the model's own turn and the answer to it, in which `{errors}` is what Lean said."""
    turns: list[Message] = []
    for failed in query.failed:
        turns.append(Message("assistant", f"```lean4\n{with_proof(query, failed)}\n```"))
        turns.append(Message("user", asks.replace("{errors}", _said(failed.errors))))
    return tuple(turns)


def script(answer: str, query: ProofQuery) -> tuple[str, ...] | None:
    """The proof in an answer's last code block, or in the one before where that holds none."""
    answer = without_thought(answer)
    found = blocks(answer) or ([answer] if _STATED.search(answer) else [])
    for code in reversed(found):
        if (steps := script_in(code, query)) is not None:
            return steps
    return None


def continuation(answer: str, query: ProofQuery) -> tuple[str, ...] | None:
    """The proof in an answer that goes on below the prompt's `by`, up to the closing fence. One that begins anew, with
    a fence or with a declaration, is read as `script` does."""
    if answer.lstrip().startswith("```"):
        return script(answer, query)
    text = answer.split("```")[0]
    declared = commands(text.lstrip())
    if declared and declared[0].start == 0:
        return script_in(text.lstrip(), query)
    # some servers drop the space that an answer begins with
    dropped = bool(text) and not text[0].isspace()
    margins = [indentation(line) for line in text.split("\n")[1:] if line.strip()]
    return body(text, min([2, *margins]) if dropped else 0)


def script_in(code: str, query: ProofQuery) -> tuple[str, ...] | None:
    """The proof of the query's statement in a Lean text; a text that declares nothing is the proof itself.

    Only the proof is taken: the statement stays as it was posed. Lemmas that stand before it and are used become
    `have`s.
    """
    text, place, end = _located(query)
    asked = _command(text, place)
    declared = commands(code)
    if not declared:
        return body(code, 0)
    stated = [command for command in declared if command.kind in STATEMENTS]
    name = _last(asked.name) if asked else ""
    named = [command for command in stated if name and _last(command.name) == name]
    chosen = named or (stated if len(stated) == 1 else [])
    if asked is None or place is None or not chosen:
        return None
    meant = chosen[-1]
    before, after = text[_signature(text, asked) : place], text[place + len("sorry") : end]
    by = bool(_WANTS_TERM.search(before))
    proof = _proof(code, meant, before, after)
    if proof is None:
        return None
    begin, finish = proof
    start = (_BEGINS_BY if by else _SPACE).match(code, begin)
    if start is not None and start.end() <= finish:
        steps = body(code[start.end() : finish], start.end() - (code.rfind("\n", 0, start.end()) + 1))
    else:
        steps = _term(code[begin:finish])
    if steps is None:
        return None
    posed = {command.name for command in commands(text)}
    lemmas = [c for c in stated if c.end <= meant.start and c.name and c.name not in posed]
    return _with_lemmas(code, lemmas, steps)


def body(text: str, column: int) -> tuple[str, ...] | None:
    """The steps of a block of tactics, up to the next declaration.

    Args:
        column: where the text begins on its line, after a `by` for example.
    """
    if declared := commands(text):
        text = text[: declared[0].start]
    lines = [line.rstrip() for line in plain(text).expandtabs(2).split("\n")]
    code = mask("\n".join(lines))
    if not code.strip() or is_broken(text) or sorries(text) or _ADMITS.search(code):
        return None
    if lines[0].strip() and column:
        lines = [lines[0].lstrip(), *_after_first(lines[1:], column)]
    else:
        first = next(i for i, line in enumerate(code.split("\n")) if line.strip())
        margin = indentation(lines[first])
        comments = [line.lstrip() for line in lines[:first]]
        lines = [*comments, *(line[min(margin, indentation(line)) :] for line in lines[first:])]
    return _steps(lines)


def _after_first(lines: list[str], column: int) -> list[str]:
    """The lines below a first one that began in `column`: those in that column are steps beside it, and what stands to
    the left of it can only go on with it."""
    margins = [indentation(line) for line in lines if line]
    least = min(margins, default=0)
    if least >= column:
        return [line[column:] for line in lines]
    return [f"  {line[least:]}" if line else "" for line in lines]


def _steps(lines: Sequence[str]) -> tuple[str, ...] | None:
    """The lines as steps: one begins with each line in column 0 that does not go on with the line above."""
    steps: list[list[str]] = []
    says_something = False  # besides comments, which belong to what follows them
    for line, code in zip(lines, mask("\n".join(lines)).split("\n"), strict=True):
        begins = line[:1].strip() and not line.startswith(_GOES_ON)
        if (line and not steps) or (begins and says_something):
            steps.append([])
            says_something = False
        if steps:
            steps[-1].append(line)
            says_something = says_something or bool(code.strip())
    kept = ["\n".join(step).rstrip() for step in steps]
    while kept and not mask(kept[-1]).strip():
        kept.pop()
    return tuple(kept) or None


def _term(text: str) -> tuple[str, ...] | None:
    """A proof by a term, as a tactic."""
    lines = [line.rstrip() for line in plain(text).strip().split("\n")]
    if not mask(text).strip() or is_broken(text) or sorries(text):
        return None
    if len(lines) == 1:
        return (f"exact {lines[0]}",)
    rest = dedented([line for line in lines[1:] if line])
    return ("exact\n" + "\n".join(f"  {line}" for line in (lines[0], *(f"  {line}" for line in rest))),)


def _with_lemmas(code: str, lemmas: Sequence[Command], steps: tuple[str, ...]) -> tuple[str, ...] | None:
    """The steps, after a `have` for each lemma that they, or a lemma kept already, speak of."""
    masked = mask(code)
    for lemma in reversed(lemmas):
        used = re.compile(rf"(?<![\w.']){re.escape(lemma.name)}(?![\w'])")
        stated = _STATED.search(masked, lemma.start, lemma.end)
        if stated is None or "." in lemma.name or not any(used.search(step) for step in steps):
            continue
        text = _trimmed(plain(code[stated.end() : lemma.end]))
        if is_broken(text) or sorries(text):
            return None
        steps = (f"have {lemma.name}{text}", *steps)
    return steps


def _proof(code: str, command: Command, before: str, after: str) -> tuple[int, int] | None:
    """Where in the code the proof begins and ends: after what stands before the `sorry` in the statement as it was
    posed, and before what stands after it. Where the statement is not written as it was, after its own `:= by`."""
    masked = mask(code)
    wanted = _BY.sub("", mask(before))
    begin = _past(masked, _signature(code, command), command.end, wanted)
    end = command.end
    if tail := "".join(mask(after).split()):
        kept = _past(masked[::-1], len(masked) - end, len(masked), tail[::-1])
        if kept is None:
            return None
        end = len(masked) - kept
    if begin is None and wanted.rstrip().endswith(":=") and wanted.count(":=") == 1:
        own = _PROOF.search(masked, command.start, end)
        begin = own.end() if own else None
    return None if begin is None or begin >= end else (begin, end)


def _past(text: str, at: int, end: int, wanted: str) -> int | None:
    """The place behind `wanted` in the text from `at` on, whatever the space in both; None where the text differs."""
    for character in "".join(wanted.split()):
        while at < end and text[at].isspace():
            at += 1
        if at >= end or text[at] != character:
            return None
        at += 1
    return at


def _located(query: ProofQuery) -> tuple[str, int | None, int]:
    """The problem's text up to the end of the command to prove, where in it the `sorry` is, and its length."""
    text = query.problem.text().rstrip()
    places = sorry_places(text)
    index = query.problem.hole or 0
    place = places[index] if 0 <= index < len(places) else None
    command = _command(text, place)
    if command is not None:
        text = text[: command.start] + _trimmed(text[command.start : command.end])
    return text, place, len(text)


def _trimmed(command: str) -> str:
    """A command without the comments and blank lines that follow it."""
    return command[: len(mask(command).rstrip())]


def _command(text: str, place: int | None) -> Command | None:
    if place is None:
        return None
    return next((command for command in commands(text) if command.start <= place < command.end), None)


def _signature(text: str, command: Command) -> int:
    """Where a command's statement begins: after its name."""
    stated = _STATED.search(mask(text), command.start, command.end)
    return stated.end() if stated else command.start


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _said(errors: Sequence[str]) -> str:
    """Lean's messages, as far as a model should read them."""
    return "\n\n".join(error if len(error) <= _LONGEST else f"{error[:_LONGEST]} …" for error in errors[:_MESSAGES])
