"""What is shown of files that are not open: findings of a scan, and the faults of a broken policy.

They are pushed to every client, also to one that pulls: it asks only about what is open. So that nothing is shown
twice they are taken back from a client that pulls as soon as the file is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from whence.live.values import Closed
from whence.lsp.documents import path_of

if TYPE_CHECKING:
    from whence.lsp.roots import Root
    from whence.lsp.session import Session

NOTHING = b"[]"

PORTION = 50
"""Files that are told of at a stroke: a few milliseconds."""


class Shelf:
    """Diagnostics by URI. Owned by the loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._items: dict[str, bytes] = {}
        self._faulty: dict[Path, set[str]] = {}
        """Root to the URIs of its policy files that are shown with faults."""
        self._complained: set[str] = set()

    def put(self, uri: str, items: bytes) -> None:
        """Show these diagnostics while the file is not open; an empty list takes them back."""
        before = self._items.pop(uri, NOTHING)
        if items != NOTHING:
            self._items[uri] = items
        if uri not in self._session.documents and items != before:
            self._session.publish(uri, None, items)

    def opened(self, uri: str) -> None:
        if self._session.client.pull and uri in self._items:
            self._session.publish(uri, None, NOTHING)

    def closed(self, uri: str) -> None:
        """Show what is known of the file on disk, which may have been saved since, and look at it again."""
        if uri in self._items:
            self._session.publish(uri, None, self._items[uri])
            for root in list(self._session.roots.values()):
                self._session.start(self.renew(root, [uri]))
        elif not self._session.client.pull:
            self._session.publish(uri, None, NOTHING)

    def clear(self) -> None:
        for uri in list(self._items):
            self.put(uri, NOTHING)

    async def scanned(self, root: Root, files: Mapping[str, Closed]) -> None:
        """Show what a scan found, and take back what an earlier one had shown. Others get their turn in between:
        what was looked at again meanwhile is shown as it was seen then."""
        for number, uri in enumerate([*self._of(root), *files]):
            if number % PORTION == PORTION - 1:
                await asyncio.sleep(0)
            if root.closed:
                return
            found = files.get(uri)
            self.put(uri, found.items if found is not None else NOTHING)

    def root_changed(self, root: Root) -> None:
        self._session.start(self._show_policy(root))
        self._session.start(self.renew(root, list(self._of(root))))

    def _of(self, root: Root) -> Iterator[str]:
        """The files of a workspace that are here with findings."""
        faulty = self._faulty.get(root.path, set())
        for uri in list(self._items):
            path = path_of(uri)
            if path is not None and path.is_relative_to(root.path) and uri not in faulty:
                yield uri

    async def renew(self, root: Root, uris: Sequence[str]) -> None:
        """Look at closed files again."""
        session = self._session
        inside = set(self._of(root))
        for uri in uris:
            path = path_of(uri)
            if path is None or root.card is None or uri not in inside or uri in session.documents:
                continue
            name = path.relative_to(root.path).as_posix()
            found: Closed | None = await session.workshop.ask("closed", root.key, name, uri)
            if found is not None and uri in self._items:
                if root.survey is not None:
                    root.survey[1][uri] = found
                self.put(uri, found.items)

    async def _show_policy(self, root: Root) -> None:
        """The faults of a broken policy, in the policy file itself, and once as a message."""
        session = self._session
        faults: dict[Path, list[object]] = {}
        for item in root.problems:
            faults.setdefault(root.path / item.path, []).append(item)
        shown: list[Closed] = []
        if faults:
            named = [(path, tuple(items)) for path, items in faults.items()]
            shown = await session.workshop.ask("problems", named)
        for uri in self._faulty.get(root.path, set()) - {one.uri for one in shown}:
            self.put(uri, NOTHING)
        self._faulty[root.path] = {one.uri for one in shown}
        for one in shown:
            self.put(one.uri, one.items)
        if root.failure and root.failure not in self._complained:
            self._complained.add(root.failure)
            message = types.ShowMessageParams(types.MessageType.Error, f"Whence: {root.failure}")
            session.server.window_show_message(message)
