"""Work that goes on in a thread of its own while its caller does other work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_Answer = TypeVar("_Answer")


class Aside:
    """One such thread. None is begun, and nothing is loaded for it, where there is no work."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what was begun."""
        self._stack.close()

    def begun(self, work: Callable[[], _Answer]) -> Callable[[], _Answer]:
        """Begin with some work; what is given back waits for its answer."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = self._stack.enter_context(ThreadPoolExecutor(1))
        return self._pool.submit(work).result
