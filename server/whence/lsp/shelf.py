"""What is shown of files that are not open: findings of a scan, and the faults of a broken policy.

They are pushed to every client, also to one that pulls: it asks only about what is open. So that nothing is shown
twice they are taken back from a client that pulls as soon as the file is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from whence.live.client_text import ClientText
from whence.lsp import analysing, convert
from whence.lsp.documents import path_of

if TYPE_CHECKING:
    from whence.lsp.roots import Root
    from whence.lsp.session import Session

Items = Sequence[types.Diagnostic]


class Shelf:
    """Findings by URI. Owned by the loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._items: dict[str, Items] = {}
        self._faulty: dict[Path, set[str]] = {}
        """Root to the URIs of its policy files that are shown with faults."""
        self._complained: set[str] = set()

    def put(self, uri: str, items: Items) -> None:
        """Show these findings while the file is not open; an empty list takes them back."""
        before = self._items.pop(uri, ())
        if items:
            self._items[uri] = items
        if uri not in self._session.documents and list(items) != list(before):
            self._session.publish(uri, None, items)

    def opened(self, uri: str) -> None:
        if self._session.client.pull and uri in self._items:
            self._session.publish(uri, None, [])

    def closed(self, uri: str) -> None:
        """Show what is known of the file on disk, which may have been saved since, and look at it again."""
        if uri in self._items:
            self._session.publish(uri, None, self._items[uri])
            for root in list(self._session.roots.values()):
                self._session.start(self._renew(root, [uri]))
        elif not self._session.client.pull:
            self._session.publish(uri, None, [])

    def clear(self) -> None:
        for uri in list(self._items):
            self.put(uri, [])

    def scanned(self, root: Root, files: Mapping[str, Items]) -> None:
        """Show what a scan found, and take back what an earlier one had shown."""
        for uri in self._of(root):
            if uri not in files:
                self.put(uri, [])
        for uri, items in files.items():
            self.put(uri, items)

    def root_changed(self, root: Root) -> None:
        self._session.start(self._show_policy(root))
        self._session.start(self._renew(root, list(self._of(root))))

    def _of(self, root: Root) -> Iterator[str]:
        """The files of a workspace that are here with findings."""
        faulty = self._faulty.get(root.path, set())
        for uri in list(self._items):
            path = path_of(uri)
            if path is not None and path.is_relative_to(root.path) and uri not in faulty:
                yield uri

    async def _renew(self, root: Root, uris: Sequence[str]) -> None:
        """Look at closed files again."""
        session = self._session
        inside = set(self._of(root))
        for uri in uris:
            path, snapshot = path_of(uri), root.snapshot
            if path is None or snapshot is None or uri not in inside or uri in session.documents:
                continue
            name = path.relative_to(root.path).as_posix()
            analysis = await session.server.slow.run(
                analysing.analyse_closed, snapshot, name, uri, session.face
            )
            if uri in self._items:
                root.scanned[uri] = analysis.result.findings
                self.put(uri, analysis.items)

    async def _show_policy(self, root: Root) -> None:
        """The faults of a broken policy, in the policy file itself, and once as a message."""
        session = self._session
        faults: dict[str, list[types.Diagnostic]] = {}
        for item in root.problems:
            path = root.path / item.path
            text = ClientText(await session.server.slow.run(_text_of, path), session.encoding)
            faults.setdefault(path.as_uri(), []).append(convert.problem(item, text))
        for uri in self._faulty.get(root.path, set()) - set(faults):
            self.put(uri, [])
        self._faulty[root.path] = set(faults)
        for uri, items in faults.items():
            self.put(uri, items)
        if root.failure and root.failure not in self._complained:
            self._complained.add(root.failure)
            message = types.ShowMessageParams(types.MessageType.Error, f"Whence: {root.failure}")
            session.server.window_show_message(message)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
