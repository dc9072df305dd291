"""What another program's request to end (SIGTERM) does: the same as Ctrl-C, so that nothing is left behind.

By default the system would end the process where it stands, with its temporary folders; only the workers would follow.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Terminated(KeyboardInterrupt):
    """Somebody asked this process to end. Whoever tidies up for Ctrl-C does so for this."""


def _end(number: int, _: FrameType | None) -> None:
    # Whoever asks again while things are put away does not want to wait for that.
    signal.signal(number, signal.SIG_DFL)
    raise Terminated


@contextlib.contextmanager
def orderly() -> Iterator[None]:
    """Meanwhile a request to end raises Terminated. Not where somebody else has decided what it does."""
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if ours:
        signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
