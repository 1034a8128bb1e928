"""What models of transformers have in common, proposing or scoring: devices, number types, and what goes wrong.

torch is imported in the functions that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lean_env.errors import PolicyError, StepwiseError, UsageError
from prover.policy.completing import one_line

INSTALL = "Install what models need: pip install 'stepwise-prover[models]'"
# What allocators other than CUDA's say, in a plain RuntimeError
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "std::bad_alloc")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model of transformers with what belongs to it, ready to run."""

    network: Any
    tokenizer: Any
    config: Any
    device: str
    longest: int | None
    """Tokens that it reads at most, where it says."""


def load(
    place: str,
    kind: Callable[[Any], str],
    *,
    device: str | None = None,
    dtype: str = "auto",
    found: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    adapter: str | None = None,
) -> Loaded:
    """Load a model onto its device.

    Args:
        place: a folder, or a name on the Hugging Face hub.
        kind: which of transformers' `AutoModel` classes a model of this configuration is.
        found: what configuration, tokenizer and weights are looked for with: `revision`, `trust_remote_code`.
        options: passed on to `from_pretrained`.
        adapter: a folder, or a name on the hub, of a PEFT (LoRA) adapter to put on it.

    Raises:
        PolicyError: it cannot be loaded.
        UsageError: the device or the number type that was asked for is not there.
    """
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise PolicyError(f"Models cannot be run here: {one_line(error)}.", INSTALL) from error
    # No bars while it reads weights; what it downloads still has one
    transformers.utils.logging.disable_progress_bar()
    device, found = device_of(device), found or {}
    try:
        config = transformers.AutoConfig.from_pretrained(place, **found)
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, **found)
        given = {dtype_word(transformers.__version__): dtype_of(dtype), **found, **(options or {})}
        if "quantization_config" in given:
            given.setdefault("device_map", {"": device})
        network = getattr(transformers, kind(config)).from_pretrained(place, **given)
        if adapter is not None:
            network.load_adapter(adapter)
        if "device_map" not in given:
            network = network.to(device)
    except StepwiseError:
        raise
    except Exception as error:
        raise cannot_load(place, adapter, error) from error
    text = config.get_text_config() if hasattr(config, "get_text_config") else config
    longest = getattr(text, "max_position_embeddings", None)
    return Loaded(network.eval(), tokenizer, config, device, longest)


def device_of(asked: str | None) -> str:
    """The device to run on.

    Raises:
        UsageError: the one that was asked for is not there.
    """
    import torch

    cuda, metal = torch.cuda.is_available(), torch.backends.mps.is_available()
    if asked is None:
        return "cuda" if cuda else "mps" if metal else "cpu"
    try:
        device = torch.device(asked)
    except RuntimeError:
        raise UsageError(f"There is no device named {asked!r}.", "Use cuda, cuda:1, mps or cpu.") from None
    if device.type == "cuda" and not cuda:
        raise UsageError(
            "PyTorch finds no CUDA GPU here.",
            "Use device cpu, or install a PyTorch build for the GPU and check its driver with nvidia-smi.",
        )
    if device.type == "cuda" and device.index is not None and device.index >= torch.cuda.device_count():
        raise UsageError(f"There is no device {asked}.", f"There are {torch.cuda.device_count()} GPUs, from cuda:0.")
    if device.type == "mps" and not metal:
        raise UsageError("PyTorch finds no GPU of a Mac here.", "Use device cpu.")
    return asked


def dtype_of(name: str) -> Any:
    """The number type of that name.

    Raises:
        UsageError: there is none.
    """
    import torch

    if name == "auto":
        return "auto"
    found = getattr(torch, name, None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise UsageError(f"There is no number type named {name!r}.", "Use auto, float32, bfloat16 or float16.")
    return found


def dtype_word(version: str) -> str:
    """What `from_pretrained` of this version of transformers calls the number type."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return "dtype" if (major, minor) >= (4, 56) else "torch_dtype"


def out_of_memory(error: BaseException) -> bool:
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)


def free_memory() -> None:
    """Give back what the device's allocator keeps for later."""
    import gc
    import sys

    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def cannot_load(name: str, adapter: str | None, error: Exception) -> PolicyError:
    """What is wrong with a model that transformers did not load, and what to do about it."""
    said = str(error)
    if out_of_memory(error):
        return PolicyError(
            f"There is not enough memory for {name}.", "Quantise it, or use a smaller model or a larger device."
        )
    if isinstance(error, ImportError):
        return PolicyError(f"{name} needs a package that is not here: {one_line(error)}.", INSTALL)
    if "trust_remote_code" in said:
        return PolicyError(
            f"{name} comes with code of its own, which is not run unasked.", "Set trust_remote_code if you trust it."
        )
    for what, place in (("a model", name), ("an adapter", adapter)):
        if place is None or not is_path(place):
            continue
        folder = Path(place).expanduser()
        if not folder.is_dir():
            return PolicyError(f"There is no folder {place} with {what}.", "Check the path.")
        needed = "config.json" if place is name else "adapter_config.json"
        if not (folder / needed).is_file():
            return PolicyError(f"The folder {place} does not hold {what}: it has no {needed}.", "Check the path.")
    if any(words in said for words in ("gated repo", "401 Client", "403 Client", "Unauthorized", "Forbidden")):
        return PolicyError(f"The hub does not hand out {name} to you.", "Ask for access there, and set HF_TOKEN.")
    if "not a valid model identifier" in said or "Repository Not Found" in said:
        return PolicyError(
            f"There is no model named {name}: no folder here, and none on the Hugging Face hub.",
            "Check the name; for a private model, set HF_TOKEN.",
        )
    if any(words in said for words in ("connect", "ffline", "resolve", "timed out", "outgoing traffic")):
        return PolicyError(
            f"{name} is not on this machine, and the Hugging Face hub does not answer.",
            "Give a folder with the weights, or connect to the network once to fetch them.",
        )
    return PolicyError(f"{name} cannot be loaded: {one_line(error)}.", "Check that its files are complete.")


def is_path(place: str) -> bool:
    """Whether it names a folder rather than a model on the hub, which is `owner/name`."""
    return place.startswith((".", "/", "~")) or place.count("/") > 1 or "\\" in place or Path(place).is_dir()
