"""Just enough of Lean's lexical syntax to read files of statements without a Lean.

Everything here works on text: comments and strings are masked, commands are told apart by the keyword that starts a
line, and a proof by the `:=` before it. Whether a statement means anything is for Lean to say.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

_LEXEME = re.compile(
    r"""
      (?P<line>--[^\n]*)
    | (?P<block>/-)
    | (?<![\w'])r(?P<hashes>\#*)"                          # raw string
    | (?P<string>"(?:[^"\\]|\\.)*(?:"|\Z))
    | (?<![\w'!?₀-₉])(?P<char>'(?:\\[^\n]{1,8}?|[^\\\n])')  # not the prime of h'
    | (?P<quoted>«[^»\n]*»)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/-|-/")

_MODIFIERS = r"(?:(?:private|protected|public|noncomputable|nonrec|unsafe|partial|scoped|local|meta)\s+)*"
_KEYWORDS = (
    "theorem|lemma|example|def|abbrev|instance|structure|inductive|coinductive|class|opaque|axiom|alias|irreducible_def"
    "|import|module|open|export|namespace|section|end|mutual|variable|variables|universe|universes|set_option|include"
    "|omit|attribute|notation|notation3|infix|infixl|infixr|prefix|postfix|macro|macro_rules|syntax|elab|elab_rules"
    "|declare_syntax_cat|initialize|builtin_initialize|deriving|simproc|run_cmd|add_decl_doc|suppress_compilation"
)
_START = re.compile(rf"^(?:@\[|#[a-z]\w*|{_MODIFIERS}(?:{_KEYWORDS})\b)", re.MULTILINE)
_KIND = re.compile(rf"(?:@\[[^\]]*\]\s*)*{_MODIFIERS}(?P<kind>#[a-z]\w*|(?:{_KEYWORDS})\b)")
_NAME = re.compile(r"\s+(?P<name>(?:«[^»\n]*»|[^\s:(){}\[\]⦃⦄«»])+)")
_PREFIX_IN = re.compile(r"\bin\s*\Z")
_SORRY = re.compile(r"(?<![\w.'!?])sorry(?![\w'!?])")
_END = re.compile(r":=\s*(?:by\b\s*)?(?:sorry\s*)?\Z")
_PROOF_TOKEN = re.compile(r"[(\[{⟨⦃⟦]|[)\]}⟩⦄⟧]|:=|(?<![\w.])(?:let|have|letI|haveI|suffices|where)(?![\w'])")
_EQUATION = re.compile(r"^\s*\|.*=>", re.MULTILINE)

STATEMENTS = ("theorem", "lemma", "example")
"""Commands that state something to prove, whatever stands after their `:=`."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a Lean text, with its doc comment, its attributes and what stands before an `in`."""

    kind: str
    """The keyword: `theorem`, `def`, `open`, …"""
    name: str
    """The declared name as written, or an empty string."""
    start: int
    end: int
    """The text up to the next command, its trailing comments and blank lines included."""
    sorries: int
    """How many `sorry`s it contains."""


def _lexemes(text: str) -> Iterator[tuple[str, int, int]]:
    """The comments, strings and quoted names of a text, in order, as (kind, start, end)."""
    at = 0
    while match := _LEXEME.search(text, at):
        start, at = match.span()
        kind = match.lastgroup or "raw"
        if kind == "block":
            depth = 1
            while depth:
                edge = _BLOCK_EDGE.search(text, at)
                at = edge.end() if edge else len(text)
                if edge is None:
                    break
                depth += 1 if edge.group() == "/-" else -1
        elif kind == "hashes":
            close = text.find('"' + match["hashes"], at)
            at = len(text) if close < 0 else close + 1 + len(match["hashes"])
            kind = "raw"
        yield kind, start, at


_FILLER = {"line": " ", "block": " ", "quoted": "_"}


def mask(text: str) -> str:
    """The text with its comments blanked and its strings and quoted names filled, each character in its place."""
    parts: list[str] = []
    done = 0
    for kind, start, end in _lexemes(text):
        filler = _FILLER.get(kind, '"')
        parts += (text[done:start], "".join("\n" if c == "\n" else filler for c in text[start:end]))
        done = end
    return "".join((*parts, text[done:]))


def sorry_places(text: str) -> list[int]:
    """Where each `sorry` of the text begins, outside comments and strings."""
    return [match.start() for match in _SORRY.finditer(mask(text))]


def before_sorry(text: str, index: int) -> str:
    """The text before one of its `sorry`s, in order of position; all of it where there are not so many."""
    places = sorry_places(text)
    return text[: places[index]] if 0 <= index < len(places) else text


def sorries(text: str) -> int:
    """How many `sorry`s the text contains outside comments and strings."""
    return len(sorry_places(text))


def commands(text: str) -> list[Command]:
    """The commands of a text, each beginning where its keyword (or its doc comment) begins a line."""
    code = mask(text)
    docs = [(s, e) for kind, s, e in _lexemes(text) if kind == "block" and text.startswith("/--", s)]
    ends = [e for _, e in docs]
    starts: list[tuple[int, int]] = []  # where the command begins, where its keyword begins
    pending: int | None = None  # the beginning of attributes or of an `open … in` that wait for their command
    matches = list(_START.finditer(code))
    for index, match in enumerate(matches):
        at, following = match.start(), matches[index + 1].start() if index + 1 < len(matches) else len(code)
        begin = at if pending is None else pending
        doc = bisect_left(ends, at + 1) - 1
        if pending is None and doc >= 0 and not code[docs[doc][0] : at].strip():
            begin = docs[doc][0]
        kind = _KIND.match(code, at)
        alone = kind is None or kind.start("kind") >= following or bool(_PREFIX_IN.search(code[at:following].rstrip()))
        if alone and index + 1 < len(matches):
            pending = begin
        else:
            pending = None
            starts.append((begin, at))
    found = []
    for index, (begin, at) in enumerate(starts):
        end = starts[index + 1][0] if index + 1 < len(starts) else len(text)
        kind = _KIND.match(code, at)
        word = kind["kind"] if kind else ""
        name = _NAME.match(text, kind.end()) if kind and word in _NAMED else None
        found.append(Command(word, name["name"] if name else "", begin, end, len(_SORRY.findall(code[begin:end]))))
    return found


_NAMED = ("theorem", "lemma", "def", "abbrev", "instance", "opaque", "axiom", "irreducible_def")


def close(statement: str) -> str | None:
    """One declaration with its end made `:= by sorry`, or None where its proof cannot be told from its statement.

    Accepts the ends `:= by sorry`, `:= sorry`, `:= by`, `:=`, none, and a proof. A proof is dropped only where the
    first `:=` outside brackets must begin it: a `let` or `have` before it, or a proof by equations, gives None.
    Everything before the end stays as it was written.
    """
    closed = _cut(statement, mask(statement).rstrip())
    return closed if closed and mask(closed).endswith(_CLOSED) else None  # not inside a string that never ends


_CLOSED = ":= by sorry"


def _cut(statement: str, code: str) -> str | None:
    if match := _END.search(code):
        return f"{statement[: match.start()]}{_CLOSED}"
    depth = 0
    for token in _PROOF_TOKEN.finditer(code):
        if token.group() in "([{⟨⦃⟦":
            depth += 1
        elif token.group() in ")]}⟩⦄⟧":
            depth -= 1
        elif depth <= 0:
            if token.group() != ":=" or _EQUATION.search(code, 0, token.start()):
                return None
            return f"{statement[: token.start()]}{_CLOSED}"
    return None if _EQUATION.search(code) else f"{statement[: len(code)]} {_CLOSED}"
