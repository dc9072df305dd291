"""All open documents of one editor, and the workspaces that they belong to.

The desk does what it is told, one thing after the other, and knows nothing of the conversation: `lsp` talks to the
client and asks the desk. It can sit in a process of its own (`serving`), so that a text that takes a parser down takes
nothing else down; whoever asks must then be ready to tell a new desk everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from whence.engine import Base, Snapshot
from whence.errors import Damaged
from whence.live.buffer import Buffer
from whence.live.client_text import Change
from whence.live.document import LiveDocument
from whence.live.places import locate
from whence.live.sealed import Sealed
from whence.live.showing import problem
from whence.live.values import Face, Grounds, Look, Opened, Placing
from whence.live.workspaces import Workspaces
from whence.repo import GitError
from whence.review import Ledger

TREES = 4
"""Documents whose syntax tree is kept; one takes some twenty times its text, and only who types needs it."""

OWN = frozenset(
    {
        *("retell", "adopt", "glance", "reviewed", "drop", "watch", "rests_on", "moved", "locate"),
        *("open", "place", "change", "close", "look", "settle", "undated", "date", "text"),
    }
)
"""The methods of a desk that may be called from another process."""


class Desk:
    """Mutable; for one thread."""

    def __init__(self) -> None:
        self.face = Face()
        """How findings are told."""
        self.workspaces = Workspaces()
        self._documents: dict[str, LiveDocument] = {}
        self._places: dict[str, Placing] = {}
        self._recent: list[str] = []
        """Who was edited last, the latest at the end."""
        self._stale: set[str] = set()
        """Whose workspace is known anew since they were looked at."""

    def retell(self, face: Face) -> None:
        """Tell from now on in this way."""
        self.face = face
        for document in self._documents.values():
            document.retold()

    # -- workspaces ------------------------------------------------------------------------------------------

    def adopt(self, root: str, sealed: Sealed[Snapshot]) -> None:
        """Take up what is known of a workspace now; its documents go on with it."""
        self.workspaces.adopt(root, sealed)
        self._renew(root)

    def glance(self, root: str, policy_path: Path | None, environment: Mapping[str, str], name: str) -> bool:
        """Take up what is at hand of a workspace that nobody has looked at yet; whether there was anything."""
        found = self.workspaces.glance(root, policy_path, environment, name)
        if found:
            self._renew(root)
        return found

    def reviewed(self, root: str, sealed: Sealed[Ledger]) -> None:
        """Take up the reviews as they are now."""
        if self.workspaces.reviewed(root, sealed):
            self._renew(root)

    def drop(self, root: str) -> None:
        """Forget a workspace."""
        self.workspaces.drop(root)

    def watch(self, root: Path, grounds: Grounds) -> None:
        """Remember the state of the files that a workspace rests on."""
        self.workspaces.watch(root, grounds)

    def rests_on(self, root: Path, facts: Sealed[Mapping[str, str]]) -> None:
        """Remember what the file system said to whoever looked at a workspace."""
        self.workspaces.rests_on(root, facts.open())

    def moved(self, root: Path) -> bool | None:
        """Whether any of that has changed since; None: perhaps, see `Workspaces.moved`."""
        return self.workspaces.moved(root)

    def _renew(self, root: str) -> None:
        self._stale.update(uri for uri, placing in self._places.items() if placing.root == root)

    def locate(
        self, path: Path, folders: tuple[Path, ...], home: Path | None
    ) -> tuple[Path, str, bool] | None:
        """Which workspace a file belongs to, see `places.locate`."""
        return locate(path, folders, home.resolve() if home is not None else None)

    # -- documents -------------------------------------------------------------------------------------------

    def open(self, opened: Opened) -> None:
        buffer = Buffer(opened.text, self.face.encoding)
        self._documents[opened.uri] = LiveDocument(opened.uri, buffer, opened.version)

    def place(self, uri: str, placing: Placing) -> None:
        """Put a document into its workspace. Reads the text at HEAD: one short git process."""
        self._places[uri] = placing
        self._stale.add(uri)

    def _put(self, document: LiveDocument, placing: Placing) -> None:
        document.why = placing.why
        snapshot = self.workspaces.get(placing.root)
        faults = partial(_faults, placing.policy, placing.name, snapshot) if placing.policy else None
        base = self._base(document, snapshot, placing.name) if snapshot is not None else Base()
        document.place(snapshot, placing.name, base, faults)

    @staticmethod
    def _base(document: LiveDocument, snapshot: Snapshot, name: str) -> Base:
        """The committed text behind a document; what was read before, where it is still that."""
        head_path = snapshot.head_paths.get(name, name)
        before = document.followed
        if (
            before is not None
            and before.base.lines is not None
            and (before.base.head_path, before.base.blob) == (head_path, snapshot.blobs.get(head_path or ""))
        ):
            same = before.snapshot.head == snapshot.head
            return before.base if same else replace(before.base, committed=None)
        try:
            return snapshot.base(name)
        except GitError:
            return Base(head_path)

    def change(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        document = self._documents.get(uri)
        if document is None:
            return
        document.change(version, changes)
        if not self._recent or self._recent[-1] != uri:
            self._recent = [other for other in self._recent if other != uri] + [uri]
            for other in self._recent[:-TREES]:
                if other in self._documents:
                    self._documents[other].forget()
            self._recent = self._recent[-TREES:]

    def close(self, uri: str) -> None:
        self._documents.pop(uri, None)
        self._places.pop(uri, None)
        self._stale.discard(uri)
        self._recent = [other for other in self._recent if other != uri]

    def get(self, uri: str) -> LiveDocument | None:
        """A document, in its workspace as that is known now."""
        document = self._documents.get(uri)
        if document is not None and uri in self._stale:
            self._stale.discard(uri)
            self._put(document, self._places[uri])
        return document

    # -- what is found ---------------------------------------------------------------------------------------

    def look(self, uri: str) -> Look | None:
        """What is found in a document as it is now; None when it is not open."""
        look = self._looked(uri, LiveDocument.look)
        document = self._documents.get(uri)
        if document is not None and uri not in self._recent:
            document.forget()
        return look

    def settle(self, uri: str) -> Look | None:
        """The same when everything was asked."""
        return self._looked(uri, LiveDocument.settle)

    def _looked(self, uri: str, how: Callable[[LiveDocument, Face], Look]) -> Look | None:
        """Look, and again if it failed on a damaged index that has been begun anew since. That the index is another one
        tells whoever looks at the workspace that there is more to learn."""
        document = self.get(uri)
        if document is None:
            return None
        try:
            return how(document, self.face)
        except Damaged as error:
            from whence.index import mend

            snapshot = document.followed.snapshot if document.followed is not None else None
            if snapshot is None or mend(snapshot.environment, error) is None:
                raise
        self._stale.add(uri)
        document = self.get(uri)
        return how(document, self.face) if document is not None else None

    def undated(self, uri: str) -> tuple[str, str] | None:
        """Of which text at HEAD the lines' dates are wanted: the commit, the workspace path there."""
        document = self.get(uri)
        followed = document.followed if document is not None else None
        if followed is None:
            return None
        snapshot, base = followed.snapshot, followed.base
        if snapshot.repository is None or snapshot.head is None or base.head_path is None:
            return None
        return snapshot.head, base.head_path

    def date(self, uri: str, head: str, committed: tuple[float, ...] | None) -> None:
        """The dates of the lines at HEAD, None where nobody can tell."""
        document = self.get(uri)
        if document is None or document.followed is None:
            return
        if document.followed.snapshot.head == head:
            document.date(replace(document.followed.base, committed=committed))

    def in_workspace(self, uri: str) -> tuple[LiveDocument | None, Snapshot | None]:
        document = self.get(uri)
        followed = document.followed if document is not None else None
        return document, followed.snapshot if followed is not None else None

    def placing(self, uri: str) -> Placing | None:
        return self._places.get(uri)

    def opened_policy(self, path: Path) -> str | None:
        """The URI of an open policy file."""
        return next((uri for uri, placing in self._places.items() if placing.policy == path), None)

    def text(self, uri: str) -> tuple[int, str] | None:
        """The version and the text of a document."""
        document = self._documents.get(uri)
        return (document.version, document.buffer.text) if document is not None else None

    def question(self, name: str) -> Callable[..., Any]:
        """What may be asked of a desk, or told it, from another process. What is not for whoever types is loaded
        when it is asked first."""
        if name in OWN:
            return getattr(self, name)  # type: ignore[no-any-return]
        from whence.live import asked, on_disk

        return partial(asked.QUESTIONS.get(name) or on_disk.QUESTIONS[name], self)


def _faults(path: Path, name: str, snapshot: Snapshot | None, buffer: Buffer) -> list[str]:
    """What is wrong in a policy file, as diagnostics."""
    from whence.live.policy_faults import problems

    return [problem(item, buffer, grave=grave) for item, grave in problems(buffer.text, path, name, snapshot)]
