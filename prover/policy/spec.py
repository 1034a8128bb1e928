"""What `--policy` takes, read into values. Nothing heavy is imported, and nothing is looked up.

    auto | tactics
    hf:PATH_OR_ID[?OPTION=VALUE&…]                 a model in this process, by transformers
    vllm:PATH_OR_ID[?OPTION=VALUE&…]               the same by vLLM
    openai:URL[,URL…]#MODEL[?OPTION=VALUE&…]       a server with an OpenAI-compatible API, or several of them

Each may end in `@SHARE`, such as `tactics@0.3`, where several are mixed. `prompt` and `max_tokens` are options of all
models; the others are the backend's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from lean_env.errors import UsageError

Kind = Literal["auto", "tactics", "hf", "vllm", "openai"]
Value = str | int | float | bool

BUILT_IN = ("auto", "tactics")
MODELS = ("hf:PATH_OR_ID", "vllm:PATH_OR_ID", "openai:URL#MODEL")

_FORMS = {"hf": "hf:PATH_OR_ID", "vllm": "vllm:PATH_OR_ID", "openai": "openai:http://HOST:PORT/v1#MODEL"}
_SHARE = re.compile(r"@([0-9]{0,4}\.?[0-9]{1,6})\Z", re.ASCII)
_OPTION = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
# Where and how fast a model runs, and not what it answers.
_WHERE = frozenset(
    (
        *("device", "device_map", "tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"),
        *("gpu_memory_utilization", "swap_space", "enforce_eager", "max_num_seqs", "max_num_batched_tokens"),
        *("max_batch", "max_in_flight", "timeout_s", "tries", "pause_s", "api_key_env", "download_dir", "cache_dir"),
    )
)
_SECRET = re.compile(r"key|token\Z|secret|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """One policy, as it was asked for."""

    kind: Kind
    model: str = ""
    """A path, the id of a model, or the name by which a server knows it."""
    urls: tuple[str, ...] = ()
    options: Mapping[str, Value] = field(default_factory=dict)
    """For the backend."""
    prompt: str | None = None
    """The prompt format of this model alone, where its spec names one."""
    max_tokens: int | None = None
    share: float | None = None

    @property
    def is_model(self) -> bool:
        return self.kind not in BUILT_IN

    def identity(self) -> str:
        """What of it decides the results of a run, in one line: neither servers nor devices."""
        asked: dict[str, object] = {k: v for k, v in self.options.items() if k not in _WHERE}
        asked |= {"prompt": self.prompt} if self.prompt is not None else {}
        asked |= {"max_tokens": self.max_tokens} if self.max_tokens is not None else {}
        options = "&".join(f"{key}={asked[key]}" for key in sorted(asked))
        named = f"{self.kind}:{self.model}" if self.is_model else self.kind
        share = "" if self.share is None else f"@{self.share:g}"
        return f"{named}{'?' if options else ''}{options}{share}"


def parse_spec(text: str) -> PolicySpec:
    """Read one `--policy`.

    Raises:
        UsageError: it is of no known kind, or malformed.
    """
    from prover.wording import nearest, shown

    rest, share = _share(text.strip())
    if rest in BUILT_IN:
        return PolicySpec("auto" if rest == "auto" else "tactics", share=share)
    kind, colon, rest = rest.partition(":")
    if kind not in _FORMS or not colon:
        if not text.strip():
            raise UsageError("--policy is empty.", f"Choose from: {', '.join((*BUILT_IN, *MODELS))}.")
        if kind in _FORMS:
            raise UsageError(f"--policy {kind} names no model.", f"Write {_FORMS[kind]}.")
        near = nearest(kind, (*BUILT_IN, *_FORMS)).split("Choose")[0]
        raise UsageError(
            f"--policy does not know {shown(text)}.", f"{near}Choose from: {', '.join((*BUILT_IN, *MODELS))}."
        )
    if any(not character.isprintable() for character in text):
        raise UsageError(f"--policy {shown(text)} holds a character that cannot be shown.", f"Write {_FORMS[kind]}.")
    # a URL may have a `?` of its own, before the `#`
    places, _, rest = rest.partition("#") if kind == "openai" else ("", "", rest)
    model, _, query = rest.partition("?")
    options = _options(text, query)
    prompt, tokens = options.pop("prompt", None), options.pop("max_tokens", None)
    if tokens is not None and (not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 1):
        raise UsageError(f"--policy {shown(text)}: max_tokens takes a whole number.", "For example max_tokens=512.")
    if not model.strip():
        raise UsageError(f"--policy {shown(text)} names no model.", f"Write {_FORMS[kind]}.")
    asked = None if prompt is None else str(prompt)
    if kind == "openai":
        urls = tuple(_url(text, url) for url in places.split(","))
        return PolicySpec("openai", model.strip(), urls, options, asked, tokens, share)
    return PolicySpec("hf" if kind == "hf" else "vllm", model.strip(), (), options, asked, tokens, share)


def parse_specs(texts: Sequence[str]) -> tuple[PolicySpec, ...]:
    """Read every `--policy` of a run.

    Raises:
        UsageError: one is malformed, or they cannot stand beside each other.
    """
    specs = tuple(parse_spec(text) for text in texts)
    if not specs:
        raise UsageError("--policy is empty.", f"Choose from: {', '.join((*BUILT_IN, *MODELS))}.")
    if len(specs) > 1 and any(spec.kind == "auto" for spec in specs):
        raise UsageError("--policy auto cannot be mixed with another.", "Name the policies, such as tactics.")
    same = [(spec.kind, spec.model, spec.prompt) for spec in specs]
    if len(set(same)) < len(same):
        twice = next(spec for spec in specs if same.count((spec.kind, spec.model, spec.prompt)) > 1)
        name = f"{twice.kind}:{twice.model}" if twice.model else twice.kind
        raise UsageError(f"--policy names {name} twice.", "Mix different policies.")
    shares(specs)
    return specs


def shares(specs: Sequence[PolicySpec]) -> tuple[float, ...]:
    """The share of each policy in their mixture. They sum to 1: what some leave is divided among those that name none.

    Raises:
        UsageError: nothing is left for those.
    """
    given = [spec.share for spec in specs if spec.share is not None]
    silent = len(specs) - len(given)
    left = 1.0 - sum(given)
    if silent and given and left <= 0:
        raise UsageError(
            "--policy gives away all shares and leaves none for the rest.",
            "Write a share below 1, such as tactics@0.3, or one for each policy.",
        )
    each = [spec.share if spec.share is not None else left / silent for spec in specs]
    return tuple(share / sum(each) for share in each)


def _share(text: str) -> tuple[str, float | None]:
    """The spec without its share, and the share."""
    match = _SHARE.search(text)
    if match is None:
        return text, None
    share = float(match[1])
    if not (math.isfinite(share) and share > 0):
        raise UsageError(f"--policy cannot have the share {match[1]}.", "A share is more than 0, such as 0.3.")
    return text[: match.start()], share


def _url(text: str, url: str) -> str:
    from prover.wording import shown

    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(character.isspace() for character in url):
        raise UsageError(f"--policy {shown(text)} has no address of a server.", f"Write {_FORMS['openai']}.")
    if parts.password is not None:
        raise UsageError("--policy holds a password, which the run's folder would keep.", "Give it by the environment.")
    return url


def _options(text: str, query: str) -> dict[str, Value]:
    from prover.wording import shown

    options: dict[str, Value] = {}
    for part in query.split("&") if query else []:
        key, equals, value = part.partition("=")
        if not equals or not _OPTION.fullmatch(key) or not value:
            raise UsageError(
                f"--policy {shown(text)}: {shown(part)} is no option.", "Write NAME=VALUE, joined by &, after the ?."
            )
        if _SECRET.search(key) and not key.endswith("_env"):
            raise UsageError(f"--policy holds {key}, which the run's folder would keep.", "Give it by the environment.")
        if key in options:
            raise UsageError(f"--policy {shown(text)} gives {key} twice.", "Give it once.")
        options[key] = _value(unquote(value))
    return options


def _value(text: str) -> Value:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
