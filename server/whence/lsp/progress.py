"""Work-done progress: the client's own token where it sent one, else one of ours once the client has agreed to it."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from whence.lsp.session import Session

log = logging.getLogger(__name__)

INTERVAL = 0.05
"""Seconds between two reports at least."""


class Progress:
    """One bar. Nothing is sent before the client agreed, and nothing at all to one that shows no progress."""

    def __init__(
        self,
        session: Session,
        title: str,
        cancel: Callable[[], None] | None = None,
        token: str | int | None = None,
    ) -> None:
        self._session = session
        self._title = title
        self._cancel = cancel
        self._begun = False
        self._ended = False
        self._last = 0.0
        self._token = token
        self._creating: asyncio.Task[None] | None = None
        if token is not None:
            self._begin(token)
        elif session.client.progress:
            self._creating = asyncio.ensure_future(self._create())

    async def _create(self) -> None:
        token = f"whence-{uuid.uuid4()}"
        create = types.WorkDoneProgressCreateParams(token)
        try:
            await self._session.server.protocol.send_request_async(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, create
            )
        except Exception as error:
            log.info("the client wants no progress: %s", error)
            return
        if not self._ended:
            self._begin(token)

    def _begin(self, token: str | int) -> None:
        self._token, self._begun = token, True
        if self._cancel is not None:
            self._session.cancellable[token] = self._cancel
        # A bar that begins with a percentage is one to the end; without one it is only busy.
        percentage = 0 if self._cancel is not None else None
        cancellable = self._cancel is not None
        self._send(
            types.WorkDoneProgressBegin(title=self._title, cancellable=cancellable, percentage=percentage)
        )

    def report(self, message: str, percentage: int | None = None) -> None:
        """Say how far it is; calls in quick succession are dropped."""
        now = time.monotonic()
        if self._begun and not self._ended and now - self._last >= INTERVAL:
            self._last = now
            self._send(types.WorkDoneProgressReport(message=message, percentage=percentage))

    def end(self, message: str) -> None:
        self._ended = True
        if self._begun:
            self._send(types.WorkDoneProgressEnd(message=message))
            if self._token is not None:
                self._session.cancellable.pop(self._token, None)
        elif self._creating is not None:
            self._creating.cancel()

    def _send(self, value: Any) -> None:
        assert self._token is not None
        self._session.server.protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))
