"""All open documents of one editor, and the workspaces that they belong to.

The desk does what it is told, one thing after the other, and knows nothing of the conversation: `lsp` talks to the
client and asks the desk. It can sit in a process of its own (`serving`), so that a text that takes a parser down takes
nothing else down; whoever asks must then be ready to tell a new desk everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from whence import files
from whence.engine import Base, Snapshot
from whence.errors import UserError
from whence.live import policy_help, words
from whence.live.answering import Answer, checked, same_place
from whence.live.buffer import Buffer
from whence.live.client_text import Change, ClientText, Place
from whence.live.closed import closed, listed
from whence.live.document import LiveDocument, Which
from whence.live.offers import offers, reviews
from whence.live.places import locate
from whence.live.policy_faults import problems
from whence.live.sealed import Sealed
from whence.live.showing import array, problem, shows
from whence.live.stamps import Stamps, Watch
from whence.live.values import Choice, Closed, Face, Look, Named, Offer, Opened, Placing, ReviewRequest
from whence.model import Finding
from whence.policy.files import PYPROJECT
from whence.policy.offers import Known
from whence.problems import Problem
from whence.ranges import contains
from whence.repo import GitError
from whence.review import Ledger
from whence.text import decode, split
from whence.tools import Registry

TREES = 4
"""Documents whose syntax tree is kept; one takes some twenty times its text, and only who types needs it."""


class Desk:
    """Mutable; for one thread."""

    def __init__(self) -> None:
        self._face = Face()
        self._snapshots: dict[str, Snapshot] = {}
        self._documents: dict[str, LiveDocument] = {}
        self._places: dict[str, Placing] = {}
        self._recent: list[str] = []
        """Who was edited last, the latest at the end."""
        self._stale: set[str] = set()
        """Whose workspace is known anew since they were looked at."""
        self._watches: dict[str, tuple[Watch, Stamps]] = {}

    # -- workspaces ------------------------------------------------------------------------------------------

    def face(self, face: Face) -> None:
        """Tell from now on in this way."""
        self._face = face
        for document in self._documents.values():
            document.retold()

    def adopt(self, root: str, sealed: Sealed[Snapshot]) -> None:
        """Take up what is known of a workspace now; its documents go on with it."""
        self._snapshots[root] = sealed.open()
        self._renew(root)

    def reviewed(self, root: str, sealed: Sealed[Ledger]) -> None:
        """Take up the reviews as they are now."""
        snapshot = self._snapshots.get(root)
        if snapshot is not None:
            settings = replace(snapshot.settings, ledger=sealed.open())
            self._snapshots[root] = replace(snapshot, settings=settings)
            self._renew(root)

    def drop(self, root: str) -> None:
        """Forget a workspace."""
        self._snapshots.pop(root, None)

    def _renew(self, root: str) -> None:
        self._stale.update(uri for uri, placing in self._places.items() if placing.root == root)

    def locate(
        self, path: Path, folders: tuple[Path, ...], home: Path | None
    ) -> tuple[Path, str, bool] | None:
        """Which workspace a file belongs to, see `places.locate`."""
        return locate(path, folders, home.resolve() if home is not None else None)

    def watch(self, root: Path, policy_path: Path | None, environment: Mapping[str, str]) -> None:
        """Remember the state of everything that a workspace rests on. Runs git once."""
        watch = Watch.of(root, policy_path, environment)
        self._watches[str(root)] = watch, watch.look()

    def moved(self, root: Path) -> bool:
        """Whether any of that has changed since; true also where nobody remembers."""
        known = self._watches.get(str(root))
        return known is None or known[0].look(known[1]) != known[1]

    # -- documents -------------------------------------------------------------------------------------------

    def open(self, opened: Opened) -> None:
        buffer = Buffer(opened.text, self._face.encoding)
        self._documents[opened.uri] = LiveDocument(opened.uri, buffer, opened.version)

    def place(self, uri: str, placing: Placing) -> None:
        """Put a document into its workspace. Reads the text at HEAD: one short git process."""
        self._places[uri] = placing
        self._stale.add(uri)

    def _put(self, document: LiveDocument, placing: Placing) -> None:
        document.why = placing.why
        snapshot = self._snapshots.get(placing.root) if placing.root is not None else None
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

    def _get(self, uri: str) -> LiveDocument | None:
        """A document, in its workspace as that is known now."""
        document = self._documents.get(uri)
        if document is not None and uri in self._stale:
            self._stale.discard(uri)
            self._put(document, self._places[uri])
        return document

    # -- what is found ---------------------------------------------------------------------------------------

    def look(self, uri: str) -> Look | None:
        """What is found in a document as it is now; None when it is not open."""
        document = self._get(uri)
        if document is None:
            return None
        look = document.look(self._face)
        if uri not in self._recent:
            document.forget()
        return look

    def settle(self, uri: str) -> Look | None:
        """The same when everything was asked."""
        document = self._get(uri)
        return document.settle(self._face) if document is not None else None

    def undated(self, uri: str) -> tuple[str, str] | None:
        """Of which text at HEAD the lines' dates are wanted: the commit, the workspace path there."""
        document = self._get(uri)
        followed = document.followed if document is not None else None
        if followed is None:
            return None
        snapshot, base = followed.snapshot, followed.base
        if snapshot.repository is None or snapshot.head is None or base.head_path is None:
            return None
        return snapshot.head, base.head_path

    def date(self, uri: str, head: str, committed: tuple[float, ...] | None) -> None:
        """The dates of the lines at HEAD, None where nobody can tell."""
        document = self._get(uri)
        if document is None or document.followed is None:
            return
        if document.followed.snapshot.head == head:
            document.date(replace(document.followed.base, committed=committed))

    def hover(self, uri: str, line: int, markdown: bool) -> tuple[str, tuple[Place, Place]] | None:
        """What stands behind the findings on a line of the client's, and where that is."""
        document, snapshot = self._in_workspace(uri)
        if document is None or snapshot is None:
            return None
        own = document.buffer.own_line(line)
        here = [one for one in document.findings(Which(lines=(own, own))) if contains(one.lines, own)]
        if not here:
            return None
        first, last = next(run for run in here[0].lines if run[0] <= own <= run[1])
        told = words.hover_markdown if markdown else words.hover_plain
        return told(here[0], snapshot.registry, here[1:]), document.buffer.extent(first, last)

    def offers(
        self, uri: str, named: Sequence[Named], first: int, last: int
    ) -> list[tuple[Offer, int | None]]:
        """What can be done about findings that the client names, else about those on some of its lines; with each
        the place of the diagnostic that it is about."""
        document, snapshot = self._in_workspace(uri)
        if document is None or snapshot is None:
            return []
        found: dict[str, Finding] = {}
        about: dict[str, int] = {}
        for place, item in enumerate(named):
            finding = self._named(document, item)
            if finding is not None:
                found[finding.fingerprint], about[finding.fingerprint] = finding, place
        if not found:
            own = document.buffer.own_line
            lines = (own(first), own(last))
            found = {item.fingerprint: item for item in document.findings(Which(lines=lines))}
        return [(offer, about.get(offer.fingerprint)) for offer in offers(uri, snapshot, found.values())]

    @staticmethod
    def _named(document: LiveDocument, item: Named) -> Finding | None:
        """The finding that a client's diagnostic shows: by its data, else by its code and place."""
        if item.fingerprint is not None:
            for finding in document.findings(Which(fingerprint=item.fingerprint)):
                return finding
        own = document.buffer.own_line(item.line)
        for finding in document.findings(Which(lines=(own, own))):
            if finding.code == item.code and contains(finding.lines, own):
                return finding
        return None

    def lenses(self, uri: str) -> list[tuple[str, tuple[Place, Place], Offer | None]]:
        """A line above each region: its title, the place, and the one answer that a click gives."""
        document, snapshot = self._in_workspace(uri)
        if document is None or snapshot is None:
            return []
        out: list[tuple[str, tuple[Place, Place], Offer | None]] = []
        for finding in document.findings(Which()):
            possible = list(reviews(uri, finding))
            title = words.lens_title(finding, snapshot.registry)
            # With several purposes the quick fix asks which.
            answer = possible[0] if len(possible) == 1 else None
            out.append((title, document.buffer.span(finding.region.start), answer))
        return out

    def listed(self, uri: str) -> bytes:
        """The findings of a document for an editor's own views: JSON objects with commas between."""
        document, snapshot = self._in_workspace(uri)
        if document is None or snapshot is None:
            return b""
        found = [finding for finding in document.findings(Which()) if shows(self._face, finding)]
        return listed(uri, snapshot, found)

    def explain(self, uri: str, line: int) -> str | None:
        """All that is known of one line of the client's, as Markdown; None for a document of no workspace."""
        document, snapshot = self._in_workspace(uri)
        if document is None or snapshot is None:
            return None
        return words.explanation(snapshot, document.result(), document.buffer.own_line(line))

    def answering(self, uri: str, request: ReviewRequest) -> Sealed[Answer]:
        """A checked answer to a finding of a document. Raises UserError where the finding or the policy will not
        have it."""
        document, snapshot = self._in_workspace(uri)
        if document is None or snapshot is None:
            raise UserError(f"{uri} is not a file of a workspace")
        finding = _answered(document.findings(Which(fingerprint=request.fingerprint)))
        return Sealed(checked(snapshot, finding, document.buffer.lines, request))

    def left(self, uri: str, answer: Sealed[Answer]) -> tuple[str, ...] | None:
        """What is still said where a finding was answered; None where nothing is left of it."""
        document = self._get(uri)
        found = document.findings(Which()) if document is not None else []
        return _left(found, answer.open().finding)

    def _in_workspace(self, uri: str) -> tuple[LiveDocument | None, Snapshot | None]:
        document = self._get(uri)
        followed = document.followed if document is not None else None
        return document, followed.snapshot if followed is not None else None

    def text(self, uri: str) -> tuple[int, str] | None:
        """The version and the text of a document."""
        document = self._documents.get(uri)
        return (document.version, document.buffer.text) if document is not None else None

    # -- policy files ----------------------------------------------------------------------------------------

    def completions(self, uri: str, place: Place, markdown: bool) -> list[Choice]:
        """What could stand at a place of a policy file."""
        document, known, pyproject = self._policy(uri)
        if document is None or known is None:
            return []
        return policy_help.choices(document.buffer.whole(), place, known, pyproject, markdown)

    def meaning(self, uri: str, place: Place, markdown: bool) -> str | None:
        """What the key, table or value at a place of a policy file means; None for every other document."""
        document, known, pyproject = self._policy(uri)
        if document is None or known is None:
            return None
        return policy_help.meaning(document.buffer.whole(), place, known, pyproject, markdown)

    def _policy(self, uri: str) -> tuple[LiveDocument | None, Known | None, bool]:
        """A policy file, and what its workspace knows besides the text; the built-in tools alone where nobody has
        looked at that."""
        document, placing = self._get(uri), self._places.get(uri)
        if document is None or placing is None or placing.policy is None:
            return None, None, False
        snapshot = self._snapshots.get(placing.root) if placing.root is not None else None
        today = datetime.now(UTC).date()
        if snapshot is None:
            known = Known(Registry.builtin(), today=today)
        else:
            owners = snapshot.settings.surroundings.owners
            known = Known(snapshot.registry, snapshot.policy, owners, today)
        return document, known, placing.policy.name == PYPROJECT

    # -- files on disk ---------------------------------------------------------------------------------------

    def closed(self, root: str, name: str, uri: str) -> Closed | None:
        """What is found in a file as it stands on disk; None where the workspace is not known."""
        snapshot = self._snapshots.get(root)
        return (
            closed(snapshot, snapshot.analyse_file(name), uri, self._face) if snapshot is not None else None
        )

    def explain_closed(self, root: str, name: str, line: int) -> str:
        """All that is known of one line of a file on disk, counted from 0."""
        snapshot = self._snapshots[root]
        text = self._on_disk(snapshot, name)
        return words.explanation(snapshot, snapshot.analyse_file(name), text.own_line(line))

    def answering_closed(self, root: str, name: str, request: ReviewRequest) -> Sealed[Answer]:
        """A checked answer to a finding in a file on disk. Raises UserError."""
        snapshot = self._snapshots[root]
        found = snapshot.analyse_file(name).findings
        finding = _answered([one for one in found if one.fingerprint == request.fingerprint])
        lines = split(self._on_disk(snapshot, name).text)
        return Sealed(checked(snapshot, finding, lines, request))

    def left_closed(self, root: str, name: str, answer: Sealed[Answer]) -> tuple[str, ...] | None:
        """What is still said where a finding in a file on disk was answered; None where nothing is left of it."""
        return _left(self._snapshots[root].analyse_file(name).findings, answer.open().finding)

    def _on_disk(self, snapshot: Snapshot, name: str) -> ClientText:
        data = files.read(snapshot.root, name).data
        return ClientText(decode(data) if data else "", self._face.encoding)

    def problems(self, faults: Sequence[tuple[Path, tuple[Problem, ...]]]) -> list[Closed]:
        """Faults of policy files on disk, as diagnostics in these files."""
        out = []
        for path, items in faults:
            try:
                text = ClientText(path.read_text("utf-8", "replace"), self._face.encoding)
            except OSError:
                text = ClientText("", self._face.encoding)
            out.append(Closed(path.as_uri(), array([problem(item, text) for item in items])))
        return out


def _answered(found: Sequence[Finding]) -> Finding:
    if not found:
        raise UserError("these lines are not as they were shown", hint="look at them again, then review")
    return found[0]


def _left(found: Sequence[Finding], answered: Finding) -> tuple[str, ...] | None:
    return next((finding.notes for finding in found if same_place(finding, answered)), None)


def _faults(path: Path, name: str, snapshot: Snapshot | None, buffer: Buffer) -> list[str]:
    """What is wrong in a policy file, as diagnostics."""
    return [problem(item, buffer, grave=grave) for item, grave in problems(buffer.text, path, name, snapshot)]


METHODS: Mapping[str, Callable[..., Any]] = {
    name: method for name, method in vars(Desk).items() if callable(method) and not name.startswith("_")
}
"""What may be asked of a desk in another process: everything that has a name of its own."""
