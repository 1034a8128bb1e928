"""Every exception of both packages, in one tree.

    StepwiseError            one plain sentence, and what to do about it; the command line prints both and exits 1
    ├── UsageError           the request itself is wrong: an option, a budget, a target (exit 2)
    ├── DataError            a problem file is missing, malformed or empty (exit 2)
    ├── LeanNotFound         no Lean can be used, or the requested one cannot
    ├── BundleError          the bundled Lean could not be fetched, checked, patched or stored
    ├── ResultsError         a run's folder cannot be read or written
    ├── PolicyError          a model cannot be loaded or run, or its server does not answer
    └── WorkerError          a Lean worker process
        ├── WorkerStartError it never became ready
        ├── WorkerDied       it ended, or was ended because it did not answer in time
        └── ProtocolError    it answered something that is not an answer

What Lean says about a tactic or a statement is never an exception: it is a value (see `lean_env.protocol`).
"""

from __future__ import annotations


class StepwiseError(Exception):
    """Something a user can act on.

    Args:
        message: one plain sentence that names the thing.
        hint: what to do about it, or an empty string.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(StepwiseError):
    """The request itself is wrong: an option, a budget, a target."""

    exit_status = 2


class DataError(StepwiseError):
    """A problem file is missing, malformed or empty."""

    exit_status = 2


class LeanNotFound(StepwiseError):
    """No Lean can be used, or the one that was asked for cannot."""


class BundleError(StepwiseError):
    """The bundled Lean could not be fetched, checked, patched or stored."""


class ResultsError(StepwiseError):
    """A run's folder cannot be read or written."""


class PolicyError(StepwiseError):
    """A model, of a policy or of a critic, cannot be loaded or run, or the server that has it does not answer."""


class WorkerError(StepwiseError):
    """A Lean worker process failed."""


class WorkerStartError(WorkerError):
    """A Lean worker never became ready."""


class WorkerDied(WorkerError):
    """A Lean worker ended, or was ended because it did not answer in time."""


class ProtocolError(WorkerError):
    """A Lean worker answered something that is not an answer."""
