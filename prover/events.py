"""What a run tells those who watch it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from prover.interfaces import Attempt, Problem
from prover.utilisation import Utilisation


class Workers(Protocol):
    """Lean workers, here or elsewhere."""

    @property
    def workers(self) -> int: ...
    @property
    def busy(self) -> int:
        """Those that have something to do now."""
        ...


class Events(Protocol):
    """Told what happens in a run, as it happens; `prover.display` shows it."""

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...

    def opened(self, folder: Path, problems: Sequence[Problem], attempts: Sequence[Attempt], passes: int) -> None:
        """The problems are known, and the attempts that an earlier command left."""
        ...

    def lean(self, pool: Workers) -> None:
        """Lean is about to be used."""
        ...

    def busy(self, utilisation: Utilisation) -> None:
        """The policy and the critic are there; from now on it says how busy they are, and Lean."""
        ...

    def began(self, problem: str, pass_index: int) -> None:
        """An attempt has begun."""
        ...

    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None:
        """An attempt has been written down, or (None) given up because another one decided the problem."""
        ...


class Silent:
    """Events that nobody looks at."""

    def note(self, text: str) -> None: ...
    def opened(self, folder: Path, problems: Sequence[Problem], attempts: Sequence[Attempt], passes: int) -> None: ...
    def lean(self, pool: Workers) -> None: ...
    def busy(self, utilisation: Utilisation) -> None: ...
    def began(self, problem: str, pass_index: int) -> None: ...
    def ended(self, problem: str, pass_index: int, attempt: Attempt | None) -> None: ...
