"""What the README shows is true: its commands parse, its example runs, its transcript is what the program prints."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import click
import pytest

from lean_env.protocol import State
from prover.cli import cli
from prover.interfaces import Query
from prover.policy.prompts import TacticAdapter, guess, named
from prover.policy.spec import parse_spec

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """Every `prove …` line, without what stands before it on the line and its comment."""
    found = []
    for block in blocks("bash"):
        for line in block.splitlines():
            if match := re.search(r"(?:^|&& \S*/?|\$\()(prove .*?)(?:\)\"|$)", line):
                found.append(shlex.split(match.group(1), comments=True)[1:])
    return found


def transcript() -> tuple[list[str], list[str]]:
    """The command of the transcript, and what it printed."""
    (block,) = blocks("console")
    first, *printed = block.splitlines()
    return shlex.split(first.removeprefix("$ "))[1:], printed


def test_there_are_commands() -> None:
    assert len(commands()) >= 8


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_is_one(arguments: list[str]) -> None:
    """It parses: subcommands, options and their number of arguments exist."""
    if arguments[0] not in cli.commands:
        arguments = ["run", *arguments]
    command: click.Command = cli
    while isinstance(command, click.Group):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    command.make_context(command.name, arguments)


def test_the_prompt_file_is_one(tmp_path: Path) -> None:
    (example,) = blocks("toml")
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    adapter = named(str(tmp_path / "mine.toml"))
    assert isinstance(adapter, TacticAdapter)
    assert adapter.prompt(Query(State(0, ("⊢ p",), "p"), "t", (), 0)) == "Theorem t\n⊢ p\n### Next tactic:\n"
    assert adapter.parse(" simp\n") == "simp"


def test_the_models_that_are_named_are_known() -> None:
    specs = [[word for flag, word in pairwise(arguments) if flag == "--policy"] for arguments in commands()]
    prompts = [guess(parse_spec(spec).model, None).name for found in specs for spec in found if "-" in spec]
    assert set(prompts) == {"bfs-prover", "internlm2_5-step-prover", "goedel-prover-v2"}


def test_the_test_command_is_what_continuous_integration_runs() -> None:
    assert "<!-- test-command -->\n```bash\n" in README
    assert "-m tests" in README


@pytest.mark.lean
def test_the_transcript_is_what_is_printed(bundled: object, tmp_path: Path) -> None:
    arguments, printed = transcript()
    done = subprocess.run([sys.executable, "-m", "prover", *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    proof = done.stdout.splitlines()
    assert printed[-len(proof) :] == proof
    said = [re.sub(r"\(.*?\)", "(…)", line) for line in done.stderr.splitlines()]
    assert said == [re.sub(r"\(.*?\)", "(…)", line) for line in printed[: -len(proof)]]


@pytest.mark.lean
def test_the_python_example_runs(bundled: object, tmp_path: Path) -> None:
    (example,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("theorem t (p q : Prop) (h : p ∧ q) : q ∧ p := by\n")
