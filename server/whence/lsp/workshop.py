"""Who does the work: one desk for the open documents, and a hand for each job.

A desk that dies or does not come to an end is replaced, and told everything again; whoever was waiting asks again. The
text that it was at when it happened is left alone from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from whence.lsp.hands import Died, Hand, LocalHand, ProcessHand, Told
from whence.lsp.workers import Lane

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds for one answer of the desk: the largest texts that are looked at take a few."""

SPARE = 20.0
"""Seconds for which a hand that has done its job is kept for the next one; starting one takes some 0.2 s."""


class Workshop:
    """For the loop."""

    def __init__(self, *, threads: bool = False) -> None:
        """`threads`: everything in threads of this process, for tests."""
        self._threads = threads
        self._desk: Hand | None = None
        self._spare: Hand | None = None
        self._spare_timer: asyncio.TimerHandle | None = None
        self._quick, self._slow = Lane("desk", 1), Lane("slow", 4)
        self._jobs: set[Hand] = set()
        self._closed = False
        self.tell_all: Callable[[], None] = lambda: None
        """Tells a new desk what the old one knew."""
        self.lost: Callable[[Died], None] = lambda died: None
        """Hears of a desk that is gone, before the next one is told anything."""

    # -- the desk --------------------------------------------------------------------------------------------

    def _hand(self) -> Hand:
        if self._desk is None or not self._desk.alive:
            self._desk = LocalHand(self._quick) if self._threads else ProcessHand()
            self.tell_all()
        return self._desk

    def ready(self) -> None:
        """See to it that there is a desk that knows everything, before something new is remembered and told."""
        self._hand()

    def tell(self, name: str, *arguments: Any) -> None:
        """Say something to the desk that needs no answer."""
        self._hand().tell(name, *arguments)

    async def ask(self, name: str, *arguments: Any) -> Any:
        """Ask the desk. Raises Died when it is gone; asked again, a new one answers."""
        hand = self._hand()
        timer = asyncio.get_running_loop().call_later(PATIENCE, self._too_late, hand)
        try:
            return await hand.call(name, *arguments)
        except Died as died:
            self._gone(hand, died)
            raise
        finally:
            timer.cancel()

    @staticmethod
    def _too_late(hand: Hand) -> None:
        hand.kill(f"it took longer than {PATIENCE:g} s", late=True)

    def _gone(self, hand: Hand, died: Died) -> None:
        if hand is self._desk and not self._closed:
            self._desk = None
            log.error("the desk is gone while at %s: %s", died.name or "rest", died)
            self.lost(died)

    def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Do something short in a thread of this process."""
        return self._slow.run(work, *args, **kwargs)

    # -- jobs ------------------------------------------------------------------------------------------------

    async def job(self, name: str, *arguments: Any, told: Told | None = None) -> Any:
        """Do a job, side by side with everything else. Cancelled, it is ended. Raises Died, or what went wrong."""
        hand = self._take()
        self._jobs.add(hand)
        try:
            result = await hand.call(name, *arguments, told=told)
        except BaseException as error:
            # Ours only to end, not to wait for: nobody wants its answer any more.
            if isinstance(error, asyncio.CancelledError | Died):
                hand.kill("it was taken back")
            else:
                self._keep(hand)
            raise
        else:
            self._keep(hand)
            return result
        finally:
            self._jobs.discard(hand)

    def _take(self) -> Hand:
        hand, self._spare = self._spare, None
        if self._spare_timer is not None:
            self._spare_timer.cancel()
        if hand is not None and hand.alive:
            return hand
        return LocalHand(self._slow) if self._threads else ProcessHand()

    def _keep(self, hand: Hand) -> None:
        if self._spare is not None or self._closed:
            hand.kill()
            return
        self._spare = hand
        self._spare_timer = asyncio.get_running_loop().call_later(SPARE, self._let_go)

    def _let_go(self) -> None:
        if self._spare is not None:
            self._spare.kill()
            self._spare = None

    def close(self) -> None:
        """End everybody."""
        self._closed = True
        for hand in (self._desk, self._spare, *self._jobs):
            if hand is not None:
                with contextlib.suppress(OSError):
                    hand.kill("the server is leaving")
        self._quick.close()
        self._slow.close()
