"""What a run is asked to do: one frozen value, checked when it is made, and the parsers of its options.

Everything here raises `UsageError` with one plain sentence that names the option as it is written on the command line
(the Python API's arguments have the same names), and a hint that says what is allowed.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lean_env.errors import UsageError
from prover.interfaces import Budget
from prover.method import WHOLE_PROOF, Ablation
from prover.wording import nearest, shown

DECODINGS = ("sample", "greedy", "beam")

MAX_PASSES = 100_000
MAX_SAMPLES = 10_000
MAX_EXPANSIONS = 10_000_000
MAX_SECONDS = 30 * 24 * 3600.0
MAX_HOURS = 10_000.0
MAX_WORKERS = 10_000
MAX_SLOTS = 64
MAX_COUNT = 1_000_000_000
MAX_SEED = 2**63 - 1
MAX_TEMPERATURE = 10.0
MAX_TEMPERATURES = 64

_BUDGET = re.compile(r"([0-9]{1,12})x([0-9]{1,12})(?:x([0-9]{1,12}))?", re.ASCII | re.IGNORECASE)
_SHARD = re.compile(r"([0-9]{1,12})/([0-9]{1,12})", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_SECONDS = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9}", re.ASCII)
_ADDRESS = re.compile(r"auto|[\w.-]{1,253}:[0-9]{1,5}|\[[0-9a-fA-F:]{2,45}\]:[0-9]{1,5}", re.ASCII)
_DECLARATION = re.compile(r"\b(?:theorem|lemma|def)\s+([^\s:({\[]+)")
_BUDGET_HINT = "Write PASSESxSAMPLES or PASSESxSAMPLESxEXPANSIONS, for example 1x32 or 8x32x300."
_TARGET_HINT = "Name a benchmark, a file, a folder or a statement."

DEFAULT_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that decides what a run does.

    Raises:
        UsageError: a value is outside what its option allows.
    """

    target: str
    """A benchmark's name, a `.lean` or `.jsonl` file, a folder, or a statement."""
    budget: Budget = DEFAULT_BUDGET
    policies: tuple[str, ...] = ("auto",)
    """Specs of policies (`prover.policy.spec`); several are mixed."""
    prompt: str | None = None
    """How models are asked: a format's name or a TOML file; None to guess it from a model's name."""
    decoding: str | None = None
    """How models answer: `sample`, `greedy` or `beam`; None as their authors let them."""
    temperatures: tuple[float, ...] = ()
    """Of samples; several take turns. None for 1."""
    top_p: float | None = None
    search: str = "best-first"
    critic: str = "none"
    data: Path | None = None
    """Where a benchmark's checkout is; None for the cache."""
    split: str | None = None
    limit: int | None = None
    """Only the first so many problems; applied before `shard`."""
    shard: tuple[int, int] = (1, 1)
    """The i-th of n equal parts, counted from 1."""
    seed: int = 0
    negate: bool = False
    """Search for a proof of each statement's negation beside."""
    minimise: bool = False
    """Shorten each proof while Lean elaborates it; what is left has to be verified too."""
    ablation: Ablation = field(default_factory=Ablation)
    """What of the method is left out, for measurements."""
    timeout_s: float = 300.0
    """Wall-clock seconds for one attempt at one problem."""
    tactic_timeout_s: float = 5.0
    """Wall-clock seconds for one tactic; a whole proof that the built-in policy computed gets three times as many."""
    workers: int | None = None
    """Lean processes; None for as many as the machine takes."""
    slots: int = 4
    """Attempts that share one worker; more than one, since some wait for a policy or for a verification."""
    lean: str | None = None
    """`bundled`, `project`, or the path of a Lean; None for the first that is there."""
    project: Path | None = None
    out: Path | None = None
    """The run's folder; None for `default_out`."""
    fresh: bool = False
    """Delete what the folder holds of an earlier run."""
    ray: str | None = None
    """Make the attempts on a Ray cluster: its address, or `auto` for the one that runs here, else a new one on this
    machine; None for this process alone."""
    hours: float | None = None
    """How long all commands of the run together may take; None for as long as there is something to do."""
    writes_proofs: bool = field(init=False, default=False)
    """Whether the policy writes whole proofs, which decides how they are searched for."""

    def __post_init__(self) -> None:
        from prover.critic import check as check_critic
        from prover.search import SEARCHES

        if not self.target.strip():
            raise UsageError("The target is empty.", _TARGET_HINT)
        if "\0" in self.target:
            raise UsageError("The target holds a NUL character.", _TARGET_HINT)
        check_budget(self.budget)
        self._check_policies()
        one_of("--search", self.search, (*SEARCHES, WHOLE_PROOF))
        check_critic(self.critic)
        if self.critic != "none" and self.effective_search in ("best-first", WHOLE_PROOF):
            raise UsageError(
                f"--critic has no say in --search {self.effective_search}.",
                "Add --search hybrid, hybrid-interleaved, critic or mcts.",
            )
        if self.split is not None and not re.fullmatch(r"[\w.-]{1,64}", self.split):
            raise UsageError(
                f"--split takes the name of a split, not {shown(self.split)}.", "For example --split test."
            )
        if self.limit is not None:
            _within("--limit", self.limit, 1, MAX_COUNT)
        check_shard(self.shard)
        _within("--seed", self.seed, 0, MAX_SEED)
        _seconds_within("--timeout", self.timeout_s)
        _seconds_within("--tactic-timeout", self.tactic_timeout_s)
        if self.workers is not None:
            _within("--workers", self.workers, 1, MAX_WORKERS)
        _within("--slots", self.slots, 1, MAX_SLOTS)
        if self.ray is not None and not _ADDRESS.fullmatch(self.ray):
            raise UsageError(
                f"--ray takes the address of a cluster, not {shown(self.ray)}.",
                "Write HOST:PORT, or nothing after it for this machine: prove TARGET --ray.",
            )
        if self.hours is not None and not (0 < self.hours <= MAX_HOURS):
            raise UsageError(f"--hours cannot be {self.hours:g}.", f"It is more than 0 and at most {MAX_HOURS:.0f}.")
        if self.lean is not None and (not self.lean.strip() or "\0" in self.lean):
            raise UsageError("--lean is empty.", "Write bundled, project, or the path of a Lean.")

    def _check_policies(self) -> None:
        from prover.policy.spec import parse_specs

        if self.prompt is not None and (not self.prompt.strip() or "\0" in self.prompt):
            raise UsageError("--prompt is empty.", "Name a prompt format, or a .toml file.")
        models = any(spec.is_model for spec in parse_specs(self.policies))
        for option, given in (
            ("--prompt", self.prompt is not None),
            ("--decoding", self.decoding is not None),
            ("--temperature", bool(self.temperatures)),
            ("--top-p", self.top_p is not None),
        ):
            if given and not models:
                raise UsageError(f"{option} is for models, and --policy names none.", "Leave it out, or name a model.")
            if given and self.decoding in ("greedy", "beam") and option in ("--temperature", "--top-p"):
                raise UsageError(
                    f"{option} has no meaning with --decoding {self.decoding}.", "Leave one out, or draw samples."
                )
        if self.decoding is not None:
            one_of("--decoding", self.decoding, DECODINGS)
        check_temperatures(self.temperatures)
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"--top-p cannot be {self.top_p:g}.", "It is more than 0 and at most 1.")
        if models:
            from prover.policy import writes_proofs

            object.__setattr__(self, "writes_proofs", writes_proofs(self.policies, self.prompt))

    @property
    def effective_search(self) -> str:
        """The search that is used: a policy that writes whole proofs has only one."""
        return WHOLE_PROOF if self.writes_proofs else self.search

    def identity(self) -> dict[str, object]:
        """What must be equal for a run to be resumed, by the option's name, as JSON values.

        Workers, slots, clusters, hours and paths of the same data change how far and fast a run goes and not what it
        means, so they are not in it. The data and the Lean are compared by what they are (see `prover.results`).
        """
        from prover.policy.spec import parse_specs

        return {
            "target": self.target,
            "budget": str(self.budget),
            "policy": [spec.identity() for spec in parse_specs(self.policies)],
            "search": self.effective_search,
            "critic": self.critic,
            "negate": self.negate,
            "minimise": self.minimise,
            "ablation": asdict(self.ablation),
            "split": self.split,
            "limit": self.limit,
            "shard": "{}/{}".format(*self.shard),
            "seed": self.seed,
            "timeout": self.timeout_s,
            "tactic-timeout": self.tactic_timeout_s,
            **self._asked_of_models(),
        }

    def _asked_of_models(self) -> dict[str, object]:
        """What the options for models say, where they are given: without them, a run is what it was before them."""
        asked: dict[str, object] = {}
        if self.prompt is not None:
            from prover.policy import prompt_identity

            asked["prompt"] = prompt_identity(self.prompt)
        if self.decoding is not None:
            asked["decoding"] = self.decoding
        if self.temperatures:
            asked["temperature"] = [float(each) for each in self.temperatures]
        if self.top_p is not None:
            asked["top-p"] = float(self.top_p)
        return asked

    def folder(self) -> Path:
        """The run's folder: `out`, or one under `runs/` whose name is made from what was asked, so that the same
        command finds it again."""
        if self.out is not None:
            return self.out
        asked = [self.identity(), self.lean, None if self.project is None else str(self.project)]
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]
        return Path("runs") / f"{target_slug(self.target)}-{digest}"


def target_slug(target: str) -> str:
    """A short name for a target that is safe in a path: a file's stem, a theorem's name, a benchmark's name."""
    declared = _DECLARATION.search(target) if any(c.isspace() for c in target) else None
    name = declared.group(1) if declared else re.split(r"[/\\]", target.strip().rstrip("/\\"))[-1]
    name = re.sub(r"\.(lean|jsonl|json)$", "", name)
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "statement"


def parse_budget(text: str) -> Budget:
    """Read `PASSESxSAMPLES[xEXPANSIONS]`, such as `1x32` or `8x32x300`.

    Raises:
        UsageError: it is not of that form, or a number is 0 or beyond what is allowed.
    """
    match = _BUDGET.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--budget cannot be read from {shown(text)}.", _BUDGET_HINT)
    passes, samples, expansions = match.groups()
    budget = Budget(int(passes), int(samples), DEFAULT_BUDGET.expansions if expansions is None else int(expansions))
    check_budget(budget)
    return budget


def check_budget(budget: Budget) -> None:
    """Raise `UsageError` where a number of the budget is 0, negative or huge."""
    for what, value, most in (
        ("passes", budget.passes, MAX_PASSES),
        ("samples", budget.samples, MAX_SAMPLES),
        ("expansions", budget.expansions, MAX_EXPANSIONS),
    ):
        if not 1 <= value <= most:
            raise UsageError(f"--budget asks for {value} {what}, which must be from 1 to {most}.", _BUDGET_HINT)


def parse_shard(text: str) -> tuple[int, int]:
    """Read `i/n`: the i-th of n parts, counted from 1.

    Raises:
        UsageError: it is not of that form, or i is not from 1 to n.
    """
    match = _SHARD.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"--shard cannot be read from {shown(text)}.", "Write i/n with i from 1 to n, for example 1/4."
        )
    shard = (int(match.group(1)), int(match.group(2)))
    check_shard(shard)
    return shard


def check_shard(shard: tuple[int, int]) -> None:
    """Raise `UsageError` where i is not from 1 to n."""
    index, parts = shard
    if not 1 <= index <= parts <= MAX_COUNT:
        raise UsageError(
            f"--shard {index}/{parts} names no part.", "Write i/n with i from 1 to n, for example 1/4 to 4/4."
        )


def parse_integer(option: str, text: str, least: int, most: int) -> int:
    """Read a whole number in decimal digits.

    Raises:
        UsageError: it is none, or is not from `least` to `most`.
    """
    if _INTEGER.fullmatch(text.strip()) is None:
        raise UsageError(f"{option} takes a whole number, not {shown(text)}.", f"It can be from {least} to {most}.")
    value = int(text)
    _within(option, value, least, most)
    return value


def parse_seconds(option: str, text: str) -> float:
    """Read a positive number of seconds, such as `30` or `2.5`.

    Raises:
        UsageError: it is none, or is not more than 0 and at most thirty days.
    """
    if _SECONDS.fullmatch(text.strip()) is None:
        raise UsageError(f"{option} takes a number of seconds, not {shown(text)}.", f"For example {option} 30.")
    value = float(text)
    _seconds_within(option, value)
    return value


def parse_hours(text: str) -> float:
    """Read a number of hours, such as `8` or `0.5`.

    Raises:
        UsageError: it is none.
    """
    if not _DECIMAL.fullmatch(text.strip()):
        raise UsageError(f"--hours takes a number of hours, not {shown(text)}.", "For example --hours 8, or 0.5.")
    return float(text)


def parse_temperatures(text: str) -> tuple[float, ...]:
    """Read temperatures, separated by commas, such as `1.0` or `0.7,1,1.2`.

    Raises:
        UsageError: one is no number above 0.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(_DECIMAL.fullmatch(part) for part in parts):
        raise UsageError(f"--temperature cannot be read from {shown(text)}.", "For example 0.8, or 0.7,1,1.2.")
    temperatures = tuple(float(part) for part in parts)
    check_temperatures(temperatures)
    return temperatures


def check_temperatures(temperatures: Sequence[float]) -> None:
    """Raise `UsageError` where one is not above 0, or there are too many."""
    for temperature in temperatures:
        if not 0 < temperature <= MAX_TEMPERATURE:
            hint = f"It is more than 0 and at most {MAX_TEMPERATURE:g}; for the likeliest answer, --decoding greedy."
            raise UsageError(f"--temperature cannot be {temperature:g}.", hint)
    if len(temperatures) > MAX_TEMPERATURES:
        raise UsageError(f"--temperature has {len(temperatures)} values.", f"At most {MAX_TEMPERATURES} take turns.")


def parse_top_p(text: str) -> float:
    """Read a probability, such as `0.95`.

    Raises:
        UsageError: it is none.
    """
    if not _DECIMAL.fullmatch(text.strip()):
        raise UsageError(f"--top-p takes a number, not {shown(text)}.", "For example --top-p 0.95.")
    return float(text)


def one_of(option: str, value: str, allowed: Sequence[str]) -> str:
    """The value, where it is one of those allowed.

    Raises:
        UsageError: it is not; the hint names the nearest.
    """
    if value in allowed:
        return value
    if not value.strip():
        raise UsageError(f"{option} is empty.", f"Choose from: {', '.join(allowed)}.")
    raise UsageError(f"{option} does not know {shown(value)}.", nearest(value, allowed))


def _within(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"{option} cannot be {value}.", f"It can be from {least} to {most}.")


def _seconds_within(option: str, value: float) -> None:
    if not (math.isfinite(value) and 0.001 <= value <= MAX_SECONDS):
        raise UsageError(f"{option} cannot be {value:g} seconds.", f"It can be from 0.001 to {MAX_SECONDS:.0f}.")
