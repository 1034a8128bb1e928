"""What the adapters have in common: a state as text, and the tactic in an answer, whatever is around it."""

from __future__ import annotations

import re

from lean_env.protocol import State
from prover.problems.leantext import mask

_FENCE = re.compile(r"^[ \t]*```[ \t]*(?P<language>[\w+-]*)[^\n`]*$", re.MULTILINE)
_ON_ONE_LINE = re.compile(r"```(?:lean4?\b)?([^`]+)(?:```|\Z)")
_THOUGHT = re.compile(r"^.*</think>", re.DOTALL)
# Control characters, halves of characters, and what stands for bytes that are none.
_BROKEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffd]")
_ODD_SPACE = re.compile(r"[^\S\n\t ]")
_INLINE = re.compile(r"`+([^`\n]+)`+\.?")


def is_broken(text: str) -> bool:
    """Does the text hold what no Lean text does?"""
    return bool(_BROKEN.search(text))


def plain(text: str) -> str:
    """The text with a common space for each that Lean would not take for one."""
    return _ODD_SPACE.sub(" ", text)


def state_text(state: State) -> str:
    """The state as models have seen it in training: its goals, a blank line between two."""
    return "\n\n".join(state.goals)


def without_thought(answer: str) -> str:
    """The answer without what a reasoning model thinks aloud before it; nothing where it never stopped thinking."""
    answer = _THOUGHT.sub("", answer)
    return "" if "<think>" in answer else answer


def blocks(answer: str) -> list[str]:
    """What stands in the answer's code fences, in order. One that is left open goes on to the end, or to the next."""
    found = []
    begun: int | None = None
    for fence in _FENCE.finditer(answer):
        if begun is not None:
            found.append(answer[begun : fence.start()])
        begun = fence.end() + 1 if begun is None or fence["language"] else None
    if begun is not None:
        found.append(answer[begun:])
    if not found and (short := _ON_ONE_LINE.search(answer)):
        found.append(short[1])
    return [block.split("```")[0] for block in found]  # the closing fence may stand at the end of a line of code


def is_closed(answer: str) -> bool:
    """Does the answer hold a code fence that is closed? Then what follows it, finished or not, does not matter."""
    return answer.count("```") >= 2


def tactic(answer: str) -> str | None:
    """The tactic that an answer consists of: in its first code fence, if it has one; else all of it."""
    found = blocks(answer)
    return tidy(found[0] if found else answer.split("```")[0])


def tactic_of_chat(answer: str) -> str | None:
    """The tactic in the answer of a model that likes to talk. Without a code fence, what begins like a sentence is
    none."""
    answer = without_thought(answer)
    if "```" in answer:
        return tactic(answer)
    answer = answer.strip()
    if quoted := _INLINE.fullmatch(answer):
        return tidy(quoted[1])
    return None if answer[:1].isupper() else tidy(answer)


def tidy(text: str) -> str | None:
    """A tactic as the search compares it: no space around it or at the end of a line, its first line in column 0 and
    the others as far from it as they were; on one line, single spaces. None where nothing is left but comments."""
    if is_broken(text):
        return None
    lines = [line.rstrip() for line in plain(text).expandtabs(2).split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    kept = "\n".join(dedented(lines)).strip()
    while kept.endswith("<;>"):
        kept = kept.removesuffix("<;>").rstrip()
    if kept.startswith("<;>") or not mask(kept).strip():
        return None
    if "\n" not in kept and '"' not in kept and "«" not in kept:
        kept = " ".join(kept.split())
    return kept


def dedented(lines: list[str]) -> list[str]:
    """The lines, moved to the left until the first is in column 0; none further than there is room."""
    margin = indentation(lines[0]) if lines else 0
    return [line[min(margin, indentation(line)) :] for line in lines]


def indentation(line: str) -> int:
    """The column in which a line's text begins."""
    return len(line) - len(line.lstrip(" "))
