"""What a process remembers of its own looks, where nobody keeps anything for it: an editor's server asks again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar, cast

T = TypeVar("T")

LARGEST = 64 * 1024 * 1024
"""Bytes of small things; those that were not asked for longest go first."""

LOOKS = 8
"""Looks of one kind."""


class ProcessMemory:
    """Implements `evidence.interface.Memory`. Names must say everything that a value rests on."""

    def __init__(self) -> None:
        self._looks: dict[str, OrderedDict[str, object]] = {}
        self._rows: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def recent(self, kind: str) -> Sequence[str]:
        with self._lock:
            return list(reversed(self._looks.get(kind, OrderedDict())))

    def recall(self, kind: str, name: str, of: type[T]) -> T | None:
        with self._lock:
            return cast(T | None, self._looks.get(kind, OrderedDict()).get(name))

    def keep(self, kind: str, name: str, of: type[T], value: T) -> None:
        with self._lock:
            looks = self._looks.setdefault(kind, OrderedDict())
            looks[name] = value
            looks.move_to_end(name)
            while len(looks) > LOOKS:
                looks.popitem(last=False)

    def rows(self, kind: str, names: Collection[str]) -> Mapping[str, bytes]:
        with self._lock:
            found = {name: self._rows[kind, name] for name in names if (kind, name) in self._rows}
            for name in found:
                self._rows.move_to_end((kind, name))
        return found

    def keep_rows(self, kind: str, rows: Mapping[str, bytes]) -> None:
        with self._lock:
            for name, value in rows.items():
                self._size += len(value) - len(self._rows.pop((kind, name), b""))
                self._rows[kind, name] = value
            while self._size > LARGEST:
                _, value = self._rows.popitem(last=False)
                self._size -= len(value)


PROCESS = ProcessMemory()
