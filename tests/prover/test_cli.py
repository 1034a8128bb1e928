"""The command line over fake parts: what is printed where, exit statuses, and every way to ask for what cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from prover.cli import main
from prover.interfaces import Problem
from tests.prover.fakes import FakePool, World, install, many, problem, problems

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    import prover.parts
    import prover.prepare

    for module in (prover.parts, prover.prepare):
        monkeypatch.setattr(module, "real_parts", None)
    made = World(many(8))
    install(made)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STEPWISE_CACHE", raising=False)
    return made


@pytest.fixture
def prove(world: World, capfd: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        out, err = capfd.readouterr()
        return status, out, err

    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Files that are wrong in one way each."""
    for name, content in {
        "empty.lean": "",
        "empty.jsonl": "",
        "blank.jsonl": "\n \n",
        "none.lean": "theorem a : True := by trivial\n",
        "torn.jsonl": '{"formal_statement": "theorem a : True := by sorry", "id":',
        "list.jsonl": "[1, 2]\n",
        "nothing.jsonl": '{"id": "a"}\n',
        "number.jsonl": '{"id": "a", "formal_statement": 3}\n',
        "text.txt": "theorem a : True := by sorry",
        "proofless.jsonl": '{"formal_statement": "theorem a : True := by sorry"}\n',
        "both.jsonl": '{"formal_statement": "theorem a : True := by sorry", "proof": "x", "code": "y"}\n',
        "emptyproof.jsonl": '{"formal_statement": "theorem a : True := by sorry", "proof": " "}\n',
        "unstated.jsonl": '{"proof": "trivial"}\n',
        "listproof.jsonl": '{"formal_statement": "theorem a : True := by sorry", "proof": ["trivial"]}\n',
        "deep.jsonl": "[" * 100_000,
        "plain": "theorem a : True := by sorry",
    }.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "latin1.lean").write_bytes(b"theorem a : \xe9 := by sorry")
    (tmp_path / "latin1.jsonl").write_bytes(b'{"id": "\xe9"}')
    (tmp_path / "nul.jsonl").write_bytes(b"\0\0\0")
    (tmp_path / "folder").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    (tmp_path / "worn").mkdir()
    (tmp_path / "worn" / "run.json").write_text("{}")
    (tmp_path / "worn" / "attempts.jsonl").write_text("garbage\n{}\n")
    return tmp_path


T = "theorem t : True := by sorry"

BAD: list[tuple[str, ...]] = [
    # nothing, or too much
    *((), ("",), ("  ",), ("run",), ("run", ""), ("core", "minif2f"), ("verfy", "foo.lean")),
    ("theorem", "a", ":", "True"),
    *(("verify",), ("verify", "a", "b"), ("verify", ""), ("report",), ("report", "a", "b"), ("report", "")),
    *(("data", "get"), ("data", "get", "a", "b"), ("data", "fetch"), ("data", "get", ""), ("data", "get", "minif2")),
    *(("completion",), ("completion", "powershell"), ("completion", "bsh"), ("completion", "bash", "zsh")),
    *(("completion", ""), ("doctor", "now"), ("--",), ("-",)),
    # targets
    *(("minif2",), ("mini-f2f",), ("proofnett",), ("hello",), ("hello world",), ("nowhere.lean",), ("nowhere.jsonl",)),
    *(("nowhere/",), ("/nowhere/at/all",), ("x" * 5000,), ("x" * 300 + ".lean",), ("a\0b",), ("\n",), ("text.txt",)),
    *(("plain",), ("empty.lean",), ("none.lean",), ("latin1.lean",), ("empty.jsonl",), ("blank.jsonl",)),
    *(("torn.jsonl",), ("list.jsonl",), ("nothing.jsonl",), ("number.jsonl",), ("latin1.jsonl",), ("nul.jsonl",)),
    ("folder",),
    *(("deep.jsonl",), ("\udce9",), ("theorem \udce9 : True := by sorry",)),
    # options that there are not, or not here
    *(("core", "--bugdet", "1x2"), ("core", "--critic", "starter"), ("core", "--negates")),
    *(("core", "--ray", "nowhere"), ("core", "--hours", "0"), ("core", "--hours", "soon")),
    *(("core", "--prompt", "x"), ("core", "-x"), ("--nope",), ("core", "--json=yes"), ("--version=3",)),
    ("core", "--jsn"),
    *(("verify", "none.lean", "--budget", "1x2"), ("report", "x", "--budget", "1x2"), ("doctor", "--out", "x")),
    # options without their value
    *(("core", "--budget"), ("core", "--policy"), ("core", "--limit"), ("core", "--out"), ("core", "--seed")),
    # values
    *(("core", "--budget", text) for text in ("", "0x0", "1", "x", "1x", "-1x2", "1x0", "1x1x0", "lots", "1x2x3x4")),
    *(("core", "--budget", text) for text in ("1.5x2", "1×32", "99999999999999999999x1", "1x99999999", "1 32", "1,32")),
    *(("core", "--policy", text) for text in ("", "tactisc", "gpt", "hf:foo", "vllm:x", "Auto", "openai:http://x#y")),
    *(("core", "--policy", text) for text in ("hf", "hf:/nowhere", "openai:y", "openai:http://x#", "hf:m?x")),
    ("core", "--policy", "tactics@0"),
    ("core", "--policy", "tactics", "--policy", "tactics"),
    *(("core", "--temperature", text) for text in ("", "0", "hot", "1,,2")),
    *(("core", "--policy", "hf:BFS-Prover", "--top-p", text) for text in ("0", "2", "p")),
    ("core", "--policy", "hf:BFS-Prover", "--decoding", "best"),
    ("core", "--policy", "hf:BFS-Prover", "--prompt", "none.toml"),
    ("core", "--policy", "auto", "--policy", "tactics"),
    *(("core", "--search", text) for text in ("", "best", "bestfirst", "mcts2", "Best-First")),
    *(("core", "--limit", text) for text in ("", "0", "-1", "many", "1.5", "1e3", "9" * 20, "٣", "0x10")),
    *(("core", "--shard", text) for text in ("", "0/2", "3/2", "1", "1/0", "a/b", "-1/2", "1/2/3", "1\\2")),
    *(("core", "--seed", text) for text in ("", "-1", "x", "1.0", "9" * 25)),
    *(("core", "--timeout", text) for text in ("", "0", "-1", "soon", "nan", "inf", "1e9", "9" * 12, "5s", "1:00")),
    *(("core", "--tactic-timeout", text) for text in ("", "0", "-2", "x", "nan", "1e-9")),
    *(("core", "--workers", text) for text in ("", "0", "-1", "all", "2.5", "100000")),
    *(("core", "--slots", text) for text in ("", "0", "-1", "x", "1000")),
    *(("core", "--split", text) for text in ("", " ", "a b", "x" * 100, "a/b")),
    *(("core", "--data", text) for text in ("", "nowhere")),
    *(("core", "--project", text) for text in ("", "nowhere", "text.txt")),
    *(("core", "--lean", text) for text in ("", " ")),
    *(("core", "--out", text) for text in ("", " ", "mine", "text.txt", "a\0b")),
    (T, "--split", "test"),
    # verify
    *(("verify", name) for name in ("nowhere", "nowhere.lean", "text.txt", "plain", "empty.jsonl", "blank.jsonl")),
    *(("verify", name) for name in ("latin1.lean", "latin1.jsonl", "x" * 5000, "a\0b", "core", T)),
    *(("verify", "none.lean", "--workers", "0"), ("verify", "none.lean", "--lean", "")),
    ("verify", "none.lean", "--project", "nowhere"),
]  # fmt: skip

# Nothing is wrong with these requests: what they need cannot be used
FAILING: list[tuple[str, ...]] = [
    *(("report", "nowhere"), ("report", "folder"), ("report", "mine"), ("report", "text.txt"), ("report", "broken")),
    *(("report", "worn"), ("verify", "folder"), ("verify", "mine"), ("verify", "broken"), ("verify", "worn")),
    *(("core", "--out", "broken"), ("core", "--out", "text.txt/run")),
]  # fmt: skip


def check_error(err: str) -> None:
    """One plain sentence, a hint, no traceback, no terminal codes."""
    lines = err.strip().splitlines()
    said = [line for line in lines if line.startswith("error: ")]
    assert len(said) == 1, err
    assert said[0].endswith((".", "?", "!")) and 12 < len(said[0]) < 400, said[0]
    assert all(line.startswith("hint: ") for line in lines[lines.index(said[0]) + 1 :])
    assert "Traceback" not in err and "\x1b" not in err
    assert all(character.isprintable() for line in lines for character in line)


def label(arguments: tuple[str, ...]) -> str:
    return ascii(" ".join(arguments))[:40]


def test_there_are_many_bad_command_lines() -> None:
    assert len(set(BAD)) == len(BAD) > 150


@pytest.mark.parametrize("arguments", BAD, ids=label)
def test_a_bad_command_line(prove: Cli, files: Path, world: World, arguments: tuple[str, ...]) -> None:
    status, out, err = prove(*arguments)
    check_error(err)
    assert (status, out) == (2, "")
    assert world.begun == [] and not (files / "runs").exists()
    assert (files / "mine" / "thesis.tex").exists()


@pytest.mark.parametrize("arguments", FAILING, ids=label)
def test_a_folder_that_cannot_be_used(prove: Cli, files: Path, arguments: tuple[str, ...]) -> None:
    status, out, err = prove(*arguments)
    check_error(err)
    assert (status, out) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("core", "--budget", "0x0"), "--budget asks for 0 passes, which must be from 1 to 100000."),
        (("core", "--bugdet", "1x2"), "Did you mean --budget?"),
        (("core", "--policy", "tactisc"), "Did you mean tactics?"),
        (("core", "--search", "bestfirst"), "Did you mean best-first?"),
        (("core", "--policy", "vlm:x"), "Did you mean vllm?"),
        (("core", "--policy", "hf:gpt2"), "Say --prompt NAME, with one of internlm2-math-base, "),
        (("core", "--policy", "hf:BFS-Prover", "--prompt", "bfsprover"), "Did you mean bfs-prover?"),
        (("minif2",), "Did you mean minif2f?"),
        (("verfy", "foo.lean"), "Did you mean verify?"),
        (("theorem", "a"), "quotation marks"),
        (("core", "--shard", "3/2"), "--shard 3/2 names no part."),
        (("core", "--timeout", "soon"), "--timeout takes a number of seconds, not 'soon'."),
        (("completion", "bsh"), "Did you mean bash?"),
    ],
)
def test_what_an_error_says(prove: Cli, files: Path, arguments: tuple[str, ...], named: str) -> None:
    assert named in prove(*arguments)[2]


def test_a_traceback_only_when_asked_for(prove: Cli) -> None:
    assert "Traceback" not in prove("core", "--budget", "0x0")[2]
    assert "Traceback" in prove("core", "--budget", "0x0", "--debug")[2]


def test_a_benchmark(prove: Cli, tmp_path: Path) -> None:
    status, out, err = prove("core", "--out", "r")
    assert status == 0
    assert "2 (25.0 % of 8; 33.3 % of the 6 that elaborate)" in out and "2: bad3, bad7" in out
    assert "[8/8, 2 proved]" in err
    assert json.loads((tmp_path / "r" / "summary.json").read_text())["proved"] == 2


@pytest.mark.parametrize("arguments", [("run", "core"), ("--budget", "2x4", "core"), ("core", "--seed", "3")])
def test_run_is_what_is_meant_by_default(prove: Cli, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert prove(*arguments)[0] == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("core-")


def test_json_is_all_there_is_on_standard_output(prove: Cli) -> None:
    status, out, err = prove("core", "--json", "--out", "r")
    assert status == 0 and len(out.splitlines()) == 1 and json.loads(out)["problems"] == 8
    assert "[8/8" in err
    status, out, err = prove("core", "--json", "--quiet", "--out", "r2")
    assert json.loads(out)["proved"] == 2 and err == ""


def test_a_statement_that_is_proved(prove: Cli, tmp_path: Path) -> None:
    status, out, err = prove("theorem easy : True := by sorry", "--out", "r", "--quiet")
    assert status == 0
    assert out.rstrip().endswith("theorem easy : True := by trivial")
    assert err == "proved easy: r/proofs/easy.lean\n"
    assert (tmp_path / "r" / "proofs" / "easy.lean").read_text() == out
    assert prove("theorem easy : True := by sorry", "--out", "r", "--quiet")[:2] == (0, out)


def test_a_statement_that_is_not_proved(prove: Cli) -> None:
    status, out, err = prove("theorem hard : True := by sorry", "--quiet")
    assert (status, out, err) == (3, "", "not proved hard: every expansion of the budget is spent\n")


def test_a_statement_that_does_not_elaborate(prove: Cli) -> None:
    status, _, err = prove("theorem bad : True := by sorry", "--quiet")
    assert (status, err) == (3, "not proved bad: Lean rejects the statement: 1:0: unknown identifier\n")


@pytest.mark.parametrize("name", ["dead", "crash"])
def test_a_statement_whose_attempt_fails(prove: Cli, name: str) -> None:
    status, out, err = prove(f"theorem {name} : True := by sorry", "--quiet")
    assert (status, out) == (1, "") and err.startswith(f"error: The attempt at {name} failed: ")


def test_a_run_in_which_everything_fails(prove: Cli, world: World) -> None:
    world.problems = problems("dead1", "dead2")
    status, _, err = prove("core", "--quiet")
    assert status == 1 and err == "error: Every attempt failed; the first: The worker died.\n"


def test_a_statement_whose_negation_is_proved(prove: Cli) -> None:
    assert prove("theorem false1 : True := by sorry", "--out", "a")[0] == 3
    status, out, err = prove("theorem false1 : True := by sorry", "--negate", "--out", "b")
    assert (status, out) == (3, "theorem false1.negation : ¬ True := by trivial\n")
    assert err.endswith("disproved false1: b/proofs/false1.lean\n")
    status, out, _ = prove("theorem false1 : True := by sorry", "--negate", "--out", "b", "--json")
    summary = json.loads(out)
    assert (summary["disproved"], summary["proved"], summary["disproofs"]) == (1, 0, {"false1": "proofs/false1.lean"})


def test_a_single_statement_as_json(prove: Cli) -> None:
    status, out, _ = prove("theorem easy : True := by sorry", "--json")
    assert status == 0 and json.loads(out)["proofs"] == {"easy": "proofs/easy.lean"}
    assert prove("theorem hard : True := by sorry", "--json")[0] == 3


def test_files_and_folders(prove: Cli, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(
        '{"id": "easy1", "formal_statement": "theorem easy1 : True := by sorry"}\n'
        '{"id": "hard1", "formal_statement": "theorem hard1 : True := by sorry"}\n'
    )
    status, out, _ = prove("p.jsonl", "--json")
    assert status == 0 and (json.loads(out)["proved"], json.loads(out)["problems"]) == (1, 2)
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a.lean").write_text("theorem a : True := by sorry\ntheorem b : True := by sorry\n")
    assert json.loads(prove("f", "--json")[1])["problems"] == 2


def test_another_run_in_the_same_folder(prove: Cli) -> None:
    prove("core", "--out", "r")
    status, _, err = prove("core", "--out", "r", "--seed", "4")
    check_error(err)
    assert status == 2 and "--seed was 0 and is 4" in err and "--fresh" in err
    assert prove("core", "--out", "r", "--seed", "4", "--fresh")[0] == 0


def test_a_lean_that_does_not_start(prove: Cli, world: World) -> None:
    world.pool = FakePool(starts=False)
    status, out, err = prove("core", "--quiet")
    check_error(err)
    assert (status, out) == (1, "") and "did not start" in err and "prove doctor" in err


def test_a_bug_is_owned_up_to(prove: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object, **__: object) -> list[Problem]:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(World, "load", load)
    status, _, err = prove("core")
    check_error(err)
    assert status == 1 and "ZeroDivisionError" in err and "report it" in err
    assert "Traceback" in prove("core", "--debug")[2]


def test_an_interrupt_while_lean_is_looked_for(prove: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(World, "resolve", resolve)
    status, _, err = prove("core")
    check_error(err)
    assert status == 130
    (Path.cwd() / "a.lean").write_text("theorem a : True := by trivial")
    assert prove("verify", "a.lean")[0] == 130


# -- report, verify and the rest


def test_a_report_of_a_run_finished_or_not(prove: Cli, world: World, tmp_path: Path) -> None:
    _, table, _ = prove("core", "--out", "r")
    world.toolchain = replace(world.toolchain, version="none")
    assert prove("report", "r") == (0, table, "")
    status, out, _ = prove("report", "r", "--json")
    assert status == 0 and json.loads(out) == json.loads((tmp_path / "r" / "summary.json").read_text())
    journal = tmp_path / "r" / "attempts.jsonl"
    journal.write_bytes(journal.read_bytes()[:700])
    status, out, _ = prove("report", "r")
    assert status == 0 and "not attempted yet" in out
    assert len(journal.read_bytes()) == 700  # a report changes nothing


def test_verify_a_lean_file(prove: Cli, tmp_path: Path) -> None:
    (tmp_path / "good.lean").write_text("theorem a : True := by trivial")
    (tmp_path / "bad.lean").write_text("theorem a : True := by sorry")
    assert prove("verify", "good.lean") == (0, "accepted good (axioms: propext)\n", "1 of 1 accepted\n")
    assert prove("verify", "bad.lean") == (3, "rejected bad: it uses sorry\n", "0 of 1 accepted\n")
    status, out, _ = prove("verify", "bad.lean", "--json")
    assert status == 3
    assert json.loads(out) == {
        "name": "bad",
        "verdict": "rejected",
        "reasons": ["it uses sorry"],
        "stages": [],
        "checks": {},
        "axioms": ["propext"],
        "lean": "fake 4.99.0",
        "caveat": "",
    }


def test_verify_a_folder_of_files(prove: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "proofs"
    (folder / "deep").mkdir(parents=True)
    (folder / ".lake").mkdir()
    (folder / ".lake" / "theirs.lean").write_text("theorem a : True := by sorry")
    (folder / "b.lean").write_text("theorem a : True := by trivial")
    (folder / "a.lean").write_bytes(b"\xff")
    (folder / "deep" / "c.lean").write_text("theorem a : True := by sorry")
    status, out, err = prove("verify", "proofs")
    assert (status, err) == (3, "1 of 3 accepted\n")
    assert out.splitlines() == [
        "rejected a: [input] proofs/a.lean is not UTF-8 text (byte 0, line 1).",
        "accepted b (axioms: propext)",
        "rejected deep/c: it uses sorry",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("torn", "is not JSON"),
        ("list", "is not a JSON object"),
        ("proofless", "no proof and no code"),
        ("both", "both proof and code"),
        ("emptyproof", "no proof and no code"),
        ("unstated", "no formal_statement"),
        ("listproof", "proof is not a string"),
        ("deep", "is not JSON"),
        ("nul", "is not JSON"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_by_itself(
    prove: Cli, files: Path, tmp_path: Path, name: str, why: str
) -> None:
    fine = json.dumps({"id": "fine", "formal_statement": "theorem a : True := by sorry", "proof": "trivial"})
    bad = (files / f"{name}.jsonl").read_text().strip()
    (tmp_path / "rows.jsonl").write_text(f"{fine}\n{bad}\n{fine}\n")
    status, out, err = prove("verify", "rows.jsonl", "--json")
    said = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (3, "2 of 3 accepted\n")
    assert [each["verdict"] for each in said] == ["accepted", "rejected", "accepted"]
    assert said[1]["name"] == "line 2" and said[1]["stages"] == ["input"] and why in said[1]["reasons"][0]


def test_verify_rows(prove: Cli, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "formal_statement": "theorem a : True := by sorry", "proof": "trivial"},
        {"name": "b", "formal_statement": "theorem b : True := by sorry", "proof": "sorry"},
        {"formal_statement": "theorem c : True := by sorry", "code": "theorem c : True := by trivial"},
        {"full_name": "d", "formal_statement": "theorem d : True := sorry", "code": "theorem e : True := by trivial"},
    ]
    (tmp_path / "p.jsonl").write_text("\n\n".join(map(json.dumps, rows)))
    status, out, _ = prove("verify", "p.jsonl", "--json")
    assert status == 3
    said = [json.loads(line) for line in out.splitlines()]
    assert [(each["name"], each["verdict"]) for each in said] == [
        ("a", "accepted"),
        ("b", "rejected"),
        ("line 5", "accepted"),
        ("d", "rejected"),
    ]
    assert said[3]["reasons"] == ["the statement differs"]


def test_verify_a_run(prove: Cli, tmp_path: Path) -> None:
    prove("core", "--out", "r")
    assert prove("verify", "r")[:2] == (0, "accepted easy0 (axioms: propext)\naccepted easy4 (axioms: propext)\n")
    proofs = tmp_path / "r" / "proofs"
    (proofs / "easy0.lean").write_text("theorem other : True := by trivial")
    (proofs / "easy4.lean").unlink()
    (proofs / "extra.lean").write_text("theorem extra : True := by trivial")
    status, out, err = prove("verify", "r")
    assert (status, err) == (3, "0 of 3 accepted\n")
    assert out.splitlines() == [
        "rejected easy0: the statement differs",
        "rejected easy4: [input] r/proofs/easy4.lean cannot be read",
        "rejected extra: [input] the run records no proof under this name",
    ]


def test_verify_a_run_without_proofs(prove: Cli, world: World) -> None:
    world.problems = [problem("hard1"), problem("hard2")]
    prove("core", "--out", "r")
    assert prove("verify", "r") == (0, "", "0 of 0 accepted\n")


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o nosort"), ("zsh", "#compdef prove"), ("fish", "complete")]
)
def test_completion(prove: Cli, shell: str, word: str) -> None:
    status, out, _ = prove("completion", shell)
    assert status == 0 and word in out and "_PROVE_COMPLETE" in out


@pytest.mark.parametrize(
    "arguments", [("--help",), ("-h",), ("run", "--help"), ("verify", "-h"), ("data", "get", "--help")]
)
def test_help(prove: Cli, arguments: tuple[str, ...]) -> None:
    status, out, err = prove(*arguments)
    assert status == 0 and out.startswith("Usage: prove") and err == ""


def test_version(prove: Cli) -> None:
    status, out, _ = prove("--version")
    assert status == 0 and out.startswith("prove ")
