"""The real bundled Lean, asked by a model's code for what it must not have: through both doors that such code has.

A tactic goes through the search worker, which refuses it on its syntax. A proof's text goes to a fresh process, which
runs every command in it: there nothing is refused, and the process itself has to be unable.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lean_env.fresh import Checkers
from lean_env.pool import Pool
from lean_env.protocol import Limits
from lean_env.toolchain import Toolchain

STATEMENT = "theorem t : True := by\n  sorry\n"
READ = 'do\n    let _ ← IO.FS.readFile "SECRET"'
TACTICS = {
    "run_tac": f"run_tac {READ}",
    "run_tac in a branch": f"first | (run_tac {READ}) | trivial",
    "by_elab": f"exact by_elab {READ}\n    return .const ``True.intro []",
    "eval": '#eval IO.getEnv "SECRET"',
    "include_str": 'exact (fun (_ : String) => trivial) (include_str "SECRET")',
    "unsafe": 'exact unsafe (match unsafeIO (IO.FS.readFile "SECRET") with | .ok _ => trivial | .error _ => trivial)',
    "native_decide": "native_decide",
}


@pytest.mark.lean
async def test_a_tactic_is_refused_on_its_syntax(lean: Pool, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    async with lean.session() as session:
        state = (await session.open(STATEMENT)).holes[0].state
        for name, tactic in TACTICS.items():
            (outcome,) = await session.apply(state, [tactic.replace("SECRET", str(secret))], Limits(5000, 200_000))
            assert outcome.kind in ("refused", "error"), (name, outcome)
            assert "hunter2" not in outcome.message, name
            if name not in ("include_str", "eval"):  # the one finds no such file, the other is no tactic
                assert outcome.kind == "refused", (name, outcome)


OPENED = '(do let _ ← IO.FS.Handle.mk "/lean/lib/lean/Init.olean" .read; return "opened" : IO String)'
TRIED = {
    "answers": ("#eval (pure (2 + 2) : IO Nat)", "4"),
    "reads its library": (f"#eval {OPENED}", "opened"),
    "read": ('#eval IO.FS.readFile "SECRET"', "no such file"),
    "read upwards": ('#eval IO.FS.readFile "/lean/../SECRET"', "no such file"),
    "read the environment of a process": ('#eval IO.FS.readFile "/proc/self/environ"', "no such file"),
    "list": ('#eval (do return (← System.FilePath.readDir "FOLDER").size : IO Nat)', "no such file"),
    "write beside it": ('#eval IO.FS.writeFile "FOLDER/new" "x"', "no such file"),
    "write to its library": ('#eval IO.FS.writeFile "/lean/lib/lean/new" "x"', "read-only file system"),
    "change its library": ('#eval IO.FS.writeFile "/lean/lib/lean/Init.olean" "x"', "read-only file system"),
    "spawn": ('#eval (do let _ ← IO.Process.spawn { cmd := "true" }; return : IO Unit)', "unsupported operation"),
    "spawn and read": ('#eval IO.Process.run { cmd := "cat", args := #["SECRET"] }', "unsupported operation"),
    "variable": ('#eval IO.getEnv "STEPWISE_TEST_TOKEN"', "none"),
}
# Lean's own sockets end a process that has none: the last command of the text
SOCKET = '#eval (do let _ ← Std.Internal.UV.TCP.Socket.new; return "a socket" : IO String)'


@pytest.mark.lean
async def test_what_a_text_tries_a_fresh_process_cannot_do(
    bundled: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPWISE_TEST_TOKEN", "hunter2")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    commands = [
        command.replace("SECRET", str(secret)).replace("FOLDER", str(tmp_path)) for command, _ in TRIED.values()
    ]
    checkers = Checkers(bundled)
    try:
        fresh = await checkers.run("import Init\nimport Std.Internal.UV.TCP\n" + "\n".join([*commands, SOCKET, ""]))
    finally:
        await checkers.close()
    for line, (name, (_, expected)) in enumerate(TRIED.items(), 3):
        said = [message.text for message in fresh.messages if message.line == line]
        assert len(said) == 1, (name, said)
        assert expected in said[0], (name, said)
    everything = "".join(message.text for message in fresh.messages)
    assert "hunter2" not in everything and "a socket" not in everything
    assert os.listdir(tmp_path) == ["secret"]  # noqa: PTH208
