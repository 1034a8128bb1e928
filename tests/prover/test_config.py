"""Options: what is read from them, and what is said where they cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import UsageError
from prover import config
from prover.config import (
    RunConfig,
    parse_budget,
    parse_integer,
    parse_seconds,
    parse_shard,
    parse_temperatures,
    parse_top_p,
)
from prover.interfaces import Budget
from prover.wording import shown

BFS = "hf:ByteDance-Seed/BFS-Prover-V2-7B"
GOEDEL = "vllm:Goedel-LM/Goedel-Prover-V2-8B"


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("1x32", Budget(1, 32, 100)),
        ("8x32x300", Budget(8, 32, 300)),
        (" 2X4 ", Budget(2, 4, 100)),
        ("001x02x03", Budget(1, 2, 3)),
        ("100000x10000x10000000", Budget(100_000, 10_000, 10_000_000)),
    ],
)
def test_budgets(text: str, budget: Budget) -> None:
    assert parse_budget(text) == budget


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "x",
        "1x",
        "x1",
        "0x0",
        "0x32",
        "1x0",
        "1x1x0",
        "-1x32",
        "1x-3",
        "1x2x3x4",
        "1.5x2",
        "1 x 2",
        "axb",
        "1×2",
        "1e3x2",
        "999999999999999999999x1",
        "100001x1",
        "1x10001",
        "1x1x10000001",
        "١x٢",
        "1x2x",
        "1_0x2",
        "0x10x10",
    ],
)
def test_budgets_that_are_none(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_budget(text)
    assert "--budget" in raised.value.message
    assert "1x32" in raised.value.hint


@given(st.integers(1, 100_000), st.integers(1, 10_000), st.integers(1, 10_000_000))
def test_a_budget_is_read_as_it_is_written(passes: int, samples: int, expansions: int) -> None:
    budget = Budget(passes, samples, expansions)
    assert parse_budget(str(budget)) == budget


@given(st.text())
def test_whatever_is_written_is_read_or_refused_in_one_line(text: str) -> None:
    for parse in (
        parse_budget,
        parse_shard,
        lambda t: parse_integer("--limit", t, 1, 9),
        lambda t: parse_seconds("-t", t),
        parse_temperatures,
        parse_top_p,
    ):
        try:
            parse(text)
        except UsageError as error:
            assert "\n" not in error.message and len(error.message) < 200 and error.hint


@pytest.mark.parametrize(
    ("text", "temperatures"), [("1", (1.0,)), (" 0.7, 1,1.2 ", (0.7, 1.0, 1.2)), (".5", (0.5,)), ("10", (10.0,))]
)
def test_temperatures(text: str, temperatures: tuple[float, ...]) -> None:
    assert parse_temperatures(text) == temperatures


@pytest.mark.parametrize("text", ["", ",", "1,", "0", "-1", "hot", "1e-3", "nan", "11", "1;2", ",".join("1" * 65)])
def test_temperatures_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="--temperature"):
        parse_temperatures(text)


@pytest.mark.parametrize(("text", "shard"), [("1/1", (1, 1)), ("3/4", (3, 4)), (" 2/2 ", (2, 2))])
def test_shards(text: str, shard: tuple[int, int]) -> None:
    assert parse_shard(text) == shard


@pytest.mark.parametrize(
    "text", ["", "0/4", "5/4", "1/0", "-1/4", "a/b", "1", "1/", "/2", "1/2/3", "1.0/2", "1/99999999999"]
)
def test_shards_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        parse_shard(text)


@pytest.mark.parametrize(
    "values",
    [
        {"target": ""},
        {"target": "  "},
        {"target": "a\0b"},
        {"budget": Budget(0, 1, 1)},
        {"budget": Budget(1, -1, 1)},
        {"policies": ()},
        {"policies": ("tactisc",)},
        {"policies": ("",)},
        {"policies": ("auto", "tactics")},
        {"policies": ("tactics", "hf:gpt2")},
        {"policies": ("hf:Goedel-Prover-V2-8B", "tactics")},
        {"prompt": ""},
        {"prompt": "chat"},
        {"decoding": "beam"},
        {"temperatures": (1.0,)},
        {"top_p": 0.9},
        *({"policies": (BFS,), "decoding": each} for each in ("", "best", "Beam")),
        *({"policies": (BFS,), "temperatures": each} for each in ((0.0,), (-1.0,), (11.0,), (math.nan,), (1.0,) * 65)),
        *({"policies": (BFS,), "top_p": each} for each in (0.0, -1.0, 1.1, math.nan)),
        {"policies": (BFS,), "decoding": "beam", "temperatures": (0.5,)},
        {"policies": (BFS,), "decoding": "greedy", "top_p": 0.5},
        {"policies": (BFS,), "prompt": "bfs"},
        {"search": "best"},
        {"critic": "distance"},
        {"critic": "size"},
        {"critic": "size", "search": "whole-proof"},
        {"critic": "distance:"},
        {"critic": "hf:a?b"},
        {"split": ""},
        {"split": "a b"},
        {"limit": 0},
        {"limit": -3},
        {"shard": (0, 1)},
        {"shard": (2, 1)},
        {"seed": -1},
        {"seed": 2**63},
        {"timeout_s": 0.0},
        {"timeout_s": -1.0},
        {"timeout_s": math.nan},
        {"timeout_s": math.inf},
        {"tactic_timeout_s": 0.0},
        {"workers": 0},
        {"workers": 10_001},
        {"slots": 0},
        {"slots": 1000},
        {"lean": " "},
    ],
)
def test_values_that_are_not_allowed(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as raised:
        RunConfig(**{"target": "core", **values})
    assert raised.value.message.endswith(".") and raised.value.hint


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(UsageError, match="Did you mean tactics"):
        RunConfig("core", policies=("tactisc",))
    with pytest.raises(UsageError, match="Did you mean best-first"):
        RunConfig("core", search="bestfirst")


def test_the_default_folder_depends_on_what_is_asked_and_on_nothing_else() -> None:
    asked = RunConfig("data/foo.lean")
    assert asked.folder() == RunConfig("data/foo.lean", workers=7, slots=3, fresh=True).folder()
    others = [
        replace(asked, seed=1),
        replace(asked, shard=(1, 2)),
        replace(asked, limit=3),
        replace(asked, budget=Budget(2, 32, 100)),
        replace(asked, target="data/bar.lean"),
        replace(asked, lean="bundled"),
    ]
    assert len({each.folder() for each in [asked, *others]}) == len(others) + 1
    assert asked.folder().parent == Path("runs")
    assert asked.folder().name.startswith("foo-")
    assert replace(asked, out=Path("x")).folder() == Path("x")


def test_what_is_asked_of_models_is_part_of_what_a_run_is(tmp_path: Path) -> None:
    format_file = tmp_path / "mine.toml"
    format_file.write_text('kind = "tactic"\ntemplate = "{state}"\n')
    asked = RunConfig("core", policies=(BFS,))
    assert asked.folder() == RunConfig("core", policies=(f"{BFS}?device=cuda:1",)).folder()
    others = [
        replace(asked, policies=(BFS, "tactics")),
        replace(asked, policies=(BFS, "tactics@0.3")),
        replace(asked, policies=(f"{BFS}?dtype=float16",)),
        replace(asked, prompt="chat"),
        replace(asked, prompt=str(format_file)),
        replace(asked, decoding="beam"),
        replace(asked, temperatures=(1.0,)),
        replace(asked, temperatures=(1.0, 0.5)),
        replace(asked, top_p=0.9),
    ]
    folders = {each.folder() for each in [asked, *others]}
    assert len(folders) == len(others) + 1
    format_file.write_text('kind = "tactic"\ntemplate = "State: {state}"\n')
    assert others[4].folder() not in folders


def test_a_run_without_models_is_what_it_was_before_there_were_any() -> None:
    assert not {"prompt", "decoding", "temperature", "top-p"} & set(RunConfig("core").identity())
    assert RunConfig("core").identity()["policy"] == ["auto"]


def test_a_model_that_writes_whole_proofs_has_its_own_search() -> None:
    config = RunConfig("core", policies=(GOEDEL,), search="mcts")
    assert (config.search, config.effective_search, config.identity()["search"]) == (
        "mcts",
        "whole-proof",
        "whole-proof",
    )
    assert config.folder() == RunConfig("core", policies=(GOEDEL,)).folder()
    assert replace(config, prompt="chat").effective_search == "mcts"
    assert RunConfig("core", policies=(BFS,)).effective_search == "best-first"


@pytest.mark.parametrize(
    ("target", "slug"),
    [
        ("minif2f", "minif2f"),
        ("a/b/My File.lean", "My-File"),
        ("theorem foo (a : Nat) : a = a := by sorry", "foo"),
        ("@[simp] lemma Foo.bar' : True := sorry", "Foo-bar"),
        ("∀ x, x = x", "x-x-x"),
        ("∀∃", "statement"),
        ("folder/", "folder"),
    ],
)
def test_slugs(target: str, slug: str) -> None:
    assert config.target_slug(target) == slug


@given(st.text(min_size=1))
def test_a_slug_is_safe_in_a_path(target: str) -> None:
    slug = config.target_slug(target)
    assert slug and len(slug) <= 40 and slug.isascii() and "/" not in slug and "." not in slug


@given(st.text())
def test_a_users_text_is_shown_on_one_line(text: str) -> None:
    assert len(shown(text).splitlines()) == 1 and len(shown(text)) <= 60
