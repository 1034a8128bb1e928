"""What the commands exit with."""

from __future__ import annotations

DONE, FAILED, USAGE, NOT_PROVED, INTERRUPTED = 0, 1, 2, 3, 130
