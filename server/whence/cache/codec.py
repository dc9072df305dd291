"""Values to plain JSON and back, by their declared types. Nothing that is read back is executed.

Frozen dataclasses become lists of their fields in order. What has changed its shape since it was written does not
fit its type any more and raises `Unreadable`; so does most of what no program of ours wrote. Records that repeat each
other in all but one field, as pieces of evidence do, can be told apart by that field and are written once.
"""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from whence.quick import dataclass

T = TypeVar("T")


class Unreadable(ValueError):  # noqa: N818 - says what the bytes are
    """Bytes that are no value of the type."""


class NotPlain(TypeError):  # noqa: N818 - says what the type is
    """A type that has no plain form: functions, classes that are no dataclasses, unions of them."""


@dataclass(slots=True)
class _Shared:
    """What is written once for all records that repeat it."""

    parts: list[Any] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)
    read: dict[int, list[Any]] = field(default_factory=dict)


_Step = Callable[[Any, _Shared], Any] | None
"""How to write or read one value; None: JSON has it as it is."""

_Apart = tuple[tuple[type, str], ...]
"""Types of records, each with the field in which its records differ."""


class Codec(Generic[T]):
    """Writes and reads values of one type. Raises NotPlain for a type that has no plain form."""

    def __init__(self, kind: Any, apart: _Apart = ()) -> None:
        self._write, self._read = _steps(kind, apart)

    def dumps(self, value: T) -> bytes:
        """The value as bytes. Equal values give equal bytes. Raises NotPlain."""
        shared = _Shared()
        plain = value if self._write is None else self._write(value, shared)
        return json.dumps([shared.parts, plain], separators=(",", ":")).encode("ascii")

    def loads(self, data: bytes) -> T:
        """The value that `dumps` wrote. Raises Unreadable."""
        try:
            parts, plain = json.loads(data)
            value: T = plain if self._read is None else self._read(plain, _Shared(parts))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
            raise Unreadable(str(error)) from error
        return value


class Later(Mapping[Any, T]):
    """A mapping whose values are read when they are asked for: most are not."""

    def __init__(self, raw: Mapping[Any, Any], read: Callable[[Any], T]) -> None:
        self._raw = raw
        self._read = read
        self._known: dict[Any, T] = {}

    def __getitem__(self, key: Any) -> T:
        if key not in self._known:
            self._known[key] = self._read(self._raw[key])
        return self._known[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __contains__(self, key: object) -> bool:
        return key in self._raw

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


class _Array(Generic[T]):
    """Stands for `array` in annotations: before Python 3.12 that takes no parameter at run time."""


@cache
def _steps(kind: Any, apart: _Apart) -> tuple[_Step, _Step]:
    """How to write and how to read one type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in (str, int, float, bool, NoneType):
        return None, None
    if origin in (Union, UnionType):
        return _optional(arguments, apart)
    if origin in (tuple, list, Sequence):
        return _sequence(origin, arguments, apart)
    if origin in (frozenset, set):
        return _set(origin, arguments, apart)
    if origin in (dict, Mapping):
        return _mapping(origin, arguments, apart)
    if kind in (datetime, date):
        return (lambda value, _: value.isoformat()), (lambda value, _: kind.fromisoformat(value))
    if kind is Path:
        return (lambda value, _: str(value)), (lambda value, _: Path(value))
    if kind is _Array or origin is _Array:
        return _from_array, _to_array
    if kind in (bytes, bytearray):
        return (lambda value, _: b64encode(value).decode()), (lambda value, _: kind(b64decode(value)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        value_of, members = attrgetter("value"), {member.value: member for member in kind}
        return (lambda value, _: value_of(value)), (lambda value, _: members[value])
    if isinstance(kind, type) and is_dataclass(kind):
        return _record(kind, apart)
    raise NotPlain(f"{kind} has no plain form")


def _optional(arguments: Sequence[Any], apart: _Apart) -> tuple[_Step, _Step]:
    inner = [argument for argument in arguments if argument is not NoneType]
    if len(inner) != 1:
        raise NotPlain(f"a union of {len(inner)} types has no plain form")
    write, read = _steps(inner[0], apart)
    return _unless_none(write), _unless_none(read)


def _unless_none(step: _Step) -> _Step:
    if step is None:
        return None
    return lambda value, shared: None if value is None else step(value, shared)


def _sequence(origin: Any, arguments: Sequence[Any], apart: _Apart) -> tuple[_Step, _Step]:
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
        return _fixed([_steps(argument, apart) for argument in arguments])
    write, read = _steps(arguments[0], apart)
    make = list if origin is list else tuple
    if arguments[0] == tuple[int, int]:  # lines: the most frequent of all
        return (lambda value, _: list(value)), (lambda value, _: make(map(tuple, _list(value))))
    return _written(write), _read(make, read)


def _written(step: _Step) -> _Step:
    if step is None:
        return lambda value, _: list(value)
    return lambda value, shared: [step(item, shared) for item in value]


def _read(make: Callable[[Any], Any], step: _Step) -> _Step:
    if step is None:
        return lambda value, _: make(_list(value))
    return lambda value, shared: make([step(item, shared) for item in _list(value)])


def _fixed(steps: Sequence[tuple[_Step, _Step]]) -> tuple[_Step, _Step]:
    return _all_of(list, [pair[0] for pair in steps]), _all_of(tuple, [pair[1] for pair in steps])


def _all_of(make: Callable[[Any], Any], steps: Sequence[_Step]) -> _Step:
    number = len(steps)
    busy = [(at, step) for at, step in enumerate(steps) if step is not None]
    if not busy and make is list:
        return None  # JSON writes tuples as they are

    def work(value: Any, shared: _Shared) -> Any:
        if len(value) != number:
            raise ValueError(f"{len(value)} parts instead of {number}")
        out = list(value)
        for at, step in busy:
            out[at] = step(out[at], shared)
        return make(out)

    return work


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError(f"{type(value).__name__} where a list belongs")
    return value


def _set(origin: Any, arguments: Sequence[Any], apart: _Apart) -> tuple[_Step, _Step]:
    write, read = _steps(arguments[0], apart)
    return (
        lambda value, shared: sorted(item if write is None else write(item, shared) for item in value),
        lambda value, shared: origin(item if read is None else read(item, shared) for item in _list(value)),
    )


def _mapping(origin: Any, arguments: Sequence[Any], apart: _Apart) -> tuple[_Step, _Step]:
    (write_key, read_key), (write, read) = (_steps(argument, apart) for argument in arguments)

    def write_all(value: Any, shared: _Shared) -> Any:
        return [
            [
                key if write_key is None else write_key(key, shared),
                item if write is None else write(item, shared),
            ]
            for key, item in value.items()
        ]

    def read_all(value: Any, shared: _Shared) -> Any:
        pairs = _list(value)
        raw = {key if read_key is None else read_key(key, shared): item for key, item in pairs}
        if read is None:
            return raw
        if origin is dict:
            return {key: read(item, shared) for key, item in raw.items()}
        return Later(raw, lambda item: read(item, shared))

    return write_all, read_all


def _from_array(value: Any, _: _Shared) -> Any:
    return [value.typecode, b64encode(value.tobytes()).decode()]


def _to_array(value: Any, _: _Shared) -> Any:
    code, data = value
    out: array[Any] = array(code)
    out.frombytes(b64decode(data))
    return out


def _record(kind: type, apart: _Apart) -> tuple[_Step, _Step]:
    """A dataclass, also one that holds itself: its fields are looked at on first use."""

    @cache
    def known() -> list[tuple[str, _Step, _Step]]:
        return list(_fields(kind, apart))

    @cache
    def readers() -> tuple[int, list[tuple[int, Callable[[Any, _Shared], Any]]]]:
        steps = [read for _, _, read in known()]
        return len(steps), [(at, step) for at, step in enumerate(steps) if step is not None]

    def write(value: Any, shared: _Shared) -> list[Any]:
        if type(value) is not kind:
            raise NotPlain(f"{type(value).__name__} where {kind.__name__} is declared")
        return [
            getattr(value, name) if step is None else step(getattr(value, name), shared)
            for name, step, _ in known()
        ]

    def read_fields(value: Any, shared: _Shared) -> list[Any]:
        number, busy = readers()
        if len(value) != number:
            raise ValueError(f"{len(value)} fields instead of {number}")
        out = list(value)
        for at, step in busy:
            out[at] = step(out[at], shared)
        return out

    own = next((name for known_kind, name in apart if known_kind is kind), None)
    if own is None:
        return write, lambda value, shared: kind(*read_fields(value, shared))

    @cache
    def place() -> tuple[int, _Step, _Step]:
        at = [name for name, _, _ in known()].index(own)
        return at, known()[at][1], known()[at][2]

    def write_apart(value: Any, shared: _Shared) -> Any:
        at, step, _ = place()
        rest = tuple(getattr(value, name) for name, _, _ in known() if name != own)
        if rest not in shared.places:
            plain = write(value, shared)
            plain[at] = []
            shared.places[rest] = len(shared.parts)
            shared.parts.append(plain)
        mine = getattr(value, own)
        return [shared.places[rest], mine if step is None else step(mine, shared)]

    def read_apart(value: Any, shared: _Shared) -> Any:
        at, _, step = place()
        number, mine = value
        rest = shared.read.get(number)
        if rest is None:
            rest = shared.read[number] = read_fields(shared.parts[number], shared)
        out = rest.copy()
        out[at] = mine if step is None else step(mine, shared)
        return kind(*out)

    return write_apart, read_apart


def _fields(kind: type, apart: _Apart) -> Iterator[tuple[str, _Step, _Step]]:
    hints = get_type_hints(kind, localns={"array": _Array})
    for entry in fields(kind):
        if entry.init:
            if entry.kw_only:
                raise NotPlain(f"{kind.__name__}.{entry.name} is given by name only")
            yield entry.name, *_steps(hints[entry.name], apart)
