"""The process in which the work is done: questions in by standard input, answers out by standard output.

Both are sequences of frames, four bytes of length (big-endian) and a pickled tuple. A question is `(number, name,
arguments)`; an answer `(number, what, value)`, where `what` is `told` for something on the way, `done` or `failed`. The
process ends with its input, and where the system can see to it with whoever started it.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from whence.errors import UserError

log = logging.getLogger(__name__)

JOBS = frozenset({"prepare", "dates", "reviews", "sessions", "answer", "scan"})
"""The names in `jobs.JOBS`."""


def main() -> None:
    """Serve until the input ends."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # whatever prints must not print into the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=os.environ.get("WHENCE_LOG_LEVEL", "WARNING"))
    from whence.pool import bound_memory, follow_parent

    follow_parent()
    bound_memory()
    serve(source, sink)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer one question after the other."""
    question = read(source)  # before anything is loaded: whoever starts us is busy starting, too
    answer = Answering(lambda message: write(sink, message)) if question is not None else None
    while question is not None and answer is not None:
        answer(*question)
        question = read(source)


class Answering:
    """Answers questions to one desk, and runs jobs."""

    def __init__(self, send: Callable[[Any], None]) -> None:
        self._send = send
        self._desk: Any = None

    def __call__(self, number: int, name: str, arguments: tuple[Any, ...]) -> None:
        try:
            value = self._answer(number, name, arguments)
        except UserError as error:
            self._send((number, "failed", error))
        except Exception as error:
            log.exception("%s failed", name)
            self._send((number, "failed", RuntimeError(f"{type(error).__name__}: {error}")))
        else:
            if number or value is not None:
                self._send((number, "done", value))

    def _answer(self, number: int, name: str, arguments: tuple[Any, ...]) -> Any:
        """Load what is asked: a desk does no jobs, and the other way round."""
        if name in JOBS:
            from whence.live import jobs

            return jobs.JOBS[name](
                lambda told: self._send((number, "told", told)), _never_cancelled, *arguments
            )
        if self._desk is None:
            from whence.live.desk import Desk

            self._desk = Desk()
        return self._desk.question(name)(*arguments)


def _never_cancelled() -> None:
    """A job in a process of its own is ended by whoever started it."""


def read(source: BinaryIO) -> Any:
    """The next frame's value, None at the end."""
    head = source.read(4)
    if len(head) < 4:
        return None
    data = source.read(int.from_bytes(head, "big"))
    return pickle.loads(data)  # noqa: S301 - only ever our own process on the other side


def frame(message: Any) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(4, "big") + data


def write(sink: BinaryIO, message: Any) -> None:
    sink.write(frame(message))
    sink.flush()


if __name__ == "__main__":
    main()
    sys.exit(0)
