"""How far a scan is, on a terminal: what is being done, files, and the time that is left where that can be told.

Most files are often known from before and cost nothing, and files differ in size a thousandfold. So the time left is not
told from numbers of files, but from the bytes that must still be worked out and the pace at which bytes were worked out
in the last seconds. Before a second has passed, and where nothing has ended for long, nothing is told.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from whence.cli.console import Console

WINDOW = 15.0
"""Seconds over which the pace is taken: some files' worth, and yet soon of today."""

SURE = 1.0
"""Seconds before which no pace is one."""


class Estimate:
    """The time that is left, from work done at moments of a clock (seconds)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._left = 0

    def work(self, done: int, total: int) -> None:
        """So much of all work is done now."""
        now = self._clock()
        self._left = total - done
        if not self._seen or self._seen[-1][1] != done:
            self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] < now - WINDOW:
            self._seen.popleft()

    def left(self) -> float | None:
        """Seconds; None where nobody can tell."""
        if len(self._seen) < 2 or not self._left:
            return None
        begin, before = self._seen[0]
        end, done = self._seen[-1]
        now = self._clock()
        # What is being worked on just now has taken its time already: that counts, or a slow file would look quick.
        took = now - begin
        if took < SURE or now - end > WINDOW:
            return None
        return self._left * took / (done - before)


def told(seconds: float | None) -> str:
    """`about 40 s left`; rough, as it is."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "some seconds left"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s left"
    return f"about {round(seconds / 60)} min left"


class Callbacks(NamedTuple):
    """What a scan is told to call."""

    step: Callable[[str], None] = lambda text: None
    """One step of the preparation begins."""
    files: Callable[[int, int], None] = lambda done, total: None
    work: Callable[[int, int], None] = lambda done, total: None
    """Of the files that must be worked out, in bytes."""


@contextmanager
def progress(console: Console, wanted: bool) -> Iterator[Callbacks]:
    """A bar on a terminal, nothing elsewhere."""
    if not (wanted and console.interactive):
        yield Callbacks()
        return
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its thread would keep the worker processes from being forked
    form = "{desc}|{bar}| {n_fmt}/{total_fmt} files{postfix}"
    estimate = Estimate()
    with tqdm(file=console.err, leave=False, bar_format="{desc}", dynamic_ncols=True) as bar:

        def step(text: str) -> None:
            bar.set_description_str(text)

        def work(done: int, total: int) -> None:
            estimate.work(done, total)

        def files(done: int, total: int) -> None:
            bar.bar_format = form
            bar.total = total
            bar.set_description_str("scanning ", refresh=False)
            left = told(estimate.left())
            bar.set_postfix_str(left, refresh=False)
            bar.update(done - bar.n)

        yield Callbacks(step, files, work)
