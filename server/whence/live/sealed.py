"""A value on its way through processes that have no use for it: pickled once, opened where it is wanted."""

from __future__ import annotations

import pickle
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Sealed(Generic[T]):
    """Holds a value; once it has crossed to another process, its bytes."""

    def __init__(self, value: T) -> None:
        self._value: T | None = value
        self._data = b""

    def open(self) -> T:
        """The value. Only ever made by a process of ours, so opening it runs nothing foreign."""
        if self._data:
            return cast("T", pickle.loads(self._data))  # noqa: S301
        return cast("T", self._value)

    def __reduce__(self) -> Any:
        return _sealed, (self._data or pickle.dumps(self._value, pickle.HIGHEST_PROTOCOL),)


def _sealed(data: bytes) -> Sealed[Any]:
    sealed: Sealed[Any] = Sealed(None)
    sealed._data = data
    return sealed
