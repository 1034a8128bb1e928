"""How messages to people speak of what they wrote."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 60


def nearest(value: str, allowed: Iterable[str]) -> str:
    """A hint: the name most like the one that was written, if any is, and all of them."""
    import difflib

    names = list(allowed)
    alike = difflib.get_close_matches(value.lower(), names, n=1)
    guess = f"Did you mean {alike[0]}? " if alike else ""
    return f"{guess}Choose from: {', '.join(names)}."


def shown(text: str) -> str:
    """A user's own text for a message: quoted, on one line, cut when long."""
    quoted = ascii(text) if any(not c.isprintable() for c in text) else f"'{text}'"
    return quoted if len(quoted) <= _SHOWN else f"{quoted[: _SHOWN - 2]}…'"
