"""The open documents: their holes, and a search for each hole that somebody asked about, until the text changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from prover.edits import as_lean_sees
from prover.suggest import FileHole, Suggester, Suggestions

Key = tuple[int, int]
"""Where a hole begins: line and column."""


@dataclass(slots=True)
class Search:
    """A search for one hole of a document."""

    hole: FileHole
    task: asyncio.Task[None] | None = None
    found: Suggestions | None = None
    """The latest news."""
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    dropped: bool = False
    """Its text is gone; Lean may still be at its last tactics."""

    def cancel(self) -> None:
        """End it."""
        self.dropped = True
        if self.task is not None:
            self.task.cancel()

    @property
    def over(self) -> bool:
        """Will nothing better come?"""
        return (
            self.dropped or (self.task is not None and self.task.done()) or (self.found is not None and self.found.done)
        )

    @property
    def proved(self) -> bool:
        """Is there a verified proof?"""
        return self.found is not None and self.found.proof is not None


@dataclass(slots=True)
class Document:
    """A text that is open in the editor, as it was when its holes were last looked for."""

    text: str
    holes: asyncio.Task[tuple[FileHole, ...]]
    searches: dict[Key, Search] = field(default_factory=dict)

    def cancel(self) -> None:
        """End what goes on for it."""
        self.holes.cancel()
        for search in self.searches.values():
            search.cancel()


class Documents:
    """What is known of the documents by their addresses.

    Args:
        suggester: finds holes, and what to write in them.
        timeout_s: seconds for the search in one hole.
    """

    def __init__(self, suggester: Suggester, *, timeout_s: float) -> None:
        self._suggester, self._timeout_s = suggester, timeout_s
        self._known: dict[str, Document] = {}

    async def holes(self, uri: str, text: str) -> tuple[FileHole, ...]:
        """The holes of the document as its text is now; looked for once for each text.

        Raises:
            StepwiseError: Lean cannot be asked.
        """
        document = self._document(uri, text)
        try:
            return await asyncio.shield(document.holes)
        except asyncio.CancelledError:
            if document.holes.cancelled():  # by a change of the text: whoever asked will ask again
                return ()
            raise

    def search(self, uri: str, text: str, hole: FileHole) -> Search:
        """The search for a hole of the document, begun if there is none yet or the last one came to nothing."""
        document = self._document(uri, text)
        key = (hole.start.line, hole.start.column)
        known = document.searches.get(key)
        if known is not None and (known.proved or not known.over):
            return known
        search = Search(hole)
        search.task = asyncio.create_task(self._run(search))
        document.searches[key] = search
        return search

    def known(self, uri: str, text: str) -> list[Search]:
        """The searches that were begun for this text."""
        document = self._known.get(uri)
        if document is None or document.text != as_lean_sees(text):
            return []
        return list(document.searches.values())

    def changed(self, uri: str, text: str) -> None:
        """The text is another now: what was searched for the old one is of no use."""
        document = self._known.get(uri)
        if document is not None and document.text != as_lean_sees(text):
            self.closed(uri)

    def closed(self, uri: str) -> None:
        """The document is gone."""
        document = self._known.pop(uri, None)
        if document is not None:
            document.cancel()

    async def close(self) -> None:
        """End everything, and wait for it."""
        documents, self._known = list(self._known.values()), {}
        for document in documents:
            document.cancel()
        searches = [search.task for document in documents for search in document.searches.values() if search.task]
        await asyncio.gather(*searches, *(document.holes for document in documents), return_exceptions=True)

    async def wait(self, search: Search, enough: Callable[[], bool], timeout_s: float) -> None:
        """Wait until there is enough, the search is over, or the time is."""
        async with search.news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(search.news.wait_for(lambda: enough() or search.over), timeout_s)

    def _document(self, uri: str, text: str) -> Document:
        seen = as_lean_sees(text)
        document = self._known.get(uri)
        if document is None or document.text != seen:
            self.closed(uri)
            document = Document(seen, asyncio.create_task(self._suggester.holes(text)))
            document.holes.add_done_callback(_looked_at)
            self._known[uri] = document
        elif document.holes.done() and not document.holes.cancelled() and document.holes.exception():
            document.holes = asyncio.create_task(self._suggester.holes(text))  # it may be well now
            document.holes.add_done_callback(_looked_at)
        return document

    async def _run(self, search: Search) -> None:
        stream = self._suggester.suggest(search.hole, timeout_s=self._timeout_s)
        try:
            async with contextlib.aclosing(stream):
                async for found in stream:
                    search.found = found
                    async with search.news:
                        search.news.notify_all()
        finally:
            async with search.news:
                search.news.notify_all()


def _looked_at(task: asyncio.Task[tuple[FileHole, ...]]) -> None:
    """Whoever waits is told of an error; where nobody does, nobody needs to be."""
    if not task.cancelled():
        task.exception()
