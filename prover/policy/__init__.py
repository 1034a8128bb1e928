"""Policies: what proposes tactics for a state, or writes whole proofs. `make` turns what `--policy` says into one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, cast

from lean_env.errors import PolicyError, UsageError
from prover.interfaces import Policy, ProofPolicy
from prover.policy.generation import Decoding, Generator, Sampling
from prover.policy.mixture import MixturePolicy
from prover.policy.model import ModelPolicy, ModelProofs
from prover.policy.prompts import Adapter, ProofAdapter, guess, is_file, named
from prover.policy.spec import PolicySpec, parse_specs, shares
from prover.policy.tactics import TacticsPolicy

__all__ = [
    "MixturePolicy",
    "ModelPolicy",
    "ModelProofs",
    "TacticsPolicy",
    "adapter_of",
    "make",
    "open_generator",
    "writes_proofs",
]

_BACKENDS = {
    "hf": ("prover.policy.hf", "TransformersGenerator"),
    "vllm": ("prover.policy.vllm_engine", "VllmGenerator"),
    "openai": ("prover.policy.openai_server", "OpenAIGenerator"),
}


def make(
    policies: str | Sequence[str],
    *,
    prompt: str | None = None,
    decoding: Decoding | None = None,
    temperatures: Sequence[float] = (),
    top_p: float | None = None,
    available: frozenset[str] = frozenset(),
    learning: bool = True,
    uniform: bool = False,
    generator: Callable[[PolicySpec], Generator] | None = None,
) -> Policy | ProofPolicy:
    """The policy that specs ask for (`prover.policy.spec`); several make a mixture.

    Args:
        prompt: the prompt format of the models, by its name or a TOML file; guessed from a model's name by default.
        decoding: how models answer; by default as their authors let them.
        temperatures: of samples; several take turns.
        available: for the built-in policy, which of Mathlib's tactics (`tactics.mathlib.WORDS`) the environment has.
        learning: for the built-in policy, whether its priors learn from what happens in the run.
        uniform: give every candidate the same probability.
        generator: opens a model; `open_generator` by default.

    Raises:
        UsageError: a spec is malformed, no prompt format is known for a model, or they cannot be mixed.
        PolicyError: a model cannot be loaded.
    """
    specs = parse_specs([policies] if isinstance(policies, str) else policies)
    adapters = _adapters(specs, prompt)
    made: list[Policy | ProofPolicy] = []
    for spec, adapter in zip(specs, adapters, strict=True):
        if adapter is None:
            made.append(TacticsPolicy(available, learning=learning, uniform=uniform))
            continue
        sampling = Sampling(
            decoding=decoding or adapter.decoding,
            temperature=temperatures[0] if temperatures else 1.0,
            temperatures=tuple(temperatures) if len(temperatures) > 1 else (),
            top_p=1.0 if top_p is None else top_p,
        )
        model = (generator or open_generator)(spec)
        made.append(
            ModelProofs(model, adapter, sampling)
            if isinstance(adapter, ProofAdapter)
            else ModelPolicy(model, adapter, sampling, uniform=uniform)
        )
    if len(made) == 1:
        return made[0]
    # `_adapters` has seen to it that none of them writes whole proofs
    return MixturePolicy(cast("list[Policy]", made), shares(specs))


def open_generator(spec: PolicySpec) -> Generator:
    """The model of a spec, by the backend that it names.

    What the backend itself has no parameter for goes into its `options`, where it has those: they are its library's.

    Raises:
        UsageError: the backend has no such option.
        PolicyError: the backend is not installed, or the model cannot be loaded.
    """
    module, name = _BACKENDS[spec.kind]
    try:
        backend: Any = getattr(import_module(module), name)
    except ImportError as error:
        raise PolicyError(
            f"--policy {spec.kind}:… cannot be used here: {error}.",
            "Install what it needs; see README, Your own model.",
        ) from error
    takes = {each.name for each in signature(backend).parameters.values() if each.kind is each.KEYWORD_ONLY}
    own: dict[str, Any] = {key: value for key, value in spec.options.items() if key in takes - {"options"}}
    rest = {key: value for key, value in spec.options.items() if key not in own}
    if rest and "options" not in takes:
        from prover.wording import nearest

        key = next(iter(rest))
        raise UsageError(f"--policy {spec.kind}:… has no option {key}.", nearest(key, sorted(takes)))
    if rest:
        own["options"] = rest
    made = backend(spec.urls, spec.model, **own) if spec.urls else backend(spec.model, **own)
    return cast("Generator", made)


def writes_proofs(policies: Sequence[str], prompt: str | None = None) -> bool:
    """Do these policies write whole proofs, rather than tactics? Loads no model.

    Raises:
        UsageError: as `make`.
    """
    return any(isinstance(adapter, ProofAdapter) for adapter in _adapters(parse_specs(policies), prompt))


def adapter_of(spec: PolicySpec, prompt: str | None = None) -> Adapter:
    """The prompt format of a model: the one that its spec names, or the run, or the one that fits its name.

    Raises:
        UsageError: there is no such format, or none is known for the model.
    """
    wanted = spec.prompt or prompt
    adapter = named(wanted) if wanted is not None else guess(spec.model, _config(spec))
    return adapter if spec.max_tokens is None else replace(adapter, max_tokens=spec.max_tokens)


def _adapters(specs: Sequence[PolicySpec], prompt: str | None) -> list[Adapter | None]:
    """The prompt format of each model; None for the built-in policy."""
    if prompt is not None and not any(spec.is_model for spec in specs):
        raise UsageError("--prompt is for models, and --policy names none.", "Leave it out, or name a model.")
    adapters = [adapter_of(spec, prompt) if spec.is_model else None for spec in specs]
    if len(specs) > 1 and any(isinstance(adapter, ProofAdapter) for adapter in adapters):
        raise UsageError(
            "--policy mixes a model that writes whole proofs with another policy.",
            "Give it alone, or name a tactic format with --prompt.",
        )
    return adapters


def _config(spec: PolicySpec) -> dict[str, object] | None:
    """What a model's `config.json` says, where the model is a local folder."""
    path = Path(spec.model).expanduser()
    if spec.kind == "openai":
        return None
    if spec.model.startswith(("/", "./", "../", "~")) and not path.exists():
        raise UsageError(f"--policy {spec.kind}:{spec.model} does not exist.", "Name a model's folder, or its id.")
    try:
        value = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def prompt_identity(prompt: str) -> str:
    """What decides the results of a run: the format's name, or what a TOML file says.

    Raises:
        UsageError: the file cannot be read.
    """
    if not is_file(prompt):
        return prompt
    import hashlib

    try:
        content = Path(prompt).read_bytes()
    except OSError as error:
        raise UsageError(
            f"--prompt {prompt} cannot be read: {error.strerror or error}.", "Name a .toml file."
        ) from error
    return f"{Path(prompt).name} {hashlib.sha256(content).hexdigest()[:12]}"
