"""Reading files of text, with one plain sentence for each way that can go wrong."""

from __future__ import annotations

from pathlib import Path

from lean_env.errors import DataError

LARGEST_LEAN = 16 << 20
LARGEST_DATA = 1 << 30
_BOM = b"\xef\xbb\xbf"


def exists(path: Path) -> str:
    """`file`, `folder`, or an empty string for what is not there or cannot be a path."""
    try:
        return "folder" if path.is_dir() else "file" if path.is_file() else ""
    except (OSError, ValueError):  # a statement may be too long for a path, or contain a NUL
        return ""


def read_bytes(
    path: Path, largest: int = LARGEST_DATA, *, may_be_empty: bool = False, keep_mark: bool = False
) -> bytes:
    """A file's content, without a byte-order mark unless that is to be kept.

    Raises:
        DataError: it is missing, a folder, unreadable, empty or too large.
    """
    try:
        size = path.stat().st_size
        if size > largest:
            raise DataError(
                f"{path} is {size >> 20} MB, more than the {largest >> 20} MB that are read.", "Split it into parts."
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.", "Check the path.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a file.", "Name a file in it.") from None
    except PermissionError:
        raise DataError(f"{path} may not be read.", "Check its permissions.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if not keep_mark:
        content = content.removeprefix(_BOM)
    if not may_be_empty and not content.strip():
        raise DataError(f"{path} is empty.")
    return content


def decode(content: bytes, where: str) -> str:
    """Text from UTF-8, its line ends made `\\n`.

    Raises:
        DataError: it is not UTF-8.
    """
    return decode_as_is(content, where).replace("\r\n", "\n")


def decode_as_is(content: bytes, where: str) -> str:
    """Text from UTF-8, every character as it is.

    Raises:
        DataError: it is not UTF-8.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{where} is not UTF-8 text (byte {error.start}, line {line}).", "Save it as UTF-8.") from None


def read_lean(path: Path, *, may_be_empty: bool = False) -> str:
    """The text of a Lean file.

    Raises:
        DataError: it cannot be read, or is not UTF-8.
    """
    return decode(read_bytes(path, LARGEST_LEAN, may_be_empty=may_be_empty), str(path))
