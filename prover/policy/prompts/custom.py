"""A user's own prompt format, in a TOML file.

    name = "mine"
    kind = "tactic"                     # or "proof"
    template = "{state}\\n### Next tactic:\\n"
    stop = ["\\n"]
    max_tokens = 128
    extract = "^(.*)$"                  # a regular expression with one group

Instead of `template`, a list of `[[messages]]` with `role` and `content` makes a chat. Instead of `extract`, the answer
is what stands behind the text `after` and in front of the text `before`, either of which may be left out. Without any
of these it is read as a chat model's answers are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from lean_env.errors import UsageError
from prover.interfaces import ProofQuery, Query
from prover.policy.generation import Message, Prompt
from prover.policy.prompts.adapter import Adapter, ProofAdapter, TacticAdapter
from prover.policy.prompts.proofs import body, repairs, script, script_in, statement
from prover.policy.prompts.reading import blocks, state_text, tactic_of_chat, tidy
from prover.problems.leantext import commands

_KEYS = ("name", "kind", "template", "messages", "stop", "max_tokens", "extract", "after", "before")
_KINDS = ("tactic", "proof")
_ROLES = ("system", "user", "assistant")
_FIELDS = {"tactic": ("state", "name", "tactics", "lemmas"), "proof": ("state", "name", "header", "statement")}
_FIELD = re.compile(r"\{\{(\w+)\}\}|\{(\w+)\}")
_MOST_TOKENS = 1_000_000
_REPAIR = "Lean does not accept this proof. It says:\n\n{errors}\n\nGive the whole corrected text in one code block."


def read_adapter(path: Path) -> Adapter:
    """The adapter that a file describes.

    Raises:
        UsageError: it cannot be read, or a key is missing, unknown or not what it can be.
    """
    return _Reader(path).adapter()


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def adapter(self) -> Adapter:
        given = self._given()
        kind = self._text(given, "kind", required=True)
        if kind not in _KINDS:
            self._wrong("kind", f"cannot be {kind!r}", "Write tactic or proof.")
        name = self._text(given, "name") or self.path.stem
        turns = self._turns(given, _FIELDS[kind])
        stop = self._stop(given)
        extract = self._extract(given)
        if kind == "tactic":
            tokens = self._tokens(given, 256)
            return TacticAdapter(name, _tactic_prompt(turns), _tactic_parse(extract), stop, tokens)
        return ProofAdapter(name, _proof_prompt(turns), _proof_parse(extract), stop, self._tokens(given, 2048))

    def _given(self) -> Mapping[str, Any]:
        try:
            given = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UsageError(f"--prompt {self.path} does not exist.", "Name a .toml file.") from error
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"--prompt {self.path} is not TOML: {error}.", "See README, Your own model.") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"--prompt {self.path} is not UTF-8.", "Save it as UTF-8.") from error
        except OSError as error:
            raise UsageError(
                f"--prompt {self.path} cannot be read: {error.strerror or error}.", "Name a .toml file."
            ) from error
        from prover.wording import nearest

        for key in given:
            if key not in _KEYS:
                self._wrong(key, "is no key of a prompt", nearest(key, _KEYS))
        return given

    def _wrong(self, key: str, what: str, hint: str) -> NoReturn:
        raise UsageError(f"--prompt {self.path}: {key} {what}.", hint)

    def _text(self, given: Mapping[str, Any], key: str, *, required: bool = False) -> str | None:
        value = given.get(key)
        if value is None:
            if required:
                self._wrong(key, "is missing", f"For example {key} = …")
            return None
        if not isinstance(value, str) or not value:
            self._wrong(key, "must be a text that is not empty", f'For example {key} = "…"')
        return value

    def _turns(self, given: Mapping[str, Any], allowed: Sequence[str]) -> str | tuple[Message, ...]:
        template, messages = self._text(given, "template"), given.get("messages")
        if (template is None) == (messages is None):
            what = "is missing" if template is None else "cannot stand beside messages"
            self._wrong("template", what, "Give template, or [[messages]] with role and content.")
        if template is not None:
            self._check_fields("template", template, allowed)
            return template
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            self._wrong("messages", "must be a list of tables", "Write [[messages]], with role and content below it.")
        turns = []
        for turn in messages:
            role, content = turn.get("role"), turn.get("content")
            if set(turn) - {"role", "content"} or role not in _ROLES or not isinstance(content, str):
                self._wrong(
                    "messages", "has a turn that is none", f"A turn has role ({', '.join(_ROLES)}) and content."
                )
            self._check_fields("messages", content, allowed)
            turns.append(Message(role, content))
        return tuple(turns)

    def _check_fields(self, key: str, text: str, allowed: Sequence[str]) -> None:
        for field in (match[2] for match in _FIELD.finditer(text)):
            if field is not None and field not in allowed:
                names = ", ".join(f"{{{each}}}" for each in allowed)
                self._wrong(
                    key, f"has no {{{field}}}", f"There are {names}; for the text itself, write {{{{{field}}}}}."
                )

    def _stop(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        stop = given.get("stop", [])
        if not isinstance(stop, list) or not all(isinstance(each, str) and each for each in stop):
            self._wrong("stop", "must be a list of texts", r'For example stop = ["\n"].')
        return tuple(stop)

    def _tokens(self, given: Mapping[str, Any], default: int) -> int:
        value = given.get("max_tokens", default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_TOKENS:
            self._wrong(
                "max_tokens", f"must be a whole number from 1 to {_MOST_TOKENS}", "For example max_tokens = 256."
            )
        return value

    def _extract(self, given: Mapping[str, Any]) -> Callable[[str], str | None] | None:
        """What takes the part of an answer that counts; None where the file does not say."""
        pattern = self._text(given, "extract")
        after, before = self._text(given, "after"), self._text(given, "before")
        if pattern is None:
            return None if after is None and before is None else lambda answer: _between(answer, after, before)
        if after is not None or before is not None:
            self._wrong("extract", "cannot stand beside after and before", "Give one of the two.")
        try:
            regex = re.compile(pattern, re.DOTALL | re.MULTILINE)
        except re.error as error:
            self._wrong("extract", f"is no regular expression: {error}", r'For example extract = "TACTIC: (.*)".')
        if regex.groups != 1:
            self._wrong("extract", f"has {regex.groups} groups", r'It needs one, as in "TACTIC: (.*)".')
        return lambda answer: found[1] if (found := regex.search(answer)) else None


def _between(answer: str, after: str | None, before: str | None) -> str | None:
    if after is not None:
        _, mark, answer = answer.partition(after)
        if not mark:
            return None
    return answer.split(before)[0] if before is not None else answer


def _filled(turns: str | tuple[Message, ...], values: Mapping[str, str]) -> Prompt:
    def fill(text: str) -> str:
        return _FIELD.sub(lambda match: values[match[2]] if match[2] else f"{{{match[1]}}}", text)

    if isinstance(turns, str):
        return fill(turns)
    return tuple(Message(turn.role, fill(turn.content)) for turn in turns)


def _tactic_prompt(turns: str | tuple[Message, ...]) -> Callable[[Query], Prompt]:
    def prompt(query: Query) -> Prompt:
        lists = {"tactics": "\n".join(query.tactics), "lemmas": "\n".join(query.lemmas)}
        return _filled(turns, {"state": state_text(query.state), "name": query.problem, **lists})

    return prompt


def _tactic_parse(extract: Callable[[str], str | None] | None) -> Callable[[str], str | None]:
    if extract is None:
        return tactic_of_chat

    def parse(answer: str) -> str | None:
        found = extract(answer)
        return None if found is None else tidy(found)

    return parse


def _proof_prompt(turns: str | tuple[Message, ...]) -> Callable[[ProofQuery], Prompt]:
    def prompt(query: ProofQuery) -> Prompt:
        header = query.problem.header.rstrip()
        stated = statement(query)
        values = {"header": header, "statement": stated.removeprefix(header).lstrip("\n") if header else stated}
        filled = _filled(turns, {"state": state_text(query.state), "name": query.problem.name, **values})
        return filled if isinstance(filled, str) else (*filled, *repairs(query, _REPAIR))

    return prompt


def _proof_parse(
    extract: Callable[[str], str | None] | None,
) -> Callable[[str, ProofQuery], tuple[str, ...] | None]:
    if extract is None:
        return script

    def parse(answer: str, query: ProofQuery) -> tuple[str, ...] | None:
        found = extract(answer)
        if found is None:
            return None
        code = cast("list[str]", blocks(found) or [found])[-1]
        return script_in(code, query) if commands(code) else body(code, 0)

    return parse
