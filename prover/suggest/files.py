"""The file that `prove suggest` reads, and writes only whole, and only if nobody else has meanwhile."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lean_env.errors import DataError, StepwiseError, UsageError
from prover.problems.reading import LARGEST_LEAN, decode_as_is, read_bytes

_PLACE = re.compile(r"(?P<file>.+?\.lean)(?::(?P<line>[0-9]{1,9})(?::(?P<column>[0-9]{1,9}))?)?", re.DOTALL | re.ASCII)
_HINT = "Write FILE.lean, FILE.lean:LINE or FILE.lean:LINE:COLUMN, both counted from 1."


@dataclass(frozen=True, slots=True)
class Target:
    """What `FILE.lean[:LINE[:COL]]` names."""

    path: Path
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 0, in code points; on the command line it is counted from 1."""


@dataclass(frozen=True, slots=True)
class LeanFile:
    """A file as it was read."""

    path: Path
    content: bytes
    text: str
    """All of it: a byte-order mark and `\\r\\n` are there."""


def parse_target(word: str) -> Target:
    """What a target names.

    Raises:
        UsageError: it does not name a .lean file, or a place that there cannot be.
    """
    match = None if "\0" in word else _PLACE.fullmatch(word)
    if match is None:
        from prover.wording import shown

        raise UsageError(f"prove suggest takes a .lean file, not {shown(word)}.", _HINT)
    line = int(match["line"]) if match["line"] else None
    column = int(match["column"]) if match["column"] else None
    if line == 0 or column == 0:
        raise UsageError(f"{word} names line or column 0.", _HINT)
    return Target(Path(match["file"]), line, None if column is None else column - 1)


def read(path: Path) -> LeanFile:
    """The file.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    content = read_bytes(path, LARGEST_LEAN, may_be_empty=True, keep_mark=True)
    return LeanFile(path, content, decode_as_is(content, str(path)))


def write(file: LeanFile, text: str) -> LeanFile:
    """Put another text in the place of the file, whole or not at all; its permissions stay.

    Raises:
        StepwiseError: the file is no longer what was read, or cannot be written.
    """
    path = file.path.resolve()  # what a link points to is written, and the link stays
    content = text.encode()
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as out:
            temporary = Path(out.name)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        shutil.copymode(path, temporary)
        if path.read_bytes() != file.content:
            raise StepwiseError(
                f"{file.path} has changed while proofs were searched for.", "Nothing was written; run it again."
            )
        temporary.replace(path)
    except FileNotFoundError:
        raise DataError(f"{file.path} is no longer there.", "Nothing was written.") from None
    except OSError as error:
        raise StepwiseError(f"{file.path} cannot be written: {error.strerror or error}.", "Nothing was.") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    return LeanFile(file.path, content, text)
