"""The VS Code extension, run by Node with a stand-in for the editor: what it starts, and what it asks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from lean_env.bundled_package import node_program

EXTENSION = Path(__file__).resolve().parents[2] / "editors" / "vscode"
STAND_INS = r"""
const Module = require("module");
const told = { registered: [], errors: [], requests: [], clients: [], stopped: 0 };
const vscode = {
  workspace: {
    getConfiguration: () => ({ get: key => ({ command: "prove", arguments: ["--timeout", "60"] })[key] }),
    onDidChangeConfiguration: listener => { told.listener = listener; return {}; },
  },
  window: {
    activeTextEditor: { document: { uri: "file:///a.lean" }, selection: { active: { line: 3, character: 5 } } },
    showErrorMessage: message => told.errors.push(message),
  },
  commands: { registerCommand: (name, run) => { told.registered.push(name); told[name] = run; return {}; } },
};
class LanguageClient {
  constructor(id, name, server, options) {
    told.clients.push({ server, languages: options.documentSelector.map(each => each.language) });
    this.code2ProtocolConverter = { asUri: String };
  }
  async start() { if (process.env.FAILS) throw new Error("spawn prove ENOENT"); }
  async stop() { told.stopped++; }
  async sendRequest(method, params) { told.requests.push([method, params]); }
}
const load = Module._load;
Module._load = (name, ...rest) =>
  name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...rest);
(async () => {
  const extension = require(process.argv[1]);
  await extension.activate({ subscriptions: [] });
  await told["stepwise.proveHere"]();
  await told.listener({ affectsConfiguration: () => true });
  await extension.deactivate();
  await told["stepwise.proveHere"]();
  console.log(JSON.stringify(told));
})();
"""


def activated(**environment: str) -> dict[str, Any]:
    """What the extension did."""
    done = subprocess.run(
        [str(node_program()), "-e", STAND_INS, str(EXTENSION / "extension.js")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=60,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_starts_the_server_and_asks_it() -> None:
    told = activated()
    server = {"command": "prove", "args": ["lsp", "--timeout", "60"]}
    assert told["clients"] == [{"server": server, "languages": ["lean4", "lean"]}] * 2, "again with new settings"
    asked = {"command": "stepwise.prove", "arguments": ["file:///a.lean", 3, 5]}
    assert told["requests"] == [["workspace/executeCommand", asked]]
    assert told["stopped"] == 2 and told["errors"] == []


def test_a_program_that_is_not_there_is_said() -> None:
    (message, *_) = activated(FAILS="1")["errors"]
    assert "prove" in str(message) and "stepwise.command" in str(message)


def test_what_it_registers_is_what_it_declares() -> None:
    manifest = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    declared = {each["command"] for each in manifest["contributes"]["commands"]}
    assert declared == set(activated()["registered"])
    assert (EXTENSION / manifest["main"]).is_file()
