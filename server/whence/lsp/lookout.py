"""When to look at the disk: tools, commits and reviews happen outside the editor, and many clients watch nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whence.lsp.session import Session

MANY = 2
"""Line feeds in one change: more than is typed at once, so a tool may have written it."""

SOON = (0.5, 2.5)
"""Seconds after such a change: tools write the file first and their transcript a moment later."""

POLL = 5.0
"""Seconds between looks at what no client watches for us, while documents are open."""


class Lookout:
    """Owned by the loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._polling = False
        self._timers: list[asyncio.TimerHandle] = []

    def look(self, urgent: bool = False) -> None:
        """Notice what changed on disk, in the background."""
        self._session.start(self._look(urgent))

    async def _look(self, urgent: bool) -> None:
        for root in list(self._session.roots.values()):
            await root.check(urgent)

    def inserted(self, text: str) -> None:
        """Text came in; if nobody can have typed it, see whether a tool's session tells of it."""
        if text.count("\n") < MANY:
            return
        for timer in self._timers:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(delay, self.look, True) for delay in SOON]

    def poll(self) -> None:
        """Look now and then, until no document is open."""
        if not self._polling and self._session.documents:
            self._polling = True
            asyncio.get_running_loop().call_later(POLL, self._polled)

    def _polled(self) -> None:
        self._polling = False
        if self._session.documents:
            self.look()
            self.poll()
