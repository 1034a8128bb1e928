"""What the commands' options say, as values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lean_env.errors import UsageError
from prover import config as c
from prover.config import RunConfig


def config_from(target: str, options: Mapping[str, Any]) -> RunConfig:
    """The configuration that a command line asks for.

    Raises:
        UsageError: an option cannot be read, or its value is not allowed.
    """
    given = {key: value for key, value in options.items() if value is not None and value != ()}
    values: dict[str, Any] = {}
    if "budget" in given:
        values["budget"] = c.parse_budget(given["budget"])
    if "policy" in given:
        values["policies"] = given["policy"]
    if "shard" in given:
        values["shard"] = c.parse_shard(given["shard"])
    for key, least, most in (
        ("limit", 1, c.MAX_COUNT),
        ("seed", 0, c.MAX_SEED),
        ("workers", 1, c.MAX_WORKERS),
        ("slots", 1, c.MAX_SLOTS),
    ):
        if key in given:
            values[key] = c.parse_integer(f"--{key}", given[key], least, most)
    if "temperature" in given:
        values["temperatures"] = c.parse_temperatures(given["temperature"])
    if "top_p" in given:
        values["top_p"] = c.parse_top_p(given["top_p"])
    if "hours" in given:
        values["hours"] = c.parse_hours(given["hours"])
    for key in ("timeout", "tactic_timeout"):
        if key in given:
            values[f"{key}_s"] = c.parse_seconds(f"--{key.replace('_', '-')}", given[key])
    for key in ("prompt", "decoding", "search", "critic", "split", "fresh", "negate", "minimise", "ray"):
        if key in given:
            values[key] = given[key]
    for key in ("data", "out"):
        if key in given:
            values[key] = path_of(f"--{key}", given[key])
    lean, project = lean_choice(given.get("lean"), given.get("project"))
    if values.get("data") is not None and not values["data"].exists():
        raise UsageError(f"--data {values['data']} does not exist.", "Name the folder of a benchmark's checkout.")
    return RunConfig(target, lean=lean, project=project, **values)


def lean_choice(lean: str | None, project: str | None) -> tuple[str | None, Path | None]:
    """The options that say which Lean to use.

    Raises:
        UsageError: one is empty, or the project is not a folder.
    """
    if lean is not None:
        path_of("--lean", lean)
    path = None if project is None else path_of("--project", project)
    if path is not None and not path.is_dir():
        raise UsageError(f"--project {path} is not a folder.", "Name the folder of a Lake project.")
    return lean, path


def path_of(option: str, text: str) -> Path:
    """The path that an option names.

    Raises:
        UsageError: it is none.
    """
    if not text.strip():
        raise UsageError(f"{option} is empty.", "Give a path.")
    if "\0" in text:
        raise UsageError(f"{option} holds a NUL character.", "Give a path.")
    return Path(text)
