"use strict";
// Starts `prove lsp` beside Lean's own server. Everything else is the language client's: the light bulb at a `sorry`
// shows what the server offers, and its progress stands in the status bar.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("stepwise");
  const server = { command: settings.get("command"), args: ["lsp", ...settings.get("arguments")] };
  client = new LanguageClient("stepwise", "Stepwise", server, {
    documentSelector: [
      { scheme: "file", language: "lean4" },
      { scheme: "file", language: "lean" },
    ],
  });
  try {
    await client.start();
  } catch (error) {
    const hint = "Install Stepwise with its servers (pip install 'stepwise-prover[servers]'), or set stepwise.command.";
    vscode.window.showErrorMessage(`Stepwise cannot run ${server.command}: ${error.message}. ${hint}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) await running.stop();
}

async function proveHere() {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !client) return;
  const { line, character } = editor.selection.active;
  const uri = client.code2ProtocolConverter.asUri(editor.document.uri);
  await client.sendRequest("workspace/executeCommand", { command: "stepwise.prove", arguments: [uri, line, character] });
}

async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand("stepwise.proveHere", proveHere),
    vscode.commands.registerCommand("stepwise.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("stepwise") && restart()),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
