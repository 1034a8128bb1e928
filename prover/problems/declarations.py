"""From Lean text to problems: one statement by itself, or each statement of a file with the context that it needs."""

from __future__ import annotations

from lean_env.errors import DataError
from prover.interfaces import Problem
from prover.problems.leantext import STATEMENTS, Command, close, commands, mask, sorries

_HEAD = ("import", "module", "open", "set_option", "universe", "universes")
_BEFORE_DECLARATIONS = (*_HEAD, "section", "namespace", "variable", "variables", "suppress_compilation")
_NOT_TOLD_APART = "End the statement with `:= by sorry` instead of its proof."


def parse_statement(text: str, *, name: str, header: str, source: str, split: str = "") -> Problem:
    """A problem from the text of one statement, which may bring its own imports and definitions before it.

    Args:
        text: a text whose last theorem, lemma or example (or definition with a `sorry`) is to be proved.
        name: the problem's name; if empty, the name that the statement declares, or `statement`.
        header: what stands before it; not used if the text has imports of its own.
        source: where it was read, for messages.
        split: the part of a benchmark that it belongs to.

    Raises:
        DataError: it states nothing, or its proof cannot be told from its statement.
    """
    found = commands(text)
    goals = [c for c in found if c.kind in STATEMENTS or c.sorries]
    if not goals:
        raise DataError(
            f"{source} has no theorem, lemma or example.", "A statement reads `theorem name : … := by sorry`."
        )
    goal = goals[-1]
    closed = _close(text, goal, source)
    own, text_before = _split_head(text, found[: found.index(goal)], goal.start)
    tail = text[goal.end :].strip() if any(c.kind == "end" for c in found[found.index(goal) + 1 :]) else ""
    return Problem(
        name=name or declared_name(goal) or "statement",
        statement=text_before + closed + (f"\n\n{tail}" if tail else ""),
        header=own or header,
        source=source,
        split=split,
        hole=sorries(text_before) + _sorries_before_end(closed),
    )


def parse_file(text: str, *, path: str, split: str = "") -> list[Problem]:
    """A problem for each statement of a file that holds many, named as it declares them.

    The header is what stands before the first declaration. A problem's text keeps the commands before it that are not
    themselves statements (definitions, `open`, `namespace`, `section`, `variable`, `end`); the other statements, and
    anything else left as `sorry`, are left out. The statements are the theorems, lemmas and examples, whose proofs are
    dropped, and every other declaration with a `sorry`.

    Raises:
        DataError: a proof cannot be told from its statement.
    """
    found = commands(text)
    first = next((i for i, c in enumerate(found) if c.kind not in _BEFORE_DECLARATIONS), len(found))
    header = text[: found[first].start].rstrip() + "\n" if 0 < first < len(found) else ""
    problems: list[Problem] = []
    context: list[str] = []
    for command in found[first:]:
        if command.kind not in STATEMENTS and not command.sorries:
            context.append(text[command.start : command.end].strip())
            continue
        line = text.count("\n", 0, _keyword(text, command)) + 1
        closed = _close(text, command, f"{path}:{line}")
        problems.append(
            Problem(
                name=declared_name(command) or f"line_{line}",
                statement="\n\n".join((*context, closed)),
                header=header,
                source=f"{path}:{line}",
                split=split,
                hole=_sorries_before_end(closed),
            )
        )
    return problems


def declared_name(command: Command) -> str:
    """The name that a command declares, without the quotes of `«name»` and the dot before `.{universes}`."""
    return command.name.replace("«", "").replace("»", "").rstrip(".")


def _close(text: str, command: Command, source: str) -> str:
    closed = close(text[command.start : command.end])
    if closed is None:
        raise DataError(f"{source}: the proof cannot be told from the statement.", _NOT_TOLD_APART)
    return closed


def _keyword(text: str, command: Command) -> int:
    """Where a command's first line of code begins, after its doc comment."""
    code = mask(text[command.start : command.end])
    return command.start + len(code) - len(code.lstrip())


def _sorries_before_end(closed: str) -> int:
    return sorries(closed) - 1


def _split_head(text: str, before: list[Command], start: int) -> tuple[str, str]:
    """A statement's own header, if it has imports, and the rest of what stands before it."""
    if not any(c.kind in ("import", "module") for c in before):
        return "", text[:start].lstrip("\n")
    head = next((i for i, c in enumerate(before) if c.kind not in _HEAD), len(before))
    cut = before[head].start if head < len(before) else start
    return text[:cut].strip() + "\n", text[cut:start]
