"""A user's own prompt format."""

from __future__ import annotations

from pathlib import Path

import pytest

from lean_env.errors import UsageError
from prover.policy.generation import Message
from prover.policy.prompts import ProofAdapter, TacticAdapter, named
from tests.prover.policy.prompts.test_proof_prompts import OPEN, QUERY, REPAIR
from tests.prover.policy.prompts.test_tactic_prompts import GOALS
from tests.prover.policy.prompts.test_tactic_prompts import QUERY as TACTIC_QUERY


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_text_with_the_state(tmp_path: Path) -> None:
    adapter = named(
        written(
            tmp_path,
            'kind = "tactic"\ntemplate = "{name}|{tactics}|{lemmas}|{state}|{{state}}|{ x }"\n'
            'stop = ["\\n"]\nmax_tokens = 9\nextract = "TACTIC: (.*)"\n',
        )
    )
    assert isinstance(adapter, TacticAdapter)
    assert (adapter.name, adapter.stop, adapter.max_tokens) == ("mine", ("\n",), 9)
    lists = "intro n\nconstructor|Nat.pos_iff\nNat.ne_of_gt"
    assert adapter.prompt(TACTIC_QUERY) == f"Nat.foo|{lists}|{GOALS}|{{state}}|{{ x }}"
    assert adapter.parse("So: TACTIC: simp ") == "simp"
    assert adapter.parse("simp") is None


@pytest.mark.parametrize(
    ("keys", "answer", "tactic"),
    [
        ('after = "<t>"\nbefore = "</t>"', "x<t> simp </t>y", "simp"),
        ('after = "<t>"', "<t>simp", "simp"),
        ('after = "<t>"', "simp", None),
        ('before = "#"', "simp # why", "simp"),
        ("", "```lean\nsimp\n```", "simp"),
        ('extract = "(x)|y"', "y", None),
    ],
)
def test_how_an_answer_is_read(tmp_path: Path, keys: str, answer: str, tactic: str | None) -> None:
    adapter = named(written(tmp_path, f'kind = "tactic"\ntemplate = "{{state}}"\n{keys}\n'))
    assert isinstance(adapter, TacticAdapter) and adapter.parse(answer) == tactic


def test_a_chat_for_whole_proofs(tmp_path: Path) -> None:
    adapter = named(
        written(
            tmp_path,
            'name = "own"\nkind = "proof"\nafter = "PROOF"\n'
            '[[messages]]\nrole = "system"\ncontent = "{name}"\n'
            '[[messages]]\nrole = "user"\ncontent = "{header}|{statement}|{state}"\n',
        )
    )
    assert isinstance(adapter, ProofAdapter) and adapter.name == "own"
    stated = OPEN.removeprefix("import Mathlib\nopen Nat\n\n")
    state = "n : ℕ\nh : 0 < n\n⊢ n ≠ 0"
    first = (
        Message("system", "foo"),
        Message("user", f"import Mathlib\nopen Nat|{stated} sorry|{state}"),
    )
    assert adapter.prompt(QUERY) == first
    repair = adapter.prompt(REPAIR)
    assert isinstance(repair, tuple) and [turn.role for turn in repair[2:]] == ["assistant", "user"]
    assert adapter.parse(f"PROOF\n{OPEN}\n  simp\n  rfl", QUERY) == ("simp", "rfl")
    assert adapter.parse("PROOF\n  simp", QUERY) == ("simp",)
    assert adapter.parse("PROOF\n```\nsimp\n```", QUERY) == ("simp",)
    assert adapter.parse("simp", QUERY) is None


GOOD = 'kind = "tactic"\ntemplate = "{state}"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "kind is missing"),
        ('kind = "tactics"', "kind cannot be 'tactics'"),
        ("kind = 3", "kind must be a text"),
        ('kind = "tactic"', "template is missing"),
        ('kind = "tactic"\ntemplate = ""', "template must be a text"),
        ('kind = "tactic"\ntemplate = "{sate}"', "template has no {sate}"),
        ('kind = "tactic"\ntemplate = "{statement}"', "template has no {statement}"),
        ('kind = "proof"\ntemplate = "{tactics}"', "template has no {tactics}"),
        (GOOD + '[[messages]]\nrole = "user"\ncontent = "x"', "template cannot stand beside messages"),
        ('kind = "tactic"\nmessages = []', "messages must be a list of tables"),
        ('kind = "tactic"\n[[messages]]\nrole = "me"\ncontent = "x"', "messages has a turn that is none"),
        ('kind = "tactic"\n[[messages]]\nrole = "user"\ncontent = "{x}"', "messages has no {x}"),
        (GOOD + 'stop = "x"', "stop must be a list"),
        (GOOD + "max_tokens = 0", "max_tokens must be a whole number"),
        (GOOD + "max_tokens = true", "max_tokens must be a whole number"),
        (GOOD + 'extract = "("', "extract is no regular expression"),
        (GOOD + 'extract = "x"', "extract has 0 groups"),
        (GOOD + 'extract = "(x)"\nafter = "y"', "extract cannot stand beside after and before"),
        (GOOD + 'templat = "x"', "templat is no key"),
        ("kind = ", "is not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        named(path)
    assert said in raised.value.message and path in raised.value.message and raised.value.hint


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path / "folder.toml", tmp_path / "latin1.toml"):
        if path.stem == "folder":
            path.mkdir()
        if path.stem == "latin1":
            path.write_bytes(b'name = "\xe9"')
        with pytest.raises(UsageError, match="--prompt"):
            named(str(path))
