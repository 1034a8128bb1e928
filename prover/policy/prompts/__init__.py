"""How published models are asked, and how their answers are read: one adapter for each prompt format.

`named` finds one by its name (or reads a user's own, a TOML file), `guess` by the name of the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lean_env.errors import UsageError
from prover.policy.prompts.adapter import Adapter, ProofAdapter, TacticAdapter
from prover.policy.prompts.bfs_prover import BFS_PROVER
from prover.policy.prompts.chat import CHAT, WHOLE_PROOF
from prover.policy.prompts.custom import read_adapter
from prover.policy.prompts.deepseek import DEEPSEEK_V1_5, DEEPSEEK_V2, GOEDEL_V2
from prover.policy.prompts.internlm import BASE, LLEMMA, PLUS, STEP, STEP25
from prover.policy.prompts.kimina import KIMINA
from prover.policy.prompts.llmstep import LLMSTEP
from prover.policy.prompts.reprover import REPROVER, REPROVER_RETRIEVAL

__all__ = ["ADAPTERS", "Adapter", "ProofAdapter", "TacticAdapter", "guess", "is_file", "named"]

ADAPTERS: Mapping[str, Adapter] = {
    adapter.name: adapter
    for adapter in (
        BASE,
        LLEMMA,
        PLUS,
        STEP,
        STEP25,
        BFS_PROVER,
        LLMSTEP,
        REPROVER,
        REPROVER_RETRIEVAL,
        DEEPSEEK_V1_5,
        DEEPSEEK_V2,
        GOEDEL_V2,
        KIMINA,
        CHAT,
        WHOLE_PROOF,
    )
}

# What a model's name must hold, letters, digits and dots alone; the first that fits decides.
_KNOWN: tuple[tuple[str, Adapter], ...] = (
    (r"internlm2\.5stepprover", STEP25),
    (r"internlm2stepprover", STEP),
    (r"internlm2mathplus", PLUS),
    (r"internlm2mathbase", BASE),
    (r"llemma", LLEMMA),
    (r"bfsprover", BFS_PROVER),
    (r"llmstep", LLMSTEP),
    (r"leandojolean4retrievertacgen|reproverretrieval", REPROVER_RETRIEVAL),
    (r"leandojolean4tacgen|reprover", REPROVER),
    (r"deepseekproverv1\.5", DEEPSEEK_V1_5),
    (r"deepseekproverv2", DEEPSEEK_V2),
    (r"goedelproverv2", GOEDEL_V2),
    (r"kiminaprover", KIMINA),
)
_CRITIC = re.compile(r"critic|reward", re.IGNORECASE)
_BYTES = 384  # the vocabulary of ByT5


def is_file(prompt: str) -> bool:
    """Is a prompt's name that of a TOML file?"""
    return prompt.endswith(".toml")


def named(name: str) -> Adapter:
    """The adapter of that name, or the one that a TOML file describes.

    Raises:
        UsageError: there is none; the hint names the nearest.
    """
    if is_file(name):
        return read_adapter(Path(name))
    if name not in ADAPTERS:
        from prover.wording import nearest, shown

        raise UsageError(f"--prompt does not know {shown(name)}.", f"{nearest(name, ADAPTERS)} Or name a .toml file.")
    return ADAPTERS[name]


def guess(model: str, config: Mapping[str, object] | None) -> Adapter:
    """The adapter of a model, by its own name or by what its `config.json` says it was made from.

    Raises:
        UsageError: nothing is known of it.
    """
    for name in (model, (config or {}).get("_name_or_path")):
        if isinstance(name, str) and (adapter := _by_name(name)):
            return adapter
    if config and config.get("architectures") == ["T5ForConditionalGeneration"] and config.get("vocab_size") == _BYTES:
        return REPROVER
    from prover.wording import shown

    raise UsageError(
        f"No prompt format is known for the model {shown(model)}.",
        f"Say --prompt NAME, with one of {', '.join(ADAPTERS)}, or a .toml file.",
    )


def _by_name(name: str) -> Adapter | None:
    # of a path, its end: the folder above a model is often its owner or its family
    short = "/".join(Path(name).parts[-2:]).lower().replace("2_5", "2.5")
    letters = re.sub(r"[^a-z0-9.]", "", short)
    if _CRITIC.search(letters):
        return None
    return next((adapter for pattern, adapter in _KNOWN if re.search(pattern, letters)), None)
