"""The language server as an editor meets it: a process of its own, asked by pygls's client, on a real Lean."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from lean_env.protocol import Place
from lean_env.toolchain import Toolchain
from prover.edits import TextEdit, apply_edit, from_utf16

pytestmark = pytest.mark.lean

HARD = (
    "theorem fermat (n a b c : Nat) (h : 2 < n) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : a ^ n + b ^ n ≠ c ^ n := by\n"
)


class Editor(LanguageClient):
    """An editor with open documents, which takes every edit."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.steps: list[str] = []
        self.shown: list[str] = []
        self.logged: list[str] = []

        @self.feature(lsp.WORKSPACE_APPLY_EDIT)  # type: ignore[untyped-decorator]
        def take(params: lsp.ApplyWorkspaceEditParams) -> lsp.ApplyWorkspaceEditResult:
            self.follow(params.edit)
            return lsp.ApplyWorkspaceEditResult(applied=True)

        @self.feature(lsp.WINDOW_WORK_DONE_PROGRESS_CREATE)  # type: ignore[untyped-decorator]
        def create(_params: lsp.WorkDoneProgressCreateParams) -> None: ...

        @self.feature(lsp.PROGRESS)  # type: ignore[untyped-decorator]
        def report(params: lsp.ProgressParams) -> None:
            value: Any = params.value
            self.steps.append(value["kind"] if isinstance(value, dict) else value.kind)

        @self.feature(lsp.WINDOW_LOG_MESSAGE)  # type: ignore[untyped-decorator]
        def log(params: lsp.LogMessageParams) -> None:
            self.logged.append(params.message)

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        def show(params: lsp.ShowMessageParams) -> None:
            self.shown.append(params.message)

    def open(self, name: str, text: str) -> str:
        uri = (Path.cwd() / name).as_uri()
        self.texts[uri], self.versions[uri] = text, 1
        item = lsp.TextDocumentItem(uri=uri, language_id="lean4", version=1, text=text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        self.texts[uri] = text
        self.versions[uri] += 1
        whole = lsp.TextDocumentContentChangeWholeDocument(text=text)
        named = lsp.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(named, [whole]))

    def follow(self, edit: lsp.WorkspaceEdit) -> None:
        """Make an edit's changes, as an editor would that counts in UTF-16."""
        for change in edit.document_changes or ():
            assert isinstance(change, lsp.TextDocumentEdit)
            uri = change.text_document.uri
            for each in change.edits:
                assert isinstance(each, lsp.TextEdit)
                self.change(uri, apply_edit(self.texts[uri], self._edit(self.texts[uri], each)))

    def _edit(self, text: str, edit: lsp.TextEdit) -> TextEdit:
        def place(position: lsp.Position) -> Place:
            return from_utf16(text, position.line, position.character)

        return TextEdit(place(edit.range.start), place(edit.range.end), edit.new_text)

    async def actions(self, uri: str, line: int, *, automatic: bool = False) -> list[lsp.CodeAction]:
        """What is offered on a line; the client takes an action with nothing but a command for the command."""
        at = lsp.Position(line, 0)
        kind = lsp.CodeActionTriggerKind.Automatic if automatic else lsp.CodeActionTriggerKind.Invoked
        context = lsp.CodeActionContext(diagnostics=[], trigger_kind=kind)
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), lsp.Range(at, at), context)
        found = await self.text_document_code_action_async(params)
        return [each if isinstance(each, lsp.CodeAction) else lsp.CodeAction(each.title) for each in found or ()]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def editor(bundled: Toolchain) -> AsyncIterator[Editor]:
    """An editor with a server that is warm."""
    client = Editor()
    arguments = ["-m", "prover", "lsp", "--lean", "bundled", "--workers", "1", "--timeout", "60"]
    await client.start_io(sys.executable, *arguments, env=dict(os.environ))
    capabilities = lsp.ClientCapabilities(
        window=lsp.WindowClientCapabilities(work_done_progress=True),
        general=lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind.Utf16]),
    )
    answer = await client.initialize_async(
        lsp.InitializeParams(capabilities=capabilities, process_id=os.getpid(), root_uri=Path.cwd().as_uri())
    )
    assert answer.capabilities.code_action_provider and answer.capabilities.completion_provider
    client.initialized(lsp.InitializedParams())
    yield client
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call]


async def proofs(editor: Editor, uri: str, line: int) -> list[lsp.CodeAction]:
    """The code actions once a verified proof is among them."""
    for _ in range(30):
        actions = await editor.actions(uri, line)
        if any(action.is_preferred for action in actions):
            return actions
    raise AssertionError(f"no proof: {[action.title for action in actions]}; {editor.shown}; {editor.logged}")


async def test_a_code_action_writes_a_proof_and_nothing_else(editor: Editor) -> None:
    text = "/-- 𝔸 -/ theorem swap (p q : Prop) (h : p ∨ q) : q ∨ p := by sorry -- 𝔹\r\n\r\n#check swap\r\n"
    uri = editor.open("Swap.lean", text)
    (best, *_) = [action for action in await proofs(editor, uri, 0) if action.is_preferred]
    assert best.title.startswith("Try this: ") and best.edit is not None
    editor.follow(best.edit)
    before, after = text.split("sorry")
    assert editor.texts[uri].startswith(before.rstrip()) and editor.texts[uri].endswith(after)
    assert "sorry" not in editor.texts[uri] and "\n" not in editor.texts[uri].replace("\r\n", "")


async def test_an_editor_that_asks_by_itself_gets_an_offer_and_no_search(editor: Editor) -> None:
    uri = editor.open("Offer.lean", "theorem t (a b : Nat) (h : a = b) : b = a := by\n  sorry\n")
    (offer,) = await editor.actions(uri, 1, automatic=True)
    assert offer.title == "Stepwise: search for a proof" and offer.edit is None
    assert await editor.actions(uri, 0, automatic=True) == []
    assert await editor.actions(uri, 2) == []


async def test_the_command_searches_shows_progress_and_writes(editor: Editor) -> None:
    uri = editor.open("Command.lean", "example (a b c : Nat) (h : a ∣ b) : a ∣ b * c := sorry\n")
    editor.steps.clear()
    params = lsp.ExecuteCommandParams("stepwise.prove", [uri, 0, 51])
    assert await editor.workspace_execute_command_async(params) == "proved"
    assert "sorry" not in editor.texts[uri] and ":= by" in editor.texts[uri]
    assert editor.steps[0] == "begin" and editor.steps[-1] == "end"
    nothing = lsp.ExecuteCommandParams("stepwise.prove", [uri, 0, 3])
    assert "nothing to prove" in str(await editor.workspace_execute_command_async(nothing))


async def test_a_completion_at_a_sorry_offers_the_same(editor: Editor) -> None:
    uri = editor.open("Complete.lean", "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := by\n  sorry\n")
    await proofs(editor, uri, 1)
    params = lsp.CompletionParams(lsp.TextDocumentIdentifier(uri), lsp.Position(1, 7))
    found = await editor.text_document_completion_async(params)
    assert isinstance(found, lsp.CompletionList) and found.items[0].detail == "verified"
    elsewhere = lsp.CompletionParams(lsp.TextDocumentIdentifier(uri), lsp.Position(0, 3))
    none = await editor.text_document_completion_async(elsewhere)
    assert isinstance(none, lsp.CompletionList) and not none.items


async def test_where_a_tactic_fails_something_that_does_not_is_offered(editor: Editor) -> None:
    uri = editor.open("Failing.lean", "theorem t (a b : Nat) (h : a < b) : a ≤ b := by\n  exact h\n")
    (best, *_) = [action for action in await proofs(editor, uri, 1) if action.is_preferred]
    assert best.edit is not None
    editor.follow(best.edit)
    assert "exact h\n" not in editor.texts[uri]


async def test_a_change_of_the_text_ends_the_search(editor: Editor) -> None:
    uri = editor.open("Hard.lean", HARD + "  sorry\n")
    params = lsp.ExecuteCommandParams("stepwise.prove", [uri, 1, 2])
    searching = asyncio.ensure_future(editor.workspace_execute_command_async(params))
    editor.steps.clear()
    async with asyncio.timeout(60):
        while "begin" not in editor.steps:
            assert not searching.done(), searching.result()
            await asyncio.sleep(0.1)
    editor.change(uri, "theorem easy : 1 + 1 = 2 := by sorry\n")
    said = await asyncio.wait_for(searching, 30)
    assert said != "proved"
    assert any(action.is_preferred for action in await proofs(editor, uri, 0))
