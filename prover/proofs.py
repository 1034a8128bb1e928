"""Names of proof files, and how a proof joins its statement into a whole text."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections import Counter
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.'@-]{0,98}[A-Za-z0-9_'])?", re.ASCII)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def proof_files(names: Sequence[str]) -> dict[str, str]:
    """A file name for each problem: safe on every system, and different even where capitals do not count.

    A name that is plain stays as it is; any other is made plain and gets eight digits of its checksum.
    """
    plain = {name: _plain(name) for name in names}
    times = Counter(slug.lower() for slug in plain.values())
    return {
        name: f"{slug}.lean" if slug == name and times[slug.lower()] == 1 else f"{slug}-{_digest(name)}.lean"
        for name, slug in plain.items()
    }


def whole_text(statement: str, proof: str) -> str:
    """A statement with its `sorry` replaced by a proof: what stands after `:= by`, at any indentation.

    >>> whole_text("theorem t : True := by sorry", "trivial")
    'theorem t : True := by\\n  trivial\\n'
    """
    head = re.sub(r"\s*\bsorry\s*\Z", "", statement.rstrip()).rstrip()
    if re.search(r":=\s*by\Z", head) is None:
        head = f"{head} by" if head.endswith(":=") else f"{head} := by"
    return f"{head}\n{_indented(proof)}\n"


def _indented(proof: str) -> str:
    """The tactics at two columns.

    A first line at column 0 with all later ones further right is a block of which the first line lost its indentation
    (published data strips proofs), unless that line opens a block of its own.
    """
    lines = proof.expandtabs().strip("\n").rstrip().split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    later = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    if later and lines[0][:1] != " " and min(later) > 0 and not re.search(r"(by|=>|:=|do|←|,|[(\[{⟨|])\s*\Z", lines[0]):
        lines[0] = " " * min(later) + lines[0]
    return textwrap.indent(textwrap.dedent("\n".join(lines)), "  ")


def _plain(name: str) -> str:
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name):
        return name
    safe = re.sub(r"[^A-Za-z0-9_]+", "-", name, flags=re.ASCII).strip("-")[:80]
    return "proof" if not safe or _RESERVED.fullmatch(safe) else safe


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
