"""What the server holds: the client, its settings, the workspaces, the open documents and what was found in them.

Only the loop touches any of it. A document is analysed in a thread, from values; when the text or the snapshot has
moved on meanwhile the result is dropped and the newest text is taken, so that a burst of edits costs two analyses and
nothing stale is ever shown.
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

from whence.engine import Base
from whence.live.client_text import ClientText
from whence.lsp import analysing
from whence.lsp.analysing import Face, Job
from whence.lsp.client import Client
from whence.lsp.documents import Analysis, OpenDocument, path_of
from whence.lsp.lookout import Lookout
from whence.lsp.policy_file import is_policy
from whence.lsp.progress import Progress
from whence.lsp.roots import Root, locate
from whence.lsp.settings import Settings
from whence.lsp.shelf import Shelf
from whence.lsp.status import Status

if TYPE_CHECKING:
    from whence.lsp.server import WhenceServer

log = logging.getLogger(__name__)

SHORT = 0.02
"""Seconds. An analysis that took longer is followed by as long a rest when the text has already changed again, so
that a slow file never takes more than half of the time."""

LONGEST_REST = 2.0

BACKLOG = 100
"""Changes that may wait for somebody to ask for findings."""


class Session:
    """Everything mutable, in one place."""

    def __init__(self, server: WhenceServer, environment: Mapping[str, str] | None = None) -> None:
        self.server = server
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
        self.generation = 0
        """Counts whatever changes findings."""
        self._moved = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    # -- documents -----------------------------------------------------------------------------------------

    def opened(self, uri: str, version: int, text: str) -> None:
        document = OpenDocument(uri, version, ClientText(text, self.encoding), path_of(uri))
        before = self.documents.get(uri)
        if before is not None:
            self._forget(before)
        self.documents[uri] = document
        self.shelf.opened(uri)
        self.moved()
        self.show(document)
        self.lookout.look()
        self.lookout.poll()

    def changed(
        self, uri: str, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> None:
        document = self.documents.get(uri)
        if document is None:
            log.warning("a change of %s, which is not open", uri)
            return
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                document.changes.append(
                    ((start.line, start.character), (end.line, end.character), change.text)
                )
            else:
                document.changes = [(change.text,)]
            self.lookout.inserted(change.text)
        document.version = version
        if len(document.changes) > BACKLOG:  # of a client that does not ask
            self.start(self.analysed(document))
        self.moved()
        self.show(document)

    def saved(self, uri: str) -> None:
        document = self.documents.get(uri)
        if document is not None:
            root = document.root
            if root and is_policy(document):
                root.look_again()
            self.start(self._survey_again(document))
        self.lookout.look()

    async def _survey_again(self, document: OpenDocument) -> None:
        """Bring one file of a survey up to date with the disk."""
        if not any(root.survey for root in self.roots.values()):
            return
        if not document.located:
            await self._locate(document)
        root, name = document.root, document.name
        if root is None or root.survey is None:
            return
        snapshot, files = root.survey
        uri = (root.path / name).as_uri()
        analysis = await self.server.slow.run(analysing.analyse_closed, snapshot, name, uri, self.face)
        files[uri] = analysis.items
        root.scanned[uri] = analysis.result.findings
        self.moved()

    def closed(self, uri: str) -> None:
        document = self.documents.pop(uri, None)
        if document is None:
            return
        self._forget(document)
        self.start(self._survey_again(document))
        self.shelf.closed(uri)
        self.moved()

    def _forget(self, document: OpenDocument) -> None:
        document.closed = True
        if document.settling is not None:
            document.settling.cancel()

    # -- analysis ------------------------------------------------------------------------------------------

    async def analysed(self, document: OpenDocument) -> Analysis:
        """What is found in the newest text; shared by all who ask at the same time."""
        if self._is_current(document):
            assert document.analysis is not None
            return document.analysis
        if document.settling is None or document.settling.done():
            document.settling = asyncio.ensure_future(self._settle(document))
        return await asyncio.shield(document.settling)

    def _is_current(self, document: OpenDocument) -> bool:
        analysis = document.analysis
        if analysis is None or analysis.version != document.version or not document.located:
            return False
        return document.root is None or analysis.snapshot is document.root.snapshot

    async def _settle(self, document: OpenDocument) -> Analysis:
        while True:
            if not document.located:
                await self._locate(document)
                continue  # the folders may have changed meanwhile
            root = document.root
            snapshot = await root.current() if root is not None else None
            if snapshot is not None and document.based_on is not snapshot:
                document.base = await self.server.slow.run(analysing.read_base, snapshot, document.name)
                document.based_on, document.timed = snapshot, False
            started = time.monotonic()
            job = Job(
                uri=document.uri,
                name=document.name,
                version=document.version,
                text=document.text,
                changes=tuple(document.changes),
                snapshot=snapshot,
                base=document.base or Base(),
                timed=document.timed,
                policy_path=document.path if root is not None and is_policy(document) else None,
            )
            newer = document.changes  # replaced by a change of the whole text
            text, analysis = await self.server.quick.run(analysing.analyse_open, job, self.face)
            if document.changes is newer:
                document.text = text
                del document.changes[: len(job.changes)]
            if analysis is None:
                assert snapshot is not None
                document.base = await self.server.slow.run(
                    analysing.add_times, snapshot, job.name, text.text, job.base
                )
                document.timed = True
                continue
            current = document.root is root and (root is None or root.snapshot is snapshot)
            if current and document.version == job.version:
                document.analysis = analysis
                return analysis
            took = time.monotonic() - started
            if took > SHORT:
                await asyncio.sleep(min(took, LONGEST_REST))

    @property
    def face(self) -> Face:
        return Face(self.client, self.server.converter, self.encoding)

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

    # -- showing -------------------------------------------------------------------------------------------

    def show(self, document: OpenDocument) -> None:
        """Push what is found, to a client that does not pull."""
        if not self.client.pull and not document.pushing:
            document.pushing = True
            self.start(self._push(document))

    async def _push(self, document: OpenDocument) -> None:
        try:
            analysis = await self.analysed(document)
            while not self._is_current(document):  # it changed while this task waited for its turn
                analysis = await self.analysed(document)
        finally:
            document.pushing = False
        if not document.closed:
            self.publish(document.uri, analysis.version, analysis.items)

    def publish(self, uri: str, version: int | None, items: Sequence[types.Diagnostic]) -> None:
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=items, version=version)
        )

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
        """The workspace of a file, see `roots.locate`."""
        home = self.environment.get("HOME") or self.environment.get("USERPROFILE")
        where = Path(home).resolve() if home else None
        return await self.server.slow.run(locate, path, tuple(self.folders), where)

    def root(self, path: Path, wanted: tuple[str, ...] = ()) -> Root:
        """The workspace at a resolved path, made on first use."""
        root = self.roots.get(path)
        if root is None:
            policy = path / self.settings.policy if self.settings.policy else None
            root = Root(
                path,
                self.server.slow,
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
        self.roots.clear()
        self.shelf.clear()
        for document in self.documents.values():
            document.located, document.root, document.analysis, document.based_on = False, None, None, None
        self.refresh()

    # -- small services ------------------------------------------------------------------------------------

    def start(self, work: Any) -> None:
        """Run a coroutine whose failure is logged and nobody's answer."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    def ask(self, method: str, params: Any = None) -> None:
        """Send a request whose answer does not matter."""
        future = self.server.protocol.send_request_async(method, params)
        future.add_done_callback(_ignore_answer)

    def stop(self) -> None:
        for cancel in list(self.cancellable.values()):
            cancel()
        for root in self.roots.values():
            root.close()


def _ignore_answer(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.info("the client refused a request: %s", error)
