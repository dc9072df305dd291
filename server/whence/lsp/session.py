"""What the loop holds: the client, its settings, the workspaces, the open documents and what was last found in them.

The loop only moves messages. Texts go to the desk as they change, and what is found comes back ready to be sent; when
the text or what is known of the workspace has moved on meanwhile the answer is dropped and the desk asked again, so
that a burst of edits costs two analyses and nothing stale is ever shown.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from whence.live.values import Face, Look, Opened, Placing
from whence.lsp.client import Client
from whence.lsp.documents import OpenDocument, path_of
from whence.lsp.hands import Died
from whence.lsp.lookout import Lookout
from whence.lsp.progress import Progress
from whence.lsp.protocol import Raw
from whence.lsp.roots import Root
from whence.lsp.settings import Settings
from whence.lsp.shelf import NOTHING, Shelf
from whence.lsp.status import Status
from whence.lsp.workshop import Workshop

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from whence.live.client_text import Change
    from whence.lsp.server import WhenceServer

log = logging.getLogger(__name__)

SHORT = 0.02
"""Seconds. An analysis that took longer is followed by as long a rest when the text has already changed again, so
that a slow file never takes more than half of the time."""

LONGEST_REST = 2.0

REST = 0.3
"""Seconds without an edit after which what was carried along is looked at again."""

BACKLOG = 200
"""Changes that are kept here; then the desk is asked for the text that they have made."""

FATAL = 2
"""Desks that may die over a document before it is left alone."""


class Session:
    """Everything mutable, in one place."""

    def __init__(
        self, server: WhenceServer, workshop: Workshop, environment: Mapping[str, str] | None = None
    ) -> None:
        self.server = server
        self.workshop = workshop
        self.environment = dict(os.environ if environment is None else environment)
        self.client = Client()
        self.settings = Settings()
        self.encoding = "utf-16"
        self.folders: list[Path] = []
        self.roots: dict[Path, Root] = {}
        self.documents: dict[str, OpenDocument] = {}
        self.shelf = Shelf(self)
        self.status = Status(self)
        self.lookout = Lookout(self)
        self.cancellable: dict[str | int, Callable[[], None]] = {}
        """Progress token to what its cancel button does."""
        self.pulls_workspace = False
        """Whether the client asks for the findings of files that are not open, too."""
        self.streamed = False
        """Whether it was ever told what there is."""
        self.pages: list[TemporaryDirectory[str]] = []
        """Where documents are that were written to be shown; none before the first."""
        self.generation = 0
        """Counts whatever changes findings."""
        self._moved = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._leaving = False
        workshop.tell_all = self._tell_all
        workshop.lost = self._lost

    # -- documents -----------------------------------------------------------------------------------------

    def opened(self, uri: str, version: int, text: str) -> None:
        self.workshop.ready()
        document = OpenDocument(uri, version, text, path_of(uri))
        before = self.documents.get(uri)
        if before is not None:
            self._forget(before)
        self.documents[uri] = document
        self.workshop.tell("open", Opened(uri, version, text))
        self.shelf.opened(uri)
        self.moved()
        self.show(document)
        self.lookout.look()
        self.lookout.poll()

    def changed(self, uri: str, version: int, changes: Sequence[Change]) -> None:
        document = self.documents.get(uri)
        if document is None:
            log.warning("a change of %s, which is not open", uri)
            return
        self.workshop.ready()
        for change in changes:
            if len(change) == 1:
                document.text, document.changes = change[0], []
            else:
                document.changes.append(change)
            self.lookout.inserted(change[-1])
        document.version = version
        self.workshop.tell("change", uri, version, tuple(changes))
        if document.resting is not None:
            document.resting.cancel()
        if len(document.changes) > BACKLOG:
            self.start(self._shorten(document))
        self.moved()
        self.show(document)

    async def _shorten(self, document: OpenDocument) -> None:
        """Have the desk tell the text that many changes have made, instead of keeping them all."""
        known = len(document.changes)
        try:
            answer = await self.workshop.ask("text", document.uri)
        except Died:
            return
        if answer is not None and answer[0] == document.version and len(document.changes) == known:
            document.text, document.changes = answer[1], []

    def saved(self, uri: str) -> None:
        document = self.documents.get(uri)
        if document is not None:
            if document.root and document.is_policy:
                document.root.look_again()
            self.start(self._survey_again(document))
        self.lookout.look()

    async def _survey_again(self, document: OpenDocument) -> None:
        """Bring one file of a survey up to date with the disk."""
        if not any(root.survey for root in self.roots.values()):
            return
        await self.located(document)
        root, name = document.root, document.name
        if root is None or root.survey is None:
            return
        uri = (root.path / name).as_uri()
        found = await self.workshop.ask("closed", root.key, name, uri)
        if found is not None and root.survey is not None:
            root.survey[1][uri] = found
            self.moved()

    def closed(self, uri: str) -> None:
        document = self.documents.pop(uri, None)
        if document is None:
            return
        self._forget(document)
        self.workshop.tell("close", uri)
        self.start(self._survey_again(document))
        self.shelf.closed(uri)
        self.moved()

    @staticmethod
    def _forget(document: OpenDocument) -> None:
        document.closed = True
        if document.settling is not None:
            document.settling.cancel()
        if document.resting is not None:
            document.resting.cancel()

    # -- the desk ------------------------------------------------------------------------------------------

    @property
    def face(self) -> Face:
        pages = self.settings.finding_pages if self.client.code_descriptions else ""
        return Face(
            self.encoding,
            self.client.related_information,
            self.client.diagnostic_data,
            pages,
            self.settings.attributed,
        )

    def _tell_all(self) -> None:
        """Tell a new desk everything."""
        tell = self.workshop.tell
        tell("retell", self.face)
        for root in self.roots.values():
            root.retell()
        for document in self.documents.values():
            tell("open", Opened(document.uri, document.version, document.text))
            if document.changes:
                tell("change", document.uri, document.version, tuple(document.changes))
            if document.located:
                self._tell_place(document)
            document.look = None

    def _tell_place(self, document: OpenDocument) -> None:
        root = document.root
        policy = document.path if document.is_policy else None
        name = document.name or (policy.name if policy is not None else "")
        placing = Placing(root.key if root is not None else None, name, policy, document.why)
        self.workshop.tell("place", document.uri, placing)

    def _lost(self, died: Died) -> None:
        """A desk is gone: leave alone what it was at, if that has happened before or would never have ended."""
        uri = died.arguments[0] if died.arguments else None
        document = self.documents.get(uri) if isinstance(uri, str) else None
        if document is None or self._leaving:
            return
        document.deaths += 1
        if died.late or document.deaths >= FATAL:
            document.why = f"looking at it did not end well: {died}"
            self.log(types.MessageType.Warning, f"{document.name or document.uri} is left alone: {died}")

    # -- analysis ------------------------------------------------------------------------------------------

    async def analysed(self, document: OpenDocument) -> Look:
        """What is found in the newest text; shared by all who ask at the same time."""
        if self._is_current(document):
            assert document.look is not None
            return document.look
        if document.settling is None or document.settling.done():
            document.settling = asyncio.ensure_future(self._settle(document))
        return await asyncio.shield(document.settling)

    @staticmethod
    def _is_current(document: OpenDocument) -> bool:
        look, root = document.look, document.root
        if look is None or look.version != document.version or not document.located:
            return False
        return root is None or root.generation == document.looked_in

    async def _settle(self, document: OpenDocument) -> Look:
        while True:
            await self.located(document)
            root = document.root
            if root is not None:
                try:
                    await root.glimpse(document.name)
                except Died:
                    if self._leaving:
                        raise
                    continue
                if document.root is not root:
                    continue  # the folders have changed meanwhile
            generation = root.generation if root is not None else -1
            if generation != document.looked_in:
                document.dated, document.looked_in = False, generation
                self._tell_place(document)  # what is a policy file may be another now
            started = time.monotonic()
            try:
                look: Look | None = await self.workshop.ask("look", document.uri)
                if look is not None and look.undated and not document.dated and root is not None:
                    document.dated = True
                    if await self._date(document, root):
                        continue
            except Died:
                if self._leaving:
                    raise
                continue  # there is a new desk, and it has been told
            if look is None:
                raise asyncio.CancelledError  # closed meanwhile
            if root is not None and not root.known and look.items == NOTHING:
                await root.current()  # a first glance that shows nothing is no answer
                continue
            document.look = look
            if document.root is root and self._is_current(document):
                self._rest(document)
                return look
            took = time.monotonic() - started
            if took > SHORT:
                await asyncio.sleep(min(took, LONGEST_REST))

    async def _date(self, document: OpenDocument, root: Root) -> bool:
        """Look up the dates of a document's lines at HEAD; whether anything was learned."""
        wanted = await self.workshop.ask("undated", document.uri)
        if wanted is None:
            return False
        head, path = wanted
        dates = await self.workshop.job("dates", root.path, self.environment, head, path)
        self.workshop.tell("date", document.uri, head, dates)
        return True

    def _rest(self, document: OpenDocument) -> None:
        """Look again at everything once the typing rests, if there is anything to be looked at."""
        if document.resting is not None:
            document.resting.cancel()
        assert document.look is not None
        if not document.look.settled:
            loop = asyncio.get_running_loop()
            document.resting = loop.call_later(REST, lambda: self.start(self._rested(document)))

    async def _rested(self, document: OpenDocument) -> None:
        before = document.look
        if document.closed or before is None or not self._is_current(document):
            return
        try:
            look: Look | None = await self.workshop.ask("settle", document.uri)
        except Died:
            return
        if look is None or not self._is_current(document) or look.version != before.version:
            return
        document.look = look
        if look.identifier != before.identifier:
            self.moved()
            self.renew(document)

    async def located(self, document: OpenDocument) -> None:
        """Wait until it is known which workspace the document is of."""
        while not document.located:
            await self._locate(document)

    async def _locate(self, document: OpenDocument) -> None:
        folders = tuple(self.folders)
        place = await self.place(document.path) if document.path is not None else None
        if folders != tuple(self.folders):
            return
        if place is not None:
            path, document.name, alone = place
            document.root = self.root(path, (document.name,) if alone else ())
        document.located = True
        document.looked_in = -1
        self._tell_place(document)

    # -- showing -------------------------------------------------------------------------------------------

    def show(self, document: OpenDocument) -> None:
        """Push what is found, to a client that does not pull."""
        if not self.client.pull and not document.pushing:
            document.pushing = True
            self.start(self._push(document))

    async def _push(self, document: OpenDocument) -> None:
        try:
            look = await self.analysed(document)
            while not self._is_current(document):  # it changed while this task waited for its turn
                look = await self.analysed(document)
        finally:
            document.pushing = False
        if not document.closed:
            self.publish(document.uri, look.version, look.items)

    def renew(self, document: OpenDocument) -> None:
        """What is found in one document is another without an edit."""
        if self.client.pull:
            self.ask(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        else:
            self.show(document)

    def publish(self, uri: str, version: int | None, items: bytes) -> None:
        from json import dumps

        numbered = b"" if version is None else b'"version":%d,' % version
        body = b'{"uri":%b,%b"diagnostics":%b}' % (dumps(uri).encode("ascii"), numbered, items)
        self.server.protocol.notify_raw(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, body)

    def moved(self) -> None:
        """Wake whoever waits for findings to change."""
        self.generation += 1
        self._moved.set()
        self._moved = asyncio.Event()

    async def wait_moved(self, generation: int) -> None:
        while self.generation == generation:
            await self._moved.wait()

    def refresh(self) -> None:
        """Findings changed without an edit: have them asked for, or push them."""
        self.moved()
        self.status.tell()
        if self.client.pull:
            self.ask(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        else:
            for document in self.documents.values():
                self.show(document)
        if self.settings.code_lens and self.client.lens_refresh:
            self.ask(types.WORKSPACE_CODE_LENS_REFRESH)

    # -- workspaces ----------------------------------------------------------------------------------------

    async def place(self, path: Path) -> tuple[Path, str, bool] | None:
        """The workspace of a file, see `live.places.locate`."""
        home = self.environment.get("HOME") or self.environment.get("USERPROFILE")
        while True:
            try:
                place: tuple[Path, str, bool] | None = await self.workshop.ask(
                    "locate", path, tuple(self.folders), Path(home) if home else None
                )
            except Died:
                if self._leaving:
                    raise
                continue
            return place

    def root(self, path: Path, wanted: tuple[str, ...] = ()) -> Root:
        """The workspace at a resolved path, made on first use."""
        root = self.roots.get(path)
        if root is None:
            policy = path / self.settings.policy if self.settings.policy else None
            root = Root(
                path,
                self.workshop,
                self.environment,
                self._root_changed,
                lambda: Progress(self, f"Whence: looking at {path.name}"),
                self.status.tell,
                wanted=wanted,
                policy_path=policy,
            )
            self.roots[path] = root
        return root

    def _root_changed(self, root: Root) -> None:
        self.refresh()
        self.shelf.root_changed(root)

    def replace_roots(self) -> None:
        """Folders or the policy setting changed: every document finds its workspace anew."""
        for root in self.roots.values():
            root.close()
            self.workshop.tell("drop", root.key)
        self.roots.clear()
        self.shelf.clear()
        for document in self.documents.values():
            document.located, document.root, document.look, document.name = False, None, None, ""
        self.refresh()

    def retell(self) -> None:
        """The client is to be told in another way."""
        self.workshop.tell("retell", self.face)
        for document in self.documents.values():
            document.look = None
        self.refresh()
        for root in self.roots.values():
            self.shelf.root_changed(root)

    # -- small services ------------------------------------------------------------------------------------

    def start(self, work: Any) -> None:
        """Run a coroutine whose failure is logged and nobody's answer."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not (self._leaving and isinstance(error, Died)):
            log.error("background work failed", exc_info=error)

    def ask(self, method: str, params: Any = None) -> None:
        """Send a request whose answer does not matter."""
        future = self.server.protocol.send_request_async(method, params)
        future.add_done_callback(_ignore_answer)

    def log(self, kind: types.MessageType, text: str) -> None:
        """Put a line into the client's log and ours."""
        log.warning("%s", text)
        self.server.window_log_message(types.LogMessageParams(kind, f"Whence: {text}"))

    def stop(self) -> None:
        self._leaving = True
        for cancel in list(self.cancellable.values()):
            cancel()
        for root in self.roots.values():
            root.close()
        self.workshop.close()
        for folder in self.pages:
            folder.cleanup()


def full_report(look: Look) -> Raw:
    """A document's report for a client that pulls."""
    if look.identifier is None:
        return Raw(b'{"kind":"full","items":%b}' % look.items)
    return Raw(b'{"kind":"full","resultId":"%b","items":%b}' % (look.identifier.encode("ascii"), look.items))


def _ignore_answer(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.info("the client refused a request: %s", error)
