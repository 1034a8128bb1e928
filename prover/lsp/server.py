"""The language server: code actions, completions and a command, all from the same searches.

It runs beside Lean's own server and answers for the same files. It offers *Try this* where a `sorry` stands, where a
tactic fails and where goals are left; searches only where somebody asks (an editor that asks by itself, to show a light
bulb, gets what is known already, and the offer to search); and ends every search as soon as its text changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from lean_env.errors import StepwiseError
from prover.config import RunConfig
from prover.lsp.documents import Documents, Search
from prover.lsp.positions import from_position, to_edit, to_position
from prover.parts import Parts
from prover.service import Service
from prover.suggest import FileHole, Suggestion, edit_for, hole_at

log = logging.getLogger(__name__)

PROVE = "stepwise.prove"
"""The command: search for a proof of the hole at a place, and write it. Takes `{uri, line, character}`."""
TIMEOUT_S = 30.0
ACTION_S = 4.0
"""Seconds after which a request for code actions is answered with what there is."""
COMPLETION_S = 2.0
VERIFY_S = 60.0
"""Seconds in which the verification of a proof that was found is waited for by the command."""


class StepwiseServer(LanguageServer):
    """A language server with one pool of Lean workers.

    Args:
        config: which policy, critic and Lean; its target is not looked at.
        parts: what it is made of.
        timeout_s: seconds for the search in one hole.
    """

    def __init__(self, config: RunConfig, parts: Parts, *, timeout_s: float = TIMEOUT_S) -> None:
        from prover import __version__

        super().__init__("stepwise", str(__version__), text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental)
        self.config, self.parts, self.timeout_s = config, parts, timeout_s
        self._stack = contextlib.AsyncExitStack()
        self._starting: asyncio.Task[Documents] | None = None

    async def documents(self) -> Documents:
        """What is known of the open documents, on a Lean that is started when it is first needed.

        Raises:
            StepwiseError: no Lean can be used.
        """
        if self._starting is None or (self._starting.done() and self._starting.exception()):
            self._starting = asyncio.create_task(self._start())
        return await asyncio.shield(self._starting)

    @property
    def started(self) -> Documents | None:
        """The same, where a Lean was needed before."""
        ready = self._starting is not None and self._starting.done() and not self._starting.cancelled()
        return self._starting.result() if ready and self._starting and not self._starting.exception() else None

    async def close(self) -> None:
        """End every search and every Lean."""
        if self.started is not None:
            await self.started.close()
        elif self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._stack.aclose()

    async def _start(self) -> Documents:
        root = to_fs_path(self.workspace.root_uri) if self.workspace.root_uri else None
        start = Path(root) if root else Path.cwd()
        toolchain = await asyncio.to_thread(self.parts.resolve, self.config.lean, self.config.project, start, self.say)
        config = replace(self.config, slots=max(2, self.config.slots))  # one may be listing the library for a while
        service = await self._stack.enter_async_context(Service(config, toolchain, self.parts))
        return Documents(service.suggester, timeout_s=self.timeout_s)

    def say(self, text: str, kind: lsp.MessageType = lsp.MessageType.Info) -> None:
        """A line for the editor's log."""
        self.window_log_message(lsp.LogMessageParams(type=kind, message=f"stepwise: {text}"))

    def edit_of(self, document: TextDocument, hole: FileHole, suggestion: Suggestion) -> lsp.WorkspaceEdit | None:
        """What following the suggestion changes; None where the text is no longer what it was."""
        try:
            edit = edit_for(document.source, hole, suggestion)
        except ValueError:
            return None
        change = to_edit(document.source, edit, self.workspace.position_encoding)
        return lsp.WorkspaceEdit(
            document_changes=[
                lsp.TextDocumentEdit(
                    lsp.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version), [change]
                )
            ]
        )


def make_server(config: RunConfig, parts: Parts, *, timeout_s: float = TIMEOUT_S) -> StepwiseServer:
    """The server with its features."""
    server = StepwiseServer(config, parts, timeout_s=timeout_s)

    @server.feature(lsp.INITIALIZED)
    async def initialized(server: StepwiseServer, _params: lsp.InitializedParams) -> None:
        with contextlib.suppress(StepwiseError):  # whoever asks is told
            await server.documents()

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(server: StepwiseServer, params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        if server.started is not None:
            server.started.changed(uri, server.workspace.get_text_document(uri).source)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(server: StepwiseServer, params: lsp.DidCloseTextDocumentParams) -> None:
        if server.started is not None:
            server.started.closed(params.text_document.uri)

    @server.feature(lsp.SHUTDOWN)
    async def shutdown(server: StepwiseServer, *_args: Any) -> None:
        await server.close()

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    )
    async def code_actions(server: StepwiseServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return await _code_actions(server, params)

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions())
    async def completions(server: StepwiseServer, params: lsp.CompletionParams) -> lsp.CompletionList:
        return await _completions(server, params)

    @server.command(PROVE)
    async def prove(server: StepwiseServer, uri: str, line: int, character: int) -> str:
        return await _prove(server, uri, lsp.Position(line, character))

    return server


async def _code_actions(server: StepwiseServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    only = params.context.only
    if only and not any(lsp.CodeActionKind.QuickFix.startswith(kind) for kind in only):
        return []
    document = server.workspace.get_text_document(params.text_document.uri)
    text = document.source
    asked = params.context.trigger_kind != lsp.CodeActionTriggerKind.Automatic
    documents = await _asked(server) if asked else server.started
    if documents is None:
        return []
    first, last = params.range.start.line + 1, params.range.end.line + 1
    holes = [hole for hole in await _holes(server, documents, document) if _touches(hole, first, last)]
    actions: list[lsp.CodeAction] = []
    for hole in holes:
        if asked:
            search = documents.search(document.uri, text, hole)
            await documents.wait(search, lambda: search.proved, ACTION_S)  # noqa: B023
        known = [each for each in documents.known(document.uri, text) if each.hole.start == hole.start]
        actions += _try_these(server, document, known)
        if not any(action.is_preferred for action in actions):
            actions.append(_offer(server, document, hole))
    return actions


def _try_these(server: StepwiseServer, document: TextDocument, searches: Sequence[Search]) -> list[lsp.CodeAction]:
    actions = []
    for search in searches:
        for suggestion in search.found.suggestions if search.found is not None else ():
            edit = server.edit_of(document, search.hole, suggestion)
            if edit is None:
                continue
            actions.append(
                lsp.CodeAction(
                    title=f"Try this: {_title(suggestion)}",
                    kind=lsp.CodeActionKind.QuickFix,
                    is_preferred=suggestion.verified,
                    edit=edit,
                )
            )
    return actions


def _offer(server: StepwiseServer, document: TextDocument, hole: FileHole) -> lsp.CodeAction:
    at = to_position(document.source, hole.start, server.workspace.position_encoding)
    command = lsp.Command("Stepwise: search for a proof", PROVE, arguments=[document.uri, at.line, at.character])
    return lsp.CodeAction(title=command.title, kind=lsp.CodeActionKind.QuickFix, command=command)


async def _completions(server: StepwiseServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    document = server.workspace.get_text_document(params.text_document.uri)
    text = document.source
    documents = await _asked(server)
    nothing = lsp.CompletionList(is_incomplete=False, items=[])
    if documents is None:
        return nothing
    place = from_position(text, params.position, server.workspace.position_encoding)
    holes = await _holes(server, documents, document)
    hole = next((each for each in holes if each.touches(place.line, place.column)), None)
    if hole is None:
        return nothing
    search = documents.search(document.uri, text, hole)
    await documents.wait(search, lambda: search.proved, COMPLETION_S)
    items = []
    for rank, suggestion in enumerate(search.found.suggestions if search.found is not None else ()):
        edit = server.edit_of(document, hole, suggestion)
        if edit is None or not edit.document_changes:
            continue
        change = edit.document_changes[0]
        assert isinstance(change, lsp.TextDocumentEdit) and isinstance(change.edits[0], lsp.TextEdit)
        single = change.edits[0].range.start.line == change.edits[0].range.end.line == params.position.line
        items.append(
            lsp.CompletionItem(
                label=f"Try this: {_title(suggestion)}",
                kind=lsp.CompletionItemKind.Snippet,
                detail="verified" if suggestion.verified else suggestion.kind,
                documentation="\n\n".join(suggestion.goals) or suggestion.text,
                sort_text=f"{rank:03}",
                filter_text=hole.replaces or "sorry",
                # A completion may change no other line than the one it is asked on: the rest goes beside
                text_edit=change.edits[0] if single else None,
                insert_text=None if single else "",
                additional_text_edits=None if single else [change.edits[0]],
            )
        )
    return lsp.CompletionList(is_incomplete=not search.over, items=items)


async def _prove(server: StepwiseServer, uri: str, position: lsp.Position) -> str:
    """The command; what it says is shown to the user, and returned."""
    document = server.workspace.get_text_document(uri)
    text = document.source
    documents = await _asked(server)
    if documents is None:
        return "Lean cannot be used."
    place = from_position(text, position, server.workspace.position_encoding)
    hole = hole_at(await _holes(server, documents, document), place.line, place.column)
    if hole is None:
        return _shown(server, "There is nothing to prove here.")
    search = documents.search(uri, text, hole)
    await _follow(server, documents, search)
    proof = search.found.proof if search.found is not None else None
    if proof is None:
        return _shown(server, "No proof was found. The code actions at this place have next steps.")
    edit = server.edit_of(server.workspace.get_text_document(uri), hole, proof)
    if edit is None:
        return _shown(server, "A proof was found, but the text has changed since.")
    answer = await server.workspace_apply_edit_async(lsp.ApplyWorkspaceEditParams(edit, "Stepwise: a proof"))
    return "proved" if answer.applied else _shown(server, "The editor did not take the proof.")


async def _follow(server: StepwiseServer, documents: Documents, search: Search) -> None:
    """Wait for the end of a search, and show how far it is; the user may cancel it there."""
    token = str(uuid.uuid4())
    window = server.client_capabilities.window
    shows = bool(window and window.work_done_progress)
    if shows:
        await server.work_done_progress.create_async(token)
        begin = lsp.WorkDoneProgressBegin(title="Stepwise", message="searching for a proof", cancellable=True)
        server.work_done_progress.begin(token, begin)
    try:
        seen = -1
        for _ in range(round((server.timeout_s + VERIFY_S) * 2)):
            await documents.wait(search, lambda: False, 0.5)
            if shows and server.work_done_progress.tokens[token].cancelled():
                search.cancel()
            if search.over:
                break
            tried = search.found.tried if search.found is not None else 0
            if shows and tried != seen:
                seen = tried
                server.work_done_progress.report(token, lsp.WorkDoneProgressReport(message=f"{tried} tactics tried"))
    finally:
        if shows:
            server.work_done_progress.end(token, lsp.WorkDoneProgressEnd())


async def _asked(server: StepwiseServer) -> Documents | None:
    """The documents, or None where no Lean can be used, of which the user is told."""
    try:
        return await server.documents()
    except StepwiseError as error:
        _shown(server, f"{error.message} {error.hint}", lsp.MessageType.Error)
        return None


async def _holes(server: StepwiseServer, documents: Documents, document: TextDocument) -> Sequence[FileHole]:
    try:
        return await documents.holes(document.uri, document.source)
    except StepwiseError as error:
        server.say(f"{error.message} {error.hint}", lsp.MessageType.Error)
        return ()


def _touches(hole: FileHole, first: int, last: int) -> bool:
    return any(hole.touches(line) for line in range(first, min(last, first + 1_000) + 1))


def _title(suggestion: Suggestion) -> str:
    """One line: what is written, and what it leaves."""
    text = " ".join(suggestion.text.split())
    short = text if len(text) <= 60 else f"{text[:59]}…"
    if suggestion.kind == "step":
        left = len(suggestion.goals)
        return f"{short} (leaves {left} goal{'s' if left != 1 else ''})"
    return short if suggestion.verified else f"{short} (not verified yet)"


def _shown(server: StepwiseServer, text: str, kind: lsp.MessageType = lsp.MessageType.Info) -> str:
    server.window_show_message(lsp.ShowMessageParams(type=kind, message=f"Stepwise: {text}"))
    return text
